"""What people read and do at a door that is cut off, and what the glass says of it when the door is back."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser import cut_off, views
from tests.browser.conftest import PORTRAIT, SEVEN, TEN, Glass
from tests.browser.page_server import PageServer
from tests.browser.test_sizes import FAULTS
from tests.browser.test_taps import LOOKS, answer

pytestmark = [pytest.mark.browser, pytest.mark.heavy]

KEYS = """() => [...document.querySelectorAll('.key')].map(key => {
  const { top, height } = key.getBoundingClientRect();
  return { id: key.dataset.act, border: getComputedStyle(key).borderTopStyle, text: key.innerText, top, height };
})"""

BOX = "(name) => document.querySelector(`.day .${name}`).getBoundingClientRect().toJSON()"


def promised(view: views.View, grade: str = "confirmed") -> Callable[[Any], dict[str, Any]]:
    return lambda body: {"outcome": "promised", "op": "op-1", "error": None, "grade": grade, "view": view}


def test_a_button_says_what_will_not_be_confirmed_yet_in_words_and_by_its_border(glass: Callable[..., Glass]) -> None:
    panel = glass(view=cut_off.free_held_short())
    quarter, half, hour = panel.page.evaluate(KEYS)
    assert [key["border"] for key in (quarter, half, hour)] == ["none", "none", "dashed"]
    assert "not confirmed" in hour["text"]
    assert "confirmed" not in quarter["text"] + half["text"]
    assert all(key["top"] == quarter["top"] and key["height"] == quarter["height"] for key in (half, hour))
    assert panel.page.locator(".key[aria-disabled=true]").count() == 0
    panel.show(views.free())
    for key, before in zip(panel.page.evaluate(KEYS), (quarter, half, hour), strict=True):
        assert (key["id"], key["top"], key["height"]) == (before["id"], before["top"], before["height"])


def test_what_the_door_owns_is_booked_and_said_to_be_confirmed(glass: Callable[..., Glass], server: PageServer) -> None:
    panel = glass(view=cut_off.free_held())
    server.answer = promised(cut_off.busy_promised())
    panel.key("book-30").click()
    expect(panel.page.locator("#told")).to_have_text("Booked until 11:12, confirmed")
    assert panel.text("#after").startswith("confirmed")
    assert server.taps == [{"act": "book", "minutes": 30, "end": "2026-11-20T10:12:00Z"}]
    server.answer = promised(cut_off.free_held())
    panel.page.locator("#undo").click()
    expect(panel.page.locator("#told")).to_have_text("Undone")
    assert (panel.state, server.taps[-1]) == ("free", {"act": "undo", "of": "op-1"})


def test_what_it_does_not_own_may_be_used_and_is_confirmed_when_it_is_back(
    glass: Callable[..., Glass], server: PageServer
) -> None:
    panel = glass(view=cut_off.free_alone())
    server.answer = promised(cut_off.busy_unsure_after_booking(), "not_confirmed")
    panel.key("book-30").click()
    told = panel.page.locator("#told")
    expect(told).to_have_text("You can use the room. Not confirmed until this screen is back in touch")
    assert panel.text("#after").startswith("not confirmed yet")
    panel.show(cut_off.busy_unsure() | {"online": True})
    assert panel.text("#after").startswith("not confirmed yet")
    there = cut_off.busy_unsure()["current"] | {"id": "b-7", "confirmed": True, "synced": True}
    elsewhere = cut_off.free_twice()["conflicts"]  # of others, this afternoon
    back = views.busy(current=there, until=there["end"], conflicts=elsewhere)
    panel.show(back | {"undo": cut_off.busy_promised()["undo"]})
    expect(told).to_have_text("Confirmed. The room is yours until 11:12")
    assert "confirmed" not in panel.text("#after")


@pytest.mark.parametrize(
    ("back", "says"),
    [
        (cut_off.busy_shortened, "Until 11:00 it is yours. From 11:00: M. K."),
        (cut_off.busy_refused, "Not confirmed: M. K. has it until 11:30"),
    ],
)
def test_whose_booking_it_met_is_told_and_stays_on_the_glass(
    glass: Callable[..., Glass], back: Callable[[], views.View], says: str
) -> None:
    panel = glass(view=cut_off.busy_unsure())
    panel.show(back())
    expect(panel.page.locator("#told")).to_have_text(says)
    assert says in panel.text("#after")


def test_a_conflict_is_one_sentence_whatever_it_is_about(glass: Callable[..., Glass]) -> None:
    unnamed = cut_off.busy_shortened()
    unnamed["conflicts"][0]["other_host"] = ""
    later = cut_off.free_twice()
    later["conflicts"][0] |= {"from": views.at("09:00", days=2), "to": views.at("10:00", days=2)}
    joiner = "\N{WORD JOINER}"
    panel = glass()
    for view, says in (
        (unnamed, "Until 11:00 it is yours. Then it is booked"),
        (cut_off.busy_kept_over(), "Until 11:30 it is yours. M. K. had booked it, too"),
        (cut_off.free_twice(), "Booked twice 14:45–15:30: M. K. has it, not J. S."),
        (later, "next: 14:30 M. K."),
    ):
        panel.show(view)
        assert panel.text("#after").replace(joiner, "") == says


def test_in_the_strip_who_gave_way_lies_below_who_has_the_time(glass: Callable[..., Glass]) -> None:
    panel = glass(view=cut_off.busy_shortened())
    day, twice = (panel.page.evaluate(BOX, name) for name in ("booking", "twice"))
    assert abs(twice["height"] - day["height"] / 2) < 2
    assert abs(twice["bottom"] - day["bottom"]) < 1
    assert "repeating-linear-gradient" in panel.page.evaluate(
        "getComputedStyle(document.querySelector('.day .twice')).backgroundImage"
    )
    assert "booked twice" in (panel.page.locator("#strip").get_attribute("aria-label") or "")


def test_what_is_not_certain_is_hollow_in_the_strip_and_said(glass: Callable[..., Glass]) -> None:
    panel = glass(view=cut_off.free_at_risk())
    hollow = panel.page.evaluate("getComputedStyle(document.querySelector('.day .unsure')).outlineStyle")
    assert hollow == "dashed"
    assert panel.text("#after") == "next: 14:30 M. K., not certain"
    assert "14:30–15:30 booked not certain M. K." in (panel.page.locator("#strip").get_attribute("aria-label") or "")


def test_the_footer_says_how_far_the_door_can_confirm_where_there_is_room(glass: Callable[..., Glass]) -> None:
    panel = glass(TEN, view=cut_off.free_held_short())
    assert panel.page.locator("#sure span").all_inner_texts() == ["no connection", "can confirm until 11:15"]
    assert panel.page.locator("html").get_attribute("data-sure") == "held"
    panel.show(cut_off.free_alone_clock())
    assert panel.page.locator("#sure span").all_inner_texts() == ["clock not verified", "no connection"]
    assert "by the plan of 08:12" in panel.text("#line")


def test_in_a_short_drop_of_the_link_nothing_flickers_though_the_door_is_alone(glass: Callable[..., Glass]) -> None:
    panel = glass()
    panel.show(views.free())
    before = panel.page.evaluate(LOOKS)
    for view in (cut_off.free_alone(), cut_off.free_held_short()):
        panel.show(view | {"quiet": True, "as_of": views.iso(views.NOW)})
        assert panel.page.evaluate(LOOKS) == before


def test_a_card_that_cannot_be_written_promises_nothing_and_says_so(
    glass: Callable[..., Glass], server: PageServer
) -> None:
    panel = glass(view=cut_off.free_held())
    server.answer = answer(cut_off.free_held(), "refused", {"code": "cannot_save", "objections": [], "conflicts": []})
    panel.key("book-30").click()
    expect(panel.page.locator("#told")).to_have_text("Nothing was saved: this panel cannot save right now")
    assert panel.state == "free"


def test_what_is_not_certain_yet_is_not_checked_in_to_and_the_tap_says_why(
    glass: Callable[..., Glass], server: PageServer
) -> None:
    panel = glass(view=cut_off.reserved_at_risk())
    no = {"code": "refused", "objections": [{"code": "not_certain", "numbers": {}}], "conflicts": []}
    server.answer = answer(cut_off.reserved_at_risk(), "refused", no)
    panel.page.locator(".key").first.click()
    expect(panel.page.locator("#told")).to_have_text("It is not certain yet. Please try again soon")


def test_tiles_and_boards_mark_what_is_not_certain_and_what_is_booked_twice(glass: Callable[..., Glass]) -> None:
    several = views.beside(
        cut_off.free_at_risk(), cut_off.busy_unsure(), cut_off.busy_shortened(), cut_off.free_twice()
    )
    for size in (SEVEN, PORTRAIT):
        for board in (False, True):
            panel = glass(size, view=several, query="?name=House")
            if board:
                panel.server.tell(kind="board")
                panel.page.wait_for_selector("html[data-scene=board]")
            says = [each.inner_text() for each in panel.page.locator(".row" if board else ".tile").all()]
            marks = ("next: 14:30 M. K., not certain", "not confirmed", "booked twice", "booked twice")
            assert all(mark in said for mark, said in zip(marks, sorted(says, key=order), strict=True)), says
            assert "can confirm" not in panel.text("body")  # that would be of one room alone
            assert panel.page.evaluate(FAULTS, 2.0 * size.density) == []
            panel.page.close()
            panel.server.tell(kind="panel")


def order(said: str) -> int:
    """The rooms as the views were made for them, wherever the page puts them."""
    return next(i for i, name in enumerate(views.NAMES) if name in said)


@pytest.mark.parametrize("language", ["de", "ja"])
def test_the_rarer_of_these_views_fit_too(glass: Callable[..., Glass], language: str) -> None:
    panel = glass(view=views.free() | {"language": language})
    found = []
    for size in (SEVEN, PORTRAIT):
        panel.resize(size)
        for view in cut_off.MORE:
            panel.show(view() | {"language": language})
            faults = panel.page.evaluate(FAULTS, 2.4 * size.density)
            found += [f"{size} {view.__name__}: {fault}" for fault in faults]
    assert found == []
