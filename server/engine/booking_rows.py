"""What a row of a booking file means, and whether the room takes it: read before the lock, judged under it."""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from server.core.access import Actor
from server.core.audit import marks
from server.core.clock import epoch, whole
from server.core.errors import Invalid, Refused
from server.core.model import Ask, Booking, Room, Standing
from server.core.period import Period
from server.core.rules import AHEAD, BOOK, WORDS
from server.core.rules.kinds import Wish as Judged
from server.core.rules.notice import in_past
from server.core.zone import instant
from server.engine.asking import check
from server.engine.booking import taken
from server.engine.counting import Case
from server.engine.door_time import Asks
from server.engine.house import House
from server.engine.room_rows import CREATE, SKIP, Planned
from server.engine.scene import Scene, pay, scene_at
from server.engine.sheet import Row, Sheet
from server.store import bookings, people
from server.store.database import Note, Tx

COLUMNS = ("room", "title", "start", "end", "organizer", "organizerEmail", "description", "uid")
ASKED = frozenset({*AHEAD, *WORDS, in_past})
FUTURE = tuple(rule for rule in BOOK if rule not in ASKED)
"""An import may reach back and far ahead, need not be announced and says what it says; all else holds."""

_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?: (\d{1,2}):(\d\d))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Wish:
    """A row read: `ask` is None where `errors` say why it cannot be asked."""

    row: Row
    rooms: tuple[Room, ...]
    ask: Ask | None
    errors: tuple[str, ...]

    @property
    def numbers(self) -> tuple[int, ...]:
        """Its rooms and their parts."""
        return tuple(dict.fromkeys(number for room in self.rooms for number in (room.number, *room.parts)))


def wishes(sheet: Sheet, known: Sequence[Room]) -> list[Wish]:
    """The rows of the file as what they ask for."""
    places: dict[str, Room] = {room.name.casefold(): room for room in known}
    places |= {room.email.casefold(): room for room in known if room.email}
    places |= {room.id: room for room in known}
    return [_wish(row, _named(row.cells.get("room", ""), places)) for row in sheet.rows]


def _named(text: str, places: Mapping[str, Room]) -> tuple[Room, ...]:
    """The room that a cell names, else those that it names with + between; none where one of them is not there."""
    if (room := places.get(text.casefold())) is not None:
        return (room,)
    found = [places.get(part.strip().casefold()) for part in text.split("+")]
    return tuple({room.id: room for room in found if room is not None}.values()) if None not in found else ()


def take(tx: Tx, wish: Wish, actor: Actor, now: datetime, house: House, asks: Asks) -> Planned:
    """Writes the row's booking where nothing is against it; says what came of it.

    `asks` is told what is wanted of doors that nobody has asked yet.
    """
    ask, cells = wish.ask, wish.row.cells
    room = wish.rooms[0] if wish.rooms else None
    name = cells.get("title", "")
    if ask is None or room is None:
        return Planned(wish.row.line, name, cells, CREATE, wish.errors, room)
    if ask.uid and taken(tx, ask.uid):
        return Planned(wish.row.line, name, cells, SKIP, (), room)
    try:
        store(scene_at(tx, house, wish.numbers, actor, now), ask, codes=("import",))
    except Refused as no:
        asks.add(no)
        return Planned(wish.row.line, name, cells, CREATE, _reasons(no), room)
    return Planned(wish.row.line, name, cells, CREATE, (), room)


def _wish(row: Row, rooms: tuple[Room, ...]) -> Wish:
    cells, errors = row.cells, [row.problem] if row.problem else []
    if not rooms:
        errors.append("Room not found" if cells.get("room") else "Room is required")
    if not cells.get("title"):
        errors.append("Title is required")
    times: dict[str, datetime] = {}
    for name in ("start", "end"):
        try:
            times[name] = _moment(cells.get(name, ""), rooms[0].zone if rooms else "UTC")
        except (ValueError, OverflowError):
            errors.append(f"{name.capitalize()} is not a date and time")
    if errors:
        return Wish(row, rooms, None, tuple(errors))
    ask = _ask(cells, rooms, times["start"], times["end"])
    try:
        check(ask)
    except Invalid as error:
        return Wish(row, rooms, None, tuple(f"{name}: {why}" for name, why in error.fields.items()))
    except Refused as no:
        return Wish(row, rooms, None, _reasons(no))
    return Wish(row, rooms, ask, ())


def _ask(cells: Mapping[str, str], rooms: Sequence[Room], starts: datetime, ends: datetime) -> Ask:
    who, mail = cells.get("organizer", ""), cells.get("organizeremail", "")
    if not mail and "@" in who:
        who, mail = "", who
    return Ask(
        tuple(room.id for room in rooms), starts, ends, cells["title"], who, mail, cells.get("description", ""),
        cells.get("uid", ""),
    )  # fmt: skip


def _moment(text: str, zone: str) -> datetime:
    match = _DOTTED.fullmatch(text)
    if match:
        day, month, year, hour, minute = (int(part or 0) for part in match.groups())
        at = datetime(year, month, day, hour, minute)
    else:
        at = datetime.fromisoformat(text)
    found = whole(instant(at, zone) if at.tzinfo is None else at.astimezone(UTC))
    if not 1970 <= found.year < 9999:
        raise ValueError("out of range")
    return found


def _reasons(no: Refused) -> tuple[str, ...]:
    said = [o.code + "".join(f" {value}" for value in o.numbers.values()) for o in no.objections]
    return tuple(["clash" for it in no.conflicts if it.device is None][:1] + said)


def store(scene: Scene, ask: Ask, *, codes: tuple[str, ...] = ()) -> Booking:
    """Books what a file says, at once accepted; what is over is history, and only the occupancy law judges it.

    Raises Refused.
    """
    tx, now = scene.tx, scene.now
    host = people.by_email(tx, ask.organizer_email) if ask.organizer_email else None
    owner = host.number if host is not None and not host.unproven else None
    case = Case(scene.actor, scene.house, owner, ask.details)
    wish = Judged(Period(ask.starts, ask.ends), title=ask.title, description=ask.description, details=ask.details)
    taking = scene.judge(wish, FUTURE if ask.ends > now else (), case).taking
    made = Booking(
        id=0, uid=ask.uid or f"{secrets.token_hex(8)}-{epoch(now)}@lintel",
        rooms=tuple(room.number for room in scene.places), starts=ask.starts, ends=ask.ends, standing=Standing.ACCEPTED,
        title=ask.title, organizer=ask.organizer, organizer_email=ask.organizer_email, description=ask.description,
        source="import", made_by=scene.actor.name, made_at=now, changed_at=now, owner=case.owner,
        credits=taking.credits if ask.ends > now else 0,
    )  # fmt: skip
    made = replace(made, id=bookings.insert(tx, made, taking))
    pay(tx, None, made, owed=taking.owed)
    text = {"title": made.title, "organizer": made.organizer, "organizer_email": made.organizer_email,
            "description": made.description}  # fmt: skip
    for number in scene.house.touched(made.rooms):
        tx.note(Note(now, "booked", number, made.id, scene.actor, codes, text, after=marks(made)))
    return made
