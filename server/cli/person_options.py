"""What the commands about people share: the options that say what is known of somebody, and how they are listed."""

import sys
from collections.abc import Callable
from typing import Any

import click

from server.cli.setup import naming_attributes
from server.core.access import CLI
from server.core.people import LANGUAGES, Person, Role, parted
from server.engine import Engine

PROFILE = ("login", "department", "language", "zone", "phone", "organization", "position", "color")


def profile(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say what is known of somebody."""
    options = (
        click.option("--name", help="First and last name; the last word is the last name."),
        click.option("--role", type=click.Choice([it.value for it in Role]), help="member unless said."),
        click.option("--login", help="What they sign in by, beside the e-mail."),
        click.option("--department", help="Rules may go by it."),
        click.option("--language", type=click.Choice(LANGUAGES)),
        click.option("--zone", help="Such as Europe/Berlin; the house's unless said."),
        click.option("--phone"),
        click.option("--organization"),
        click.option("--position"),
        click.option("--color", help="#rrggbb."),
        click.option("--attribute", "attributes", multiple=True, metavar="LABEL=VALUE", help="Repeat for several."),
        click.option(
            "--group", "groups", multiple=True, metavar="NAME", help="A group they are in; repeat for several."
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def typed() -> str:
    """The first line of stdin; usage error where there is none."""
    line = sys.stdin.readline().rstrip("\r\n")
    if not line:
        raise click.UsageError("stdin is empty")
    return line


def hundredths(credits: float) -> int:
    """Credits as they are kept; a usage error for what is no amount."""
    if not abs(credits) <= 1e9:
        raise click.UsageError("credits: at most 1000000000")
    return round(credits * 100)


def fields(engine: Engine, told: dict[str, Any]) -> dict[str, Any]:
    """What the profile's options say of a person."""
    given = {name: told[name] for name in PROFILE if told[name] is not None}
    if told["name"] is not None:
        given["first_name"], given["last_name"] = parted(told["name"])
    known = naming_attributes(engine, "person")
    if told["attributes"]:
        given["attributes"] = _attributes(known, told["attributes"])
    return given | ({"role": Role(told["role"])} if told["role"] else {})


def _attributes(known: dict[str, int], pairs: tuple[str, ...]) -> dict[int, str]:
    given = {}
    for pair in pairs:
        label, equals, value = pair.partition("=")
        if not equals or label.strip().casefold() not in known:
            raise click.UsageError(f"--attribute: {label!r} is no attribute of people")
        given[known[label.strip().casefold()]] = value
    return given


def group_numbers(engine: Engine, names: tuple[str, ...]) -> list[int]:
    """The groups of these names."""
    return [engine.groups.find(name, CLI).number for name in names]


def group_names(engine: Engine) -> dict[int, str]:
    """All groups' names by number."""
    return {it.number: it.name for it, _ in engine.groups.all(CLI)}


def row(it: Person, names: dict[int, str], *, brief: bool) -> dict[str, Any]:
    """A person for a list; `brief` leaves out what makes a table too wide."""
    told = {
        "number": it.number, "email": it.email, "login": it.login, "name": it.name, "role": it.role.value,
        "status": it.account.value, "department": it.department,
        "groups": ", ".join(sorted(names[number] for number in it.groups)),
    }  # fmt: skip
    if brief:
        return told
    return told | {
        "language": it.language, "zone": it.zone, "phone": it.phone, "organization": it.organization,
        "position": it.position, "color": it.color, "credits": it.credits / 100,
        "made": it.made_at.isoformat() if it.made_at else None,
        "seen": it.seen_at.isoformat() if it.seen_at else None, "version": it.version,
    }  # fmt: skip
