"""`make bench`: every figure with its reference and what is to be held; exits 1 where one is missed.

`ARGS="--only reads"` runs one part: reads, writes, growth, sizes, glass, series, rules, finding, places, reports,
hooks, work, release, audit, push, fleet, escrow, indico, librebooking or roomloop. `--stored N` sets the large house (a
million).
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests import cluster
from tests.bench import (
    audit,
    carrying,
    escrow,
    finding,
    fleet,
    glass,
    hooks,
    indico,
    librebooking,
    pages,
    places,
    push,
    reads,
    release,
    reports,
    roomloop,
    rules,
    series,
    sizes,
    work,
    writes,
)
from tests.bench.rows import HEAD, Row

ONLY = (
    "reads",
    "writes",
    "growth",
    "sizes",
    "glass",
    "series",
    "rules",
    "finding",
    "places",
    "reports",
    "hooks",
    "work",
    "release",
    "audit",
    "push",
    "fleet",
    "escrow",
    "indico",
    "librebooking",
    "roomloop",
)


@contextmanager
def postgres() -> Iterator[Callable[[], str] | None]:
    """Makes empty PostgreSQL databases; None where this machine has none."""
    try:
        server = cluster.Cluster(durable=True)
    except cluster.NoCluster as reason:
        print(f"without PostgreSQL: {reason}", file=sys.stderr)
        yield None
        return
    try:
        yield server.create
    finally:
        server.stop()


def parts(folder: Path, fresh: Callable[[], str] | None, stored: int) -> dict[str, list[Callable[[], list[Row]]]]:
    """The measurements by part."""

    def file(name: str) -> str:
        return f"sqlite:///{folder / name}.db"

    write = [
        lambda: writes.over_http(file("http"), folder, servers=1, name="SQLite", limit=500),
        lambda: writes.refusals(file("refusals")),
        lambda: writes.waits(file("waits")),
    ]
    grow = [lambda: writes.growth(file("few"), file("many"), stored, "SQLite")]
    recur = [
        series.expansion,
        lambda: series.booking(file("series"), "SQLite"),
        lambda: carrying.carrying(file("carrying"), "SQLite"),
    ]
    every = [lambda: rules.rules(file("rules"), "SQLite")]
    look = [lambda: finding.finding(file("finding"), "SQLite")]
    tree = [lambda: places.places(file("site"), file("rooms"), "SQLite")]
    if fresh is not None:
        tree.append(lambda: places.places(fresh(), fresh(), "PostgreSQL"))
        every.append(lambda: rules.rules(fresh(), "PostgreSQL"))
        recur += [
            lambda: series.booking(fresh(), "PostgreSQL"),
            lambda: carrying.carrying(fresh(), "PostgreSQL"),
        ]
        look.append(lambda: finding.finding(fresh(), "PostgreSQL"))
        write.append(lambda: writes.over_http(fresh(), folder, servers=2, name="PostgreSQL, 2 servers", limit=300))
        grow.append(lambda: writes.growth(fresh(), fresh(), stored, "PostgreSQL"))
    return {
        "reads": [lambda: reads.reads(folder)],
        "writes": write,
        "growth": grow,
        "sizes": [lambda: sizes.server(folder), lambda: sizes.panel(folder)],
        "glass": [lambda: glass.glass(folder)],
        "series": recur,
        "rules": every,
        "finding": look,
        "places": tree,
        **by_itself(folder, file, fresh, stored),
    }


def by_itself(
    folder: Path, file: Callable[[str], str], fresh: Callable[[], str] | None, stored: int
) -> dict[str, list[Callable[[], list[Row]]]]:
    """The measurements of what the server does by itself, and of what it says of itself."""
    told = [lambda: reports.reports(file("reports"), folder, "SQLite", stored)]
    sent = [lambda: hooks.hooks(file("hooks"), "SQLite")]
    itself = [lambda: work.telling(file("told"), "SQLite"), lambda: work.idle(file("idle"), folder, "SQLite")]
    kept = [
        lambda: audit.proof(file("proof"), "SQLite", 100_000),
        lambda: audit.backup(file("backup"), folder, "SQLite"),
    ]
    back = [lambda: release.release(file("release"), "SQLite")]
    held = [lambda: push.push(file("push"), folder, "SQLite")]
    own = [lambda: escrow.escrow(file("doors"), file("door"), folder, "SQLite")]
    doors = [lambda: indico.indico(file("indico"), folder, "SQLite")]
    vendors = [lambda: librebooking.librebooking(file("librebooking"), folder, "SQLite")]
    school = [lambda: roomloop.roomloop(file("roomloop"), folder, "SQLite")]
    lives = [lambda: fleet.fleet(file("fleet"), folder, "SQLite"), lambda: pages.pages(file("pages"), "SQLite")]
    if fresh is not None:
        doors.append(lambda: indico.indico(fresh(), folder, "PostgreSQL"))
        school.append(lambda: roomloop.roomloop(fresh(), folder, "PostgreSQL"))
        lives.append(lambda: fleet.fleet(fresh(), folder, "PostgreSQL"))
        lives.append(lambda: pages.pages(fresh(), "PostgreSQL"))
        kept.append(lambda: audit.proof(fresh(), "PostgreSQL", 100_000))
        kept.append(lambda: audit.backup(fresh(), folder, "PostgreSQL"))
        back.append(lambda: release.release(fresh(), "PostgreSQL"))
        itself.append(lambda: work.telling(fresh(), "PostgreSQL"))
        itself.append(lambda: work.idle(fresh(), folder, "PostgreSQL"))
        sent.append(lambda: hooks.hooks(fresh(), "PostgreSQL"))
        held.append(lambda: push.push(fresh(), folder, "PostgreSQL"))
        own.append(lambda: escrow.escrow(fresh(), fresh(), folder, "PostgreSQL"))
        told.append(lambda: reports.reports(fresh(), folder, "PostgreSQL", stored))
    return {
        "reports": told,
        "hooks": sent,
        "work": itself,
        "release": back,
        "audit": kept,
        "push": held,
        "fleet": lives,
        "escrow": own,
        "indico": doors,
        "librebooking": vendors,
        "roomloop": school,
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", choices=ONLY)
    parser.add_argument("--stored", type=int, default=1_000_000)
    told = parser.parse_args()
    missed = 0
    with tempfile.TemporaryDirectory(prefix="lintel-bench-") as folder, postgres() as fresh:
        print(HEAD, flush=True)
        for name, measurements in parts(Path(folder), fresh, told.stored).items():
            if told.only in (None, name):
                for measure in measurements:
                    for row in measure():
                        print(row.line(), flush=True)
                        missed += not row.holds
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
