"""`lintel equipment` and `reason`: what stands in rooms, and why they are out of service."""

from typing import Any

import click

from server.cli.catalogue import given
from server.cli.setup import NUMBER, Group, as_json, opened, show, with_data
from server.core.access import CLI
from server.core.catalogue import STATUSES
from server.core.places import Equipment, StatusReason
from server.settings import Loaded


@click.group(cls=Group)
def equipment() -> None:
    """Kinds of equipment that rooms have."""


@equipment.command("add")
@with_data
@click.argument("id_", metavar="ID")
@click.option("--label", required=True, help="What people call it.")
@click.option("--icon", default="", help="The name of its picture.")
def add_equipment(loaded: Loaded, id_: str, label: str, icon: str) -> None:
    """Add a kind of equipment."""
    opened(loaded).catalogue.add(Equipment(id_, label, icon), CLI)


@equipment.command("change")
@with_data
@click.argument("id_", metavar="ID")
@click.option("--label")
@click.option("--icon")
def change_equipment(loaded: Loaded, id_: str, **said: Any) -> None:
    """Change what is given of a kind of equipment and leave the rest."""
    opened(loaded).catalogue.change(Equipment, id_, CLI, **given(said))


@equipment.command("list")
@with_data
@as_json
def list_equipment(loaded: Loaded, as_json: bool) -> None:
    """Every kind of equipment."""
    found = opened(loaded).catalogue.all(Equipment, CLI)
    show([{"id": it.id, "label": it.label, "icon": it.icon} for it in found], as_json)


@equipment.command("remove")
@with_data
@click.argument("id_", metavar="ID")
def remove_equipment(loaded: Loaded, id_: str) -> None:
    """Remove a kind of equipment that no room has."""
    opened(loaded).catalogue.remove(Equipment, id_, CLI)


@click.group(cls=Group)
def reason() -> None:
    """Why rooms are out of service, to choose from."""


@reason.command("add")
@with_data
@click.argument("text")
@click.option("--status", type=click.Choice(STATUSES), default="unavailable", show_default=True)
def add_reason(loaded: Loaded, text: str, status: str) -> None:
    """Add a reason; prints its number."""
    click.echo(opened(loaded).catalogue.add(StatusReason(0, status, text), CLI).number)


@reason.command("change")
@with_data
@click.argument("number", type=NUMBER)
@click.option("--text", "reason", help="What it says.")
@click.option("--status", type=click.Choice(STATUSES))
def change_reason(loaded: Loaded, number: int, **said: Any) -> None:
    """Change what is given of a reason and leave the rest; rooms keep what they say."""
    opened(loaded).catalogue.change(StatusReason, number, CLI, **given(said))


@reason.command("list")
@with_data
@as_json
def list_reasons(loaded: Loaded, as_json: bool) -> None:
    """Every reason."""
    found = opened(loaded).catalogue.all(StatusReason, CLI)
    show([{"number": it.number, "status": it.status, "reason": it.reason} for it in found], as_json)


@reason.command("remove")
@with_data
@click.argument("number", type=NUMBER)
def remove_reason(loaded: Loaded, number: int) -> None:
    """Remove a reason; rooms keep what they say."""
    opened(loaded).catalogue.remove(StatusReason, number, CLI)
