"""`lintel conflict`: two were promised one room, for its panel was cut off; people say who has it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import click

from server.cli.setup import NUMBER, Group, as_json, opened, show, with_data
from server.core.access import CLI
from server.core.model import Booking
from server.core.zone import wall
from server.engine.conflicts import Standoff
from server.engine.settling import MOST, WAYS
from server.settings import Loaded


@click.group(cls=Group)
def conflict() -> None:
    """Who was promised the same time."""


@conflict.command("list")
@with_data
@click.option("--state", type=click.Choice(["open", "resolved", "all"]), default="open", show_default=True)
@click.option("--room", metavar="ID", help="Only of this room.")
@click.option("--limit", type=click.IntRange(1, MOST), default=100, show_default=True)
@as_json
def list_(loaded: Loaded, state: str, room: str | None, limit: int, as_json: bool) -> None:
    """What is open, by time; in the rooms' local time."""
    state = "" if state == "all" else state
    show(_rows(opened(loaded).conflicts.page(CLI, state=state, room=room, limit=limit)), as_json)


@conflict.command("resolve")
@with_data
@click.argument("number", type=NUMBER, metavar="CONFLICT")
@click.argument("way", type=click.Choice(WAYS), metavar="booking|walk_in|both")
def resolve(loaded: Loaded, number: int, way: str) -> None:
    """Say who has the room: the booking, the walk-in, or both where people have agreed."""
    engine = opened(loaded)
    engine.conflicts.resolve(number, way, CLI)
    click.echo(f"Conflict {number} is settled.", err=True)


def _rows(found: Sequence[Standoff]) -> list[dict[str, Any]]:
    return [
        {
            "conflict": it.conflict.id, "room": it.room.id, "kind": it.conflict.kind,
            "from": _at(it.conflict.wanted.start, it.room.zone), "to": _at(it.conflict.wanted.end, it.room.zone),
            "booking": _side(it.phone, it.room.zone), "walk_in": _side(it.walk_in, it.room.zone),
            "state": it.conflict.resolution or it.conflict.state,
        }
        for it in found
    ]  # fmt: skip


def _at(moment: datetime, zone: str) -> str:
    return wall(moment, zone).isoformat(timespec="minutes")


def _side(it: Booking | None, zone: str) -> str | None:
    """A booking in a few words: from when to when, and whose."""
    if it is None:
        return None
    begins, ends = (wall(moment, zone).strftime("%H:%M") for moment in (it.starts, it.ends))
    return f"{begins}-{ends} {it.organizer or it.title}".strip()
