"""The fleet on a page, and one device: how well it is and why, what is wanted of it, how it is set, and its key."""

import re
from collections.abc import Callable
from itertools import product
from time import perf_counter

import pytest

from server.console.words import LANGUAGES, words
from server.core.access import CLI
from server.core.fleet import VERDICTS
from server.core.model import Device
from server.core.orders import OUTCOMES, WHATS
from server.core.panel_settings import KINDS
from tests.console import fleet
from tests.console.conftest import Browser, Site

Give = Callable[..., Site]
WRONG: dict[str, dict[str, object]] = {
    "dark": {"browser": "frozen"}, "card": {"vitals": {"disk": "read_only"}}, "clock": {"clock": "unverified"},
    "touch": {"touch": "suspect"}, "power": {"vitals": {"undervoltage": True}},
    "hot": {"vitals": {"temperature": 84.2}},
}  # fmt: skip


@pytest.fixture
def it(site: Give) -> Site:
    return site()


@pytest.fixture
def browser(it: Site) -> Browser:
    return fleet.staff(it)


def panel(it: Site, name: str = "Oak door", *rooms: str) -> Device:
    return it.house.engine.devices.add(name, CLI, rooms=rooms or ("oak",))[0]


def text(browser: Browser) -> str:
    """What stands on the page, without its marks."""
    return " ".join(re.sub(r"<[^>]+>", " ", browser.page).replace("&#39;", "'").split())


def press(browser: Browser, path: str, **form: str) -> str:
    """Sends a form of the page; where it leads, or the status."""
    answer = browser.post(path, form)
    return answer.headers.get("Location", "") or str(answer.status_code)


def test_the_page_counts_who_is_well_and_names_what_is_not_first_by_where_it_is(it: Site, browser: Browser) -> None:
    well, silent, hot = panel(it, "Well"), panel(it, "Silent one"), panel(it, "Hot one", "elm")
    fleet.says(it.house, well)
    fleet.says(it.house, silent, ago=720)
    fleet.says(it.house, hot, vitals={"temperature": 84.2})
    browser.get("/devices")
    said = text(browser)
    assert "1 well 2 not well" in said
    assert "1 Silent one Oak Silent since 09:48, 12 min" in said
    assert "2 Hot one Elm Too hot since 10:00, 0 s" in said
    assert said.index("Silent one") < said.index("Hot one") < said.index("All")
    assert re.search(r'href="/devices/1">.*Well', browser.page, re.DOTALL)
    assert "plan 4 s old · 0.1.0" in said


def test_a_house_without_panels_says_how_to_begin(browser: Browser) -> None:
    browser.get("/devices")
    assert "No panels yet. A new one shows a code" in browser.page


def test_those_that_wait_stand_on_top_with_their_letters(it: Site, browser: Browser) -> None:
    it.house.engine.enrolments.expect(b"serial,rooms\nS1,elm\n", CLI)
    fleet.waiting(it.house)
    browser.get("/devices")
    print_ = it.house.engine.pairing.waiting(CLI)[0].fingerprint
    assert f"{print_} Expected for Elm Raspberry Pi 4 · s1 · 0 s ago" in text(browser)


def test_devices_are_found_by_name_room_place_and_serial_number(it: Site, browser: Browser) -> None:
    panel(it, "North door")
    panel(it, "South door", "elm")
    for look, found in (("north", {1}), ("elm", {2}), ("door", {1, 2}), ("SOUTH elm", {2}), ("nothing such", set())):
        browser.get("/devices", query_string={"q": look})
        section = browser.page.partition('id="all"')[2]
        assert {int(number) for number in re.findall(r'href="/devices/(\d+)"', section)} == found, look
    assert "Nothing is called like that." in browser.page


def test_a_thousand_devices_come_in_pages_and_quickly(it: Site, browser: Browser) -> None:
    def many(tx: object) -> None:
        tx.many(  # type: ignore[attr-defined]
            "INSERT INTO device (name, digest, prefix, made_at, seen_at, heartbeat) VALUES (?,?,'rk_dev_x',?,?,?)",
            [(f"Panel {number}", f"{number:064x}", at, at - (number % 3 == 0) * 600, said) for number in range(1000)],
        )
        tx.run("INSERT INTO device_room (device_id, room_id) SELECT id, 1 FROM device WHERE id > 1")  # type: ignore[attr-defined]

    first = panel(it)
    fleet.says(it.house, first)
    at = int(it.house.clock.now().timestamp())
    with it.house.store.reading() as tx:
        said = tx.rows("SELECT heartbeat FROM device")[0][0]
    it.house.store.writing(many)
    begun = perf_counter()
    browser.get("/devices")
    took = perf_counter() - begun
    assert "667 well" in text(browser)
    assert "334 not well" in text(browser)
    assert browser.page.count('class="tile"') == 100
    assert browser.page.count('class="row"') == 100
    assert "234 more: find them by name or place." in browser.page
    assert len(browser.page) < 250_000
    assert took < 3, "a bound against what grows with the square; the page itself takes some 0.1 s"
    browser.get("/devices?p=11")
    assert (browser.page.count('class="tile"'), "11 of 11" in browser.page) == (1, True)
    browser.get("/devices?p=99999&q=Panel")
    assert 'href="/devices?q=Panel&amp;p=9#all"' in browser.page


def test_what_is_wrong_is_said_with_since_when_and_what_to_do(it: Site, browser: Browser) -> None:
    one, w = panel(it), words("en")
    for word, said in WRONG.items():
        fleet.says(it.house, one, **said)
        browser.get("/devices/1")
        assert f"{w[f'verdict_{word}']} since 10:00, 0 s {w[f'todo_{word}']}" in text(browser)
        assert 'class="off"' in browser.page, word


def test_the_facts_are_those_of_the_last_heartbeat(it: Site, browser: Browser) -> None:
    both = panel(it, "Corner", "oak", "elm")
    fleet.says(it.house, both)
    it.house.clock.forward(seconds=2)
    browser.get("/devices/1")
    said = text(browser)
    for fact in (
        "Well Heard 2 s ago", "Plan of Oak 4 s old", "Plan of Elm 4 s old", "Clock verified", "Its own clock right",
        "Touch good", "Last touched 5 min ago", "Temperature 51 °C", "Memory card good, 11204 MB free", "Worn 12 %",
        "Power good", "Version 0.1.0", "Browser good", "Not delivered yet 0",
    ):  # fmt: skip
        assert fact in said, fact
    fleet.says(it.house, both, clock_offset_ms=90_000, vitals={"undervoltage": False, "throttled": True})
    browser.get("/devices/1")
    assert "Its own clock 90 s ahead" in text(browser) or "Its own clock 1 min ahead" in text(browser)
    assert "was too weak, or it was too hot" in text(browser)


def test_what_a_device_says_is_only_text(it: Site, browser: Browser) -> None:
    fleet.says(it.house, panel(it, "<i>Oak</i>"), version="<script>1</script>", browser="<b>x</b>")
    for path in ("/devices", "/devices/1"):
        browser.get(path)
        assert not re.search(r"<script|<i>|<b>x", browser.page)


def test_an_order_is_sent_and_its_receipt_shown(it: Site, browser: Browser) -> None:
    one, w = panel(it), words("en")
    browser.get("/devices/1")
    for what in WHATS:
        if what != "reboot":
            assert press(browser, "/devices/1/order", what=what) == "/devices/1?said=order&look=8#order"
            answer = browser.get("/devices/1?said=order&look=8")
            assert f"{w[f'order_{what}']} 10:00 on its way" in text(browser)
            assert answer.headers["Refresh"] == "3; url=/devices/1?look=7#order"
    fleet.answers(it.house, one, outcome="failed", text="no <b>keeper</b>")
    answer = browser.get("/devices/1?look=7")
    assert "Refresh" not in answer.headers
    assert "failed" in text(browser)
    assert "<b>keeper" not in browser.page


def test_a_reboot_asks_once_more(it: Site, browser: Browser) -> None:
    panel(it)
    browser.get("/devices/1")
    assert press(browser, "/devices/1/order", what="reboot") == "200"
    assert "Reboot Oak door?" in browser.page
    assert 'href="/devices/1?lang=de"' in browser.page
    assert it.house.engine.fleet.orders(1, CLI) == ()
    assert press(browser, "/devices/1/order", what="reboot", sure="yes").startswith("/devices/1?")
    assert [order.what for order in it.house.engine.fleet.orders(1, CLI)] == ["reboot"]


def test_too_many_orders_are_refused_in_words(it: Site, browser: Browser) -> None:
    panel(it)
    browser.get("/devices/1")
    for _ in range(20):
        it.house.engine.fleet.order(1, "identify", CLI)
    assert press(browser, "/devices/1/order", what="identify") == "409"
    assert "It has not done what it was told before." in browser.page
    assert press(browser, "/devices/1/order", what="dance") == "422"


def test_the_picture_of_the_glass_is_a_png_and_nothing_else_and_its_log_plain_text(it: Site, browser: Browser) -> None:
    one = panel(it)
    assert browser.get("/devices/1/picture").status_code == 404
    it.house.engine.fleet.order(1, "screenshot", CLI)
    fleet.answers(it.house, one, picture=fleet.png())
    it.house.engine.fleet.order(1, "log", CLI)
    fleet.answers(it.house, one, text="<script>1</script>\nline two")
    browser.get("/devices/1")
    at = re.search(r'src="(/devices/1/picture\?at=\d+)"', browser.page)
    assert at is not None
    picture = browser.client.get(at[1], base_url=browser.base)
    assert (picture.content_type, picture.data) == ("image/png", fleet.png())
    assert picture.headers["X-Content-Type-Options"] == "nosniff"
    assert "private" in picture.headers["Cache-Control"]
    log = re.search(r'href="(/devices/1/log/\d+)"', browser.page)
    assert log is not None
    read = browser.client.get(log[1], base_url=browser.base)
    assert (read.content_type, read.get_data(as_text=True)) == (
        "text/plain; charset=utf-8",
        "<script>1</script>\nline two",
    )
    assert browser.get("/devices/1/log/1").status_code == 404
    assert browser.get("/devices").status_code == 200
    assert at[1] in browser.page


def test_it_is_given_other_rooms_and_another_name(it: Site, browser: Browser) -> None:
    panel(it)
    browser.get("/devices/1/rooms")
    assert re.findall(r'name="room" value="([^"]*)" checked', browser.page) == ["oak"]
    form = {"do": "save", "kind": "rooms", "room": ["elm", "oak"], "name": "Both"}
    assert press(browser, "/devices/1/rooms", **form) == "/devices/1?said=rooms"  # type: ignore[arg-type]
    now = it.house.engine.fleet.one(1, CLI).device
    assert (now.name, now.rooms_in_order) == ("Both", (2, 1))
    browser.get("/devices/1/rooms")
    assert press(browser, "/devices/1/rooms", do="save", kind="rooms", name="Both") == "422"
    assert "Choose at least one room." in browser.page
    assert press(browser, "/devices/1/rooms", do="save", kind="rooms", room="oak", name="") == "422"
    assert "This name cannot be taken." in browser.page
    assert press(browser, "/devices/1/rooms", do="find", kind="rooms", find="elm", room="oak", name="N") == "200"
    assert it.house.engine.fleet.one(1, CLI).device.name == "Both"


def test_a_device_without_a_room_is_given_one_and_made_a_board(it: Site, browser: Browser) -> None:
    panel(it)
    it.house.store.writing(lambda tx: tx.run("DELETE FROM device_room"))
    browser.get("/devices/1")
    assert "no room yet" in text(browser)
    assert "Choose what it is to show." in browser.page
    browser.get("/devices/1/rooms")
    place = re.search(r'<option value="(\d+)"[^>]*>Main/2<', browser.page)
    assert place is not None
    form = {"do": "save", "kind": "board", "place": place[1], "name": "Second floor"}
    assert press(browser, "/devices/1/rooms", **form) == "/devices/1?said=rooms"
    browser.get("/devices/1")
    assert "Second floor Board: Main/2" in text(browser)
    assert "floor 2" in browser.page
    browser.get("/devices/1/rooms")
    assert re.search(r'id="kind-board" checked', browser.page)
    browser.get("/devices")
    assert "Second floor Board: Main/2" in text(browser)


def test_a_setting_says_why_it_is_so_and_is_set_where_it_was_chosen_and_inherited_again(
    it: Site, browser: Browser
) -> None:
    panel(it)
    browser.get("/devices/1")
    assert "Language – by its own file; nothing is set" in text(browser)
    form = {"name": "language", "value": "de", "do": "set"}
    assert press(browser, "/devices/1/settings", **form, level="house") == "/devices/1?said=setting#setting-language"
    assert press(browser, "/devices/1/settings", **form | {"value": "fr"}, level="room:oak").startswith("/devices/1?")
    browser.get("/devices/1")
    assert "Language Français set for room Oak" in text(browser)
    assert press(browser, "/devices/1/settings", **form | {"do": "inherit"}, level="room:oak").startswith("/devices/1?")
    browser.get("/devices/1")
    assert "Language Deutsch set for the whole house" in text(browser)
    assert press(browser, "/devices/1/settings", name="large_type", value="on", do="set", level="device")[0] == "/"
    browser.get("/devices/1")
    assert "Large type on set for this panel" in text(browser)


def test_a_setting_that_cannot_be_taken_is_marked(it: Site, browser: Browser) -> None:
    panel(it)
    browser.get("/devices/1")
    for form in (
        {"name": "density", "value": "x"}, {"name": "nothing", "value": "1"}, {"name": "touch", "value": "perhaps"},
        {"name": "touch", "value": "on", "level": "planet"}, {"name": "night", "value": "later"},
    ):  # fmt: skip
        assert press(browser, "/devices/1/settings", **{"level": "device", "do": "set"} | form) == "422"
        assert dict(it.house.engine.panel_settings.of_device(1, CLI).values) == {}
    assert "An example: 22:00-06:00" in browser.page
    assert 'value="later"' in browser.page


def test_one_of_two_with_a_key_has_two_ways_out_and_can_only_be_made_to_flash(it: Site, browser: Browser) -> None:
    fleet.says(it.house, panel(it))
    fleet.quarantine(it.house, it.house.engine.fleet.one(1, CLI).device)
    browser.get("/devices/1")
    assert "Two with one key since 10:00, 0 s" in text(browser)
    assert re.findall(r'name="what" value="(\w+)"', browser.page) == ["identify"]
    assert press(browser, "/devices/1/order", what="restart") == "409"
    assert "it can only be made to flash" in browser.page
    assert press(browser, "/devices/1/release") == "/devices/1?said=released"
    assert it.house.engine.fleet.one(1, CLI).verdict == "good"


def test_its_key_is_taken_away_after_a_second_question(it: Site, browser: Browser) -> None:
    panel(it)
    browser.get("/devices/1")
    assert press(browser, "/devices/1/revoke") == "200"
    assert "Take the key of Oak door away?" in browser.page
    assert it.house.engine.fleet.one(1, CLI).device.revoked_at is None
    assert press(browser, "/devices/1/revoke", sure="yes") == "/devices/1?said=revoked"
    browser.get("/devices/1?said=revoked")
    assert "Key taken away" in browser.page
    assert 'name="what"' not in browser.page
    assert it.house.engine.fleet.one(1, CLI).verdict == "revoked"
    browser.get("/devices")
    assert "/devices/1" not in browser.page


def test_members_see_no_devices_and_staff_find_them_from_their_own_page(it: Site, browser: Browser) -> None:
    panel(it)
    maria = it.browser()
    maria.sign_in()
    for path in ("/devices", "/devices/1", "/devices/1/picture", "/devices/1/rooms", "/devices/1/log/1"):
        assert maria.get(path).status_code == 403, path
    maria.get("/you")
    assert "/devices" not in maria.page
    for path in ("order", "rooms", "settings", "revoke", "release"):
        assert press(maria, f"/devices/1/{path}", what="identify", sure="yes") == "403", path
    browser.get("/you")
    assert 'href="/devices"' in browser.page
    assert it.house.engine.fleet.orders(1, CLI) == ()


def test_a_device_that_is_not_there_is_nothing(browser: Browser) -> None:
    for number in ("9", "0", "x", "-1", "1e3", "9" * 30, "٣"):
        for path in (f"/devices/{number}", f"/devices/{number}/picture", f"/devices/{number}/log/1"):
            assert browser.get(path).status_code == 404, path


def test_a_form_of_another_page_does_nothing(it: Site, browser: Browser) -> None:
    panel(it)
    browser.get("/devices/1")
    elsewhere = {"Origin": "https://evil.example"}
    for path, form in (("order", {"what": "identify"}), ("revoke", {"sure": "yes"}), ("settings", {"name": "touch"})):
        assert browser.post(f"/devices/1/{path}", form, headers=elsewhere).status_code == 403
        assert browser.post(f"/devices/1/{path}", form | {"token": "0" * 64}).status_code == 403
    assert it.house.engine.fleet.orders(1, CLI) == ()
    assert it.house.engine.fleet.one(1, CLI).device.revoked_at is None


def test_every_word_of_the_fleet_is_spoken(it: Site, browser: Browser) -> None:
    wanted = {f"verdict_{word}" for word in VERDICTS} | {f"todo_{word}" for word in VERDICTS if word != "good"}
    wanted |= {f"order_{what}" for what in WHATS} | {f"state_{word}" for word in (*OUTCOMES, "open", "expired")}
    wanted |= {f"setting_{name}" for name in KINDS}
    choices = [kind for name, kind in KINDS.items() if isinstance(kind, tuple) and name != "language"]
    wanted |= {f"value_{value}" for kind in choices for value in kind}
    panel(it)
    for path, language in product(("/devices", "/devices/1", "/devices/1/rooms", "/pair"), LANGUAGES):
        assert wanted - set(words(language)) == set()
        assert browser.get(f"{path}?lang={language}").status_code == 200
        assert f'<html lang="{language}">' in browser.page
        assert not re.search(r"<script|<style|\sstyle=|\son\w+=|javascript:", browser.page)
        assert re.findall(r'(?:src|href)="(?!/|\?)([^"]*)"', browser.page) == []
