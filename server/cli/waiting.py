"""`lintel waiting`: who queues for rooms that are taken."""

from typing import Any

import click

from server.cli.setup import NUMBER, Group, as_json, opened, show, with_data
from server.core.access import CLI
from server.core.zone import wall
from server.settings import Loaded


@click.group(cls=Group)
def waiting() -> None:
    """Who queues for rooms that are taken."""


@waiting.command("list")
@with_data
@click.option("--room", "slug", metavar="ID", help="Only for this room.")
@as_json
def list_(loaded: Loaded, slug: str | None, as_json: bool) -> None:
    """Everybody who waits or has an offer, in the order in which they are asked."""
    engine = opened(loaded)
    rooms = {room.number: room for room in engine.rooms.all(CLI)}
    rows: list[dict[str, Any]] = []
    for it in engine.waiting.queue(CLI, room=slug):
        zone = rooms[it.rooms[0]].zone
        rows.append(
            {
                "wait": it.number,
                "person": it.person,
                "rooms": ",".join(rooms[number].id for number in it.rooms),
                "from": wall(it.starts, zone).isoformat(sep=" ", timespec="minutes"),
                "to": wall(it.ends, zone).isoformat(sep=" ", timespec="minutes"),
                "standing": it.standing,
                "until": None if it.offered_until is None
                else wall(it.offered_until, zone).isoformat(sep=" ", timespec="minutes"),
            }
        )  # fmt: skip
    show(rows, as_json)


@waiting.command()
@with_data
@click.argument("number", type=NUMBER, metavar="WAIT")
def remove(loaded: Loaded, number: int) -> None:
    """Take somebody out of the queue; an offer they have ends."""
    click.echo(opened(loaded).waiting.leave(number, CLI).standing)


@waiting.command()
@with_data
def run(loaded: Loaded) -> None:
    """Offer what has come free and end offers that nobody answered now, as the server does each minute."""
    done = opened(loaded).waiting.run()
    click.echo(f"{done.offered} offered, {done.lapsed} lapsed, {done.over} over", err=True)
