"""SQLite through apsw, and only through apsw: Debian's own SQLite has the WAL-reset bug (3.7.0 to 3.51.2).

Decisions: WAL with `synchronous=FULL`, read back at every open, since a setting that silently did not apply loses
acknowledged bookings at a power cut. One writer at a time in this process, in the order of asking, and those who wait
share one commit (turns.py); each piece of work has its own savepoint, so one's refusal is not another's. Other
processes (the CLI) are kept apart by `BEGIN IMMEDIATE` and a busy timeout. Triggers keep the occupancy law against
hand-typed SQL.
"""

import ctypes
import math
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar, cast

import apsw
from playhouse.apsw_ext import APSWDatabase

from server.core.clock import epoch, monotonic
from server.core.errors import Full, Later
from server.store.database import Listening, Lock, Tx, translated
from server.store.durations import Durations
from server.store.fencing import fenced
from server.store.grants import settle
from server.store.hearing import Ears
from server.store.migrations import SQLITE_WORDS, STEPS
from server.store.turns import Job, Turns

T = TypeVar("T")
BUSY_SECONDS = 5
READ_SECONDS = 30
"""So long one reading may take: the write-ahead log cannot be emptied past what somebody still reads."""
SHORT_WAIT = 250  # milliseconds
STEPS_BETWEEN = 100_000
"""Instructions of SQLite's own between two looks at the time."""
PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
SAFE = (3, 51, 3)
INDEX_HEAD = 48  # bytes: version, change counter, size, salts and checksums


class CheckedDatabase(APSWDatabase):  # type: ignore[misc]
    """An apsw connection that is refused unless its settings really hold, and that ends what reads for too long."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.limit = threading.local()  # until: when this thread's reading is to have ended

    def _too_long(self) -> bool:
        return monotonic() > getattr(self.limit, "until", math.inf)

    def _set_pragmas(self, connection: Any) -> None:
        # Turning a new file to WAL takes it alone, and SQLite does not wait there when several open it at once.
        end = monotonic() + BUSY_SECONDS
        while True:
            try:
                super()._set_pragmas(connection)
                return
            except apsw.BusyError:
                if monotonic() >= end:
                    raise
                threading.Event().wait(0.02)

    def _connect(self) -> Any:
        connection = super()._connect()
        connection.set_progress_handler(self._too_long, STEPS_BETWEEN)
        for name, wanted in PRAGMAS.items():
            found = connection.execute(f"PRAGMA {name}").fetchall()
            if not found or found[0][0] != wanted:
                connection.close()
                raise RuntimeError(f"SQLite would not take PRAGMA {name}={wanted}: it says {found}")
        return connection


class SqliteStore:
    """One file. Safe for many threads of one process, and for another process that writes now and then."""

    postgres = False

    def __init__(self, path: str) -> None:
        if tuple(int(part) for part in apsw.sqlite_lib_version().split(".")[:3]) < SAFE:
            raise RuntimeError(f"SQLite {apsw.sqlite_lib_version()} can corrupt a WAL file; 3.51.3 or newer is needed")
        self.path = Path(path)
        pragmas = {**PRAGMAS, "cache_size": -16000, "temp_store": 2}
        self._database = CheckedDatabase(path, pragmas=pragmas, timeout=BUSY_SECONDS)
        self._turns = Turns(self._together, patience=BUSY_SECONDS)
        self.waits = Durations()
        self._watch: apsw.Connection | None = None
        self._look: Callable[[], object] = bytes
        self._seen: object = None
        self._generation = 0
        self._watching = threading.Lock()
        self._ears = Ears()

    @contextmanager
    def reading(self) -> Iterator[Tx]:
        with translated(_known):
            connection = self._database.connection()
            connection.execute("BEGIN")
            self._database.limit.until = until = monotonic() + READ_SECONDS
            try:
                yield Tx(connection, self._database, False, until=until)
            finally:
                self._database.limit.until = math.inf
                self._end(connection)

    def writing(self, work: Callable[[Tx], T], *, rooms: Iterable[int] = (), also: Iterable[Lock] = ()) -> T:
        job = self._turns.take(fenced(work))
        with translated(_known):
            if job.error is not None:
                raise job.error
        return cast(T, job.result)

    def _together(self, jobs: list[Job]) -> None:
        """One transaction for all: either every outcome is on the disk, or everybody is told that theirs is not."""
        connection = None
        try:
            connection = self._database.connection()
            connection.execute("BEGIN IMMEDIATE")
            begun = monotonic()
            for job in jobs:
                self.waits.took(begun - job.asked)
            told = [self._one(connection, job) for job in jobs]
            connection.execute("COMMIT")
            if any(told):
                self._ears.tell()
        except BaseException as error:
            if connection is not None:
                self._end(connection)
            for job in jobs:
                job.failed(error)
            if not isinstance(error, Exception):
                raise

    def _one(self, connection: Any, job: Job) -> bool:
        """Whether it has something to tell."""
        connection.execute("SAVEPOINT one")
        try:
            tx = Tx(connection, self._database, False)
            result = job.work(tx)
            settle(tx)
            tx.append_notes()
        except BaseException as error:
            if connection.get_autocommit() or not isinstance(error, Exception):
                raise  # a full or failing disk has ended the transaction, and with it what the others did in it
            connection.execute("ROLLBACK TO one")
            connection.execute("RELEASE one")
            job.failed(error)
            return False
        connection.execute("RELEASE one")
        job.done(result)
        return bool(tx.notes)

    def _end(self, connection: Any) -> None:
        # Some errors (a full disk, a failing one) have ended the transaction already.
        if not connection.get_autocommit():
            connection.execute("ROLLBACK")

    @property
    def folder(self) -> Path | None:
        return self.path.resolve().parent

    def shorten(self, longest: int) -> None:
        """Empties the write-ahead log where it is longer than so many bytes; waits for readers for a moment only."""
        log = self.path.with_name(f"{self.path.name}-wal")
        try:
            if log.stat().st_size <= longest:
                return
        except FileNotFoundError:
            return
        with translated(_known):
            connection = apsw.Connection(str(self.path), flags=apsw.SQLITE_OPEN_READWRITE)
            try:
                connection.set_busy_timeout(SHORT_WAIT)
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            finally:
                connection.close()

    def generation(self) -> int:
        with self._watching, translated(_known):
            if self._watch is None:
                self._watch, self._look = self._watched()
            seen = self._look()
            if seen != self._seen:
                self._seen = seen
                self._generation += 1
            return self._generation

    def _watched(self) -> tuple[apsw.Connection, Callable[[], object]]:
        """A connection that is held open, and how to look at what differs after each commit, of any process.

        The head of the WAL's index does, before the commit returns (sqlite.org/walformat.html, section 2.2). Looking at
        it in memory asks SQLite nothing: a call into it lets go of Python's lock, and under load getting that back
        costs more than the answer. Where the memory is not to be found SQLite is asked.
        """
        watch = apsw.Connection(str(self.path), flags=apsw.SQLITE_OPEN_READWRITE)
        watch.set_busy_timeout(BUSY_SECONDS * 1000)
        watch.execute("SELECT count(*) FROM sqlite_master").fetchall()
        head = mapped(f"{self.path.resolve()}-shm")
        if head is None:
            return watch, lambda: watch.execute("PRAGMA data_version").fetchall()
        return watch, lambda: head.raw

    def listening(self) -> Listening:
        return self._ears.one()

    def migrate(self, now: datetime) -> list[str]:
        def work(tx: Tx) -> list[str]:
            tx.run("CREATE TABLE IF NOT EXISTS migration (number INTEGER PRIMARY KEY, at INTEGER NOT NULL)")
            done = {row[0] for row in tx.rows("SELECT number FROM migration")}
            applied = []
            for step in STEPS:
                if step.NUMBER not in done:
                    for statement in step.STATEMENTS:
                        tx.run(statement.format(**SQLITE_WORDS))
                    for statement in step.SQLITE:
                        tx.run(statement)
                    tx.run("INSERT INTO migration (number, at) VALUES (?,?)", (step.NUMBER, epoch(now)))
                    applied.append(step.__name__.rpartition(".")[2])
            return applied

        return self.writing(work)

    def pending(self) -> list[str]:
        with self.reading() as tx:
            there = tx.rows("SELECT 1 FROM sqlite_master WHERE name = 'migration'")
            done = {row[0] for row in tx.rows("SELECT number FROM migration")} if there else set()
        return [step.__name__.rpartition(".")[2] for step in STEPS if step.NUMBER not in done]

    def version(self) -> str:
        return f"SQLite {apsw.sqlite_lib_version()}"

    def close(self) -> None:
        self._database.close()
        with self._watching:
            if self._watch is not None:
                self._look = bytes  # what it looked at goes with the last connection
                self._watch.close()
                self._watch = None


def mapped(index: str) -> "ctypes.Array[ctypes.c_char] | None":
    """The head of a WAL's index where SQLite has it in this process's memory, as long as a connection is open.

    The file is not to be opened for this: to close it again gives up every lock that this process has on it, SQLite's
    own among them (sqlite.org/howtocorrupt.html, section 2.2), and the next process that comes would start it anew.
    """
    try:
        lines = Path("/proc/self/maps").read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return None
    for line in lines:
        place, _, offset, _, _, *name = line.split(maxsplit=5)
        if name == [index] and int(offset, 16) == 0:
            return (ctypes.c_char * INDEX_HEAD).from_address(int(place.partition("-")[0], 16))
    return None


def _known(error: BaseException) -> Exception | None:
    if isinstance(error, apsw.BusyError | apsw.LockedError | apsw.InterruptError):
        return Later(1)
    if isinstance(error, apsw.FullError | apsw.IOError | apsw.ReadOnlyError | apsw.CantOpenError):
        return Full()
    return None
