"""Opening a database, reading from it as of one instant, and the only way to write.

Decisions:
- `writing(work, rooms=…)` locks what the rules count over, runs `work` and commits; on a deadlock or a race that the
  database's own law caught it runs `work` again (at most twice), so `work` must have no other effect than through `tx`.
- Changes noted by `work` are appended last. On PostgreSQL an advisory lock is taken just before, so that the order of
  commits is the order of `seq` and no cursor can pass a row that is still to come.
- peewee holds the connections (one a thread) and builds the filtered queries; the hot statements are plain SQL.
- Every statement uses `?`; PostgreSQL's form is derived from it once and kept.
"""

import hashlib
import json
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from itertools import groupby
from typing import Any, Protocol, TypeVar

import peewee

from server.core.clock import epoch

T = TypeVar("T")
Row = tuple[Any, ...]
CHANGE = "INSERT INTO change (at, what, room_id, subject, actor, codes, digest) VALUES (?,?,?,?,?,?,?)"


class Connection(Protocol):
    """What apsw's and psycopg's connections have in common."""

    def execute(self, sql: str, params: Sequence[Any] = ...) -> Any: ...

    def cursor(self) -> Any: ...


@dataclass(frozen=True, slots=True)
class Note:
    """One change to append: ids and codes go to the feed, `text` to the erasable side table."""

    at: datetime
    what: str
    room: int | None
    subject: int | None
    actor: str
    codes: tuple[str, ...] = ()
    text: dict[str, str] | None = None


@dataclass(slots=True)
class Tx:
    """A transaction: statements with `?` placeholders, rows as tuples. `notes` are the changes to append at its end."""

    connection: Connection
    database: peewee.Database
    postgres: bool
    notes: list[Note] = field(default_factory=list)

    def rows(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        """All rows of a statement."""
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
        for told, notes in groupby(self.notes, key=lambda note: bool(note.text)):
            if not told:
                self.many(CHANGE, [_change(note) for note in notes])
                continue
            for note in notes:
                body, salt = json.dumps(note.text, sort_keys=True, ensure_ascii=False), secrets.token_hex(8)
                digest = hashlib.sha256((salt + body).encode()).hexdigest()
                for (seq,) in self.rows(f"{CHANGE} RETURNING seq", _change(note, digest)):
                    self.run("INSERT INTO change_text (seq, salt, body) VALUES (?,?,?)", (seq, salt, body))


def _change(note: Note, digest: str = "") -> list[Any]:
    return [epoch(note.at), note.what, note.room, note.subject, note.actor, ",".join(note.codes), digest]


class Store(Protocol):
    """A database, SQLite or PostgreSQL. Raises Later where it is busy or away, Full where it cannot save."""

    postgres: bool

    def reading(self) -> AbstractContextManager[Tx]:
        """A transaction that sees one instant of the database and writes nothing."""
        ...

    def writing(self, work: Callable[[Tx], T], *, rooms: Iterable[int] = ()) -> T:
        """Locks the rooms, runs `work(tx)`, appends its notes, commits; returns what `work` returned."""
        ...

    def generation(self) -> int:
        """A number that differs whenever a change has been committed since it was last asked, by any process."""
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
