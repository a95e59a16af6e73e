"""`lintel serve` as a process."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.processes import start_server, stop

ONE = len(os.sched_getaffinity(0)) < 2 if hasattr(os, "sched_getaffinity") else True


@pytest.mark.skipif(ONE, reason="it takes two cores to choose one")
def test_every_thread_of_the_server_keeps_to_one_core(
    fresh_sqlite: str, tmp_path: Path, free_port: Callable[[], int]
) -> None:
    """Python's one lock between two cores costs the server a third of what it can do."""
    process = start_server(fresh_sqlite, tmp_path, free_port(), core=-1)
    try:
        tasks = list(Path(f"/proc/{process.pid}/task").iterdir())
        cores = {tuple(os.sched_getaffinity(int(task.name))) for task in tasks}
        assert len(tasks) > 4
        assert cores == {(max(os.sched_getaffinity(0)),)}
    finally:
        stop(process)
