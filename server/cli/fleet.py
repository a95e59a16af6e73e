"""`lintel device status|order|orders|picture|log|settings`: how devices are; `lintel panel`: how screens are to be."""

import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from server.cli.setup import NUMBER, Group, as_json, opened, show, with_data
from server.core.access import CLI
from server.core.clock import monotonic
from server.core.errors import Invalid
from server.core.orders import WHATS, Order
from server.core.panel_settings import KINDS, Resolved, spoken
from server.engine import Engine
from server.engine.fleet import Standing
from server.settings import Loaded

LOOK = 0.5
"""Seconds between two looks for a receipt."""
SETTING = "NAME=VALUE"


@click.command()
@with_data
@click.argument("number", type=NUMBER, metavar="[ID]", required=False)
@as_json
def status(loaded: Loaded, number: int | None, as_json: bool) -> None:
    """How well every device is, the worst first; or one, with all that it said of itself."""
    engine = opened(loaded)
    names = {room.number: room.id for room in engine.rooms.all(CLI)}
    if number is not None:
        one = _row(engine.fleet.one(number, CLI), names)
        if as_json:
            show([one], as_json)
            return
        for name, value in one.items():
            click.echo(f"{name + ':':<13} {_plain(value)}".rstrip())
        return
    rows = [_row(it, names) for it in sorted(engine.fleet.all(CLI), key=lambda it: (it.verdict == "good", it.verdict))]
    if not as_json:
        told = ("id", "name", "rooms", "verdict", "since", "seen", "version", "wrong")
        rows = [{name: _plain(row[name]) for name in told} for row in rows]
    show(rows, as_json)


@click.command()
@with_data
@click.argument("number", type=NUMBER, metavar="ID")
@click.argument("what", type=click.Choice(WHATS))
@click.option("--seconds", type=int, help="Of identify: how long the glass flashes, 1 to 120; 10 otherwise.")
@click.option("--wait", type=click.IntRange(0, 600), default=0, metavar="SECONDS", help="Wait so long for the receipt.")
def order(loaded: Loaded, number: int, what: str, seconds: int | None, wait: int) -> None:
    """Want something of a device; prints the order's number, and with --wait what came of it."""
    engine = opened(loaded)
    made = engine.fleet.order(number, what, CLI, with_={} if seconds is None else {"seconds": seconds})
    click.echo(made.number)
    if not wait:
        return
    done = _receipt(engine, made, wait)
    if done.text:
        click.echo(done.text)
    state = done.state(engine.clock.now())
    click.echo("no receipt yet" if state == "open" else state, err=True)
    if state != "done":
        raise SystemExit(1)


@click.command()
@with_data
@click.argument("number", type=NUMBER, metavar="ID")
@as_json
def orders(loaded: Loaded, number: int, as_json: bool) -> None:
    """What was wanted of a device, newest first."""
    engine = opened(loaded)
    now = engine.clock.now()
    rows: list[dict[str, Any]] = [
        {"number": it.number, "what": it.what, "state": it.state(now), "made": _at(it.made_at), "done": _at(it.done_at),
         "text": it.text}
        for it in engine.fleet.orders(number, CLI)
    ]  # fmt: skip
    show(rows, as_json)


@click.command()
@with_data
@click.argument("number", type=NUMBER, metavar="ID")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def picture(loaded: Loaded, number: int, file: Path) -> None:
    """Write the newest picture of a device's glass to a file, a PNG."""
    found = opened(loaded).fleet.picture(number, CLI)
    if found is None:
        raise click.ClickException(f"there is none; lintel device order {number} screenshot asks for one")
    try:
        file.write_bytes(found)
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror}") from error
    click.echo(len(found))


@click.command()
@with_data
@click.argument("number", type=NUMBER, metavar="ID")
def log(loaded: Loaded, number: int) -> None:
    """The newest log that a device has sent."""
    found = opened(loaded).fleet.asked.last_log(number, CLI)
    if found is None:
        raise click.ClickException(f"there is none; lintel device order {number} log asks for one")
    click.echo(found.text)


@click.command()
@with_data
@click.argument("number", type=NUMBER, metavar="ID")
@click.option("--set", "sets", multiple=True, metavar=SETTING, help="Set a value; repeat for several.")
@click.option("--unset", "unsets", multiple=True, metavar="NAME", help="Take the value from the levels above again.")
@as_json
def settings(loaded: Loaded, number: int, sets: Sequence[str], unsets: Sequence[str], as_json: bool) -> None:
    """How a device's screen is to be, and the level that each value comes from."""
    engine = opened(loaded)
    if sets or unsets:
        engine.panel_settings.change("device", number, _values(sets) | dict.fromkeys(unsets), CLI)
    _explain(engine.panel_settings.of_device(number, CLI), as_json)


@click.group(cls=Group)
def panel() -> None:
    """How the screens at the doors are to be: in the house, a place or at a room."""


def level(command: Any) -> Any:
    """Adds --house, --place and --room."""
    command = click.option("--room", metavar="ID", help="At a room.")(command)
    command = click.option("--place", metavar="ADDRESS", help='In a place, such as "Berlin/Timber House".')(command)
    return click.option("--house", is_flag=True, help="In all of the house.")(command)


@panel.command("set")
@with_data
@level
@click.argument("values", nargs=-1, required=True, metavar=f"{SETTING}...")
def set_(loaded: Loaded, house: bool, place: str | None, room: str | None, values: Sequence[str]) -> None:
    """Set values on a level; the screens below it follow within seconds."""
    engine = opened(loaded)
    click.echo(engine.panel_settings.change(*_level(engine, house, place, room), _values(values), CLI).name)


@panel.command()
@with_data
@level
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
def unset(loaded: Loaded, house: bool, place: str | None, room: str | None, names: Sequence[str]) -> None:
    """Take values from the levels above again."""
    engine = opened(loaded)
    click.echo(engine.panel_settings.change(*_level(engine, house, place, room), dict.fromkeys(names), CLI).name)


@panel.command("show")
@with_data
@level
@as_json
def show_(loaded: Loaded, house: bool, place: str | None, room: str | None, as_json: bool) -> None:
    """What counts on a level, and where each value comes from."""
    engine = opened(loaded)
    _explain(engine.panel_settings.of_level(*_level(engine, house, place, room), CLI), as_json)


COMMANDS = (status, order, orders, picture, log, settings)
"""They belong to `lintel device`."""


def _level(engine: Engine, house: bool, place: str | None, room: str | None) -> tuple[str, int | str | None]:
    if sum((house, place is not None, room is not None)) != 1:
        raise click.UsageError("name one of --house, --place and --room")
    if room is not None:
        return "room", room
    return ("house", None) if place is None else ("place", engine.places.find(place, CLI).number)


def _values(texts: Sequence[str]) -> dict[str, Any]:
    found = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise click.UsageError(f"{text}: say NAME=VALUE, of {', '.join(KINDS)}")
        try:
            found[name] = spoken(name, value)
        except ValueError as error:
            raise Invalid({name: str(error)}) from None
    return found


def _explain(it: Resolved, as_json: bool) -> None:
    show([{"name": name, "value": value, "from": it.why[name]} for name, value in it.values.items()], as_json)


def _receipt(engine: Engine, made: Order, wait: int) -> Order:
    """The order once there is a receipt, or when its time or ours is over."""
    end = monotonic() + wait
    while True:
        it = engine.fleet.asked.one(made.device, made.number, CLI)
        if it.outcome or monotonic() >= end or it.state(engine.clock.now()) == "expired":
            return it
        time.sleep(LOOK)


def _row(it: Standing, names: dict[int, str]) -> dict[str, Any]:
    told = it.told
    return {
        "id": it.device.number, "name": it.device.name,
        "rooms": [names[number] for number in it.device.rooms_in_order if number in names],
        "kind": it.device.kind, "verdict": it.verdict, "since": _at(it.since), "seen": _at(it.seen_at),
        "wrong": [{"what": each.word, "since": _at(each.since)} for each in it.wrong], "version": told.version,
        "plans": {names[number]: _at(plan.as_of) for number, plan in told.rooms.items() if number in names},
        "unconfirmed": told.unconfirmed, "clock": told.clock, "clock_offset_ms": told.clock_offset_ms,
        "painted_ago": told.painted_ago, "browser": told.browser, "touch": told.touch, "vitals": dict(told.vitals),
    }  # fmt: skip


def _plain(value: Any) -> Any:
    """A value on one line."""
    if isinstance(value, list):
        return ", ".join(f"{it['what']} since {it['since']}" if isinstance(it, dict) else str(it) for it in value)
    if isinstance(value, dict):
        return ", ".join(f"{name} {each}" for name, each in value.items())
    return "" if value is None else value


def _at(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds").replace("+00:00", "Z")
