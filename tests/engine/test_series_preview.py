"""A preview of an edit says what then happens, and writes nothing."""

from collections.abc import Callable

import pytest

from server.core.errors import Refused
from server.core.model import Edit
from server.engine.outcome import Outcome
from tests.engine.series_seen import change, occurrence, shown
from tests.make import House, at

SECOND, DAILY = at("14:00", 7), ("FREQ=DAILY;INTERVAL=5;COUNT=4",)
PLANS: dict[str, Callable[..., Outcome]] = {
    "all later": lambda h, uid, **m: change(h, uid, starts=at("16:00"), skip=True, **m),
    "all renamed": lambda h, uid, **m: change(h, uid, title="Retro", **m),
    "all by a new pattern": lambda h, uid, **m: change(h, uid, lines=DAILY, lose=True, skip=True, **m),
    "following later": lambda h, uid, **m: change(
        h, uid, following=True, at=SECOND, starts=at("16:00", 7), skip=True, **m
    ),
    "following renamed": lambda h, uid, **m: change(h, uid, following=True, at=SECOND, title="Retro", **m),
    "all cancelled": lambda h, uid, **m: h.engine.series.cancel(uid, h.alice, following=False, **m),
    "following cancelled": lambda h, uid, **m: h.engine.series.cancel(uid, h.alice, following=True, at=SECOND, **m),
}  # fmt: skip


def everything(house: House) -> list[list[tuple[object, ...]]]:
    with house.store.reading() as tx:
        return [
            tx.rows(f"SELECT * FROM {table} ORDER BY 1, 2")
            for table in ("series", "occurrence", "hold", "left_out", "change", "change_text", "op")
        ]


@pytest.mark.parametrize("plan", PLANS)
def test_a_preview_writes_nothing_and_says_what_then_happens(house: House, plan: str) -> None:
    house.book(at("14:00", 14), at("15:00", 14), by=house.bob)
    house.book(at("16:30", 21), at("17:00", 21), by=house.bob)
    uid = house.recur("14:00", "15:00", "FREQ=WEEKLY;COUNT=5", skip=True).series.uid
    second = occurrence(house, uid, SECOND)
    house.engine.bookings.change(second.uid, Edit(title="Special"), house.alice)
    before = everything(house)
    seen = PLANS[plan](house, uid, preview=True)
    assert everything(house) == before
    done = PLANS[plan](house, uid)
    assert not seen.written
    assert done.written
    assert said(seen) == said(done)
    assert everything(house) != before


def said(it: Outcome) -> tuple[object, ...]:
    """All of the outcome but what is drawn by lot or counted up."""
    left = [(each.at, each.codes) for each in it.left_out]
    first = (it.first.starts, it.first.ends, it.first.title, it.first.standing)
    pattern = (it.series.pattern, it.series.length, it.series.title, it.series.carried_to, it.series.open)
    return it.made, it.changed, it.cancelled, left, it.lost, first, pattern


def test_a_preview_is_refused_as_the_act_itself_would_be(house: House) -> None:
    uid = house.recur("14:00", "15:00").series.uid
    house.book(at("16:30", 7), at("17:00", 7), by=house.bob)
    with pytest.raises(Refused) as told:
        change(house, uid, starts=at("16:00"), preview=True)
    assert [shown(it.at) for it in told.value.conflicts if it.at] == ["06-22 16:00"]
