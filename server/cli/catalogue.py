"""`lintel attribute` and `accessory`: what rooms, people and bookings can have of the house's own."""

import re
from collections.abc import Callable
from typing import Any

import click

from server.cli.setup import NUMBER, Group, as_json, opened, show, with_data
from server.core.access import CLI
from server.core.catalogue import CATEGORIES, KINDS, PER
from server.core.places import Accessory, Attribute
from server.core.policy_words import read, said
from server.engine import Engine
from server.settings import Loaded

BOUNDS = re.compile(r"(?P<room>[a-z0-9-]+)(?:=(?P<least>\d{0,6})\.\.(?P<most>\d{0,6}))?", re.ASCII)


def options(*several: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Several options of a command as one decorator, in this order."""

    def add(command: Any) -> Any:
        for option in reversed(several):
            command = option(command)
        return command

    return add


def given(said: dict[str, Any]) -> dict[str, Any]:
    """Only what was said on the command line."""
    return {name: value for name, value in said.items() if value is not None and value != ()}


def money(text: str | None) -> int | None:
    """Hundredths of "2" or "2.50"; a usage error for anything else."""
    try:
        return None if text is None else int(read("credits", text))
    except ValueError as error:
        raise click.UsageError(f"credits: {error}") from error


# attributes


@click.group(cls=Group)
def attribute() -> None:
    """Fields of the house's own for rooms, people, bookings and room types."""


attribute_options = options(
    click.option("--kind", type=click.Choice(KINDS), help="One line, several lines, a choice, a tick, or an instant."),
    click.option("--required/--optional", "required", default=None),
    click.option("--pattern", help="What a line must match as a whole."),
    click.option("--choice", "choices", multiple=True, help="Of a select; repeat for several."),
    click.option("--private/--public", "private", default=None, help="Only for those who manage and whose it is."),
    click.option("--admin-only/--for-all", "admin_only", default=None, help="Only for those who manage."),
    click.option("--sort", type=int, help="Its place among the others."),
    click.option("--room", "rooms", multiple=True, metavar="ID", help="Only for bookings of these; repeat."),
)  # fmt: skip


@attribute.command("add")
@with_data
@click.argument("label")
@click.option("--for", "category", type=click.Choice(CATEGORIES), required=True, help="What has it.")
@attribute_options
def add_attribute(loaded: Loaded, label: str, category: str, **said: Any) -> None:
    """Add an attribute; prints its number."""
    engine = opened(loaded)
    it = Attribute(0, category, label, **_attribute(engine, said))
    click.echo(engine.catalogue.add(it, CLI).number)


@attribute.command("change")
@with_data
@click.argument("number", type=NUMBER)
@click.option("--label")
@click.option("--all-rooms", is_flag=True, help="For bookings of any room.")
@attribute_options
def change_attribute(loaded: Loaded, number: int, all_rooms: bool, **said: Any) -> None:
    """Change what is given of an attribute and leave the rest; prints its version."""
    engine = opened(loaded)
    fields = _attribute(engine, said) | ({"rooms": frozenset()} if all_rooms else {})
    click.echo(engine.catalogue.change(Attribute, number, CLI, **fields).version)


@attribute.command("list")
@with_data
@as_json
def list_attributes(loaded: Loaded, as_json: bool) -> None:
    """Every attribute."""
    engine = opened(loaded)
    names = room_names(engine)
    show([
        {"number": it.number, "for": it.category, "label": it.label, "kind": it.kind, "required": it.required,
         "pattern": it.pattern, "choices": _list(list(it.choices), as_json), "private": it.private,
         "admin_only": it.admin_only, "sort": it.sort, "rooms": _list([names[n] for n in sorted(it.rooms)], as_json)}
        for it in engine.catalogue.all(Attribute, CLI)
    ], as_json)  # fmt: skip


@attribute.command("remove")
@with_data
@click.argument("number", type=NUMBER)
def remove_attribute(loaded: Loaded, number: int) -> None:
    """Remove an attribute that nothing has a value of."""
    opened(loaded).catalogue.remove(Attribute, number, CLI)


def _attribute(engine: Engine, said: dict[str, Any]) -> dict[str, Any]:
    fields = given(said)
    if "rooms" in fields:
        fields["rooms"] = frozenset(engine.rooms.get(slug, CLI).number for slug in fields["rooms"])
    return fields


# accessories


@click.group(cls=Group)
def accessory() -> None:
    """Things that are booked with a room."""


accessory_options = options(
    click.option("--stock", help="How many there are; none: without bound."),
    click.option("--credits", help="What one costs, such as 2.50."),
    click.option("--peak-credits", help="In a room's peak hours."),
    click.option("--credit-per", type=click.Choice(PER)),
    click.option("--room", "rooms", multiple=True, metavar="ID[=LEAST..MOST]",
                 help="Only with these, and how many there; repeat for several."),
)  # fmt: skip


@accessory.command("add")
@with_data
@click.argument("name")
@accessory_options
def add_accessory(loaded: Loaded, name: str, **said: Any) -> None:
    """Add an accessory; prints its number."""
    engine = opened(loaded)
    click.echo(engine.catalogue.add(Accessory(0, name, **_accessory(engine, said)), CLI).number)


@accessory.command("change")
@with_data
@click.argument("number", type=NUMBER)
@click.option("--name")
@click.option("--all-rooms", is_flag=True, help="With any room, as many as there are.")
@accessory_options
def change_accessory(loaded: Loaded, number: int, all_rooms: bool, **said: Any) -> None:
    """Change what is given of an accessory and leave the rest; prints its version."""
    engine = opened(loaded)
    fields = _accessory(engine, said) | ({"rooms": {}} if all_rooms else {})
    click.echo(engine.catalogue.change(Accessory, number, CLI, **fields).version)


@accessory.command("list")
@with_data
@as_json
def list_accessories(loaded: Loaded, as_json: bool) -> None:
    """Every accessory."""
    engine = opened(loaded)
    names = room_names(engine)
    show([
        {"number": it.number, "name": it.name, "stock": it.stock, "credits": said("credits", it.credits),
         "peak_credits": said("credits", it.peak_credits), "credit_per": it.credit_per,
         "rooms": _list([_bounds(names[room], *bounds) for room, bounds in sorted(it.rooms.items())], as_json)}
        for it in engine.catalogue.all(Accessory, CLI)
    ], as_json)  # fmt: skip


@accessory.command("remove")
@with_data
@click.argument("number", type=NUMBER)
def remove_accessory(loaded: Loaded, number: int) -> None:
    """Remove an accessory that no booking to come has asked for."""
    opened(loaded).catalogue.remove(Accessory, number, CLI)


def _accessory(engine: Engine, said: dict[str, Any]) -> dict[str, Any]:
    fields = given(said)
    for name in ("credits", "peak_credits"):
        if name in fields:
            fields[name] = money(fields[name])
    if "stock" in fields:
        text = str(fields["stock"])
        if text != "none" and not (text.isascii() and text.isdigit() and len(text) < 10):
            raise click.UsageError("--stock: a number or none")
        fields["stock"] = None if text == "none" else int(text)
    if "rooms" in fields:
        fields["rooms"] = dict(_bounded(engine, text) for text in fields["rooms"])
    return fields


def _bounded(engine: Engine, text: str) -> tuple[int, tuple[int | None, int | None]]:
    found = BOUNDS.fullmatch(text)
    if found is None:
        raise click.UsageError(f"--room: such as oak, oak=1..4 or oak=..4, not {text!r}")
    least, most = (int(found[name]) if found[name] else None for name in ("least", "most"))
    return engine.rooms.get(found["room"], CLI).number, (least, most)


def _bounds(room: str, least: int | None, most: int | None) -> str:
    return room if least is None and most is None else f"{room}={least or ''}..{'' if most is None else most}"


def room_names(engine: Engine) -> dict[int, str]:
    """The ids of the rooms by number."""
    return {number: room.slug for number, room in engine.house.now().rooms.items()}


def _list(texts: list[str], as_json: bool) -> list[str] | str:
    return texts if as_json else ", ".join(texts)
