"""What goes into the database comes out the same, column by column, and a cursor loses nothing on the way."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.core.clock import epoch
from server.core.model import Booking, Device, Standing, Token
from server.core.period import Period
from server.core.policy import Opening, Policy
from server.store import bookings, keys, ops, rooms
from server.store.database import Store, Tx
from server.store.fields import numbers, policy_text, policy_value
from tests import make

MINUTE = timedelta(minutes=1)
FULL = Policy(
    opening=(Opening(frozenset({0, 4}), 480, 1440), Opening(frozenset({6}), 0, 60)), min_minutes=15, max_minutes=120,
    notice_minutes=30, horizon_days=90, gap_minutes=10, check_in=True, check_in_minutes=7, early_minutes=5,
    walk_in=False, walk_in_minutes=(20, 40), extend_minutes=45, door_host="hidden", door_title=True,
)  # fmt: skip


def furnished(tx: Tx) -> tuple[int, int]:
    return rooms.insert(tx, make.room("oak")), rooms.insert(tx, make.room("elm"))


def test_every_column_of_a_room_comes_back(store: Store) -> None:
    it = make.room(
        "oak", FULL, email="oak@example.org", capacity=8, room_number="1.08", room_type="meeting-room",
        facilities=("display", "whiteboard"), description="by\nthe lift", contact="Ada", site="Main", building="West",
        floor="1", street="Am Markt 1", postal_code="10115", city="Berlin", active=False, auto_accept=False, version=3,
    )  # fmt: skip
    number = store.writing(lambda tx: rooms.insert(tx, it))
    with store.reading() as tx:
        assert rooms.by_slug(tx, "oak") == rooms.by_number(tx, number) == replace(it, number=number)
    changed = replace(it, number=number, name="Größer", policy=Policy(), active=True)
    store.writing(lambda tx: rooms.update(tx, changed))
    with store.reading() as tx:
        assert rooms.by_slug(tx, "oak") == changed


def test_rooms_come_in_the_order_of_their_making_and_by_what_is_asked(store: Store) -> None:
    for slug, more in {
        "zoo": {"capacity": 4, "room_type": "studio"}, "ash": {"capacity": 8, "active": False}, "elm": {"capacity": 12},
    }.items():  # fmt: skip
        store.writing(lambda tx, slug=slug, more=more: rooms.insert(tx, make.room(slug, **more)))
    with store.reading() as tx:
        assert [room.id for room in rooms.every(tx)] == ["zoo", "ash", "elm"]
        assert [room.id for room in rooms.every(tx, active=True)] == ["zoo", "elm"]
        assert [room.id for room in rooms.every(tx, active=False)] == ["ash"]
        assert [room.id for room in rooms.every(tx, room_type="studio")] == ["zoo"]
        assert [room.id for room in rooms.every(tx, capacity_min=8)] == ["ash", "elm"]


def test_every_column_of_a_booking_comes_back(store: Store) -> None:
    oak, elm = store.writing(furnished)
    it = make.booking(
        rooms=(oak, elm), series=7, original_start=make.at("08:00"), planned_end=make.at("13:00"), title="Ω 会議 🪑",
        ended_at=make.at("12:00"), checked_in_at=make.at("11:02"), version=4, description="a\nb",
        standing=Standing.PENDING,
    )  # fmt: skip
    made = replace(it, id=store.writing(lambda tx: bookings.insert(tx, it)))
    with store.reading() as tx:
        assert bookings.by_uid(tx, "b1") == made
        assert bookings.holding(tx, oak, made.period) == bookings.holding(tx, elm, made.period) == [made]


def test_a_booking_and_its_holds_move_together_and_rest_together(store: Store) -> None:
    oak, elm = store.writing(furnished)
    it = store.writing(lambda tx: bookings.insert(tx, make.booking(rooms=(oak, elm))))
    moved = make.booking("14:00", "15:00", rooms=(oak, elm), id=it)
    store.writing(lambda tx: bookings.update(tx, moved))
    with store.reading() as tx:
        assert tx.rows("SELECT DISTINCT held_from, held_to, active FROM hold") == [
            (epoch(moved.starts), epoch(moved.ends), 1)
        ]
    store.writing(lambda tx: bookings.update(tx, replace(moved, standing=Standing.DECLINED)))
    with store.reading() as tx:
        assert tx.rows("SELECT DISTINCT active FROM hold") == [(0,)]
        assert bookings.holding(tx, oak, moved.period) == []


def test_an_answer_kept_under_a_key_comes_back_word_for_word(store: Store) -> None:
    before = make.booking(title="Ω", planned_end=make.at("13:00"))
    after = replace(before, version=2, ends=make.at("12:30"))
    op = ops.Op("digest", make.NOW, "extended", before, after)
    store.writing(lambda tx: ops.keep(tx, "token:1", "key", op))
    with store.reading() as tx:
        assert ops.find(tx, "token:1", "key") == op
        assert ops.find(tx, "token:2", "key") is None
        assert ops.find(tx, "token:1", "other") is None


def test_ids_that_no_row_can_have_are_not_found(store: Store) -> None:
    with store.reading() as tx:
        for odd in ("a\0b", "\ud800", "\udfff", "", "x" * 100_000, "'; DROP TABLE room; --", "%s", "?"):
            assert rooms.by_slug(tx, odd) is None
            assert bookings.by_uid(tx, odd) is None
            assert ops.find(tx, "token:1", odd) is None
            assert keys.token_by_id(tx, odd) is None


def test_tokens_and_devices_come_back_with_their_rooms(store: Store) -> None:
    def make_both(tx: Tx) -> tuple[Token, Device]:
        oak, elm = furnished(tx)
        token = Token(0, "tok_1", "T", "book", "rvx_1234", frozenset({oak, elm}), make.NOW, expires_at=make.at("18:00"))
        device = Device(0, "D", "rk_dev_12345678", frozenset({elm}), make.NOW, rooms_in_order=(elm,))
        return (
            replace(token, number=keys.insert_token(tx, token, "digest-t")),
            replace(device, number=keys.insert_device(tx, device, "digest-d")),
        )

    token, device = store.writing(make_both)
    with store.reading() as tx:
        assert keys.token_by_digest(tx, "digest-t") == keys.token_by_id(tx, "tok_1") == token
        assert keys.tokens(tx) == [token]
        assert keys.device_by_digest(tx, "digest-d") == keys.device_by_number(tx, device.number) == device
        assert keys.devices(tx) == [device]
        assert keys.token_by_digest(tx, "digest-d") is keys.device_by_digest(tx, "digest-t") is None


def test_last_use_is_never_set_back(store: Store) -> None:
    token = Token(0, "tok_1", "T", "read", "rvx_1234", frozenset(), make.NOW)
    number = store.writing(lambda tx: keys.insert_token(tx, token, "d"))
    for wall in ("11:00", "10:30"):
        store.writing(lambda tx, wall=wall: keys.touch_tokens(tx, [(number, make.at(wall))]))
    with store.reading() as tx:
        assert [it.last_used_at for it in keys.tokens(tx)] == [make.at("11:00")]


def test_a_policy_survives_the_way_to_the_database_and_back() -> None:
    assert policy_value(policy_text(FULL)) == FULL
    assert policy_text(Policy()) == "{}"


def test_a_setting_of_a_later_version_is_ignored() -> None:
    assert policy_value('{"gap_minutes": 5, "sponsor": "yes"}') == Policy(gap_minutes=5)


def test_a_policy_that_is_none_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="Expecting"):
        policy_value("{")


def test_room_numbers_are_read_from_their_list() -> None:
    assert numbers("3") == (3,)
    assert numbers("3,17") == (3, 17)


entries = st.lists(
    st.tuples(st.integers(0, 80), st.integers(1, 9), st.sampled_from(list(Standing))), min_size=1, max_size=14
)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(entries, st.integers(0, 80), st.integers(1, 40), st.sets(st.sampled_from(list(Standing))), st.integers(1, 4))
def test_questions_over_time_agree_with_looking_at_everything(
    store: Store, wishes: list[tuple[int, int, Standing]], low: int, length: int, standings: set[Standing], page: int
) -> None:
    zero = make.NOW

    def span(start: int, minutes: int) -> Period:
        return Period(zero + start * MINUTE, zero + (start + minutes) * MINUTE)

    make.emptied(store)
    oak, _ = store.writing(furnished)
    there: list[Booking] = []
    for number, (start, minutes, standing) in enumerate(wishes):
        period = span(start, minutes)
        if standing.holding and any(b.standing.holding and b.period.overlaps(period) for b in there):
            continue
        it = make.booking(uid=f"u{number}", rooms=(oak,), standing=standing)
        it = replace(it, starts=period.start, ends=period.end)
        there.append(replace(it, id=store.writing(lambda tx, it=it: bookings.insert(tx, it))))
    there.sort(key=lambda b: (b.starts, b.id))
    window = span(low, length)
    with store.reading() as tx:
        inside = [b for b in there if b.standing.holding and b.period.overlaps(window)]
        assert bookings.holding(tx, oak, window) == inside
        wide = Period(window.start - 5 * MINUTE, window.end + 5 * MINUTE)
        for gap, over in ((timedelta(), window), (5 * MINUTE, wide)):
            found = bookings.around(tx, oak, window, gap)
            assert {(h.uid, h.at_risk) for h in found} == {
                (b.uid, not b.standing.holding)
                for b in there
                if (b.standing.holding or b.standing is Standing.AT_RISK) and b.period.overlaps(over)
            }
            assert [h.starts for h in found] == sorted(h.starts for h in found)
        wanted = [b for b in there if b.standing in standings]
        assert bookings.between(tx, oak, None, standings=standings) == wanted
        assert bookings.between(tx, oak, window, standings=standings) == [
            b for b in wanted if b.period.overlaps(window)
        ]
        paged: list[Booking] = []
        while part := bookings.between(
            tx,
            oak,
            None,
            standings=standings,
            limit=page,
            after=(epoch(paged[-1].starts), paged[-1].id) if paged else None,
        ):
            assert len(part) <= page
            paged += part
        assert paged == wanted
