"""`lintel right`: who may do what with which rooms."""

from typing import Any

import click

from server.cli.setup import NUMBER, Group, as_json, opened, show, with_data
from server.core.access import CLI
from server.core.errors import Unknown
from server.core.house import Right
from server.core.places import HOUSE
from server.engine import Engine
from server.settings import Loaded


@click.group(cls=Group)
def right() -> None:
    """Who may do what with which rooms."""


@right.command()
@with_data
@click.option("--person", metavar="EMAIL", default="", help="To this person.")
@click.option("--group", metavar="NAME", default="", help="To everybody in this group.")
@click.option("--all", "everybody", is_flag=True, help="To everybody with an account.")
@click.option("--room", metavar="ID", default="", help="In this room.")
@click.option(
    "--place", metavar="ADDRESS", default="", help='In all rooms of this place, such as "Berlin/Timber House".'
)
@click.option("--house", is_flag=True, help="In every room there is.")
@click.option("--level", type=click.Choice(["see", "ask", "book", "manage"]), required=True,
              help="ask: book with approval; manage: approve, close and change the room, too.")  # fmt: skip
def give(
    loaded: Loaded, person: str, group: str, everybody: bool, room: str, place: str, house: bool, level: str
) -> None:
    """Give a right, in place of the one they had there; prints its number."""
    if [bool(person), bool(group), everybody].count(True) != 1:
        raise click.UsageError("say to whom: --person, --group or --all")
    if [bool(room), bool(place), house].count(True) != 1:
        raise click.UsageError("say where: --room, --place or --house")
    engine = opened(loaded)
    kind, subject = "all", 0
    if person:
        kind, subject = "person", engine.people.find(person, CLI).number
    elif group:
        kind, subject = "group", engine.groups.find(group, CLI).number
    where = (
        {"room": engine.rooms.get(room, CLI).number} if room else {"place": HOUSE if house else _place(engine, place)}
    )
    click.echo(engine.rights.give(Right(0, kind, subject, level, **where), CLI).number)


@right.command("list")
@with_data
@as_json
def list_(loaded: Loaded, as_json: bool) -> None:
    """Every right that was given; what everybody may besides is the policy `members`."""
    engine = opened(loaded)
    now, names = engine.house.now(), _names(engine)
    show([_row(it, names, now.rooms[it.room].slug if it.room else now.address(it.place) or "House")
          for it in engine.rights.all(CLI)], as_json)  # fmt: skip


@right.command()
@with_data
@click.argument("number", type=NUMBER)
def take(loaded: Loaded, number: int) -> None:
    """Take a right back, at once."""
    click.echo(opened(loaded).rights.take(number, CLI).number)


def _place(engine: Engine, address: str) -> int:
    now = engine.house.now()
    found = [number for number in now.places if now.address(number).casefold() == address.strip("/").casefold()]
    if not found:
        raise Unknown("place", address)
    return found[0]


def _names(engine: Engine) -> dict[tuple[str, int], str]:
    """Who has rights, in words: e-mails of people, names of groups."""
    groups = {("group", it.number): it.name for it, _ in engine.groups.all(CLI)}
    wanted = {it.subject for it in engine.rights.all(CLI) if it.kind == "person"}
    people = {("person", number): engine.people.get(number, CLI).email for number in wanted}
    return {**groups, **people, ("all", 0): "everybody"}


def _row(it: Right, names: dict[tuple[str, int], str], where: str) -> dict[str, Any]:
    return {
        "number": it.number,
        "who": names.get((it.kind, it.subject), ""),
        "kind": it.kind,
        "where": where,
        "level": it.level,
    }
