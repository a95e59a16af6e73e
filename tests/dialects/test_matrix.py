"""Everybody at every door: each role and each kind of key against each route (threats T11, API1).

A route that is not in the table below fails the test, so nobody can add one and forget who may use it. What is asked is
always about Oak, a booking of the one who may book there, or the house as a whole.
"""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask

from server.core.access import CLI
from server.dialects.device.app import DIALECT as DEVICE
from server.dialects.device.app import app as device_app
from server.dialects.indico.app import DIALECT as INDICO
from server.dialects.indico.app import app as indico_app
from server.dialects.kit.app import Dialect
from server.dialects.librebooking.app import DIALECTS as LIBREBOOKING
from server.dialects.librebooking.app import app as librebooking_app
from server.dialects.librebooking.feeds import DIALECT as FEEDS
from server.dialects.librebooking.feeds import app as feeds_app
from server.dialects.roomloop.app import DIALECT as ROOMLOOP
from server.dialects.roomloop.app import app as roomloop_app
from server.dialects.roomloop.desk import Desk as RoomLoopDesk
from server.dialects.roomloop.limits import Limits
from server.dialects.roomvox.app import DIALECT as ROOMVOX
from server.dialects.roomvox.app import app as roomvox_app
from server.engine.rooms import LETTERS
from tests.dialects.indico import matrix as indico
from tests.dialects.librebooking import matrix as librebooking
from tests.dialects.roomloop import matrix as roomloop
from tests.make import House, house, opened
from tests.people import cast

SEERS = {"see", "ask", "book", "manage", "admin", "staff", "read key", "book key", "admin key", "oak key"}
BOOKERS = SEERS - {"see", "read key"}
OWNERS = {"book", "manage", "admin", "staff", "book key", "admin key", "oak key"}
KEEPERS = {"manage", "admin", "staff", "admin key"}
RUNNERS = {"admin", "staff", "admin key"}
SIGNED_IN = SEERS | {"nobody", "elm key"}
EVERYBODY = SIGNED_IN | {"left", "stranger", "none", "panel", "elm panel"}

ROOMVOX_TABLE: dict[str, set[str]] = {
    "GET /rooms": SIGNED_IN,
    "GET /free": SIGNED_IN,
    "GET /rooms/<room>": SEERS,
    "GET /rooms/<room>/status": SEERS,
    "GET /rooms/<room>/availability": SEERS,
    "GET /rooms/<room>/bookings": SEERS,
    "POST /rooms/<room>/bookings": BOOKERS,
    "GET /rooms/<room>/bookings/<uid>": SEERS,
    "PATCH /rooms/<room>/bookings/<uid>": OWNERS,
    "DELETE /rooms/<room>/bookings/<uid>": OWNERS,
    "POST /rooms/<room>/bookings/<uid>/restore": OWNERS,
    "POST /rooms/<room>/bookings/<uid>/checkin": OWNERS,
    "POST /rooms/<room>/bookings/<uid>/here": OWNERS,
    "POST /rooms/<room>/bookings/<uid>/nobody-here": BOOKERS,
    "POST /rooms/<room>/bookings/<uid>/checkout": OWNERS,
    "POST /rooms/<room>/bookings/<uid>/extend": OWNERS,
    "POST /rooms/<room>/bookings/<uid>/end": OWNERS,
    "POST /rooms/<room>/bookings/<uid>/approve": KEEPERS,
    "POST /rooms/<room>/bookings/<uid>/decline": KEEPERS,
    "GET /rooms/<room>/calendar.ics": SEERS,
    "GET /rooms/<room>/feed/<secret>/calendar.ics": EVERYBODY,
    "GET /people/feed/<secret>/calendar.ics": EVERYBODY,
    "POST /rooms/import": RUNNERS,
    "POST /bookings/import": RUNNERS,
    "GET /statistics": RUNNERS | {"manage"},
    "GET /webhooks": KEEPERS,
    "POST /webhooks": KEEPERS,
    "GET /webhooks/<hook>": KEEPERS,
    "PATCH /webhooks/<hook>": KEEPERS,
    "DELETE /webhooks/<hook>": KEEPERS,
    "POST /webhooks/<hook>/rotate": KEEPERS,
    "POST /webhooks/<hook>/test": KEEPERS,
    "POST /webhooks/<hook>/replay": KEEPERS,
    "GET /webhooks/<hook>/deliveries": KEEPERS,
    "POST /webhooks/<hook>/deliveries/<message>/replay": KEEPERS,
    "GET /recovered": RUNNERS | {"manage"},
    "POST /recovered/<number>/seen": KEEPERS,
    "GET /tickets": RUNNERS | {"manage"},
    "POST /tickets": SEERS - {"read key"},
    "GET /tickets/<number>": SEERS,
    "POST /tickets/<number>/close": KEEPERS,
    "GET /rooms/<room>/tickets": SEERS,
    "POST /rooms/<room>/tickets": SEERS - {"read key"},
    "GET /conflicts": KEEPERS,
    "GET /conflicts/<number>": KEEPERS,
    "POST /conflicts/<number>/resolve": KEEPERS,
    "GET /devices": RUNNERS,
    "GET /devices/waiting": RUNNERS,
    "POST /devices/approve": RUNNERS,
    "POST /devices/refuse": RUNNERS,
    "GET /devices/<device>": RUNNERS,
    "PATCH /devices/<device>": RUNNERS,
    "DELETE /devices/<device>": RUNNERS,
    "POST /devices/<device>/release": RUNNERS,
    "POST /devices/<device>/force-release": RUNNERS,
    "GET /devices/<device>/orders": RUNNERS,
    "POST /devices/<device>/orders": RUNNERS,
    "GET /devices/<device>/orders/<order>": RUNNERS,
    "GET /devices/<device>/picture": RUNNERS,
    "GET /devices/<device>/settings": RUNNERS,
    "PUT /devices/<device>/settings": RUNNERS,
}
DEVICE_TABLE: dict[str, set[str]] = {
    "GET /snapshot": SEERS | {"panel"},
    "GET /feed": SEERS | {"panel"},
    "POST /heartbeat": SEERS | {"panel"},
    "POST /act": BOOKERS | {"panel"},
    "POST /attest": BOOKERS | {"panel"},
    "POST /grants": SIGNED_IN | {"panel", "elm panel"},
    "POST /orders/<number>": {"panel", "elm panel"},
    "POST /journal": {"panel", "elm panel"},
    "POST /journal/torn": {"panel", "elm panel"},
    "POST /pairing": EVERYBODY,
    "GET /pairing/<digest>": EVERYBODY,
    "GET /me": SIGNED_IN | {"panel", "elm panel"},
}


QUERIES = {
    "/snapshot": "?room=oak",
    "/feed": "?room=oak&after=0&incarnation=x",
    "/rooms/<room>/bookings/<uid>/restore": "?recurrenceId=2026-06-15T14:00:00%2B02:00",
}
UNDO = {"room": "oak", "op": "never-done", "act": "undo", "expires": "2026-06-15T08:00:30Z", "of": "nothing"}
BODIES: dict[str, dict[str, Any]] = {
    "/heartbeat": {"room": "oak"},
    "/journal": {"epoch": "an-epoch", "first": 1, "ops": []},
    "/journal/torn": {"epoch": "an-epoch", "body": "dG9ybg=="},
    "/conflicts/<number>/resolve": {"resolution": "both"},
    "/act": UNDO,
    "/attest": {"room": "oak", "incarnation": "former", "bookings": []},
    "/orders/<number>": {"outcome": "done"},
    "/devices/approve": {"code": "ZZZZ-ZZZZ", "rooms": ["oak"]},
    "/devices/refuse": {"code": "ZZZZ-ZZZZ"},
    "/devices/<device>": {"name": "Other"},
    "/devices/<device>/orders": {"what": "identify"},
    "/pairing": {"digest": "0" * 64, "prefix": "rk_dev_00000000"},
    "/webhooks": {"url": "https://127.0.0.1/", "events": ["*"], "rooms": ["oak"]},
    "/tickets": {"room": "oak", "kind": "light"},
    "/rooms/<room>/tickets": {"kind": "light"},
    "/rooms/<room>/bookings/<uid>": {"title": "Other"},
    "/rooms/<room>/bookings/<uid>/extend": {"minutes": 5},
}


Asking = Callable[[str, str], tuple[str, dict[str, Any]]]


@dataclass(frozen=True)
class Table:
    """A dialect, who may use each of its routes, and how it refuses.

    `ask` gives the address and what goes with it of a method and a path; `refused` are the statuses of who is not let
    in, `unknown` that of somebody nobody knows; `headers`: how a secret is sent, where it is no bearer's.
    """

    dialect: Dialect[Any]
    who: dict[str, set[str]]
    ask: Asking | None = None
    refused: frozenset[int] = frozenset({401, 403})
    unknown: frozenset[int] = frozenset({401})
    headers: Callable[[str], dict[str, str]] | None = None


@dataclass
class Doors:
    """The apps over one house, a secret of everybody, and what to ask about.

    `own`: the secrets that only one app knows, by app. `reservation`: the booking's name at RoomLoop.
    """

    house: House
    apps: dict[str, Flask]
    keys: dict[str, str | None]
    uid: str
    ticket: int
    own: dict[str, dict[str, str]]
    reservation: str

    def status(self, app: str, who: str, method: str, path: str) -> int:
        secret = self.own.get(app, {}).get(who, self.keys[who])
        # A version nobody has: whoever is let in changes nothing.
        signed = TABLES[app].headers or (lambda it: {"Authorization": f"Bearer {it}"})
        headers = {"If-Match": '"999"'} | (signed(secret) if secret else {})
        url, sent = (TABLES[app].ask or self.plainly)(method, path)
        url = url.replace("<reservation_id>", self.reservation)
        return self.apps[app].test_client().open(url, method=method, headers=headers, **sent).status_code

    def plainly(self, method: str, path: str) -> tuple[str, dict[str, Any]]:
        """How RoomVox and our panels are asked."""
        url = path.replace("<room>", "oak").replace("<uid>", self.uid).replace("<secret>", "rvxf_" + LETTERS[:40])
        url = url.replace("<number>", str(self.ticket)).replace("<digest>", "0" * 64)
        body: dict[str, Any] = {"json": BODIES.get(path, {})} if method != "GET" else {}
        return url + QUERIES.get(path, ""), body


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    """One house for all questions: none of them is whole enough to change anything."""
    with opened(f"sqlite:///{tmp_path_factory.mktemp('matrix') / 'lintel.db'}") as store:
        it = house(store)
        people = cast(it)
        keys: dict[str, str | None] = {name: someone.secret for name, someone in people.items()}
        keys |= {"none": None, "stranger": "rvx_" + LETTERS[:40]}
        for scope in ("read", "book", "admin"):
            keys[f"{scope} key"] = it.engine.tokens.create(scope, scope, CLI)[1]
        for room in ("oak", "elm"):
            keys[f"{room} key"] = it.engine.tokens.create(room, "book", CLI, rooms=(room,))[1]
        keys |= {"panel": it.panel("oak")[1], "elm panel": it.panel("elm")[1]}
        booked = it.recur("14:00", "15:00", by=people["book"].actor, organizer="", organizer_email="").first
        apps = {
            "roomvox": roomvox_app(it.engine), "device": device_app(it.engine), "indico": indico_app(it.engine),
            "roomloop": roomloop_app(RoomLoopDesk(it.engine, limits=Limits(0, 1))),
            "librebooking": librebooking_app(it.engine), "librebooking-feeds": feeds_app(it.engine),
        }  # fmt: skip
        ticket = it.engine.tickets.report("oak", "dirty", CLI).number
        reference = it.engine.naming.reference(booked)
        own = {"roomloop": roomloop.keys(it, people), "librebooking": librebooking.keys(it, people, reference)}
        yield Doors(it, apps, keys, booked.uid, ticket, own, it.engine.naming.res(booked))


TABLES = {
    "roomvox": Table(ROOMVOX, ROOMVOX_TABLE),
    "device": Table(DEVICE, DEVICE_TABLE),
    "indico": Table(INDICO, indico.TABLE, indico.ask, frozenset({400, 401, 403}), frozenset({400, 403})),
    "roomloop": Table(ROOMLOOP, roomloop.TABLE, roomloop.ask),
    "librebooking": Table(
        LIBREBOOKING["documented"], librebooking.TABLE, librebooking.ask, frozenset({401, 404}),
        headers=librebooking.headers,
    ),
    "librebooking-feeds": Table(
        FEEDS, {"GET /ical-subscribe.php": EVERYBODY, "GET /atom-subscribe.php": EVERYBODY}
    ),
}  # fmt: skip
CELLS = [(name, route, who) for name, it in TABLES.items() for route, who in itertools.product(it.who, EVERYBODY)]


@pytest.mark.parametrize("name", TABLES)
def test_every_route_says_here_who_may_use_it(name: str) -> None:
    it = TABLES[name]
    assert {f"{route.method} {route.path}" for route in it.dialect.all} == set(it.who)


def test_every_role_meets_every_route_and_nobody_gets_further_than_the_table_says(doors: Doors) -> None:
    wrong = []
    for name, route, who in CELLS:
        status = doors.status(name, who, *route.split(" ", 1))
        let_in = status not in TABLES[name].refused
        if let_in != (who in TABLES[name].who[route]) or status >= 500:
            wrong.append(f"{who} at {route}: {status}")
    assert wrong == [], "\n".join(wrong)
    assert len(CELLS) >= 17 * sum(len(it.who) for it in TABLES.values())


def test_who_is_not_known_is_told_so_before_anything_else(doors: Doors) -> None:
    for name, route, who in CELLS:
        if who in ("none", "stranger", "left") and who not in TABLES[name].who[route]:
            assert doors.status(name, who, *route.split(" ", 1)) in TABLES[name].unknown, (route, who)
