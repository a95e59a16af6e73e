"""Panels in numbers: which serial numbers are expected where, and keys by which a site's devices let themselves in.

Decisions:
- What is expected is a wish, no permission: a serial number is no secret. Only staff who saw the fingerprint, or a good
  enrolment key, let a device in. Each wish is used up by the first device that it is used for.
- An enrolment key lets in so many devices for so many days, to rooms of its place alone. Who is let in by it without
  being expected there waits for its room and shows nothing. A use is counted where the device is made, in one
  transaction, so there are never more of them.
- A file of what is expected is checked as a whole, and kept as a whole or not at all.
"""

import re
import secrets
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from server.core.access import Actor, require
from server.core.clock import Clock, whole
from server.core.errors import Invalid, Objection, Refused, Unknown
from server.core.house import HouseMap, above
from server.core.model import Device
from server.core.text import problem
from server.core.tree import spoken_of
from server.engine.assigning import LONGEST_NAME, MOST_ROOMS, Newcomer, Post, let_in
from server.engine.house import House
from server.engine.rooms import LETTERS, digest
from server.engine.sheet import Row, Sheet, read
from server.store import pairing
from server.store.database import Note, Store, Tx
from server.store.pairing import Asking, Enrolment, Expected

MOST_EXPECTED, MOST_KEYS = 10_000, 1_000
MOST_DEVICES, MOST_DAYS = 1_000, 90
"""What one enrolment key may let in, and for how long."""
LONGEST_SERIAL = 64
KEPT = timedelta(days=365)
"""So long an enrolment key is listed whose days are over."""
COLUMNS = ("serial", "rooms", "board", "name")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a file: what it says, and what is wrong with it. `new`: nothing was expected of the serial number."""

    line: int
    serial: str
    rooms: tuple[str, ...]
    board: str
    name: str
    new: bool
    errors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Read:
    """What came of a file; `written` False where nothing was kept."""

    lines: tuple[Line, ...]
    written: bool

    @property
    def bad(self) -> int:
        return sum(bool(it.errors) for it in self.lines)


@dataclass(frozen=True, slots=True)
class Enrolments:
    """The use cases, for those who run the devices. All raise Invalid, Unknown, Barred, Refused, Later or Full."""

    store: Store
    clock: Clock
    house: House

    def expect(self, data: bytes, actor: Actor, *, preview: bool = False) -> Read:
        """Keeps what a CSV file (serial, rooms or board, name) says is expected, whole or not at all."""
        require(actor, "devices")
        sheet, now = _sheet(data), whole(self.clock.now())

        def work(tx: Tx) -> Read:
            lines, those = self._judged(tx, sheet, actor, now)
            if preview or any(it.errors for it in lines):
                return Read(lines, written=False)
            pairing.expect(tx, those)
            if len(pairing.expected(tx)) > MOST_EXPECTED:
                raise Invalid({"file": f"more than {MOST_EXPECTED} would be expected"})
            tx.note(Note(now, "devices_expected", None, None, actor, after={"count": len(those)}))
            return Read(lines, written=True)

        return self.store.writing(work)

    def expected(self, actor: Actor) -> tuple[Expected, ...]:
        """All that are expected, by serial number."""
        require(actor, "devices")
        with self.store.reading() as tx:
            return tuple(pairing.expected(tx))

    def unexpect(self, serial: str, actor: Actor) -> None:
        """Expects a serial number no more; Unknown where it was not expected."""
        require(actor, "devices")
        now, serial = whole(self.clock.now()), serial_of(serial)

        def work(tx: Tx) -> None:
            if problem(serial, LONGEST_SERIAL) is not None or not pairing.unexpect(tx, serial):
                raise Unknown("serial", serial[:LONGEST_SERIAL])
            tx.note(Note(now, "devices_expected", None, None, actor, before={"count": 1}))

        self.store.writing(work)

    def enrol(self, place: int, count: int, days: int, actor: Actor, *, name: str = "") -> tuple[Enrolment, str]:
        """A key that lets so many devices into a place for so many days; it is told this once."""
        require(actor, "devices")
        _bounded(count, days, name)
        now = whole(self.clock.now())
        body = "rk_enr_" + secrets.token_hex(4) + "_" + "".join(secrets.choice(LETTERS) for _ in range(43))
        secret = f"{body}_{zlib.crc32(body.encode()):08x}"

        def work(tx: Tx) -> Enrolment:
            if place not in self.house.at(tx).places:
                raise Unknown("place", f"#{place}")
            if len(pairing.enrolments(tx)) >= MOST_KEYS:
                raise Refused((Objection("too_many_keys", "", {"most": MOST_KEYS}),))
            it = Enrolment(0, secret[:15], name.strip(), place, count, 0, now, now + timedelta(days=days))
            it = replace(it, number=pairing.insert_enrolment(tx, it, digest(secret)))
            told = {"place": place, "count": count, "days": days}
            tx.note(Note(now, "enrolment_made", None, it.number, actor, after=told))
            return it

        return self.store.writing(work), secret

    def enrolments(self, actor: Actor) -> tuple[Enrolment, ...]:
        """Every enrolment key, those that are over too."""
        require(actor, "devices")
        with self.store.reading() as tx:
            return tuple(pairing.enrolments(tx))

    def unenrol(self, number: int, actor: Actor) -> Enrolment:
        """Ends an enrolment key at once; again is fine. Devices that it let in stay."""
        require(actor, "devices")
        now = whole(self.clock.now())

        def work(tx: Tx) -> Enrolment:
            if (it := pairing.enrolment(tx, number)) is None:
                raise Unknown("enrolment", str(number))
            pairing.end_enrolment(tx, number, now)
            tx.note(Note(now, "enrolment_ended", None, number, actor, before={"used": it.used}))
            return pairing.enrolment(tx, number) or it

        return self.store.writing(work)

    def good(self, secret: str) -> bool:
        """Whether it is a key that lets one more in."""
        with self.store.reading() as tx:
            return pairing.lets_in(tx, digest(secret), whole(self.clock.now()))

    def let_in(self, tx: Tx, it: Asking, secret: str) -> Device | None:
        """Makes the device that asks, where the key lets one more in; None where it does not."""
        key = pairing.use_enrolment(tx, digest(secret), it.began_at)
        if key is None:
            return None
        expected = pairing.expected_of(tx, {it.serial}).get(it.serial) if it.serial else None
        if expected is not None and _within(self.house.at(tx), expected, key.place):
            pairing.unexpect(tx, it.serial)
            to = Post(expected.rooms, expected.place, expected.name)
        else:
            to = Post(name=f"Panel {it.serial}".strip())
        new = Newcomer(it.digest, it.prefix, it.serial, it.model, it.fingerprint, key.number)
        return let_in(tx, new, to, it.began_at, f"enrolment:{key.number}")

    def tidy(self) -> int:
        """Removes keys whose days have been over for a year; returns how many."""
        before = whole(self.clock.now()) - KEPT
        with self.store.reading() as tx:
            if not any(it.ends_at < before for it in pairing.enrolments(tx)):
                return 0
        return self.store.writing(lambda tx: pairing.tidy_enrolments(tx, before))

    def _judged(
        self, tx: Tx, sheet: Sheet, actor: Actor, now: datetime
    ) -> tuple[tuple[Line, ...], tuple[Expected, ...]]:
        house = self.house.at(tx)
        known = {it.serial for it in pairing.expected(tx)}
        slugs = {it.slug: number for number, it in house.rooms.items()}
        lines: list[Line] = []
        those: dict[str, Expected] = {}
        for row in sheet.rows:
            line, it = _line(row, house, slugs, now)
            if it.serial in those:
                line = replace(line, errors=(*line.errors, "the serial number is in the file twice"))
            elif it.serial:
                those[it.serial] = it
            lines.append(replace(line, new=it.serial not in known))
        return tuple(lines), tuple(those.values())


def serial_of(text: str) -> str:
    """A serial number as it is kept, for people write them in any case."""
    return text.strip().lower()


def _line(row: Row, house: HouseMap, slugs: Mapping[str, int], now: datetime) -> tuple[Line, Expected]:
    """What a row says, and what is wrong with it."""
    cells, errors = row.cells, [row.problem] if row.problem else []
    serial, name, board = serial_of(cells.get("serial", "")), cells.get("name", ""), cells.get("board", "")
    wanted = tuple(dict.fromkeys(re.split(r"[\s,;|]+", (cells.get("rooms") or cells.get("room", "")).strip())))
    wanted = tuple(it for it in wanted if it)
    if not serial or (why := problem(serial, LONGEST_SERIAL)):
        errors.append("serial: is required" if not serial else f"serial: {why}")
    if why := problem(name, LONGEST_NAME):
        errors.append(f"name: {why}")
    errors += [f"rooms: there is no room {it[:64]}" for it in wanted if it not in slugs]
    if len(wanted) > MOST_ROOMS:
        errors.append(f"rooms: at most {MOST_ROOMS}")
    if bool(wanted) == bool(board):
        errors.append("rooms or board: one of them is required, and not both")
    place = _place(house, board, errors) if board else None
    line = Line(row.line, serial, wanted, board, name, new=True, errors=tuple(errors))
    return line, Expected(serial, tuple(slugs[it] for it in wanted if it in slugs), place, name, now)


def _place(house: HouseMap, board: str, errors: list[str]) -> int | None:
    fit = spoken_of(house.places, board)
    if len(fit) != 1:
        errors.append(f"board: {'there is no' if not fit else 'several are a'} place {board[:100]}")
        return None
    return fit[0].number


def _within(house: HouseMap, it: Expected, place: int) -> bool:
    """Whether all that a device is expected for lies in a place."""
    if it.place is not None:
        return it.place in house.places and place in above(house.places, it.place)
    return all(number in house.rooms and place in house.rooms[number].within for number in it.rooms)


def _sheet(data: bytes) -> Sheet:
    sheet = read(data)
    columns = {it.lower() for it in sheet.columns}
    if "serial" not in columns or not columns & {"room", "rooms", "board"}:
        raise Invalid({"file": f"needs the columns serial and rooms; it may have {_listed(COLUMNS)}"})
    return sheet


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words)


def _bounded(count: int, days: int, name: str) -> None:
    bad = {}
    if not 1 <= count <= MOST_DEVICES:
        bad["count"] = f"1 to {MOST_DEVICES}"
    if not 1 <= days <= MOST_DAYS:
        bad["days"] = f"1 to {MOST_DAYS}"
    if (why := problem(name, LONGEST_NAME)) is not None:
        bad["name"] = why
    if bad:
        raise Invalid(bad)
