"""What staff set or ask of a device is on its glass at once: its looks, who it is, and what cannot be done there."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser import views
from tests.browser.conftest import PHONE, PORTRAIT, SEVEN, SKIPPING, TEN, Glass
from tests.browser.page_server import PageServer

pytestmark = [pytest.mark.browser, pytest.mark.heavy]

CONTRASTS = Path(__file__).with_name("contrasts.js").read_text(encoding="utf-8")
FAULTS = Path(__file__).with_name("faults.js").read_text(encoding="utf-8")

QUARANTINED = "This panel is being checked: nothing can be booked here"


def kept(panel: Glass) -> bool:
    """Whether the page is the one that was marked, so it was not loaded anew."""
    return panel.page.evaluate("window.kept === true") is True


def test_theme_clock_and_large_type_change_without_a_reload(glass: Callable[..., Glass], server: PageServer) -> None:
    panel = glass()
    panel.page.evaluate("window.kept = true")
    small = panel.page.evaluate("parseFloat(getComputedStyle(line).fontSize)")
    server.tell(theme="dark", hour_clock=12, large_type=True)
    expect(panel.page.locator("#line")).to_have_text("until 2:30 pm")
    assert panel.page.locator("html").get_attribute("data-theme") == "dark"
    assert panel.page.evaluate("parseFloat(getComputedStyle(line).fontSize)") > 1.1 * small
    assert kept(panel)
    server.tell(theme="light", hour_clock=24, large_type=False)
    expect(panel.page.locator("#line")).to_have_text("until 14:30")


def test_another_language_comes_with_its_words_and_so_does_an_order_to_reload(
    glass: Callable[..., Glass], server: PageServer
) -> None:
    panel = glass()
    server.tell(language="de")
    expect(panel.page.locator("#word")).to_have_text("FREI")
    with panel.page.expect_navigation():
        server.tell(page=1)
    expect(panel.page.locator("#word")).to_have_text("FREI")


def test_a_density_that_is_set_counts_at_once(glass: Callable[..., Glass], server: PageServer) -> None:
    panel = glass()
    server.tell(density=4.0)
    expect(panel.page.locator("html")).to_have_attribute("style", re.compile(r"--mm: ?4px"))


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "nl", "ja"])
def test_nothing_is_cut_off_with_large_type_and_twelve_hours(glass: Callable[..., Glass], language: str) -> None:
    panel = glass(view=views.free() | {"language": language}, query="?large_type=1&hour_clock=12")
    found = []
    for size in (SEVEN, PORTRAIT, *((TEN, PHONE) if language in ("en", "ja") else ())):
        panel.resize(size)
        least = min(13.0, 2.4 * size.density) if size is PHONE else 2.4 * size.density
        for name, view in views.ALL.items():
            panel.show(view() | {"language": language})
            found += [f"{size} {name}: {fault}" for fault in panel.page.evaluate(FAULTS, least)]
    assert found == []


def test_midnight_is_said_as_the_clock_says_it(glass: Callable[..., Glass]) -> None:
    panel = glass(view=views.free(until=views.at("24:00")), query="?hour_clock=12")
    assert panel.text("#line") == "until Sat 12:00 am"


def test_without_touch_the_buttons_give_way_to_what_can_be_done_instead(
    glass: Callable[..., Glass], server: PageServer
) -> None:
    panel = glass(query="?touch=0")
    assert panel.page.locator(".key").count() == 0
    assert panel.text("#hint") == "To book it, please use your phone or the calendar"
    panel.show(views.reserved())
    assert panel.text("#hint") == "Please check in with your phone"
    panel.show(views.busy_foreign())
    assert not panel.page.locator("#hint").is_visible()
    panel.show_all(views.beside(views.free(), views.busy()))
    assert panel.page.locator(".tile:not([disabled])").count() == 0
    server.alive.clear()
    with panel.page.expect_response("**/alive", timeout=20_000):
        pass
    assert server.alive[-1] == {"touch": "none", "touched_ago": None}


def test_the_agent_hears_how_long_ago_somebody_touched(glass: Callable[..., Glass], server: PageServer) -> None:
    panel = glass(script=SKIPPING)
    with panel.page.expect_response("**/alive", timeout=20_000):
        pass
    assert server.alive[-1]["touched_ago"] is None
    panel.page.mouse.click(100, 60)
    panel.page.evaluate("skip(60_000)")
    with panel.page.expect_response("**/alive", timeout=20_000):
        pass
    assert 60 <= server.alive[-1]["touched_ago"] <= 80


def test_a_quarantined_panel_shows_its_plan_and_says_why_nothing_can_be_done(
    glass: Callable[..., Glass], server: PageServer
) -> None:
    panel = glass(query="?state=quarantined")
    assert panel.text("#word") == "FREE"
    assert panel.text("#facts") == QUARANTINED
    assert panel.page.locator(".key[aria-disabled=false]").count() == 0
    panel.key("book-30").click(force=True)
    expect(panel.page.locator("#told")).to_have_text(QUARANTINED)
    assert server.taps == []
    panel.show(views.closed())
    assert panel.text("#facts") == QUARANTINED
    panel.show_all(views.beside(views.free(), views.busy()))
    assert panel.text("#note") == QUARANTINED
    server.tell(state="good")
    expect(panel.page.locator("#note")).to_be_hidden()


def test_the_agents_own_word_that_it_is_quarantined_is_enough(glass: Callable[..., Glass]) -> None:
    panel = glass(view=views.free(quarantined=True))
    assert panel.text("#facts") == QUARANTINED


def test_a_device_that_is_looked_for_shows_itself_and_then_its_room_again(
    glass: Callable[..., Glass], server: PageServer
) -> None:
    panel = glass(script=SKIPPING)
    server.tell(identify=10, flash=1)
    panel.page.wait_for_selector("#sign.seeking")
    text = panel.text("#sign")
    assert all(part in text for part in ("Panel at Oak", "No. 7", "BCDF GHJK LMNP"))
    over = panel.page.evaluate("document.elementFromPoint(innerWidth / 2, innerHeight * 0.8).closest('#sign') !== null")
    assert over, "the buttons below are covered, so nobody presses them unseen"
    flash = "(style => [style.animationDuration, style.animationName])(getComputedStyle(sign, '::after'))"
    duration, name = panel.page.evaluate(flash)
    assert name == "seeking"
    assert float(duration.removesuffix("s")) >= 0.34, "no more than three flashes a second"
    panel.page.evaluate("skip(11_000)")
    panel.page.wait_for_selector("#sign", state="hidden", timeout=5_000)
    server.silent = False
    expect(panel.page.locator("#word")).to_have_text("FREE")


def test_a_device_without_a_room_says_that_it_waits_for_one(glass: Callable[..., Glass]) -> None:
    for size in (SEVEN, TEN, PORTRAIT):
        panel = glass(size, view=[], query="?state=waiting", reduced_motion="reduce")
        text = panel.text("#sign")
        assert "waits for its room" in text
        assert "BCDF GHJK LMNP" in text
        assert panel.page.evaluate(FAULTS, 2.4 * size.density) == []
        assert [each for each in panel.page.evaluate(CONTRASTS) if each["ratio"] < 4.5] == []
        panel.show_all(views.beside(views.free(), views.busy()))
        assert not panel.page.locator("#sign").is_visible()


def test_a_long_name_is_shown_whole_on_the_sign(glass: Callable[..., Glass]) -> None:
    name = "Konferenzraum Alexander von Humboldt, zweite Tür am Ende des Ganges"
    for size in (SEVEN, PORTRAIT):
        panel = glass(size, query=f"?identify=60&flash=1&name={name}")
        panel.page.wait_for_selector("#sign.seeking")
        assert panel.page.evaluate(FAULTS, 2.4 * size.density) == []
        panel.page.close()
