"""The rounds of one process, put together: sweeps, jobs, leases and the threads that send."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from server.engine import Engine
from server.engine.leases import Leases, holder
from server.engine.rounds import JOBS, Rounds, done
from server.work.jobs import jobs
from server.work.scheduler import Thread, Upkeep, Work
from server.work.sweeps import Sweep, sweeps


def work_of(
    engine: Engine, *, process: int, zone: str, threads: Sequence[Thread] = (), backups: Path | None = None
) -> Work:
    """All that is done by itself, ready to be started. `process`: its number; `zone`: whose nights and months count;
    `backups`: where they go, if any are taken.

    On SQLite there is one process only, so leases that were left are taken over at once.
    """
    leases = Leases(engine.store, engine.clock, holder(process), alone=not engine.store.postgres)
    rounds = Rounds(engine.store, engine.clock, leases)
    due = jobs(engine, zone, backups)
    own = (
        Sweep(JOBS, timedelta(seconds=30), lambda: done(rounds.run(due))),
        Sweep("rounds", timedelta(days=1), rounds.tidy),
    )
    upkeep = Upkeep(leases, engine.alive, rounds.late)
    return Work(engine.clock, (*sweeps(engine), *own), upkeep=upkeep, threads=threads)
