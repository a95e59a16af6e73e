"""What a hand and an eye need: sizes in millimetres, everything in its place, nothing cut off, in every language."""

import math
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.browser import views
from tests.browser.conftest import LARGE, PHONE, PORTRAIT, SEVEN, TEN, Glass, Size

pytestmark = pytest.mark.browser

LANGUAGES = ("en", "de", "fr", "es", "nl", "ja")

TARGETS = """() => [...document.querySelectorAll('button')].filter(b => b.offsetParent).map(b => {
  const r = b.getBoundingClientRect();
  return {name: b.innerText, key: b.classList.contains('key'), x: r.x, top: r.top, width: r.width, height: r.height};
})"""

CAPITAL = """() => {
  const pen = document.createElement('canvas').getContext('2d'), style = getComputedStyle(word);
  pen.font = `${style.fontWeight} 1000px ${style.fontFamily}`;
  return pen.measureText('H').actualBoundingBoxAscent * parseFloat(style.fontSize) / 1000;
}"""

# What every system has, and wider than what most panels show.
WIDE = 'body { font-family: "DejaVu Sans" !important }'

FAULTS = Path(__file__).with_name("faults.js").read_text(encoding="utf-8")


def faults(glass: Glass, size: Size) -> list[str]:
    least = min(13.0, 2.4 * size.density) if size is PHONE else 2.4 * size.density
    found: list[str] = glass.page.evaluate(FAULTS, least)
    return found


@pytest.mark.parametrize("size", [SEVEN, TEN, PORTRAIT], ids=str)
def test_every_button_is_as_large_as_a_finger_apart_from_others_and_in_the_lower_two_fifths(
    glass: Callable[..., Glass], size: Size
) -> None:
    panel = glass(size)
    for name, view in views.ALL.items():
        panel.show(view())
        targets = panel.page.evaluate(TARGETS)
        for one, other in pairwise(each for each in targets if each["key"]):
            beside = other["x"] - one["x"] - one["width"]
            below = other["top"] - one["top"] - one["height"]
            assert max(beside, below) >= 1.5 * size.density, f"{name} {one} {other}"
        for target in targets:
            where = f"{name} {target}"
            assert target["width"] >= 12 * size.density, where
            assert target["height"] >= 12 * size.density, where
            assert target["top"] >= 0.6 * size.height, where
            if target["key"]:
                assert 15.99 <= target["height"] / size.density <= 20.01, where


@pytest.mark.parametrize(("size", "cap"), [(SEVEN, 15), (TEN, 24.9)], ids=str)
def test_the_state_word_is_legible_from_afar(glass: Callable[..., Glass], size: Size, cap: float) -> None:
    """A capital of 15 mm on a 7-inch glass; 25 mm on a 10-inch one, which is 8.3 mm for each of 3 metres."""
    panel = glass(size)
    for view in (views.free, views.free_plan, views.busy, views.reserved, views.closed, views.unknown):
        panel.show(view())
        assert float(panel.page.evaluate(CAPITAL)) / size.density >= cap, view.__name__


@pytest.mark.parametrize("size", [SEVEN, TEN, PORTRAIT, LARGE, PHONE], ids=str)
def test_the_shape_takes_a_fifth_of_the_height_at_least(glass: Callable[..., Glass], size: Size) -> None:
    panel = glass(size)
    for name, view in views.ALL.items():
        panel.show(view())
        box: dict[str, Any] = panel.page.evaluate("signal.getBoundingClientRect().toJSON()")
        assert math.isclose(box["width"], box["height"], abs_tol=1), name
        assert box["height"] >= min(0.2 * size.height, 0.3 * size.width), name


@pytest.mark.parametrize(
    "language", [it if it in ("en", "ja") else pytest.param(it, marks=pytest.mark.heavy) for it in LANGUAGES]
)
def test_nothing_is_cut_off_or_overlaps_in_any_state_and_language(glass: Callable[..., Glass], language: str) -> None:
    panel = glass(view=views.free() | {"language": language})
    found = []
    for size in (SEVEN, PORTRAIT, PHONE, *((TEN, LARGE) if language in ("en", "de") else ())):
        panel.resize(size)
        for name, view in views.ALL.items():
            panel.show(view() | {"language": language})
            found += [f"{size} {name}: {fault}" for fault in faults(panel, size)]
    assert found == []


def test_long_names_shrink_or_wrap_and_only_a_title_is_cut(glass: Callable[..., Glass]) -> None:
    long = views.booking(
        "10:30", "11:30", "Maximiliane Freifrau von Hohenstein-Waldburg", title="Quarterly review " * 8
    )
    room = views.base()["room"] | {
        "name": "Konferenzraum Alexander von Humboldt (Erdgeschoss)",
        "facilities": ["video conference", "interactive whiteboard", "induction loop"],
    }
    panel = glass()
    found = []
    for size in (SEVEN, TEN, PORTRAIT, PHONE):
        panel.resize(size)
        for view in (views.busy(current=long, next=long, room=room), views.reserved(current=long, room=room)):
            panel.show(view)
            found += [f"{size} {view['state']}: {fault}" for fault in faults(panel, size)]
    assert found == []


@pytest.mark.heavy
def test_a_system_with_none_but_a_wide_font_shows_all_of_it_as_large(glass: Callable[..., Glass]) -> None:
    for language, size in (("en", SEVEN), ("en", TEN), ("de", PORTRAIT), ("de", PHONE), ("es", PHONE)):
        panel = glass(size, view=views.free() | {"language": language}, bypass_csp=True)
        panel.page.add_style_tag(content=WIDE)
        for name, view in views.ALL.items():
            panel.show(view() | {"language": language})
            assert faults(panel, size) == [], f"{size} {name} {language}"
            box: dict[str, Any] = panel.page.evaluate("signal.getBoundingClientRect().toJSON()")
            assert box["height"] >= min(0.2 * size.height, 0.3 * size.width), f"{size} {name}"
            cap = {SEVEN: 15, TEN: 24.9}.get(size, 0)
            assert float(panel.page.evaluate(CAPITAL)) / size.density >= cap, f"{size} {name}"


def test_a_density_that_cannot_be_true_shrinks_the_page_instead_of_breaking_it(glass: Callable[..., Glass]) -> None:
    panel = glass()
    for density in (2.0, 14.0):
        panel.resize(Size(800, 480, density))
        for view in (views.free_early, views.reserved, views.busy_here):
            panel.show(view())
            assert faults(panel, Size(800, 480, 4)) == [], f"{density} {view.__name__}"
