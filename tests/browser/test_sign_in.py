"""The sign-in pages in a real browser, with a real provider: in by password, in by the provider, and out again."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from werkzeug.serving import make_server

from server.console.app import app
from server.console.desk import Desk
from server.console.oidc import Client
from server.console.oidc import Provider as Ours
from server.core.access import CLI
from server.core.clock import SystemClock
from server.core.people import Person
from tests import make
from tests.accounts import QUICK
from tests.oidc.provider import CLIENT, SECRET, Provider, User

pytestmark = pytest.mark.browser

PASSWORD = "a sentence of Maria's"
PAYLOADS = (
    "<script>{}</script>", "<img src=x onerror={}>", "<svg onload={}>", "<body onload={}>",
    "</title><script>{}</script>",
    "<iframe src=javascript:{}>", "<a href=javascript:{}>x</a>", "<details open ontoggle={}>", "'-{}-'", "\";{};//",
    "<input autofocus onfocus={}>", "<style>@import '{}'</style>", "<link rel=stylesheet href='{}'>", "${{{}}}",
    "<meta http-equiv=refresh content='0;url=javascript:{}'>", "<base href='//evil.example/{}'>", "{{{{{}}}}}",
    "<object data='javascript:{}'>", "<math></form><form><mglyph><style></math><img src onerror={}>",
    "{{% print({}) %}}",
)  # fmt: skip
WRAPS = (
    "{}", "\"{}", "'{}", "\">{}", "'>{}", "</b>{}", "</li></ul>{}", "--><!--{}", "]]>{}", "</textarea>{}", "<{}",
    "</option>{}", "&lt;{}", "&#60;{}", "%3C{}", "\u202e{}", "\ufeff{}", "\u2400{}", "`{}`", "/*{}*/", "\\x3c{}",
    "<<{}>", "<!{}", "<?{}?>", "\uff1c{}",
)  # fmt: skip
SIZES = ((320, 568), (800, 480), (1280, 800))

# Every visible text against the nearest painted ground; [{text, ratio}].
CONTRASTS = """() => {
  const channel = (c) => ((c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  const luminance = (colour) => {
    const [r, g, b] = colour.match(/[\\d.]+/g).slice(0, 3).map(Number).map(channel);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (e) => {
    for (; e; e = e.parentElement) {
      const colour = getComputedStyle(e).backgroundColor;
      if (!/rgba\\(.*, 0\\)|transparent/.test(colour)) return luminance(colour);
    }
    return luminance("rgb(255, 255, 255)");
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const e = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || e.closest(".spoken, option") || !e.checkVisibility()) continue;
    const pair = [luminance(getComputedStyle(e).color), ground(e)];
    found.push({ text: walker.currentNode.data, ratio: (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05) });
  }
  return found;
}"""


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    made = Provider()
    yield made
    made.close()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[make.House]:
    """A house with Maria; the provider lives in our time, so the house does."""
    with make.opened(f"sqlite:///{tmp_path_factory.mktemp('site') / 'lintel.db'}") as store:
        made = make.house(store, SystemClock())  # type: ignore[arg-type]
        object.__setattr__(made.engine.credentials.passwords, "hasher", QUICK)
        object.__setattr__(made.engine.people, "registration", "open")
        made.engine.people.add(Person(0, "maria@example.org", "", "Maria", "Klein"), CLI, password=PASSWORD)
        yield made


@pytest.fixture(scope="module")
def site(house: make.House, provider: Provider) -> Iterator[str]:
    """The pages at an address of their own."""
    served: list[Any] = []
    server = make_server("127.0.0.1", 0, lambda environ, start: served[0](environ, start), threaded=True)
    base = f"http://127.0.0.1:{server.server_port}"
    ours = Ours(Client(provider.url, CLIENT, SECRET), house.clock)
    served.append(app(Desk(house.engine, base, provider=ours, provider_name="Acme", registration="open")))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield base
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def page(browser: Browser, provider: Provider) -> Iterator[Callable[..., Page]]:
    """A page in a browser of its own; whatever it complains about in its console fails the test."""
    provider.reset()
    opened: list[BrowserContext] = []
    complaints: list[str] = []

    def give(width: int = 390, height: int = 844, **more: Any) -> Page:
        opened.append(browser.new_context(viewport={"width": width, "height": height}, **more))
        made = opened[-1].new_page()
        made.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
        made.on("pageerror", lambda error: complaints.append(str(error)))
        return made

    yield give
    for context in opened:
        context.close()
    assert [line for line in complaints if "status of 40" not in line] == []


def by_password(page: Page, site: str, password: str = PASSWORD) -> None:
    page.goto(f"{site}/you")
    page.fill("#login", "maria@example.org")
    page.fill("#password", password)
    page.click("form .key")


@pytest.mark.parametrize("script", [True, False])
def test_in_by_password_and_out_again_also_without_a_script(page: Callable[..., Page], site: str, script: bool) -> None:
    it = page(java_script_enabled=script)
    by_password(it, site, "not hers")
    assert it.locator("[role=alert]").inner_text() == "E-mail or password is wrong."
    assert it.locator("#login").input_value() == "maria@example.org"
    by_password(it, site)
    assert it.url == f"{site}/you"
    assert it.locator("h1").inner_text() == "Maria Klein"
    it.click("text=Sign out")
    assert it.locator("[role=status]").inner_text() == "You are signed out."
    it.goto(f"{site}/you")
    assert it.url.startswith(f"{site}/sign-in?")


def test_in_by_the_provider(page: Callable[..., Page], site: str, provider: Provider) -> None:
    provider.user = User("nina-1", "nina@example.org", True, "Nina Newman")
    it = page()
    it.goto(f"{site}/you")
    it.click("text=Sign in with Acme")
    assert it.url == f"{site}/you"
    assert it.locator("h1").inner_text() == "Nina Newman"
    kept = {cookie["name"]: cookie for cookie in it.context.cookies()}
    assert (kept["lintel"]["httpOnly"], kept["lintel"]["sameSite"]) == (True, "Lax")
    assert "lintel-oidc" not in kept
    it.click("text=Sign out")
    assert "lintel" not in {cookie["name"] for cookie in it.context.cookies()}


def test_a_profile_is_changed_and_the_language_with_it(page: Callable[..., Page], site: str) -> None:
    it = page()
    it.goto(f"{site}/register")
    for name, value in {"first_name": "Lena", "email": "lena@example.org", "password": PASSWORD}.items():
        it.fill(f"#{name}", value)
    it.click("form .key")
    assert it.locator("h1").inner_text() == "Lena"
    it.select_option("#language", "de")
    it.click("text=Save")
    assert it.locator("[role=status]").inner_text() == "Gespeichert."
    it.click("button[value=rotate]")
    assert it.locator(".secret").inner_text().startswith("lpf_")


@pytest.mark.parametrize(("scheme", "language"), [("light", "de"), ("dark", "ja")])
def test_every_text_stands_out_and_nothing_is_cut_at_any_size(
    page: Callable[..., Page], site: str, scheme: str, language: str
) -> None:
    it = page(color_scheme=scheme)
    by_password(it, site)
    other = page(color_scheme=scheme)
    for width, height in SIZES:
        for tab, path in ((other, "/sign-in"), (other, "/register"), (other, "/nothing"), (it, "/you")):
            tab.set_viewport_size({"width": width, "height": height})
            tab.goto(f"{site}{path}?lang={language}")
            weak = [each for each in tab.evaluate(CONTRASTS) if each["ratio"] < 4.5]
            assert weak == [], (path, width)
            assert tab.evaluate("document.documentElement.scrollWidth") <= width, (path, width)
            small = "[...document.querySelectorAll('button, input:not(.spoken, [type=hidden]), select, .key, .foot a')]"
            low = f"{small}.filter(e => e.getBoundingClientRect().height < 43).map(e => e.outerHTML)"
            assert tab.evaluate(low) == [], (path, width)


def test_who_goes_by_the_keyboard_sees_where_they_are(page: Callable[..., Page], site: str) -> None:
    it = page()
    it.goto(f"{site}/sign-in")
    seen = []
    for _ in range(5):
        it.keyboard.press("Tab")
        seen.append(
            it.evaluate(
                "(() => { const e = document.activeElement, s = getComputedStyle(e);"
                "return [e.id || e.textContent.trim(), s.outlineStyle, parseFloat(s.outlineWidth) >= 3]; })()"
            )
        )
    assert [each[0] for each in seen] == ["Lintel", "Sign in with Acme", "login", "password", "Sign in"]
    assert all(each[1:] == ["solid", True] for each in seen)


def test_five_hundred_names_that_mean_harm_are_only_text(
    page: Callable[..., Page], site: str, house: make.House
) -> None:
    names = [wrap.format(payload.format("window.harmed=1")) for payload in PAYLOADS for wrap in WRAPS]
    assert len(set(names)) == 500
    maria = house.engine.people.find("maria@example.org", CLI)
    rows = [(maria.number, name, f"x{number}", number) for number, name in enumerate(names)]
    house.store.writing(
        lambda tx: tx.many(
            "INSERT INTO api_key (person_id, kind, name, digest, prefix, persistent, blocked, made_at) "
            "VALUES (?,'indico',?,?,'x',0,0,?)",
            rows,
        )
    )
    it = page()
    it.on("dialog", lambda dialog: pytest.fail(dialog.message))
    asked: list[str] = []
    it.on("request", lambda request: asked.append(request.url))
    by_password(it, site)
    it.wait_for_load_state()
    shown = it.locator("section[aria-labelledby=keys] li > span").all_text_contents()
    assert [text.removeprefix("Indico ").rpartition("x… ")[0] for text in shown] == names
    assert it.evaluate("window.harmed") is None
    assert [url for url in asked if not url.startswith(site)] == []
    assert it.url == f"{site}/you"
    house.store.writing(lambda tx: tx.run("DELETE FROM api_key"))
