"""Leases, jobs with a due time, and the times in which rounds were made."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from server.core.clock import epoch, from_epoch
from server.core.period import Period
from server.store import meta
from server.store.database import Tx
from server.store.fields import instant

ANEW = "alive_anew"


@dataclass(frozen=True, slots=True)
class Lease:
    """Who does what: `holder` "" where it has been given up. `beat` is counted up while it is held."""

    name: str
    holder: str
    fence: int
    beat: int
    renewed: datetime


@dataclass(frozen=True, slots=True)
class Run:
    """A job that was due and has been begun; `ended` None while it is at it. `error` is the name of what went wrong."""

    name: str
    due: datetime
    fence: int
    began: datetime
    ended: datetime | None
    error: str


# leases


def leases(tx: Tx) -> list[Lease]:
    """All of them, by name."""
    rows = tx.rows("SELECT name, holder, fence, beat, renewed_at FROM lease ORDER BY name")
    return [Lease(name, holder, fence, beat, from_epoch(at)) for name, holder, fence, beat, at in rows]


def take(tx: Tx, name: str, holder: str, seen: Lease | None, now: datetime) -> int | None:
    """Takes a lease as it was seen (None: there was none); the new fence, or None where somebody was quicker."""
    fence, beat = (seen.fence, seen.beat) if seen is not None else (-1, -1)
    row = tx.one(
        "INSERT INTO lease (name, holder, fence, beat, renewed_at) VALUES (?,?,1,1,?) ON CONFLICT (name) DO UPDATE "
        "SET holder = excluded.holder, fence = lease.fence + 1, beat = lease.beat + 1, "
        "renewed_at = excluded.renewed_at WHERE lease.fence = ? AND lease.beat = ? RETURNING fence",
        (name, holder, epoch(now), fence, beat),
    )
    return int(row[0]) if row else None


def renew(tx: Tx, holder: str, names: Iterable[str], now: datetime) -> dict[str, int]:
    """Counts the holder's leases up; the fence of each that is still theirs."""
    wanted = list(names)
    if not wanted:
        return {}
    rows = tx.rows(
        f"UPDATE lease SET beat = beat + 1, renewed_at = ? WHERE holder = ? AND name IN ({','.join('?' * len(wanted))})"
        " RETURNING name, fence",
        (epoch(now), holder, *wanted),
    )
    return dict(rows)


def give_up(tx: Tx, holder: str) -> None:
    """Lets go of all that a holder has; the fences stay."""
    tx.run("UPDATE lease SET holder = '' WHERE holder = ?", (holder,))


def holds(tx: Tx, name: str, fence: int) -> bool:
    """Whether nobody has taken the lease since it had this fence; nobody can until the transaction ends."""
    lock = " FOR SHARE" if tx.postgres else ""
    return tx.one(f"SELECT 1 FROM lease WHERE name = ? AND fence = ?{lock}", (name, fence)) is not None


def end_silent(tx: Tx, seconds: int = 60) -> int:
    """Ends sessions of ours in whose transaction the database has waited so long for their process; how many.

    PostgreSQL ends them by itself (`idle_in_transaction_session_timeout`), but not where statements were sent in one go
    and their process stopped before the last: such a session counts as busy, and what it has locked stays locked.
    """
    if not tx.postgres:
        return 0
    rows = tx.rows(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'lintel' "
        "AND datname = current_database() AND usename = current_user AND pid <> pg_backend_pid() "
        "AND wait_event = 'ClientRead' AND xact_start < clock_timestamp() - make_interval(secs => ?) "
        "AND state_change < clock_timestamp() - make_interval(secs => ?)",
        (seconds, seconds),
    )
    return len(rows)


# jobs


def first(tx: Tx, name: str) -> datetime | None:
    """The first due time of a job that is known; None where it never was due."""
    ((due,),) = tx.rows("SELECT min(due) FROM run WHERE name = ?", (name,))
    return instant(due)


def find(tx: Tx, name: str, due: datetime) -> Run | None:
    """What came of a job at a due time; None where it has not been begun."""
    row = tx.one(
        "SELECT name, due, fence, began_at, ended_at, error FROM run WHERE name = ? AND due = ?", (name, epoch(due))
    )
    return _run(*row) if row else None


def begin(tx: Tx, name: str, due: datetime, fence: int, now: datetime) -> bool:
    """Begins a job that was not begun, or that somebody with a lesser fence began and never ended."""
    row = tx.one(
        "INSERT INTO run (name, due, fence, began_at) VALUES (?,?,?,?) ON CONFLICT (name, due) DO UPDATE "
        "SET fence = excluded.fence, began_at = excluded.began_at "
        "WHERE run.ended_at IS NULL AND run.fence < excluded.fence RETURNING due",
        (name, epoch(due), fence, epoch(now)),
    )
    return row is not None


def begin_again(tx: Tx, it: Run, now: datetime) -> bool:
    """Begins a job again that failed; False where somebody else has, or it has ended."""
    sql = "UPDATE run SET began_at = ? WHERE name = ? AND due = ? AND began_at = ? AND ended_at IS NULL RETURNING due"
    return tx.one(sql, (epoch(now), it.name, epoch(it.due), epoch(it.began))) is not None


def end(tx: Tx, name: str, due: datetime, now: datetime) -> None:
    """The job has been done."""
    tx.run("UPDATE run SET ended_at = ?, error = '' WHERE name = ? AND due = ?", (epoch(now), name, epoch(due)))


def fail(tx: Tx, name: str, due: datetime, error: str) -> None:
    """The job went wrong; it is to be begun again."""
    tx.run("UPDATE run SET error = ? WHERE name = ? AND due = ?", (error, name, epoch(due)))


def newest(tx: Tx) -> list[Run]:
    """The last due time of each job that has been begun."""
    rows = tx.rows(
        "SELECT r.name, r.due, r.fence, r.began_at, r.ended_at, r.error FROM run r "
        "WHERE r.due = (SELECT max(due) FROM run WHERE name = r.name) ORDER BY r.name"
    )
    return [_run(*row) for row in rows]


def forget_runs_after(tx: Tx, now: datetime) -> None:
    """Removes what was due by a clock that was ahead."""
    tx.run("DELETE FROM run WHERE due > ?", (epoch(now),))


def forget_runs(tx: Tx, before: datetime) -> int:
    """Removes what was due before then; the last one of each job stays. How many."""
    sql = "DELETE FROM run WHERE due < ? AND due < (SELECT max(n.due) FROM run n WHERE n.name = run.name) RETURNING due"
    return len(tx.rows(sql, (epoch(before),)))


def _run(name: str, due: int, fence: int, began: int, ended: int | None, error: str) -> Run:
    return Run(name, from_epoch(due), fence, from_epoch(began), instant(ended), error)


# alive


def last_alive(tx: Tx) -> tuple[int, Period] | None:
    """The newest span in which rounds were made: its number, and from when to when."""
    row = tx.one("SELECT id, since, until FROM alive ORDER BY id DESC LIMIT 1")
    return (row[0], Period(from_epoch(row[1]), from_epoch(row[2]))) if row else None


def extend_alive(tx: Tx, number: int, seen: datetime, until: datetime) -> bool:
    """Makes a span longer; False where another process has."""
    sql = "UPDATE alive SET until = ? WHERE id = ? AND until = ? RETURNING id"
    return tx.one(sql, (epoch(until), number, epoch(seen))) is not None


def begin_alive(tx: Tx, at: datetime, *, anew: bool = False) -> None:
    """Begins a new span. `anew`: what was before says nothing of it, as the clock was set or a backup put back."""
    tx.run("INSERT INTO alive (since, until) VALUES (?,?)", (epoch(at), epoch(at)))
    if anew:
        begin_anew(tx, at)


def begin_anew(tx: Tx, at: datetime) -> None:
    """What was before that instant says nothing of it."""
    meta.put(tx, ANEW, str(epoch(at)))


def began_anew(tx: Tx) -> datetime | None:
    """When that was last; None for never."""
    found = meta.get(tx, ANEW)
    return from_epoch(int(found)) if found is not None else None


def alive_over(tx: Tx, period: Period) -> bool:
    """Whether rounds were made without a break over the whole period."""
    sql = "SELECT 1 FROM alive WHERE since <= ? AND until >= ? LIMIT 1"
    return tx.one(sql, (epoch(period.start), epoch(period.end))) is not None


def forget_alive(tx: Tx, before: datetime) -> int:
    """Removes spans that ended before then; the newest stays. How many."""
    sql = "DELETE FROM alive WHERE until < ? AND id < (SELECT max(id) FROM alive) RETURNING id"
    return len(tx.rows(sql, (epoch(before),)))
