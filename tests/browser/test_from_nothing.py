"""From nothing to a door, in a real browser: a code on the glass, a phone that lets it in, the room; and away again."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.kiosk.process import ROOT, environment
from tests.kiosk.process import Panel as Agent
from tests.processes import start_server, stop

from .conftest import SEVEN, Size

pytestmark = [pytest.mark.browser, pytest.mark.heavy]

STAFF = "ada@example.com"
PHONE = Size(390, 844, 6.05)


class House:
    """A new server with one room, and a new panel that has its address and nothing else."""

    def __init__(self, folder: Path, ports: Callable[[], int], browser: Browser) -> None:
        self.folder, port = folder / "server", ports()
        self.url, self.contexts, self._browser = f"http://127.0.0.1:{port}", [], browser
        self.password = self.lintel("init", "--admin", STAFF).splitlines()[-1]
        self.lintel("room", "add", "oak", "--name", "Oak", "--zone", "Europe/Berlin")
        self.server = start_server(f"sqlite:///{self.folder / 'lintel.db'}", self.folder, port)
        self.agent = Agent(folder / "panel", self.url, ports(), token="")
        self.agent.until(lambda state: bool(state.get("pairing", {}).get("code")), within=30)

    def lintel(self, *arguments: str) -> str:
        command = [sys.executable, "-m", "server", *arguments, "--data", str(self.folder)]
        return subprocess.run(
            command, env=environment(), cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
        ).stdout.strip()

    def page(self, size: Size, url: str) -> Page:
        context = self._browser.new_context(viewport={"width": size.width, "height": size.height})
        self.contexts.append(context)
        page = context.new_page()
        page.goto(url)
        return page

    def close(self) -> None:
        for context in self.contexts:
            context.close()
        self.agent.close()
        stop(self.server)


@pytest.fixture
def house(tmp_path: Path, free_port: Callable[[], int], browser: Browser) -> Iterator[House]:
    it = House(tmp_path, free_port, browser)
    yield it
    it.close()


def test_a_code_on_the_glass_becomes_the_room_and_a_key_taken_away_a_code_again(house: House) -> None:
    glass = house.page(SEVEN, house.agent.url)
    glass.wait_for_selector("html[data-shows=code]")
    code = "".join(glass.locator("#code span").all_inner_texts()).replace("\n", "")
    shown = [it.strip() for it in glass.locator("#print span").all_inner_texts()]
    phone = house.page(PHONE, f"{house.url}/pair?code={code}")
    phone.fill("#login", STAFF)
    phone.fill("#password", house.password)
    phone.click("form .key")
    assert "".join(phone.locator(".letters").inner_text().split()) == "".join(shown), "both screens show the same"
    phone.check("text=Oak")
    phone.click("text=Let it in")
    glass.wait_for_selector("html[data-state=free][data-sure=live]", timeout=15_000)
    assert glass.locator("#room").inner_text() == "Oak"
    phone.wait_for_selector("h1:has-text('shows Oak')", timeout=15_000)
    glass.locator("#deck button").first.click()
    glass.wait_for_selector("html[data-state=busy]", timeout=15_000)
    house.lintel("device", "revoke", "1")
    glass.wait_for_selector("html[data-state=busy]:not([data-sure=live])", timeout=15_000)
    assert house.agent.state()["state"] == "busy", "a key may be taken away by mistake: the plan stays for ten minutes"
    assert all(not one["enabled"] for one in house.agent.state()["actions"])
