"""`lintel booking`: bookings in and out as files."""

import sys
from datetime import datetime
from typing import BinaryIO

import click

from server.cli.rooms import moment
from server.cli.setup import Group, as_json, opened, show, with_data
from server.cli.words import many, summary
from server.core.access import CLI
from server.core.period import Period
from server.settings import Loaded


@click.group(cls=Group)
def booking() -> None:
    """Bookings in and out as files."""


@booking.command("import")
@with_data
@click.argument("file", type=click.File("rb"))
@click.option("--partial", is_flag=True, help="Keep the good rows; otherwise it is all or nothing.")
@click.option("--preview", is_flag=True, help="Only say what would be done.")
@as_json
def import_(loaded: Loaded, file: BinaryIO, partial: bool, preview: bool, as_json: bool) -> None:
    """Bookings from a CSV FILE: room, title, start, end, organizer, organizerEmail, description, uid."""
    done = opened(loaded).imports.bookings(file.read(), CLI, partial=partial, preview=preview)
    rows = [
        {"line": r.line, "title": r.name, "action": r.action, "errors": "; ".join(r.errors)}
        for r in done.rows
        if as_json or preview or r.errors
    ]
    show(rows, as_json)
    counts = f"{many(done.count('create'), 'booking')} made", f"{done.count('skip')} there already"
    click.echo(summary(*counts, bad=len(done.bad), written=done.written, preview=preview), err=True)
    sys.exit(1 if done.bad else 0)


@booking.command()
@with_data
@click.option("--from", "since", help="An instant with offset: 2026-11-20T09:00+01:00; without --from and --to all.")
@click.option("--to", "until")
@click.option("--room", "rooms", multiple=True, metavar="ID", help="Only of this room; repeat for several.")
def export(loaded: Loaded, since: str | None, until: str | None, rooms: tuple[str, ...]) -> None:
    """The accepted bookings as CSV on stdout, as `booking import` reads it."""
    window = None
    if since or until:
        ends: tuple[datetime, datetime] = (moment(since or "1970-01-01T00:00+00:00"),
                                           moment(until or "9998-12-31T00:00+00:00"))  # fmt: skip
        if ends[1] <= ends[0]:
            raise click.UsageError("--to must be after --from")
        window = Period(*ends)
    engine = opened(loaded)
    with click.progressbar(length=0, file=sys.stderr, label="rooms", hidden=not sys.stderr.isatty()) as bar:

        def told(done: int, of: int) -> None:
            bar.length = of
            bar.update(1)

        for piece in engine.exports.bookings(CLI, window, slugs=rooms, progress=told):
            click.echo(piece, nl=False)
