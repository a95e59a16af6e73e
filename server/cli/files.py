"""`lintel file`: photos and attachments of rooms, plans of places, attachments of bookings."""

from pathlib import Path
from typing import Any, BinaryIO

import click

from server.cli.setup import NUMBER, Group, as_json, opened, show, with_data
from server.core.access import CLI
from server.core.files import LARGEST
from server.settings import Loaded


@click.group(cls=Group)
def file() -> None:
    """Photos and attachments of rooms, plans of places, attachments of bookings."""


def of_thing(command: Any) -> Any:
    """Adds the options that say whose files are meant."""
    options = (
        click.option("--photo", metavar="ID", help="Pictures of this room."),
        click.option("--room", metavar="ID", help="Attachments of this room."),
        click.option("--plan", metavar="ADDRESS", help="Plans of this place."),
        click.option("--booking", metavar="UID", help="Attachments of this booking."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@file.command()
@with_data
@click.argument("source", type=click.File("rb"), metavar="FILE")
@click.option("--name", help="What it is called; as it is named otherwise.")
@of_thing
def add(loaded: Loaded, source: BinaryIO, name: str | None, **given: str | None) -> None:
    """Attach a FILE; prints its number."""
    kind, subject = _thing(given)
    called = name or Path(getattr(source, "name", "file")).name
    click.echo(opened(loaded).files.add(kind, subject, called, source.read(LARGEST + 1), CLI).number)


@file.command("list")
@with_data
@of_thing
@as_json
def list_(loaded: Loaded, as_json: bool, **given: str | None) -> None:
    """The files that a room, a place or a booking has."""
    rows = [
        {"number": it.number, "name": it.name, "media": it.media, "size": it.size, "made": it.made_at.isoformat()}
        for it in opened(loaded).files.all(*_thing(given), CLI)
    ]
    show(rows, as_json)


@file.command()
@with_data
@click.argument("number", type=NUMBER)
@click.argument("target", type=click.File("wb"), metavar="FILE")
def save(loaded: Loaded, number: int, target: BinaryIO) -> None:
    """Write a file's bytes to FILE (- for stdout)."""
    target.write(opened(loaded).files.get(number, CLI)[1])


@file.command()
@with_data
@click.argument("number", type=NUMBER)
def remove(loaded: Loaded, number: int) -> None:
    """Remove a file."""
    click.echo(opened(loaded).files.remove(number, CLI).number)


def _thing(given: dict[str, str | None]) -> tuple[str, str]:
    said = [(kind, subject) for kind, subject in given.items() if subject is not None]
    if len(said) != 1:
        raise click.UsageError("say whose: --photo, --room, --plan or --booking")
    return said[0]
