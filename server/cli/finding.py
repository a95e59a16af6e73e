"""`lintel find`: a free room, the best first, or a room's day as slots."""

import sys
from datetime import UTC, date, datetime, timedelta
from typing import Any

import click

from server.cli.closures import place_of
from server.cli.setup import as_json, opened, show, with_data
from server.core.access import CLI
from server.core.clock import whole
from server.core.period import Period
from server.core.zone import wall
from server.engine import Engine
from server.engine.finding import Found, Want
from server.settings import Loaded


@click.command("find")
@with_data
@click.option("--from", "starts", help="An instant with its offset; now otherwise.")
@click.option("--to", "ends", help="An instant with its offset.")
@click.option("--minutes", type=click.IntRange(1, 44_640), help="How long, instead of --to; an hour otherwise.")
@click.option("--people", type=int, default=0, help="How many have to fit in.")
@click.option("--equipment", multiple=True, metavar="NAME", help="What has to be there; repeat for several.")
@click.option("--wish", "wished", multiple=True, metavar="NAME", help="What would be nice; repeat for several.")
@click.option("--type", "kind", default="", help="Only rooms of this type.")
@click.option("--near", metavar="ROOM|PLACE", help="A room's id, else a place's number or address.")
@click.option("--limit", type=int, default=20, show_default=True)
@click.option("--slots", metavar="ROOM", help="Instead: this room's day (of --from) as slots, with what fills each.")
@as_json
def find(
    loaded: Loaded, starts: str | None, ends: str | None, minutes: int | None, people: int,
    equipment: tuple[str, ...], wished: tuple[str, ...], kind: str, near: str | None, limit: int, slots: str | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Rooms that are free now or at a time, the best first; exits 1 where there is none."""
    engine = opened(loaded)
    start = _instant(starts) if starts else whole(engine.clock.now())
    if slots is not None:
        show(_day(engine, slots, start), as_json)
        return
    if ends and minutes:
        raise click.UsageError("give --to or --minutes")
    period = Period(start, _instant(ends) if ends else start + timedelta(minutes=minutes or 60))
    room, place = _near(engine, near)
    want = Want(people, equipment, wished, kind, room, place)
    found = engine.finding.free(CLI, period, want, limit=limit)
    show([_row(it) for it in (*found.whole, *found.partly)], as_json)
    if not found.whole and not found.partly:
        click.echo("No room is free that would do", err=True)
        sys.exit(1)


def _near(engine: Engine, near: str | None) -> tuple[str, int | None]:
    if not near:
        return "", None
    if any(room.id == near for room in engine.rooms.all(CLI)):
        return near, None
    return "", place_of(engine, near)


def _row(it: Found) -> dict[str, Any]:
    zone = it.room.zone
    return {
        "room": it.room.id,
        "name": it.room.name,
        "capacity": it.room.capacity or None,
        "from": _local(it.period.start, zone),
        "to": _local(it.period.end, zone),
        "free_until": _local(it.free_until, zone) if it.free_until is not None else None,
        "missing": ",".join(it.missing),
        "approval": it.waits,
    }


def _day(engine: Engine, slug: str, start: datetime) -> list[dict[str, Any]]:
    room = engine.rooms.get(slug, CLI)
    day: date = wall(start, room.zone).date()
    ((_, cells),) = engine.finding.slots((slug,), day, CLI)
    return [
        {"from": _local(it.period.start, room.zone), "to": _local(it.period.end, room.zone), "state": it.state.value,
         "codes": ",".join(it.codes), "reason": it.reason, "label": it.label}
        for it in cells
    ]  # fmt: skip


def _local(moment: datetime, zone: str) -> str:
    return wall(moment, zone).isoformat(sep=" ", timespec="minutes")


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is not None:
            return whole(found.astimezone(UTC))
    except (ValueError, OverflowError):
        pass
    raise click.UsageError("give an instant with its offset, such as 2026-11-20T09:00+01:00")
