"""Several rooms on one glass: a tile for each, one tap to its page, and every promise as honest as a single room's."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser import views
from tests.browser.conftest import LARGE, PORTRAIT, SEVEN, SKIPPING, TEN, Glass
from tests.browser.page_server import PageServer

pytestmark = [pytest.mark.browser, pytest.mark.heavy]

LANGUAGES = ("en", "de", "fr", "es", "nl", "ja")
THEMES = ("light", "dark", "contrast")
CONTRASTS = Path(__file__).with_name("contrasts.js").read_text(encoding="utf-8")
FAULTS = Path(__file__).with_name("faults.js").read_text(encoding="utf-8")

SIX = (views.free, views.busy_titled, views.reserved_warned, views.closed, views.unknown, views.free_plan)

TILES = """() => [...document.querySelectorAll('.tile')].map(tile => ({
  state: tile.dataset.state, sure: tile.dataset.sure, name: tile.querySelector('.room').textContent,
  word: tile.querySelector('.word').textContent, line: tile.querySelector('.line').textContent,
  shape: [...tile.querySelectorAll('.signal > g')].filter(g => getComputedStyle(g).display !== 'none')
    .map(g => g.dataset.for).join(),
  width: tile.offsetWidth, height: tile.offsetHeight,
  size: parseFloat(getComputedStyle(tile.querySelector('.word')).fontSize),
  signal: tile.querySelector('.signal').clientWidth,
}))"""


def several(*makers: Callable[..., views.View]) -> list[views.View]:
    return views.beside(*(make() for make in makers))


def tiles(panel: Glass) -> list[dict[str, Any]]:
    return list(panel.page.evaluate(TILES))


def open_room(panel: Glass, name: str) -> None:
    panel.page.locator(".tile", has_text=name).click()
    panel.page.wait_for_selector("html[data-scene=room]")
    panel.page.wait_for_selector(".deck:not(.deaf)")


def test_each_room_is_a_tile_with_its_own_colour_shape_and_word(glass: Callable[..., Glass]) -> None:
    panel = glass(view=several(*SIX))
    seen = tiles(panel)
    assert [each["name"] for each in seen] == list(views.NAMES)
    assert [each["word"] for each in seen] == ["FREE", "BUSY", "RESERVED", "CLOSED", "UNKNOWN", "FREE"]
    assert [each["shape"] for each in seen] == ["free", "busy", "reserved", "closed", "unknown", "free-plan"]
    assert seen[5]["line"] == "by the plan of Mon 09:58"
    grounds = panel.page.evaluate("[...document.querySelectorAll('.tile')].map(e => getComputedStyle(e).background)")
    assert len(set(grounds)) == 6
    assert panel.text("#time") == "10:42"


def test_a_tap_opens_the_room_and_the_next_one_books_it_there_and_nowhere_else(
    glass: Callable[..., Glass], server: PageServer
) -> None:
    panel = glass(view=several(views.busy, views.free, views.reserved))
    booked = views.busy_after_booking()
    server.answer = lambda body: {
        "outcome": "done",
        "op": "op-1",
        "error": None,
        "view": booked | {"id": body["room"], "room": booked["room"] | {"id": body["room"], "name": "Elm"}},
    }
    open_room(panel, "Elm")
    assert panel.text("#room") == "Elm"
    panel.key("book-30").click()
    panel.page.wait_for_selector("html[data-state=busy]")
    assert server.taps == [{"act": "book", "minutes": 30, "end": "2026-11-20T10:12:00Z", "room": "elm"}]
    assert panel.text("#told") == "Booked until 11:12"
    panel.page.locator("#back").click()
    panel.page.wait_for_selector("html[data-scene=home]")
    assert [each["word"] for each in tiles(panel)] == ["BUSY", "BUSY", "RESERVED"]


def test_the_finger_that_opens_a_room_presses_nothing_in_it(glass: Callable[..., Glass], server: PageServer) -> None:
    panel = glass(view=several(views.free, views.free))
    box = panel.page.locator(".tile").first.bounding_box()
    panel.page.mouse.dblclick(box["x"] + box["width"] / 2, 0.8 * SEVEN.height, delay=20)
    panel.page.wait_for_selector("html[data-scene=room]")
    panel.page.wait_for_selector(".deck:not(.deaf)")
    assert server.taps == []


def test_an_opened_room_closes_by_itself_half_a_minute_after_the_last_touch(glass: Callable[..., Glass]) -> None:
    panel = glass(view=several(views.free, views.busy), script=SKIPPING)
    open_room(panel, "Oak")
    panel.page.evaluate("skip(25_000)")
    panel.page.mouse.click(200, 30)  # somebody is still there
    panel.page.evaluate("skip(25_000)")
    panel.page.wait_for_timeout(1_200)
    assert panel.page.locator("html").get_attribute("data-scene") == "room"
    panel.page.evaluate("skip(6_000)")
    panel.page.wait_for_selector("html[data-scene=home]", timeout=5_000)


def test_a_room_whose_state_should_have_ended_is_unknown_and_the_others_stay(glass: Callable[..., Glass]) -> None:
    panel = glass()
    late = views.free(until=views.iso(views.NOW.replace(second=0)))
    panel.show_all(views.beside(late, views.busy()))
    panel.page.wait_for_selector(".tile[data-room=oak][data-state=unknown]", timeout=75_000)
    assert [each["word"] for each in tiles(panel)] == ["UNKNOWN", "BUSY"]


def test_a_silent_agent_makes_every_tile_unknown(glass: Callable[..., Glass], server: PageServer) -> None:
    panel = glass(view=several(views.free, views.busy, views.reserved), script=SKIPPING)
    server.silent = True
    panel.page.evaluate("skip(11_000)")
    panel.page.wait_for_selector(".tile[data-state=unknown]", timeout=5_000)
    assert {each["word"] for each in tiles(panel)} == {"UNKNOWN"}
    assert "FREE" not in panel.text(".home")
    panel.forgive()


def test_a_short_drop_of_the_link_is_not_drawn_and_a_long_one_is_said_once_for_all(glass: Callable[..., Glass]) -> None:
    panel = glass(view=several(views.free_quiet, views.busy))
    assert [each["shape"] for each in tiles(panel)] == ["free", "busy"]
    assert panel.text("#surest") == "up to date"
    panel.show_all(several(views.free_plan, views.busy_plan))
    assert [each["shape"] for each in tiles(panel)] == ["free-plan", "busy"]
    assert "no connection" in panel.text("#surest")
    panel.show_all(several(views.free_unclear_clock, views.busy_plan))
    assert "clock not verified" in panel.text("#surest")


def test_rooms_that_come_and_go_change_the_page_without_a_reload(glass: Callable[..., Glass]) -> None:
    panel = glass()
    panel.page.evaluate("window.kept = true")
    panel.show_all(several(views.free, views.busy))
    assert panel.page.locator("html").get_attribute("data-scene") == "home"
    open_room(panel, "Elm")
    panel.show_all(several(views.free))
    assert panel.text("#room") == "Oak"
    assert not panel.page.locator("#back").is_visible()
    panel.server.show_all([])
    panel.page.wait_for_selector("html[data-scene=waiting]")
    assert panel.page.evaluate("window.kept") is True


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_cut_off_or_overlaps_with_two_to_six_rooms(glass: Callable[..., Glass], language: str) -> None:
    panel = glass(view=views.free() | {"language": language})
    found = []
    for size in (SEVEN, TEN, PORTRAIT, *((LARGE,) if language == "de" else ())):
        panel.resize(size)
        for number in range(2, 7):
            for shift in range(2):
                rooms = [(SIX * 2)[(shift * 3 + i) % 6]() | {"language": language} for i in range(number)]
                panel.show_all(views.beside(*rooms))
                least = 2.2 * size.density
                found += [f"{size} {number}: {fault}" for fault in panel.page.evaluate(FAULTS, least)]
    assert found == []


@pytest.mark.parametrize("size", [SEVEN, TEN, PORTRAIT, LARGE], ids=str)
def test_a_tile_is_larger_than_a_finger_and_alike_among_its_neighbours(glass: Callable[..., Glass], size: Any) -> None:
    panel = glass(size)
    for number in range(2, 7):
        panel.show_all(several(*SIX[:number]))
        seen = tiles(panel)
        for each in seen:
            assert min(each["width"], each["height"]) >= 20 * size.density, f"{number} {each}"
            assert each["signal"] >= 0.25 * min(each["width"], each["height"]), f"{number} {each}"
        alike = {(each["size"], each["signal"]) for each in seen if each["width"] == seen[0]["width"]}
        assert len(alike) == 1, f"{number} {alike}"


@pytest.mark.parametrize("theme", THEMES)
def test_every_text_on_tiles_stands_out(glass: Callable[..., Glass], theme: str) -> None:
    panel = glass(TEN, view=several(*SIX), query=f"?theme={theme}")
    texts = panel.page.evaluate(CONTRASTS)
    assert len(texts) > 20
    assert [each for each in texts if each["ratio"] < 4.5] == []
    open_room(panel, "Oak")
    assert [each for each in panel.page.evaluate(CONTRASTS) if each["ratio"] < 4.5] == []


def test_the_way_back_is_large_low_and_never_covered(glass: Callable[..., Glass], server: PageServer) -> None:
    for size in (SEVEN, TEN, PORTRAIT):
        panel = glass(size, view=views.beside(views.busy_after_booking(), views.free()))
        open_room(panel, "Oak")
        expect(panel.page.locator("#bar")).to_be_visible()
        box = panel.page.locator("#back").bounding_box()
        assert box["y"] >= 0.6 * size.height
        assert min(box["width"], box["height"]) >= 12 * size.density
        assert panel.page.locator("#bar").bounding_box()["x"] >= box["x"] + box["width"] - 1
        panel.page.locator("#back").click()
        panel.page.wait_for_selector("html[data-scene=home]")
        panel.page.close()
        panel.forgive()
