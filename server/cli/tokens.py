"""`lintel token`: keys to the API."""

from contextlib import suppress
from datetime import UTC, date, datetime, time
from typing import Any

import click

from server.cli.setup import Group, as_json, opened, show, with_data
from server.core.access import CLI
from server.core.model import Token
from server.settings import Loaded


@click.group(cls=Group)
def token() -> None:
    """Keys to the API."""


@token.command()
@with_data
@click.option("--name", required=True, help="What the token is for.")
@click.option("--scope", type=click.Choice(["read", "book", "admin"]), default="read", show_default=True)
@click.option("--room", "rooms", multiple=True, help="Only these rooms (ids); repeat for several.")
@click.option("--person", "who", metavar="EMAIL", default="", help="Whose it is: it may no more than they may.")
@click.option("--expires", help="A date (2027-01-31) or an instant with offset; a date ends with its day in UTC.")
def create(loaded: Loaded, name: str, scope: str, rooms: tuple[str, ...], who: str, expires: str | None) -> None:
    """Make a token; prints it alone, this once."""
    engine, end = opened(loaded), until(expires)
    person = engine.people.find(who, CLI).number if who else None
    _, secret = engine.tokens.create(name, scope, CLI, rooms=rooms, expires=end, person=person)
    click.echo(secret)


@token.command("list")
@with_data
@as_json
def list_(loaded: Loaded, as_json: bool) -> None:
    """Every token, revoked ones too."""
    engine = opened(loaded)
    names = {room.number: room.id for room in engine.rooms.all(CLI)}
    emails = {it.number: it.email for it in engine.people.all(CLI)}
    show([_row(it, names, emails) for it in engine.tokens.all(CLI)], as_json)


@token.command()
@with_data
@click.argument("id_", metavar="ID")
def revoke(loaded: Loaded, id_: str) -> None:
    """End a token at once."""
    click.echo(opened(loaded).tokens.revoke(id_, CLI).id)


def until(text: str | None) -> datetime | None:
    """The instant of --expires; a usage error where it is none."""
    if text is None:
        return None
    try:
        with suppress(ValueError):
            return datetime.combine(date.fromisoformat(text), time(23, 59, 59), UTC)
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise click.UsageError("--expires: a date such as 2027-01-31") from error


def _row(it: Token, names: dict[int, str], emails: dict[int, str]) -> dict[str, Any]:
    return {
        "id": it.id,
        "name": it.name,
        "scope": it.scope,
        "prefix": it.prefix,
        "person": emails.get(it.person, f"person {it.person}") if it.person else "",
        "rooms": ",".join(names[number] for number in sorted(it.rooms)) or "all",
        "made": it.made_at.isoformat(),
        "used": it.last_used_at.isoformat() if it.last_used_at else None,
        "expires": it.expires_at.isoformat() if it.expires_at else None,
        "revoked": it.revoked_at.isoformat() if it.revoked_at else None,
    }
