"""`lintel policy`: what rooms ask of those who use them, on every level, and where each value comes from."""

from difflib import get_close_matches
from typing import Any

import click

from server.cli.room_options import naming_conflicts
from server.cli.setup import Group, as_json, opened, show, with_data
from server.core.access import CLI
from server.core.levels import INHERIT
from server.core.policy_words import FIELDS, plain, read, said
from server.engine.policies import Done
from server.settings import Loaded

TARGET = "TARGET"
SHOWN = 20


@click.group(cls=Group)
def policy() -> None:
    """What rooms ask of those who use them. TARGET is a room, a place ("Berlin/Timber House", house), or type:ID."""


@policy.command("show")
@with_data
@click.argument("target", metavar=TARGET)
@click.option("--set", "only_set", is_flag=True, help="Without what is the default.")
@as_json
def show_(loaded: Loaded, target: str, only_set: bool, as_json: bool) -> None:
    """Each value that is in force there and the level that it comes from."""
    shown = opened(loaded).policies.show(target, CLI)
    rows = []
    for it in shown.values:
        if not (only_set and it.source == "default"):
            value: Any = plain(it.field, it.value) if as_json else said(it.field, it.value)
            rows.append({"rule": it.field, "value": value, "from": it.source})
    show(rows, as_json)


@policy.command("set")
@with_data
@click.argument("target", metavar=TARGET)
@click.argument("rules", nargs=-1, required=True, metavar="FIELD=VALUE…")
@click.option("--anyway", is_flag=True, help="Also where that shuts out what is booked.")
@click.option("--preview", is_flag=True, help="Only say which rooms would change.")
def set_(loaded: Loaded, target: str, rules: tuple[str, ...], anyway: bool, preview: bool) -> None:
    """Set rules on a level; every room below that does not set them itself follows at once."""
    given = dict(pair(text) for text in rules)
    with naming_conflicts():
        _tell(opened(loaded).policies.set(target, given, CLI, anyway=anyway, preview=preview), given)


@policy.command()
@with_data
@click.argument("target", metavar=TARGET)
@click.argument("names", nargs=-1, required=True, metavar="FIELD…")
@click.option("--anyway", is_flag=True, help="Also where that shuts out what is booked.")
@click.option("--preview", is_flag=True, help="Only say which rooms would change.")
def unset(loaded: Loaded, target: str, names: tuple[str, ...], anyway: bool, preview: bool) -> None:
    """Leave rules to the level above."""
    given = dict.fromkeys(map(field, names), INHERIT)
    with naming_conflicts():
        _tell(opened(loaded).policies.set(target, given, CLI, anyway=anyway, preview=preview), given)


def pair(text: str) -> tuple[str, Any]:
    """A rule and its value from "max_minutes=2 h"; a usage error that says how it is written."""
    name, equals, value = text.partition("=")
    if not equals:
        raise click.UsageError(f"write FIELD=VALUE, such as max_minutes=120, not {text!r}")
    name = field(name)
    try:
        return name, read(name, value)
    except ValueError as error:
        raise click.UsageError(f"{name}: {error}") from None


def field(name: str) -> str:
    """The name of a rule, whether written with _ or -; a usage error that offers the nearest."""
    found = name.strip().lower().replace("-", "_")
    if found not in FIELDS:
        near = get_close_matches(found, FIELDS, 1)
        raise click.UsageError(f"there is no rule {name!r}" + (f"; did you mean {near[0]}?" if near else ""))
    return found


def _tell(done: Done, given: dict[str, Any]) -> None:
    """Each room that changes and its values from now on; how many on stderr."""
    for _, after in done.changed[:SHOWN]:
        values = ", ".join(f"{name} {said(name, getattr(after.policy, name))}" for name in given)
        click.echo(f"{after.id}: {values}")
    if len(done.changed) > SHOWN:
        click.echo(f"and {len(done.changed) - SHOWN} more")
    verb = "changed" if done.written else "would change"
    many = len(done.changed)
    click.echo(f"{done.name}: {many} room{'' if many == 1 else 's'} {verb}", err=True)
