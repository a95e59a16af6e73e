"""Sums over what was booked, for reports: counted by the database, or read by start in pages.

Bookings are told of once each, by their start; `rooms` is the text of their room numbers ("3" or "3,7").
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from server.core.clock import epoch
from server.core.model import Standing
from server.core.period import Period
from server.core.policy import LONGEST
from server.store.database import Row, Store, Tx

PAGE = 5_000
FEW = 12
REACH = int(LONGEST.total_seconds())


@dataclass(frozen=True, slots=True)
class Scope:
    """Which bookings: those that begin in [low, high) (epoch), in one of these rooms at least; None: in any.

    `owner`: only those that are this person's.
    """

    low: int
    high: int
    rooms: Collection[int] | None = None
    owner: int | None = None

    @property
    def where(self) -> str:
        """The condition on `occurrence o`; takes `low` and `high`."""
        return "o.starts >= ? AND o.starts < ?" + self.among

    @property
    def among(self) -> str:
        """The condition on rooms and owner; numbers only, so that it can stand in the statement as it is."""
        theirs = f" AND o.owner_id = {int(self.owner)}" if self.owner is not None else ""
        if self.rooms is None:
            return theirs
        if len(self.rooms) <= FEW:
            each = (f"',' || o.rooms || ',' LIKE '%,{int(number)},%'" for number in self.rooms)
            return f"{theirs} AND ({' OR '.join(each) or '1 = 0'})"
        listed = ",".join(str(int(number)) for number in self.rooms)
        return f"{theirs} AND EXISTS (SELECT 1 FROM hold h WHERE h.occurrence_id = o.id AND h.room_id IN ({listed}))"


def tally(tx: Tx, room: int, window: Period) -> dict[Standing, tuple[int, int]]:
    """By standing: how many bookings touch the window, and how many of its seconds they take."""
    low, high = epoch(window.start), epoch(window.end)
    out: dict[Standing, tuple[int, int]] = {}
    for part in ("h.lane = 0 AND h.active = 1", "h.lane > 0 AND h.active = 1", "h.active = 0"):  # one index each
        rows = tx.rows(
            "SELECT o.standing, count(*), sum(CASE WHEN h.held_to < ? THEN h.held_to ELSE ? END"
            " - CASE WHEN h.held_from > ? THEN h.held_from ELSE ? END)"
            " FROM hold h JOIN occurrence o ON o.id = h.occurrence_id"
            f" WHERE h.room_id = ? AND {part} AND h.held_from < ? AND h.held_to > ? AND h.held_from > ?"
            " GROUP BY o.standing",
            # No booking is longer than LONGEST, so older starts cannot reach in.
            (high, high, low, low, room, high, low, epoch(window.start - LONGEST)),
        )
        for standing, count, seconds in rows:
            before = out.get(Standing(standing), (0, 0))
            out[Standing(standing)] = (before[0] + int(count), before[1] + int(seconds))
    return out


def taken(store: Store, scope: Scope) -> Iterator[list[Row]]:
    """(rooms, starts, ends) of the accepted bookings that touch the time, by start, in pages; each page its own."""
    yield from pages(store, "o.rooms, o.starts, o.ends", replace(scope, low=scope.low - REACH),
                     f" AND o.standing = 'accepted' AND o.ends > {int(scope.low)}")  # fmt: skip


def pages(store: Store, columns: str, scope: Scope, more: str = "", *, limit: int = PAGE) -> Iterator[list[Row]]:
    """Columns of the bookings in their order, a page a transaction: however long it takes, nothing is held back.

    `more` is a further condition.
    """
    after = (scope.low, 0)
    sql = (
        f"SELECT {columns}, o.starts, o.id FROM occurrence o WHERE (o.starts, o.id) > (?, ?) AND o.starts < ?"
        f"{scope.among}{more} ORDER BY o.starts, o.id LIMIT {int(limit)}"
    )
    while True:
        with store.reading() as tx:
            if store.postgres:  # which would sort all that is left for each page, where it knows little of the table
                tx.run("SET LOCAL enable_sort = off")
            rows = tx.rows(sql, (*after, scope.high))
        if rows:
            yield [row[:-2] for row in rows]
        if len(rows) < limit:
            return
        after = (rows[-1][-2], rows[-1][-1])


def sparing(store: Store) -> None:
    """Keeps this thread's cache of SQLite small: who reads everything once has no use for it."""
    if not store.postgres:
        with store.reading() as tx:
            tx.rows("PRAGMA cache_size = -2000")


def many(tx: Tx, scope: Scope) -> int:
    """How many bookings begin there, whatever came of them."""
    return int(tx.rows(f"SELECT count(*) FROM occurrence o WHERE {scope.where}", (scope.low, scope.high))[0][0])


def counts(tx: Tx, scope: Scope) -> list[Row]:
    """By rooms: accepted, pending, declined, cancelled, cancelled within an hour of the start, at the door, came."""
    accepted = "o.standing = 'accepted'"
    kinds = [
        accepted, "o.standing = 'pending'", "o.standing = 'declined'", "o.standing = 'cancelled'",
        "o.standing = 'cancelled' AND o.changed_at > o.starts - 3600", f"{accepted} AND o.made_by LIKE 'device:%'",
        f"{accepted} AND o.checked_in_at IS NOT NULL",
    ]  # fmt: skip
    sums = ", ".join(f"sum(CASE WHEN {kind} THEN 1 ELSE 0 END)" for kind in kinds)
    sql = f"SELECT o.rooms, {sums} FROM occurrence o WHERE {scope.where} GROUP BY o.rooms"
    return _whole(tx.rows(sql, (scope.low, scope.high)))


def releases(tx: Tx, scope: Scope) -> list[Row]:
    """By rooms and what came of looking for the people: how many, and minutes given back."""
    sql = (
        "SELECT o.rooms, l.outcome, count(*), sum(l.minutes) FROM release l JOIN occurrence o ON o.id = l.occurrence_id"
        # A row of another start is of the booking as it was; a long hold is opened by moving its start.
        f" AND (l.starts = o.starts OR l.outcome = 'opened') WHERE {scope.where} GROUP BY o.rooms, l.outcome"
    )
    return _whole(tx.rows(sql, (scope.low, scope.high)))


def spread(tx: Tx, scope: Scope, figure: str, bounds: Sequence[int]) -> list[Row]:
    """How a figure of the accepted bookings spreads: place among the bounds (first one that is above), count, sum.

    `figure` is an expression in seconds over `occurrence o`.
    """
    ways = " ".join(f"WHEN {figure} < {int(bound)} THEN {at}" for at, bound in enumerate(bounds))
    sql = (
        f"SELECT CASE {ways} ELSE {len(bounds)} END AS step, count(*), sum({figure}) FROM occurrence o"
        f" WHERE {scope.where} AND o.standing = 'accepted' GROUP BY step ORDER BY step"
    )
    return _whole(tx.rows(sql, (scope.low, scope.high)))


KINDS = {"source": "o.source", "owner": "o.owner_id"}


def by(tx: Tx, scope: Scope, kind: str) -> list[Row]:
    """By door or by owner: all bookings, accepted, their seconds, cancelled, came, nobody came."""
    key = KINDS[kind]
    accepted = "CASE WHEN o.standing = 'accepted' THEN {} ELSE 0 END"
    sql = (
        f"SELECT {key}, count(*), sum({accepted.format('1')}), sum({accepted.format('o.ends - o.starts')}),"
        " sum(CASE WHEN o.standing = 'cancelled' THEN 1 ELSE 0 END),"
        f" sum({accepted.format('CASE WHEN o.checked_in_at IS NULL THEN 0 ELSE 1 END')}),"
        " sum(CASE WHEN l.outcome IN ('freed', 'observed') THEN 1 ELSE 0 END)"
        " FROM occurrence o LEFT JOIN release l ON l.occurrence_id = o.id AND l.starts = o.starts"
        f" WHERE {scope.where} GROUP BY {key}"
    )
    return _whole(tx.rows(sql, (scope.low, scope.high)))


def people(tx: Tx) -> Iterator[tuple[int, str, str, str]]:
    """Number, name, e-mail and department of everybody, in pages of a few thousand."""
    after = 0
    while True:
        rows = tx.rows(
            "SELECT id, first_name, last_name, email, department FROM person WHERE id > ? ORDER BY id LIMIT ?",
            (after, PAGE),
        )
        for number, first, last, email, department in rows:
            yield number, f"{first} {last}".strip(), email, department
        if len(rows) < PAGE:
            return
        after = rows[-1][0]


def _whole(rows: list[Row]) -> list[Row]:
    """The rows with sums as integers: PostgreSQL's are decimals."""
    return [tuple(it if it is None or isinstance(it, str) else int(it) for it in row) for row in rows]
