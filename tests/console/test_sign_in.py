"""Signing in and out by password, and what a form must bring with it."""

from collections.abc import Callable
from typing import Any

import pytest

from server.console.guard import local
from server.core.access import CLI
from server.core.people import Account
from tests.console.conftest import BASE, PASSWORD, Site

Give = Callable[..., Site]


def test_a_member_signs_in_and_out(site: Give) -> None:
    browser = site().browser()
    assert browser.get("/you").headers["Location"] == "/sign-in?said=first&next=%2Fyou"
    asked = browser.get("/sign-in?said=first&next=%2Frooms%2Froom%2F1").get_data(as_text=True)
    assert 'href="/sign-in?next=%2Frooms%2Froom%2F1&amp;lang=de"' in asked, "in another language it leads there, too"
    answer = browser.sign_in()
    assert (answer.status_code, answer.headers["Location"]) == (303, "/you")
    assert "Maria Klein" in browser.get("/you").get_data(as_text=True)
    assert browser.get("/").headers["Location"] == "/you"
    browser.get("/you")
    assert browser.post("/sign-out", {}).headers["Location"] == "/sign-in?said=out"
    assert browser.get("/you").status_code == 303
    assert "You are signed out." in browser.get("/sign-in?said=out").get_data(as_text=True)


def test_signing_out_ends_the_session_on_the_server_too(site: Give) -> None:
    it = site()
    browser = it.browser()
    browser.sign_in()
    stolen = browser.cookie("__Host-lintel")
    browser.get("/you")
    browser.post("/sign-out", {})
    browser.client.set_cookie("__Host-lintel", stolen, domain="rooms.example.org", secure=True)
    assert browser.get("/you").status_code == 303


def test_the_session_and_the_forms_token_are_new_at_every_sign_in(site: Give) -> None:
    browser = site().browser()
    browser.sign_in()
    first, form = browser.cookie("__Host-lintel"), browser.cookie("__Host-lintel-form")
    browser.get("/you")
    before = browser.token
    browser.post("/sign-in", {"login": "maria@example.org", "password": PASSWORD, "next": ""})
    assert browser.cookie("__Host-lintel") not in ("", first)
    assert browser.cookie("__Host-lintel-form") not in ("", form)
    browser.get("/you")
    assert browser.token != before
    browser.client.set_cookie("__Host-lintel", first, domain="rooms.example.org", secure=True)
    assert browser.get("/you").status_code == 303, "the old session has ended"


@pytest.mark.parametrize(("login", "password"), [("maria@example.org", "wrong"), ("nobody@example.org", PASSWORD),
                                                 ("", ""), ("maria@example.org", "")])  # fmt: skip
def test_who_is_wrong_hears_one_answer(site: Give, login: str, password: str) -> None:
    answer = site().browser().sign_in(login, password)
    assert answer.status_code == 401
    assert "E-mail or password is wrong." in answer.get_data(as_text=True)
    assert "Set-Cookie" not in answer.headers


def test_who_is_not_active_does_not_get_in_and_loses_what_is_open(site: Give) -> None:
    it = site()
    browser = it.browser()
    browser.sign_in()
    it.house.engine.people.change(it.maria.number, CLI, account=Account.INACTIVE)
    assert browser.get("/you").status_code == 303
    assert it.browser().sign_in().status_code == 401


def test_guessing_is_told_to_wait_and_for_how_long(site: Give) -> None:
    it = site()
    browser = it.browser()
    codes = [browser.sign_in(password="wrong again").status_code for _ in range(6)]
    assert codes == [401] * 5 + [429]
    answer = browser.sign_in()
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert "Too many tries. Please try again in" in answer.get_data(as_text=True)
    it.house.clock.forward(seconds=int(answer.headers["Retry-After"]))
    assert browser.sign_in().status_code == 303


def test_a_session_that_is_not_used_ends(site: Give) -> None:
    it = site()
    browser = it.browser()
    browser.sign_in("ada@example.org")
    it.house.clock.forward(minutes=31)
    assert browser.get("/you").status_code == 303


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": ""}, {"Origin": "http://rooms.example.org"},
                {"Origin": f"{BASE}.evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}],
)  # fmt: skip
def test_a_form_from_elsewhere_is_refused_everywhere(site: Give, headers: dict[str, str]) -> None:
    it = site(registration="open")
    browser = it.browser()
    browser.sign_in()
    browser.get("/you")
    for path in posts(it):
        answer = browser.post(path, {}, headers=headers)
        assert answer.status_code == 403, path
        assert "Nothing was changed." in answer.get_data(as_text=True)
    assert browser.get("/you").status_code == 200


@pytest.mark.parametrize("token", ["", "0" * 64, "ff", "ä"])
def test_a_form_without_its_token_is_refused_everywhere(site: Give, token: str) -> None:
    it = site(registration="open")
    browser = it.browser()
    browser.sign_in()
    for path in posts(it):
        assert browser.post(path, {"token": token}).status_code == 403, path


def test_a_token_is_of_no_use_in_another_browser_or_session(site: Give) -> None:
    it = site()
    mine, other = it.browser(), it.browser()
    other.get("/sign-in")
    mine.sign_in()
    mine.get("/you")
    assert mine.post("/you/feed", {"token": other.token, "action": "rotate"}).status_code == 403
    before = mine.token
    mine.post("/sign-in", {"login": "ada@example.org", "password": PASSWORD, "next": ""})
    assert mine.post("/you/feed", {"token": before, "action": "rotate"}).status_code == 403


def test_without_our_cookie_no_token_is_right(site: Give) -> None:
    browser = site().browser()
    for token in ("", "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"):
        assert browser.post("/sign-in", {"token": token, "login": "maria@example.org"}).status_code == 403


ELSEWHERE = (
    "https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example",
    "javascript:alert(1)", "/you\r\nSet-Cookie: a=b", "", "you", "/" + "a" * 600, "/sign-out", "/sign-in?next=/you",
    "/a/../b", "//", "/ä",
)  # fmt: skip


def test_nobody_is_sent_on_to_anywhere_else(site: Give) -> None:
    browser = site().browser()
    browser.get("/sign-in")
    form = {"login": "maria@example.org", "password": PASSWORD}
    for path in ELSEWHERE:
        assert local(path) == "/you", path
        assert browser.post("/sign-in", form | {"next": path}).headers["Location"] == "/you", path
        assert browser.get("/sign-in", query_string={"next": path}).headers["Location"] == "/you", path
        browser.get("/you")


@pytest.mark.parametrize("path", ["/", "/you", "/r/oak?at=10:00", "/rooms/booking/7"])
def test_paths_of_our_own_are_kept(path: str) -> None:
    assert local(path) == path


def test_a_name_with_markup_in_it_is_only_text(site: Give) -> None:
    it = site()
    name = "<script>alert(1)</script>\"'"
    it.house.engine.people.change(it.maria.number, CLI, first_name=name)
    browser = it.browser()
    browser.sign_in()
    page = browser.get("/you").get_data(as_text=True)
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&#34;&#39;" in page


def test_where_local_passwords_are_off_only_the_sealed_account_uses_one(site: Give) -> None:
    it = site(sso=True, local=False)
    object.__setattr__(it.house.engine.sign_in, "local", False)
    assert it.browser().sign_in("ada@example.org").status_code == 401
    it.house.engine.people.change(it.ada.number, CLI, sealed=True)
    assert it.browser().sign_in("ada@example.org").status_code == 303
    assert it.browser().sign_in("maria@example.org").status_code == 401
    with it.house.store.reading() as tx:
        found = tx.rows("SELECT subject FROM change WHERE what = 'break_glass'")
    assert found == [(it.ada.number,)]


def test_loopback_has_plain_cookies_and_its_own_names(site: Give) -> None:
    browser = site(base="http://127.0.0.1:8080").browser()
    answer = browser.sign_in()
    assert answer.status_code == 303
    kept = [line for line in answer.headers.getlist("Set-Cookie") if line.startswith("lintel=")]
    assert len(kept) == 1
    assert "HttpOnly" in kept[0]
    assert "SameSite=Lax" in kept[0]
    assert "Secure" not in kept[0]


def test_cookies_over_https_are_bound_to_this_host(site: Give) -> None:
    for line in site().browser().sign_in().headers.getlist("Set-Cookie"):
        name, _, rest = line.partition("=")
        assert name.startswith("__Host-")
        assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= {part.strip() for part in rest.split(";")}
        assert "Domain" not in rest


def posts(it: Site) -> list[str]:
    rules: Any = it.app.url_map.iter_rules()
    return [rule.rule for rule in rules if "POST" in rule.methods]
