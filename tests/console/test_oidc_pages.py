"""Signing in by the provider: only the browser that asked is signed in, and only as who it is said to be."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
import requests

from server.core.access import CLI
from server.core.people import Account, Role
from server.engine.identities import Terms
from tests.console.conftest import BASE, Browser, Site
from tests.oidc.provider import Provider, User

Give = Callable[..., Site]


def back(browser: Browser, start: str = "/sign-in/oidc?next=/you") -> str:
    """Goes to the provider and comes back with its answer: the path to open."""
    to = browser.get(start).headers["Location"]
    landed = urlsplit(requests.get(to, allow_redirects=False, timeout=5).headers["Location"])
    assert f"{landed.scheme}://{landed.netloc}" == BASE
    return f"{landed.path}?{landed.query}"


def test_somebody_signs_in_by_the_provider(site: Give, provider: Provider) -> None:
    it = site(sso=True, local=False)
    browser = it.browser()
    page = browser.get("/sign-in").get_data(as_text=True)
    assert "Sign in with Acme" in page
    assert "<details>" in page, "passwords are put away"
    provider.user = User("new-1", "nina@example.org", True, "Nina Newman")
    answer = browser.get(back(browser))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/you")
    assert "Nina Newman" in browser.get("/you").get_data(as_text=True)
    assert it.house.engine.people.find("nina@example.org", CLI).role is Role.MEMBER
    assert browser.cookie("__Host-lintel-oidc") == ""


def test_a_local_account_is_linked_at_the_first_time(site: Give) -> None:
    it = site(sso=True)
    browser = it.browser()
    assert browser.get(back(browser)).status_code == 303
    assert "Maria Klein" in browser.get("/you").get_data(as_text=True)
    assert it.house.engine.people.find("maria@example.org", CLI).number == it.maria.number


@pytest.mark.parametrize("wrong", ["expired", "nonce", "unsigned"])  # all of them: test_oidc_client.py
def test_a_wrong_answer_signs_nobody_in(site: Give, provider: Provider, wrong: str) -> None:
    browser = site(sso=True).browser()
    path = back(browser)
    provider.wrong = wrong
    answer = browser.get(path)
    assert answer.status_code == 403
    assert "Acme did not confirm who you are" in answer.get_data(as_text=True)
    assert browser.cookie("__Host-lintel") == ""


def test_an_answer_in_another_browser_signs_nobody_in(site: Give) -> None:
    it = site(sso=True)
    mine, other = it.browser(), it.browser()
    path = back(mine)
    assert other.get(path).status_code == 403
    back(other)
    assert other.get(path).status_code == 403, "nor in one that has asked for something else"
    assert other.cookie("__Host-lintel") == ""


def test_an_answer_serves_once(site: Give) -> None:
    browser = site(sso=True).browser()
    path = back(browser)
    assert browser.get(path).status_code == 303
    assert browser.get(path).status_code == 403


def test_an_answer_must_come_within_ten_minutes(site: Give) -> None:
    it = site(sso=True)
    browser = it.browser()
    path = back(browser)
    it.house.clock.forward(minutes=11)
    assert "That took too long." in browser.get(path).get_data(as_text=True)


def test_nobody_is_sent_elsewhere_by_way_of_the_provider(site: Give) -> None:
    browser = site(sso=True).browser()
    assert browser.get(back(browser, "/sign-in/oidc?next=//evil.example")).headers["Location"] == "/you"
    assert browser.get(back(browser, "/sign-in/oidc?next=/r/oak")).headers["Location"] == "/r/oak"


@pytest.mark.parametrize(
    ("user", "said"),
    [
        (User("x", "", True, "X"), "told us no confirmed e-mail"),
        (User("x", "maria@example.org", False, "X"), "told us no confirmed e-mail"),
        (User("x", "not an address", True, "X"), "told us no confirmed e-mail"),
    ],
)
def test_without_a_verified_address_nobody_gets_an_account(
    site: Give, provider: Provider, user: User, said: str
) -> None:
    browser = site(sso=True).browser()
    provider.user = user
    answer = browser.get(back(browser))
    assert (answer.status_code, said in answer.get_data(as_text=True)) == (403, True)


def test_who_lost_the_required_group_is_out_at_once(site: Give, provider: Provider) -> None:
    it = site(sso=True, terms=Terms(required_group="employees"))
    browser = it.browser()
    provider.user.groups = ("employees",)
    browser.get(back(browser))
    assert browser.get("/you").status_code == 200
    provider.user.groups = ()
    again = it.browser()
    assert "may not use Lintel" in again.get(back(again)).get_data(as_text=True)
    assert browser.get("/you").status_code == 303
    assert it.house.engine.people.find("maria@example.org", CLI).account is Account.INACTIVE


def test_a_provider_that_is_away_is_named_and_comes_back(site: Give, provider: Provider) -> None:
    it = site(sso=True)
    provider.down = True
    answer = it.browser().get("/sign-in/oidc")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "10"
    assert "Acme does not answer." in answer.get_data(as_text=True)
    assert it.browser().sign_in().status_code == 303, "local passwords work all the while"


def test_a_no_at_the_provider_is_told(site: Give, provider: Provider) -> None:
    browser = site(sso=True).browser()
    provider.deny = True
    assert "You did not agree at Acme." in browser.get(back(browser)).get_data(as_text=True)


def test_without_a_provider_its_addresses_lead_nowhere(site: Give) -> None:
    browser = site().browser()
    for path in ("/sign-in/oidc", "/sign-in/oidc/callback?code=x&state=y"):
        assert browser.get(path).status_code == 404


def test_what_lies_in_the_browser_says_nothing_and_cannot_be_made_up(site: Give) -> None:
    browser = site(sso=True).browser()
    browser.get("/sign-in/oidc?next=/r/secret-room")
    kept = browser.cookie("__Host-lintel-oidc")
    assert "secret-room" not in kept
    changed = kept[:-8] + ("AAAAAAA=" if kept[-8:] != "AAAAAAA=" else "BBBBBBB=")
    browser.client.set_cookie("__Host-lintel-oidc", changed, domain="rooms.example.org", secure=True)
    assert browser.get("/sign-in/oidc/callback?code=x&state=y").status_code == 403
