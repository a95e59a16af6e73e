"""`lintel ticket`: what staff have to see to; `lintel receiver`: who is told of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import click

from server.cli.setup import NUMBER, Group, as_json, opened, show, with_data
from server.core.access import CLI
from server.core.people import LANGUAGES
from server.core.tickets import CATEGORIES, EVERY, FAULTS, LONGEST_DELAY, Receiver
from server.engine import Engine
from server.engine.tickets import Shown
from server.settings import Loaded

CATEGORY = click.Choice(CATEGORIES)
DELAY = click.IntRange(0, LONGEST_DELAY)
QUIET = "When they are left alone: 22:00-06:00, weekends, or both with a comma between."


@click.group(cls=Group)
def ticket() -> None:
    """What staff have to see to."""


@ticket.command("list")
@with_data
@click.option("--state", type=click.Choice(["open", "closed", "all"]), default="open", show_default=True)
@click.option("--category", type=CATEGORY)
@click.option("--room", metavar="ID", help="Only of this room.")
@click.option("--limit", type=click.IntRange(1, 500), default=100, show_default=True)
@as_json
def list_(loaded: Loaded, state: str, category: str | None, room: str | None, limit: int, as_json: bool) -> None:
    """What is open, newest first."""
    engine = opened(loaded)
    state = "" if state == "all" else state
    found = engine.tickets.page(CLI, state=state, category=category or "", room=room, limit=limit)
    show(_rows(engine, found), as_json)


@ticket.command("show")
@with_data
@click.argument("number", type=NUMBER, metavar="TICKET")
@as_json
def show_(loaded: Loaded, number: int, as_json: bool) -> None:
    """One ticket, and what people wrote of it."""
    engine = opened(loaded)
    found = engine.tickets.get(number, CLI)
    row = _rows(engine, [found])[0] | {
        "opened_by": found.ticket.opened_by, "closed_by": found.ticket.closed_by or None,
        "closed": _at(found.ticket.closed_at), "codes": ",".join(found.ticket.codes),
        "notes": [note.body for note in found.notes],
    }  # fmt: skip
    if as_json:
        show([row], as_json)
        return
    for name, value in row.items():
        for each in value if isinstance(value, list) else [value]:
            click.echo(f"{name + ':':<11} {'' if each is None else each}".rstrip())


@ticket.command("open")
@with_data
@click.option("--kind", type=click.Choice(FAULTS), required=True, help="What is wrong.")
@click.option("--room", metavar="ID", help="With which room.")
@click.option("--place", metavar="ADDRESS", help='With which place that is no room, such as "Berlin/Timber House/2".')
@click.option("--note", default="", help="In words, at most 500 characters.")
def open_(loaded: Loaded, kind: str, room: str | None, place: str | None, note: str) -> None:
    """Report what is wrong with a room or a place; prints the ticket's number."""
    if (room is None) == (place is None):
        raise click.UsageError("name either --room or --place")
    engine = opened(loaded)
    if room is not None:
        made = engine.tickets.report(room, kind, CLI, note=note)
    else:
        made = engine.tickets.report_at(engine.places.find(place or "", CLI).number, kind, CLI, note=note)
    click.echo(made.number)


@ticket.command()
@with_data
@click.argument("number", type=NUMBER, metavar="TICKET")
def close(loaded: Loaded, number: int) -> None:
    """It is seen to."""
    click.echo(opened(loaded).tickets.close(number, CLI).state)


@click.group(cls=Group)
def receiver() -> None:
    """Who is told of tickets."""


@receiver.command()
@with_data
@click.argument("target", metavar="EMAIL-OR-WEBHOOK")
@click.option("--category", type=click.Choice([*CATEGORIES, EVERY]), default=EVERY, show_default=True)
@click.option("--place", metavar="ADDRESS", default="house", show_default=True, help="Of what is in this place.")
@click.option("--delay", type=DELAY, metavar="MINUTES", help="Told of what is still open then; else by category.")
@click.option("--quiet", default="", help=QUIET)
@click.option("--language", type=click.Choice(LANGUAGES), help="Of letters; the house's otherwise.")
def add(
    loaded: Loaded, target: str, category: str, place: str, delay: int | None, quiet: str, language: str | None
) -> None:
    """Tell an address, or a webhook by its id, of tickets; prints the receiver's number."""
    engine = opened(loaded)
    kind = "hook" if target.startswith("hook_") else "mail"
    number = engine.places.find(place, CLI).number
    wish = Receiver(0, number, category, kind, target, language or "", delay, quiet)
    click.echo(engine.receivers.add(wish, CLI).number)


@receiver.command("list")
@with_data
@as_json
def list_receivers(loaded: Loaded, as_json: bool) -> None:
    """Who is told of what."""
    engine = opened(loaded)
    house = engine.house.now()
    rows: list[dict[str, Any]] = [
        {
            "number": it.number, "place": house.address(it.place) or "house", "category": it.category, "kind": it.kind,
            "target": it.target, "delay": it.delay_minutes, "quiet": it.quiet, "language": it.language,
        }
        for it in engine.receivers.all(CLI)
    ]  # fmt: skip
    show(rows, as_json)


@receiver.command()
@with_data
@click.argument("number", type=NUMBER, metavar="RECEIVER")
@click.option("--delay", type=DELAY, metavar="MINUTES")
@click.option("--usual-delay", is_flag=True, help="Again the delay that each category asks for.")
@click.option("--quiet", help=f"{QUIET} Empty: never.")
@click.option("--language", type=click.Choice(LANGUAGES))
def change(
    loaded: Loaded, number: int, delay: int | None, usual_delay: bool, quiet: str | None, language: str | None
) -> None:
    """Change how somebody is told; what is not given stays."""
    if usual_delay and delay is not None:
        raise click.UsageError("give either --delay or --usual-delay")
    said = {"delay_minutes": delay, "quiet": quiet, "language": language}
    fields: dict[str, Any] = {name: value for name, value in said.items() if value is not None}
    fields |= {"delay_minutes": None} if usual_delay else {}
    click.echo(opened(loaded).receivers.change(number, CLI, **fields).version)


@receiver.command()
@with_data
@click.argument("number", type=NUMBER, metavar="RECEIVER")
def remove(loaded: Loaded, number: int) -> None:
    """Tell somebody no more."""
    click.echo(opened(loaded).receivers.remove(number, CLI).target)


def _rows(engine: Engine, found: Sequence[Shown]) -> list[dict[str, Any]]:
    house = engine.house.now()
    return [
        {
            "number": it.number, "state": it.state, "category": it.category, "subject": it.subject,
            "place": house.address(it.place) or "house",
            "room": house.rooms[it.room].slug if it.room in house.rooms else None,
            "since": _at(it.since), "times": it.times,
        }
        for it in (shown.ticket for shown in found)
    ]  # fmt: skip


def _at(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds").replace("+00:00", "Z")
