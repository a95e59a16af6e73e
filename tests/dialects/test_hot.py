"""Answers kept as bytes are never older than computed ones: the same house is asked with the layer and without it.

Between two questions anything may happen: bookings, policies, keys that end, time that passes, another process that
writes. After each, what the layer says must be what the apps themselves say, but for the present time.
"""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import Client

from server.core.access import CLI
from server.core.errors import Later, LintelError
from server.dialects import MOUNTS
from server.dialects.device.app import app as device
from server.dialects.kit.hot import Hot
from server.dialects.kit.rates import Buckets
from server.dialects.mounts import Mounts
from server.dialects.roomvox.app import app as roomvox
from tests import make
from tests.make import House, at

PATHS = (
    "/device/v1/snapshot?room=oak",
    "/device/v1/feed?room=oak&after=0&incarnation={life}",
    "/roomvox/api/v1/rooms/oak/status",
    "/roomvox/api/v1/rooms/oak/availability",
    "/roomvox/api/v1/rooms/oak/bookings",
    "/roomvox/api/v1/rooms/oak",
    "/roomvox/api/v1/rooms",
    "/roomvox-wire/api/v1/rooms/oak/status",
)
TIME = re.compile(rb'"time":"[^"]+"')


class Both:
    """One house, asked through the layer and past it."""

    def __init__(self, house: House, url: str) -> None:
        self.house, self.url = house, url
        apps: dict[str, Any] = {
            "device": device(house.engine), "roomvox": roomvox(house.engine, public_url="", words="documented"),
            "roomvox-wire": roomvox(house.engine, public_url="", words="wire"),
        }  # fmt: skip
        plain = Mounts(MOUNTS, apps)
        self.plain, self.hot = Client(plain), Client(Hot(house.engine, plain, Buckets(0, 1)))
        create = house.engine.tokens.create
        self.keys = {
            "all": create("all", "read", CLI)[1],
            "elm": create("elm", "read", CLI, rooms=("elm",))[1],
            "brief": create("brief", "read", CLI, expires=at("11:00"))[1],
            "panel": house.panel()[1],
        }
        self.life = house.engine.devices.snapshot("oak", CLI).incarnation

    def compare(self) -> None:
        """Asks everything twice through the layer: what it computes and what it kept must both be right."""
        for path in PATHS:
            for key in self.keys.values():
                headers = {"Authorization": f"Bearer {key}"}
                where = path.format(life=self.life)
                right = self.plain.get(where, headers=headers)
                for _ in range(2):
                    told = self.hot.get(where, headers=headers)
                    assert told.status_code == right.status_code, where
                    assert TIME.sub(b"", told.data) == TIME.sub(b"", right.data), where
                    assert told.headers.get("ETag") == right.headers.get("ETag")
                    assert told.headers["Content-Length"] == str(len(told.data))


@pytest.fixture
def both(database_url: str) -> Iterator[Both]:
    with make.opened(database_url) as store:
        yield Both(make.house(store), database_url)


def elsewhere(both: Both) -> None:
    """Another process books."""
    with make.opened(both.url) as store:
        start = both.house.clock.now() + timedelta(minutes=8)
        make.engine_of(store, both.house.clock).bookings.book(make.ask(start, start + timedelta(minutes=4)), CLI)


def end_of(both: Both) -> None:
    running = both.house.engine.rooms.now("oak", CLI).status.current
    if running is not None:
        both.house.engine.presence.end(running.uid, CLI)


def swap_keys(both: Both) -> None:
    token = both.house.engine.tokens.all(CLI)[0]
    both.house.engine.tokens.revoke(token.id, CLI)


def book(start: int, end: int, **more: Any) -> Callable[[Both], object]:
    """Books from so many minutes from now to so many."""

    def step(both: Both) -> object:
        now = both.house.clock.now()
        return both.house.book(now + timedelta(minutes=start), now + timedelta(minutes=end), **more)

    return step


def close(both: Both) -> None:
    now = both.house.clock.now()
    both.house.engine.rooms.close("oak", CLI, now + timedelta(minutes=50), now + timedelta(minutes=60), "x")


def next_day(both: Both) -> None:
    now = both.house.clock.now()
    both.house.clock.set(at("00:00", (now - at("00:00")).days + 1))


STEPS: dict[str, Callable[[Both], object]] = {
    "book now": book(0, 7),
    "book later": book(20, 40),
    "book next door": book(0, 7, room="elm"),
    "book elsewhere": elsewhere,
    "end": end_of,
    "policy": lambda b: b.house.policy(check_in=not b.house.engine.rooms.get("oak", CLI).policy.check_in),
    "off": lambda b: b.house.engine.rooms.change("oak", CLI, active=False),
    "on": lambda b: b.house.engine.rooms.change("oak", CLI, active=True),
    "rename": lambda b: b.house.engine.rooms.change("elm", CLI, name="Elm 2"),
    "new room": lambda b: b.house.engine.rooms.add(make.room(f"r{b.house.engine.news() % 10**6}"), CLI),
    "close": close,
    "revoke a key": swap_keys,
    "a second": lambda b: b.house.clock.forward(seconds=1),
    "a minute": lambda b: b.house.clock.forward(seconds=60),
    "an hour": lambda b: b.house.clock.forward(hours=1),
    "a day": next_day,
}


def test_each_thing_that_happens_is_seen_at_once(both: Both) -> None:
    both.compare()
    for name, step in STEPS.items():
        try:
            step(both)
        except LintelError as refused:
            raise AssertionError(name) from refused
        both.compare()


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(list(STEPS)), max_size=8))
def test_so_is_any_story(fresh_sqlite: str, steps: list[str]) -> None:
    url = fresh_sqlite.replace("lintel.db", f"{abs(hash(tuple(steps)))}.db")
    with make.opened(url) as store:
        if store.pending():
            both = Both(make.house(store), url)
            both.compare()
            for name in steps:
                try:
                    STEPS[name](both)
                except LintelError:
                    continue
                both.compare()


def test_a_kept_answer_is_really_kept(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    both.compare()
    monkeypatch.setattr(type(both.house.engine.devices), "snapshot", lambda *_: 1 / 0)
    answer = both.hot.get(PATHS[0], headers={"Authorization": f"Bearer {both.keys['all']}"})
    assert answer.status_code == 200


def test_who_has_seen_it_is_told_so_through_the_layer_too(both: Both) -> None:
    headers = {"Authorization": f"Bearer {both.keys['panel']}"}
    tag = both.hot.get(PATHS[0], headers=headers).headers["ETag"]
    for _ in range(2):
        both.house.clock.forward(seconds=3)
        answer = both.hot.get(PATHS[0], headers=headers | {"If-None-Match": tag})
        assert (answer.status_code, answer.data) == (304, b"")
    both.house.book("10:30", "11:00")
    for _ in range(2):
        assert both.hot.get(PATHS[0], headers=headers | {"If-None-Match": tag}).status_code == 200


def test_where_the_database_is_away_nothing_is_told_from_memory(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    both.compare()

    def away(*_: object) -> None:
        raise Later(2)

    monkeypatch.setattr(type(both.house.store), "generation", away)
    monkeypatch.setattr(type(both.house.store), "reading", away)
    for path in PATHS:
        answer = both.hot.get(path.format(life=both.life), headers={"Authorization": f"Bearer {both.keys['all']}"})
        assert answer.status_code == 503
