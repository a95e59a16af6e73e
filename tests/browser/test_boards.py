"""A board: the rooms of a place as rows, by floor and name, page by page; legible, honest about its age."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser import views
from tests.browser.conftest import LARGE, PORTRAIT, SEVEN, SKIPPING, TEN, Glass, Size
from tests.browser.page_server import PageServer

pytestmark = [pytest.mark.browser, pytest.mark.heavy]

CONTRASTS = Path(__file__).with_name("contrasts.js").read_text(encoding="utf-8")
FAULTS = Path(__file__).with_name("faults.js").read_text(encoding="utf-8")

ROWS = """() => [...document.querySelectorAll('.row')].map(row => ({
  name: row.querySelector('.name').textContent, floor: row.querySelector('.floor').textContent,
  word: row.querySelector('.word').textContent, line: row.querySelector('.line').textContent,
  after: row.querySelector('.after').textContent, height: row.offsetHeight,
  shape: [...row.querySelectorAll('.signal > g')].filter(g => getComputedStyle(g).display !== 'none')
    .map(g => g.dataset.for).join(),
}))"""


@pytest.fixture
def board(glass: Callable[..., Glass], server: PageServer) -> Callable[..., Glass]:
    """Opens a board with these rooms."""

    def give(rooms: list[views.View], size: Size = TEN, **more: Any) -> Glass:
        server.facts = views.facts(kind="board", name="Timber House")
        return glass(size, view=rooms, script=SKIPPING, reduced_motion="reduce", **more)

    return give


def rows(panel: Glass) -> list[dict[str, Any]]:
    return list(panel.page.evaluate(ROWS))


def turn(panel: Glass) -> None:
    """The time that this page is shown goes by."""
    before = panel.page.evaluate("rows.firstChild.dataset.room")
    panel.page.evaluate("skip(30_000)")
    turned(panel, before)


def turned(panel: Glass, before: str) -> None:
    """Another page is shown than the one that began with that room."""
    expect(panel.page.locator("#rows > :first-child")).not_to_have_attribute("data-room", before)


def test_forty_rooms_come_by_floor_and_name_a_page_at_a_time_and_begin_again(board: Callable[..., Glass]) -> None:
    panel = board(views.many(40))
    pages = panel.page.locator("#pager i").count()
    seen = []
    for _ in range(pages):
        assert panel.page.evaluate("document.querySelector('.board').scrollHeight <= innerHeight")
        seen += [(each["floor"], each["name"]) for each in rows(panel)]
        turn(panel)
    assert len(seen) == 40
    assert seen == sorted(seen)
    assert (rows(panel)[0]["floor"], rows(panel)[0]["name"]) == seen[0]


def test_floors_count_as_people_count_them(board: Callable[..., Glass]) -> None:
    names = ("10", "2", "Ground", "-1", "1")
    rooms = [
        view | {"id": str(i), "room": view["room"] | {"name": f"Room {i}", "floor": names[i]}}
        for i, view in enumerate(views.many(5))
    ]
    assert [each["floor"] for each in rows(board(rooms))] == [
        "floor Ground", "floor -1", "floor 1", "floor 2", "floor 10",
    ]  # fmt: skip


def test_a_page_stays_for_as_long_as_its_rows_take_to_read(board: Callable[..., Glass]) -> None:
    panel = board(views.many(40))
    first, number = panel.page.evaluate("rows.firstChild.dataset.room"), len(rows(panel))
    panel.page.evaluate("time => skip(time)", 4_000 + 1_100 * number - 3_500)
    panel.page.wait_for_timeout(1_200)
    assert panel.page.evaluate("rows.firstChild.dataset.room") == first
    panel.page.evaluate("skip(3_500)")
    turned(panel, first)


def test_a_row_says_state_until_when_and_what_is_next_and_where_it_is_old(board: Callable[..., Glass]) -> None:
    several = (views.free, views.busy, views.reserved, views.free_plan, views.busy_plan, views.unknown)
    panel = board(views.beside(*(each() for each in several)), LARGE)
    seen = {each["name"]: each for each in rows(panel)}
    assert [seen[name]["word"] for name in views.NAMES] == ["FREE", "BUSY", "RESERVED", "FREE", "BUSY", "UNKNOWN"]
    assert [seen[name]["shape"] for name in views.NAMES] == [
        "free", "busy", "reserved", "free-plan", "busy", "unknown",
    ]  # fmt: skip
    assert (seen["Oak"]["line"], seen["Oak"]["after"]) == ("until 14:30", "next: 14:30 M. K.")
    assert seen["Linden"]["line"] == "by the plan of Mon 09:58"
    assert seen["Maple"]["after"].startswith("plan of 09:58")
    assert "no connection" in panel.text("#age")
    assert panel.text("#hour") == "10:42"
    assert panel.text("#place") == "Timber House"


def test_a_board_has_nothing_to_tap_and_says_that_it_has_no_touch(
    board: Callable[..., Glass], server: PageServer
) -> None:
    panel = board(views.many(12))
    assert panel.page.locator("button:visible").count() == 0
    panel.page.mouse.click(300, 300)
    with panel.page.expect_response("**/alive", timeout=20_000):
        pass
    assert server.alive[-1] == {"touch": "none", "touched_ago": None}


def test_a_silent_agent_leaves_no_promise_on_the_board(board: Callable[..., Glass], server: PageServer) -> None:
    panel = board(views.many(6))
    server.silent = True
    panel.page.evaluate("skip(11_000)")
    panel.page.wait_for_selector(".chip[data-state=unknown]", timeout=5_000)
    assert {each["word"] for each in rows(panel)} == {"UNKNOWN"}
    panel.forgive()


def test_a_board_without_rooms_says_so(board: Callable[..., Glass]) -> None:
    assert board([]).text("#none") == "no rooms here yet"


@pytest.mark.parametrize("size", [SEVEN, TEN, PORTRAIT, LARGE], ids=str)
def test_nothing_on_a_board_is_cut_off_or_overlaps_in_any_language(board: Callable[..., Glass], size: Size) -> None:
    found = []
    for language in ("en", "de", "fr", "es", "nl", "ja"):
        panel = board([view | {"language": language} for view in views.many(11)], size)
        panel.server.tell(language=language)
        panel.page.wait_for_selector(f"html[lang={language}][data-painted]")
        for number in (2, 11, 23):
            panel.show_all(views.many(number))
            least = 2.0 * size.density
            found += [f"{language} {number}: {fault}" for fault in panel.page.evaluate(FAULTS, least)]
            assert min(each["height"] for each in rows(panel)) >= 0.06 * size.height
        panel.page.close()
    assert found == []


@pytest.mark.parametrize("theme", ["light", "dark", "contrast"])
def test_every_text_on_a_board_stands_out(board: Callable[..., Glass], theme: str) -> None:
    several = (views.free, views.busy, views.reserved, views.free_plan, views.closed_cleaning, views.unknown)
    panel = board(views.beside(*(each() for each in several)), LARGE, query=f"?theme={theme}")
    texts = panel.page.evaluate(CONTRASTS)
    assert len(texts) > 20
    assert [each for each in texts if each["ratio"] < 4.5] == []
