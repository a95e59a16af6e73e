"""A long life at random: the engine and a small model of it (life.py) are asked the same and must always agree."""

from collections.abc import Callable
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from server.store.database import Store
from tests import make
from tests.engine.life import Life


def live(open_: Callable[[], Store], examples: int, steps: int) -> None:
    life = type("LifeHere", (Life,), {"open": staticmethod(open_)})
    run_state_machine_as_test(
        life,
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


def test_a_long_life_on_sqlite(tmp_path: Path) -> None:
    live(lambda: make.begun(tmp_path), examples=30, steps=40)


def test_a_long_life_on_postgresql(shared_postgres: Store) -> None:
    live(lambda: make.emptied(shared_postgres), examples=15, steps=40)
