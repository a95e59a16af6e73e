"""Who receives tickets is said by those who run the places, and bounded."""

import pytest

from server.core.access import CLI
from server.core.errors import Barred, Invalid, Refused, Unknown
from server.core.places import Place
from server.core.tickets import Receiver
from server.engine import post
from tests.make import House
from tests.people import someone

DESK = "desk@example.org"


def receive(house: House, place: int = 1) -> Receiver:
    """Somebody is told of everything in a place."""
    return house.engine.receivers.add(Receiver(0, place, "*", "mail", DESK), CLI)


def test_who_runs_the_places_says_who_receives(house: House) -> None:
    it = receive(house)
    for wish in (
        Receiver(0, 1, "mystery", "mail", DESK), Receiver(0, 1, "*", "pigeon", DESK), Receiver(0, 1, "*", "mail", "x"),
        Receiver(0, 1, "*", "mail", DESK, quiet="night"), Receiver(0, 1, "*", "mail", DESK, delay_minutes=1441),
        Receiver(0, 1, "*", "mail", DESK, language="xx"), Receiver(0, 1, "*", "mail", f"{'a' * 64}@{'b.' * 200}c"),
    ):  # fmt: skip
        with pytest.raises(Invalid):
            house.engine.receivers.add(wish, CLI)
    with pytest.raises(Refused):
        receive(house)
    with pytest.raises(Unknown):
        receive(house, place=10_000)
    changed = house.engine.receivers.change(it.number, CLI, quiet=" 22:00-06:00, Weekends", delay_minutes=3)
    assert (changed.quiet, changed.delay_minutes, changed.target) == ("22:00-06:00,weekends", 3, DESK)
    with pytest.raises(Barred):
        house.engine.receivers.all(someone(house, "bob").actor)
    post.arrange(house.store, ["ticket"], "en")
    house.engine.tickets.report("oak", "light", house.alice)
    house.clock.forward(minutes=5)
    assert house.engine.alarms.run()["opened"] == 1
    assert house.engine.receivers.remove(it.number, CLI).target == DESK
    assert house.engine.receivers.all(CLI) == ()


def test_a_place_with_a_receiver_stays(house: House) -> None:
    place = house.engine.places.add(Place(0, 1, "site", "Annex"), CLI)
    receive(house, place=place.number)
    with pytest.raises(Refused):
        house.engine.places.remove(place.number, CLI)
