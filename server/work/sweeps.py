"""The sweeps: what each does, and how often. A sweep keeps no state; it looks for what is due and does it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from server.engine import Engine
from server.engine.outbox import counts

QUICK = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Sweep:
    """`run` does all that is due and tells how much of what it did: numbers only, for the log.

    `first`: it has to be done before the first request is answered, and does nothing in a moment where all is well.
    `by_clock`: what it does is for good and by the time of day, so it waits while the clock cannot be believed.
    `everywhere`: each process does it for itself, under no lease.
    """

    name: str
    every: timedelta
    run: Callable[[], Mapping[str, int]]
    first: bool = False
    by_clock: bool = True
    everywhere: bool = False

    @property
    def quick(self) -> bool:
        """Whether it runs in the lane that no long round may hold up."""
        return self.every <= QUICK


def sweeps(engine: Engine) -> tuple[Sweep, ...]:
    """All of them, in the order in which they run where several are due."""
    return (
        Sweep("lineage", timedelta(minutes=1), engine.lineage.keep, first=True, by_clock=False, everywhere=True),
        Sweep("outbox", timedelta(seconds=1), lambda: counts(engine.outbox.run()), by_clock=False),
        Sweep("release", timedelta(seconds=5), engine.attendance.run),
        Sweep("conflicts", timedelta(seconds=5), engine.conflicts.run),
        Sweep("reminders", timedelta(seconds=10), engine.reminders.run),
        Sweep("finished", timedelta(seconds=10), engine.passing.finished),
        Sweep("requests", timedelta(minutes=5), engine.passing.requests),
        Sweep("panels", timedelta(seconds=30), engine.watching.run),
        Sweep("pairing", timedelta(minutes=1), engine.pairing.run),
        Sweep("doors", timedelta(minutes=1), engine.escrow.run),
        Sweep("owned", timedelta(hours=1), engine.escrow.check, by_clock=False),
        Sweep("alarms", timedelta(seconds=10), engine.alarms.run),
        Sweep("zones", timedelta(days=1), lambda: zones(engine), first=True),
        Sweep("closures", timedelta(hours=1), lambda: closures(engine)),
        Sweep("carry", timedelta(hours=1), lambda: carry(engine)),
        Sweep("waiting", timedelta(minutes=1), lambda: waiting(engine)),
        Sweep("accounts", timedelta(hours=1), engine.accounts.tidy),
        Sweep("disk", timedelta(minutes=1), engine.disk.watch, by_clock=False),
        Sweep("reminded", timedelta(days=1), engine.reminders.tidy),
    )


def zones(engine: Engine) -> Mapping[str, int]:
    """Bookings keep their wall time when the zone data has changed. Before series are carried on by the new data."""
    done = engine.zones.run()
    return {
        "zones": len(done.zones), "moved": len(done.moved), "clashing": len(done.clashing), "failed": len(done.failed),
    }  # fmt: skip


def carry(engine: Engine) -> Mapping[str, int]:
    """Dates of series that come within the horizon are booked."""
    done = engine.carrying.run()
    return {"series": done.series, "made": done.made, "left_out": len(done.left_out), "failed": len(done.failed)}


def closures(engine: Engine) -> Mapping[str, int]:
    """Closures that recur come within the horizon, before series do: what is to be closed is not booked first."""
    done = engine.closure_carrying.run()
    return {
        "plans": done.plans, "made": done.made, "bumped": done.bumped, "left_out": done.left_out,
        "failed": len(done.failed),
    }  # fmt: skip


def waiting(engine: Engine) -> Mapping[str, int]:
    """What has come free is offered to those who wait for it; offers that nobody answered end."""
    done = engine.waiting.run()
    return {"offered": done.offered, "lapsed": done.lapsed, "over": done.over, "failed": len(done.failed)}
