"""What bounds the answers that are kept as bytes: bodies, a clock that is set back, odd seconds, and memory."""

from typing import Any

import pytest
from flask import Flask
from werkzeug.test import Client

from server.core.access import CLI
from server.dialects.kit import hot
from server.dialects.kit.hot import Hot
from server.dialects.kit.rates import Buckets
from server.dialects.roomvox.app import app as roomvox
from tests import make
from tests.make import House, at


class Panel:
    """Asks a house's RoomVox door through the layer, with a key that reads."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.app: Flask = roomvox(house.engine)
        self.layer = Hot(house.engine, self.app, Buckets(0, 1))
        _, self.key = house.engine.tokens.create("panel", "read", CLI)
        self.get("/rooms/oak")  # the first use of a key is written down, which lets nothing be kept

    def get(self, path: str, **more: Any) -> Any:
        return Client(self.layer).get(path, headers={"Authorization": f"Bearer {self.key}"}, **more).json

    def computed(self, path: str) -> Any:
        return Client(self.app).get(path, headers={"Authorization": f"Bearer {self.key}"}).json


@pytest.fixture
def panel(fresh_sqlite: str) -> Any:
    with make.opened(fresh_sqlite) as store:
        yield Panel(make.house(store))


def test_an_answer_to_a_body_is_not_told_to_who_sent_none(panel: Panel) -> None:
    panel.house.book("10:00", "18:00")
    day = "/rooms/oak/availability"
    assert panel.get(day, json={"date": "2026-07-01"})["date"] == "2026-07-01"
    assert panel.get(day)["date"] == "2026-06-15"
    assert panel.get(day, json={"date": "2026-07-01"})["date"] == "2026-07-01"


def test_an_answer_of_the_future_is_not_told_once_the_clock_is_right(panel: Panel) -> None:
    panel.house.book("10:00", "11:00")
    panel.house.clock.set("12:00")
    assert [panel.get("/rooms/oak/status")["status"] for _ in range(3)] == ["available"] * 3
    panel.house.clock.set("10:30")
    assert panel.get("/rooms/oak/status")["status"] == "reserved"


def test_the_minutes_that_remain_are_counted_at_the_second_the_booking_ends(panel: Panel) -> None:
    panel.house.book(at("10:00:20"), at("10:30:20"))
    for now in ("10:05:10", "10:05:19", "10:05:20", "10:05:21", "10:05:40", "10:06:00", "10:06:20"):
        panel.house.clock.set(now)
        right = panel.computed("/rooms/oak/status")
        assert [panel.get("/rooms/oak/status") for _ in range(2)] == [right] * 2, now


def test_long_questions_count_as_much_as_long_answers(panel: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hot, "MOST_BYTES", 100_000)
    for number in range(20):
        panel.get(f"/rooms/oak?{number}{'x' * 20_000}")
    assert 0 < sum(len(part) for key in panel.layer._kept for part in key) <= 100_000
