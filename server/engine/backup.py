"""A copy of everything, taken while the server runs, and putting it back.

Decisions:
- A backup is a database's own form: a SQLite file, or what `pg_dump` writes. It holds all but the settings file.
- Nothing is replaced before the copy has been brought up to date beside the present database and proven there: by the
  database's own checks, by the law that no two hold a room at once, and by the chain of the audit.
- What is put back is another life of the house (lineage.py). The audit tells of both. The file beside the database that
  says which life it is follows last: one that could not be written speaks of the former life, which does no harm.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile

from server.core.access import CLI
from server.core.clock import Clock, whole
from server.core.errors import Full, Objection, Refused
from server.engine import prepare
from server.engine.audit import Audit
from server.engine.instance import Instance
from server.engine.lineage import mark, new_life
from server.store import beside, holds, postgres_copy, sealed_copy, sqlite_copy
from server.store.database import Note, Store, Tx, open_store
from server.store.migrations import STEPS
from server.store.sqlite_copy import CopyFailed

Told = Callable[[str, int, int], None]
"""Is told what is being done, and how much of how much is done."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put in place: how many changes and bookings; and what was there before, "" where nothing was."""

    changes: int
    bookings: int
    kept: str


@dataclass(frozen=True, slots=True)
class Backup:
    """The use cases, over a database's address. Both raise Refused with what stands in the way, Later or Full.

    `environment`: in which PostgreSQL's programs run; `folder`: the data folder, where there is one.
    """

    url: str
    clock: Clock
    environment: Mapping[str, str]
    folder: Path | None = None

    def take(self, file: Path, told: Told, *, force: bool = False) -> None:
        """Writes a copy to a new file; over one that is there with `force`."""
        if file.exists() and not force:
            raise Refused((Objection("file_there", str(file)),))
        with sayable(str(file)):
            if self._sqlite is None:
                postgres_copy.copy(self.url, file, _part(told, "Copying"), self.environment)
            else:
                if not self._sqlite.exists():
                    raise CopyFailed("no_database")
                sqlite_copy.copy(self._sqlite, file, _part(told, "Copying"))
        with over(self.url) as store:
            store.writing(lambda tx: tx.note(Note(whole(self.clock.now()), "backed_up", None, None, CLI)))

    def restore(self, file: Path, told: Told, *, identity: Path | None = None) -> Restored:
        """Puts a backup in the place of the present database, if nobody uses that.

        `identity`: the file with the private key, where the backup is sealed.
        """
        with sayable(str(file)), self._unsealed(file, identity) as file:
            if self._sqlite is None:
                done = self._restore_postgres(file, told)
            else:
                done = self._restore_sqlite(file, self._sqlite, told)
            self._kept_beside()
            return done

    def proof(self, file: Path, told: Told) -> Restored:
        """Lays a copy beside the database and proves it as one that is to be put back; nothing of it stays."""
        with sayable(str(file)):
            if self._sqlite is None:
                with postgres_copy.unpacked(self.url, file, _part(told, "Unpacking"), self.environment) as fresh:
                    return Restored(*self._proven(fresh, told), "")
            fresh_file = self._sqlite.with_name(f"{self._sqlite.name}.proving")
            try:
                self._laid(file, fresh_file)
                return Restored(*self._proven(f"sqlite:///{fresh_file}", told), "")
            finally:
                sqlite_copy.removed(fresh_file)

    def _laid(self, file: Path, fresh: Path) -> None:
        """A copy of a copy of SQLite's, found to be whole."""
        if _dumped(file):
            raise CopyFailed("other_kind")
        copyfile(file, fresh)
        fresh.chmod(0o600)
        sqlite_copy.checked(fresh, whole=True)

    @contextmanager
    def _unsealed(self, file: Path, identity: Path | None) -> Iterator[Path]:
        """What a sealed backup holds, as a file beside the database for as long as it is needed."""
        if not sealed_copy.sealed(file):
            yield file
            return
        if identity is None:
            raise CopyFailed("sealed")
        beside_it = self._sqlite.parent if self._sqlite is not None else self.folder or file.parent
        plain = beside_it / f".{file.name}.unsealed"
        plain.unlink(missing_ok=True)
        try:
            sealed_copy.opened(file, plain, identity)
            yield plain
        finally:
            plain.unlink(missing_ok=True)

    def _kept_beside(self) -> None:
        path = beside.place(self.url, self.folder)
        if path is not None:
            with over(self.url) as store, store.reading() as tx:
                beside.write(path, mark(tx))

    def _restore_sqlite(self, file: Path, target: Path, told: Told) -> Restored:
        fresh = target.with_name(f"{target.name}.restoring")
        try:
            self._laid(file, fresh)
            changes, bookings = self._proven(f"sqlite:///{fresh}", told)
            sqlite_copy.sole(fresh)
            kept = sqlite_copy.replace(fresh, target)
        finally:
            sqlite_copy.removed(fresh)
        return Restored(changes, bookings, str(kept or ""))

    def _restore_postgres(self, file: Path, told: Told) -> Restored:
        if not _dumped(file):
            raise CopyFailed("other_kind")
        if postgres_copy.in_use(self.url):
            raise CopyFailed("in_use")
        with postgres_copy.unpacked(self.url, file, _part(told, "Unpacking"), self.environment) as fresh:
            changes, bookings = self._proven(fresh, told)
            kept = postgres_copy.replace(self.url, fresh)
        return Restored(changes, bookings, kept)

    def _proven(self, url: str, told: Told) -> tuple[int, int]:
        """Brings the copy up to date, proves it, and begins its new life; returns how many changes and bookings."""
        with over(url) as store:
            self._ours(store)
            prepare(store, self.clock)
            with store.reading() as tx:
                if holds.overlapping(tx):
                    raise CopyFailed("overlapping")
                bookings = int(tx.rows("SELECT count(*) FROM occurrence")[0][0])
            verdict = Audit(store, self.clock, Instance(store)).verify(CLI, told=_part(told, "Proving"))
            if verdict.found is not None:
                raise CopyFailed("audit_broken", f"{verdict.found.code} at {verdict.found.last}")
            store.writing(self._new_life)
        return verdict.changes, bookings

    def _ours(self, store: Store) -> None:
        if len(store.pending()) == len(STEPS):
            raise CopyFailed("not_lintel")
        with store.reading() as tx:
            if {row[0] for row in tx.rows("SELECT number FROM migration")} - {step.NUMBER for step in STEPS}:
                raise CopyFailed("newer")

    def _new_life(self, tx: Tx) -> None:
        new_life(tx, whole(self.clock.now()), former=mark(tx).incarnation)

    @property
    def _sqlite(self) -> Path | None:
        return Path(self.url.removeprefix("sqlite:///")) if self.url.startswith("sqlite") else None


def _dumped(file: Path) -> bool:
    """Whether it is what pg_dump writes."""
    with file.open("rb") as it:
        return it.read(5) == b"PGDMP"


@contextmanager
def over(url: str) -> Iterator[Store]:
    """The store of an address for a moment."""
    store = open_store(url)
    try:
        yield store
    finally:
        store.close()


def _part(told: Told, label: str) -> Callable[[int, int], None]:
    return lambda done, of: told(label, done, of)


@contextmanager
def sayable(subject: str) -> Iterator[None]:
    """Turns what went wrong into a refusal with a code."""
    try:
        yield
    except CopyFailed as error:
        raise Refused((Objection(f"backup_{error.code}", subject, {"why": error.why}),)) from error
    except FileNotFoundError as error:
        raise Refused((Objection("backup_no_file", str(error.filename or subject)),)) from error
    except OSError as error:
        raise (
            Full() if error.errno == 28 else Refused((Objection("backup_file", subject, {"why": str(error)}),))
        ) from error
