"""The server and its supervisor: it says when it is ready, feeds while it lives, and never ends for others' faults."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from server.settings import Supervisor, environment, supervisor
from server.watchdog import Notify, Watchdog, Web
from tests import make
from tests.cluster import free_port
from tests.processes import stop


class Systemd:
    """What systemd hears."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)
        self._line = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._line.bind(self.path)

    def hears(self, *, seconds: float = 20) -> str:
        self._line.settimeout(seconds)
        return self._line.recv(4096).decode()

    def falls_silent(self) -> bool:
        """Whether it says nothing for three times as long as it is waited for; what was under way comes first."""
        for _ in range(20):
            try:
                self.hears(seconds=2)
            except TimeoutError:
                return True
        return False

    def close(self) -> None:
        self._line.close()


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[Systemd]:
    it = Systemd(tmp_path / "notify")
    yield it
    it.close()


class Time:
    at = 0.0

    def __call__(self) -> float:
        return self.at


def test_it_is_fed_while_all_live_and_late_is_believed_when_seen_twice(systemd: Systemd) -> None:
    time, web, work = Time(), Time(), Time()
    dog = Watchdog(Notify(systemd.path), {"web": (web, 30), "work": (work, 180)}, patience=60, clock=time)
    assert dog.turn()
    time.at = 31.0
    assert dog.turn()  # a moment ago all was well: the machine may have been suspended
    assert not dog.turn()
    web.at = 31.0
    assert dog.turn()
    assert [systemd.hears() for _ in range(3)] == ["WATCHDOG=1"] * 3
    with pytest.raises(BlockingIOError):
        systemd.hears(seconds=0)


def test_who_is_not_under_a_supervisor_says_nothing_and_one_that_is_away_ends_nobody(tmp_path: Path) -> None:
    Notify(None).say("READY=1")
    Notify(str(tmp_path / "nobody")).say("READY=1")


def test_a_web_that_does_not_answer_is_found_out() -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        web = Web("127.0.0.1", deaf.getsockname()[1], patience=0.05)
        first = web()
        assert web() == first


def test_the_environment_says_who_looks_after_us() -> None:
    assert supervisor({}) == Supervisor()
    assert supervisor({"NOTIFY_SOCKET": "@x", "WATCHDOG_USEC": "60000000"}) == Supervisor("@x", 60)
    assert supervisor({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "1"}) == Supervisor()
    assert supervisor({"WATCHDOG_USEC": "-1"}) == Supervisor()


@pytest.mark.heavy
def test_a_real_server_is_fed_though_its_database_is_taken_and_not_when_it_hangs(
    systemd: Systemd, fresh_sqlite: str, tmp_path: Path
) -> None:
    with make.opened(fresh_sqlite):
        pass
    listen = f"127.0.0.1:{free_port()}"
    env = environment(NOTIFY_SOCKET=systemd.path, WATCHDOG_USEC="600000", LINTEL_DATABASE_URL=fresh_sqlite)
    env.pop("WATCHDOG_PID", None)
    command = [sys.executable, "-m", "server", "serve", "--listen", listen, "--data", str(tmp_path / "data")]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, env=env, stderr=log, stdout=log)
    taken = apsw.Connection(fresh_sqlite.removeprefix("sqlite:///"))
    try:
        assert systemd.hears() == "READY=1"
        assert systemd.hears() == "WATCHDOG=1"
        taken.execute("BEGIN IMMEDIATE")
        assert [systemd.hears() for _ in range(5)] == ["WATCHDOG=1"] * 5
        taken.execute("ROLLBACK")
        os.kill(process.pid, signal.SIGSTOP)
        assert systemd.falls_silent()
        os.kill(process.pid, signal.SIGCONT)
        process.terminate()
        while (heard := systemd.hears()) == "WATCHDOG=1":
            pass
        assert heard == "STOPPING=1"
    finally:
        taken.close()
        stop(process)
    assert process.returncode == 0
