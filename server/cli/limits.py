"""`lintel timetable` and `lintel quota`: when rooms are booked by slots, and how much one person may have."""

from datetime import datetime
from typing import Any

import click

from server.cli.catalogue import given, options, room_names
from server.cli.setup import NUMBER, Group, as_json, opened, show, with_data
from server.core import timetable_words
from server.core.access import CLI
from server.core.catalogue import PERIODS, TODAY
from server.core.places import Quota, Timetable
from server.core.policy_words import WEEKDAYS, hours
from server.core.timetables import school
from server.engine import Engine
from server.settings import Loaded

DAY = click.DateTime(["%Y-%m-%d"])


@click.group(cls=Group)
def timetable() -> None:
    """Slots that bookings keep, on the rooms whose policy names the timetable."""


timetable_options = options(
    click.option("--slots", multiple=True, metavar="TEXT", help=f"Such as {timetable_words.LIKE}; repeat."),
    click.option("--zone", help="Whose wall time it is; the rooms' otherwise."),
    click.option("--most-rooms", type=int, help="In one booking; 0: without bound."),
    click.option("--most-at-once", type=int, help="Rooms in use at one time; 0: without bound."),
    click.option("--since", type=DAY, help="The first date it is booked on."),
    click.option("--until", type=DAY, help="The last one."),
    click.option("--days-visible", type=int, help="How many days people see at once."),
    click.option("--week-start", type=click.Choice([*WEEKDAYS, "today"]), help="With which day."),
)  # fmt: skip


@timetable.command("add")
@with_data
@click.argument("name")
@timetable_options
def add_timetable(loaded: Loaded, name: str, **said: Any) -> None:
    """Add a timetable, a school's where no slots are given; prints its number."""
    fields = _timetable(said)
    it = Timetable(0, name, **fields) if "days" in fields else _school(name, fields)
    click.echo(opened(loaded).catalogue.add(it, CLI).number)


@timetable.command("change")
@with_data
@click.argument("number", type=NUMBER)
@click.option("--name")
@click.option("--any-date", is_flag=True, help="It is booked on any date.")
@timetable_options
def change_timetable(loaded: Loaded, number: int, any_date: bool, **said: Any) -> None:
    """Change what is given of a timetable and leave the rest; --slots replaces all. Prints its version."""
    fields = _timetable(said) | ({"since": None, "until": None} if any_date else {})
    click.echo(opened(loaded).catalogue.change(Timetable, number, CLI, **fields).version)


@timetable.command("list")
@with_data
@as_json
def list_timetables(loaded: Loaded, as_json: bool) -> None:
    """Every timetable; with --json their slots as well."""
    rows = []
    for it in opened(loaded).catalogue.all(Timetable, CLI):
        start = "today" if it.week_start == TODAY else WEEKDAYS[it.week_start]
        row: dict[str, Any] = {
            "number": it.number, "name": it.name, "zone": it.zone, "most_rooms": it.most_rooms,
            "most_at_once": it.most_at_once, "since": it.since and it.since.isoformat(),
            "until": it.until and it.until.isoformat(), "days_visible": it.days_visible, "week_start": start,
        }  # fmt: skip
        rows.append(row | {"slots": timetable_words.said(it.days)} if as_json else row)
    show(rows, as_json)


@timetable.command("show")
@with_data
@click.argument("number", type=NUMBER)
def show_timetable(loaded: Loaded, number: int) -> None:
    """The slots of a timetable, as --slots takes them."""
    for text in timetable_words.said(opened(loaded).catalogue.get(Timetable, number, CLI).days):
        click.echo(text)


@timetable.command("remove")
@with_data
@click.argument("number", type=NUMBER)
def remove_timetable(loaded: Loaded, number: int) -> None:
    """Remove a timetable that no policy names."""
    opened(loaded).catalogue.remove(Timetable, number, CLI)


def _school(name: str, fields: dict[str, Any]) -> Timetable:
    usual = school(name)
    return Timetable(0, name, **{"days": usual.days, "days_visible": usual.days_visible} | fields)


def _timetable(said: dict[str, Any]) -> dict[str, Any]:
    fields = given(said)
    if "slots" in fields:
        try:
            fields["days"] = timetable_words.read(fields.pop("slots"))
        except ValueError as error:
            raise click.UsageError(f"--slots: {error}") from error
    for name in ("most_rooms", "most_at_once"):
        if fields.get(name) == 0:
            fields[name] = None
    for name in ("since", "until"):
        if isinstance(day := fields.get(name), datetime):
            fields[name] = day.date()
    if "week_start" in fields:
        word = fields["week_start"]
        fields["week_start"] = TODAY if word == "today" else WEEKDAYS.index(word)
    return fields


# quotas


@click.group(cls=Group)
def quota() -> None:
    """How much one person may have booked."""


quota_options = options(
    click.option("--hours", type=int, help="So many hours …"),
    click.option("--minutes", type=int, help="… or minutes …"),
    click.option("--bookings", type=int, help="… or bookings."),
    click.option("--per", type=click.Choice(PERIODS)),
    click.option("--group", help="Only for the people of this group."),
    click.option("--place", metavar="ADDRESS", help='Counts only rooms in it, such as "Berlin/Timber House".'),
    click.option("--room", metavar="ID", help="Counts only this room."),
    click.option("--type", "room_type", metavar="ID", help="Counts only rooms of this type."),
    click.option("--within", metavar="HOURS", help='Counts only time within, such as "mon-fri 08:00-18:00".'),
    click.option("--counts-over/--only-to-come", "counts_over", default=None, help="Whether what is over counts, too."),
)  # fmt: skip


@quota.command("add")
@with_data
@click.argument("name")
@quota_options
def add_quota(loaded: Loaded, name: str, **said: Any) -> None:
    """Add a quota; prints its number."""
    engine = opened(loaded)
    fields = _quota(engine, said)
    if missing := {"unit", "per"} - set(fields):
        raise click.UsageError("say how much: --hours, --minutes or --bookings" if "unit" in missing else "say --per")
    click.echo(engine.catalogue.add(Quota(0, name, **fields), CLI).number)


@quota.command("change")
@with_data
@click.argument("number", type=NUMBER)
@click.option("--name")
@click.option("--everywhere", is_flag=True, help="Counts any room.")
@click.option("--everybody", is_flag=True, help="For any person.")
@quota_options
def change_quota(loaded: Loaded, number: int, everywhere: bool, everybody: bool, **said: Any) -> None:
    """Change what is given of a quota and leave the rest; prints its version."""
    engine = opened(loaded)
    wide = {"place": None, "room": None, "room_type": ""} if everywhere else {}
    fields = wide | ({"group": None} if everybody else {}) | _quota(engine, said)
    click.echo(engine.catalogue.change(Quota, number, CLI, **fields).version)


@quota.command("list")
@with_data
@as_json
def list_quotas(loaded: Loaded, as_json: bool) -> None:
    """Every quota."""
    engine = opened(loaded)
    rooms, house = room_names(engine), engine.house.now()
    groups = {it.number: it.name for it, _ in engine.groups.all(CLI)}
    show([
        {"number": it.number, "name": it.name, "most": it.most, "unit": it.unit, "per": it.per,
         "group": groups.get(it.group or 0, ""), "place": _address(house.address(it.place)) if it.place else "",
         "room": rooms.get(it.room or 0, ""), "type": it.room_type,
         "weekdays": ",".join(WEEKDAYS[day] for day in sorted(it.weekdays)), "opens": _clock(it.opens),
         "closes": _clock(it.closes), "counts_over": it.counts_over}
        for it in engine.catalogue.all(Quota, CLI)
    ], as_json)  # fmt: skip


@quota.command("remove")
@with_data
@click.argument("number", type=NUMBER)
def remove_quota(loaded: Loaded, number: int) -> None:
    """Remove a quota."""
    opened(loaded).catalogue.remove(Quota, number, CLI)


def _quota(engine: Engine, said: dict[str, Any]) -> dict[str, Any]:
    fields = given(said)
    amounts = [(name, fields.pop(name)) for name in ("hours", "minutes", "bookings") if name in fields]
    if len(amounts) > 1:
        raise click.UsageError("either --hours, --minutes or --bookings")
    for name, amount in amounts:
        fields["unit"] = "bookings" if name == "bookings" else "minutes"
        fields["most"] = amount * 60 if name == "hours" else amount
    if "group" in fields:
        fields["group"] = engine.groups.find(fields["group"], CLI).number
    if "place" in fields:
        fields["place"] = engine.places.find(fields["place"], CLI).number
    if "room" in fields:
        fields["room"] = engine.rooms.get(fields["room"], CLI).number
    if "within" in fields:
        fields |= _within(fields.pop("within"))
    return fields


def _within(text: str) -> dict[str, Any]:
    try:
        (it,) = hours(text)
    except ValueError as error:
        raise click.UsageError('--within: one stretch, such as "mon-fri 08:00-18:00"') from error
    return {"weekdays": it.weekdays, "opens": it.opens, "closes": it.closes}


def _address(text: str) -> str:
    return text or "House"


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
