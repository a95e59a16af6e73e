"""Occurrences and what they hold: one function places a booking, so its row and its holds can't disagree."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from peewee import SQL

from server.core.claims import Taking
from server.core.clock import epoch, from_epoch
from server.core.model import Booking, Standing
from server.core.period import Period
from server.core.policy import LONGEST
from server.store import claims, holds
from server.store.database import Row, Tx
from server.store.fields import details_text, details_value, instant, numbers, seconds, storable
from server.store.holds import DEEP, REACH, Held, deep
from server.store.tables import OCCURRENCE, hold, listed, occurrence

COLUMNS = listed(OCCURRENCE)
OF_O = listed(OCCURRENCE, "o")


def value(row: Row) -> Booking:
    """The booking of a row with the columns OCCURRENCE; answers that were kept by older versions lack the last ones."""
    (
        id_, uid, series, original, rooms, starts, ends, standing, title, organizer, email, description, source,
        made_by, made_at, changed_at, planned_end, checked_in_at, ended_at, version, *more,
    ) = row  # fmt: skip
    usual: Row = (None, None, "{}", 0)
    series_uid, owner, details, credits = (*more, *usual[len(more) :])
    return Booking(
        id_, uid, numbers(rooms), from_epoch(starts), from_epoch(ends), Standing(standing), title, organizer, email,
        description, source, made_by, from_epoch(made_at), from_epoch(changed_at), series, instant(original),
        instant(planned_end), instant(checked_in_at), instant(ended_at), version, series_uid, owner,
        details_value(details), credits,
    )  # fmt: skip


def columns(it: Booking) -> list[object]:
    """The booking as the columns OCCURRENCE, its id first."""
    return [
        it.id, it.uid, it.series, seconds(it.original_start), ",".join(map(str, it.rooms)), epoch(it.starts),
        epoch(it.ends), it.standing.value, it.title, it.organizer, it.organizer_email, it.description, it.source,
        it.made_by, epoch(it.made_at), epoch(it.changed_at), seconds(it.planned_end), seconds(it.checked_in_at),
        seconds(it.ended_at), it.version, it.series_uid, it.owner, details_text(it.details), it.credits,
    ]  # fmt: skip


def by_uid(tx: Tx, uid: str) -> Booking | None:
    row = tx.one(f"SELECT {COLUMNS} FROM occurrence WHERE uid = ?", (uid,)) if storable(uid) else None
    return value(row) if row else None


def by_ids(tx: Tx, ids: Collection[int]) -> list[Booking]:
    """The bookings of these ids, in no order; unknown ones are left out."""
    if not ids:
        return []
    marks = ",".join("?" * len(ids))
    return [value(row) for row in tx.rows(f"SELECT {COLUMNS} FROM occurrence WHERE id IN ({marks})", tuple(ids))]


INSERT = f"INSERT INTO occurrence ({listed(OCCURRENCE[1:])}) VALUES ({','.join('?' * (len(OCCURRENCE) - 1))})"
HOLD = "INSERT INTO hold (occurrence_id, room_id, lane, held_from, held_to, active) VALUES "
UPDATE = f"UPDATE occurrence SET {', '.join(f'{column} = ?' for column in OCCURRENCE[1:])} WHERE id = ?"
UPDATE_HOLD = "UPDATE hold SET held_from = ?, held_to = ?, active = ? WHERE occurrence_id = ?"
UPDATE_LANE = "UPDATE hold SET lane = ?, held_from = ?, held_to = ?, active = ? WHERE occurrence_id = ? AND room_id = ?"
BARE = Taking()


def insert(tx: Tx, it: Booking, taking: Taking = BARE) -> int:
    """Writes a new booking, its holds and claims; returns its id. The database refuses an overlap of active holds."""
    row = tx.one(f"{INSERT} RETURNING id", columns(it)[1:])
    made = int(row[0]) if row else 0
    holds = _holds(it, made, taking)
    tx.run(HOLD + ",".join(["(?,?,?,?,?,?)"] * len(holds)), [cell for each in holds for cell in each])
    claims.write(tx, [(replace(it, id=made), taking.claims)] if taking.claims else ())
    return made


def insert_all(tx: Tx, fresh: Sequence[Booking], takings: Mapping[str, Taking] | None = None) -> list[Booking]:
    """Writes new bookings with their holds and claims (by uid), many in few steps; returns them with their ids."""
    given = takings or {}
    tx.many(INSERT, [columns(it)[1:] for it in fresh])
    marks = ",".join("?" * len(fresh))
    found = tx.rows(f"SELECT uid, id FROM occurrence WHERE uid IN ({marks})", [it.uid for it in fresh]) if fresh else []
    ids = {row[0]: int(row[1]) for row in found}
    one = HOLD + "(?,?,?,?,?,?)"
    tx.many(one, [each for it in fresh for each in _holds(it, ids[it.uid], given.get(it.uid, BARE))])
    made = [replace(it, id=ids[it.uid]) for it in fresh]
    claims.write(tx, [(it, given[it.uid].claims) for it in made if it.uid in given])
    return made


def update(tx: Tx, it: Booking, taking: Taking | None = None) -> None:
    """Writes every column of the booking and brings its holds and claims in line.

    `taking`: it lies in these lanes and claims this from now on; without, both are what they were.
    """
    tx.run(UPDATE, [*columns(it)[1:], it.id])
    tx.run(UPDATE_HOLD, _held(it)) if taking is None or not taking.lanes else _lay(tx, it, taking)
    if taking is None:
        claims.follow(tx, it)
    else:
        claims.drop(tx, [it.id])
        claims.write(tx, [(it, taking.claims)])


def update_all(tx: Tx, rows: Sequence[Booking], takings: Mapping[str, Taking] | None = None) -> None:
    """As `update`, for many in few steps: no two of them may want each other's former place. `takings` by uid."""
    given = takings or {}
    tx.many(UPDATE, [[*columns(it)[1:], it.id] for it in rows])
    laid = {it.uid for it in rows if given.get(it.uid, BARE).lanes}
    tx.many(UPDATE_HOLD, [_held(it) for it in rows if it.uid not in laid])
    for it in rows:
        if it.uid in laid:
            _lay(tx, it, given[it.uid])
    claims.follow_all(tx, [it.id for it in rows if it.uid not in given])
    claims.drop(tx, [it.id for it in rows if it.uid in given])
    claims.write(tx, [(it, given[it.uid].claims) for it in rows if it.uid in given])


def rehouse(tx: Tx, rows: Sequence[Booking]) -> None:
    """Gives bookings holds of the rooms that they are to have, which hold nothing until they are updated."""
    if rows:
        marks = ",".join("?" * len(rows))
        tx.run(f"DELETE FROM hold WHERE occurrence_id IN ({marks})", [it.id for it in rows])
        idle = [[it.id, room, 0, epoch(it.starts), epoch(it.ends), 0] for it in rows for room in it.rooms]
        tx.many(HOLD + "(?,?,?,?,?,?)", idle)


def _lay(tx: Tx, it: Booking, taking: Taking) -> None:
    tx.many(UPDATE_LANE, [[taking.lanes.get(room, 0), *_held(it), room] for room in it.rooms])


def _holds(it: Booking, number: int, taking: Taking) -> list[list[object]]:
    when = [epoch(it.starts), epoch(it.ends), int(it.standing.holding)]
    return [[number, room, taking.lanes.get(room, 0), *when] for room in it.rooms]


def _held(it: Booking) -> list[object]:
    return [epoch(it.starts), epoch(it.ends), int(it.standing.holding), it.id]


def around(tx: Tx, room: int, wish: Period, gap: timedelta) -> list[Held]:
    """What holds one room over the time widened by the gap on both sides, by start."""
    return holds.around(tx, [(room, Period(wish.start - gap, wish.end + gap))])


def crowded(tx: Tx, room: int, wishes: Sequence[Period], gap: timedelta) -> set[Period]:
    """Those of the times that something holds or has at risk, or comes nearer to than the gap; one question for all.

    Holds of a lane never overlap, so the last that starts before a time's end is the last to end.
    """
    if not wishes:
        return set()
    marks = ",".join(f"({number},?,?)" for number in range(len(wishes)))
    bounds = [epoch(moment) for wish in wishes for moment in (wish.start - gap, wish.end + gap)]
    rows = tx.rows(
        f"WITH wish (number, low, high) AS (VALUES {marks}) SELECT number FROM wish WHERE (SELECT held_to FROM hold "
        "WHERE room_id = ? AND lane = 0 AND active = 1 AND held_from < high ORDER BY held_from DESC LIMIT 1) > low "
        "OR EXISTS (SELECT 1 FROM hold WHERE room_id = ? AND active = 1 AND lane > 0 AND held_from < high "
        f"AND held_from > low - {REACH} AND held_to > low) "
        "OR EXISTS (SELECT 1 FROM occurrence o JOIN hold h ON h.occurrence_id = o.id AND h.room_id = ? "
        "WHERE o.standing = 'at_risk' AND o.starts < high AND o.ends > low)",
        (*bounds, room, room, room),
    )
    return {wishes[row[0]] for row in rows}


def holding(tx: Tx, room: int, window: Period) -> list[Booking]:
    """The bookings that hold a room within the window, by start. No LIMIT: the law bounds how many there can be."""
    low, high = epoch(window.start), epoch(window.end)
    of_hold = "FROM hold WHERE room_id = ? AND lane = 0 AND active = 1"
    rows = tx.rows(
        f"SELECT {COLUMNS} FROM occurrence WHERE id IN (SELECT occurrence_id {of_hold} AND held_to > ? "
        "AND held_from < ? AND held_from >= "
        f"coalesce((SELECT held_from {of_hold} AND held_from <= ? ORDER BY held_from DESC LIMIT 1), ?) "
        f"UNION ALL SELECT h.occurrence_id FROM hold h WHERE {DEEP})",
        (room, low, high, room, low, low, *deep(room, low, high)),
    )
    return sorted((value(row) for row in rows), key=lambda it: (it.starts, it.id))


def at_risk(tx: Tx, room: int, window: Period) -> list[Booking]:
    """The bookings of a room within the window that wait for a door's word, by start. They hold nothing yet."""
    rows = tx.rows(
        f"SELECT {OF_O} FROM occurrence o WHERE o.standing = 'at_risk' AND o.starts < ? AND o.ends > ? "
        "AND EXISTS (SELECT 1 FROM hold h WHERE h.occurrence_id = o.id AND h.room_id = ?) ORDER BY o.starts, o.id",
        (epoch(window.end), epoch(window.start), room),
    )
    return [value(row) for row in rows]


def holding_all(tx: Tx, rooms: Sequence[int], window: Period) -> list[Booking]:
    """The bookings that hold any of these rooms within the window, by start; one of several of them once."""
    found = {it.id: it for room in rooms for it in holding(tx, room, window)}
    return list(found.values()) if len(rooms) == 1 else sorted(found.values(), key=lambda it: (it.starts, it.id))


def between(
    tx: Tx,
    room: int,
    window: Period | None,
    *,
    standings: Collection[Standing],
    after: tuple[int, int] | None = None,
    limit: int | None = None,
) -> list[Booking]:
    """A room's bookings of these standings that touch the window, by (start, id), beginning after the cursor."""
    parts = [
        _between(tx, room, window, wanted, after, limit)
        for holding in (True, False)
        if (wanted := [s for s in standings if s.holding is holding])
    ]
    if any(standing.holding for standing in standings) and tx.one(ANY_DEEP, (room,)) is not None:
        parts.append(_deep_between(tx, room, window, standings, after, limit))
    found = sorted((it for part in parts for it in part), key=lambda it: (it.starts, it.id))
    return found[:limit]


def in_rooms(
    tx: Tx, rooms: Sequence[int], window: Period | None, *, standings: Collection[Standing],
    after: tuple[int, int] | None = None, limit: int | None = None,
) -> list[Booking]:  # fmt: skip
    """As `between`, of several rooms at once; a booking of several of them once."""
    found = {
        it.id: it for room in rooms for it in between(tx, room, window, standings=standings, after=after, limit=limit)
    }
    return sorted(found.values(), key=lambda it: (it.starts, it.id))[:limit]


ANY_DEEP = "SELECT 1 FROM hold WHERE room_id = ? AND active = 1 AND lane > 0 LIMIT 1"


def _deep_between(
    tx: Tx, room: int, window: Period | None, standings: Collection[Standing], after: tuple[int, int] | None,
    limit: int | None,
) -> list[Booking]:  # fmt: skip
    """What lies in the further lanes of a room, by (start, id), beginning after the cursor."""
    wanted = [standing.value for standing in standings if standing.holding]
    query = f"SELECT {OF_O} FROM hold h JOIN occurrence o ON o.id = h.occurrence_id WHERE "
    values: list[object] = [room]
    if window is None:
        query += "h.room_id = ? AND h.active = 1 AND h.lane > 0"
    else:
        query += DEEP
        values = [*deep(room, epoch(window.start), epoch(window.end))]
    query += f" AND o.standing IN ({','.join('?' * len(wanted))})"
    values += wanted
    if after is not None:
        query += " AND h.held_from >= ? AND (h.held_from > ? OR o.id > ?)"
        values += [after[0], *after]
    query += " ORDER BY h.held_from, o.id"
    if limit is not None:
        query += " LIMIT ?"
        values.append(limit)
    return [value(row) for row in tx.rows(query, values)]


def _between(
    tx: Tx,
    room: int,
    window: Period | None,
    standings: Collection[Standing],
    after: tuple[int, int] | None,
    limit: int | None,
) -> list[Booking]:
    # All that hold or none: each of the two has its own index, and a question over both can use neither.
    it, held = occurrence.c, hold.c
    active = all(standing.holding for standing in standings)
    query = (
        occurrence.select(*(it[column] for column in OCCURRENCE))
        .join(hold, on=(held.occurrence_id == it.id))
        # Written out, not bound: only then does SQLite see that the partial index fits.
        .where((held.room_id == room) & (SQL("lane = 0 AND active = 1") if active else SQL("active = 0")))
        .where(it.standing.in_([s.value for s in standings]))
        .order_by(held.held_from, it.id)
    )
    if window is not None:
        low = epoch(window.start)
        # Older ones cannot reach in: no booking is longer than LONGEST, and what holds ends where the next begins.
        least = _before(tx, room, low) if active else low - LONGEST // timedelta(seconds=1)
        inside = (held.held_from < epoch(window.end)) & (held.held_to > low) & (held.held_from >= least)
        query = query.where(inside)
    if after is not None:
        start, id_ = after
        query = query.where((held.held_from >= start) & ((held.held_from > start) | (it.id > id_)))
    if limit is not None:
        query = query.limit(limit)
    return [value(row) for row in tx.query(query.tuples())]


def _before(tx: Tx, room: int, at: int) -> int:
    """Where the last hold that starts up to then starts, or then."""
    row = tx.one(
        "SELECT held_from FROM hold WHERE room_id = ? AND lane = 0 AND active = 1 AND held_from <= ? "
        "ORDER BY held_from DESC LIMIT 1",
        (room, at),
    )
    return int(row[0]) if row else at
