"""Series, the dates they leave out, and their occurrences by address."""

from collections.abc import Collection
from datetime import datetime

from server.core.clock import epoch, from_epoch
from server.core.model import Booking, LeftOut, Series, Standing
from server.core.period import Period
from server.core.recurrence import Length, Pattern, restored
from server.store.bookings import COLUMNS, value
from server.store.database import Row, Tx
from server.store.fields import details_text, details_value, numbers, storable
from server.store.tables import SERIES, listed

ALL = listed(SERIES)


def series_value(row: Row) -> Series:
    """The series of a row with the columns SERIES."""
    (
        id_, uid, rooms, zone, start, since, until, lines, days, seconds, title, organizer, email, description, source,
        made_by, made_at, changed_at, carried_to, open_, version, *more,
    ) = row  # fmt: skip
    owner, details = more or (None, "{}")
    return Series(
        id_, uid, numbers(rooms), zone, pattern_value(start, since, until, lines), Length(days, seconds), title,
        organizer, email, description, source, made_by, from_epoch(made_at), from_epoch(changed_at),
        from_epoch(carried_to), bool(open_), version, owner, details_value(details),
    )  # fmt: skip


def pattern_value(start: str, since: str | None, until: str | None, lines: str) -> Pattern:
    """The pattern as `series_columns` wrote it."""
    since_wall, until_wall = (datetime.fromisoformat(text) if text else None for text in (since, until))
    return restored(tuple(lines.split("\n")) if lines else (), datetime.fromisoformat(start), since_wall, until_wall)


def series_columns(it: Series) -> list[object]:
    """The series as the columns SERIES, its id first."""
    pattern = it.pattern
    return [
        it.id, it.uid, ",".join(map(str, it.rooms)), it.zone, pattern.start.isoformat(),
        pattern.since.isoformat() if pattern.since else None, pattern.until.isoformat() if pattern.until else None,
        "\n".join(pattern.lines), it.length.days, it.length.seconds, it.title, it.organizer, it.organizer_email,
        it.description, it.source, it.made_by, epoch(it.made_at), epoch(it.changed_at), epoch(it.carried_to),
        int(it.open), it.version, it.owner, details_text(it.details),
    ]  # fmt: skip


def insert(tx: Tx, it: Series) -> int:
    """Writes a new series; returns its id."""
    marks = ",".join("?" * (len(SERIES) - 1))
    row = tx.one(f"INSERT INTO series ({listed(SERIES[1:])}) VALUES ({marks}) RETURNING id", series_columns(it)[1:])
    return int(row[0]) if row else 0


def update(tx: Tx, it: Series) -> None:
    """Writes every column of the series."""
    sets = ", ".join(f"{column} = ?" for column in SERIES[1:])
    tx.run(f"UPDATE series SET {sets} WHERE id = ?", [*series_columns(it)[1:], it.id])


def by_uid(tx: Tx, uid: str) -> Series | None:
    row = tx.one(f"SELECT {ALL} FROM series WHERE uid = ?", (uid,)) if storable(uid) else None
    return series_value(row) if row else None


def by_ids(tx: Tx, ids: Collection[int]) -> dict[int, Series]:
    """The series of these ids, by id; unknown ones are left out."""
    if not ids:
        return {}
    marks = ",".join("?" * len(ids))
    found = (series_value(row) for row in tx.rows(f"SELECT {ALL} FROM series WHERE id IN ({marks})", tuple(ids)))
    return {it.id: it for it in found}


def changed_at(tx: Tx, at: datetime) -> list[Series]:
    """The series that were changed last at that instant, the newest first."""
    rows = tx.rows(f"SELECT {ALL} FROM series WHERE changed_at = ? ORDER BY id DESC", (epoch(at),))
    return [series_value(row) for row in rows]


def every(tx: Tx) -> list[Series]:
    """Every series, the oldest first."""
    return [series_value(row) for row in tx.rows(f"SELECT {ALL} FROM series ORDER BY id")]


def to_carry(tx: Tx, before: datetime) -> list[int]:
    """The ids of open series that are carried less far than an instant, those left behind most first."""
    rows = tx.rows("SELECT id FROM series WHERE open = 1 AND carried_to < ? ORDER BY carried_to, id", (epoch(before),))
    return [int(row[0]) for row in rows]


def occurrences(tx: Tx, number: int) -> list[Booking]:
    """All occurrences that a series has, by address; cancelled ones too."""
    what = f"SELECT {COLUMNS} FROM occurrence WHERE series_id = ? ORDER BY original_start"
    return [value(row) for row in tx.rows(what, (number,))]


def occurrences_outside(tx: Tx, ids: Collection[int], window: Period) -> list[Booking]:
    """The occurrences of these series but for the accepted ones that touch the window; those whoever asks has."""
    if not ids:
        return []
    what = (
        f"SELECT {COLUMNS} FROM occurrence WHERE series_id IN ({','.join('?' * len(ids))}) "
        "AND (standing <> ? OR ends <= ? OR starts >= ?) ORDER BY series_id, original_start"
    )
    inside = (Standing.ACCEPTED.value, epoch(window.start), epoch(window.end))
    return [value(row) for row in tx.rows(what, (*ids, *inside))]


def occurrence(tx: Tx, number: int, at: datetime) -> Booking | None:
    """The occurrence with that address."""
    what = f"SELECT {COLUMNS} FROM occurrence WHERE series_id = ? AND original_start = ?"
    row = tx.one(what, (number, epoch(at)))
    return value(row) if row else None


def release(tx: Tx, ids: Collection[int]) -> None:
    """Takes the holds, claims and addresses of occurrences away, so that they can change places among themselves."""
    if ids:
        marks = ",".join("?" * len(ids))
        tx.run(f"UPDATE hold SET active = 0 WHERE occurrence_id IN ({marks})", tuple(ids))
        tx.run(f"UPDATE claim SET active = 0 WHERE occurrence_id IN ({marks})", tuple(ids))
        tx.run(f"UPDATE occurrence SET original_start = NULL WHERE id IN ({marks})", tuple(ids))


def left_out(tx: Tx, number: int) -> list[LeftOut]:
    """The dates that a series has and that hold nothing, by date."""
    rows = tx.rows("SELECT series_id, at, found_at, codes FROM left_out WHERE series_id = ? ORDER BY at", (number,))
    return [left_out_value(row) for row in rows]


def left_out_of(tx: Tx, ids: Collection[int]) -> dict[int, list[LeftOut]]:
    """What each of these series leaves out, by date."""
    if not ids:
        return {}
    what = f"SELECT series_id, at, found_at, codes FROM left_out WHERE series_id IN ({','.join('?' * len(ids))})"
    out: dict[int, list[LeftOut]] = {}
    for row in tx.rows(f"{what} ORDER BY series_id, at", tuple(ids)):
        out.setdefault(int(row[0]), []).append(left_out_value(row))
    return out


def left_out_since(tx: Tx, found: datetime) -> list[LeftOut]:
    """Every date that was left out since an instant, the newest find first."""
    rows = tx.rows(
        "SELECT series_id, at, found_at, codes FROM left_out WHERE found_at >= ? ORDER BY found_at DESC, series_id, at",
        (epoch(found),),
    )
    return [left_out_value(row) for row in rows]


def left_out_value(row: Row) -> LeftOut:
    return LeftOut(int(row[0]), from_epoch(row[1]), from_epoch(row[2]), tuple(row[3].split(",")) if row[3] else ())


def put_left_out(tx: Tx, number: int, entries: Collection[LeftOut]) -> None:
    """Replaces what a series leaves out."""
    tx.run("DELETE FROM left_out WHERE series_id = ?", (number,))
    add_left_out(tx, entries)


def add_left_out(tx: Tx, entries: Collection[LeftOut]) -> None:
    tx.many(
        "INSERT INTO left_out (series_id, at, found_at, codes) VALUES (?,?,?,?)",
        [(it.series, epoch(it.at), epoch(it.found_at), ",".join(it.codes)) for it in entries],
    )


def drop_left_out(tx: Tx, number: int, at: datetime) -> None:
    """The date holds something again, or is the series' no more."""
    tx.run("DELETE FROM left_out WHERE series_id = ? AND at = ?", (number, epoch(at)))
