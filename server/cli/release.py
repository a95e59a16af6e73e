"""`lintel release`: which bookings were given back because nobody came, and which would have been."""

from datetime import timedelta
from typing import Any

import click

from server.cli.setup import Group, as_json, opened, show, with_data
from server.core.access import CLI
from server.core.clock import whole
from server.core.zone import wall
from server.settings import Loaded

MOST = 10_000


@click.group(cls=Group)
def release() -> None:
    """Rooms that are given back because nobody comes."""


@release.command("list")
@with_data
@click.option("--days", type=click.IntRange(1, 3_660), default=7, show_default=True, help="How far back.")
@click.option("--room", "slug", metavar="ID", help="Only of this room.")
@click.option("--outcome", metavar="WORD", help="Only these: observed, freed, unknown, called_off, came, …")
@as_json
def list_(loaded: Loaded, days: int, slug: str | None, outcome: str | None, as_json: bool) -> None:
    """What was released, or would have been (observed), with the minutes that were won; newest first."""
    engine = opened(loaded)
    since = whole(engine.clock.now()) - timedelta(days=days)
    rooms = {room.number: room for room in engine.rooms.all(CLI)}
    rows: list[dict[str, Any]] = []
    for it, course in engine.attendance.lately(CLI, since, MOST):
        first = rooms[it.rooms[0]]
        if (slug and slug not in [rooms[number].id for number in it.rooms]) or (outcome and course.outcome != outcome):
            continue
        rows.append(
            {
                "rooms": ",".join(rooms[number].id for number in it.rooms),
                "booking": it.uid,
                "from": wall(course.first_start or course.starts, first.zone).isoformat(sep=" ", timespec="minutes"),
                "outcome": course.outcome,
                "minutes": course.minutes,
                "at": wall(course.changed_at, first.zone).isoformat(sep=" ", timespec="minutes"),
            }
        )
    show(rows, as_json)


@release.command()
@with_data
def run(loaded: Loaded) -> None:
    """Do all that is due now, as the server does every few seconds; says how much of what."""
    done = opened(loaded).attendance.run()
    click.echo(", ".join(f"{name} {count}" for name, count in done.items()) or "nothing to do", err=True)
