"""`lintel import`: what other programs wrote, into this house."""

import sys
from typing import Any, BinaryIO

import click

from server.cli.bar import Bar
from server.cli.setup import Group, as_json, opened, show, with_data
from server.core.access import CLI
from server.core.errors import Invalid
from server.core.zone import wall
from server.engine.calendar_files.importing import BOOKED, REFUSED, SKIPPED, Result, Taken
from server.engine.calendar_files.limits import MOST_BYTES
from server.settings import Loaded

SHOWN = 3
"""Dates of one series that the table tells of; --json has all."""
LONGEST_UID = 40
"""In the table; Outlook's have 112 characters."""
WORDS = {
    "already_there": "is there already",
    "clash": "conflicts",
    "superseded": "the file has a newer version",
    "cancelled": "is cancelled",
    "free": "is marked as free time",
    "over": "all its dates are over",
}
"""What the table says for a code, where it is not the code itself."""


class NotTaken(click.ClickException):
    """A file that is refused as a whole."""

    exit_code = 2


@click.group("import", cls=Group)
def import_() -> None:
    """Bookings from other programs' files."""


@import_.command()
@with_data
@click.argument("file", type=click.File("rb"))
@click.option("--room", "slug", required=True, metavar="ID", help="The room whose calendar it is.")
@click.option("--skip-conflicts", "skip", is_flag=True, help="Leave out the dates of a series that conflict.")
@click.option("--all-or-nothing", "together", is_flag=True, help="Book nothing where anything is refused.")
@click.option("--preview", is_flag=True, help="Only say what would be done.")
@as_json
def ics(loaded: Loaded, file: BinaryIO, slug: str, skip: bool, together: bool, preview: bool, as_json: bool) -> None:
    """Book the events of an iCalendar FILE (- for stdin) in a room; exits 1 where one is refused."""
    engine = opened(loaded)
    zone = engine.rooms.get(slug, CLI).zone
    try:
        with Bar("Booking") as bar:
            done = engine.calendar_files.take(
                file.read(MOST_BYTES + 1), slug, CLI, skip=skip, preview=preview, together=together, progress=bar.tell
            )
    except Invalid as error:
        name = getattr(file, "name", "<stdin>").replace("<stdin>", "the file")
        raise NotTaken("; ".join(f"{name} {why}" for why in error.fields.values())) from error
    show([_row(it, zone) if as_json else _line(it, zone, done.written) for it in done.results], as_json)
    click.echo(_summary(done, preview), err=True)
    sys.exit(1 if done.count(REFUSED) else 0)


def _row(it: Result, zone: str) -> dict[str, Any]:
    return {
        "uid": it.uid,
        "title": it.title,
        "starts": wall(it.at, zone).isoformat() if it.at else None,
        "outcome": it.outcome,
        "dates": it.dates,
        "earlierDatesNotBooked": it.over,
        "leftOut": [{"date": wall(at, zone).isoformat(), "reasons": list(codes)} for at, codes in it.left_out],
        "reasons": list(it.reasons),
    }


def _line(it: Result, zone: str, written: bool) -> dict[str, Any]:
    said = [_dates(it, zone)] if it.left_out else [_words(it.reasons)] if it.reasons else []
    if it.over and it.outcome == BOOKED:
        said.append("dates that are over are left behind")
    return {
        "outcome": it.outcome if written or it.outcome != BOOKED else "would be booked",
        "first": f"{wall(it.at, zone):%Y-%m-%d %H:%M}" if it.at else "",
        "dates": it.dates or "",
        "title": it.title,
        "said": "; ".join(said),
        "uid": it.uid if len(it.uid) <= LONGEST_UID else it.uid[: LONGEST_UID - 1] + "…",
    }


def _dates(it: Result, zone: str) -> str:
    """The dates that hold nothing, or for which all was refused; why is said once, where it is the same for all."""
    ways = {codes for _, codes in it.left_out}
    days = [f"{wall(at, zone):%Y-%m-%d %H:%M}" + (f" ({_words(codes)})" if len(ways) > 1 else "")
            for at, codes in it.left_out]  # fmt: skip
    more = f" and {len(days) - SHOWN} more" if len(days) > SHOWN else ""
    text = ", ".join(days[:SHOWN]) + more
    if it.outcome == BOOKED:
        return f"without {text}" + (f" ({_words(*ways)})" if len(ways) == 1 else "")
    return f"{_words(it.reasons)} on {text}"


def _words(codes: tuple[str, ...]) -> str:
    return ", ".join(WORDS.get(code, code) for code in codes)


def _number(many: int, thing: str) -> str:
    return f"{many} {thing}" if many == 1 else f"{many} {thing}s"


def _summary(done: Taken, preview: bool) -> str:
    meetings, dates = done.count(BOOKED), sum(it.dates for it in done.results)
    booked = f"{_number(meetings, 'meeting')} ({_number(dates, 'date')})"
    if not (done.written or preview):
        booked = f"{booked} would have been booked, but nothing was changed:"
    else:
        were = "would be" if preview else "was" if meetings == 1 else "were"
        booked = f"{booked} {were} booked,"
    passed = ", ".join(f"{many} {name}" for name, many in done.ignored.items())
    return f"{booked} {done.count(SKIPPED)} skipped, {done.count(REFUSED)} refused" + (
        f"; passed over: {passed}" if passed else ""
    )
