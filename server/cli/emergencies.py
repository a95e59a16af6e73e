"""`lintel emergency`: a place is taken over, tried (a drill) or for real."""

from typing import Any

import click

from server.cli.closures import place_of
from server.cli.setup import NUMBER, Group, as_json, opened, show, with_data
from server.core.access import CLI
from server.core.clock import whole
from server.core.emergencies import KINDS
from server.engine.emergencies import MOST_MINUTES
from server.settings import Loaded


@click.group(cls=Group)
def emergency() -> None:
    """Emergencies and drills; while one is on and half an hour after, no room is given back."""


@emergency.command()
@with_data
@click.option("--in", "place", required=True, metavar="PLACE", help='Its address or number; "house" is all of it.')
@click.option("--kind", type=click.Choice(KINDS), default="other", show_default=True)
@click.option("--drill", is_flag=True, help="It is only tried.")
@click.option(
    "--minutes", type=click.IntRange(1, MOST_MINUTES), default=MOST_MINUTES, show_default=True,
    help="Then it is over by itself.",
)  # fmt: skip
def start(loaded: Loaded, place: str, kind: str, drill: bool, minutes: int) -> None:
    """Take a place over with all below it; prints its number."""
    engine = opened(loaded)
    number = 1 if place.strip().casefold() == "house" else place_of(engine, place)
    click.echo(engine.emergencies.start(number, CLI, kind=kind, drill=drill, minutes=minutes).number)


@emergency.command()
@with_data
@click.argument("number", type=NUMBER, metavar="EMERGENCY")
def end(loaded: Loaded, number: int) -> None:
    """Say that it is over."""
    opened(loaded).emergencies.end(number, CLI)


@emergency.command("list")
@with_data
@as_json
def list_(loaded: Loaded, as_json: bool) -> None:
    """The newest, and which are on."""
    engine = opened(loaded)
    places, now = engine.house.now(), whole(engine.clock.now())
    rows: list[dict[str, Any]] = [
        {
            "emergency": it.number,
            "in": places.address(it.place) or "house",
            "kind": it.kind,
            "drill": it.drill,
            "on": it.over_at > now,
            "began": it.began_at.isoformat(),
            "over": it.over_at.isoformat(),
            "began_by": it.began_by,
            "ended_by": it.ended_by,
        }
        for it in engine.emergencies.latest(CLI)
    ]
    show(rows, as_json)
