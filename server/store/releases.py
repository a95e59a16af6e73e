"""Bookings that run and that nobody has checked in to: how far their release has come, and what is known of it.

Decision: one statement finds them in all rooms. Holds of a lane never overlap, so what runs in a room is the last hold
that began: a look-up each, whatever is stored.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from server.core.clock import epoch, from_epoch
from server.core.model import Booking
from server.core.period import Period
from server.core.release import Course
from server.store import claims
from server.store.database import Row, Tx
from server.store.fields import instant, numbers, seconds
from server.store.holds import REACH

COURSE = (
    "occurrence_id", "series_id", "starts", "due_at", "outcome", "changed_at", "warned_at", "released_at", "freed_at",
    "minutes", "first_start", "seen_version", "version",
)  # fmt: skip
LISTED = ", ".join(COURSE)
ASKS = '%"check_in": true%'
"""How the policy of a room that asks for check-in is written (fields.policy_text)."""


@dataclass(frozen=True, slots=True)
class Former:
    """A booking whose people may still be there."""

    booking: int
    rooms: tuple[int, ...]
    ends: datetime


@dataclass(frozen=True, slots=True)
class Awaited:
    """A booking that runs, is accepted, and that nobody has checked in to. `former`: the one next before it, where that
    was of the same people, who came and did not end it early.
    """

    booking: int
    rooms: tuple[int, ...]
    period: Period
    made_by: str
    source: str
    course: Course | None
    former: Former | None = None


_OF_O = ", ".join(f"r.{column}" for column in COURSE)
_NEXT_BEFORE = (
    "(SELECT id FROM hold WHERE room_id = h.room_id AND lane = h.lane AND active = 1 AND held_from < h.held_from "
    "AND grant_id IS NULL ORDER BY held_from DESC LIMIT 1)"
)
_SELECT = f"SELECT o.id, o.rooms, o.starts, o.ends, o.made_by, o.source, f.id, f.rooms, f.ends, {_OF_O} FROM "
_JOINED = (
    "JOIN occurrence o ON o.id = h.occurrence_id AND o.checked_in_at IS NULL AND o.standing = 'accepted' "
    "LEFT JOIN release r ON r.occurrence_id = o.id "
    f"LEFT JOIN hold p ON p.id = {_NEXT_BEFORE} AND p.held_to >= h.held_from - 86400 "
    "LEFT JOIN occurrence f ON f.id = p.occurrence_id AND f.checked_in_at IS NOT NULL AND f.ended_at IS NULL "
    "AND (f.owner_id = o.owner_id OR (f.organizer_email <> '' AND lower(f.organizer_email) = lower(o.organizer_email)))"
)
_AWAITED = (
    f"{_SELECT} room m CROSS JOIN hold h {_JOINED} "
    "WHERE m.policy LIKE ? AND h.id = (SELECT id FROM hold WHERE room_id = m.id AND lane = 0 AND active = 1 "
    "AND held_from <= ? ORDER BY held_from DESC LIMIT 1) AND h.held_to > ? "
    f"UNION ALL {_SELECT} room m CROSS JOIN hold h {_JOINED} "
    "WHERE m.policy LIKE ? AND h.room_id = m.id AND h.active = 1 AND h.lane > 0 AND h.held_from <= ? "
    f"AND h.held_from > ? - {REACH} AND h.held_to > ?"
)


def awaited(tx: Tx, now: datetime) -> list[Awaited]:
    """All that runs now in rooms that ask for check-in and waits for its people; one of several rooms once."""
    at = epoch(now)
    found: dict[int, Awaited] = {}
    for row in tx.rows(_AWAITED, (ASKS, at, at, ASKS, at, at, at)):
        number, rooms, starts, ends, made_by, source, former, there, until, *course = row
        if number in found and found[number].former is not None:
            continue
        found[number] = Awaited(
            number, numbers(rooms), Period(from_epoch(starts), from_epoch(ends)), made_by, source,
            _course(tuple(course)) if course[0] is not None else None,
            Former(former, numbers(there), from_epoch(until)) if former is not None else None,
        )  # fmt: skip
    return list(found.values())


def _course(row: Row) -> Course:
    number, series, starts, due, outcome, changed, warned, released, freed, minutes, first, seen, version = row
    return Course(
        number, series, from_epoch(starts), from_epoch(due), outcome, from_epoch(changed), instant(warned),
        instant(released), instant(freed), minutes, instant(first), None if version is None else (seen, version),
    )  # fmt: skip


def courses(tx: Tx, bookings: Collection[int]) -> dict[int, Course]:
    """How far it has come with these bookings, by their numbers; those that were never looked for are not in it."""
    if not bookings:
        return {}
    marks = ",".join("?" * len(bookings))
    rows = tx.rows(f"SELECT {LISTED} FROM release WHERE occurrence_id IN ({marks})", tuple(bookings))
    return {row[0]: _course(row) for row in rows}


_PUT = f"INSERT INTO release ({LISTED}) "
# An array a column: psycopg takes thousands of single values apart far more slowly.
_PUT_ALL = (
    f"{_PUT}SELECT * FROM unnest("
    + ", ".join("?::text[]" if column == "outcome" else "?::bigint[]" for column in COURSE)
    + ") WHERE true"
)
_AGAIN = " ON CONFLICT (occurrence_id) DO UPDATE SET " + ", ".join(f"{it} = excluded.{it}" for it in COURSE[1:])
_MARKS = f"({','.join('?' * len(COURSE))})"


def put(tx: Tx, those: Iterable[Course]) -> None:
    """Writes these, each in the place of the one there was of its booking; at most a few hundred."""
    rows = [
        (it.booking, it.series, epoch(it.starts), epoch(it.due), it.outcome, epoch(it.changed_at),
         seconds(it.warned_at), seconds(it.released_at), seconds(it.freed_at), it.minutes, seconds(it.first_start),
         *(it.versions or (None, None)))
        for it in those
    ]  # fmt: skip
    if rows and tx.postgres:
        tx.run(f"{_PUT_ALL}{_AGAIN}", [list(column) for column in zip(*rows, strict=True)])
    elif rows:
        tx.run(f"{_PUT}VALUES {','.join([_MARKS] * len(rows))}{_AGAIN}", [cell for row in rows for cell in row])


TIMES = ("starts", "ends", "planned_end", "checked_in_at", "ended_at", "changed_at", "version")
_TIMED = "(" + ",".join("?" * (len(TIMES) + 1)) + ")"
_ARRAYS = ", ".join(["?::bigint[]"] * (len(TIMES) + 1))
_FOLLOW = (
    "UPDATE hold SET held_from = o.starts, held_to = o.ends FROM occurrence o WHERE o.id = hold.occurrence_id AND "
)


def move_all(tx: Tx, those: Sequence[Booking]) -> None:
    """Writes the times, the presence and the version of bookings, and nothing else of them; holds and claims follow.

    At most a few hundred, in three statements; no two may want each other's former place.
    """
    if not those:
        return
    cells = [
        (it.id, epoch(it.starts), epoch(it.ends), seconds(it.planned_end), seconds(it.checked_in_at),
         seconds(it.ended_at), epoch(it.changed_at), it.version)
        for it in those
    ]  # fmt: skip
    ids = [it.id for it in those]
    values = f"SELECT * FROM unnest({_ARRAYS})" if tx.postgres else f"VALUES {','.join([_TIMED] * len(cells))}"
    tx.run(
        f"WITH v (id, {', '.join(TIMES)}) AS ({values}) UPDATE occurrence SET "
        f"{', '.join(f'{it} = v.{it}' for it in TIMES)} FROM v WHERE v.id = occurrence.id",
        [list(it) for it in zip(*cells, strict=True)] if tx.postgres else [cell for row in cells for cell in row],
    )
    if tx.postgres:
        tx.run(f"{_FOLLOW}o.id = ANY(?::bigint[])", [ids])
    else:
        tx.run(f"{_FOLLOW}o.id IN ({','.join('?' * len(ids))})", ids)
    claims.follow_all(tx, ids)


def forget_came(tx: Tx, booking: int) -> None:
    """People are not there after all: it begins anew."""
    tx.run("DELETE FROM release WHERE occurrence_id = ? AND outcome = 'came'", (booking,))


def lately(tx: Tx, since: datetime, limit: int) -> list[Course]:
    """The newest courses that something happened in since then, newest first."""
    rows = tx.rows(
        f"SELECT {LISTED} FROM release WHERE changed_at >= ? ORDER BY changed_at DESC, occurrence_id DESC LIMIT ?",
        (epoch(since), limit),
    )
    return [_course(row) for row in rows]


def unjudged(tx: Tx, limit: int) -> list[tuple[int, int]]:
    """Dates of series that were given back and not yet counted as strikes: (booking, series), oldest first."""
    rows = tx.rows(
        "SELECT occurrence_id, series_id FROM release "
        "WHERE outcome = 'freed' AND struck IS NULL AND series_id IS NOT NULL ORDER BY occurrence_id LIMIT ?",
        (limit,),
    )
    return [(row[0], row[1]) for row in rows]


def judge(tx: Tx, booking: int) -> bool:
    """Marks a date as counted; False where it was already."""
    row = tx.one(
        "UPDATE release SET struck = 1 WHERE occurrence_id = ? AND struck IS NULL RETURNING occurrence_id", (booking,)
    )
    return row is not None


def strikes(tx: Tx, series: int) -> int:
    """Dates of a series in a row that were given back since somebody last came to one."""
    row = tx.one(
        "SELECT count(*) FROM release WHERE series_id = ? AND outcome = 'freed' AND starts > coalesce("
        "(SELECT max(starts) FROM occurrence WHERE series_id = ? AND checked_in_at IS NOT NULL), 0)",
        (series, series),
    )
    return int(row[0]) if row else 0


@dataclass(frozen=True, slots=True)
class Panel:
    """What is known of a panel: since when it has painted, up to when all that was done at it has reached us.

    `gone_at`: when its key was revoked or ends; what it owed then never comes. `said`: its last heartbeat (JSON), which
    came at `seen_at`.
    """

    painted_since: datetime | None
    settled_at: datetime | None
    touch: str
    gone_at: datetime | None = None
    seen_at: datetime | None = None
    said: str = ""


def panels(tx: Tx, since: datetime, heard: datetime) -> dict[int, list[Panel]]:
    """The panels that were in use at any time since then, by the number of each room that they show.

    A panel has painted a room at most since it was given to it, and speaks of none that was taken from it. One that
    runs with a token is in use as long as the token, where it was heard since the instant `heard`.
    """
    found: dict[int, list[Panel]] = {}
    for room, given, painted, settled, touch, gone, seen, said in tx.rows(
        "SELECT dr.room_id, dr.since, d.painted_since, d.settled_at, d.touch, d.revoked_at, d.seen_at, d.heartbeat "
        "FROM device_room dr JOIN device d ON d.id = dr.device_id WHERE d.revoked_at IS NULL OR d.revoked_at > ? "
        "UNION ALL SELECT p.room_id, 0, p.painted_since, p.settled_at, p.touch, coalesce(t.revoked_at, t.expires_at), "
        "p.seen_at, '' FROM token_panel p JOIN token t ON t.id = p.token_id WHERE p.seen_at >= ? "
        "AND (t.revoked_at IS NULL OR t.revoked_at > ?) AND (t.expires_at IS NULL OR t.expires_at > ?) "
        "UNION ALL SELECT l.room_id, 0, NULL, NULL, d.touch, l.left_at, NULL, '' FROM device_left l "
        "JOIN device d ON d.id = l.device_id WHERE l.left_at > ?",
        (epoch(since), epoch(heard), epoch(since), epoch(since), epoch(since)),
    ):
        since_when = instant(None if painted is None else max(painted, given))
        found.setdefault(room, []).append(
            Panel(since_when, instant(settled), touch, instant(gone), instant(seen), said or "")
        )
    return found


def up(tx: Tx, since: datetime) -> list[Period]:
    """The times since then in which the server did its rounds, in order."""
    rows = tx.rows("SELECT since, until FROM alive WHERE until >= ? ORDER BY since", (epoch(since),))
    return [Period(from_epoch(low), from_epoch(high)) for low, high in rows if high > low]


def written_to(tx: Tx, bookings: Sequence[int]) -> set[int]:
    """Those of the bookings whose people were sent a letter with a link that says they are here, which a mail server
    has taken; not what was only told to a webhook, or to nobody."""
    if not bookings:
        return set()
    marks = ",".join("?" * len(bookings))
    rows = tx.rows(
        "SELECT DISTINCT occurrence_id FROM link WHERE purpose = 'here' AND sent_at IS NOT NULL "
        f"AND occurrence_id IN ({marks})",
        tuple(bookings),
    )
    return {row[0] for row in rows}
