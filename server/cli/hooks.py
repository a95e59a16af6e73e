"""`lintel hook`: who is told of what happens, and what became of each message."""

import json
from typing import Any

import click

from server.cli.setup import NUMBER, Group, as_json, opened, show, with_data
from server.core.access import CLI
from server.core.hook_events import types
from server.core.hooks import Delivery, Hook
from server.engine.hooks import STATES, Listed
from server.settings import Loaded

ID = click.argument("id_", metavar="ID")


@click.group(cls=Group)
def hook() -> None:
    """Webhooks: other systems that are told of what happens."""


@hook.command()
@with_data
@click.argument("url")
@click.option("--event", "events", multiple=True, required=True, help="booking.created, booking.*, *; repeat.")
@click.option("--room", "rooms", multiple=True, help="Only of these rooms (ids); repeat for several.")
@click.option("--github", is_flag=True, help="Also sign in GitHub's way.")
@as_json
def add(loaded: Loaded, url: str, events: tuple[str, ...], rooms: tuple[str, ...], github: bool, as_json: bool) -> None:
    """Add a webhook; prints its secret alone, this once (its id on stderr; both with --json)."""
    it, secret = opened(loaded).hooks.add(url, events, CLI, rooms=rooms, github=github)
    if as_json:
        click.echo(json.dumps({"id": it.id, "secret": secret}))
        return
    click.echo(f"{it.id}: its secret is shown once:", err=True)
    click.echo(secret)


@hook.command("list")
@with_data
@as_json
def list_(loaded: Loaded, as_json: bool) -> None:
    """Every webhook, and how many messages wait and are parked."""
    engine = opened(loaded)
    names = {room.number: room.id for room in engine.rooms.all(CLI)}
    show([_row(it, names) for it in engine.hooks.all(CLI)], as_json)


@hook.command("show")
@with_data
@ID
def show_(loaded: Loaded, id_: str) -> None:
    """One webhook, as JSON."""
    engine = opened(loaded)
    names = {room.number: room.id for room in engine.rooms.all(CLI)}
    click.echo(json.dumps(_row(engine.hooks.find(id_, CLI), names), ensure_ascii=False, indent=2))


@hook.command()
@with_data
@ID
@click.option("--url", help="Where to, from now on; also for what waits.")
@click.option("--event", "events", multiple=True, help="What of, in place of what it was; repeat.")
@click.option("--room", "rooms", multiple=True, help="Of which rooms (ids), in place of those before; repeat.")
@click.option("--all-rooms", is_flag=True, help="Of every room.")
@click.option("--github/--no-github", default=None, help="Whether to sign in GitHub's way, too.")
def change(
    loaded: Loaded, id_: str, url: str | None, events: tuple[str, ...], rooms: tuple[str, ...], all_rooms: bool,
    github: bool | None,
) -> None:  # fmt: skip
    """Change a webhook; its secret stays."""
    if rooms and all_rooms:
        raise click.UsageError("--room and --all-rooms do not go together")
    which = rooms or (() if all_rooms else None)
    it = opened(loaded).hooks.change(id_, CLI, url=url, patterns=events or None, rooms=which, github=github)
    click.echo(it.id)


@hook.command()
@with_data
@ID
def rotate(loaded: Loaded, id_: str) -> None:
    """Make a new secret; prints it alone, this once. The former one signs beside it for 24 hours."""
    click.echo(opened(loaded).hooks.rotate(id_, CLI)[1])


@hook.command()
@with_data
@ID
def pause(loaded: Loaded, id_: str) -> None:
    """Send nothing for now; what happens is queued."""
    click.echo(opened(loaded).hooks.pause(id_, CLI).id)


@hook.command()
@with_data
@ID
def resume(loaded: Loaded, id_: str) -> None:
    """Send again, whyever it had stopped."""
    click.echo(opened(loaded).hooks.resume(id_, CLI).id)


@hook.command()
@with_data
@ID
def remove(loaded: Loaded, id_: str) -> None:
    """End a webhook and forget its messages."""
    click.echo(opened(loaded).hooks.remove(id_, CLI).id)


@hook.command()
@with_data
@ID
@click.option("--state", type=click.Choice(STATES), default=None, help="Only those.")
@click.option("--limit", type=click.IntRange(1, 200), default=50, show_default=True, help="So many.")
@click.option("--before", type=NUMBER, help="Those older than this number.")
@as_json
def deliveries(loaded: Loaded, id_: str, state: str | None, limit: int, before: int | None, as_json: bool) -> None:
    """Messages of a webhook and what became of them, the newest first."""
    found = opened(loaded).hooks.deliveries(id_, CLI, state=state or "", limit=limit, before=before)
    show([_delivery(it) for it in found], as_json)


@hook.command()
@with_data
@ID
@click.argument("message", required=False)
def replay(loaded: Loaded, id_: str, message: str | None) -> None:
    """Send a MESSAGE again, or all that are parked; prints how many."""
    click.echo(opened(loaded).hooks.replay(id_, CLI, event=message))


@hook.command()
@with_data
@ID
def test(loaded: Loaded, id_: str) -> None:
    """Have the server send a message that says nothing; prints its id."""
    click.echo(opened(loaded).hooks.test(id_, CLI))


@hook.command()
@with_data
@as_json
def events(loaded: Loaded, as_json: bool) -> None:
    """What a webhook can be told of."""
    del loaded
    show([{"event": it} for it in types()], as_json)


def _row(it: Listed, names: dict[int, str]) -> dict[str, Any]:
    known: Hook = it.hook
    return {
        "id": known.id,
        "state": known.state + (f" ({known.why})" if known.why else ""),
        "events": " ".join(known.patterns),
        "rooms": ",".join(names.get(number, str(number)) for number in sorted(known.rooms)) or "all",
        "github": known.github,
        "waiting": it.waiting,
        "parked": it.parked,
        "failing": known.failing_since.isoformat() if known.failing_since else None,
        "made": known.made_at.isoformat(),
        "by": known.made_by,
        "url": known.url,
    }


def _delivery(it: Delivery) -> dict[str, Any]:
    return {
        "number": it.number,
        "id": it.event,
        "event": it.type,
        "state": it.state,
        "tries": it.tries,
        "answer": it.status if it.status is not None else it.error,
        "made": it.made_at.isoformat(),
        "next": it.next_at.isoformat() if it.state == "waiting" else None,
        "ended": it.ended_at.isoformat() if it.ended_at else None,
    }
