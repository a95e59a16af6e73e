"""A house with conflicts, for the pages' tests: one of each kind, and one that is settled."""

from datetime import timedelta

from server.core.access import CLI
from tests.engine.card import Card
from tests.make import House


def open_ones(house: House) -> None:
    """At Oak a walk-in that was cut short; at Elm one that holds nothing, one that nobody can place, a settled one."""
    now = house.clock.now().replace(second=0, microsecond=0)
    start = now - timedelta(minutes=now.minute % 15)
    cut, none = Card(house, house.panel("oak")[2]), Card(house, house.panel("elm")[2], epoch="another-epoch-2")
    house.book(start + timedelta(minutes=20), start + timedelta(minutes=80), title="Budget review")
    cut.write("book", start=start, end=start + timedelta(minutes=45))
    cut.bring()
    house.book(start + timedelta(minutes=5), start + timedelta(minutes=65), room="elm", organizer="Bob Brown")
    none.write("book", room="elm", start=start + timedelta(minutes=6), end=start + timedelta(minutes=36))
    none.clock = "unverified"
    none.walk_in(room="elm")
    none.boot = "boot-2"
    none.bring()
    house.engine.conflicts.resolve(_first(house, "elm"), "both", CLI)
    again = Card(house, house.panel("elm")[2], epoch="another-epoch-3")
    again.write("book", room="elm", start=start + timedelta(minutes=7), end=start + timedelta(minutes=40))
    again.bring()


def _first(house: House, room: str) -> int:
    (it, *_) = (each for each in house.engine.conflicts.page(CLI, room=room) if each.conflict.kind == "walk_in")
    return it.conflict.id
