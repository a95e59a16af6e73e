"""What holds for every page: declared, guarded by headers, in six languages, without a script."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from werkzeug.wrappers import Response

from server.console.app import app
from server.console.desk import Desk
from server.console.page import Pages, Undeclared, Visit
from server.console.pages import ALL
from server.console.words import HERE, LANGUAGES, chosen, words
from tests.console.conftest import Site

Give = Callable[..., Site]


def answer(desk: Desk, visit: object) -> Response:
    return Response("x")


def test_a_page_that_does_not_say_who_may_is_refused(site: Give) -> None:
    pages = Pages()
    with pytest.raises(Undeclared, match="nobody said who may"):
        pages("GET", "/new")(answer)
    with pytest.raises(Undeclared, match="only a POST"):
        pages("GET", "/new", who="anyone", takes=("a",))(answer)
    pages("GET", "/you", who="person")(answer)
    with pytest.raises(Undeclared, match="declared twice"):
        app(site().desk, [*ALL, pages])


def test_every_rule_is_a_declared_page_or_a_static_file(site: Give) -> None:
    declared = {f"{page.method} {page.path}" for group in ALL for page in group.all}
    assert {rule.endpoint for rule in site().app.url_map.iter_rules()} == declared | {"static"}


def test_pages_for_people_are_for_nobody_else(site: Give) -> None:
    it = site()
    browser = it.browser()
    for page in [page for group in ALL for page in group.all if page.who != "anyone"]:
        browser.get("/sign-in")
        got = browser.get(page.path) if page.method == "GET" else browser.post(page.path, {})
        assert (got.status_code, got.headers["Location"][:9]) == (303, "/sign-in?"), page


def test_pages_of_a_role_are_closed_to_the_others(site: Give) -> None:
    pages = Pages()
    pages("GET", "/for/staff", who="staff")(answer)
    pages("GET", "/for/admin", who="admin")(answer)
    it = site()
    it.app = app(it.desk, [*ALL, pages])
    maria, ada = it.browser(), it.browser()
    maria.sign_in()
    ada.sign_in("ada@example.org")
    for path in ("/for/staff", "/for/admin"):
        assert maria.get(path).status_code == 403
        assert ada.get(path).status_code == 200


def test_every_answer_carries_the_headers_that_guard_it(site: Give) -> None:
    it = site(sso=True, registration="open")
    browser = it.browser()
    for signed_in in (False, True):
        if signed_in:
            browser.sign_in()
        for rule in it.app.url_map.iter_rules():
            path = rule.rule.replace("<name>", "pages.css")
            for got in (browser.get(path), browser.get(path + "/nothing"), browser.post(path, {"token": ""})):
                policy = got.headers["Content-Security-Policy"]
                assert "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'" in policy
                assert "frame-ancestors 'none'; base-uri 'none'" in policy
                assert "unsafe" not in policy
                assert got.headers["X-Content-Type-Options"] == "nosniff"
                assert got.headers["X-Frame-Options"] == "DENY"
                assert got.headers["Referrer-Policy"] in ("no-referrer", "same-origin", "strict-origin")
                assert got.headers["Cache-Control"] == "no-store" or path.startswith("/static")


def test_no_page_holds_a_script_or_a_style(site: Give) -> None:
    it = site(sso=True, registration="open")
    browser = it.browser()
    for path in ("/sign-in", "/register", "/nothing-here", "/you"):
        if path == "/you":
            browser.sign_in()
        page = browser.get(path).get_data(as_text=True)
        assert not re.search(r"<script|<style|\sstyle=|\son\w+=|javascript:", page), path
        assert re.findall(r'(?:src|href)="(?!/|\?)([^"]*)"', page) == [], path


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_every_language_has_every_word_and_every_gap(language: str) -> None:
    english, theirs = words("en"), words(language)
    assert set(theirs) == set(english)
    for name, text in english.items():
        assert re.findall(r"{\w+}", theirs[name]) == re.findall(r"{\w+}", text), name
        assert theirs[name].strip() == theirs[name] != "", name


def test_every_word_is_used() -> None:
    console = HERE.parent
    source = "".join(path.read_text() for path in [*console.rglob("*.py"), *console.rglob("*.html")])
    begun = (
        "said_",
        "role_",
        "identity_",
        "bad_",
        "answer_",
        "letter_",
        *(f"{name}_" for name in ("span", "verdict", "todo", "order", "state", "setting", "level", "value", "sure")),
        *(f"{name}_" for name in ("clock", "touch", "browser", "power", "disk", "pair_shows")),
        *(f"{name}_" for name in ("lost", "form", "barred", "large", "crash", "later", "recovered")),
        *(f"{name}_" for name in ("conflict", "side", "settled", "booking")),
    )
    assert [name for name in words("en") if name not in source and not name.startswith(begun)] == []
    assert [name for name in words("en") if hasattr(dict, name)] == [], "a template would find the dict's own"
    kept = json.loads(Path(HERE, "en.json").read_text())
    assert list(kept) == list(words("de"))


@pytest.mark.parametrize(
    ("asked", "header", "found"),
    [("de", "fr", "de"), ("xx", "fr", "fr"), ("", "de-CH,de;q=0.9,en;q=0.8", "de"),
     ("", "da, nl;q=0.5, fr;q=0.7", "fr"), ("", "", "en"), ("", "x;q=nonsense,ja", "ja"), ("", "zh", "en")],
)  # fmt: skip
def test_the_language_is_what_was_asked_for_or_what_the_browser_likes(asked: str, header: str, found: str) -> None:
    assert chosen(asked, header) == found


def test_a_chosen_language_stays(site: Give) -> None:
    browser = site().browser()
    assert '<html lang="de">' in browser.get("/sign-in?lang=de").get_data(as_text=True)
    assert "Anmelden" in browser.get("/sign-in").get_data(as_text=True)


def test_programs_at_a_wrong_address_are_answered_in_json(site: Give) -> None:
    client = site().app.test_client()
    got = client.get("/nothing", headers={"Accept": "*/*"})
    assert (got.status_code, got.json) == (404, {"error": "Not found"})
    assert client.delete("/sign-in").status_code == 405


def test_a_form_that_is_too_large_is_refused(site: Give) -> None:
    browser = site().browser()
    browser.get("/sign-in")
    assert browser.post("/sign-in", {"login": "x" * 70_000}).status_code == 413


@pytest.mark.parametrize(
    "path", ["/static/../app.py", "/static/base.html", "/static/%2e%2e/app.py", "/static/.hidden.css"]
)
def test_only_style_sheets_and_pictures_are_static(site: Give, path: str) -> None:
    assert site().app.test_client().get(path).status_code == 404


def test_a_mistake_of_ours_tells_nobody_what_was_at_hand(site: Give, caplog: pytest.LogCaptureFixture) -> None:
    pages = Pages()

    @pages("GET", "/broken", who="anyone")
    def broken(desk: Desk, visit: Visit) -> Response:
        raise RuntimeError("Maria's secret")

    it = site()
    it.app = app(it.desk, [*ALL, pages])
    with caplog.at_level("INFO"):
        got = it.browser().get("/broken")
    assert got.status_code == 500
    assert "The mistake is ours" in got.get_data(as_text=True)
    assert got.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "Maria" not in got.get_data(as_text=True) + caplog.text
    assert "crash=RuntimeError" in caplog.text
    assert got.headers["X-Request-Id"] in caplog.text


def test_the_log_knows_no_names_passwords_or_codes(site: Give, caplog: pytest.LogCaptureFixture) -> None:
    it = site(sso=True)
    browser = it.browser()
    with caplog.at_level("INFO"):
        browser.sign_in()
        browser.get("/you")
        browser.get("/sign-in/oidc/callback?code=the-code&state=the-state")
        browser.get("/some/name")
    lines = [line.getMessage() for line in caplog.records if line.name == "lintel.requests"]
    assert [line.partition(" ms=")[0] for line in lines[-2:]] == [
        "door=console method=GET path=/sign-in/oidc/callback status=403",
        "door=console method=GET path=- status=404",
    ]
    for word in ("maria", "sentence", "the-code", "the-state", "some/name", browser.cookie("__Host-lintel")):
        assert word not in caplog.text
