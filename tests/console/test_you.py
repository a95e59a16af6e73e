"""What people see and set of themselves, and how they make an account."""

import re
from collections.abc import Callable

from server.core.access import CLI
from server.core.people import Account
from tests.console.conftest import PASSWORD, Browser, Site

Give = Callable[..., Site]
PROFILE = {"first_name": "Maria", "last_name": "Klein", "language": "en", "zone": ""}


def signed_in(site: Give, **how: object) -> tuple[Site, Browser]:
    it = site(**how)
    browser = it.browser()
    browser.sign_in()
    browser.get("/you")
    return it, browser


def test_name_language_and_zone_are_ones_own(site: Give) -> None:
    it, browser = signed_in(site)
    form = {"first_name": "Mia", "last_name": "Groß", "language": "de", "zone": "Europe/Berlin", "role": "admin"}
    assert browser.post("/you", form).headers["Location"] == "/you?said=saved"
    page = browser.get("/you?said=saved").get_data(as_text=True)
    assert "Gespeichert." in page
    assert "Mia Groß" in page
    after = it.house.engine.people.get(it.maria.number, CLI)
    assert (after.name, after.zone, after.role) == ("Mia Groß", "Europe/Berlin", "member")


def test_what_cannot_be_taken_is_marked_and_kept_in_the_form(site: Give) -> None:
    it, browser = signed_in(site)
    answer = browser.post("/you", PROFILE | {"first_name": "x" * 101})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "x" * 101 in page
    assert 'aria-invalid="true" aria-describedby="first_name-says"' in page
    assert browser.post("/you", PROFILE | {"zone": "Mars/Base"}).status_code == 422
    assert it.house.engine.people.get(it.maria.number, CLI).name == "Maria Klein"


def test_a_new_password_needs_the_present_one_and_ends_the_other_sessions(site: Give) -> None:
    it, browser = signed_in(site)
    other = it.browser()
    other.sign_in()
    wrong = browser.post("/you/password", {"password": "wrong", "fresh": "another sentence"})
    assert (wrong.status_code, "This is not your present password." in browser.page) == (422, True)
    short = browser.post("/you/password", {"password": PASSWORD, "fresh": "short"})
    assert (short.status_code, "At least 10 and at most 256 characters." in browser.page) == (422, True)
    before = browser.cookie("__Host-lintel")
    done = browser.post("/you/password", {"password": PASSWORD, "fresh": "another sentence"})
    assert done.headers["Location"] == "/you?said=password"
    assert browser.cookie("__Host-lintel") not in ("", before)
    assert browser.get("/you").status_code == 200
    assert other.get("/you").status_code == 303
    assert it.browser().sign_in(password="another sentence").status_code == 303


def test_other_sessions_are_listed_and_can_be_ended(site: Give) -> None:
    it, browser = signed_in(site)
    phone = it.browser()
    agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Version/17.0 Safari/604.1"
    phone.get("/sign-in")
    form = {"login": "maria@example.org", "password": PASSWORD, "next": ""}
    phone.post("/sign-in", form, headers={"User-Agent": agent})
    page = browser.get("/you").get_data(as_text=True)
    assert "Safari, iPhone" in page
    (id_,) = re.findall(r'name="session" value="([0-9a-f]{64})"', page)
    assert browser.post("/you/sessions/end", {"session": id_}).headers["Location"] == "/you?said=ended"
    assert phone.get("/you").status_code == 303
    assert browser.post("/you/sessions/end", {"session": id_}).headers["Location"] == "/you"


def test_nobody_ends_the_session_of_another(site: Give) -> None:
    it, browser = signed_in(site)
    ada = it.browser()
    ada.sign_in("ada@example.org")
    theirs = it.house.engine.sign_in.sessions(it.ada.number, CLI)[0].id
    browser.post("/you/sessions/end", {"session": theirs})
    assert ada.get("/you").status_code == 200


def test_keys_are_listed_and_never_their_secret(site: Give) -> None:
    it, browser = signed_in(site)
    assert "None. An administrator makes them." in browser.page
    secret = it.house.engine.api_keys.create(it.maria.number, "roomloop", CLI, name="laptop").secret
    page = browser.get("/you").get_data(as_text=True)
    assert "laptop" in page
    assert secret[:12] in page
    assert secret not in page


def test_the_feeds_secret_is_shown_once(site: Give) -> None:
    it, browser = signed_in(site)
    page = browser.post("/you/feed", {"action": "rotate"}).get_data(as_text=True)
    (secret,) = re.findall(r'<code class="secret">(\w+)</code>', page)
    assert it.house.engine.credentials.by_feed_secret(secret).number == it.maria.number
    assert secret not in browser.get("/you").get_data(as_text=True)
    assert browser.post("/you/feed", {"action": "disable"}).headers["Location"] == "/you?said=feed_ended"


def test_nobody_registers_unless_the_house_allows_it(site: Give) -> None:
    browser = site().browser()
    assert browser.get("/register").status_code == 404
    browser.get("/sign-in")
    assert "/register" not in browser.page
    assert browser.post("/register", {"email": "new@example.org", "password": PASSWORD}).status_code == 404


def test_who_registers_is_in_or_waits_as_the_house_says(site: Give) -> None:
    for registration, account in (("open", Account.ACTIVE), ("awaiting", Account.AWAITING)):
        it = site(registration=registration)
        object.__setattr__(it.house.engine.people, "registration", registration)
        browser = it.browser()
        browser.get("/register?lang=fr")
        form = {"first_name": "Nina", "last_name": "N", "email": f"{registration}@example.org", "password": PASSWORD}
        answer = browser.post("/register", form)
        made = it.house.engine.people.find(f"{registration}@example.org", CLI)
        assert (made.account, made.language, made.role) == (account, "fr", "member")
        assert (browser.get("/you").status_code == 200) == (account is Account.ACTIVE)
        assert answer.status_code == (303 if account is Account.ACTIVE else 200)


def test_registering_says_what_is_wrong(site: Give) -> None:
    it = site(registration="open")
    object.__setattr__(it.house.engine.people, "registration", "open")
    browser = it.browser()
    browser.get("/register")
    good = {"first_name": "N", "last_name": "N", "email": "new@example.org", "password": PASSWORD}
    assert browser.post("/register", good | {"email": "nonsense"}).status_code == 422
    assert browser.post("/register", good | {"password": "short"}).status_code == 422
    taken = browser.post("/register", good | {"email": "maria@example.org"})
    assert (taken.status_code, "There is an account with this e-mail." in browser.page) == (409, True)
