"""`lintel policy try`: what a change of rules would have refused of the bookings that were made."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import click

from server.cli.policy import TARGET, pair
from server.cli.setup import as_json, opened, show, with_data
from server.core.access import CLI
from server.core.clock import whole
from server.core.period import Period
from server.core.zone import wall
from server.engine import Engine
from server.engine.trying import MOST, Progress, Tried
from server.settings import Loaded

USUAL = timedelta(days=90)
DAY = click.DateTime(["%Y-%m-%d"])


@click.command("try")
@with_data
@click.argument("target", metavar=TARGET)
@click.argument("rules", nargs=-1, required=True, metavar="FIELD=VALUE…")
@click.option("--from", "since", type=DAY, help="Bookings from this date on (UTC); 90 days back otherwise.")
@click.option("--to", "until", type=DAY, help="Up to this date, not included; today otherwise.")
@as_json
def try_(
    loaded: Loaded, target: str, rules: tuple[str, ...], since: datetime | None, until: datetime | None, as_json: bool
) -> None:
    """Try rules on the bookings of the past: says which of them they would have refused; changes nothing."""
    engine = opened(loaded)
    given = dict(pair(text) for text in rules)
    end = until.replace(tzinfo=UTC) if until is not None else whole(engine.clock.now())
    start = since.replace(tzinfo=UTC) if since is not None else end - USUAL
    with _bar() as progress:
        tried = engine.trying.past(target, given, CLI, Period(start, end), progress=progress)
    _show(engine, tried, as_json)
    more = "" if tried.whole else f"; only the first {MOST} bookings were looked at"
    codes = ", ".join(f"{code} {count}" for code, count in sorted(tried.counts.items()))
    click.echo(f"{tried.bookings} of {tried.looked} bookings in {tried.rooms} rooms would have been refused"
               + (f": {codes}" if codes else "") + more, err=True)  # fmt: skip
    sys.exit(1 if tried.bookings else 0)


@contextmanager
def _bar() -> Iterator[Progress]:
    """A bar on stderr where that is a terminal; it counts up to what is looked at most."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    with click.progressbar(length=MOST, label="bookings", file=sys.stderr, show_eta=False, show_pos=True) as bar:
        yield bar.update


def _show(engine: Engine, tried: Tried, as_json: bool) -> None:
    zones = {room.id: room.zone for room in engine.rooms.all(CLI)}
    rows = [
        {"room": it.room, "from": wall(it.booking.starts, zones[it.room]).isoformat(sep=" ", timespec="minutes"),
         "to": wall(it.booking.ends, zones[it.room]).isoformat(sep=" ", timespec="minutes"), "uid": it.booking.uid,
         "codes": list(it.codes) if as_json else ", ".join(it.codes)}
        for it in tried.refused
    ]  # fmt: skip
    if as_json:
        told = {"rooms": tried.rooms, "looked": tried.looked, "refused": tried.bookings, "counts": dict(tried.counts),
                "whole": tried.whole, "bookings": rows}  # fmt: skip
        click.echo(json.dumps(told, indent=2))
    else:
        show(rows, False)
