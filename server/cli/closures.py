"""`lintel closure`: times in which rooms are not to be had, once or again and again."""

import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from server.cli.rules import said
from server.cli.setup import NUMBER, Group, as_json, opened, show, with_data
from server.cli.words import many
from server.core.access import CLI
from server.core.clock import whole
from server.core.closing import CONFLICTS, ClosurePlan
from server.core.errors import Refused
from server.core.period import Period
from server.core.zone import wall
from server.engine import Engine
from server.engine.closing import Closed
from server.engine.closures import ClosureAsk
from server.settings import Loaded

WHEN = "An instant with its offset, or wall time where the rooms are: 2026-12-24 or 2026-12-24T14:00."
AHEAD = timedelta(days=31)


@click.group(cls=Group)
def closure() -> None:
    """Times in which rooms are not to be had."""


@closure.command()
@with_data
@click.option("--room", "slugs", multiple=True, metavar="ID", help="Repeat for several.")
@click.option("--place", metavar="PLACE", help="All rooms of a place or group, also those that come to it later.")
@click.option("--from", "starts", required=True, help=WHEN)
@click.option("--to", "ends", required=True, help="Likewise; not itself closed.")
@click.option("--every", multiple=True, metavar="RULE", help='How it recurs, such as "FREQ=WEEKLY;BYDAY=MO".')
@click.option("--reason", default="", help="What people are told.")
@click.option(
    "--conflicts", type=click.Choice(CONFLICTS), default="refuse", show_default=True,
    help="What is booked then: nothing is closed; it is cancelled; those dates stay open.",
)  # fmt: skip
@click.option("--zone", default="", help="Whose wall time it is; the rooms' otherwise.")
@click.option("--preview", is_flag=True, help="Only say what would come of it.")
def add(
    loaded: Loaded, slugs: tuple[str, ...], place: str | None, starts: str, ends: str, every: tuple[str, ...],
    reason: str, conflicts: str, zone: str, preview: bool,
) -> None:  # fmt: skip
    """Close rooms; prints the plan's number."""
    engine = opened(loaded)
    number = place_of(engine, place) if place is not None else None
    ask = ClosureAsk(moment(starts), moment(ends), reason, slugs, number, every, zone, conflicts)
    try:
        done = engine.closures.add(ask, CLI, preview=preview)
    except Refused as error:
        for it in error.conflicts:
            click.echo(f"{it.room}  {_local(it.starts, 'UTC')}  {it.uid or 'closed'}", err=True)
        raise
    names = {room.number: room.id for room in engine.rooms.all(CLI)}
    _tell(done, names)
    if not preview:
        click.echo(done.plan.number)


@closure.command("list")
@with_data
@click.option("--dates", is_flag=True, help="The single closures of the coming month instead of the plans.")
@click.option("--left-out", "left_out", is_flag=True, help="The dates to come that were not closed, and why.")
@click.option("--plan", type=NUMBER, help="With --dates: only those of one plan.")
@click.option("--over", is_flag=True, help="Also plans that have ended.")
@as_json
def list_(loaded: Loaded, dates: bool, left_out: bool, plan: int | None, over: bool, as_json: bool) -> None:
    """The plans that close rooms, their dates, or what they left out."""
    engine = opened(loaded)
    rooms = {room.number: room for room in engine.rooms.all(CLI)}
    if left_out:
        rows = [
            {"plan": it.plan, "room": rooms[it.room].id, "date": _wall(it.at),
             "codes": list(it.codes) if as_json else ", ".join(it.codes)}
            for it in engine.closures.left_out(CLI)
        ]  # fmt: skip
    elif dates:
        now = whole(engine.clock.now())
        rows = [
            {"closure": it.id, "plan": it.plan, "room": rooms[it.room].id, "reason": it.reason,
             "from": _local(it.starts, rooms[it.room].zone), "to": _local(it.ends, rooms[it.room].zone)}
            for it in engine.closures.dates(CLI, Period(now, now + AHEAD), plan=plan)
        ]  # fmt: skip
    else:
        places = engine.house.now()
        rows = [_row(it, {number: room.id for number, room in rooms.items()}, places.address) for it in
                engine.closures.plans(CLI, over=over)]  # fmt: skip
    show(rows, as_json)


@closure.command()
@with_data
@click.argument("number", type=NUMBER, metavar="PLAN")
@click.option("--reason", required=True)
def change(loaded: Loaded, number: int, reason: str) -> None:
    """Give a plan and what it closes from now on another reason."""
    click.echo(opened(loaded).closures.change(number, CLI, reason=reason).version)


@closure.command()
@with_data
@click.argument("number", type=NUMBER, metavar="PLAN")
@click.option("--date", help="Only the date that starts then (wall time, or an instant with its offset).")
@click.option("--room", "slug", metavar="ID", help="With --date: only in this room.")
def remove(loaded: Loaded, number: int, date: str | None, slug: str | None) -> None:
    """End a plan and give back what is to come, or one date of it; prints how many closures are gone."""
    engine = opened(loaded)
    if date is None and slug is not None:
        raise click.UsageError("--room needs --date")
    if date is None:
        click.echo(engine.closures.end(number, CLI))
    else:
        click.echo(engine.closures.drop(number, moment(date), CLI, room=slug))


@closure.command()
@with_data
def carry(loaded: Loaded) -> None:
    """Close what has come within reach now, as the server does by itself; exits 1 where a date was left out."""
    done = opened(loaded).closure_carrying.run()
    click.echo(f"{many(done.plans, 'plan')} carried on, {many(done.made, 'closure')} made, "
               f"{many(done.bumped, 'booking')} cancelled, "
               f"{many(done.left_out, 'date')} left out"
               + (f", {many(len(done.failed), 'plan')} failed" if done.failed else ""), err=True)  # fmt: skip
    sys.exit(1 if done.left_out or done.failed else 0)


def moment(text: str) -> datetime:
    """An instant in UTC, or naive wall time where the text has no offset; a usage error for anything else."""
    try:
        found = datetime.fromisoformat(text)
        return found if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise click.UsageError(f"{text!r} is no date and time, such as 2026-12-24T14:00") from None


def place_of(engine: Engine, text: str) -> int:
    """The number of a place from its number or its address ("Berlin/Timber House/2"); a usage error for none."""
    house = engine.house.now()
    if text.isascii() and text.isdigit() and int(text) in house.places:
        return int(text)
    wanted = text.strip("/").casefold()
    found = [number for number in house.places if house.address(number).casefold() == wanted]
    if len(found) != 1:
        raise click.UsageError(f"there is no place {text!r}")
    return found[0]


def _tell(done: Closed, names: dict[int, str]) -> None:
    said = "would be " if not done.written else ""
    click.echo(f"{many(done.made, 'closure')} {said}made, {many(len(done.bumped), 'booking')} {said}cancelled, "
               f"{many(len(done.left_out), 'date')} {said}left out", err=True)  # fmt: skip
    for it in done.bumped:
        click.echo(f"cancelled  {names[it.rooms[0]]}  {_local(it.starts, done.plan.zone)}  {it.uid}", err=True)
    for gap in done.left_out:
        click.echo(f"left out  {names[gap.room]}  {_wall(gap.at)}  {', '.join(gap.codes)}", err=True)


def _row(it: ClosurePlan, rooms: dict[int, str], address: Any) -> dict[str, Any]:
    return {
        "plan": it.number,
        "where": address(it.place) or "everywhere" if it.place is not None else ",".join(rooms[n] for n in it.rooms),
        "first": it.pattern.start.isoformat(sep=" ", timespec="minutes"),
        "rule": said(it.pattern),
        "zone": it.zone,
        "reason": it.reason,
        "conflicts": it.conflicts,
        "open": it.open,
    }


def _local(instant: datetime, zone: str) -> str:
    return wall(instant, zone).isoformat(sep=" ", timespec="minutes")


def _wall(date: datetime) -> str:
    return date.isoformat(sep=" ", timespec="minutes")
