"""A real Chromium under a real keeper beside a real agent: whatever happens to it, the page is back within 45 s.

Back means: after the fault was there, the page has painted again, by the agent's own word.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests

from kiosk import ladder
from kiosk.browser import Browser
from kiosk.clock import LinuxMachine
from kiosk.keeper import AGAIN, AgentLine, Keeper
from kiosk.pipe import Refused
from kiosk.screen.keeping import HEADER
from kiosk.watchdog import Notify
from tests.kiosk.makers import booking, plan
from tests.kiosk.process import Panel, command, environment
from tests.kiosk.server_double import Server, truth_of

pytestmark = [pytest.mark.browser, pytest.mark.heavy, pytest.mark.timeout(300)]

BACK = 45.0


class Screen:
    """Does what systemd does: begins the keeper again as soon as it ends."""

    def __init__(self, folder: Path, panel: Panel, chromium: str) -> None:
        self.folder, self.panel = folder, panel
        self.run = folder / "run"
        self.run.mkdir()
        self.log = (folder / "screen.log").open("ab")
        more = {"RUNTIME_DIRECTORY": str(self.run), "HOME": str(folder)}
        self.command = command(
            "screen", "--data", str(panel.folder), "--url", panel.url + "/", "--headless",
            "--browser", chromium, "--flag=--no-sandbox", "--flag=--disable-gpu",
        )  # fmt: skip
        self.environment = environment(**more)
        self.begin()

    def begin(self) -> None:
        self.process = subprocess.Popen(self.command, env=self.environment, stderr=self.log)

    def tended(self) -> None:
        """What systemd would do now."""
        if self.process.poll() is not None:
            assert self.process.returncode == AGAIN, (self.folder / "screen.log").read_text()
            self.begin()

    def browser(self) -> int:
        """The browser's main process."""
        return next(pid for pid in processes(self.run) if "--type=" not in arguments(pid))

    def renderers(self) -> list[int]:
        """The processes that draw."""
        below, more = set[int](), {self.browser()}
        while more:
            below |= more
            more = {pid for pid in everyone() if parent(pid) in below} - below
        return [pid for pid in below if "--type=renderer" in arguments(pid)]

    def asked(self) -> dict[str, Any]:
        """The agent's word about the page, as the keeper hears it."""
        secret = (self.panel.folder / "keeper.secret").read_text().strip()
        answer = requests.get(self.panel.url + "/keeper", headers={HEADER: secret}, timeout=5)
        return dict(answer.json())

    def painted(self, since: float, *, within: float) -> float:
        """Wait until the page has painted after `since` (monotonic); how long that took."""
        while (took := time.monotonic() - since) < within:
            self.tended()
            with suppress(requests.RequestException):
                ago = self.asked()["painted_ago"]
                # `ago` is rounded up: what it claims is certainly after the fault.
                if ago is not None and time.monotonic() - ago > since:
                    return took
            time.sleep(0.2)
        raise AssertionError(f"not within {within} s\n" + (self.folder / "screen.log").read_text()[-3000:])

    def end(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(15)
        self.process.kill()
        assert processes(self.run) == []
        self.log.close()


def everyone() -> list[int]:
    return [int(each.name) for each in Path("/proc").iterdir() if each.name.isdecimal()]


def processes(run: Path) -> list[int]:
    """Those of the browser with the profile below `run`, whose command line we can tell."""
    return [pid for pid in everyone() if f"--user-data-dir={run / 'browser'}" in arguments(pid)]


def arguments(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").replace("\0", " ")
    except OSError:
        return ""


def parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    now = int(time.time())
    start = now - now % 86_400 - 3600
    offsets = ((start, 3600),)
    it = Server(truth_of(plan(booking(now + 7200, now + 9000), start=start, end=start + 15 * 86_400, offsets=offsets)))
    yield it
    it.stop()


@pytest.fixture(scope="module")
def panel(server: Server, tmp_path_factory: pytest.TempPathFactory, free_port: Callable[[], int]) -> Iterator[Panel]:
    it = Panel(tmp_path_factory.mktemp("panel") / "data", server.url, free_port())
    it.until(lambda state: state["online"])
    yield it
    it.close()


@pytest.fixture
def screen(tmp_path: Path, panel: Panel, chromium_path: str) -> Iterator[Screen]:
    it = Screen(tmp_path, panel, chromium_path)
    it.painted(time.monotonic(), within=60)
    yield it
    it.end()


def measured(what: str, seconds: float) -> None:
    print(f"{what}: back after {seconds:.1f} s")
    assert seconds < BACK


def test_killed_and_frozen_it_is_back_within_three_quarters_of_a_minute(screen: Screen) -> None:
    begun = time.monotonic()
    os.kill(screen.browser(), signal.SIGKILL)
    measured("browser killed", screen.painted(begun, within=BACK))

    time.sleep(max(0.0, begun + ladder.GRACE - time.monotonic()))  # the first half minute is nobody's fault
    began = time.monotonic()
    for pid in screen.renderers():
        os.kill(pid, signal.SIGSTOP)
    measured("renderer stopped", screen.painted(began, within=BACK))

    began, stopped = time.monotonic(), screen.browser()
    os.kill(stopped, signal.SIGSTOP)
    while Path(f"/proc/{stopped}").exists() and time.monotonic() - began < BACK:
        time.sleep(0.1)  # its renderer may paint on for a while
    screen.painted(time.monotonic(), within=BACK)
    measured("browser stopped, and the whole screen restarted for it was the third time", time.monotonic() - began)
    assert "action=restart" in (screen.folder / "screen.log").read_text()


class Here:
    """A keeper in this process, so that its browser can be told to misbehave."""

    def __init__(self, folder: Path, panel: Panel, chromium: str) -> None:
        self.panel, self.machine = panel, LinuxMachine()
        self.browser = Browser(
            page=panel.url + "/",
            program=chromium,
            folder=folder / "browser",
            environ={"PATH": os.environ["PATH"], "HOME": str(folder)},
            elapsed=self.machine.boottime,
            headless=True,
            flags=("--no-sandbox", "--disable-gpu"),
        )
        self.keeper = Keeper(
            self.browser,
            AgentLine(panel.url, panel.folder),
            elapsed=self.machine.boottime,
            boot="boot",
            kept=folder / "ladder.json",
            notify=Notify(None),
        )
        self.browser.begin()

    def page(self, script: str) -> Any:
        """What the script says, in the page. Any console may do that; it is no part of the browser's own doing."""
        pipe, session = self.browser._pipe, self.browser._session
        assert pipe is not None
        told = pipe.call("Runtime.evaluate", {"expression": script, "returnByValue": True}, session=session)
        return told["result"].get("value")

    def until(self, wanted: Callable[[], bool], *, within: float = BACK) -> float:
        """Turn until it is so; how long that took."""
        began = time.monotonic()
        while not wanted():
            assert time.monotonic() - began < within
            assert self.keeper.turn() == 0
            time.sleep(0.3)
        return time.monotonic() - began

    def paints(self) -> bool:
        """Whether the page that is there is ours and has painted a view."""
        try:
            return self.browser.fault == "" and bool(self.page("document.documentElement.dataset.painted"))
        except Refused:  # on its way to another page
            return False


@pytest.fixture
def here(tmp_path: Path, panel: Panel, chromium_path: str) -> Iterator[Here]:
    it = Here(tmp_path, panel, chromium_path)
    it.until(it.paints)
    it.keeper.past = replace(it.keeper.past, began=it.keeper.past.began - ladder.GRACE)
    yield it
    it.browser.end()


def test_a_white_page_and_one_whose_script_died_are_back_too(here: Here) -> None:
    here.page("location.href = 'about:blank'")
    here.until(lambda: not here.paints())
    measured("gone to another address", here.until(here.paints))

    # Nothing runs any more that was to run later; what stands on the glass stays there.
    here.page("window.before = true; for (let i = 0; i < 100000; i++) clearTimeout(i)")
    measured("script dead", here.until(lambda: here.paints() and not here.page("window.before")))


def test_a_crash_is_noticed_and_staff_get_a_picture_of_the_glass(here: Here) -> None:
    before, began = here.keeper.past.renewed, time.monotonic()
    for pid in here.browser._renderers():
        os.kill(pid, signal.SIGSEGV)
    here.until(lambda: here.keeper.past.renewed != before, within=10)
    here.until(here.paints)
    measured("renderer crashed", time.monotonic() - began)

    picture = here.browser.picture()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) > 5_000
    assert (here.browser.memory_mb() or 0) > 30


def test_nobody_can_reach_the_browser_but_its_keeper(here: Here) -> None:
    handles = Path(f"/proc/{here.browser.pid}/fd").iterdir()
    own = {str(each.readlink()) for each in handles if each.is_symlink()}
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    assert not [line for line in lines if line[3] == "0A" and f"socket:[{line[9]}]" in own]
