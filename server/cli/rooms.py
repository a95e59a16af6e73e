"""`lintel room`: the rooms and what each asks of those who use it."""

import re
import sys
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any, BinaryIO

import click

from server.cli.setup import NUMBER, Group, as_json, opened, show, with_data
from server.core.access import CLI
from server.core.model import Room
from server.core.policy import Opening, Policy
from server.settings import Loaded

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOURS = re.compile(r"(?P<days>[a-z,-]+) (?P<from>\d\d?:\d\d)-(?P<to>\d\d?:\d\d)")
POLICY = {f.name for f in fields(Policy)} - {f.name for f in fields(Room)}


@click.group(cls=Group)
def room() -> None:
    """The rooms."""


def described(command: Any) -> Any:
    """Adds an option for each thing a room is and asks."""
    options = (
        click.option("--name", help="What people call it."),
        click.option("--email", help="Its calendar address; ID@lintel.local otherwise."),
        click.option("--capacity", type=int, help="Seats."),
        click.option("--zone", help="Its time zone, such as Europe/Berlin."),
        click.option("--site", help="Main unless said."),
        click.option("--building"),
        click.option("--floor"),
        click.option("--room-number"),
        click.option("--type", "room_type", help="Such as meeting-room or studio."),
        click.option("--facility", "facilities", multiple=True, help="Such as projector; repeat for several."),
        click.option("--description"),
        click.option("--contact", help="Whom to ask about it."),
        click.option("--auto-accept/--approval", "auto_accept", default=None, help="Whether bookings stand at once."),
        click.option("--active/--inactive", "active", default=None),
        click.option(
            "--hours", multiple=True, help='Opening hours, such as "mon-fri 08:00-18:00"; repeat for several.'
        ),
        click.option(
            "--check-in/--no-check-in", "check_in", default=None, help="Whether people are asked to check in."
        ),
        click.option("--check-in-minutes", type=int, help="Until when after the start they are asked."),
        click.option("--min-minutes", type=int, help="Shortest booking."),
        click.option("--max-minutes", type=int, help="Longest booking."),
        click.option("--notice-minutes", type=int, help="How long before its start a booking must be made."),
        click.option("--horizon-days", type=int, help="How far ahead one may book."),
        click.option("--gap-minutes", type=int, help="Least time between two bookings."),
        click.option("--walk-in/--no-walk-in", "walk_in", default=None, help="Whether the panel books."),
        click.option("--series", type=click.Choice(["yes", "approval", "no"]), help="Whether bookings may recur."),
        click.option("--series-most", type=int, help="Most dates of one series."),
        click.option("--door-host", type=click.Choice(["full", "initials", "hidden"]), help="Names on the panel."),
        click.option("--door-title/--no-door-title", "door_title", default=None, help="Titles on the panel."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@room.command()
@with_data
@click.argument("id_", metavar="ID")
@described
def add(loaded: Loaded, id_: str, **given: Any) -> None:
    """Add a room; prints its number."""
    plain = Room(0, id_, id_, loaded.settings.zone, email=f"{id_}@lintel.local")
    said, rules = told(given)
    made = opened(loaded).rooms.add(replace(plain, **said, policy=replace(plain.policy, **rules)), CLI)
    click.echo(made.number)


@room.command()
@with_data
@click.argument("id_", metavar="ID")
@described
def change(loaded: Loaded, id_: str, **given: Any) -> None:
    """Change what is given of a room and leave the rest."""
    said, rules = told(given)
    click.echo(opened(loaded).rooms.change(id_, CLI, rules=rules, **said).version)


@room.command("list")
@with_data
@as_json
def list_(loaded: Loaded, as_json: bool) -> None:
    """Every room."""
    show([_row(it) for it in opened(loaded).rooms.all(CLI)], as_json)


@room.command("import")
@with_data
@click.argument("file", type=click.File("rb"))
@click.option("--mode", type=click.Choice(["create", "update"]), default="create", help="What to do with known rooms.")
@click.option("--partial", is_flag=True, help="Keep the good rows; otherwise it is all or nothing.")
@click.option("--preview", is_flag=True, help="Only say what would be done.")
@as_json
def import_(loaded: Loaded, file: BinaryIO, mode: str, partial: bool, preview: bool, as_json: bool) -> None:
    """Rooms from a CSV FILE (RoomVox's columns, or those of Microsoft 365); exits 1 where a row is wrong."""
    done = opened(loaded).imports.rooms(
        file.read(), CLI, update=mode == "update", partial=partial, preview=preview, zone=loaded.settings.zone
    )
    rows = [
        {"line": r.line, "name": r.name, "action": r.action, "errors": "; ".join(r.errors)}
        for r in done.rows
        if as_json or preview or r.errors
    ]
    show(rows, as_json)
    said = "would be" if preview else "were" if done.written else "would have been, but nothing was changed:"
    click.echo(
        f"{done.count('create')} rooms {said} made, {done.count('update')} changed, {len(done.bad)} bad", err=True
    )
    sys.exit(1 if done.bad else 0)


@room.command("export")
@with_data
def export(loaded: Loaded) -> None:
    """Every room as CSV on stdout."""
    click.echo(opened(loaded).imports.rooms_file(CLI), nl=False)


@room.command("feed")
@with_data
@click.argument("id_", metavar="ID")
@click.option("--rotate", "action", flag_value="rotate", help="End the old secret and make a new one.")
@click.option("--disable", "action", flag_value="disable", help="End the secret.")
@click.option("--enable", "action", flag_value="enable", default=True, help="Make a secret.")
def feed(loaded: Loaded, id_: str, action: str) -> None:
    """Make the secret of a room's calendar feed; prints it alone, this once."""
    secret = opened(loaded).rooms.feed(id_, CLI, str(action))
    if secret:
        click.echo(secret)


@room.command("close")
@with_data
@click.argument("id_", metavar="ID")
@click.option("--from", "starts", required=True, help="An instant with offset: 2026-11-20T09:00+01:00.")
@click.option("--to", "ends", required=True)
@click.option("--reason", default="")
def close(loaded: Loaded, id_: str, starts: str, ends: str, reason: str) -> None:
    """Take a room out of use for a time; prints the closure's number."""
    click.echo(opened(loaded).rooms.close(id_, CLI, moment(starts), moment(ends), reason).id)


@room.command("reopen")
@with_data
@click.argument("number", type=NUMBER, metavar="CLOSURE")
def reopen(loaded: Loaded, number: int) -> None:
    """End a closure."""
    click.echo(opened(loaded).rooms.reopen(number, CLI).id)


def told(given: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields of a room that were given, and those of its policy."""
    said = {name: value for name, value in given.items() if value is not None and value != ()}
    if "hours" in said:
        said["opening"] = tuple(read_hours(text) for text in said.pop("hours"))
    rules = {name: said.pop(name) for name in list(said) if name in POLICY}
    return said, rules


def read_hours(text: str) -> Opening:
    """Opening hours from "mon-fri 08:00-18:00" or "sat,sun 10:00-24:00"; a usage error for anything else."""
    found = HOURS.fullmatch(text.strip().lower())
    try:
        if found is None:
            raise ValueError
        days: set[int] = set()
        for part in found["days"].split(","):
            first, _, last = part.partition("-")
            low, high = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
            days |= {day % 7 for day in range(low, high + 1 if high >= low else high + 8)}
        opens, closes = (int(t[:-3]) * 60 + int(t[-2:]) for t in (found["from"], found["to"]))
        if int(found["from"][-2:]) > 59 or int(found["to"][-2:]) > 59 or not 0 <= opens < closes <= 1440:
            raise ValueError
    except ValueError:
        raise click.UsageError(f'--hours: such as "mon-fri 08:00-18:00", not {text!r}') from None
    return Opening(frozenset(days), opens, closes)


def moment(text: str) -> datetime:
    """An instant from the command line; a usage error where it has no offset."""
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is not None:
            return found.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise click.UsageError("give an instant with its offset, such as 2026-11-20T09:00+01:00")


def _row(it: Room) -> dict[str, Any]:
    return {
        "id": it.id,
        "number": it.number,
        "name": it.name,
        "site": it.site,
        "building": it.building,
        "floor": it.floor,
        "zone": it.zone,
        "capacity": it.capacity,
        "active": it.active,
        "auto_accept": it.auto_accept,
        "check_in": it.policy.check_in,
    }
