"""`lintel person`: files of people, and leaving: import, export-all, sync, seal, erase, export."""

import json
import sys
from typing import Any, BinaryIO

import click

from server.cli.bar import Bar
from server.cli.setup import as_json, opened, show, with_data
from server.cli.words import summary
from server.core.access import CLI
from server.core.errors import Refused
from server.engine.people_files import Taken
from server.engine.people_rows import CREATE, LEAVE, SAME, SKIP, UPDATE, PlannedPerson
from server.engine.sheet import LARGEST
from server.settings import Loaded

DONE = {CREATE: "new", UPDATE: "changed", SAME: "the same", SKIP: "there already", LEAVE: "leaving"}

make_groups = click.option("--make-groups", is_flag=True, help="Make the groups that the file names and nobody knows.")
preview = click.option("--preview", is_flag=True, help="Only say what would be done.")


@click.command("import")
@with_data
@click.argument("file", type=click.File("rb"))
@click.option("--update", is_flag=True, help="Change people who are there already, too.")
@click.option("--partial", is_flag=True, help="Keep the good rows; otherwise it is all or nothing.")
@make_groups
@preview
@as_json
def import_(
    loaded: Loaded, file: BinaryIO, update: bool, partial: bool, make_groups: bool, preview: bool, as_json: bool
) -> None:
    """People from a CSV FILE (- for stdin); exits 1 where a row is wrong."""
    engine = opened(loaded)
    with Bar("People") as bar:
        done = engine.people_files.take(
            file.read(LARGEST + 1), CLI, update=update, partial=partial, preview=preview, make_groups=make_groups,
            progress=bar.tell,
        )  # fmt: skip
    _say(done, preview, as_json, partly=True)


@click.command()
@with_data
@click.argument("file", type=click.File("rb"))
@click.option("--most-leave", type=click.IntRange(0), help="So many may be deactivated; a fifth unless said.")
@make_groups
@preview
@as_json
def sync(
    loaded: Loaded, file: BinaryIO, most_leave: int | None, make_groups: bool, preview: bool, as_json: bool
) -> None:
    """Make the people of a CSV FILE, and nobody else, the house's; exits 1 where a row is wrong or too many leave."""
    engine = opened(loaded)
    try:
        with Bar("People") as bar:
            done = engine.people_files.sync(
                file.read(LARGEST + 1), CLI, most_leave=most_leave, preview=preview, make_groups=make_groups,
                progress=bar.tell,
            )  # fmt: skip
    except Refused as error:
        if error.objections[0].code != "too_many_leave":
            raise
        told = error.objections[0].numbers
        raise click.ClickException(
            f"{told['leave']} of {told['of']} people are not in the file; nothing was changed. "
            f"If that is right: --most-leave {told['leave']}"
        ) from error
    _say(done, preview, as_json, partly=False)


@click.command("export-all")
@with_data
def export_all(loaded: Loaded) -> None:
    """Everybody as CSV on stdout, as `import` reads it."""
    click.echo(opened(loaded).people_files.export(CLI), nl=False)


@click.command()
@with_data
@click.argument("who", metavar="EMAIL")
def seal(loaded: Loaded, who: str) -> None:
    """Make an administrator's account the break-glass one; prints its new password alone, this once."""
    engine = opened(loaded)
    click.echo(engine.sealing.seal(engine.people.find(who, CLI).number, CLI))


@click.command()
@with_data
@click.argument("who", metavar="EMAIL")
@click.option("--keep", is_flag=True, help="Keep bookings to come, without a name; otherwise they are cancelled.")
@as_json
def erase(loaded: Loaded, who: str, keep: bool, as_json: bool) -> None:
    """Take away all that is known of somebody but the number; exits 1 where a booking could not be cancelled."""
    engine = opened(loaded)
    done = engine.leaving.erase(engine.people.find(who, CLI).number, CLI, keep=keep)
    told = {"cancelled": done.cancelled, "not cancelled": " ".join(done.refused), "bookings": done.bookings,
            "answers": done.answers}  # fmt: skip
    show([told], as_json)
    sys.exit(1 if done.refused else 0)


@click.command("export")
@with_data
@click.argument("who", metavar="EMAIL")
def export(loaded: Loaded, who: str) -> None:
    """Everything that is held about somebody, as JSON on stdout."""
    engine = opened(loaded)
    told = engine.leaving.about(engine.people.find(who, CLI).number, CLI)
    click.echo(json.dumps(told, ensure_ascii=False, indent=2))


COMMANDS = (import_, export_all, sync, seal, erase, export)


def _say(done: Taken, preview: bool, as_json: bool, *, partly: bool) -> None:
    shown = [row for row in done.rows if as_json or preview or row.errors]
    show([_row(row) for row in shown if as_json or row.errors or row.action not in (SAME, SKIP)], as_json)
    counts = [f"{done.count(action)} {word}" for action, word in DONE.items() if done.count(action)]
    told = summary(*(counts or ["nobody"]), bad=done.bad, written=done.written, preview=preview, partly=partly)
    click.echo(told, err=True)
    if any(why.startswith("Unknown group") for row in done.rows for why in row.errors):
        click.echo("--make-groups makes the groups that nobody knows", err=True)
    sys.exit(1 if done.bad else 0)


def _row(row: PlannedPerson) -> dict[str, Any]:
    return {
        "line": row.line or "", "email": row.email, "what": "bad" if row.errors else row.action,
        "errors": "; ".join(row.errors),
    }  # fmt: skip
