"""The page of a panel that nobody has let in: the code and the letters to compare, whole at any size and language."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from kiosk.glass import Glass
from kiosk.pairing import Shown
from kiosk.screen.facts import Look
from kiosk.screen.pairing import make_pairing_app
from tests.browser.conftest import SIZES

pytestmark = [pytest.mark.browser, pytest.mark.heavy]

HOST = "rooms.timber-house.example.org"
CODE = Shown("waiting", HOST, "10000000abcdef01", "WMQHGWMW", f"https://{HOST}/pair?code=WMQHGWMW", "WMQH-GWMW-MQWH")
SHOWN = {
    "code": CODE,
    "lost": replace(CODE, silent=4000, why="network"),
    "tls": Shown("asking", HOST, CODE.serial, silent=4000, why="tls"),
    "refused": Shown("refused", HOST, CODE.serial),
}
# Texts that leave the screen or their part of it, parts that lie over each other, and edges that are too near.
FAULTS = """() => {
  const faults = [], boxes = [];
  const text = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (text.nextNode()) {
    const e = text.currentNode.parentElement, range = document.createRange();
    if (!e.checkVisibility() || !text.currentNode.data.trim()) continue;
    range.selectNodeContents(text.currentNode);
    boxes.push([e.closest('p, h1'), range.getBoundingClientRect()]);
  }
  const qr = document.getElementById('qr');
  if (qr.checkVisibility()) boxes.push([qr, qr.getBoundingClientRect()]);
  for (const [e, r] of boxes) {
    const out = r.left < 4 || r.top < 0 || r.right > innerWidth - 4 || r.bottom > innerHeight;
    if (out) faults.push('leaves the screen: ' + e.id);
  }
  const parts = new Map();
  for (const [e, r] of boxes) {
    const was = parts.get(e) ?? {left: 1e9, top: 1e9, right: -1e9, bottom: -1e9};
    parts.set(e, {left: Math.min(was.left, r.left), top: Math.min(was.top, r.top),
      right: Math.max(was.right, r.right), bottom: Math.max(was.bottom, r.bottom)});
  }
  const all = [...parts];
  all.forEach(([a, p], i) => all.slice(i + 1).forEach(([b, q]) => {
    const wide = Math.min(p.right, q.right) - Math.max(p.left, q.left);
    const high = Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top);
    const slack = a.id === 'code' || b.id === 'code' ? 16 : 3;  // the space around capitals
    if (wide > 1 && high > slack) faults.push(`${a.id} lies over ${b.id} by ${high.toFixed(0)}px`);
  }));
  return faults;
}"""


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    return {"shown": CODE, "look": Look("en", None, "light")}


@pytest.fixture(scope="module")
def page(browser: Browser, told: dict[str, Any]) -> Iterator[Callable[..., Page]]:
    """`page(name, language, theme)`: the page that says this, newly opened."""

    def serving(environ: Any, answer: Any) -> Any:
        app = make_pairing_app(
            shown=lambda: told["shown"], size=lambda size: None, glass=Glass(lambda: 0.0), look=told["look"],
            secret="s", port=server.server_port,
        )  # fmt: skip
        return app(environ, answer)

    server = make_server("127.0.0.1", 0, serving, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    tab = browser.new_page()

    def give(name: str, language: str = "en", theme: str = "light") -> Page:
        told.update(shown=SHOWN[name], look=Look(language, None, theme))
        tab.goto(f"http://127.0.0.1:{server.server_port}/")
        tab.wait_for_selector("html[data-painted]")
        return tab

    yield give
    tab.close()
    server.shutdown()


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "nl", "ja"])
def test_nothing_is_cut_off_or_lies_over_anything_else(page: Callable[..., Page], language: str) -> None:
    found = []
    for name in SHOWN:
        tab = page(name, language)
        for size in SIZES:
            tab.set_viewport_size({"width": size.width, "height": size.height})
            found += [f"{name} {size}: {fault}" for fault in tab.evaluate(FAULTS)]
    assert found == []
