"""What the page says of itself: that it paints, and when its touch is not to be trusted."""

from collections.abc import Callable

import pytest

from tests.browser.conftest import SKIPPING, Glass
from tests.browser.page_server import PageServer

pytestmark = pytest.mark.browser

# Two frames, so that what is said in the next frame has been said.
FRAMES = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
TOUCH = "async () => new (await import('/static/touch.js')).Touch(document)"


def said(panel: Glass) -> str:
    return str(panel.page.evaluate("window.watched.state()"))


def watched(glass: Callable[..., Glass]) -> Glass:
    """A glass with a judge of its touch to ask."""
    panel = glass(script=SKIPPING)
    panel.page.evaluate(f"async () => {{ window.watched = await ({TOUCH})() }}")
    return panel


def test_a_page_that_paints_says_so_at_once_and_again(glass: Callable[..., Glass], server: PageServer) -> None:
    panel = glass()
    for _ in range(2):
        with panel.page.expect_response("**/alive", timeout=20_000):
            pass
    assert {each["touch"] for each in server.alive} == {"good"}
    assert len(server.alive) >= 2


def test_a_page_whose_frames_do_not_come_says_nothing(glass: Callable[..., Glass], server: PageServer) -> None:
    panel = glass(script="window.requestAnimationFrame = () => 0;")
    panel.page.wait_for_timeout(500)
    assert server.alive == []


def test_a_contact_that_never_ends_makes_touch_suspect_for_ten_minutes(glass: Callable[..., Glass]) -> None:
    panel = watched(glass)
    panel.page.mouse.move(300, 100)
    panel.page.mouse.down()
    panel.page.evaluate("skip(59_000)")
    assert said(panel) == "good"
    panel.page.evaluate("skip(2_000)")
    assert said(panel) == "suspect"
    panel.page.mouse.up()
    panel.page.evaluate("skip(595_000)")
    assert said(panel) == "suspect"
    panel.page.evaluate("skip(10_000)")
    assert said(panel) == "good"


def test_many_contacts_that_hit_nothing_are_ghosts_but_not_where_one_hits(glass: Callable[..., Glass]) -> None:
    panel = watched(glass)
    burst = """(hit) => {
      for (let i = 0; i < 21; i++) {
        const at = hit && i === 12 ? document.querySelector(".key") : document.body;
        const how = { bubbles: true, pointerId: 50 + i };
        at.dispatchEvent(new PointerEvent("pointerdown", how));
        at.dispatchEvent(new PointerEvent("pointerup", how));
      }
    }"""
    panel.page.evaluate(burst, True)
    assert said(panel) == "good"
    panel.page.evaluate("skip(11_000)")
    panel.page.evaluate(burst, False)
    assert said(panel) == "suspect"
