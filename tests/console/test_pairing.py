"""Letting a panel in from a phone: what is shown before, what the button does, and what people are told (T07)."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from server.core.access import CLI
from server.core.errors import Unknown
from tests import make
from tests.console import fleet
from tests.console.conftest import PASSWORD, Browser, Site

Give = Callable[..., Site]


@pytest.fixture
def it(site: Give) -> Site:
    return site()


@pytest.fixture
def browser(it: Site) -> Browser:
    return fleet.staff(it)


def look(browser: Browser, code: str, more: str = "") -> int:
    return browser.get(f"/pair?code={code.replace('-', '')}{more}").status_code


def let_in(browser: Browser, code: str, **form: str | list[str]) -> str:
    """Presses the button; where it leads, or the status."""
    answer = browser.post("/pair", {"code": code, "do": "in", "kind": "rooms", "name": ""} | form)
    return answer.headers.get("Location", "") or str(answer.status_code)


def text(page: str) -> str:
    """What stands on a page, without its marks."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_the_code_of_the_square_survives_the_sign_in(it: Site) -> None:
    code = fleet.waiting(it.house).replace("-", "")
    fleet.staff(it)
    phone = it.browser()
    to = phone.get(f"/pair?code={code}").headers["Location"]
    assert urlsplit(to).path == "/sign-in"
    phone.get(to)
    onward = re.search(r'name="next" value="([^"]*)"', phone.page)
    form = {"login": "stan@example.org", "password": PASSWORD, "next": onward[1] if onward else ""}
    assert phone.post("/sign-in", form).headers["Location"] == f"/pair?code={code}"
    assert "Is this the panel in front of you?" in phone.get(f"/pair?code={code}").get_data(as_text=True)


def test_the_page_shows_the_same_letters_as_the_glass_and_what_the_panel_says_of_itself(
    it: Site, browser: Browser
) -> None:
    code = fleet.waiting(it.house)
    print_ = it.house.engine.pairing.waiting(CLI)[0].fingerprint
    assert look(browser, code) == 200
    for part in (*print_.split("-"), "s1", "Raspberry Pi 4", "1280 × 800", "Let in only what you stand in front of."):
        assert part in browser.page
    assert fleet.state(it.house) == "waiting"


def test_a_member_and_a_stranger_see_nothing_of_it(it: Site) -> None:
    code = fleet.waiting(it.house)
    maria = it.browser()
    maria.sign_in()
    assert look(maria, code) == 403
    assert "This is not for you" in maria.page
    maria.get("/you")
    assert let_in(maria, code, room=["oak"]) == "403"
    assert look(it.browser(), code) == 303
    assert fleet.state(it.house) == "waiting"


def test_it_is_let_in_as_the_panel_of_the_rooms_that_were_ticked_in_their_order(it: Site, browser: Browser) -> None:
    code = fleet.waiting(it.house)
    look(browser, code)
    assert let_in(browser, code, room=["elm", "oak"], name="Both doors") == "/pair/done?device=1"
    made = it.house.engine.fleet.one(1, CLI).device
    assert (made.name, made.rooms_in_order) == ("Both doors", (it.house.elm.number, it.house.oak.number))
    assert fleet.state(it.house) == "paired"


def test_the_last_page_says_that_it_shows_the_room_only_once_the_panel_was_heard(it: Site, browser: Browser) -> None:
    code = fleet.waiting(it.house)
    look(browser, code)
    done = let_in(browser, code, room=["oak"])
    answer = browser.get(done)
    assert "In a few seconds it shows Oak." in browser.page
    assert answer.headers["Refresh"] == "2; url=/pair/done?device=1&n=1"
    fleet.says(it.house, it.house.engine.fleet.one(1, CLI).device)
    answer = browser.get(done)
    assert "It shows Oak now" in browser.page
    assert "Refresh" not in answer.headers
    assert 'href="/pair"' in browser.page
    assert 'href="/devices/1"' in browser.page
    assert "Refresh" not in browser.get("/pair/done?device=1&n=20").headers


def test_what_is_expected_of_its_serial_number_is_ticked_already_and_takes_one_tap(it: Site, browser: Browser) -> None:
    it.house.engine.enrolments.expect(b"serial,rooms,name\nS1,elm,North door\n", CLI)
    code = fleet.waiting(it.house)
    look(browser, code)
    assert "Expected for Elm" in browser.page
    ticked = re.findall(r'name="room" value="([^"]*)" checked', browser.page)
    kind = re.search(r'name="kind" value="(\w+)"[^>]* checked', browser.page)
    name = re.search(r'name="name"[^>]* value="([^"]*)"', browser.page)
    assert (ticked, kind and kind[1], name and name[1]) == (["elm"], "rooms", "North door")
    assert let_in(browser, code, room=ticked, name="North door").startswith("/pair/done")


def test_it_becomes_the_board_of_a_place(it: Site, browser: Browser) -> None:
    code = fleet.waiting(it.house)
    look(browser, code)
    floor = re.search(r'<option value="(\d+)"[^>]*>Main/2<', browser.page)
    assert floor is not None
    assert let_in(browser, code, kind="board", place=floor[1]).startswith("/pair/done")
    made = it.house.engine.fleet.one(1, CLI).device
    assert (made.kind, made.place) == ("board", int(floor[1]))


def test_a_spare_takes_over_from_a_silent_one_and_the_last_to_fall_silent_stands_first(
    it: Site, browser: Browser
) -> None:
    panels = [it.house.engine.devices.add(name, CLI, rooms=("oak",))[0] for name in ("Early", "Late", "Well")]
    for panel, ago in zip(panels, (7200, 600, 0), strict=True):
        fleet.says(it.house, panel, ago=ago)
    code = fleet.waiting(it.house)
    look(browser, code)
    offered = re.findall(r'name="replaces" value="(\d+)"', browser.page)
    assert offered == [str(panels[1].number), str(panels[0].number)]
    assert "Silent, since 09:50, 10 min" in browser.page
    assert let_in(browser, code, kind="spare", replaces=offered[0]).startswith("/pair/done")
    made = it.house.engine.fleet.one(4, CLI).device
    assert (made.name, made.rooms_in_order) == ("Late", (it.house.oak.number,))
    assert it.house.engine.fleet.one(panels[1].number, CLI).verdict == "revoked"


def test_the_address_may_name_the_panel_whose_place_is_taken(it: Site, browser: Browser) -> None:
    panel = it.house.engine.devices.add("Late", CLI, rooms=("oak",))[0]
    browser.get(f"/pair?replaces={panel.number}")
    assert f'name="replaces" value="{panel.number}"' in browser.page
    look(browser, fleet.waiting(it.house), f"&replaces={panel.number}")
    assert re.search(rf'name="replaces" value="{panel.number}" checked', browser.page)
    assert re.search(r'name="kind" value="spare" id="kind-spare" checked', browser.page)
    # the same page in another language keeps all of it
    assert re.search(rf"\?code=\w{{8}}&amp;replaces={panel.number}&amp;lang=de", browser.page)


def test_the_first_button_of_the_form_searches_so_that_enter_lets_nothing_in(it: Site, browser: Browser) -> None:
    for number in range(20):
        pine = make.room(f"r{number}", name=f"Pine {number}", building="Timber House", floor=str(number % 3))
        it.house.engine.rooms.add(pine, CLI)
    code = fleet.waiting(it.house)
    look(browser, code)
    form = browser.page.partition('action="/pair"')[2]
    first = re.search(r'<button[^>]*type="submit"[^>]*>', form)
    assert first is not None
    assert 'value="find"' in first[0]
    browser.post("/pair", {"code": code, "do": "find", "kind": "rooms", "find": "pine 17", "room": ["oak"]})
    assert fleet.state(it.house) == "waiting"
    assert re.findall(r'name="room" value="([^"]*)" checked', browser.page) == ["oak"]
    assert re.findall(r'name="room" value="([^"]*)">', browser.page) == ["r17"]
    browser.post("/pair", {"code": code, "do": "", "kind": "rooms", "find": "nowhere"})
    assert "No room is called like that." in browser.page
    assert fleet.state(it.house) == "waiting"


def test_refusing_leaves_it_outside(it: Site, browser: Browser) -> None:
    code = fleet.waiting(it.house)
    look(browser, code)
    answer = browser.post("/pair", {"code": code, "do": "refuse", "kind": "rooms"})
    assert answer.headers["Location"] == "/pair?said=refused"
    assert "Refused. It stays outside." in browser.get("/pair?said=refused").get_data(as_text=True)
    assert fleet.state(it.house) == "refused"


def test_a_code_that_is_unknown_used_or_expired_is_told_alike_and_one_that_is_none_otherwise(
    it: Site, browser: Browser
) -> None:
    used = fleet.waiting(it.house)
    look(browser, used)
    let_in(browser, used, room=["oak"])
    old = fleet.waiting(it.house, secret=fleet.SECRET.replace("kkk", "lll"))
    it.house.clock.forward(minutes=11)
    said = []
    for code in ("BCDFGHJK", used, old):
        assert look(browser, code) == 404
        said.append(re.search(r'role="alert">([^<]*)<', browser.page))
        assert "Which code does the panel show?" in browser.page
    assert len({found[1] if found else "" for found in said}) == 1
    assert look(browser, "AEIOU") == 422
    assert "A code has eight letters" in browser.page
    browser.get("/you")
    assert let_in(browser, "BCDFGHJK", room=["oak"]) == "404"


def test_too_many_guesses_are_told_with_when_to_try_again(it: Site, browser: Browser) -> None:
    for _ in range(5):
        assert look(browser, "BCDFGHJK") == 404
    answer = browser.get("/pair?code=BCDFGHJK")
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert re.search(r"Please try again in \d+ min", browser.page)
    good = fleet.waiting(it.house)
    browser.get("/you")
    assert let_in(browser, good, room=["oak"]) == "429"
    assert fleet.state(it.house) == "waiting"


def test_what_cannot_be_is_said_and_nothing_is_let_in(it: Site, browser: Browser) -> None:
    code = fleet.waiting(it.house)
    look(browser, code)
    cases: list[tuple[dict[str, str | list[str]], str]] = [
        ({}, "Choose at least one room."), ({"kind": "spare"}, "Choose the panel"),
        ({"kind": "board", "place": "x"}, "Choose a place."),
        ({"room": ["oak"], "name": "x" * 300}, "This name cannot be taken."),
        ({"room": ["nowhere"]}, "That has changed meanwhile."),
        ({"kind": "spare", "replaces": "99"}, "That has changed meanwhile."),
    ]  # fmt: skip
    for form, said in cases:
        assert let_in(browser, code, **form) in ("422", "409")
        assert said in text(browser.page)
        assert fleet.state(it.house) == "waiting"


def test_a_form_of_another_page_lets_nothing_in(it: Site, browser: Browser) -> None:
    code = fleet.waiting(it.house)
    look(browser, code)
    form = {"code": code, "do": "in", "kind": "rooms", "room": "oak"}
    assert browser.post("/pair", form, headers={"Origin": "https://evil.example"}).status_code == 403
    assert browser.post("/pair", form | {"token": "0" * 64}).status_code == 403
    assert fleet.state(it.house) == "waiting"


def test_what_a_panel_says_of_itself_is_only_text(it: Site, browser: Browser) -> None:
    code = fleet.waiting(it.house, serial="<b>S1</b>")
    look(browser, code)
    assert "<b>s1" not in browser.page.casefold()


def test_no_code_stands_in_the_list_of_those_that_wait_nor_in_the_log(
    it: Site, browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO"):
        code = fleet.waiting(it.house)
        look(browser, code)
        browser.get("/devices")
    assert "Wait to be let in" in browser.page
    for written in (code, code.replace("-", "")):
        assert written not in browser.page
        assert written not in caplog.text
    with pytest.raises(Unknown):
        it.house.engine.pairing.look("BCDFGHJK", CLI)
