"""Devices that ask to be let in, those that are expected, keys that enrol many, and the lives of devices: rows."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from server.core.clock import epoch, from_epoch
from server.store.database import Row, Tx
from server.store.fields import instant, numbers, seconds

_PAIRING = (
    "id, digest, prefix, state, address, serial, model, version, glass, fingerprint, began_at, seen_at, expires_at"
)
_ENROLMENT = "id, prefix, name, place_id, most, used, made_at, ends_at, revoked_at"


@dataclass(frozen=True, slots=True)
class Asking:
    """A device that asks to be let in. `state`: waiting or refused; `address` is a digest of where it asks from."""

    number: int
    digest: str
    prefix: str
    state: str
    address: str
    serial: str
    model: str
    version: str
    glass: str
    fingerprint: str
    began_at: datetime
    seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Expected:
    """What a serial number is to become: a panel of these rooms in their order, or the board of a place."""

    serial: str
    rooms: tuple[int, ...]
    place: int | None
    name: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A key that lets devices into a place (and all below it): `used` of `most` until `ends_at`."""

    number: int
    prefix: str
    name: str
    place: int
    most: int
    used: int
    made_at: datetime
    ends_at: datetime
    revoked_at: datetime | None = None


def _asking(row: Row) -> Asking:
    number, digest, prefix, state, address, serial, model, version, glass, fingerprint, began, seen, expires = row
    return Asking(
        number, digest, prefix, state, address, serial, model, version, glass, fingerprint,
        from_epoch(began), from_epoch(seen), from_epoch(expires),
    )  # fmt: skip


def by_digest(tx: Tx, digest: str) -> Asking | None:
    row = tx.one(f"SELECT {_PAIRING} FROM pairing WHERE digest = ?", (digest,))
    return _asking(row) if row else None


def by_code(tx: Tx, code: str, now: datetime) -> Asking | None:
    """Who waits and shows the code of that digest; None where nobody does (any more)."""
    sql = f"SELECT {_PAIRING} FROM pairing WHERE code = ? AND state = 'waiting' AND expires_at > ?"
    row = tx.one(sql, (code, epoch(now)))
    return _asking(row) if row else None


def take(tx: Tx, code: str, now: datetime) -> Asking | None:
    """The same, and takes it away: of two at once only one has it."""
    row = tx.one(
        f"DELETE FROM pairing WHERE code = ? AND state = 'waiting' AND expires_at > ? RETURNING {_PAIRING}",
        (code, epoch(now)),
    )
    return _asking(row) if row else None


def waiting(tx: Tx, now: datetime, seen: datetime) -> list[Asking]:
    """All that wait, were heard since `seen`, and show a code that is good; who waits longest first."""
    rows = tx.rows(
        f"SELECT {_PAIRING} FROM pairing WHERE state = 'waiting' AND expires_at > ? AND seen_at >= ? ORDER BY id",
        (epoch(now), epoch(seen)),
    )
    return [_asking(row) for row in rows]


def code_taken(tx: Tx, code: str) -> bool:
    return tx.one("SELECT 1 FROM pairing WHERE code = ?", (code,)) is not None


def counted(tx: Tx, address: str, but: str) -> tuple[int, int]:
    """How many ask in all, and how many from one address; not the one of the digest `but`."""
    sql = "SELECT count(*), coalesce(sum(CASE WHEN address = ? THEN 1 ELSE 0 END), 0) FROM pairing WHERE digest <> ?"
    total, there = tx.rows(sql, (address, but))[0]
    return int(total), int(there)


def put(tx: Tx, it: Asking, code: str) -> None:
    """Writes who asks, new or again, with the digest of a code that is shown from now on; an older one is void."""
    tx.run(
        "INSERT INTO pairing (digest, prefix, code, state, address, serial, model, version, glass, fingerprint, "
        "began_at, seen_at, expires_at) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (digest) DO UPDATE SET "
        "prefix = excluded.prefix, code = excluded.code, state = excluded.state, address = excluded.address, "
        "serial = excluded.serial, model = excluded.model, version = excluded.version, glass = excluded.glass, "
        "fingerprint = excluded.fingerprint, seen_at = excluded.seen_at, expires_at = excluded.expires_at",
        (it.digest, it.prefix, code, it.state, it.address, it.serial, it.model, it.version, it.glass, it.fingerprint,
         epoch(it.began_at), epoch(it.seen_at), epoch(it.expires_at)),
    )  # fmt: skip


def refuse(tx: Tx, number: int, until: datetime) -> None:
    """The device is not let in, and told so until then; its code is void."""
    tx.run("UPDATE pairing SET state = 'refused', code = NULL, expires_at = ? WHERE id = ?", (epoch(until), number))


def seen(tx: Tx, digest: str, at: datetime) -> None:
    """The device has asked what became of it."""
    tx.run("UPDATE pairing SET seen_at = ? WHERE digest = ?", (epoch(at), digest))


def forget(tx: Tx, digest: str) -> None:
    tx.run("DELETE FROM pairing WHERE digest = ?", (digest,))


def make_room(tx: Tx, unseen: datetime, share: int) -> bool:
    """Removes who has not asked since then, for longest, or else who came last to the address that has most.

    That has to have more than `share`. False where there is none.
    """
    gone = (
        ("SELECT id FROM pairing WHERE seen_at < ? ORDER BY seen_at, id LIMIT 1", epoch(unseen)),
        ("SELECT id FROM pairing WHERE address = (SELECT address FROM pairing GROUP BY address HAVING count(*) > ? "
         "ORDER BY count(*) DESC, address LIMIT 1) ORDER BY id DESC LIMIT 1", share),
    )  # fmt: skip
    return any(tx.one(f"DELETE FROM pairing WHERE id = ({which}) RETURNING id", (by,)) for which, by in gone)


def tidy(tx: Tx, now: datetime, unseen: datetime) -> int:
    """Removes those whose time is over, and who wait and have not asked since `unseen`; returns how many."""
    rows = tx.rows(
        "DELETE FROM pairing WHERE expires_at <= ? OR (state = 'waiting' AND seen_at < ?) RETURNING id",
        (epoch(now), epoch(unseen)),
    )
    return len(rows)


def _expected(row: Row) -> Expected:
    serial, rooms, place, name, made = row
    return Expected(serial, numbers(rooms), place, name, from_epoch(made))


def expected(tx: Tx) -> list[Expected]:
    """All that are expected, by serial number."""
    return [_expected(row) for row in tx.rows("SELECT serial, rooms, place_id, name, made_at FROM expected ORDER BY 1")]


def expected_of(tx: Tx, serials: Collection[str]) -> dict[str, Expected]:
    """What these serial numbers are to become, those that are expected."""
    if not serials:
        return {}
    marks = ",".join("?" * len(serials))
    sql = f"SELECT serial, rooms, place_id, name, made_at FROM expected WHERE serial IN ({marks})"
    return {row[0]: _expected(row) for row in tx.rows(sql, tuple(serials))}


def expect(tx: Tx, those: Iterable[Expected]) -> None:
    """Writes what is expected, new or anew."""
    tx.many(
        "INSERT INTO expected (serial, rooms, place_id, name, made_at) VALUES (?,?,?,?,?) ON CONFLICT (serial) "
        "DO UPDATE SET rooms = excluded.rooms, place_id = excluded.place_id, name = excluded.name, "
        "made_at = excluded.made_at",
        [(it.serial, ",".join(map(str, it.rooms)), it.place, it.name, epoch(it.made_at)) for it in those],
    )


def unexpect(tx: Tx, serial: str) -> bool:
    """Removes what is expected of a serial number; False where nothing was."""
    return tx.one("DELETE FROM expected WHERE serial = ? RETURNING serial", (serial,)) is not None


def _enrolment(row: Row) -> Enrolment:
    number, prefix, name, place, most, used, made, ends, revoked = row
    made_at, ends_at = from_epoch(made), from_epoch(ends)
    return Enrolment(number, prefix, name, place, most, used, made_at, ends_at, instant(revoked))


def enrolments(tx: Tx) -> list[Enrolment]:
    """Every enrolment key, those that are over too, in the order of their making."""
    return [_enrolment(row) for row in tx.rows(f"SELECT {_ENROLMENT} FROM enrolment ORDER BY id")]


def enrolment(tx: Tx, number: int) -> Enrolment | None:
    row = tx.one(f"SELECT {_ENROLMENT} FROM enrolment WHERE id = ?", (number,))
    return _enrolment(row) if row else None


def insert_enrolment(tx: Tx, it: Enrolment, digest: str) -> int:
    """Writes a new enrolment key; returns its number."""
    row = tx.one(
        "INSERT INTO enrolment (digest, prefix, name, place_id, most, made_at, ends_at) VALUES (?,?,?,?,?,?,?) "
        "RETURNING id",
        (digest, it.prefix, it.name, it.place, it.most, epoch(it.made_at), epoch(it.ends_at)),
    )
    return int(row[0]) if row else 0


_LETS_IN = "digest = ? AND used < most AND ends_at > ? AND revoked_at IS NULL"


def lets_in(tx: Tx, digest: str, now: datetime) -> bool:
    """Whether the enrolment key of that digest lets one more in."""
    return tx.one(f"SELECT 1 FROM enrolment WHERE {_LETS_IN}", (digest, epoch(now))) is not None


def use_enrolment(tx: Tx, digest: str, now: datetime) -> Enrolment | None:
    """Counts one more device let in by the key of that digest; None where it lets in no more."""
    row = tx.one(
        f"UPDATE enrolment SET used = used + 1 WHERE {_LETS_IN} RETURNING {_ENROLMENT}",
        (digest, epoch(now)),
    )
    return _enrolment(row) if row else None


def end_enrolment(tx: Tx, number: int, at: datetime) -> None:
    tx.run("UPDATE enrolment SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL", (epoch(at), number))


def tidy_enrolments(tx: Tx, before: datetime) -> int:
    """Removes the keys whose days were over before then; returns how many."""
    return len(tx.rows("DELETE FROM enrolment WHERE ends_at < ? RETURNING id", (epoch(before),)))


def life(tx: Tx, device: int, name: str) -> tuple[datetime, datetime | None] | None:
    """Since when a device has had a life, and when another followed it; None where the life is new."""
    row = tx.one("SELECT since, followed_at FROM life WHERE device_id = ? AND life = ?", (device, name))
    return (from_epoch(row[0]), instant(row[1])) if row else None


def begun_since(tx: Tx, device: int, at: datetime) -> bool:
    """Whether a life of the device has begun in the minute after that instant."""
    sql = "SELECT 1 FROM life WHERE device_id = ? AND since > ? AND since <= ?"
    return tx.one(sql, (device, epoch(at), epoch(at) + 60)) is not None


def begin_life(tx: Tx, device: int, name: str, at: datetime, keep: int) -> None:
    """A new life follows the one there was; of a device's lives the newest `keep` are remembered."""
    tx.run("UPDATE life SET followed_at = ? WHERE device_id = ? AND followed_at IS NULL", (seconds(at), device))
    tx.run(
        "INSERT INTO life (device_id, life, since) VALUES (?,?,?) ON CONFLICT DO NOTHING", (device, name, seconds(at))
    )
    tx.run(
        "DELETE FROM life WHERE device_id = ? AND followed_at IS NOT NULL AND life NOT IN ("
        "SELECT life FROM life WHERE device_id = ? ORDER BY followed_at IS NULL DESC, followed_at DESC, life LIMIT ?)",
        (device, device, keep),
    )


def forget_lives(tx: Tx, device: int) -> None:
    tx.run("DELETE FROM life WHERE device_id = ?", (device,))
