"""The watchdog: who is fed, over a real socket, and that nothing that hangs is vouched for."""

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.serving import make_server

from kiosk.settings import around
from kiosk.watchdog import Notify, PageLife, Watchdog

from .makers import FakeMachine
from .process import command, environment
from .server_double import TOKEN, Server


class Systemd:
    """Listens as systemd does."""

    def __init__(self, address: str) -> None:
        self.line = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.line.bind("\0" + address[1:] if address.startswith("@") else address)
        self.line.settimeout(20)
        self.address = address

    def hears(self) -> str:
        return self.line.recv(4096).decode()

    def silent(self, seconds: float) -> bool:
        """Whether nothing comes for so long; what had come before is passed over."""
        self.line.settimeout(0)
        try:
            while True:
                self.line.recv(4096)
        except BlockingIOError:
            pass
        self.line.settimeout(seconds)
        try:
            self.line.recv(4096)
        except TimeoutError:
            return True
        finally:
            self.line.settimeout(20)
        return False


@pytest.fixture(params=["file", "abstract"])
def systemd(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Systemd]:
    it = Systemd(str(tmp_path / "notify") if request.param == "file" else f"@lintel-test-{os.getpid()}")
    yield it
    it.line.close()


def test_it_says_what_systemd_understands(systemd: Systemd) -> None:
    notify = Notify(systemd.address)
    for say, heard in ((notify.ready, "READY=1"), (notify.fed, "WATCHDOG=1"), (notify.stopping, "STOPPING=1")):
        say()
        assert systemd.hears() == heard


def test_without_systemd_it_says_nothing_and_one_that_is_gone_is_no_reason_to_end(tmp_path: Path) -> None:
    Notify(None).fed()
    Notify(str(tmp_path / "gone")).fed()


class Life:
    def __init__(self, machine: FakeMachine) -> None:
        self.machine, self.last = machine, machine.boottime()

    def __call__(self) -> float:
        return self.last

    def lives(self) -> None:
        self.last = self.machine.boottime()


def test_it_is_fed_while_all_live_and_not_when_one_is_late_twice(systemd: Systemd) -> None:
    machine = FakeMachine()
    sync, page = Life(machine), Life(machine)
    dog = Watchdog(Notify(systemd.address), {"sync": (sync, 45.0), "page": (page, 10.0)}, elapsed=machine.boottime)
    assert dog.turn()
    machine.pass_(44)
    page.lives()
    assert dog.turn()
    machine.pass_(2)
    assert dog.turn()  # a machine that was suspended: late once is not hung
    machine.pass_(3)
    page.lives()
    assert not dog.turn()
    sync.lives()
    assert dog.turn()


def test_a_machine_that_slept_is_not_taken_for_hung(systemd: Systemd) -> None:
    machine = FakeMachine()
    sync, page = Life(machine), Life(machine)
    dog = Watchdog(Notify(systemd.address), {"sync": (sync, 45.0), "page": (page, 10.0)}, elapsed=machine.boottime)
    machine.pass_(8 * 3600)
    assert dog.turn()
    sync.lives()
    page.lives()
    machine.pass_(3)
    assert dog.turn()


@pytest.mark.parametrize("systemd", ["abstract"], indirect=True)
def test_a_thread_that_hangs_is_vouched_for_no_longer_and_one_that_goes_on_again_is(systemd: Systemd) -> None:
    go, last = threading.Event(), [time.monotonic()]
    go.set()
    ended = threading.Event()

    def work() -> None:
        while not ended.is_set():
            go.wait()
            last[0] = time.monotonic()
            ended.wait(0.05)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    lives = {"work": ((lambda: last[0]), 0.5)}
    dog = Watchdog(Notify(systemd.address), lives, elapsed=time.monotonic, patience=0.6)
    dog.start()
    assert systemd.hears() == "WATCHDOG=1"
    go.clear()
    time.sleep(1.0)
    assert systemd.silent(0.7)
    go.set()
    assert systemd.hears() == "WATCHDOG=1"
    ended.set()
    dog.stop(for_good=True)
    thread.join(5)


def test_the_page_lives_while_it_answers_and_not_while_its_threads_hang() -> None:
    app, hang = Flask(__name__), threading.Event()
    hang.set()

    @app.get("/state.json")
    def state() -> str:
        hang.wait()
        return "{}"

    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    machine = FakeMachine()
    life = PageLife("127.0.0.1", server.server_port, elapsed=machine.boottime, patience=0.5)
    machine.pass_(5)
    assert life() == machine.boottime()
    hang.clear()
    machine.pass_(5)
    assert life() == machine.boottime() - 5
    hang.set()
    assert life() == machine.boottime()
    server.shutdown()
    server.server_close()
    assert life() == machine.boottime()


def test_what_systemd_says_is_read_and_nothing_of_ours_reaches_the_browser() -> None:
    told = around(
        {
            "NOTIFY_SOCKET": "@x", "WATCHDOG_USEC": "10000000", "WATCHDOG_PID": str(os.getpid()), "PATH": "/bin",
            "RUNTIME_DIRECTORY": "/run/lintel-kiosk", "WAYLAND_DISPLAY": "wayland-0", "LINTEL_KIOSK_TOKEN": "secret",
            "CREDENTIALS_DIRECTORY": "/run/credentials/x", "STATE_DIRECTORY": "/var/lib/lintel-kiosk",
        }
    )  # fmt: skip
    assert (told.notify, told.watchdog, told.run, told.wayland) == ("@x", 10.0, Path("/run/lintel-kiosk"), "wayland-0")
    assert sorted(told.environ) == ["PATH", "RUNTIME_DIRECTORY", "WAYLAND_DISPLAY"]
    assert around({"WATCHDOG_USEC": "10000000", "WATCHDOG_PID": "1"}).watchdog is None
    assert around({"WATCHDOG_USEC": "often"}).watchdog is None


@pytest.fixture
def agent(systemd: Systemd, tmp_path: Path, server: Server, free_port: object) -> Iterator[subprocess.Popen[bytes]]:
    assert callable(free_port)
    port = free_port()
    told = {"NOTIFY_SOCKET": systemd.address, "WATCHDOG_USEC": "1500000", "LINTEL_KIOSK_TOKEN": TOKEN}
    process = subprocess.Popen(
        command("run", "--server", server.url, "--data", str(tmp_path / "d"), "--listen", f"127.0.0.1:{port}"),
        env=environment(**told),
        stderr=subprocess.DEVNULL,
    )
    yield process
    process.kill()
    process.wait(5)


@pytest.mark.heavy
@pytest.mark.parametrize("systemd", ["file"], indirect=True)
def test_a_real_agent_is_ready_feeds_is_missed_when_stopped_and_says_when_it_ends(
    systemd: Systemd, agent: subprocess.Popen[bytes]
) -> None:
    assert systemd.hears() == "READY=1"
    assert [systemd.hears() for _ in range(3)] == ["WATCHDOG=1"] * 3
    agent.send_signal(signal.SIGSTOP)
    assert systemd.silent(3.0)
    agent.send_signal(signal.SIGCONT)
    assert systemd.hears() == "WATCHDOG=1"
    agent.terminate()
    while (heard := systemd.hears()) == "WATCHDOG=1":
        pass
    assert heard == "STOPPING=1"
    assert agent.wait(10) == 0
