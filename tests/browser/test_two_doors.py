"""One real agent at the door of two rooms: a tile for each, and a tap that books the one that was opened."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from server import compose
from server.core.access import CLI
from server.core.model import Room
from server.settings import Settings
from tests.processes import start_panel, start_server, stop, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.heavy, pytest.mark.timeout(120)]


def test_a_panel_of_two_rooms_books_the_one_that_was_opened(
    browser: Browser, tmp_path: Path, free_port: Callable[[], int]
) -> None:
    url = f"sqlite:///{tmp_path / 'lintel.db'}"
    engine = compose.engine(Settings(database_url=url))
    for slug, name in (("oak", "Oak"), ("elm", "Elm")):
        engine.rooms.add(Room(0, slug, name, "Europe/Berlin", floor="1", capacity=8), CLI)
    _, key = engine.devices.add("Panel of the corridor", CLI, rooms=("oak", "elm"))
    server_port, panel_port = free_port(), free_port()
    server = start_server(url, tmp_path, server_port)
    panel = start_panel(server_port, tmp_path / "panel", panel_port, key, "oak")
    page = browser.new_context(viewport={"width": 800, "height": 480}).new_page()
    try:
        wait_for(f"http://127.0.0.1:{panel_port}/state.json", panel)
        page.goto(f"http://127.0.0.1:{panel_port}/")
        page.wait_for_selector("html[data-scene=home]", timeout=20_000)
        expect(page.locator(".tile[data-room=elm] .word")).to_have_text("FREE", timeout=20_000)
        page.locator(".tile[data-room=elm]").click()
        expect(page.locator("#room")).to_have_text("Elm")
        button = page.locator("#deck button", has_text="30 min")
        expect(button).to_have_attribute("aria-disabled", "false", timeout=20_000)
        page.wait_for_selector(".deck:not(.deaf)")
        button.click()
        expect(page.locator("#word")).to_have_text("BUSY", timeout=10_000)
        assert [each.source for each in engine.bookings.between("elm", CLI, None)] == ["panel"]
        assert list(engine.bookings.between("oak", CLI, None)) == []
        page.locator("#back").click()
        expect(page.locator(".tile[data-room=oak] .word")).to_have_text("FREE")
        expect(page.locator(".tile[data-room=elm] .word")).to_have_text("BUSY")
    finally:
        page.context.close()
        for process in (panel, server):
            stop(process)
        engine.store.close()
