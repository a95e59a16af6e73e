"""`lintel room`: the rooms, and what each asks of those who use it."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import click

from server.cli import room_files, sites
from server.cli.room_options import described, group_numbers, naming_conflicts, told
from server.cli.setup import NUMBER, Group, as_json, opened, show, with_data
from server.core.access import CLI
from server.core.model import Room
from server.settings import Loaded


@click.group(cls=Group)
def room() -> None:
    """The rooms."""


room.add_command(room_files.import_)
room.add_command(room_files.export)
room.add_command(sites.type_)


@room.command()
@with_data
@click.argument("id_", metavar="ID")
@described
def add(loaded: Loaded, id_: str, **given: Any) -> None:
    """Add a room; prints its number."""
    engine = opened(loaded)
    said, rules = told(given, engine)
    plain = Room(0, id_, id_, "", email=f"{id_}@lintel.local")
    made = replace(plain, **{name: it for name, it in said.items() if name != "groups"})
    if not made.zone:
        of_part = engine.rooms.get(given["parts"][0], CLI).zone if given.get("parts") else ""
        where = engine.places.zone_of(made.site, made.building, made.floor)
        made = replace(made, zone=where or of_part or loaded.settings.zone)
    made = replace(made, policy=replace(made.policy, **rules))
    click.echo(engine.rooms.add(made, CLI, groups=said.get("groups", ())).number)


@room.command()
@with_data
@click.argument("id_", metavar="ID")
@described
@click.option("--no-group", "out_of", multiple=True, metavar="ADDRESS", help="A group it is no longer in; repeat.")
@click.option("--no-parts", is_flag=True, help="It is no longer made of other rooms.")
@click.option("--anyway", is_flag=True, help="Also where that shuts out what is booked.")
def change(loaded: Loaded, id_: str, out_of: tuple[str, ...], no_parts: bool, anyway: bool, **given: Any) -> None:
    """Change what is given of a room and leave the rest."""
    engine = opened(loaded)
    said, rules = told(given, engine)
    if no_parts:
        said["parts"] = ()
    if out_of or "groups" in said:
        kept = engine.rooms.groups(id_, CLI) | said.get("groups", frozenset())
        said["groups"] = kept - group_numbers(engine, out_of)
    if "attributes" in said:
        said["attributes"] = {**engine.rooms.get(id_, CLI).attributes, **said["attributes"]}
    with naming_conflicts():
        click.echo(engine.rooms.change(id_, CLI, rules=rules, anyway=anyway, **said).version)


@room.command("list")
@with_data
@as_json
def list_(loaded: Loaded, as_json: bool) -> None:
    """Every room."""
    show([_row(it) for it in opened(loaded).rooms.all(CLI)], as_json)


@room.command()
@with_data
@click.argument("id_", metavar="ID")
def remove(loaded: Loaded, id_: str) -> None:
    """Remove a room; one that was ever booked is switched off instead, because bookings name it."""
    off = opened(loaded).rooms.remove(id_, CLI)
    click.echo(f"{id_} was booked, so it is switched off and stays" if off else f"{id_} is removed", err=True)


@room.command("feed")
@with_data
@click.argument("id_", metavar="ID")
@click.option("--rotate", "action", flag_value="rotate", help="End the old secret and make a new one.")
@click.option("--disable", "action", flag_value="disable", help="End the secret.")
@click.option("--enable", "action", flag_value="enable", help="Make a secret.")
def feed(loaded: Loaded, id_: str, action: str | None) -> None:
    """Make the secret of a room's calendar feed; prints it alone, this once."""
    if action is None:
        raise click.UsageError("give --enable, --rotate or --disable")
    secret = opened(loaded).rooms.feed(id_, CLI, action)
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
        "type": it.room_type,
        "capacity": it.capacity,
        "active": it.active,
        "status": it.status,
        "auto_accept": it.auto_accept,
        "check_in": it.policy.check_in,
    }
