"""Opening a database, reading from it as of one instant, and the only way to write.

Decisions:
- `writing(work, rooms=…, also=…)` locks what the rules count over, the rooms first, then the rest by kind and number;
  runs `work`, lays anew what doors own of the rooms it changed (grants.py), and commits; on a deadlock or a race that
  the database's own law caught it runs `work` again (at most twice), so `work` must have no other effect than through
  `tx`.
- Changes noted by `work` are appended last, each with its link in the chain of the audit (core/audit.py). On PostgreSQL
  the row that says where the chain ends is locked just before, so that the order of commits is the order of `seq` and
  no cursor can pass a row that is still to come.
- peewee holds the connections (one a thread) and builds the filtered queries; the hot statements are plain SQL.
- Every statement uses `?`; PostgreSQL's form is derived from it once and kept.
"""

import hashlib
import json
import math
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar

import peewee

from server.core.access import Actor
from server.core.audit import link, written
from server.core.clock import epoch, monotonic
from server.core.errors import Later
from server.store.durations import Durations

T = TypeVar("T")
Row = tuple[Any, ...]
TELL_SQLITE = """INSERT INTO tell (
    seq, act, chain, at, what, room_id, subject, actor, source, codes, before, after, digest, salt, body) VALUES """
"""The view of migration 6, whose trigger writes a change, its text, and where the chain ends."""
TELL = "SELECT tell(?)"
"""The function of migration 6: it takes the feed's lock, numbers and links the changes, and writes them. They travel as
one JSON text, which costs a sixth of twelve arrays.
"""
TOLD = ("at", "what", "room_id", "subject", "actor", "source", "codes", "before", "after", "digest", "salt", "body")
TOGETHER = 100
"""Rows that one statement tells of, where it names each value."""
Word = Literal["unasked", "asked", "at_risk", "given"]
Lock = tuple[Literal["person", "accessory", "timetable"], int]
"""What rules count over beside rooms: its kind and number."""


class Connection(Protocol):
    """What apsw's and psycopg's connections have in common."""

    def execute(self, sql: str, params: Sequence[Any] = ...) -> Any: ...

    def cursor(self) -> Any: ...


@dataclass(frozen=True, slots=True)
class Note:
    """One change to append: ids and codes go to the feed, `text` to the erasable side table.

    `actor`: who did it, with the door they came through, or the name of what does things by itself. `before` and
    `after` are what was and what is now, without any text that people wrote.
    """

    at: datetime
    what: str
    room: int | None
    subject: int | None
    actor: Actor | str
    codes: tuple[str, ...] = ()
    text: dict[str, str] | None = None
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None


@dataclass(slots=True)
class Tx:
    """A transaction: statements with `?` placeholders, rows as tuples. `notes` are the changes to append at its end.

    `locked` are the rows of the rooms as they were when they were locked, where that read them (gathering.py), `rooms`
    the numbers of those, `held` what else is locked. In `doors` the grants of doors are laid anew at the end, and in
    rooms that are noted (grants.py). `until` is when a reading has to have ended, of the monotonic clock. `word` says
    what became of doors whose time is in the way (engine/door_time.py): they were not asked, or asked in vain; bookings
    may be made at risk of them; or it is only looked at what would be if they gave it.
    """

    connection: Connection
    database: peewee.Database
    postgres: bool
    notes: list[Note] = field(default_factory=list)
    locked: dict[int, Row] = field(default_factory=dict)
    held: set[Lock] = field(default_factory=set)
    rooms: frozenset[int] = frozenset()
    doors: set[int] = field(default_factory=set)
    until: float = math.inf
    word: Word = "unasked"

    def rows(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        """All rows of a statement; raises Later where this reading has taken too long."""
        if monotonic() > self.until:
            raise Later(1)
        cursor = self.connection.execute(percent(sql) if self.postgres else sql, params)
        return list(cursor.fetchall())

    def one(self, sql: str, params: Sequence[Any] = ()) -> Row | None:
        """The first row of a statement, or None."""
        found = self.rows(sql, params)
        return found[0] if found else None

    def run(self, sql: str, params: Sequence[Any] = ()) -> None:
        """A statement without rows."""
        self.connection.execute(percent(sql) if self.postgres else sql, params)

    def many(self, sql: str, each: Sequence[Sequence[Any]]) -> None:
        """The same statement without rows for each of these; PostgreSQL is not waited for one by one."""
        if each:
            self.connection.cursor().executemany(percent(sql) if self.postgres else sql, each)

    def query(self, query: peewee.BaseQuery) -> list[Row]:
        """All rows of a query that peewee builds."""
        execute: Callable[[peewee.BaseQuery], Any] = self.database.execute
        return list(execute(query).fetchall())

    def note(self, note: Note) -> None:
        self.notes.append(note)

    def append_notes(self) -> None:
        """Writes the noted changes, in order; called once, last, by the store."""
        if not self.notes:
            return
        told = [_Told(note) for note in self.notes]
        if self.postgres:
            rows = [dict(zip(TOLD, (*it.cells, it.salt, it.body), strict=True)) for it in told]
            self.run(TELL, (json.dumps(rows, ensure_ascii=False),))
            return
        seq, chain = self.rows("SELECT seq, chain FROM change_end")[0]
        act = seq + 1
        for number, it in enumerate(told, act):
            it.seq, it.act = number, act
            it.chain = chain = link(chain, (number, it.cells[0], act, *it.cells[1:]))
        for start in range(0, len(told), TOGETHER):
            self._tell(told[start : start + TOGETHER])

    def _tell(self, told: "list[_Told]") -> None:
        marks = ",".join(["(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"] * len(told))
        rows = ((it.seq, it.act, it.chain, *it.cells, it.salt, it.body) for it in told)
        self.run(TELL_SQLITE + marks, [cell for row in rows for cell in row])


class _Told:
    """A note as it is written: the cells of its row, its place in the chain, and its text with what proves it."""

    __slots__ = ("act", "body", "cells", "chain", "salt", "seq")

    def __init__(self, note: Note) -> None:
        self.seq, self.act, self.chain = 0, 0, ""
        self.body = json.dumps(note.text, sort_keys=True, ensure_ascii=False) if note.text else ""
        self.salt = secrets.token_hex(8) if note.text else ""
        digest = hashlib.sha256((self.salt + self.body).encode()).hexdigest() if note.text else ""
        actor, source = (note.actor, "") if isinstance(note.actor, str) else (note.actor.name, note.actor.source)
        self.cells = (
            epoch(note.at), note.what, note.room, note.subject, actor, source, ",".join(note.codes),
            written(note.before), written(note.after), digest,
        )  # fmt: skip


class Listening(Protocol):
    """Hears that something was committed, by whatever process. For one thread."""

    def wait(self, timeout: float) -> bool:
        """Until changes may have been committed since it last returned, at most so many seconds; whether it was told.

        Who waits looks after each wait, told or not: word may be lost (another process writes to the same file, the
        database was restarted), and a look costs little. Raises nothing: where the database is away it waits.
        """
        ...

    def wake(self) -> None:
        """Ends a wait, from any thread."""
        ...

    def close(self) -> None:
        """No more; for the thread that waits."""
        ...


class Store(Protocol):
    """A database, SQLite or PostgreSQL. Raises Later where it is busy or away, Full where it cannot save."""

    postgres: bool
    waits: Durations
    """How long writers waited for their turn or their rooms."""

    def reading(self) -> AbstractContextManager[Tx]:
        """A transaction that sees one instant of the database and writes nothing."""
        ...

    def writing(self, work: Callable[[Tx], T], *, rooms: Iterable[int] = (), also: Iterable[Lock] = ()) -> T:
        """Locks the rooms and what else is named, runs `work(tx)`, appends its notes, commits; returns its result."""
        ...

    @property
    def folder(self) -> Path | None:
        """Where its files lie; None where they are another server's."""
        ...

    def shorten(self, longest: int) -> None:
        """Empties the write-ahead log where that is longer than so many bytes."""
        ...

    def generation(self) -> int:
        """A number that differs whenever a change has been committed since it was last asked, by any process."""
        ...

    def listening(self) -> Listening:
        """An ear for what is committed from now on."""
        ...

    def migrate(self, now: datetime) -> list[str]:
        """Applies the missing steps of the schema and returns their names."""
        ...

    def pending(self) -> list[str]:
        """Names of the steps of the schema that are not applied."""
        ...

    def version(self) -> str:
        """The database's own name and version, for people."""
        ...

    def close(self) -> None:
        """Closes this thread's connection."""
        ...


LOCK_ALSO = "SELECT pg_advisory_xact_lock(l.kind, l.number) FROM unnest(?::int[], ?::int[]) AS l (kind, number)"
LOCK_KINDS = {"person": 0x4C494E11, "accessory": 0x4C494E12, "timetable": 0x4C494E13}


def lock_also(tx: Tx, also: Iterable[Lock]) -> None:
    """Locks what is not locked yet, by kind and number, so that no two wait for each other. SQLite has one writer."""
    missing = set(also) - tx.held
    if missing and tx.postgres:
        wanted = sorted((LOCK_KINDS[kind], number) for kind, number in missing)
        tx.rows(LOCK_ALSO, [list(column) for column in zip(*wanted, strict=True)])
    tx.held |= missing


@lru_cache(maxsize=512)
def percent(sql: str) -> str:
    """The statement with psycopg's placeholders."""
    return sql.replace("%", "%%").replace("?", "%s")


@contextmanager
def translated(translate: Callable[[BaseException], Exception | None]) -> Iterator[None]:
    """Turns the driver's errors into ours where `translate` knows one."""
    try:
        yield
    except Exception as error:
        # peewee raises errors of its own for those that pass through it: while handling the driver's, not from it.
        driver = error.__context__ if isinstance(error, peewee.PeeweeException) else error
        known = translate(driver or error)
        if known is None or known is error:
            raise
        raise known from error


def open_store(url: str) -> Store:
    """The store at `sqlite:////path/file.db` or `postgresql://…`; raises ValueError for any other form."""
    if url.startswith("sqlite:///"):
        from server.store.sqlite import SqliteStore

        return SqliteStore(url.removeprefix("sqlite:///"))
    if url.startswith(("postgresql://", "postgres://")):
        from server.store.postgres import PostgresStore

        return PostgresStore("postgresql://" + url.partition("://")[2])
    raise ValueError("the database URL must begin with sqlite:/// or postgresql://")
