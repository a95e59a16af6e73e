"""`lintel recovered`: what panels brought back after a backup was put in place."""

from typing import Any

import click

from server.cli.setup import NUMBER, Group, as_json, opened, show, with_data
from server.core.access import CLI
from server.core.zone import wall
from server.engine.recoveries import Return
from server.settings import Loaded


@click.group(cls=Group)
def recovered() -> None:
    """What panels brought back after a restore."""


@recovered.command("list")
@with_data
@click.option("--all", "all_", is_flag=True, help="Also those that somebody has looked at.")
@click.option("--room", metavar="ID", help="Only of this room.")
@click.option("--limit", type=click.IntRange(1, 500), default=100, show_default=True)
@as_json
def list_(loaded: Loaded, all_: bool, room: str | None, limit: int, as_json: bool) -> None:
    """Those at which nobody has looked, newest first; times are the room's."""
    found = opened(loaded).recoveries.page(CLI, unseen=not all_, room=room, limit=limit)
    show([_row(each) for each in found], as_json)


@recovered.command("seen")
@with_data
@click.argument("numbers", type=NUMBER, nargs=-1, required=True, metavar="NUMBER…")
def seen(loaded: Loaded, numbers: tuple[int, ...]) -> None:
    """Somebody has looked at them; again is fine."""
    engine = opened(loaded)
    for number in numbers:
        engine.recoveries.seen(number, CLI)


def _row(each: Return) -> dict[str, Any]:
    it, zone = each.it, each.room.zone
    return {
        "number": it.id, "room": each.room.id, "start": f"{wall(it.starts, zone):%Y-%m-%d %H:%M}",
        "end": f"{wall(it.ends, zone):%Y-%m-%d %H:%M}", "outcome": it.outcome,
        "status": each.booking.standing.value if each.booking is not None else "", "conflict": it.conflict,
        "panel": each.device, "seen": it.seen_at is not None, "uid": it.uid,
        "organizer": each.booking.organizer if each.booking is not None else "",
    }  # fmt: skip
