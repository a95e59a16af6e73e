"""What a row of a room file means: RoomVox's fourteen columns and ours, or Microsoft 365's export.

An empty cell says nothing: a new room gets the default, a known one keeps what it has. A row is matched
with a known room by its id where it names one, else by e-mail, then name, then the id its name would give; not by an id
that lost letters on the way, for "会議室" and "応接室" both give "room" and are two rooms.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from server.core.errors import Invalid
from server.core.model import Room
from server.core.places import Attribute
from server.core.rules import SWITCHABLE
from server.engine.room_checks import checked, rules_checked
from server.engine.room_columns import NOTHING, Ours, filled, ours
from server.engine.sheet import Sheet

CREATE, UPDATE, SKIP = "create", "update", "skip"
COLUMNS = (
    "name", "email", "capacity", "roomNumber", "floor", "roomType", "building", "street", "postalCode", "city",
    "facilities", "description", "autoAccept", "active", "responsibleContact", "site", "zone",
)  # fmt: skip
_FIELDS = {
    "name": "name", "email": "email", "roomnumber": "room_number", "floor": "floor", "roomtype": "room_type",
    "building": "building", "street": "street", "postalcode": "postal_code", "city": "city",
    "description": "description", "responsiblecontact": "contact", "site": "site", "zone": "zone",
}  # fmt: skip
_MS365 = {
    "displayname": "name", "primarysmtpaddress": "email", "emailaddress": "email", "resourcecapacity": "capacity",
    "floorlabel": "floor", "tags": "facilities", "nickname": "description",
}  # fmt: skip
_DEVICES = {"audiodevicename": "audio", "videodevicename": "videoconf", "displaydevicename": "display"}
_EMAIL = re.compile(r"[^\s@<>,;:\"()\[\]\\]+@[^\s@<>,;:\"()\[\]\\]+[^\s@<>,;:\"()\[\]\\.]")
_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


@dataclass(frozen=True, slots=True)
class Planned:
    """A row and what comes of it. `room` is the room as it would be (None for bookings and unreadable rows).

    `said`: what our own columns say of it. `zoned`: the row names its zone.
    """

    line: int
    name: str
    data: Mapping[str, str]
    action: str
    errors: tuple[str, ...] = ()
    matched: Room | None = None
    room: Room | None = None
    said: Ours = NOTHING
    zoned: bool = False


def form_of(sheet: Sheet) -> str:
    """Whose columns these are: roomvox, ms365 or unknown."""
    names = {name.lower() for name in sheet.columns}
    if "displayname" in names and names & {"primarysmtpaddress", "emailaddress"}:
        return "ms365"
    return "roomvox" if "name" in names else "unknown"


def plan(
    sheet: Sheet, form: str, known: Sequence[Room], *, zone: str, update: bool, attributes: Iterable[Attribute] = ()
) -> tuple[Planned, ...]:
    """What would come of each row, given the rooms there are; a new room has the number 0."""
    matching = Matching(known)
    fields = {it.label.casefold(): it for it in attributes}
    seen_names, seen_mails = set[str](), dict[str, int]()
    out = []
    for row in sheet.rows:
        data = _translated(row.cells) if form == "ms365" else row.cells
        said = NOTHING if form == "ms365" else ours(data)
        matched = matching.of(data)
        errors = [row.problem] if row.problem else []
        errors += _shallow(data, seen_names, seen_mails, row.line)
        errors += [*said.errors, *matching.taken_twice(data)]
        room = _filled(Room(0, "", "", zone) if matched is None else matched, data)
        room, strange = filled(room, said, fields)
        errors += strange
        if matched is None:
            room = replace(room, id=matching.free(data))
        errors += _deep(room, said) if not errors else []
        action = CREATE if matched is None else UPDATE if update else SKIP
        if not errors and matched is None:
            matching.taken.setdefault(room.id, 0)
        name, zoned = data.get("name", ""), bool(data.get("zone"))
        out.append(Planned(row.line, name, data, action, tuple(errors), matched, room, said, zoned))
    return tuple(out)


class Matching:
    """Finds the room that a row is about, and ids for rows that are about none."""

    def __init__(self, known: Sequence[Room]) -> None:
        self.mails = {room.email.casefold(): room for room in known if room.email}
        self.names = {room.name.casefold(): room for room in known}
        self.slugs = {room.id: room for room in known}
        self.taken = dict.fromkeys(self.slugs, 0)
        self.said: set[str] = set()

    def of(self, data: Mapping[str, str]) -> Room | None:
        """The room of the row's id, else its e-mail, its name, or the id its name would give."""
        if data.get("id"):
            return self.slugs.get(data["id"])
        mail, name = data.get("email", ""), data.get("name", "")
        by_mail = self.mails.get(mail.casefold()) if mail else None
        return by_mail or self.names.get(name.casefold()) or self.slugs.get(_whole(name))

    def taken_twice(self, data: Mapping[str, str]) -> list[str]:
        """A complaint where the row's id was in the file before."""
        wanted = data.get("id", "")
        twice = bool(wanted) and wanted in self.said
        self.said.add(wanted)
        return ["Duplicate id in CSV"] if twice else []

    def free(self, data: Mapping[str, str]) -> str:
        """The id of a new room: the one that is said, else one from its name."""
        return data.get("id") or _free(slug(data.get("name", "")), self.taken)


def slug(name: str) -> str:
    """The id that RoomVox makes of a name: "Großer Saal 2" gives "grosser-saal-2"."""
    text = name.strip().lower().translate(_GERMAN)
    text = re.sub(r"[^a-z0-9-]", "", re.sub(r"\s+", "-", text))
    return re.sub(r"-+", "-", text).strip("-")[:56].strip("-") or "room"


def cells(room: Room) -> list[str]:
    """The room as a row under COLUMNS."""
    return [
        room.name, room.email, str(room.capacity), room.room_number, room.floor, room.room_type, room.building,
        room.street, room.postal_code, room.city, ",".join(room.facilities), room.description,
        json.dumps(room.auto_accept), json.dumps(room.active), room.contact, room.site, room.zone,
    ]  # fmt: skip


def _whole(name: str) -> str:
    """The id of a name all of whose letters are in it, else ""."""
    made = slug(name)
    letters = [char for char in name.lower().translate(_GERMAN) if char.isalnum()]
    return made if letters == [char for char in made if char.isalnum()] else ""


def _free(wanted: str, taken: dict[str, int]) -> str:
    """The wanted id or the next free one after it; `taken` remembers for each id up to where it was counted."""
    free, count = wanted, taken.get(wanted, 0)
    while free in taken:
        count += 1
        free = f"{wanted}-{count}"
    if wanted in taken:
        taken[wanted] = count - 1  # the row may yet turn out bad and leave this one free
    return free


def _translated(cells: Mapping[str, str]) -> dict[str, str]:
    """A row of Microsoft 365's export under RoomVox's names."""
    out = {name: value for name, value in cells.items() if name in _FIELDS or name == "capacity"}
    for column, name in _MS365.items():
        if cells.get(column):
            out[name] = cells[column]
    things = [tag.strip() for tag in re.split("[,;]", cells.get("tags", "")) if tag.strip()]
    things += [facility for column, facility in _DEVICES.items() if cells.get(column)]
    things += ["wheelchair"] if _yes(cells.get("iswheelchairaccessible", "")) else []
    out["facilities"] = ",".join(dict.fromkeys(things))
    if cells.get("bookingtype"):
        out["autoaccept"] = "true" if cells["bookingtype"].casefold() == "standard" else "false"
    return out


def _shallow(data: Mapping[str, str], names: set[str], mails: dict[str, int], line: int) -> list[str]:
    """What is wrong with a row among the others; two rooms may share a name or an address where ids tell them apart."""
    errors = []
    name, mail, capacity = data.get("name", ""), data.get("email", ""), data.get("capacity", "")
    told_apart = bool(data.get("id"))
    if not name:
        errors.append("Name is required")
    elif name.casefold() in names and not told_apart:
        errors.append("Duplicate name in CSV")
    names.add(name.casefold())
    if capacity and not (capacity.isascii() and capacity.isdigit() and len(capacity) < 10):
        errors.append("Capacity must be a number")
    if mail and not _EMAIL.fullmatch(mail):
        errors.append("Invalid email format")
    elif mail and mail.casefold() in mails and not told_apart:
        errors.append(f"Duplicate email in CSV (line {mails[mail.casefold()]})")
    elif mail:
        mails[mail.casefold()] = line
    return errors


def _filled(room: Room, data: Mapping[str, str]) -> Room:
    given: dict[str, Any] = {field: data[column] for column, field in _FIELDS.items() if data.get(column)}
    if data.get("capacity", "").isdecimal():
        given["capacity"] = int(data["capacity"][:10])
    if data.get("facilities"):
        given["facilities"] = tuple(dict.fromkeys(_listed(data["facilities"])))
    for column, field in (("autoaccept", "auto_accept"), ("active", "active")):
        if data.get(column):
            given[field] = _yes(data[column])
    return replace(room, **given)


def _deep(room: Room, said: Ours) -> list[str]:
    """What the engine has against the room."""
    try:
        checked(room)
        rules_checked(said.rules, SWITCHABLE)
    except Invalid as error:
        return [f"{name}: {why}" for name, why in error.fields.items()]
    return [f"facility {f[:20]!r} is too long" for f in room.facilities if len(f) > 64 or not f.isprintable()]


def _listed(text: str) -> Iterable[str]:
    return (part.strip() for part in text.split(",") if part.strip())


def _yes(text: str) -> bool:
    return text.strip().casefold() in ("true", "1", "yes")
