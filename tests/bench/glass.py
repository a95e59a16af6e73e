"""What a person at the door waits for: the first right picture, the answer to a touch, the booked room.

Real server, real agent, real Chromium; the page's own clock measures.
"""

import shutil
import statistics
import subprocess
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from server.core.access import CLI
from tests.bench.house import House, house
from tests.bench.rows import Row
from tests.cluster import free_port
from tests.processes import start_panel, stop, wait_for

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
WATCH = """
window.seen = {};
new MutationObserver(() => {
  const word = document.getElementById('word')?.textContent;
  if (word && !(word in window.seen)) requestAnimationFrame(() => { window.seen[word] ??= performance.now(); });
  if (document.querySelector('[data-pressed], .pressed, [aria-busy=true]')) window.seen.pressed ??= performance.now();
}).observe(document, {subtree: true, childList: true, characterData: true, attributes: true});
addEventListener('pointerdown', () => { window.seen.touched ??= performance.now(); }, true);
"""
ROUNDS = 9


def glass(folder: Path) -> list[Row]:
    """Nine rounds each, the middle one."""
    chromium = shutil.which("chromium")
    if chromium is None:
        return []
    with house(f"sqlite:///{folder / 'glass.db'}", folder, stored=2_000) as it, sync_playwright() as playwright:
        port = free_port()
        _, key = it.engine.devices.add("bench panel", CLI, rooms=("room-3",))
        panel = start_panel(it.ports[0], folder / "glass", port, key, "room-3")
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        try:
            wait_for(f"http://127.0.0.1:{port}/state.json", panel)
            seen = [_round(browser, port, it, panel) for _ in range(ROUNDS)]
        finally:
            browser.close()
            stop(panel)
    paint, confirmed = (statistics.median(part) for part in zip(*seen, strict=True))
    return [
        Row("panel page, open to first right picture", f"{paint:.0f} ms", "", paint, 300, unit="ms"),
        Row("tap to booked on the glass", f"{confirmed:.0f} ms", "", confirmed, 500, unit="ms"),
    ]


def _round(browser: Browser, port: int, it: House, panel: subprocess.Popen[bytes]) -> tuple[float, float]:
    context = browser.new_context(viewport={"width": 800, "height": 480})
    page = context.new_page()
    page.add_init_script(WATCH)
    page.goto(f"http://127.0.0.1:{port}/")
    paint = _when(page, "FREE")
    page.locator("#deck button").first.click()
    confirmed = _when(page, "BUSY") - float(page.evaluate("window.seen.touched"))
    context.close()
    now = it.engine.clock.now()
    for booking in it.engine.bookings.between("room-3", CLI, None):
        if booking.ends > now and booking.starts < now + timedelta(days=1):
            it.engine.bookings.cancel(booking.uid, CLI)
    _free_again(browser, port)
    return paint, confirmed


def _when(page: Page, word: str) -> float:
    page.wait_for_function("word => window.seen[word] !== undefined", arg=word, timeout=15_000)
    return float(page.evaluate("word => window.seen[word]", word))


def _free_again(browser: Browser, port: int) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{port}/state.json")
    for _ in range(100):
        page.reload()
        if '"state":"free"' in page.inner_text("body").replace(" ", ""):
            break
        page.wait_for_timeout(100)
    context.close()
