"""The jobs that have a time of their own: each is done once for each due time (engine/rounds.py)."""

from collections.abc import Mapping
from pathlib import Path

from server.core.dues import Daily, Hourly, Monthly
from server.engine import Engine
from server.engine.copies import watch
from server.engine.letters.digest import digests
from server.engine.letters.monthly import monthly
from server.engine.rounds import Job


def jobs(engine: Engine, zone: str, backups: Path | None = None) -> tuple[Job, ...]:
    """All of them. `zone`: where nights are nights and months begin; `backups`: where they go, if any are taken."""
    late = () if backups is None else (Job("backups", Hourly(37), lambda at: watch(engine.store, at, backups)),)
    return (
        *late,
        Job("retention", Daily(3 * 60 + 20, zone), lambda _: engine.retention.run()),
        Job("audit_check", Daily(3 * 60 + 50, zone), lambda _: check(engine)),
        Job("audit_head", Hourly(7), lambda _: head(engine)),
        Job("digest", Daily(6 * 60, zone), lambda _: digests(engine.store, engine.clock, zone)),
        Job("report", Monthly(1, 6 * 60, zone), lambda _: monthly(engine.figures, engine.rights, zone)),
        Job("series_ending", Daily(9 * 60, zone), lambda _: engine.passing.series()),
    )


def head(engine: Engine) -> Mapping[str, int]:
    """Signs where the audit's chain ends, and sends that out."""
    found = engine.audit.head(engine.clock.now())
    return {"head": found.number, "seq": found.seq} if found is not None else {}


def check(engine: Engine) -> Mapping[str, int]:
    """Proves what the audit's chain has grown by since the last time."""
    found = engine.audit.check(engine.clock.now())
    return {"changes": found.changes, "broken": int(found.found is not None)}
