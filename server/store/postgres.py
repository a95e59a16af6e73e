"""PostgreSQL through psycopg 3: row locks give exact answers, an exclusion constraint gives certainty.

Decisions: room rows are locked in the order of their numbers, then people, accessories and timetables by advisory locks
in the order of theirs, so that bookings cannot deadlock over them. READ COMMITTED is enough, because what is decided is
read after the lock and the constraint keeps the law at any isolation level. 40001 and 40P01 are tried again, and so is
a violation of the law or of a unique key: the second run sees what the first ran into and answers with it. No wait is
endless: neither for a lock, nor for a statement, nor for a server whose machine is gone.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import psycopg
from playhouse.postgres_ext import Psycopg3Database
from psycopg import errors
from psycopg.pq import TransactionStatus

from server.core.clock import epoch, monotonic
from server.core.errors import Full, Later
from server.store.database import Connection, Listening, Lock, Tx, lock_also, translated
from server.store.durations import Durations
from server.store.fencing import fenced
from server.store.grants import settle
from server.store.migrations import POSTGRES_WORDS, STEPS
from server.store.notified import Notified
from server.store.tables import STANDING

T = TypeVar("T")
MIGRATION_LOCK = 0x4C494E02
LOCK_ROOMS = f"{STANDING} WHERE r.id = ANY(?) ORDER BY r.id FOR UPDATE OF r"
AGAIN = (
    errors.SerializationFailure,
    errors.DeadlockDetected,
    errors.ExclusionViolation,
    errors.UniqueViolation,
)
PAUSES = (0.02, 0.05)
DURABLE = {"synchronous_commit": "on"}
"""Whatever the database or the role was given: what has been acknowledged is on the disk."""
LIMITS = {"lock_timeout": "5s", "statement_timeout": "30s", "idle_in_transaction_session_timeout": "60s"}
UNHEARD = {"tcp_keepalives_idle": "10", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "3"}
"""So the server ends the session of a machine that is gone or stands still, and what it has locked is free."""
SILENCE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 15_000}


class PostgresStore:
    """One database of a PostgreSQL server, shared by any number of processes."""

    postgres = True

    def __init__(self, url: str) -> None:
        self.waits = Durations()
        self._url = url
        # Every hot statement is one index look-up whatever its values are, and planning it anew costs four times that.
        options = " ".join(
            f"-c {name}={value}"
            for name, value in {**LIMITS, **UNHEARD, **DURABLE, "plan_cache_mode": "force_generic_plan"}.items()
        )
        self._database = Psycopg3Database(url, connect_timeout=5, options=options, application_name="lintel", **SILENCE)

    @contextmanager
    def reading(self) -> Iterator[Tx]:
        with translated(_known):
            connection = self._first("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").connection
            try:
                yield Tx(connection, self._database, True)
            finally:
                self._rollback(connection)

    def writing(self, work: Callable[[Tx], T], *, rooms: Iterable[int] = (), also: Iterable[Lock] = ()) -> T:
        wanted, more, work = sorted(set(rooms)), tuple(also), fenced(work)
        for pause in PAUSES:
            try:
                with translated(_known):
                    return self._write(work, wanted, more)
            except AGAIN:
                time.sleep(pause)  # lets the other one of a deadlock have the lock it waits for
        try:
            with translated(_known):
                return self._write(work, wanted, more)
        except AGAIN as error:
            raise Later(1) from error

    def _write(self, work: Callable[[Tx], T], rooms: list[int], also: tuple[Lock, ...]) -> T:
        begun = monotonic()
        connection: Connection = self._first("BEGIN").connection
        try:
            tx = Tx(connection, self._database, True)
            if rooms:
                tx.locked = {row[0]: row for row in tx.rows(LOCK_ROOMS, (rooms,))}
                tx.rooms = frozenset(tx.locked)
            lock_also(tx, also)
            self.waits.took(monotonic() - begun)
            result = work(tx)
            settle(tx)
            tx.append_notes()
            connection.execute("COMMIT")
        except BaseException:
            self._rollback(connection)
            raise
        return result

    @property
    def folder(self) -> Path | None:
        return None

    def shorten(self, longest: int) -> None:
        """Nothing to do: the server looks after its own log."""

    def generation(self) -> int:
        # One statement, not three: it is asked on every request whose answer is kept.
        with translated(_known):
            ((newest,),) = self._first("SELECT coalesce(max(seq), 0) FROM change").fetchall()
            return int(str(newest))

    def listening(self) -> Listening:
        return Notified(self._url, {**SILENCE, "connect_timeout": 5})

    def migrate(self, now: datetime) -> list[str]:
        applied: list[str] = []
        if not self.pending():
            return applied
        with translated(_known):
            for step in STEPS:
                if self._apply(step, epoch(now)):
                    applied.append(step.__name__.rpartition(".")[2])
        return applied

    def _apply(self, step: object, at: int) -> bool:
        connection: Connection = self._first("BEGIN").connection
        try:
            for name in LIMITS:  # a step may take its time, and so may the other process that takes the same
                connection.execute(f"SET LOCAL {name} = 0")
            connection.execute(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")
            connection.execute("CREATE TABLE IF NOT EXISTS migration (number BIGINT PRIMARY KEY, at BIGINT NOT NULL)")
            number = step.NUMBER  # type: ignore[attr-defined]
            fresh = not connection.execute("SELECT 1 FROM migration WHERE number = %s", (number,)).fetchall()
            if fresh:
                for statement in step.STATEMENTS:  # type: ignore[attr-defined]
                    connection.execute(statement.format(**POSTGRES_WORDS))
                for statement in step.POSTGRES:  # type: ignore[attr-defined]
                    connection.execute(statement)
                connection.execute("INSERT INTO migration (number, at) VALUES (%s, %s)", (number, at))
            connection.execute("COMMIT")
        except BaseException:
            self._rollback(connection)
            raise
        return fresh

    def pending(self) -> list[str]:
        with self.reading() as tx:
            row = tx.one("SELECT to_regclass('migration')")
            done = {r[0] for r in tx.rows("SELECT number FROM migration")} if row and row[0] else set()
        return [step.__name__.rpartition(".")[2] for step in STEPS if step.NUMBER not in done]

    def version(self) -> str:
        with self.reading() as tx:
            row = tx.one("SHOW server_version")
        return f"PostgreSQL {row[0]}" if row else "PostgreSQL"

    def close(self) -> None:
        self._database.close()

    def _first(self, statement: str) -> psycopg.Cursor[tuple[object, ...]]:
        """Runs the first statement of a piece of work on this thread's connection."""
        connection: psycopg.Connection[tuple[object, ...]] = self._database.connection()
        if connection.info.transaction_status in (TransactionStatus.INTRANS, TransactionStatus.INERROR):
            raise RuntimeError("a transaction within a transaction")  # PostgreSQL itself would end the outer one
        try:
            return connection.execute(statement.encode())
        except (psycopg.OperationalError, psycopg.InterfaceError):
            if not connection.closed:
                raise
        # The server was restarted while the connection lay idle. Nothing is lost with it, so a new one takes over.
        self._database.close()
        connection = self._database.connection()
        return connection.execute(statement.encode())

    def _rollback(self, connection: Connection) -> None:
        try:
            connection.execute("ROLLBACK")
        except psycopg.Error:
            self._database.close()  # the server is gone; the transaction died with the connection


def _known(error: BaseException) -> Exception | None:
    if isinstance(error, AGAIN):
        return error
    if isinstance(error, errors.DiskFull | errors.IoError | errors.ReadOnlySqlTransaction):
        return Full()
    if isinstance(error, errors.LockNotAvailable | errors.QueryCanceled):
        return Later(1)
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return Later(2)
    return None
