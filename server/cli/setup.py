"""What the commands share: the data folder's settings, refusals as exit codes, lists as tables or JSON."""

import functools
import json
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from server import compose
from server.cli.words import said
from server.core.errors import Invalid, LintelError, Refused, Unknown
from server.engine import Engine
from server.settings import Loaded, load

DATA = "/var/lib/lintel"
NUMBER = click.IntRange(1, 2**63 - 1)
"""A number that the database gave."""
NAMES = "lintel.names"
"""In the command's context: what fields of a refusal are called by people."""
WIDEST = 80
"""Characters of a cell in a table, but for the last column; JSON has all of it."""
as_json = click.option("--json", "as_json", is_flag=True, help="As JSON.")


class Group(click.Group):
    """A group whose commands turn the engine's refusals into exit code 1 and a sentence on stderr."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except Invalid as error:
            named = {"parent": "--in"} | ctx.meta.get(NAMES, {})
            raise click.UsageError(
                "; ".join(f"{named.get(it, it)}: {why}" for it, why in error.fields.items())
            ) from error
        except Refused as error:
            raise click.ClickException(said(error)) from error
        except Unknown as error:
            nothing = "this code opens nothing: it is mistyped, used or over; take the one that the glass shows now"
            raise click.ClickException(nothing if error.what == "code" else str(error)) from error
        except LintelError as error:
            raise click.ClickException(str(error) or type(error).__name__) from error


def naming_attributes(engine: Engine, category: str) -> dict[str, int]:
    """The numbers of the house's own fields by label, without capitals; refusals call them by label from now on."""
    fields = list(engine.house.now().of(category))
    click.get_current_context().meta[NAMES] = {f"attributes.{it.number}": it.label for it in fields}
    return {it.label.casefold(): it.number for it in fields}


def with_data(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds --data and --config and hands the loaded settings over as `loaded`."""

    folder = click.Path(path_type=Path)

    @click.option("--data", type=folder, envvar="LINTEL_DATA", default=DATA, show_default=True, help="The data folder.")
    @click.option("--config", type=folder, envvar="LINTEL_CONFIG", help="The settings file.")
    @functools.wraps(command)
    def run(data: Path, config: Path | None, **rest: Any) -> Any:
        return command(loaded=load(data, config), **rest)

    return run


def sound(loaded: Loaded) -> Loaded:
    """The settings, or exit code 2 with every complaint."""
    if loaded.complaints:
        raise click.UsageError("; ".join(f"{c.id} {c.name}: {c.hint}" for c in loaded.complaints))
    return loaded


def opened(loaded: Loaded) -> Engine:
    """The engine over the data folder, which must exist."""
    sound(loaded)
    if loaded.settings.database_url.startswith("sqlite") and not loaded.data.is_dir():
        raise click.UsageError(f"there is no data folder {loaded.data}; make one with: lintel init --data DIR")
    return compose.engine(loaded.settings, folder=loaded.data)


def show(rows: list[dict[str, Any]], as_json: bool) -> None:
    """A list on stdout, as JSON or as aligned columns."""
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    if not rows:
        return
    last = len(rows[0]) - 1
    cells = [[_cell(value, wide=i == last) for i, value in enumerate(row.values())] for row in rows]
    widths = [max(len(name), *(_width(line[i]) for line in cells)) for i, name in enumerate(rows[0])]
    for line in [list(rows[0]), *cells]:
        padded = (cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=True))
        click.echo("  ".join(padded).rstrip())


def _cell(value: Any, *, wide: bool) -> str:
    """A value for people: on one line, and without what would steer their terminal."""
    text = "" if value is None else ("no", "yes")[value] if isinstance(value, bool) else str(value)
    text = "".join(" " if unicodedata.category(char) == "Cc" else char for char in text)
    return text if wide or len(text) <= WIDEST else text[: WIDEST - 1] + "…"


def _width(text: str) -> int:
    """How many columns of a terminal it takes."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    return len(text) + wide - sum(unicodedata.combining(char) > 0 for char in text)
