"""Asking twice, with an old version, without the right: series are held to what single bookings are."""

import pytest

from server.core.access import CLI, Actor
from server.core.errors import Barred, Refused, Stale, Unknown
from server.core.model import Edit
from tests.engine.series_seen import WEEKS, live, occurrence, refusal, starts
from tests.make import House, at, codes

# the same again


def test_a_series_asked_for_twice_under_one_key_is_booked_once(house: House) -> None:
    house.book(at("14:30", 7), at("15:30", 7), by=house.bob)
    first = house.recur("14:00", "15:00", skip=True, key="k")
    again = house.recur("14:00", "15:00", skip=True, key="k")
    assert again == first
    assert len(house.engine.bookings.between("oak", CLI, None)) == 4


def test_the_answer_is_the_same_word_for_word_whatever_happened_since(house: House) -> None:
    first = house.recur("14:00", "15:00", key="k")
    uid = first.series.uid

    def later() -> object:
        return house.engine.series.change(
            uid, Edit(starts=at("16:00", 7)), house.alice, following=True, at=at("14:00", 7), key="c"
        )

    changed = later()
    house.engine.series.cancel(uid, house.alice, following=False)
    assert house.recur("14:00", "15:00", key="k") == first
    assert later() == changed
    assert starts(house, uid) == []


def test_a_refusal_is_not_kept_but_asked_anew(house: House) -> None:
    theirs = house.book(at("14:30", 7), at("15:30", 7), by=house.bob)
    with pytest.raises(Refused):
        house.recur("14:00", "15:00", key="k")
    house.engine.bookings.cancel(theirs.uid, house.bob)
    assert house.recur("14:00", "15:00", key="k").made == 4


def test_a_preview_keeps_nothing_under_its_key(house: House) -> None:
    house.recur("14:00", "15:00", key="k", preview=True)
    assert house.recur("14:00", "15:00", key="k").written


def test_a_key_is_of_one_request_only(house: House) -> None:
    uid = house.recur("14:00", "15:00", key="k").series.uid
    for other in (
        lambda: house.recur("16:00", "17:00", key="k"),
        lambda: house.recur("14:00", "15:00", "FREQ=DAILY;COUNT=4", key="k"),
        lambda: house.recur("14:00", "15:00", skip=True, key="k"),
        lambda: house.book("14:00", "15:00", key="k"),
        lambda: house.engine.series.change(uid, Edit(title="x"), house.alice, following=False, key="k"),
        lambda: house.engine.series.cancel(uid, house.alice, following=False, key="k"),
        lambda: house.engine.bookings.cancel(occurrence(house, uid, at("14:00")).uid, house.alice, key="k"),
    ):
        assert refusal(other) == [("key_reused", "")]
    assert house.recur("14:00", "15:00", key="k", by=house.bob, room="elm").made == 4  # Bob's keys are his own


def test_edits_and_cancellations_are_done_once_too(house: House) -> None:
    uid = house.recur("14:00", "15:00").series.uid

    def split() -> object:
        return house.engine.series.change(
            uid, Edit(title="Late"), house.alice, following=True, at=at("14:00", 14), key="s"
        )

    def gone() -> object:
        return house.engine.series.cancel(uid, house.alice, following=True, at=at("14:00", 7), key="g")

    assert split() == split()
    assert gone() == gone()
    with house.store.reading() as tx:
        assert tx.rows("SELECT count(*) FROM series") == [(2,)]
    assert starts(house, uid) == WEEKS[:1]


def test_a_whole_series_is_not_put_back_at_a_tap(house: House) -> None:
    uid = house.recur("14:00", "15:00", key="b").series.uid
    house.engine.series.change(uid, Edit(title="x"), house.alice, following=False, key="c")
    house.engine.series.cancel(uid, house.alice, following=True, at=at("14:00", 7), key="d")
    for key in ("b", "c", "d"):
        with pytest.raises(Refused) as told:
            house.engine.presence.undo(key, house.alice)
        assert codes(told.value) == ["too_late_to_undo"]
    assert starts(house, uid) == WEEKS[:1]


def test_an_act_on_one_occurrence_is_put_back_as_any_other(house: House) -> None:
    uid = house.recur("14:00", "15:00").series.uid
    second = occurrence(house, uid, at("14:00", 7))
    house.engine.bookings.change(second.uid, Edit(starts=at("16:00", 7), ends=at("17:00", 7)), house.alice, key="m")
    back = house.engine.presence.undo("m", house.alice)
    assert (back.period, back.original_start, back.series_uid) == (second.period, at("14:00", 7), uid)


def test_nor_is_it_where_the_series_was_edited_since(house: House) -> None:
    uid = house.recur("14:00", "15:00").series.uid
    second = occurrence(house, uid, at("14:00", 7))
    house.engine.presence.extend(second.uid, house.alice, minutes=15, key="e")
    house.engine.series.change(uid, Edit(title="Ours"), house.bob, following=True, at=at("14:00", 7))
    assert refusal(lambda: house.engine.presence.undo("e", house.alice)) == [("too_late_to_undo", "")]


# versions


def test_an_edit_with_an_old_version_is_stale_and_does_nothing(house: House) -> None:
    uid = house.recur("14:00", "15:00").series.uid
    second = occurrence(house, uid, at("14:00", 7))
    house.engine.series.change(uid, Edit(title="First"), house.alice, following=False, at=at("14:00", 7), version=1)
    for following in (True, False):
        with pytest.raises(Stale) as told:
            house.engine.series.change(
                uid, Edit(title="Second"), house.bob, following=following, at=at("14:00", 7), version=second.version
            )
        assert told.value.current == 2
        with pytest.raises(Stale):
            house.engine.series.cancel(uid, house.bob, following=following, at=at("14:00", 7), version=1)
    assert {row.title for row in live(house, uid)} == {"First"}
    house.engine.series.cancel(uid, house.bob, following=True, at=at("14:00", 7), version=2)
    assert starts(house, uid) == WEEKS[:1]


def test_a_version_is_of_the_date_that_was_seen(house: House) -> None:
    uid = house.recur("14:00", "15:00").series.uid
    third = occurrence(house, uid, at("14:00", 14))
    renamed = house.engine.bookings.change(third.uid, Edit(title="Own"), house.alice)
    with pytest.raises(Stale):
        house.engine.series.change(uid, Edit(title="x"), house.bob, following=True, at=at("14:00", 14), version=1)
    house.engine.series.change(uid, Edit(title="x"), house.bob, following=True, at=at("14:00", 7), version=1)
    assert renamed.version == 2


# rights


def test_who_opens_one_of_two_rooms_cannot_touch_what_is_in_both(house: House) -> None:
    made = house.recur("14:00", "15:00", rooms=("oak", "elm"))
    uid, first = made.series.uid, made.first.uid
    with pytest.raises(Barred) as told:
        house.recur("16:00", "17:00", rooms=("elm", "oak"), by=house.charlie)
    assert told.value.why == "room"
    admin = Actor("token:9", "admin", frozenset({house.elm.number}))
    series = house.engine.series
    for who in (house.charlie, admin):
        for act in (
            lambda who: series.find(uid, who),
            lambda who: series.whole(first, who),
            lambda who: series.occurrence(uid, None, who),
            lambda who: series.change(uid, Edit(title="x"), who, following=False),
            lambda who: series.change(uid, Edit(title="x"), who, following=True, room="elm"),
            lambda who: series.cancel(first, who, following=True),
            lambda who: series.restore(uid, at("14:00"), who),
        ):
            with pytest.raises(Barred) as told:
                act(who)
            assert told.value.why == "room"
    with pytest.raises(Barred):
        series.answer(uid, admin, accept=True)
    assert starts(house, uid) == WEEKS
    assert house.recur("16:00", "17:00", room="elm", by=house.charlie).made == 4


def test_a_series_is_asked_for_in_a_room_it_is_in(house: House) -> None:
    uid = house.recur("14:00", "15:00", room="elm").series.uid
    assert house.engine.series.find(uid, house.charlie, room="elm").uid == uid
    for room in ("oak", "ash"):
        with pytest.raises(Unknown):
            house.engine.series.change(uid, Edit(title="x"), house.alice, following=False, room=room)
        with pytest.raises(Unknown):
            house.engine.series.cancel(uid, house.alice, following=False, room=room)


def test_who_only_reads_changes_nothing(house: House) -> None:
    uid = house.recur("14:00", "15:00").series.uid
    assert house.engine.series.find(uid, house.rita).uid == uid
    for act in (
        lambda: house.recur("16:00", "17:00", by=house.rita),
        lambda: house.engine.series.change(uid, Edit(title="x"), house.rita, following=False),
        lambda: house.engine.series.cancel(uid, house.rita, following=False),
        lambda: house.engine.series.restore(uid, at("14:00"), house.rita),
        lambda: house.engine.series.answer(uid, house.alice, accept=True),
    ):
        with pytest.raises(Barred) as told:
            act()
        assert told.value.why == "scope"
