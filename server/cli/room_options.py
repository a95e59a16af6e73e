"""What can be said of a room on the command line, and how it is read."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from typing import Any

import click

from server.cli.setup import naming_attributes
from server.core.access import CLI
from server.core.errors import Refused
from server.core.model import Room
from server.core.policy import Policy
from server.core.policy_words import hours
from server.engine import Engine

POLICY = {f.name for f in fields(Policy)} - {f.name for f in fields(Room)}
NAMED = 50


IS = (
    click.option("--name", help="What people call it."),
    click.option("--email", help="Its calendar address; ID@lintel.local otherwise."),
    click.option("--capacity", type=int, help="Seats."),
    click.option("--zone", help="Its time zone, such as Europe/Berlin; that of its place otherwise."),
    click.option("--site", help="Main unless said; made where it is not there."),
    click.option("--building"),
    click.option("--floor"),
    click.option("--room-number"),
    click.option("--type", "room_type", help="Such as meeting-room or studio."),
    click.option("--facility", "facilities", multiple=True, help="Such as projector; repeat for several."),
    click.option("--description"),
    click.option("--contact", help="Whom to ask about it."),
    click.option("--auto-accept/--approval", "auto_accept", default=None, help="Whether bookings stand at once."),
    click.option("--active/--inactive", "active", default=None),
    click.option("--status", type=click.Choice(["available", "unavailable", "hidden"]), help="In service or not."),
    click.option("--reason", "status_reason", help="Why it is not in service."),
    click.option("--color", help="On plans and in lists, such as #2e7d32."),
    click.option("--plan", metavar="X,Y", help="Where it is on its floor's plan, in thousandths; or none."),
    click.option("--walk", type=int, help="Its place in the walking order."),
    click.option("--group", "into", multiple=True, metavar="ADDRESS", help="A group of rooms it is in; repeat."),
    click.option("--part", "parts", multiple=True, metavar="ID", help="A room that it is made of; repeat."),
    click.option("--attribute", "attributes", multiple=True, metavar="LABEL=VALUE", help="Repeat for several."),
)
"""What a room is."""
ASKS = (
    click.option("--hours", multiple=True, help='Opening hours, such as "mon-fri 08:00-18:00"; repeat for several.'),
    click.option("--check-in/--no-check-in", "check_in", default=None, help="Whether people are to check in."),
    click.option("--check-in-minutes", type=int, help="Until when after the start they are asked."),
    click.option("--min-minutes", type=int, help="Shortest booking."),
    click.option("--max-minutes", type=int, help="Longest booking."),
    click.option("--notice-minutes", type=int, help="How long before its start a booking must be made."),
    click.option("--horizon-days", type=int, help="How far ahead one may book."),
    click.option("--gap-minutes", type=int, help="Least time between two bookings."),
    click.option("--walk-in/--no-walk-in", "walk_in", default=None, help="Whether the panel books."),
    click.option("--series", type=click.Choice(["yes", "approval", "no"]), help="Whether bookings may recur."),
    click.option("--series-most", type=int, help="Most dates of one series."),
    click.option("--door-host", type=click.Choice(["full", "initials", "hidden"]), help="Names on the panel."),
    click.option("--door-title/--no-door-title", "door_title", default=None, help="Titles on the panel."),
)
"""What it asks of those who use it; all other rules are set by `lintel policy set`."""


def described(command: Any) -> Any:
    """Adds an option for each thing a room is and asks."""
    for option in reversed((*IS, *ASKS)):
        command = option(command)
    return command


def told(given: dict[str, Any], engine: Engine) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields of a room that were given, and those of its policy."""
    said = {name: value for name, value in given.items() if value is not None and value != ()}
    if "hours" in said:
        said["opening"] = tuple(opening for text in said.pop("hours") for opening in _hours(text))
    rules = {name: said.pop(name) for name in list(said) if name in POLICY}
    if "plan" in said:
        said["plan"] = _plan(said["plan"])
    if "parts" in said:
        said["parts"] = tuple(engine.rooms.get(slug, CLI).number for slug in said["parts"])
    if "into" in said:
        said["groups"] = group_numbers(engine, said.pop("into"))
    known = naming_attributes(engine, "room")
    if "attributes" in said:
        said["attributes"] = _attributes(known, said["attributes"])
    return said, rules


def group_numbers(engine: Engine, addresses: tuple[str, ...]) -> frozenset[int]:
    """The numbers of the groups of rooms that these addresses mean."""
    return frozenset(
        engine.places.find(text if text.startswith(("#", "group:")) else f"group:{text}", CLI).number
        for text in addresses
    )


@contextmanager
def naming_conflicts() -> Iterator[None]:
    """Names on stderr the bookings that stand in the way of what is refused."""
    try:
        yield
    except Refused as error:
        for it in error.conflicts[:NAMED]:
            span = f"{it.starts:%Y-%m-%dT%H:%MZ}  {it.ends:%Y-%m-%dT%H:%MZ}"
            click.echo(f"{it.room}  {span}  {it.uid or 'closed'}", err=True)
        if len(error.conflicts) > NAMED:
            click.echo(f"and {len(error.conflicts) - NAMED} more", err=True)
        shut = [it for it in error.objections if it.code == "shuts_out"]
        if not shut:
            raise
        why = "; ".join(f"{it.subject}: {it.numbers['bookings']} by {it.numbers['code']}" for it in shut)
        raise click.ClickException(f"this would shut out what is booked ({why}); --anyway does it") from error


def _hours(text: str) -> Any:
    try:
        return hours(text)
    except ValueError:
        raise click.UsageError(f'--hours: such as "mon-fri 08:00-18:00", not {text!r}') from None


def _plan(text: str) -> tuple[int, int] | None:
    if text.lower() == "none":
        return None
    x, comma, y = text.partition(",")
    if not comma or not all(part.strip().isascii() and part.strip().isdigit() and len(part) < 6 for part in (x, y)):
        raise click.UsageError(f"--plan: such as 250,700, not {text!r}")
    return int(x), int(y)


def _attributes(known: dict[str, int], pairs: tuple[str, ...]) -> dict[int, str]:
    """Values of room attributes by number, from "Label=value"."""
    found = {}
    for pair in pairs:
        label, equals, value = pair.partition("=")
        if not equals or label.strip().casefold() not in known:
            raise click.UsageError(f"--attribute: {label!r} is no attribute of rooms")
        found[known[label.strip().casefold()]] = value
    return found
