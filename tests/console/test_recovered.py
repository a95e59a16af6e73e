"""What panels brought back stands on the page of conflicts until staff have looked, in six languages."""

import re
from collections.abc import Callable

import pytest

from server.console.words import LANGUAGES, words
from server.core.access import CLI
from server.core.attest import OUTCOMES
from server.store import recovered
from server.store.recovered import Recovered
from tests.console import fleet
from tests.console.conftest import Browser, Site

Give = Callable[..., Site]


@pytest.fixture
def it(site: Give) -> Site:
    """A booking of Oak for each outcome."""
    found = site()
    house = found.house
    panel, _, _ = house.panel("oak")
    for number, outcome in enumerate(OUTCOMES):
        made = house.book(f"1{number + 1}:00", f"1{number + 1}:30", organizer=f"Host {number}")
        row = Recovered(0, "life", house.oak.number, made.uid, panel.number, 1, made.starts, made.ends, outcome,
                        made.id if number else None, None, house.clock.now())  # fmt: skip
        house.store.writing(lambda tx, row=row: recovered.put(tx, row))
    return found


@pytest.fixture
def browser(it: Site) -> Browser:
    return fleet.staff(it)


def test_each_says_what_became_of_it_until_somebody_has_looked(it: Site, browser: Browser) -> None:
    browser.get("/conflicts")
    page = re.sub(r"<[^>]+>", " ", browser.page).replace("&#39;", "'")
    said = " ".join(page.split())
    assert all(words("en")[f"recovered_{outcome}"] in said for outcome in OUTCOMES)
    assert "Oak 2026-06-15 12:00–12:30 · Host 1 moved to where it was · from Panel, 10:00" in said
    assert "Host 0" not in said
    assert "<script" not in browser.page
    first = it.house.engine.recoveries.page(CLI)[0].it.id
    assert browser.post(f"/recovered/{first}/seen", {}).headers["Location"] == "/conflicts#recovered"
    assert len(it.house.engine.recoveries.page(CLI, unseen=True)) == len(OUTCOMES) - 1
    browser.get("/conflicts")
    browser.post("/recovered/seen", {"upto": str(first)})
    assert it.house.engine.recoveries.page(CLI, unseen=True) == ()
    browser.get("/conflicts")
    assert words("en")["recovered_note"] not in browser.page


def test_what_came_while_somebody_looked_is_not_seen(it: Site, browser: Browser) -> None:
    browser.get("/conflicts")
    last = it.house.engine.recoveries.page(CLI)[0].it.id
    browser.post("/recovered/seen", {"upto": str(last - 1)})
    assert [each.it.id for each in it.house.engine.recoveries.page(CLI, unseen=True)] == [last]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_its_words(it: Site, browser: Browser, language: str) -> None:
    browser.get(f"/conflicts?lang={language}")
    assert words(language)["recovered_note"].replace("'", "&#39;") in browser.page


@pytest.mark.parametrize("number", ["0", "x", "9" * 40])
def test_what_is_not_there(it: Site, browser: Browser, number: str) -> None:
    browser.get("/conflicts")
    assert browser.post(f"/recovered/{number}/seen", {}).status_code == 404
