"""How far each listener has been told of the change feed, and the acts it could not take yet."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from server.core.clock import epoch, from_epoch
from server.core.model import Change
from server.store.changes import SELECT, value
from server.store.database import Tx


@dataclass(frozen=True, slots=True)
class Stuck:
    """An act that a listener could not take: `act` is the seq of its first change, `error` the name of what was raised.

    `tries` so far; `next` when it is tried again.
    """

    listener: str
    act: int
    tries: int
    next: datetime
    error: str


def begin(tx: Tx, listeners: Iterable[str]) -> None:
    """Listeners without a cursor begin at the present end of the feed."""
    tx.many(
        "INSERT INTO outbox (listener, seq) SELECT ?, seq FROM change_end WHERE true ON CONFLICT (listener) DO NOTHING",
        [(it,) for it in listeners],
    )


def cursors(tx: Tx) -> dict[str, int]:
    """Up to which change each listener has been told, by name."""
    return dict(tx.rows("SELECT listener, seq FROM outbox ORDER BY listener"))


def move(tx: Tx, listener: str, seen: int, to: int) -> bool:
    """Moves the cursor on from where it was seen; False where another process has moved it."""
    sql = "UPDATE outbox SET seq = ? WHERE listener = ? AND seq = ? RETURNING seq"
    return tx.one(sql, (to, listener, seen)) is not None


def end(tx: Tx) -> int:
    """The seq of the newest change."""
    return int(tx.rows("SELECT seq FROM change_end")[0][0])


def of_act(tx: Tx, act: int) -> list[Change]:
    """The changes of what was done at once, in order; none where they are gone."""
    return [value(row) for row in tx.rows(f"{SELECT} WHERE seq >= ? AND act = ? ORDER BY seq", (act, act))]


def stick(tx: Tx, it: Stuck) -> None:
    """Keeps an act to be tried again."""
    tx.run(
        "INSERT INTO stuck (listener, act, tries, next_at, error) VALUES (?,?,?,?,?) "
        "ON CONFLICT (listener, act) DO UPDATE SET tries = excluded.tries, next_at = excluded.next_at, "
        "error = excluded.error",
        (it.listener, it.act, it.tries, epoch(it.next), it.error),
    )


def stuck(tx: Tx, listener: str | None = None, *, limit: int = 1_000) -> list[Stuck]:
    """What is stuck, of one listener or of all, who is to be tried first coming first."""
    where, given = ("WHERE listener = ?", (listener,)) if listener is not None else ("", ())
    rows = tx.rows(
        f"SELECT listener, act, tries, next_at, error FROM stuck {where} ORDER BY next_at, listener, act LIMIT ?",
        (*given, limit),
    )
    return [Stuck(name, act, tries, from_epoch(at), error) for name, act, tries, at, error in rows]


def loosen(tx: Tx, it: Stuck) -> bool:
    """Takes an act away as it was seen; False where another process has tried it meanwhile."""
    sql = "DELETE FROM stuck WHERE listener = ? AND act = ? AND tries = ? RETURNING act"
    return tx.one(sql, (it.listener, it.act, it.tries)) is not None


def hurry(tx: Tx, now: datetime) -> int:
    """Has everything that is stuck tried at the next round; how much."""
    return len(tx.rows("UPDATE stuck SET next_at = ? RETURNING act", (epoch(now),)))
