"""`lintel site`: sites, buildings, floors and groups of rooms; `lintel room type`: the types of rooms."""

from typing import Any

import click

from server.cli.room_options import naming_conflicts
from server.cli.setup import Group, as_json, opened, show, with_data
from server.core.access import CLI
from server.core.house import above
from server.core.levels import Tree
from server.core.places import HOUSE, Place, RoomType
from server.core.tree import address
from server.settings import Loaded

ADDRESS = 'Such as "Berlin/Timber House/2", or "#7" for its number.'


@click.group(cls=Group)
def site() -> None:
    """Sites, buildings, floors and groups of rooms."""


def described(command: Any) -> Any:
    """Adds an option for each thing a place has."""
    options = (
        click.option("--zone", help="The time zone of rooms that are added there."),
        click.option("--contact", help="Whom to ask about it."),
        click.option("--color", help="On plans and in lists, such as #2e7d32."),
        click.option("--walk", type=int, help="Its place in the walking order."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@site.command()
@with_data
@click.argument("name")
@click.option("--kind", type=click.Choice(["site", "building", "floor", "group"]), default="site", show_default=True)
@click.option("--in", "into", default="house", metavar="ADDRESS", help=f"What it lies in. {ADDRESS}")
@described
def add(loaded: Loaded, name: str, kind: str, into: str, **given: Any) -> None:
    """Add a place; prints its number."""
    engine = opened(loaded)
    parent = engine.places.find(into, CLI).number
    click.echo(engine.places.add(Place(0, parent, kind, name, **_said(given)), CLI).number)


@site.command("list")
@with_data
@click.option("--in", "into", default="house", metavar="ADDRESS", help="Only what lies in this, and itself.")
@as_json
def list_(loaded: Loaded, into: str, as_json: bool) -> None:
    """Every place with the rooms that are in it itself."""
    engine = opened(loaded)
    tree, start = engine.places.tree(CLI), engine.places.find(into, CLI).number
    inside = [it for it in tree.places.values() if start in _path(tree, it.number)]
    counts: dict[int, int] = {}
    for it in engine.rooms.all(CLI):
        for number in (it.place, *tree.groups.get(it.number, ())):
            counts[number] = counts.get(number, 0) + 1
    rows = [_row(tree, it, counts.get(it.number, 0)) for it in inside]
    show(sorted(rows, key=lambda row: (row["number"] != HOUSE, row["address"].casefold())), as_json)


@site.command()
@with_data
@click.argument("place", metavar="ADDRESS")
@click.option("--name", help="What it is called from now on; its rooms say so, too.")
@described
def change(loaded: Loaded, place: str, name: str | None, **given: Any) -> None:
    """Change what is given of a place and leave the rest."""
    engine = opened(loaded)
    number = engine.places.find(place, CLI).number
    click.echo(engine.places.change(number, CLI, **_said({"name": name, **given})).version)


@site.command()
@with_data
@click.argument("place", metavar="ADDRESS")
@click.option("--in", "into", required=True, metavar="ADDRESS", help=f"What it lies in from now on. {ADDRESS}")
@click.option("--anyway", is_flag=True, help="Also where the rules there shut out what is booked.")
def move(loaded: Loaded, place: str, into: str, anyway: bool) -> None:
    """Put a place, with all that is in it, into another."""
    engine = opened(loaded)
    number, parent = engine.places.find(place, CLI).number, engine.places.find(into, CLI).number
    with naming_conflicts():
        click.echo(engine.places.change(number, CLI, parent=parent, anyway=anyway).version)


@site.command()
@with_data
@click.argument("place", metavar="ADDRESS")
def remove(loaded: Loaded, place: str) -> None:
    """Remove a place that nothing is in."""
    engine = opened(loaded)
    click.echo(engine.places.remove(engine.places.find(place, CLI).number, CLI).number)


@click.group("type", cls=Group)
def type_() -> None:
    """The types of rooms, each with rules of its own."""


@type_.command("add")
@with_data
@click.argument("id_", metavar="ID")
@click.option("--label", help="What people call it; the id otherwise.")
@click.option("--description", default="")
def add_type(loaded: Loaded, id_: str, label: str | None, description: str) -> None:
    """Add a type; prints its id."""
    click.echo(opened(loaded).places.put_type(RoomType(id_, label or id_, description), CLI, new=True).id)


@type_.command("list")
@with_data
@as_json
def list_types(loaded: Loaded, as_json: bool) -> None:
    """Every type with the rules that it sets."""
    rows = [
        {"id": it.id, "label": it.label, "description": it.description, "sets": ", ".join(sorted(it.policy))}
        for it in opened(loaded).places.types(CLI)
    ]
    show(rows, as_json)


@type_.command("remove")
@with_data
@click.argument("id_", metavar="ID")
def remove_type(loaded: Loaded, id_: str) -> None:
    """Remove a type that no room is of."""
    click.echo(opened(loaded).places.remove_type(id_, CLI).id)


def _said(given: dict[str, Any]) -> dict[str, Any]:
    return {name: it for name, it in given.items() if it is not None}


def _path(tree: Tree, number: int) -> list[int]:
    return list(above(tree.places, number))


def _row(tree: Tree, it: Place, rooms: int) -> dict[str, Any]:
    return {
        "number": it.number,
        "kind": it.kind,
        "address": address(tree.places, it.number),
        "rooms": rooms,
        "zone": it.zone,
        "contact": it.contact,
        "color": it.color,
        "walk": it.walk,
        "sets": ", ".join(sorted(it.policy)),
    }
