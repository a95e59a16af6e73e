"""A store over a transaction that is already open, so that use cases can be made parts of a larger one.

What a piece of work writes stays or goes with the whole; refused, it is taken back alone (a savepoint), and the whole
goes on. Any other fault is the whole's: it may have ended the transaction.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from server.core.errors import LintelError
from server.store.database import Listening, Lock, Store, Tx, lock_also
from server.store.durations import Durations

T = TypeVar("T")


@dataclass(slots=True)
class Within:
    """What `store` is, inside its transaction `tx`. Whoever opened that has locked the rooms."""

    store: Store
    tx: Tx
    postgres: bool = field(init=False)
    waits: Durations = field(init=False)
    folder: Path | None = None

    def __post_init__(self) -> None:
        self.postgres = self.tx.postgres
        self.waits = self.store.waits

    @contextmanager
    def reading(self) -> Iterator[Tx]:
        yield self.tx

    def writing(self, work: Callable[[Tx], T], *, rooms: Iterable[int] = (), also: Iterable[Lock] = ()) -> T:
        lock_also(self.tx, also)
        noted = len(self.tx.notes)
        self.tx.run("SAVEPOINT within")
        try:
            result = work(self.tx)
        except LintelError:
            del self.tx.notes[noted:]
            self.tx.run("ROLLBACK TO SAVEPOINT within")
            self.tx.run("RELEASE SAVEPOINT within")
            raise
        self.tx.run("RELEASE SAVEPOINT within")
        return result

    def shorten(self, longest: int) -> None:
        """Not within a transaction."""

    def generation(self) -> int:
        return self.store.generation()

    def listening(self) -> Listening:
        return self.store.listening()

    def migrate(self, now: datetime) -> list[str]:
        raise RuntimeError("the schema is not changed within a transaction")

    def pending(self) -> list[str]:
        return self.store.pending()

    def version(self) -> str:
        return self.store.version()

    def close(self) -> None:
        """The transaction is closed by who opened it."""
