"""Panels: their keys, the plan they are given, the news they follow, and that they are heard."""

import zlib
from datetime import date, timedelta

import pytest

from server.core.access import CLI, Actor
from server.core.clock import epoch
from server.core.errors import Barred, Full, Invalid, Later, Unknown, Unnamed
from server.core.model import Edit
from server.core.policy import Opening
from server.engine.devices import MOST_CHANGES, Resync
from server.engine.hearing import Beat
from server.store import fleet, keys
from server.store.database import Note
from tests import make
from tests.make import NOW, House, at, span

# keys


def test_a_panels_key_opens_its_rooms_and_books(house: House) -> None:
    device, _, actor = house.panel("oak", "elm")
    assert (actor.name, actor.scope, actor.source) == (f"device:{device.number}", "book", "panel")
    assert actor.rooms == {house.oak.number, house.elm.number}
    assert (device.name, device.made_at, device.revoked_at) == ("Panel", NOW, None)


def test_it_can_be_told_from_other_text_and_a_typo_is_seen(house: House) -> None:
    _, secret, actor = house.panel()
    body, _, crc = secret.rpartition("_")
    assert secret.startswith("rk_dev_")
    assert int(crc, 16) == zlib.crc32(body.encode())
    assert len(body.rpartition("_")[2]) == 43
    assert actor.label == secret[:15]
    for tried in (
        secret[:-1],
        secret[:20] + ("y" if secret[20] == "x" else "x") + secret[21:],
        "rk_dev_",
        secret.upper(),
        "rk_dev_\0\ud800",
    ):
        with pytest.raises(Unnamed):
            house.engine.devices.actor(tried)


def test_a_revoked_panel_is_nobody_at_once(house: House) -> None:
    device, secret, _ = house.panel()
    assert house.engine.devices.revoke(device.number, CLI).revoked_at == NOW
    with pytest.raises(Unnamed):
        house.engine.devices.actor(secret)
    assert house.engine.devices.revoke(device.number, CLI).revoked_at == NOW
    assert [d.revoked_at for d in house.engine.devices.all(CLI)] == [NOW]
    with pytest.raises(Unknown):
        house.engine.devices.revoke(999, CLI)


@pytest.mark.parametrize(("name", "rooms"), [("", ("oak",)), (" ", ("oak",)), ("a\nb", ("oak",)), ("Panel", ())])
def test_a_panel_has_a_name_and_a_room(house: House, name: str, rooms: tuple[str, ...]) -> None:
    with pytest.raises(Invalid):
        house.engine.devices.add(name, CLI, rooms=rooms)


def test_panels_are_an_administrators(house: House) -> None:
    bound = Actor("token:9", "admin", frozenset({house.elm.number}))
    for who in (house.alice, bound):
        for act in (
            lambda who=who: house.engine.devices.add("x", who, rooms=("oak",)),
            lambda who=who: house.engine.devices.all(who),
            lambda who=who: house.engine.devices.revoke(1, who),
        ):
            with pytest.raises(Barred):
                act()
    assert house.engine.devices.add("x", bound, rooms=("elm",))[0].rooms == bound.rooms


def test_a_panel_may_carry_an_api_key_instead(house: House) -> None:
    _, secret = house.engine.tokens.create("x", "book", CLI, rooms=("oak",))
    actor = house.engine.devices.actor(secret)
    assert (actor.source, actor.scope) == ("panel", "book")


def test_the_room_need_not_be_named_where_there_is_one(house: House) -> None:
    _, _, one = house.panel()
    _, _, two = house.panel("oak", "elm")
    room_of = house.engine.devices.room_of
    assert (room_of(None, one), room_of("", one), room_of("elm", two)) == ("oak", "oak", "elm")
    for actor in (two, house.alice, Actor("token:9", "read", frozenset())):
        with pytest.raises(Invalid) as told:
            room_of("", actor)
        assert list(told.value.fields) == ["room"]


# the plan


def test_the_plan_begins_at_the_rooms_midnight_and_holds_a_fortnight(house: House) -> None:
    _, _, panel = house.panel()
    inside = [house.book("11:00", "12:00"), house.book(at("23:00", 14), at("23:30", 14))]
    house.book(at("00:00", 15), at("01:00", 15))
    house.book("11:00", "12:00", room="elm")
    plan = house.engine.devices.snapshot("oak", panel)
    assert (plan.window.start, plan.window.end) == (at("00:00"), at("00:00", 15))
    assert plan.bookings == tuple(inside)
    assert (plan.room, plan.at, plan.offsets[0], plan.open) == (house.oak, NOW, (at("00:00"), 7200), None)
    assert plan.incarnation


def test_what_began_before_midnight_is_in_it(house: House) -> None:
    made = house.book(at("23:00"), at("01:00", 1))
    house.clock.set(at("00:30", 1))
    _, _, panel = house.panel()
    assert house.engine.devices.snapshot("oak", panel).bookings == (made,)


def test_the_plan_tells_when_the_clocks_change(house: House) -> None:
    house.clock.set(at("10:00", date(2026, 10, 20)))
    _, _, panel = house.panel()
    offsets = house.engine.devices.snapshot("oak", panel).offsets
    assert [seconds for _, seconds in offsets] == [7200, 3600, 7200], "and when they change back, months ahead"
    assert offsets[1][0] == at("02:00", date(2026, 10, 25)) + timedelta(hours=1)
    assert offsets[2][0] == at("03:00", date(2027, 3, 28))


def test_the_plan_has_the_opening_hours_as_instants_cut_to_its_window(house: House) -> None:
    house.policy(opening=(Opening(frozenset({0}), 480, 1080), Opening(frozenset({6}), 0, 1440)))
    _, _, panel = house.panel()
    plan = house.engine.devices.snapshot("oak", panel)
    assert plan.open == (
        span("08:00", "18:00"), span("00:00", "24:00", 6), span("08:00", "18:00", 7), span("00:00", "24:00", 13),
        span("08:00", "18:00", 14),
    )  # fmt: skip


def test_the_plan_has_the_closures(house: House) -> None:
    shut = house.engine.rooms.close("oak", CLI, at("12:00"), at("13:00"), "Cleaning")
    house.engine.rooms.close("oak", CLI, at("12:00", 20), at("13:00", 20), "Later")
    _, _, panel = house.panel()
    assert house.engine.devices.snapshot("oak", panel).closures == (shut,)


def test_other_rooms_are_closed_to_a_panel(house: House) -> None:
    _, _, panel = house.panel()
    devices = house.engine.devices
    for ask in (
        lambda: devices.snapshot("elm", panel),
        lambda: devices.feed("elm", panel, 0, ""),
        lambda: devices.head("elm", panel),
    ):
        with pytest.raises(Barred) as told:
            ask()
        assert told.value.why == "room"


# the news


def test_after_the_plan_the_news_brings_what_changed_and_nothing_else(house: House) -> None:
    _, _, panel = house.panel()
    devices = house.engine.devices
    stays, goes = house.book("11:00", "12:00"), house.book("13:00", "14:00")
    plan = devices.snapshot("oak", panel)
    nothing = devices.feed("oak", panel, plan.seq, plan.incarnation)
    assert (nothing.seq, nothing.bookings, nothing.reload) == (plan.seq, (), False)
    house.book("11:00", "12:00", room="elm")
    assert devices.feed("oak", panel, plan.seq, plan.incarnation).seq == plan.seq
    house.engine.bookings.cancel(goes.uid, house.alice)
    moved = house.engine.bookings.change(stays.uid, Edit(ends=at("12:30")), house.alice)
    made = house.book("15:00", "16:00")
    news = devices.feed("oak", panel, plan.seq, plan.incarnation)
    assert [(b.uid, b.standing.holding) for b in news.bookings] == [
        (stays.uid, True), (goes.uid, False), (made.uid, True),
    ]  # fmt: skip
    assert news.bookings[0] == moved
    assert news.seq > plan.seq
    assert devices.feed("oak", panel, news.seq, news.incarnation).bookings == ()


def test_a_booking_changed_ten_times_comes_once_as_it_is_now(house: House) -> None:
    _, _, panel = house.panel()
    made = house.book("11:00", "12:00")
    plan = house.engine.devices.snapshot("oak", panel)
    for minute in range(10):
        house.engine.bookings.change(made.uid, Edit(ends=at(f"12:{minute + 10}")), house.alice)
    (only,) = house.engine.devices.feed("oak", panel, plan.seq, plan.incarnation).bookings
    assert only.ends == at("12:19")


def test_what_concerns_the_room_itself_asks_for_a_new_plan(house: House) -> None:
    _, _, panel = house.panel()
    devices, rooms = house.engine.devices, house.engine.rooms
    shut = []
    for change in (
        lambda: house.policy(check_in=True),
        lambda: rooms.change("oak", CLI, active=False),
        lambda: shut.append(rooms.close("oak", CLI, at("12:00", 1), at("13:00", 1), "x")),
        lambda: rooms.reopen(shut[0].id, CLI),
    ):
        plan = devices.snapshot("oak", panel)
        change()
        assert devices.feed("oak", panel, plan.seq, plan.incarnation).reload
    plan = devices.snapshot("oak", panel)
    house.policy("elm", check_in=True)
    assert not devices.feed("oak", panel, plan.seq, plan.incarnation).reload


def test_a_cursor_of_another_feed_means_nothing(house: House) -> None:
    _, _, panel = house.panel()
    house.book("11:00", "12:00")
    plan = house.engine.devices.snapshot("oak", panel)
    for after, known in ((plan.seq, "other"), (plan.seq, ""), (plan.seq + 1, plan.incarnation), (-1, plan.incarnation)):
        with pytest.raises(Resync):
            house.engine.devices.feed("oak", panel, after, known)


def test_who_was_away_too_long_takes_a_new_plan(house: House) -> None:
    _, _, panel = house.panel()
    made = house.book("11:00", "12:00")
    plan = house.engine.devices.snapshot("oak", panel)

    def many(count: int) -> None:
        note = Note(NOW, "changed", house.oak.number, made.id, "cli")
        house.store.writing(lambda tx: [tx.note(note) for _ in range(count)])

    many(MOST_CHANGES)
    assert not house.engine.devices.feed("oak", panel, plan.seq, plan.incarnation).reload
    many(1)
    news = house.engine.devices.feed("oak", panel, plan.seq, plan.incarnation)
    assert (news.reload, news.bookings) == (True, ())


def test_the_head_is_the_rooms_own(house: House) -> None:
    _, _, panel = house.panel()
    before = house.engine.devices.head("oak", panel)
    house.book("11:00", "12:00", room="elm")
    assert house.engine.devices.head("oak", panel) == before
    house.book("11:00", "12:00")
    assert house.engine.devices.head("oak", panel) > before


# being heard


def heard(house: House) -> list[tuple[object, ...]]:
    with house.store.reading() as tx:
        return tx.rows("SELECT seen_at, heartbeat FROM device")


def test_a_panel_is_heard_and_it_is_written_at_most_once_a_minute(house: House) -> None:
    _, _, panel = house.panel()
    beat = house.engine.fleet.heartbeat
    pulse = beat(["oak"], panel, Beat('{"n": 0}'))
    plan = house.engine.devices.snapshot("oak", panel)
    assert (pulse.incarnation, pulse.rooms) == (plan.incarnation, {"oak": plan.seq})
    for number in range(1, 60):
        house.clock.forward(seconds=1)
        beat(["oak"], panel, Beat(f'{{"n": {number}}}'))
    assert heard(house) == [(epoch(NOW), '{"n": 0}')]
    house.clock.forward(seconds=1)
    beat(["oak"], panel, Beat('{"n": 60}'))
    assert heard(house) == [(epoch(NOW) + 60, '{"n": 60}')]


def test_a_heartbeat_tells_of_news(house: House) -> None:
    _, _, panel = house.panel()
    before = house.engine.fleet.heartbeat(["oak"], panel, Beat("{}")).rooms["oak"]
    house.book("11:00", "12:00")
    assert house.engine.fleet.heartbeat(["oak"], panel, Beat("{}")).rooms["oak"] > before


@pytest.mark.parametrize("why", [Full(), Later(1)])
def test_where_it_cannot_be_written_the_panel_lives_on(
    house: House, why: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, panel = house.panel()

    def refuse(*_: object, **__: object) -> None:
        raise why

    monkeypatch.setattr(house.store, "writing", refuse)
    assert house.engine.fleet.heartbeat(["oak"], panel, Beat("{}")).incarnation


def test_an_api_key_may_beat_too(house: House) -> None:
    assert house.engine.fleet.heartbeat(["oak"], house.rita, Beat("{}")).incarnation


def test_an_old_house_has_one_incarnation(house: House) -> None:
    before = house.engine.fleet.heartbeat(["oak"], house.rita, Beat("{}")).incarnation
    make.prepare(house.store, house.clock)
    assert house.engine.fleet.heartbeat(["oak"], house.rita, Beat("{}")).incarnation == before


# evidence


def evidence(house: House) -> tuple[object, ...]:
    """(painted_since, settled_at, touch) as written, the instants as seconds from NOW."""
    with house.store.reading() as tx:
        since, settled, touch = tx.rows("SELECT painted_since, settled_at, touch FROM device")[0]
    return (*(None if it is None else it - epoch(NOW) for it in (since, settled)), touch)


def paints(ago: int = 2, length: int = 3600, touch: str = "good", heard: int | None = None) -> Beat:
    return Beat("{}", ago, length, touch, None if heard is None else NOW + timedelta(seconds=heard))


def test_since_when_a_page_paints_is_counted_back_from_when_it_is_heard(house: House) -> None:
    _, _, panel = house.panel()
    house.engine.fleet.heartbeat(["oak"], panel, paints(ago=2, length=3600, heard=-3))
    assert evidence(house) == (-3602, -3, "good")


def test_a_page_that_stands_still_for_over_half_a_minute_has_painted_nothing_and_that_is_written_at_once(
    house: House,
) -> None:
    _, _, panel = house.panel()
    beat = house.engine.fleet.heartbeat
    beat(["oak"], panel, paints())
    house.clock.forward(seconds=2)
    beat(["oak"], panel, paints(ago=30))
    assert evidence(house)[0] is not None
    beat(["oak"], panel, paints(ago=31))
    assert evidence(house)[0] is None
    house.clock.forward(seconds=2)
    beat(["oak"], panel, paints(ago=0, length=0))
    assert evidence(house)[0] == 4


def test_a_slow_way_makes_no_new_beginning(house: House) -> None:
    _, _, panel = house.panel()
    beat = house.engine.fleet.heartbeat
    beat(["oak"], panel, paints(ago=0, length=100))
    house.clock.forward(seconds=64)
    beat(["oak"], panel, paints(ago=0, length=160))  # four seconds on its way
    assert evidence(house)[0] == -100
    beat(["oak"], panel, paints(ago=0, length=158))
    assert evidence(house)[0] == -94


def test_who_owes_nothing_is_settled_as_of_the_last_answer_it_had_and_never_ahead_of_us(house: House) -> None:
    _, _, panel = house.panel()
    beat = house.engine.fleet.heartbeat
    beat(["oak"], panel, paints(heard=3600))
    assert evidence(house)[1] == 0
    house.clock.forward(seconds=60)
    beat(["oak"], panel, paints(heard=58))
    assert evidence(house)[1] == 58
    house.clock.forward(seconds=60)
    beat(["oak"], panel, paints())  # something is owed
    assert evidence(house)[1] == 58


@pytest.mark.parametrize(
    ("waits", "written"), [("for somebody", {0, 20, 40}), ("for nobody", {0}), ("but gives nothing back", {0})]
)
def test_while_somebody_is_waited_for_it_is_written_every_twenty_seconds_that_a_panel_is_settled(
    house: House, waits: str, written: set[int]
) -> None:
    house.policy(check_in=True, release="off" if "nothing" in waits else "observe")
    house.book("10:00" if waits != "for nobody" else "10:30", "11:00")
    _, _, panel = house.panel()
    seen = set()
    for second in range(60):
        house.engine.fleet.heartbeat(["oak"], panel, paints(heard=second, length=3600 + second))
        seen.add(evidence(house)[1])
        house.clock.forward(seconds=1)
    assert seen == written


def test_suspect_touch_is_written_at_once(house: House) -> None:
    _, _, panel = house.panel()
    beat = house.engine.fleet.heartbeat
    for touch, kept in (("good", "good"), ("suspect", "suspect"), ("none", "none"), ("?", "")):
        beat(["oak"], panel, paints(touch=touch))
        assert evidence(house)[2] == kept


def test_an_older_word_of_a_panel_does_not_replace_a_newer_one_but_a_clock_that_was_put_back_does(house: House) -> None:
    number = house.panel()[0].number

    def hear(seconds: int, settled: int) -> None:
        it = keys.Heard(NOW + timedelta(seconds=seconds), "{}", None, NOW + timedelta(seconds=settled), "good")
        house.store.writing(lambda tx: fleet.hear(tx, number, it, {}))

    hear(10, 8)
    hear(5, 3)
    assert evidence(house)[1] == 8
    hear(-3600, -3602)
    assert evidence(house)[1] == -3602
