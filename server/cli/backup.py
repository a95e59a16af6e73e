"""`lintel backup` and `lintel restore`: a copy of everything, and putting it back."""

from pathlib import Path
from typing import Any

import click

from server.cli.bar import Bar
from server.cli.setup import sound, with_data
from server.cli.words import many
from server.core.clock import SystemClock
from server.engine.backup import Backup
from server.settings import Loaded, environment


class Bars:
    """A bar for each thing that is done in turn."""

    def __init__(self) -> None:
        self._bar: Bar | None = None

    def __enter__(self) -> "Bars":
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.__exit__()

    def tell(self, label: str, done: int, of: int) -> None:
        """So many of so many of that are done."""
        if self._bar is None or self._bar.label != label:
            self.__exit__()
            self._bar = Bar(label)
        self._bar.tell(done, of)


@click.command()
@with_data
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Write over a file that is there.")
def backup(loaded: Loaded, file: Path, force: bool) -> None:
    """Write a copy of the database to FILE, while the server runs."""
    with Bars() as bars:
        _backup(loaded).take(file.absolute(), bars.tell, force=force)
    click.echo(f"{file}: {file.stat().st_size:,} bytes")


@click.command()
@with_data
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def restore(loaded: Loaded, file: Path) -> None:
    """Put a backup in the place of the database, which no server may be using; what was there is kept beside it."""
    if loaded.settings.database_url.startswith("sqlite"):
        loaded.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with Bars() as bars:
        done = _backup(loaded).restore(file.absolute(), bars.tell)
    click.echo(f"{many(done.bookings, 'booking')}, {many(done.changes, 'change')} proven")
    if done.kept:
        click.echo(f"What was there is kept as {done.kept}", err=True)


def _backup(loaded: Loaded) -> Backup:
    return Backup(sound(loaded).settings.database_url, SystemClock(), environment(), loaded.data)


COMMANDS: tuple[Any, ...] = (backup, restore)
