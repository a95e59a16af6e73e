"""The sweeps over a real house, and the server that runs them from its start to its end."""

import signal
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from server import compose
from server.core.access import CLI
from server.core.clock import SystemClock
from server.settings import Settings
from server.work.scheduler import Work
from server.work.sweeps import sweeps
from tests import make
from tests.processes import start_server


def test_zones_come_before_series_are_carried_on_and_closures_before_both(house: make.House) -> None:
    names = [it.name for it in sweeps(house.engine)]
    assert len(set(names)) == len(names)
    order = ("zones", "closures", "carry", "waiting")
    assert [name for name in names if name in order] == list(order)
    assert [it.name for it in sweeps(house.engine) if it.first] == ["lineage", "zones"]


def test_series_are_carried_on_while_the_clock_goes_on(house: make.House) -> None:
    made = house.recur("12:00", "13:00", "FREQ=WEEKLY")
    work = Work(house.clock, sweeps(house.engine))
    work.prepare()
    for _ in range(30):
        house.clock.forward(days=2)
        work.look()
    whole = house.engine.series.whole(made.series.uid, CLI)
    assert whole.series.carried_to > house.clock.now() + timedelta(days=731 - 9)
    assert len(whole.rows) == len(whole.dates) > made.made


def test_the_sweeps_tell_counts_and_no_words(house: make.House) -> None:
    house.recur("12:00", "13:00", "FREQ=WEEKLY", title="Salary talk")
    house.clock.forward(days=8)
    told = {it.name: it.run() for it in sweeps(house.engine)}
    assert {name: told[name] for name in ("zones", "closures", "carry", "waiting", "accounts")} == {
        "zones": {"zones": 0, "moved": 0, "clashing": 0, "failed": 0},
        "closures": {"plans": 0, "made": 0, "bumped": 0, "left_out": 0, "failed": 0},
        "carry": {"series": 1, "made": 1, "left_out": 0, "failed": 0},
        "waiting": {"offered": 0, "lapsed": 0, "over": 0, "failed": 0},
        "accounts": {"sessions": 0, "tries": 0},
    }


def test_an_app_that_is_only_put_together_runs_no_sweep(fresh_sqlite: str) -> None:
    made = compose.compose(Settings(database_url=fresh_sqlite))
    with made.engine.store.reading() as tx:
        assert tx.rows("SELECT name FROM zone_data") == []
    made.engine.store.close()


def test_the_server_runs_its_sweeps_once_soon_after_its_start_and_ends_with_them(
    fresh_sqlite: str, tmp_path: Path, free_port: Callable[[], int]
) -> None:
    engine = compose.engine(Settings(database_url=fresh_sqlite), clock=_TwoYearsAgo())
    house = _furnished(engine)
    port = free_port()
    process = start_server(fresh_sqlite, tmp_path, port)
    log = tmp_path / f"server-{port}.log"
    try:
        _until(lambda: "sweep=accounts" in log.read_text())
        lines = [line.partition("level=INFO ")[2] for line in log.read_text().splitlines() if "sweep=" in line]
        ran = [line.split(" run=")[0].removeprefix("sweep=") for line in lines]
        assert [ran.count(name) for name in ("zones", "closures", "carry", "accounts")] == [1] * 4
        assert "series=1" in lines[ran.index("carry")]
        after = compose.engine(Settings(database_url=fresh_sqlite))
        assert after.series.find(house, CLI).carried_to > SystemClock().now() + timedelta(days=700)
        after.store.close()
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0
        engine.store.close()


class _TwoYearsAgo:
    def now(self) -> make.datetime:
        return SystemClock().now() - timedelta(days=730)


def _furnished(engine: compose.Engine) -> str:
    """One room and an endless weekly series; its uid."""
    engine.rooms.add(make.room("oak"), CLI)
    start = engine.clock.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
    wish = make.ask(start, start + timedelta(hours=1))
    pattern = make.parse(["FREQ=WEEKLY"], make.wall(start, make.BERLIN).replace(tzinfo=None), make.BERLIN)
    return engine.series.book(wish, pattern, CLI).series.uid


def _until(true: Callable[[], bool]) -> None:
    for _ in range(1000):
        if true():
            return
        time.sleep(0.02)
    raise AssertionError("it did not happen")
