"""`lintel series`: the bookings that recur, what keeps them going, and the dates that could not be had."""

import json
import sys
from datetime import UTC, datetime
from typing import Any

import click

from server.cli.rules import said
from server.cli.setup import Group, as_json, opened, show, with_data
from server.core.access import CLI
from server.core.clock import whole
from server.core.model import Booking, Standing
from server.core.series import Whole, kinds
from server.core.zone import wall
from server.engine import Engine
from server.engine.rezoning import Rezoned, Shift
from server.settings import Loaded


@click.group(cls=Group)
def series() -> None:
    """The bookings that recur."""


@series.command("list")
@with_data
@click.option("--room", "slug", metavar="ID", help="Only those that hold this room.")
@as_json
def list_(loaded: Loaded, slug: str | None, as_json: bool) -> None:
    """Every series: its rooms, when it recurs, its next date, and how many dates it leaves out."""
    engine = opened(loaded)
    names = _names(engine)
    rows = []
    for it in engine.series_list.all(CLI, room=slug):
        found = it.series
        row: dict[str, Any] = {
            "uid": found.uid,
            "rooms": ",".join(names[number] for number in found.rooms),
            "zone": found.zone,
            "rule": said(found.pattern),
            "next": shown(it.next.starts, found.zone) if it.next is not None else None,
            "left_out": it.left_out,
            "title": found.title,
        }
        if as_json:
            row |= {"start": found.pattern.start.isoformat(), "lines": found.pattern.lines}
        rows.append(row)
    show(rows, as_json)


@series.command("show")
@with_data
@click.argument("uid")
@click.option("--all", "everything", is_flag=True, help="Also the dates that are over.")
@as_json
def show_(loaded: Loaded, uid: str, everything: bool, as_json: bool) -> None:
    """One series, named by its UID or by that of one of its bookings, date by date."""
    engine = opened(loaded)
    it = engine.series.whole(uid, CLI)
    names, found = _names(engine), it.series
    head = {
        "uid": found.uid,
        "title": found.title,
        "organizer": found.organizer,
        "rooms": ",".join(names[number] for number in found.rooms),
        "zone": found.zone,
        "rule": said(found.pattern),
        "start": found.pattern.start.isoformat(),
        "carried_to": shown(found.carried_to, found.zone) if found.open else None,
    }
    now = whole(engine.clock.now())
    dates = _dates(it, None if everything else now)
    if as_json:
        click.echo(json.dumps({**head, "lines": found.pattern.lines, "dates": dates}, ensure_ascii=False, indent=2))
        return
    for name, value in head.items():
        click.echo(f"{name:10}  {value}" if value is not None else f"{name:10}  the end")
    click.echo()
    show(dates, False)


@series.command()
@with_data
@as_json
def carry(loaded: Loaded, as_json: bool) -> None:
    """Book the dates that have come within reach now, as the server does by itself; exits 1 where one has no room."""
    engine = opened(loaded)
    shifts = engine.zones.run()  # series are carried on by the zone data of today, so bookings have to be where it says
    if shifts.zones:
        for row in _shifts(engine, shifts):
            click.echo("  ".join(row.values()), err=True)
        click.echo(_counted(shifts), err=True)
    done = engine.carrying.run()
    zones = {it.series.uid: it.series.zone for it in engine.series_list.all(CLI)} if done.left_out else {}
    rows = [
        {"series": it.uid, "date": shown(it.at, zones[it.uid]), "codes": _codes(it.codes, as_json)}
        for it in done.left_out
    ]
    show(rows, as_json)
    click.echo(
        f"{done.series} series carried on, {done.made} dates booked, {len(done.left_out)} left out"
        + (f", {len(done.failed)} series failed" if done.failed else ""),
        err=True,
    )
    sys.exit(1 if done.left_out or done.failed or shifts.clashing else 0)


@series.command("left-out")
@with_data
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Only what was found on this date (UTC) or later.")
@as_json
def left_out(loaded: Loaded, since: datetime | None, as_json: bool) -> None:
    """The dates of series that hold no room, the newest find first, and what stood in the way."""
    found = opened(loaded).series_list.left_out(CLI, since=since.replace(tzinfo=UTC) if since else None)
    show(
        [
            {
                "series": it.uid,
                "date": shown(gap.at, it.zone),
                "codes": _codes(gap.codes, as_json),
                "found": shown(gap.found_at, it.zone),
                "title": it.title,
            }
            for it, gap in found
        ],
        as_json,
    )


@series.command()
@with_data
@as_json
def rezone(loaded: Loaded, as_json: bool) -> None:
    """Place bookings anew where the zone data of this machine puts their wall time elsewhere than it did.

    A clash stays where it is (from); it is told where it ought to be (to). Exits 1 where there is one.
    """
    engine = opened(loaded)
    done = engine.zones.run()
    show(_shifts(engine, done), as_json)
    click.echo(_counted(done), err=True)
    sys.exit(1 if done.clashing or done.failed else 0)


def shown(moment: datetime, zone: str) -> str:
    """An instant as the clock on the wall shows it, with its offset."""
    return wall(moment, zone).isoformat(sep=" ", timespec="minutes")


def _shifts(engine: Engine, done: Rezoned) -> list[dict[str, str]]:
    zones = {room.id: room.zone for room in engine.rooms.all(CLI)}

    def row(what: str, it: Shift) -> dict[str, str]:
        was, to = (shown(moment, zones[it.room]) for moment in (it.old, it.new))
        return {"what": what, "room": it.room, "from": was, "to": to, "uid": it.uid}

    return [row("moved", it) for it in done.moved] + [row("clash", it) for it in done.clashing]


def _counted(done: Rezoned) -> str:
    if not done.zones:
        return "no zone has changed"
    rooms = f", {len(done.failed)} rooms failed" if done.failed else ""
    return f"{', '.join(done.zones)} changed: {len(done.moved)} moved, {len(done.clashing)} clash and stay{rooms}"


def _codes(codes: tuple[str, ...], as_json: bool) -> object:
    return list(codes) if as_json else ", ".join(codes)


def _names(engine: Engine) -> dict[int, str]:
    return {room.number: room.id for room in engine.rooms.all(CLI)}


def _dates(it: Whole, since: datetime | None) -> list[dict[str, Any]]:
    """Its dates that are not over at an instant (None: all), what became of each, and those that hold nothing."""
    zone = it.series.zone
    rows: list[tuple[datetime, dict[str, Any]]] = []
    for row in it.rows:
        if since is None or row.ends > since:
            at = row.original_start or row.starts
            own = ", ".join(_own(it, row, at))
            lies = shown(row.starts, zone) if row.starts != at else None
            rows.append((at, {"date": shown(at, zone), "standing": row.standing.value, "own": own, "starts": lies}))
    for gap in it.left_out:
        if since is None or gap.at > since:
            told = {"date": shown(gap.at, zone), "standing": "left out", "own": ", ".join(gap.codes), "starts": None}
            rows.append((gap.at, told))
    return [row for _, row in sorted(rows, key=lambda each: each[0])]


def _own(it: Whole, row: Booking, at: datetime) -> list[str]:
    """What was changed for a date alone, beside its standing."""
    standings = {standing.value for standing in Standing}
    return [kind for kind in kinds(row, it.dates.get(at), it.series) if kind not in standings]
