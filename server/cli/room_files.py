"""`lintel room import` and `export`: rooms as CSV files."""

import sys
from typing import BinaryIO

import click

from server.cli.bar import Bar
from server.cli.setup import as_json, opened, show, with_data
from server.cli.words import many, summary
from server.core.access import CLI
from server.engine.room_rows import CREATE, SKIP, UPDATE
from server.engine.sheet import LARGEST
from server.settings import Loaded


@click.command("import")
@with_data
@click.argument("file", type=click.File("rb"))
@click.option("--mode", type=click.Choice(["create", "update"]), default="create", help="What to do with known rooms.")
@click.option("--partial", is_flag=True, help="Keep the good rows; otherwise it is all or nothing.")
@click.option("--preview", is_flag=True, help="Only say what would be done.")
@as_json
def import_(loaded: Loaded, file: BinaryIO, mode: str, partial: bool, preview: bool, as_json: bool) -> None:
    """Rooms from a CSV FILE (RoomVox's columns, Microsoft 365's, or ours); exits 1 where a row is wrong."""
    engine = opened(loaded)
    with Bar("Rooms") as bar:
        done = engine.imports.rooms(
            file.read(LARGEST + 1), CLI, update=mode == "update", partial=partial, preview=preview,
            zone=loaded.settings.zone, progress=bar.tell,
        )  # fmt: skip
    rows = [
        {"line": r.line, "name": r.name, "action": r.action, "errors": "; ".join(r.errors)}
        for r in done.rows
        if as_json or preview or r.errors
    ]
    show(rows, as_json)
    counts = (f"{many(done.count(CREATE), 'room')} made", f"{done.count(UPDATE)} changed",
              f"{done.count(SKIP)} there already")  # fmt: skip
    click.echo(summary(*counts, bad=len(done.bad), written=done.written, preview=preview), err=True)
    sys.exit(1 if done.bad else 0)


@click.command("export")
@with_data
def export(loaded: Loaded) -> None:
    """Every room as CSV on stdout."""
    click.echo(opened(loaded).imports.rooms_file(CLI), nl=False)
