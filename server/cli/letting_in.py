"""`lintel device waiting|approve|refuse|expect|expected|unexpect|enrol|enrolments|unenrol`: letting devices in."""

import sys
from typing import Any, BinaryIO

import click

from server.cli.setup import NUMBER, as_json, opened, show, with_data
from server.core.access import CLI
from server.core.pairing import same_fingerprint
from server.engine import Engine
from server.engine.pairing import Waiting
from server.engine.sheet import LARGEST
from server.settings import Loaded

rooms = click.option("--room", "rooms", multiple=True, metavar="ID", help="A room it stands at; repeat for several.")
board = click.option("--board", metavar="PLACE", help="It is the board of a place: all rooms below it.")
name = click.option("--name", default="", help="What it is called; else as what it stands at.")


@click.command()
@with_data
@as_json
def waiting(loaded: Loaded, as_json: bool) -> None:
    """Devices that show a code and wait to be let in."""
    show([_waiting(it) for it in opened(loaded).pairing.waiting(CLI)], as_json)


@click.command()
@with_data
@click.argument("code")
@rooms
@board
@name
@click.option("--replaces", type=NUMBER, metavar="ID", help="It takes the place of this device, whose key ends.")
@click.option("--fingerprint", default="", help="What the glass shows; another device is not let in.")
@click.option("--yes", is_flag=True, help="Do not ask whether the fingerprints are the same.")
def approve(
    loaded: Loaded, code: str, rooms: tuple[str, ...], board: str | None, name: str, replaces: int | None,
    fingerprint: str, yes: bool,
) -> None:  # fmt: skip
    """Let in the device that shows CODE; prints its number."""
    engine = opened(loaded)
    place = None if board is None else engine.places.find(board, CLI).number
    seen = engine.pairing.look(code, CLI)
    about = ", ".join(it for it in (seen.serial, seen.model, seen.glass) if it)
    click.echo(f"Fingerprint  {seen.fingerprint}" + (f"  ({about})" if about else ""), err=True)
    click.echo(f"It becomes   {_becomes(engine, seen, rooms, place, replaces)}", err=True)
    if fingerprint and not same_fingerprint(fingerprint, seen.fingerprint):
        raise click.ClickException("the glass shows another: it is another device, or somebody is between")
    if not fingerprint and not yes:
        click.confirm("Does the glass show the same?", abort=True, err=True)
    made = engine.pairing.approve(code, CLI, rooms=rooms, place=place, name=name, replaces=replaces)
    click.echo(made.number)


@click.command()
@with_data
@click.argument("code")
def refuse(loaded: Loaded, code: str) -> None:
    """Do not let in the device that shows CODE."""
    opened(loaded).pairing.refuse(code, CLI)


@click.command()
@with_data
@click.argument("number", type=NUMBER, metavar="ID")
@rooms
@board
@click.option("--name", help="What it is called from now on.")
def assign(loaded: Loaded, number: int, rooms: tuple[str, ...], board: str | None, name: str | None) -> None:
    """Give a device other rooms, in this order, or a place as a board, or another name."""
    engine = opened(loaded)
    if not rooms and board is None and name is None:
        raise click.UsageError("say what is to be other: --room, --board or --name")
    place = None if board is None else engine.places.find(board, CLI).number
    click.echo(engine.devices.assign(number, CLI, rooms=rooms or None, place=place, name=name).number)


@click.command()
@with_data
@click.argument("number", type=NUMBER, metavar="ID")
def release(loaded: Loaded, number: int) -> None:
    """Take back a device that was quarantined, once you know that no other has its card."""
    click.echo(opened(loaded).devices.release_quarantine(number, CLI).number)


@click.command("force-release")
@with_data
@click.argument("number", type=NUMBER, metavar="ID")
def force_release(loaded: Loaded, number: int) -> None:
    """No longer wait for a device: who wants its time can have it at once, at risk."""
    opened(loaded).escrow.force(number, CLI)


@click.command()
@with_data
@click.argument("file", type=click.File("rb"))
@click.option("--preview", is_flag=True, help="Only check the file.")
@as_json
def expect(loaded: Loaded, file: BinaryIO, preview: bool, as_json: bool) -> None:
    """Say by a CSV FILE (serial, rooms or board, name) what devices are to be; exits 1 where a line is wrong."""
    done = opened(loaded).enrolments.expect(file.read(LARGEST + 1), CLI, preview=preview)
    rows = [
        {"line": it.line, "serial": it.serial, "rooms": ",".join(it.rooms), "board": it.board, "new": it.new,
         "errors": "; ".join(it.errors)}
        for it in done.lines
        if as_json or preview or it.errors
    ]  # fmt: skip
    show(rows, as_json)
    kept = f"{len(done.lines)} expected" if done.written else "nothing kept"
    click.echo(f"{done.bad} wrong, {kept}" if done.bad else kept, err=True)
    sys.exit(1 if done.bad else 0)


@click.command()
@with_data
@as_json
def expected(loaded: Loaded, as_json: bool) -> None:
    """What serial numbers are to become that have not been let in yet."""
    engine = opened(loaded)
    names, places = rooms_and_places(engine)
    show(
        [
            {"serial": it.serial, "rooms": ",".join(names.get(number, "") for number in it.rooms),
             "board": places.get(it.place or 0, ""), "name": it.name, "since": it.made_at.isoformat()}
            for it in engine.enrolments.expected(CLI)
        ],
        as_json,
    )  # fmt: skip


@click.command()
@with_data
@click.argument("serial")
def unexpect(loaded: Loaded, serial: str) -> None:
    """Expect a serial number no more."""
    opened(loaded).enrolments.unexpect(serial, CLI)


@click.command()
@with_data
@click.option("--site", required=True, metavar="PLACE", help="Where the devices are to be.")
@click.option("--count", type=int, required=True, help="How many it lets in, 1 to 1000.")
@click.option("--days", type=int, required=True, help="For how many days, 1 to 90.")
@click.option("--name", default="", help="What it is for.")
def enrol(loaded: Loaded, site: str, count: int, days: int, name: str) -> None:
    """Make a key by which a site's devices let themselves in; prints it alone, this once."""
    engine = opened(loaded)
    place = engine.places.find(site, CLI).number
    click.echo(engine.enrolments.enrol(place, count, days, CLI, name=name)[1])


@click.command()
@with_data
@as_json
def enrolments(loaded: Loaded, as_json: bool) -> None:
    """Enrolment keys, and how often they were used."""
    engine = opened(loaded)
    _, places = rooms_and_places(engine)
    show(
        [
            {"id": it.number, "name": it.name, "site": places.get(it.place, ""), "prefix": it.prefix, "used": it.used,
             "most": it.most, "made": it.made_at.isoformat(), "ends": it.ends_at.isoformat(),
             "revoked": it.revoked_at.isoformat() if it.revoked_at else None}
            for it in engine.enrolments.enrolments(CLI)
        ],
        as_json,
    )  # fmt: skip


@click.command()
@with_data
@click.argument("number", type=NUMBER, metavar="ID")
def unenrol(loaded: Loaded, number: int) -> None:
    """End an enrolment key at once; devices that it let in stay."""
    click.echo(opened(loaded).enrolments.unenrol(number, CLI).number)


def rooms_and_places(engine: Engine) -> tuple[dict[int, str], dict[int, str]]:
    """The ids of rooms and the addresses of places, by number."""
    house = engine.house.now()
    places = {number: house.address(number) or house.places[number].name for number in house.places}
    return {number: it.slug for number, it in house.rooms.items()}, places


def _becomes(engine: Engine, seen: Waiting, rooms: tuple[str, ...], place: int | None, replaces: int | None) -> str:
    """In words what a device is let in as."""
    if replaces is not None:
        return f"what device {replaces} is, whose key ends"
    told = "" if rooms or place is not None else ", as is expected"
    wanted, there = (rooms, place) if not told else (seen.rooms, seen.place)
    if there is not None:
        return f"the board of {rooms_and_places(engine)[1].get(there, '')}{told}"
    return f"the panel of {', '.join(wanted)}{told}" if wanted else "nothing yet: name its --room or --board"


def _waiting(it: Waiting) -> dict[str, Any]:
    return {
        "fingerprint": it.fingerprint, "serial": it.serial, "model": it.model, "version": it.version,
        "glass": it.glass, "since": it.since.isoformat(), "expected": ",".join(it.rooms), "name": it.name,
    }  # fmt: skip


COMMANDS = (
    waiting, approve, refuse, assign, release, force_release, expect, expected, unexpect, enrol, enrolments, unenrol,
)  # fmt: skip
