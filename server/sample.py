"""The sample building of the demo: six rooms, the people in them, and a day of bookings around now.

Decision: the day is booked through the engine with a clock that stands at that day's beginning, so it obeys every rule.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from server import compose
from server.core.access import CLI, Actor
from server.core.clock import whole
from server.core.errors import Refused
from server.core.model import Ask, Edit, Room
from server.core.people import Person, Role, parted
from server.core.policy import Opening, Policy
from server.core.recurrence import parse
from server.core.tickets import Receiver
from server.core.zone import midnight, wall
from server.engine import Engine
from server.settings import load

DEMO = Actor("demo", "admin", source="demo")
PANELS = ("oak", "elm")
HOURS = (Opening(frozenset(range(7)), 7 * 60, 20 * 60),)
PEOPLE = (
    "Maria Klein", "Jan de Vries", "Aiko Tanaka", "Luc Moreau", "Ines García", "Tom Baker", "Noor Haddad",
    "Eva Lindqvist",
)  # fmt: skip
TITLES = (
    "Interview", "Design review", "Budget 2027", "Supplier call", "Onboarding", "Quarterly review", "Site meeting",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Standing:
    """A clock that stands still, for booking a day that has begun already."""

    at: datetime

    def now(self) -> datetime:
        return self.at


@dataclass(frozen=True, slots=True)
class Sample:
    """What opens the building: a token of each scope, the key of each panel by its room, a password by log-in."""

    tokens: dict[str, str]
    panels: dict[str, str]
    logins: dict[str, str]


def furnish(data: Path, zone: str) -> Sample:
    """Makes the building and its day."""
    settings = load(data, environment={}).settings
    real = compose.engine(settings)
    now = whole(real.clock.now())
    start = midnight(wall(now, zone).date(), zone)
    early = compose.engine(settings, clock=Standing(start))
    for room in rooms(zone):
        early.rooms.add(room, CLI)
    book_day(early, now, zone)
    tokens = {scope: real.tokens.create(f"demo {scope}", scope, CLI)[1] for scope in ("read", "book", "admin")}
    panels = {id_: real.devices.add(f"Panel at {id_.capitalize()}", CLI, rooms=(id_,))[1] for id_ in PANELS}
    logins = accounts(real, zone)
    real.receivers.add(Receiver(0, 1, "*", "mail", "facility@example.com", quiet="22:00-06:00,weekends"), CLI)
    real.tickets.report("birch", "light", CLI, note="The lamp over the table flickers.")
    real.store.close()
    return Sample(tokens, panels, logins)


def accounts(engine: Engine, zone: str) -> dict[str, str]:
    """Somebody of each role; returns their passwords, which are others at every run."""
    logins = {}
    for role, name in zip(Role, PEOPLE, strict=False):
        made = engine.people.add(Person(0, email_of(name), role.value, *parted(name), role, zone=zone), CLI)
        logins[made.login] = engine.credentials.generate_password(made.number, CLI)
    return logins


def email_of(name: str) -> str:
    """The e-mail of one of PEOPLE."""
    return name.lower().replace(" ", ".").replace("í", "i") + "@example.com"


def rooms(zone: str) -> list[Room]:
    """Six rooms on two floors, each with something of its own."""
    plain = Policy(opening=HOURS)

    def room(id_: str, floor: str, seats: int, policy: Policy, facilities: tuple[str, ...], **more: bool) -> Room:
        return Room(
            0, id_, id_.capitalize(), zone, f"{id_}@lintel.local", seats, f"{floor}.{seats:02}", "meeting-room",
            facilities, building="Timber House", floor=floor, policy=policy, auto_accept=more.get("auto_accept", True),
        )  # fmt: skip

    asks = Policy(opening=HOURS, check_in=True, release="on")
    return [
        room("oak", "1", 8, plain, ("display", "videoconf")),
        room("elm", "1", 4, asks, ("whiteboard",)),
        room("ash", "1", 2, plain, ("display",)),
        room("birch", "2", 12, plain, ("projector", "whiteboard", "wheelchair"), auto_accept=False),
        room("cedar", "2", 6, Policy(opening=HOURS, gap_minutes=10), ("display", "audio")),
        room(
            "maple",
            "2",
            20,
            Policy(opening=HOURS, max_minutes=240, door_host="full", door_title=True),
            ("projector",),
        ),
    ]


def book_day(engine: Engine, now: datetime, zone: str) -> None:
    """Believable bookings around now: Oak is free for a good hour, Birch is busy, the rest is mixed.

    Elm waits for the people of a meeting that began in the past five minutes.
    """
    quarter = now - timedelta(minutes=now.minute % 15, seconds=now.second)
    begun = now.minute % 15 // 5 * 5
    plan = {
        "oak": [(-150, 60), (-75, 45), (75, 60), (150, 30), (240, 90)],
        "elm": [(-120, 60), (begun, 45), (60, 60), (180, 60)],
        "ash": [(-90, 30), (45, 30), (120, 60)],
        "birch": [(-60, 120), (120, 60), (210, 60)],
        "cedar": [(-180, 60), (-45, 75), (60, 45), (150, 60)],
        "maple": [(-120, 90), (30, 120), (240, 60)],
    }
    series = {
        ("oak", 150): ("Weekly planning", "FREQ=WEEKLY"),
        ("elm", 60): ("Retrospective", "FREQ=WEEKLY;INTERVAL=2"),
        ("ash", 45): ("Stand-up", "FREQ=DAILY;COUNT=60"),
    }
    count = 0
    for id_, day in plan.items():
        for offset, length in day:
            starts = quarter + timedelta(minutes=offset)
            host = PEOPLE[(count * 5) % len(PEOPLE)]
            title, rule = series.get((id_, offset), (TITLES[(count * 3) % len(TITLES)], ""))
            ask = Ask((id_,), starts, starts + timedelta(minutes=length), title, host, email_of(host))
            with suppress(Refused):  # the rooms are closed then, where `--zone` says that it is night
                if rule:
                    _recur(engine, ask, rule, zone)
                else:
                    _book(engine, ask, approve=count % 3 > 0)
            count += 1


def _book(engine: Engine, ask: Ask, *, approve: bool) -> None:
    booking = engine.bookings.book(ask, DEMO)
    if booking.standing == "pending" and approve:
        engine.bookings.approve(booking.uid, CLI)


def _recur(engine: Engine, ask: Ask, rule: str, zone: str) -> None:
    """A series, of which the second date begins half an hour later than the others."""
    pattern = parse((rule,), wall(ask.starts, zone).replace(tzinfo=None), zone)
    made = engine.series.book(ask, pattern, DEMO, zone=zone).series
    second = engine.series.whole(made.uid, CLI).rows[1]
    later = timedelta(minutes=30)
    engine.bookings.change(second.uid, Edit(starts=second.starts + later, ends=second.ends + later), DEMO)
