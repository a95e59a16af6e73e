"""`lintel key`: keys that act as a person, in the shape clients of other products know."""

import json
from typing import Any

import click

from server.cli.setup import NUMBER, Group, opened, show, with_data
from server.cli.setup import as_json as as_json_option
from server.cli.tokens import until
from server.core.access import CLI
from server.core.credentials import ApiKey
from server.engine.api_keys import KINDS
from server.settings import Loaded


@click.group(cls=Group)
def key() -> None:
    """Keys that act as a person."""


@key.command()
@with_data
@click.option("--person", "who", metavar="EMAIL", required=True, help="As whom it acts.")
@click.option("--kind", type=click.Choice(KINDS), required=True)
@click.option("--name", default="", help="What it is for.")
@click.option("--persistent", is_flag=True, help="Signatures without a time are taken, too (indico).")
@click.option("--expires", help="A date (2027-01-31) or an instant with offset; a date ends with its day in UTC.")
@as_json_option
def create(
    loaded: Loaded, who: str, kind: str, name: str, persistent: bool, expires: str | None, as_json: bool
) -> None:
    """Make a key and print it, this once."""
    engine = opened(loaded)
    number = engine.people.find(who, CLI).number
    made = engine.api_keys.create(number, kind, CLI, name=name, persistent=persistent, expires=until(expires))
    told = {"ak": made.ak, "secret": made.secret} if made.ak else {"key": made.secret}
    click.echo(json.dumps(told) if as_json else "\n".join(told.values()))


@key.command("list")
@with_data
@click.option("--person", "who", metavar="EMAIL", default="", help="Only theirs.")
@as_json_option
def list_(loaded: Loaded, who: str, as_json: bool) -> None:
    """Every key, revoked ones too; never a secret."""
    engine = opened(loaded)
    found = engine.api_keys.all(CLI, person=engine.people.find(who, CLI).number if who else None)
    emails = {it.number: it.email for it in engine.people.all(CLI)}
    show([_row(it, emails) for it in found], as_json)


@key.command()
@with_data
@click.argument("number", type=NUMBER, metavar="NUMBER")
def revoke(loaded: Loaded, number: int) -> None:
    """End a key at once, for good."""
    click.echo(opened(loaded).api_keys.revoke(number, CLI).number)


@key.command()
@with_data
@click.argument("number", type=NUMBER, metavar="NUMBER")
def block(loaded: Loaded, number: int) -> None:
    """Shut a key until it is unblocked."""
    click.echo(opened(loaded).api_keys.block(number, CLI, blocked=True).number)


@key.command()
@with_data
@click.argument("number", type=NUMBER, metavar="NUMBER")
def unblock(loaded: Loaded, number: int) -> None:
    """Open a blocked key again."""
    click.echo(opened(loaded).api_keys.block(number, CLI, blocked=False).number)


def _row(it: ApiKey, emails: dict[int, str]) -> dict[str, Any]:
    return {
        "number": it.number, "kind": it.kind, "person": emails.get(it.person, ""), "name": it.name, "prefix": it.prefix,
        "persistent": "yes" if it.persistent else "", "blocked": "yes" if it.blocked else "",
        "made": it.made_at.isoformat(), "used": it.last_used_at.isoformat() if it.last_used_at else None,
        "expires": it.expires_at.isoformat() if it.expires_at else None,
        "revoked": it.revoked_at.isoformat() if it.revoked_at else None,
    }  # fmt: skip
