"""`lintel backup` and `lintel restore`: a copy of everything, and putting it back."""

from pathlib import Path
from typing import Any

import click

from server.cli.bar import Bar
from server.cli.setup import sound, with_data
from server.cli.words import many
from server.compose import kept_by
from server.core.clock import SystemClock
from server.engine.backup import Backup
from server.engine.copies import Copies
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
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@click.option("--prove", is_flag=True, help="Without FILE: also restore the copy beside the database, and look at it.")
def backup(loaded: Loaded, file: Path | None, force: bool, prove: bool) -> None:
    """Write a copy of the database to FILE, while the server runs.

    Without FILE: sealed, into the folder of the setting backup.folder, where old ones are removed.
    """
    if file is None:
        _keep(loaded, prove)
        return
    if prove:
        raise click.UsageError("--prove is for backups without FILE; lintel restore proves what it puts back")
    with Bars() as bars:
        _backup(loaded).take(file.absolute(), bars.tell, force=force)
    click.echo(f"{file}: {file.stat().st_size:,} bytes")


def _keep(loaded: Loaded, prove: bool) -> None:
    terms = kept_by(sound(loaded).settings)
    if terms is None:
        raise click.UsageError("name a FILE, or set backup.folder and backup.key")
    with Bars() as bars:
        done = Copies(_backup(loaded), loaded.data.absolute(), terms).take(bars.tell, prove=prove)
    proof = f", {many(done.proven.bookings, 'booking')} proven" if done.proven is not None else ""
    click.echo(f"{done.file}: {done.size:,} bytes, {many(done.removed, 'old one')} removed{proof}")


@click.command("backup-key")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup_key(file: Path) -> None:
    """Make the key that opens backups in FILE, which belongs elsewhere; print the public one, for backup.key."""
    try:
        public = Copies.new_key(file)
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror}") from error
    click.echo(public)
    click.echo(f"Move {file} off this machine, to where it is found when the machine is gone.", err=True)


@click.command()
@with_data
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--identity",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file with the private key, where the backup is sealed.",
)
def restore(loaded: Loaded, file: Path, identity: Path | None) -> None:
    """Put a backup in the place of the database, which no server may be using; what was there is kept beside it."""
    if loaded.settings.database_url.startswith("sqlite"):
        loaded.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with Bars() as bars:
        done = _backup(loaded).restore(file.absolute(), bars.tell, identity=identity)
    click.echo(f"{many(done.bookings, 'booking')}, {many(done.changes, 'change')} proven")
    if done.kept:
        click.echo(f"What was there is kept as {done.kept}", err=True)


def _backup(loaded: Loaded) -> Backup:
    return Backup(sound(loaded).settings.database_url, SystemClock(), environment(), loaded.data)


COMMANDS: tuple[Any, ...] = (backup, backup_key, restore)
