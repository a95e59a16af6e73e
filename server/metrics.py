"""`/metrics`: what Prometheus reads, made when it asks; nothing is counted twice or kept beside.

Decisions:
- A registry of our own with one collector; what the requests cost is counted by the doors (kit/meter.py), what waits
  is asked of the database. Labels are names of ours only (doors, templates of paths, sweeps, categories), so their
  number is bounded whatever people do.
- The database is asked at most once in `FRESH` seconds; where it does not answer, what this process knows itself is
  told all the same, and `lintel_database_up` is 0.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from server.core.clock import monotonic
from server.core.errors import LintelError
from server.core.fleet import VERDICTS
from server.dialects.kit import meter
from server.dialects.kit.meter import Meter
from server.engine import Engine
from server.engine.entries import BROKEN
from server.engine.intake import OUTCOMES
from server.engine.vitals import WAITS, Vitals, free
from server.push.counts import Counts
from server.work.scheduler import Work

FRESH = 5.0
MEDIA = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Sources:
    """What is measured. `folder`: whose disk; `work` None where this process makes no rounds, `push` where none is."""

    engine: Engine
    meter: Meter
    folder: Path | None = None
    work: Work | None = None
    version: str = ""
    push: Counts | None = None


class Metrics(Collector):
    """The collector. Safe for many threads."""

    def __init__(self, sources: Sources, *, clock: Callable[[], float] = monotonic) -> None:
        self._of = sources
        self._clock = clock
        self._lock = threading.Lock()
        self._known: tuple[float, Vitals | None] = (float("-inf"), None)
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)

    def text(self) -> bytes:
        """All of it, in Prometheus' text form."""
        return generate_latest(self._registry)

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterator[Metric]:
        yield _gauge("lintel_info", "The version that runs.", {(self._of.version,): 1}, ["version"])
        yield self._requests()
        yield _histogram(
            "lintel_write_wait_seconds", "How long writers waited for their turn or their rooms.", WAITS,
            {(): (self._of.engine.store.waits.counts, self._of.engine.store.waits.seconds)}, [],
        )  # fmt: skip
        if self._of.work is not None:
            yield from _sweeps(self._of.work)
        if self._of.push is not None and self._of.push.looked is not None:
            yield from _push(self._of.push, self._clock())
        yield from _doors(self._of.engine)
        space = free(self._of.folder) if self._of.folder is not None else None
        if space is not None:
            yield _gauge("lintel_disk_free_bytes", "Bytes left where the data is.", {(): space})
        found = self._vitals()
        yield _gauge("lintel_database_up", "Whether the database answers.", {(): int(found is not None)})
        if found is not None:
            yield from _vitals(found)

    def _requests(self) -> Metric:
        rows = {
            (door, method, path, str(status)): (counts, seconds)
            for (door, method, path, status), counts, seconds in self._of.meter.rows()
        }
        return _histogram("lintel_request_seconds", "Requests by door, method, template of the path and status.",
                          meter.BOUNDS, rows, ["door", "method", "path", "status"])  # fmt: skip

    def _vitals(self) -> Vitals | None:
        with self._lock:
            at, found = self._known
            if found is None or self._clock() - at > FRESH:
                try:
                    found = self._of.engine.vitals.now()
                except LintelError:
                    found = None
                self._known = (self._clock(), found)
            return found


def _vitals(it: Vitals) -> Iterator[Metric]:
    yield _gauge("lintel_feed_head", "The newest change.", {(): it.head})
    yield _gauge("lintel_outbox_behind", "Changes that a listener has still to be told.", _by(it.behind), ["listener"])
    yield _gauge("lintel_outbox_stuck", "Acts that a listener could not take.", _by(it.stuck), ["listener"])
    yield _gauge("lintel_deliveries", "Deliveries to webhooks.", _by({"waiting": 0, "parked": 0} | dict(it.deliveries)),
                 ["state"])  # fmt: skip
    yield _gauge("lintel_letters", "Letters that were not sent.", _by({"waiting": 0} | dict(it.letters)), ["state"])
    yield _gauge("lintel_tickets_open", "Open tickets.", _by(it.tickets), ["category"])
    yield _gauge("lintel_panels", "Panels that are paired.", {("online",): it.online, ("dark",): it.dark}, ["state"])
    verdicts = dict.fromkeys(VERDICTS, 0) | dict(it.verdicts)
    yield _gauge("lintel_devices", "Devices in use by how well they are.", _by(verdicts), ["verdict"])
    yield _gauge("lintel_panel_data_age_seconds", "Age of the oldest plan that a panel online shows.",
                 {(): max(it.ages, default=0.0)})  # fmt: skip
    yield _gauge("lintel_size_bytes", "Bytes of the database and of its write-ahead log.", _by(it.sizes), ["what"])
    if it.rounds is not None:
        age = (it.at - it.rounds).total_seconds()
        yield _gauge("lintel_rounds_age_seconds", "Seconds since somebody made the rounds.", {(): age})


def _sweeps(work: Work) -> Iterator[Metric]:
    runs = CounterMetricFamily("lintel_sweep_runs", "Runs of each sweep.", labels=["sweep", "outcome"])
    spent = CounterMetricFamily("lintel_sweep_seconds", "Seconds that the runs of each sweep took.", labels=["sweep"])
    for name, ran in work.ran().items():
        runs.add_metric([name, "done"], ran.done)
        runs.add_metric([name, "failed"], ran.failed)
        spent.add_metric([name], ran.seconds)
    yield runs
    yield spent
    yield _gauge("lintel_sweep_late_seconds", "By how much each sweep is late.", _by(work.lag()), ["sweep"])


def _doors(engine: Engine) -> Iterator[Metric]:
    """What devices did by their own word, as far as this process took it in."""
    taken = CounterMetricFamily("lintel_door_entries", "Entries of devices' journals by outcome.", labels=["outcome"])
    for outcome in OUTCOMES:
        taken.add_metric([outcome], engine.intake.counts[outcome])
    yield taken
    broken = CounterMetricFamily("lintel_promises_broken", "Bookings that a device had confirmed and that met another.")
    broken.add_metric([], engine.intake.counts[BROKEN])
    yield broken


def _push(it: Counts, now: float) -> Iterator[Metric]:
    yield _gauge("lintel_push_connections", "Devices that hold a connection.", {(): it.open})
    if it.looked is not None:
        yield _gauge("lintel_push_look_age_seconds", "Since it was last looked what to tell.", {(): now - it.looked})
    for name, about, values, label in (
        ("let_in", "Connections that were let in.", {"": it.let_in}, ""),
        ("told", "Times that a device was told of news.", {"": it.told}, ""),
        ("looks", "Looks at what happened.", {"": it.looks}, ""),
        ("ended", "Connections that ended, by why; slow ones were cut.", dict(it.ended), "why"),
        ("refused", "Requests that were refused.", {str(at): n for at, n in dict(it.refused).items()}, "status"),
    ):
        found = CounterMetricFamily(f"lintel_push_{name}", about, labels=[label] if label else [])
        for one, value in values.items():
            found.add_metric([one] if label else [], value)
        yield found


def _by(counts: Mapping[str, float]) -> dict[tuple[str, ...], float]:
    return {(name,): count for name, count in counts.items()}


def _gauge(
    name: str, about: str, values: Mapping[tuple[str, ...], float], labels: list[str] | None = None
) -> GaugeMetricFamily:
    found = GaugeMetricFamily(name, about, labels=labels or [])
    for those, value in values.items():
        found.add_metric(list(those), value)
    return found


def _histogram(
    name: str, about: str, bounds: tuple[float, ...], rows: Mapping[tuple[str, ...], tuple[Sequence[float], float]],
    labels: list[str],
) -> HistogramMetricFamily:  # fmt: skip
    found = HistogramMetricFamily(name, about, labels=labels)
    marks = [*map(str, bounds), "+Inf"]
    for those, (counts, seconds) in rows.items():
        running, buckets = 0.0, []
        for mark, count in zip(marks, counts, strict=True):
            running += count
            buckets.append((mark, running))
        found.add_metric(list(those), buckets, seconds)
    return found
