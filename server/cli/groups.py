"""`lintel group`: people with something in common."""

from typing import Any

import click

from server.cli.setup import Group, as_json, opened, show, with_data
from server.core.access import CLI
from server.core.people import GROUP_ROLES, Filters
from server.core.people import Group as Team
from server.engine import Engine
from server.settings import Loaded

role_option = click.option(
    "--role", "roles", multiple=True, type=click.Choice([*sorted(GROUP_ROLES), "none"]),
    help="What it makes of its people; repeat for several.",
)  # fmt: skip
automatic_option = click.option("--automatic/--by-hand", default=None, help="Whether everybody who is added joins it.")
led_by_option = click.option("--led-by", metavar="NAME", help="The group whose group admins manage it; none: nobody.")
external_option = click.option("--external", metavar="NAME", help="Its name at the sign-in provider.")


@click.group(cls=Group)
def group() -> None:
    """Groups of people."""


@group.command()
@with_data
@click.argument("name")
@role_option
@automatic_option
@led_by_option
@external_option
def add(loaded: Loaded, name: str, **told: Any) -> None:
    """Make a group; prints its number."""
    engine = opened(loaded)
    click.echo(engine.groups.add(Team(0, name, **fields(engine, told)), CLI).number)


@group.command()
@with_data
@click.argument("which", metavar="NAME")
@click.option("--name", help="A new name.")
@role_option
@automatic_option
@led_by_option
@external_option
def change(loaded: Loaded, which: str, name: str | None, **told: Any) -> None:
    """Change what is given and leave the rest; prints the version."""
    engine = opened(loaded)
    changes = fields(engine, told) | ({"name": name} if name else {})
    click.echo(engine.groups.change(engine.groups.find(which, CLI).number, CLI, **changes).version)


@group.command()
@with_data
@click.argument("which", metavar="NAME")
def remove(loaded: Loaded, which: str) -> None:
    """Remove a group that nothing names any more; its people stay."""
    engine = opened(loaded)
    engine.groups.remove(engine.groups.find(which, CLI).number, CLI)


@group.command("list")
@with_data
@as_json
def list_(loaded: Loaded, as_json: bool) -> None:
    """Every group and how many people it has."""
    engine = opened(loaded)
    found = engine.groups.all(CLI)
    names = {it.number: it.name for it, _ in found}
    show([_row(it, size, names) for it, size in found], as_json)


@group.command()
@with_data
@click.argument("which", metavar="NAME")
@click.option("--add", "coming", multiple=True, metavar="EMAIL", help="Let somebody in; repeat for several.")
@click.option("--remove", "leaving", multiple=True, metavar="EMAIL", help="Take somebody out; repeat for several.")
@click.option("--set", "wanted", multiple=True, metavar="EMAIL", help="These and nobody else; repeat for several.")
@as_json
def members(
    loaded: Loaded,
    which: str,
    coming: tuple[str, ...],
    leaving: tuple[str, ...],
    wanted: tuple[str, ...],
    as_json: bool,
) -> None:
    """Who is in a group; lets people in and out."""
    if wanted and (coming or leaving):
        raise click.UsageError("--set says all of it")
    engine = opened(loaded)
    number = engine.groups.find(which, CLI).number
    if wanted:
        engine.groups.set_members(number, CLI, _numbers(engine, wanted))
    elif coming or leaving:
        engine.groups.move(number, CLI, add=_numbers(engine, coming), remove=_numbers(engine, leaving))
    rows: list[dict[str, Any]] = []
    while part := engine.people.page(Filters(group=number), CLI, after=rows[-1]["number"] if rows else 0):
        rows += [{"number": it.number, "email": it.email, "name": it.name} for it in part]
    show(rows, as_json)


def _numbers(engine: Engine, people: tuple[str, ...]) -> list[int]:
    return [engine.people.find(who, CLI).number for who in people]


def fields(engine: Engine, told: dict[str, Any]) -> dict[str, Any]:
    """What the options say of a group."""
    given: dict[str, Any] = {}
    if told["roles"]:
        given["roles"] = frozenset(told["roles"]) - {"none"}
    if told["automatic"] is not None:
        given["automatic"] = told["automatic"]
    if told["led_by"] is not None:
        leading = told["led_by"]
        given["led_by"] = None if leading == "none" else engine.groups.find(leading, CLI).number
    if told["external"] is not None:
        given["external"] = told["external"]
    return given


def _row(it: Team, size: int, names: dict[int, str]) -> dict[str, Any]:
    return {
        "number": it.number, "name": it.name, "people": size, "roles": ", ".join(sorted(it.roles)),
        "led by": names[it.led_by] if it.led_by else "", "automatic": "yes" if it.automatic else "",
        "external": it.external,
    }  # fmt: skip
