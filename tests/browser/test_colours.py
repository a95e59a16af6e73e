"""Contrast of every text in every state and theme, and the order of brightness that survives colour blindness."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser import views
from tests.browser.conftest import TEN, Glass

pytestmark = pytest.mark.browser

THEMES = ("light", "dark", "contrast")

CONTRASTS = Path(__file__).with_name("contrasts.js").read_text(encoding="utf-8")

GROUND = """() => {
  const [r, g, b] = getComputedStyle(document.body).backgroundColor.match(/[\\d.]+/g).map(Number)
    .map(c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}"""

SHAPE = """() => [...document.querySelectorAll('.signal > g')].filter(g => getComputedStyle(g).display !== 'none')
  .map(g => g.dataset.for).join()"""


@pytest.mark.parametrize("theme", THEMES)
def test_every_text_stands_out_four_and_a_half_to_one_also_where_it_is_off(
    glass: Callable[..., Glass], theme: str
) -> None:
    panel = glass(TEN, query=f"?theme={theme}")
    weak: list[Any] = []
    for name, view in views.ALL.items():
        panel.show(view())
        texts = panel.page.evaluate(CONTRASTS)
        assert len(texts) > 5, name
        weak += [(name, each) for each in texts if each["ratio"] < 4.5]
    assert weak == []


@pytest.mark.parametrize("theme", THEMES)
def test_a_refusal_stands_out_too(glass: Callable[..., Glass], theme: str) -> None:
    panel = glass(TEN, view=views.busy_foreign(), query=f"?theme={theme}")
    panel.key("end").click(force=True)
    texts = [each for each in panel.page.evaluate(CONTRASTS) if "people" in each["text"]]
    assert texts
    assert all(each["ratio"] >= 4.5 for each in texts)


@pytest.mark.parametrize("theme", THEMES)
def test_free_is_three_times_as_bright_as_busy(glass: Callable[..., Glass], theme: str) -> None:
    panel = glass(query=f"?theme={theme}")
    brightness = {}
    for view in (views.free, views.free_plan, views.busy):
        panel.show(view())
        brightness[view.__name__] = panel.page.evaluate(GROUND)
    for name in ("free", "free_plan"):
        assert (brightness[name] + 0.05) / (brightness["busy"] + 0.05) >= 3, name


def test_each_state_has_a_shape_of_its_own(glass: Callable[..., Glass]) -> None:
    panel = glass()
    shapes = {}
    for view in (views.free, views.free_plan, views.busy, views.reserved, views.closed, views.unknown):
        panel.show(view())
        shapes[view.__name__] = panel.page.evaluate(SHAPE)
    assert shapes == {
        "free": "free",
        "free_plan": "free-plan",
        "busy": "busy",
        "reserved": "reserved",
        "closed": "closed",
        "unknown": "unknown",
    }


def test_only_reserved_is_hatched_and_only_unknown_is_cross_hatched(glass: Callable[..., Glass]) -> None:
    panel = glass()
    hatches = {}
    for view in (views.free, views.free_plan, views.busy, views.reserved, views.closed, views.unknown):
        panel.show(view())
        ground = panel.page.evaluate("getComputedStyle(document.body).backgroundImage")
        hatches[view.__name__] = ground.count("repeating-linear-gradient")
    assert hatches == {"free": 0, "free_plan": 0, "busy": 0, "reserved": 1, "closed": 0, "unknown": 2}
