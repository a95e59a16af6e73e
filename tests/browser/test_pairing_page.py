"""The pages of pairing and of the fleet in a real browser: a phone on a ladder, a desk; every text legible, no cut."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from werkzeug.serving import make_server

from server.console.app import app
from server.console.desk import Desk
from server.core.access import CLI
from server.core.clock import SystemClock
from server.core.people import Person, Role
from tests import make
from tests.accounts import QUICK
from tests.browser.test_sign_in import CONTRASTS
from tests.console import fleet
from tests.console.conftest import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.heavy]

PHONE = {"width": 390, "height": 844}
SIZES = ((320, 568), (360, 640), (820, 1180), (1366, 900))
SMALL = """() => [...document.querySelectorAll(
    'button, input:not(.spoken, [type=hidden], [type=radio], [type=checkbox]), select, summary, .tick, .kind, .key, '
    + 'a.quiet, .ways a, .tile, .row')]
  .filter(e => e.checkVisibility() && e.getBoundingClientRect().height < 43).map(e => e.outerHTML)"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[make.House]:
    """Forty rooms; a panel that is well, with picture and orders, one that is silent, one with a double."""
    with make.opened(f"sqlite:///{tmp_path_factory.mktemp('house') / 'house.db'}") as store:
        house = make.house(store, SystemClock())
        engine = house.engine
        object.__setattr__(engine.credentials.passwords, "hasher", QUICK)
        stan = Person(0, "stan@example.org", "", "Stan", "Staff", role=Role.STAFF)
        engine.people.add(stan, CLI, password=PASSWORD)
        for number in range(40):
            place = {"building": "Timber House", "floor": str(number % 4)}
            engine.rooms.add(make.room(f"r{number}", name=f"Pine {number}", **place), CLI)
        well, silent, double = (engine.devices.add(n, CLI, rooms=("oak", "elm"))[0] for n in ("Well", "Far", "Double"))
        for panel, ago in ((well, 0), (silent, 900), (double, 0)):
            fleet.says(house, panel, ago=ago)
        for what in ("screenshot", "log", "restart"):
            engine.fleet.order(well.number, what, CLI)
        fleet.answers(house, well, text="line", picture=None)
        engine.fleet.order(well.number, "screenshot", CLI)
        fleet.answers(house, well, picture=fleet.png(64, 40))
        engine.fleet.order(well.number, "identify", CLI)
        fleet.quarantine(house, double)
        engine.enrolments.expect(b"serial,rooms,name\nS7,oak,Oak door\n", CLI)
        yield house


@pytest.fixture(scope="module")
def site(house: make.House) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, lambda environ, answer: serving(environ, answer), threaded=True)
    base = f"http://127.0.0.1:{server.server_port}"
    serving = app(Desk(house.engine, base))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield base
    server.shutdown()


@pytest.fixture
def tab(browser: Browser, site: str) -> Iterator[Callable[..., Page]]:
    """A new phone of Stan's; `tab("/pair?code=…")` opens that address, and signs in on the way."""
    contexts: list[BrowserContext] = []

    def give(path: str, **more: Any) -> Page:
        contexts.append(browser.new_context(**({"viewport": PHONE} | more)))
        page = contexts[-1].new_page()
        page.goto(f"{site}{path}")
        page.fill("#login", "stan@example.org")
        page.fill("#password", PASSWORD)
        page.click("form .key")
        return page

    yield give
    for context in contexts:
        context.close()


def code_of(house: make.House, serial: str, letter: str) -> str:
    return fleet.waiting(house, serial, fleet.SECRET.replace("kkk", letter * 3)).replace("-", "")


@pytest.mark.parametrize("script", [True, False])
def test_an_expected_panel_is_let_in_with_one_tap_after_the_scan(
    tab: Callable[..., Page], house: make.House, script: bool
) -> None:
    letter = "l" if script else "m"
    if not script:
        house.engine.enrolments.expect(b"serial,rooms,name\nS7,oak,Oak door\n", CLI)
    page = tab(f"/pair?code={code_of(house, 'S7', letter)}", java_script_enabled=script)
    waiting = house.engine.pairing.waiting(CLI)[-1]
    assert page.locator(".letters").inner_text().split() == waiting.fingerprint.split("-")
    if script:
        assert page.locator(".letters").evaluate("e => parseFloat(getComputedStyle(e).fontSize)") >= 24
    page.locator("text=Let it in").click()
    assert "it shows Oak" in page.locator("h1").inner_text()
    assert fleet.state(house, fleet.SECRET.replace("kkk", letter * 3)) == "paired"


def test_the_letters_and_the_button_are_on_the_first_screen_of_a_phone(
    tab: Callable[..., Page], house: make.House
) -> None:
    page = tab(f"/pair?code={code_of(house, 'S8', 'n')}")
    for part in (".letters", "text=Let it in"):
        box = page.locator(part).first.bounding_box()
        assert box is not None
        assert 0 <= box["y"] <= PHONE["height"] - box["height"], part


def test_what_it_is_to_show_unfolds_what_belongs_to_it_and_enter_only_searches(
    tab: Callable[..., Page], house: make.House
) -> None:
    page = tab(f"/pair?code={code_of(house, 'S9', 'o')}")
    shown = lambda part: page.locator(part).first.is_visible()  # noqa: E731
    assert (shown("#find"), shown("#place"), shown("[name=replaces]")) == (True, False, False)
    page.check("#kind-board")
    assert (shown("#find"), shown("#place"), shown("[name=replaces]")) == (False, True, False)
    page.check("#kind-spare")
    assert (shown("#find"), shown("#place"), shown("[name=replaces]")) == (False, False, True)
    page.check("#kind-rooms")
    page.fill("#find", "pine 33")
    page.press("#find", "Enter")
    assert page.locator("details .tick").all_inner_texts() == ["Pine 33"]
    page.locator("details .tick").click()
    page.fill("#find", "pine 7")
    page.locator("button[value=find]").click()
    assert "Pine 33" in page.locator("fieldset.group").inner_text()
    page.fill("#name", "Both")
    page.press("#name", "Enter")
    assert fleet.state(house, fleet.SECRET.replace("kkk", "ooo")) == "waiting"
    page.locator("text=Let it in").click()
    assert "it shows Pine 33" in page.locator("h1").inner_text()


def test_an_order_is_given_with_one_tap_and_a_reboot_with_two(tab: Callable[..., Page], house: make.House) -> None:
    page = tab("/devices")
    page.locator(".tile", has_text="Well").first.click()
    page.locator("button[value=reload]").click()
    assert "On its way to the panel." in page.locator("[role=status]").first.inner_text()
    page.locator("button[value=reboot]").click()
    assert page.locator("h1").inner_text() == "Reboot Well?"
    page.locator("form .key").click()
    assert [it.what for it in house.engine.fleet.orders(1, CLI)[:2]] == ["reboot", "reload"]


@pytest.mark.parametrize(("scheme", "language"), [("light", "de"), ("dark", "ja"), ("dark", "fr")])
def test_every_text_stands_out_and_every_target_is_large_at_any_size(
    tab: Callable[..., Page], site: str, house: make.House, scheme: str, language: str
) -> None:
    page = tab("/devices", color_scheme=scheme)
    code = code_of(house, "S10", "p")
    paths = ("/pair", f"/pair?code={code}", f"/pair?code={code}&replaces=2", "/pair/done?device=2", "/devices",
             "/devices/1", "/devices/2", "/devices/3", "/devices/1/rooms")  # fmt: skip
    for path in paths:
        page.goto(f"{site}{path}{'&' if '?' in path else '?'}lang={language}")
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            weak = [each for each in page.evaluate(CONTRASTS) if each["ratio"] < 4.5]
            assert weak == [], (path, width)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)
            assert page.evaluate(SMALL) == [], (path, width)
