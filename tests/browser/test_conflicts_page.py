"""The page of conflicts in a real browser: every text legible, nothing cut, and settled with one tap."""

import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from server.console.app import app
from server.console.desk import Desk
from server.core.access import CLI
from server.core.people import Person, Role
from tests import make
from tests.accounts import QUICK
from tests.browser.test_pairing_page import SMALL
from tests.browser.test_sign_in import CONTRASTS
from tests.console import clashes
from tests.console.conftest import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.heavy]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[make.House]:
    with make.opened(f"sqlite:///{tmp_path_factory.mktemp('house') / 'house.db'}") as store:
        house = make.house(store)
        object.__setattr__(house.engine.credentials.passwords, "hasher", QUICK)
        stan = Person(0, "stan@example.org", "", "Stan", "Staff", role=Role.STAFF)
        house.engine.people.add(stan, CLI, password=PASSWORD)
        clashes.open_ones(house)
        yield house


@pytest.fixture(scope="module")
def site(house: make.House) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, lambda environ, answer: serving(environ, answer), threaded=True)
    base = f"http://127.0.0.1:{server.server_port}"
    serving = app(Desk(house.engine, base))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield base
    server.shutdown()


def signed_in(browser: Browser, site: str, scheme: str) -> Page:
    page = browser.new_context(viewport={"width": 400, "height": 860}, color_scheme=scheme).new_page()  # type: ignore[arg-type]
    page.goto(f"{site}/conflicts")
    page.fill("#login", "stan@example.org")
    page.fill("#password", PASSWORD)
    page.click("form .key")
    return page


@pytest.mark.parametrize(("scheme", "language"), [("light", "de"), ("dark", "ja"), ("light", "fr")])
def test_every_text_stands_out_and_nothing_is_cut(browser: Browser, site: str, scheme: str, language: str) -> None:
    page = signed_in(browser, site, scheme)
    page.goto(f"{site}/conflicts?lang={language}")
    for width, height in ((320, 568), (400, 860), (800, 1100), (1400, 900)):
        page.set_viewport_size({"width": width, "height": height})
        assert [each for each in page.evaluate(CONTRASTS) if each["ratio"] < 4.5] == [], width
        assert page.evaluate("document.documentElement.scrollWidth") <= width, width
        assert page.evaluate(SMALL) == [], width
    page.context.close()


def test_one_tap_settles_it(browser: Browser, site: str, house: make.House) -> None:
    page = signed_in(browser, site, "light")
    page.locator(".standoff", has_text="Oak").locator("form:has(input[value=booking]) .key").click()
    assert "Settled" in page.locator(".said").first.inner_text()
    (it, *_) = house.engine.conflicts.page(CLI, room="oak", state="resolved")
    assert it.conflict.resolution == "booking"
    page.context.close()
