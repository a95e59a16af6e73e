"""What a panel is told beside a booking: its release, whether somebody asks for its room, whose stay it goes on."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from server.core.nobody_here import Asking
from server.core.presence import due_by
from server.core.release import Course
from server.store import askings, releases
from tests.dialects.device.glass import Glass
from tests.make import at

RELEASE = {
    "warn_at": "2026-06-15T09:08:00Z", "at": "2026-06-15T09:10:00Z", "released_at": None,
    "until": "2026-06-15T09:15:00Z",
}  # fmt: skip


def told(it: Glass, number: int = 0) -> Any:
    return it.snapshot()["bookings"][number]


def test_the_times_of_a_release_are_told_ahead_where_it_is_on(it: Glass) -> None:
    it.house.policy(check_in=True, release="on")
    it.house.book("11:00", "12:00")
    assert told(it)["release"] == RELEASE
    assert it.snapshot()["policy"]["release"] == "on"
    for mode in ("observe", "off"):
        it.house.policy(check_in=True, release=mode)
        assert told(it)["release"] is None


def test_no_release_is_told_of_who_is_there_or_where_too_little_would_be_won(it: Glass) -> None:
    it.house.policy(check_in=True, release="on")
    made = it.house.book("11:00", "12:00")
    it.house.book("12:00", "12:15")
    it.house.clock.set("11:00")
    it.house.engine.presence.check_in(made.uid, it.house.alice)
    assert [each["release"] for each in it.snapshot()["bookings"]] == [None, None]


def test_what_was_warned_and_released_comes_over_the_feed_with_the_same_version(it: Glass) -> None:
    it.house.policy(check_in=True, release="on")
    made = it.house.book("11:00", "12:00")
    it.house.clock.set("11:11")
    course = Course(
        made.id, None, made.starts, due_by(made, it.house.oak), "released", at("11:10"), at("11:08"), at("11:10")
    )
    it.house.store.writing(lambda tx: releases.put(tx, [course]))
    assert told(it)["release"] == RELEASE | {"released_at": "2026-06-15T09:10:00Z"}
    late = replace(course, warned_at=at("11:09"), released_at=at("11:11"))
    it.house.store.writing(lambda tx: releases.put(tx, [late]))
    assert told(it)["release"] == {
        "warn_at": "2026-06-15T09:09:00Z", "at": "2026-06-15T09:11:00Z", "released_at": "2026-06-15T09:11:00Z",
        "until": "2026-06-15T09:16:00Z",
    }  # fmt: skip
    assert told(it)["version"] == made.version


def test_somebody_asks_and_it_is_told_until_it_is_answered_and_that_it_was(it: Glass) -> None:
    it.house.policy(check_in=True)
    made = it.house.book("10:00", "12:00")
    assert it.snapshot()["policy"]["nobody_here"] is True
    asking = Asking(made.id, it.house.oak.number, at("10:00"), at("10:05"), "device:1", "panel", 30)
    it.house.store.writing(lambda tx: askings.insert(tx, asking))
    assert told(it)["ask"] == {"until": "2026-06-15T08:05:00Z", "open": True}
    it.house.store.writing(lambda tx: askings.end(tx, made.id, "kept", at("10:02")))
    assert told(it)["ask"] == {"until": "2026-06-15T08:05:00Z", "open": False}


def test_a_meeting_of_the_same_people_right_after_goes_on_with_their_stay(it: Glass) -> None:
    it.house.policy(check_in=True)
    first = it.house.book("11:00", "12:00")
    it.house.book("12:05", "13:00")
    it.house.book("13:06", "14:00")
    assert [each["follows"] for each in it.snapshot()["bookings"]] == [None, first.uid, None]
    it.house.clock.set("11:00")
    it.house.engine.presence.check_in(first.uid, it.house.alice)
    it.house.clock.set("11:58")
    it.house.engine.presence.end(first.uid, it.house.alice)
    ended, after, _ = it.snapshot()["bookings"]
    assert (ended["ended"], after["follows"]) == (True, None)


def test_nothing_is_told_of_what_is_over(it: Glass) -> None:
    it.house.policy(check_in=True, release="on")
    made = it.house.book("11:00", "12:00")
    it.house.clock.set(made.ends + timedelta(minutes=1))
    assert told(it)["release"] is None
