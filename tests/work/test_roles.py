"""`lintel serve --role`: who answers, who does the rounds, and how they end."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from server import compose
from server.settings import Settings, environment
from tests.processes import start_server, stop


def serve(url: str, folder: Path, role: str, port: int) -> "subprocess.Popen[bytes]":
    """`lintel serve` in a role, not waited for; its log is folder/ROLE-PORT.log."""
    command = [sys.executable, "-m", "server", "serve", "--data", str(folder), "--role", role]
    env = environment(LINTEL_DATABASE_URL=url, LINTEL_PIN_CORE="-2")
    with (folder / f"{role}-{port}.log").open("ab") as log:
        return subprocess.Popen([*command, "--listen", f"127.0.0.1:{port}"], env=env, stderr=log, stdout=log)


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


@pytest.mark.parametrize("role", ["web", "work"])
def test_a_part_alone_is_refused_where_there_is_one_process_only(fresh_sqlite: str, tmp_path: Path, role: str) -> None:
    process = serve(fresh_sqlite, tmp_path, role, 1)
    assert process.wait(30) == 2
    assert "PostgreSQL" in (tmp_path / f"{role}-1.log").read_text()


@pytest.mark.heavy
def test_the_web_does_no_rounds_and_the_work_goes_on_where_another_ended(
    fresh_postgres: str, tmp_path: Path, free_port: Callable[[], int]
) -> None:
    engine = compose.engine(Settings(database_url=fresh_postgres))
    ports = [free_port() for _ in range(3)]
    web = start_server(fresh_postgres, tmp_path, ports[0], role="web")
    first = serve(fresh_postgres, tmp_path, "work", ports[1])
    logs = [tmp_path / f"server-{ports[0]}.log", *(tmp_path / f"work-{port}.log" for port in ports[1:])]
    second: subprocess.Popen[bytes] | None = None
    try:
        until(lambda: "sweep=accounts" in logs[1].read_text())
        second = serve(fresh_postgres, tmp_path, "work", ports[2])
        until(lambda: "working pid=" in logs[2].read_text())
        assert engine.alive.last() is not None
        first.terminate()
        assert first.wait(30) == 0
        until(lambda: "sweep=accounts" in logs[2].read_text())  # given up, so not waited for
        second.terminate()
        assert second.wait(30) == 0
        assert "sweep=accounts" not in logs[0].read_text()
        assert "listening=" not in logs[1].read_text()
    finally:
        for process in filter(None, (web, first, second)):
            stop(process)
        engine.store.close()
