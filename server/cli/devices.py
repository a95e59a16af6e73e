"""`lintel device add|list|revoke`: the panels at the doors, and the boards; letting them in is in letting_in.py."""

from typing import Any

import click

from server.cli import letting_in
from server.cli.letting_in import rooms_and_places
from server.cli.setup import NUMBER, Group, as_json, opened, show, with_data
from server.core.access import CLI
from server.core.model import Device
from server.settings import Loaded


@click.group(cls=Group)
def device() -> None:
    """The panels at the doors, and the boards."""


@device.command()
@with_data
@click.argument("name")
@click.option(
    "--room",
    "rooms",
    multiple=True,
    required=True,
    help="A room (id) the panel stands at; repeat for several.",
)
def add(loaded: Loaded, name: str, rooms: tuple[str, ...]) -> None:
    """Make a device and print its key alone, this once."""
    _, secret = opened(loaded).devices.add(name, CLI, rooms=rooms)
    click.echo(secret)


@device.command("list")
@with_data
@as_json
def list_(loaded: Loaded, as_json: bool) -> None:
    """Every device, revoked ones too."""
    engine = opened(loaded)
    names, places = rooms_and_places(engine)
    show([_row(it, names, places) for it in engine.devices.all(CLI)], as_json)


@device.command()
@with_data
@click.argument("number", type=NUMBER, metavar="ID")
def revoke(loaded: Loaded, number: int) -> None:
    """End a device's key at once, for good."""
    click.echo(opened(loaded).devices.revoke(number, CLI).number)


for command in letting_in.COMMANDS:
    device.add_command(command)


def _row(it: Device, names: dict[int, str], places: dict[int, str]) -> dict[str, Any]:
    return {
        "id": it.number,
        "name": it.name,
        "kind": it.kind,
        "rooms": ",".join(names.get(number, "") for number in it.rooms_in_order),
        "place": places.get(it.place or 0, ""),
        "state": it.state,
        "serial": it.serial,
        "prefix": it.prefix,
        "made": it.made_at.isoformat(),
        "seen": it.seen_at.isoformat() if it.seen_at else None,
        "revoked": it.revoked_at.isoformat() if it.revoked_at else None,
    }
