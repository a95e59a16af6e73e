"""`lintel report`: how the rooms are used, on the screen, as JSON or as a file; and the bookings themselves."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from server.cli.closures import place_of
from server.cli.setup import Group, as_json, opened, show, with_data
from server.core.access import CLI
from server.core.errors import Barred
from server.core.places import HOUSE
from server.engine import Engine
from server.engine.booking_table import COLUMNS, BookingTable
from server.engine.figures import KINDS
from server.engine.report_page import page
from server.engine.reports_scope import Choice
from server.engine.tables import Cell, Column, Table, csv_bytes, write_xlsx
from server.settings import Loaded

DAY = click.DateTime(["%Y-%m-%d"])
FILE = click.Path(dir_okay=False, path_type=Path)
Rows = Iterable[Sequence[Cell]]


@click.group(cls=Group)
def report() -> None:
    """How the rooms are used."""


def choosing(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options that say what a report is about."""
    for option in (
        click.option("--in", "place", metavar="PLACE", help="Only rooms in it: its number or address."),
        click.option("--room", "rooms", multiple=True, metavar="ID", help="Only this room; repeat for several."),
        click.option("--until", type=DAY, help="The last day; today otherwise."),
        click.option("--since", type=DAY, help="The first day; 30 days before the last otherwise."),
        with_data,
    ):
        command = option(command)
    return command


def filing(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options that say where the rows go."""
    for option in (
        click.option("--bom", is_flag=True, help="Mark the CSV as UTF-8, for spreadsheets that guess."),
        click.option("--xlsx", type=FILE, help="Write a workbook."),
        click.option("--csv", type=FILE, help="Write CSV; - for stdout."),
    ):
        command = option(command)
    return command


def choice_of(
    engine: Engine, since: datetime | None, until: datetime | None, rooms: tuple[str, ...], place: str | None
) -> Choice:
    """What was asked for, from the options of `choosing`."""
    days: list[date | None] = [it.date() if it is not None else None for it in (since, until)]
    return Choice(days[0], days[1], rooms, place_of(engine, place) if place else None)


def _command(kind: str, title: str) -> None:
    @report.command(kind, help=f"{title}.")
    @choosing
    @filing
    @as_json
    def tell(
        loaded: Loaded, since: datetime | None, until: datetime | None, rooms: tuple[str, ...], place: str | None,
        csv: Path | None, xlsx: Path | None, bom: bool, as_json: bool,
    ) -> None:  # fmt: skip
        engine = opened(loaded)
        choice = choice_of(engine, since, until, rooms, place)
        try:
            table = engine.figures.table(CLI, kind, choice)
        except Barred as error:
            raise click.ClickException(f"switched off; the setting {error.need} switches it on") from error
        if csv is None and xlsx is None:
            show(table.dicts() if as_json else [_shown(table, row) for row in table.rows], as_json)
            if not as_json:
                click.echo(f"{table.title}, {table.since} to {table.until}", err=True)
                for note in table.notes:
                    click.echo(note, err=True)
            return
        write(table.columns, table.rows, csv, xlsx, bom=bom)


for _kind, _told in KINDS.items():
    _command(_kind, _told[0])


@report.command()
@choosing
@filing
def bookings(
    loaded: Loaded, since: datetime | None, until: datetime | None, rooms: tuple[str, ...], place: str | None,
    csv: Path | None, xlsx: Path | None, bom: bool,
) -> None:  # fmt: skip
    """The bookings that begin on these days, one row each."""
    if (csv is None) == (xlsx is None):
        raise click.UsageError("give --csv FILE or --xlsx FILE")
    engine = opened(loaded)
    choice = choice_of(engine, since, until, rooms, place)
    table = BookingTable(engine.figures)
    table.sparing()
    many = table.many(CLI, choice)
    with _bar(many) as bar:
        write(COLUMNS, table.rows(CLI, choice, progress=bar), csv, xlsx, bom=bom)
    click.echo(f"{many:,} booking{'' if many == 1 else 's'}", err=True)


@report.command("page")
@choosing
@click.option("--out", type=FILE, required=True, help="The file to write; HTML.")
def page_(
    loaded: Loaded, since: datetime | None, until: datetime | None, rooms: tuple[str, ...], place: str | None, out: Path
) -> None:
    """One page with pictures, for the screen and for paper."""
    engine = opened(loaded)
    choice = choice_of(engine, since, until, rooms, place)
    house = engine.house.now()
    called = house.address(choice.place) if choice.place is not None else house.places[HOUSE].name
    text = page(engine.figures, CLI, choice, house="" if called == "House" else called)
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"{out}: {error.strerror or error}") from error


def write(columns: Sequence[Column], rows: Rows, csv: Path | None, xlsx: Path | None, *, bom: bool = False) -> None:
    """Writes one file, whole or not at all: it takes the place of an older one only when it is done."""
    if csv is not None and xlsx is not None:
        raise click.UsageError("give one of --csv and --xlsx")
    if csv is not None and str(csv) == "-":
        for piece in csv_bytes(columns, rows, bom=bom):
            sys.stdout.buffer.write(piece)
        return
    path = csv or xlsx
    assert path is not None
    fresh = path.with_name(f"{path.name}.part")
    try:
        if csv is not None:
            with fresh.open("wb") as file:
                file.writelines(csv_bytes(columns, rows, bom=bom))
        else:
            write_xlsx(fresh, columns, rows)
        fresh.replace(path)
    except OSError as error:
        raise click.ClickException(f"{path}: {error.strerror or error}") from error
    finally:
        fresh.unlink(missing_ok=True)


@contextmanager
def _bar(many: int) -> Iterator[Callable[[int], None] | None]:
    if not sys.stderr.isatty() or many < 5_000:
        yield None
        return
    with click.progressbar(length=many, label="Bookings", file=sys.stderr) as bar:
        yield lambda done: bar.update(done - bar.pos)


def _shown(table: Table, row: tuple[Cell, ...]) -> dict[str, Any]:
    """A row for people: shares in per cent, hours with one decimal."""
    return {column.name: _words(column, it) for column, it in zip(table.columns, row, strict=True)}


def _words(column: Column, it: Any) -> Any:
    if it is None or isinstance(it, str):
        return it
    match column.kind:
        case "share":
            return f"{it:.1%}"
        case "hours":
            return f"{it:.1f}"
        case "minutes":
            return f"{it:.0f}"
        case "moment":
            return f"{it:%Y-%m-%d %H:%M}"
    return it
