"""The push of real processes: beside the web, alone, and where somebody else wrote."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from server import compose
from server.core.access import CLI
from server.engine import Engine
from server.settings import Settings, environment
from tests import make
from tests.processes import stop, wait_for
from tests.push.ears import Ear

pytestmark = pytest.mark.heavy


@contextmanager
def serving(
    url: str, folder: Path, port: int, push: int, *more: str, **settings: str
) -> "Iterator[subprocess.Popen[bytes]]":
    """`lintel serve` with its push at that port, once it can be reached; its log is folder/PORT.log."""
    command = [sys.executable, "-m", "server", "serve", "--data", str(folder), "--listen", f"127.0.0.1:{port}", *more]
    env = environment(LINTEL_DATABASE_URL=url, LINTEL_PIN_CORE="-2", LINTEL_PUSH_LISTEN=f"127.0.0.1:{push}", **settings)
    with (folder / f"{port}.log").open("ab") as log:
        process = subprocess.Popen(command, env=env, stderr=log, stdout=log)
    try:
        if "push" in more:
            wait_for_push(push, process)
        else:
            wait_for(f"http://127.0.0.1:{port}/readyz", process)
            wait_for_push(push, process)
        yield process
    finally:
        stop(process)


def wait_for_push(port: int, process: "subprocess.Popen[bytes]") -> None:
    while process.poll() is None:
        try:
            Ear(port).close()
            return
        except ConnectionError:
            time.sleep(0.05)
    raise RuntimeError("the push does not answer")


def told_in(log: Path, word: str) -> None:
    """Waits until the log has the word: a process is reached before it has said so."""
    end = time.monotonic() + 15
    while word not in log.read_text():
        assert time.monotonic() < end, f"{log} never says {word}"
        time.sleep(0.05)


def furnished(url: str) -> tuple[Engine, str, str]:
    """Oak; a panel's key, and one that may book."""
    engine = compose.engine(Settings(database_url=url))
    engine.rooms.add(make.room("oak"), CLI)
    _, panel = engine.devices.add("Panel", CLI, rooms=("oak",))
    _, key = engine.tokens.create("key", "admin", CLI)
    return engine, panel, key


def book(port: int, key: str, start: str, end: str) -> None:
    wish = {"title": "Planning", "organizer": "ann@example.org", "start": f"2031-01-06T{start}:00Z"}
    answer = requests.post(
        f"http://127.0.0.1:{port}/api/v1/rooms/oak/bookings", json={**wish, "end": f"2031-01-06T{end}:00Z"},
        headers={"Authorization": f"Bearer {key}"}, timeout=20,
    )  # fmt: skip
    assert answer.status_code == 201, answer.text


def test_what_a_command_writes_beside_the_server_is_told(
    fresh_sqlite: str, tmp_path: Path, free_port: Callable[[], int]
) -> None:
    engine, panel, key = furnished(fresh_sqlite)
    port, push = free_port(), free_port()
    with serving(fresh_sqlite, tmp_path, port, push):
        told = requests.get(
            f"http://127.0.0.1:{port}/device/v1/me", headers={"Authorization": f"Bearer {panel}"}, timeout=20
        ).json()
        assert told["push"] == f"http://127.0.0.1:{push}/push"
        one = Ear(push).ask(panel)
        assert one.next("hello").data["me"] == told["digest"]
        book(port, key, "10:00", "11:00")
        assert one.next("news").data["rooms"].keys() == {"oak"}
        command = [
            sys.executable,
            "-m",
            "server",
            "room",
            "change",
            "oak",
            "--name",
            "Great Oak",
            "--data",
            str(tmp_path),
        ]
        subprocess.run(command, env=environment(LINTEL_DATABASE_URL=fresh_sqlite), check=True, capture_output=True)
        assert one.next("news").data["rooms"] == {"oak": engine.devices.head("oak", CLI)}
        figures = requests.get(
            f"http://127.0.0.1:{port}/metrics", headers={"Authorization": f"Bearer {key}"}, timeout=20
        ).text
        assert "lintel_push_connections 1.0" in figures
        assert "lintel_push_told_total 2.0" in figures
    assert one.ended()
    engine.store.close()


def test_who_listens_to_one_process_hears_what_another_did(
    fresh_postgres: str, tmp_path: Path, free_port: Callable[[], int]
) -> None:
    engine, panel, key = furnished(fresh_postgres)
    _, other = engine.devices.add("Other panel", CLI, rooms=("oak",))
    ports = [free_port() for _ in range(6)]
    with (
        serving(fresh_postgres, tmp_path, ports[0], ports[1], "--role", "web") as web,
        serving(fresh_postgres, tmp_path, ports[2], ports[3], "--role", "web"),
        serving(fresh_postgres, tmp_path, ports[4], ports[5], "--role", "push"),
    ):
        here, there = Ear(ports[3]).ask(panel), Ear(ports[5]).ask(other)
        for each in (here, there):
            each.next("hello")
        book(ports[0], key, "10:00", "11:00")
        for each in (here, there):
            assert each.next("news").data["rooms"] == {"oak": engine.devices.head("oak", CLI)}
        stop(web, hard=True)
        book(ports[2], key, "11:00", "12:00")
        for each in (here, there):
            assert each.next("news").data["rooms"] == {"oak": engine.devices.head("oak", CLI)}
        told_in(tmp_path / f"{ports[4]}.log", "pushing=")
        assert "listening=" not in (tmp_path / f"{ports[4]}.log").read_text()
    engine.store.close()


def test_a_server_that_is_killed_leaves_nobody_waiting(
    fresh_sqlite: str, tmp_path: Path, free_port: Callable[[], int]
) -> None:
    engine, panel, _ = furnished(fresh_sqlite)
    port, push = free_port(), free_port()
    with serving(fresh_sqlite, tmp_path, port, push) as process:
        one = Ear(push).ask(panel)
        one.next("hello")
        stop(process, hard=True)
        assert not one.ended()
    with serving(fresh_sqlite, tmp_path, port, push):  # the port is free again at once
        assert Ear(push).ask(panel).next("hello")
    engine.store.close()


@pytest.mark.parametrize(
    ("settings", "more", "complaint"),
    [
        ({"LINTEL_PUSH_LISTEN": "0.0.0.0:0"}, [], "--insecure-http"),
        ({"LINTEL_PUSH_LISTEN": ""}, ["--role", "push"], "push.listen"),
        ({"LINTEL_PUSH_LISTEN": "127.0.0.1"}, [], "push.listen"),
    ],
)
def test_a_push_that_cannot_be_is_refused(
    fresh_sqlite: str, tmp_path: Path, settings: dict[str, str], more: list[str], complaint: str
) -> None:
    command = [sys.executable, "-m", "server", "serve", "--data", str(tmp_path), "--listen", "127.0.0.1:0", *more]
    env = environment(LINTEL_DATABASE_URL=fresh_sqlite, **settings)
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode != 0
    assert complaint in done.stderr
