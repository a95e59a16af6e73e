"""The pages over a house with people: Maria, a member; Ada, who runs it. `visit` is a browser without a window."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from server.console.app import app
from server.console.desk import Desk
from server.console.oidc import Client
from server.console.oidc import Provider as Ours
from server.core.access import CLI
from server.core.clock import epoch
from server.core.people import Person, Role
from server.engine.identities import Terms
from tests import make
from tests.accounts import QUICK
from tests.oidc.provider import CLIENT, SECRET, Provider

BASE = "https://rooms.example.org"
PASSWORD = "a sentence of Maria's"


@dataclass
class Browser:
    """One browser: keeps cookies, sends forms from the page that it has opened."""

    client: FlaskClient
    base: str
    page: str = ""
    address: str = "192.0.2.7"

    def get(self, path: str, **more: Any) -> TestResponse:
        headers = {"Accept": "text/html", **more.pop("headers", {})}
        answer = self.client.get(path, base_url=self.base, headers=headers, environ_base=self._from(), **more)
        self.page = answer.get_data(as_text=True)
        return answer

    def post(self, path: str, form: dict[str, str], **more: Any) -> TestResponse:
        headers = {"Origin": self.base, "Accept": "text/html", **more.pop("headers", {})}
        data = {"token": self.token, **form}
        answer = self.client.post(
            path, data=data, base_url=self.base, headers=headers, environ_base=self._from(), **more
        )
        self.page = answer.get_data(as_text=True) or self.page
        return answer

    def sign_in(self, login: str = "maria@example.org", password: str = PASSWORD) -> TestResponse:
        self.get("/sign-in")
        return self.post("/sign-in", {"login": login, "password": password, "next": "/you"})

    @property
    def token(self) -> str:
        found = re.search(r'name="token" value="([0-9a-f]*)"', self.page)
        return found[1] if found else ""

    def cookie(self, name: str) -> str:
        found = self.client.get_cookie(name, domain=self.base.partition("://")[2].partition(":")[0])
        return found.value if found else ""

    def _from(self) -> dict[str, str]:
        return {"REMOTE_ADDR": self.address}


@dataclass
class Site:
    """The pages and what is behind them."""

    house: make.House
    desk: Desk
    app: Flask
    maria: Person
    ada: Person

    def browser(self, **more: Any) -> Browser:
        return Browser(self.app.test_client(), self.desk.base, **more)


@pytest.fixture(scope="session")
def one_provider() -> Iterator[Provider]:
    provider = Provider()
    yield provider
    provider.close()


@pytest.fixture
def provider(one_provider: Provider) -> Provider:
    one_provider.reset()
    return one_provider


@pytest.fixture
def site(fresh_sqlite: str, provider: Provider) -> Iterator[Callable[..., Site]]:
    """Opens the site: `site()` without a provider; `site(sso=True, local=False, terms=…, registration="open")`."""
    with make.opened(fresh_sqlite) as store:
        house = make.house(store)
        people, engine = house.engine.people, house.engine
        object.__setattr__(engine.credentials.passwords, "hasher", QUICK)
        maria = people.add(Person(0, "maria@example.org", "", "Maria", "Klein"), CLI, password=PASSWORD)
        ada = people.add(Person(0, "ada@example.org", "", "Ada", "Love", role=Role.ADMIN), CLI, password=PASSWORD)
        provider.now = lambda: epoch(house.clock.now())

        def give(*, sso: bool = False, base: str = BASE, terms: Terms = Terms(), **more: Any) -> Site:  # noqa: B008
            ours = Ours(Client(provider.url, CLIENT, SECRET), house.clock) if sso else None
            desk = Desk(engine, base, provider=ours, provider_name="Acme", terms=terms, **more)
            return Site(house, desk, app(desk), maria, ada)

        yield give
