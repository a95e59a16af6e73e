"""One browser for all tests here, one page server, and a `glass`: the panel's page at a size and a density."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser import views
from tests.browser.page_server import PageServer

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


# Lets a test skip(ms) of the page's monotonic time instead of waiting.
SKIPPING = """
let skipped = 0;
const real = performance.now.bind(performance);
performance.now = () => real() + skipped;
window.skip = (ms) => { skipped += ms; };
"""


@dataclass(frozen=True)
class Size:
    """A screen: CSS pixels, and how many of them make a millimetre."""

    width: int
    height: int
    density: float

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


SEVEN = Size(800, 480, 5.19)
TEN = Size(1280, 800, 5.9)
PORTRAIT = Size(720, 1280, 8.2)
LARGE = Size(1920, 1080, 5.6)
PHONE = Size(390, 844, 6.05)
SIZES = (SEVEN, TEN, PORTRAIT, LARGE, PHONE)


@pytest.fixture(scope="session")
def browser(chromium_path: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        driven = playwright.chromium.launch(executable_path=chromium_path, args=FLAGS)
        yield driven
        driven.close()


@pytest.fixture(scope="session")
def plain(browser: Browser) -> BrowserContext:
    """The context of every glass that asks for nothing special: its scripts are loaded once."""
    return browser.new_context()


@pytest.fixture(scope="session")
def one_server() -> Iterator[PageServer]:
    server = PageServer()
    yield server
    server.close()


@pytest.fixture
def server(one_server: PageServer) -> PageServer:
    one_server.reset()
    return one_server


class Glass:
    """The page on one screen. Whatever it complains about in its console fails the test."""

    def __init__(self, page: Page, server: PageServer) -> None:
        self.page = page
        self.server = server
        self.complaints: list[str] = []
        self.requests: list[str] = []
        page.on("console", lambda line: self.complaints.append(line.text) if line.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))
        self.forgiven = False
        self._shown = 0

    def open(self, query: str = "") -> "Glass":
        self.page.goto(f"{self.server.url}/{query}")
        self.page.wait_for_selector("html[data-painted]")
        return self

    def resize(self, size: Size) -> None:
        self.page.set_viewport_size({"width": size.width, "height": size.height})
        self.page.evaluate("mm => document.documentElement.style.setProperty('--mm', mm + 'px')", size.density)

    def show(self, view: views.View) -> None:
        """Tells the page a view and returns when it is painted. The seconds of `now` tell one view from the next."""
        self._shown = (self._shown + 1) % 60
        marked = view | {"now": f"{view['now'][:17]}{self._shown:02}Z"}
        self.server.show(marked)
        self.page.wait_for_selector(f"html[data-painted='{marked['now']}']")

    def show_all(self, several: list[views.View]) -> None:
        """Tells the page the views of several rooms and returns when they are painted."""
        self._shown = (self._shown + 1) % 60
        marked = [view | {"now": f"{view['now'][:17]}{self._shown:02}Z"} for view in several]
        self.server.show_all(marked)
        self.page.wait_for_selector(f"html[data-painted='{marked[0]['now']}']")

    def text(self, selector: str) -> str:
        return self.page.locator(selector).inner_text()

    def forgive(self) -> None:
        """The browser itself notes each failed request in the console; a test that makes them fail expects that."""
        self.forgiven = True

    @property
    def state(self) -> str | None:
        return self.page.locator("html").get_attribute("data-state")

    def key(self, act: str) -> Any:
        """The button of an action, by the beginning of its id ("book-30", "end")."""
        return self.page.locator(f".key[data-act^='{act}']")


@pytest.fixture
def glass(browser: Browser, plain: BrowserContext, server: PageServer) -> Iterator[Callable[..., Glass]]:
    """Opens a glass: `glass()` or `glass(TEN, view=..., query="?theme=dark", timezone_id=...)`."""
    opened: list[Glass] = []

    def give(
        size: Size = SEVEN,
        view: views.View | list[views.View] | None = None,
        query: str = "",
        script: str = "",
        **more: Any,
    ) -> Glass:
        server.density = size.density
        if isinstance(view, list):
            server.show_all(view)
        elif view:
            server.show(view)
        page = (browser.new_context(**more) if more else plain).new_page()
        page.set_viewport_size({"width": size.width, "height": size.height})
        if script:
            page.add_init_script(script)
        opened.append(Glass(page, server))
        return opened[-1].open(query)

    yield give
    for each in opened:
        each.page.close()
        if each.page.context is not plain:
            each.page.context.close()
    assert [line for each in opened if not each.forgiven for line in each.complaints] == []
