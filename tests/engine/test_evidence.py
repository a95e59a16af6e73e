"""A room is given back only where it is known that people could have said they were there, and did not."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from server.core.access import CLI
from server.core.clock import epoch
from server.core.errors import Refused
from server.core.letters import kinds_named
from server.engine import engine_of, post
from server.engine.alive import Alive
from server.engine.backup import Backup
from server.engine.hearing import Beat
from tests import make
from tests.engine.watched import again, alive, asks, course, notes, panel, rounds, tell
from tests.make import House, at

SECOND = timedelta(seconds=1)


def test_a_silent_panel_speaks_against_nobody(house: House) -> None:
    asks(house)
    panel(house)
    made = house.book("11:00", "12:00")
    done = rounds(house, "12:00", heard=False)
    assert done == {"warned": 1, "unknown": 1}
    assert notes(house, made, "attendance_unknown") == [("attendance_unknown", "panel_silent")]


def test_once_the_panel_has_delivered_all_it_owes_the_room_is_given_back(house: House) -> None:
    asks(house)
    panel(house)
    house.book("11:00", "12:00")
    rounds(house, "11:20", heard=False)
    assert rounds(house, "11:30") == {"released": 1, "freed": 1}


def test_who_checked_in_while_the_network_was_gone_is_never_released(house: House) -> None:
    asks(house)
    glass = panel(house)
    made = house.book("11:00", "12:00")
    rounds(house, "11:20", heard=False)
    house.engine.presence.check_in(made.uid, glass, version=made.version, key="kept-while-offline")
    assert rounds(house, "12:00") == {}
    assert again(house, made).ends == at("12:00")


@pytest.mark.parametrize(("given", "done"), [("10:44", {"released": 1, "freed": 1}), ("10:46", {"unknown": 1})])
def test_a_panel_that_came_from_another_room_has_shown_nothing_before(
    house: House, given: str, done: dict[str, int]
) -> None:
    asks(house)
    panel(house, "elm")
    house.book("11:00", "12:00")
    house.clock.set(given)
    house.engine.devices.assign(house.engine.devices.all(CLI)[0].number, CLI, rooms=("elm", "oak"))
    assert done.items() <= rounds(house, "11:35").items()


@pytest.mark.parametrize(
    ("said", "why"),
    [({"touch": "suspect"}, "touch_suspect"), ({"painted_since": at("10:45") + SECOND}, "not_painted")],
)
def test_a_panel_that_was_frozen_or_deaf_speaks_against_nobody(
    sqlite_house: House, said: dict[str, object], why: str
) -> None:
    house = sqlite_house
    asks(house)
    glass = panel(house)
    tell(house, int(glass.name.partition(":")[2]), **said)  # type: ignore[arg-type]
    made = house.book("11:00", "12:00")
    assert rounds(house, "12:00") == {"warned": 1, "unknown": 1}
    assert notes(house, made, "attendance_unknown") == [("attendance_unknown", why)]


def test_nor_one_that_shows_an_old_plan(house: House) -> None:
    asks(house)
    glass = panel(house)
    made = house.book("11:00", "12:00")
    said = [f'{{"as_of": "2026-06-15T{it}:00Z"}}' for it in ("08:40", "09:11")]
    for when, told in zip(("11:12", "11:20"), said, strict=True):
        house.store.writing(
            lambda tx, told=told, when=when: tx.run(
                "UPDATE device SET heartbeat = ?, seen_at = ? WHERE id = ?",
                (told, epoch(at(when)), int(glass.name.partition(":")[2])),
            )
        )
        rounds(house, when)
    assert notes(house, made, "attendance_unknown", "released") == [("attendance_unknown", "not_painted")]
    house.store.writing(lambda tx: tx.run("UPDATE device SET seen_at = ?", (epoch(at("11:12")),)))
    assert rounds(house, "11:30") == {"released": 1, "freed": 1}


@pytest.mark.parametrize(
    ("oak", "elm", "freed"), [("09:11", "08:40", True), ("08:40", "09:11", False), (None, "09:11", False)]
)
def test_of_a_panel_of_two_rooms_the_age_of_this_rooms_plan_counts(
    sqlite_house: House, oak: str | None, elm: str, freed: bool
) -> None:
    house = sqlite_house
    asks(house)
    glass = panel(house)
    house.book("11:00", "12:00")
    ages = {house.oak.number: oak, house.elm.number: elm}
    rooms = [{"number": room, "as_of": f"2026-06-15T{it}:00Z"} for room, it in ages.items() if it is not None]
    told = (json.dumps({"rooms": rooms}), epoch(at("11:12")), int(glass.name.partition(":")[2]))
    house.store.writing(lambda tx: tx.run("UPDATE device SET heartbeat = ?, seen_at = ? WHERE id = ?", told))
    rounds(house, "11:12")
    assert ("freed" in rounds(house, "11:20")) == freed


def test_a_panel_that_shows_no_plan_at_all_speaks_against_nobody(house: House) -> None:
    asks(house)
    glass = panel(house)
    made = house.book("11:00", "12:00")
    told = ('{"rooms":[]}', epoch(at("11:12")), int(glass.name.partition(":")[2]))
    house.store.writing(lambda tx: tx.run("UPDATE device SET heartbeat = ?, seen_at = ? WHERE id = ?", told))
    assert rounds(house, "12:00") == {"warned": 1, "unknown": 1}
    assert notes(house, made, "attendance_unknown") == [("attendance_unknown", "not_painted")]


def test_one_of_two_panels_that_is_deaf_is_enough(sqlite_house: House) -> None:
    house = sqlite_house
    asks(house)
    panel(house)
    other = panel(house)
    tell(house, int(other.name.partition(":")[2]), touch="suspect")
    house.book("11:00", "12:00")
    assert rounds(house, "12:00") == {"warned": 1, "unknown": 1}


def test_but_not_where_it_was_revoked(sqlite_house: House) -> None:
    house = sqlite_house
    asks(house)
    panel(house)
    other, _, _ = house.panel("oak")
    house.engine.devices.revoke(other.number, CLI)
    house.book("11:00", "12:00")
    assert rounds(house, "12:00") == {"warned": 1, "released": 1, "freed": 1}


def test_a_panel_that_runs_with_a_token_is_waited_for_as_one_that_was_paired(house: House) -> None:
    asks(house)
    devices = house.engine.devices
    glass = devices.actor(house.engine.tokens.create("demo", "book", CLI)[1])
    house.clock.set("10:30")
    house.engine.fleet.heartbeat(["oak"], glass, Beat("{}", 0, 3_600, "good", at("10:30")))
    house.book("11:00", "12:00")
    alive(house, "10:00", "12:00")
    assert rounds(house, "11:20") == {"warned": 1, "unknown": 1}
    house.engine.fleet.heartbeat(["oak"], glass, Beat("{}", 0, 6_600, "good", at("11:20")))
    assert rounds(house, "11:25") == {"released": 1}
    house.engine.fleet.heartbeat(["oak"], glass, Beat("{}", 0, 6_900, "good", at("11:25")))
    assert rounds(house, "11:30") == {"freed": 1}


def test_but_not_where_its_token_only_shows_was_revoked_or_it_was_not_heard_for_two_weeks(house: House) -> None:
    asks(house)
    devices, tokens = house.engine.devices, house.engine.tokens
    shows, gone, old = (tokens.create("demo", scope, CLI) for scope in ("read", "book", "book"))
    house.clock.set("10:30")
    for it, day in ((shows, 0), (gone, 0), (old, -15)):
        house.clock.set(at("10:30", day))
        house.engine.fleet.heartbeat(["oak"], devices.actor(it[1]), Beat("{}"))
    tokens.revoke(gone[0].id, CLI)
    house.clock.set("10:30")
    house.book("11:00", "12:00")
    alive(house, "10:00", "12:00")
    assert rounds(house, "12:00") == {"warned": 1, "released": 1, "freed": 1}


def test_nor_where_it_was_revoked_while_people_could_check_in(house: House) -> None:
    asks(house)
    glass = panel(house)
    made = house.book("11:00", "12:00")
    alive(house, "10:00", "12:00")
    rounds(house, "11:05")
    house.engine.devices.revoke(int(glass.name.partition(":")[2]), CLI)
    assert rounds(house, "12:00", heard=False) == {"warned": 1, "unknown": 1}
    assert notes(house, made, "attendance_unknown") == [("attendance_unknown", "panel_silent")]
    house.clock.set("12:00")
    house.book("13:00", "14:00")
    alive(house, "12:00", "14:00")
    assert rounds(house, "13:30", heard=False) == {"warned": 1, "released": 1, "freed": 1}


def test_nor_where_it_was_given_to_another_room_while_people_could_check_in(house: House) -> None:
    asks(house)
    glass = panel(house)
    made = house.book("11:00", "12:00")
    alive(house, "10:00", "12:00")
    rounds(house, "11:05")
    house.engine.devices.assign(int(glass.name.partition(":")[2]), CLI, rooms=("elm",))
    assert rounds(house, "12:00") == {"warned": 1, "unknown": 1}
    assert notes(house, made, "attendance_unknown") == [("attendance_unknown", "not_painted")]
    house.clock.set("12:00")
    house.book("13:00", "14:00")
    alive(house, "12:00", "14:00")
    assert rounds(house, "13:30") == {"warned": 1, "released": 1, "freed": 1}


def test_without_a_panel_people_of_an_api_are_released_where_the_server_was_up(house: House) -> None:
    asks(house)
    house.book("11:00", "12:00")
    alive(house, "10:00", "10:50")
    alive(house, "10:51", "11:30")
    assert rounds(house, "12:00") == {"warned": 1, "released": 1, "freed": 1}


def test_but_not_where_it_was_away_in_the_window(house: House) -> None:
    asks(house)
    made = house.book("11:00", "12:00")
    alive(house, "10:00", "11:01")
    alive(house, at("11:02") + SECOND, "12:00")
    assert rounds(house, "12:00") == {"warned": 1, "unknown": 1}
    assert notes(house, made, "attendance_unknown") == [("attendance_unknown", "server_down")]


def test_nor_where_they_have_no_way_to_say_that_they_are_here(house: House) -> None:
    asks(house)
    made = house.book("11:00", "12:00", by=CLI)
    alive(house, "10:00", "12:00")
    assert rounds(house, "12:00") == {"warned": 1, "unknown": 1}
    assert notes(house, made, "attendance_unknown") == [("attendance_unknown", "no_way")]
    assert course(house, made) is not None


def test_who_tapped_in_the_five_minutes_after_while_the_network_was_gone_keeps_the_room(house: House) -> None:
    asks(house)
    glass = panel(house)
    made = house.book("11:00", "12:00")
    rounds(house, "11:10")
    assert rounds(house, "11:20", heard=False) == {"unknown": 1}
    house.engine.presence.check_in(made.uid, glass, version=made.version, key="tapped-at-11:13")
    assert notes(house, made, "release_undone") == [("release_undone", "")]
    assert rounds(house, "12:00") == {}
    assert again(house, made).ends == at("12:00")


def test_and_where_nobody_did_it_is_given_back_once_that_is_known(sqlite_house: House) -> None:
    house = sqlite_house
    asks(house)
    panel(house)
    made = house.book("11:00", "12:00")
    rounds(house, "11:10")
    rounds(house, "11:20", heard=False)
    assert rounds(house, "11:20") == {"freed": 1}
    assert again(house, made).ends == at("11:20")


def test_a_panel_that_does_not_show_a_booking_says_nothing_of_it(house: House) -> None:
    asks(house, lanes=2)
    panel(house)
    made = house.book("11:00", "12:00", by=CLI)
    alive(house, "10:00", "12:00")
    assert rounds(house, "12:00") == {"warned": 1, "unknown": 1}
    assert notes(house, made, "attendance_unknown") == [("attendance_unknown", "no_way")]


def test_a_link_counts_once_a_mail_server_has_taken_it(house: House) -> None:
    asks(house)
    post.arrange(house.store, kinds_named("usual"), "en")
    house.engine.outbox.begin()
    made = house.book("11:00", "12:00", by=CLI)
    alive(house, "10:00", "11:09")
    rounds(house, "11:09")
    house.engine.outbox.run()
    posted = house.engine.post
    (letter,) = [it for it in posted.claim("sender", 10) if it.letter.kind == "warned"]
    assert posted.open(letter, "sender") is not None
    posted.failed(letter, "sender", "451 later")
    alive(house, "11:09", "11:20")
    assert rounds(house, "11:20") == {"unknown": 1}
    assert notes(house, made, "attendance_unknown") == [("attendance_unknown", "no_way")]
    (letter,) = [it for it in posted.claim("sender", 10) if it.letter.kind == "warned"]
    assert posted.open(letter, "sender") is not None
    posted.sent(letter, "sender")
    alive(house, "11:20", "11:30")
    assert rounds(house, "11:30") == {"released": 1, "freed": 1}


def test_a_clock_that_jumps_a_day_ahead_sends_nobody_away_tomorrow(house: House) -> None:
    asks(house)
    panel(house)
    tomorrow = house.book(at("11:00", 1), at("12:00", 1))
    ticks = iter(range(0, 10_000, 10))
    beats = Alive(house.store, house.clock, monotonic=lambda: next(ticks))
    house.clock.set("11:05")
    beats.beat()
    house.clock.set(at("11:05", 1))
    beats.beat()
    assert rounds(house, at("12:00", 1)) == {"warned": 1, "unknown": 1}
    assert notes(house, tomorrow, "attendance_unknown") == [("attendance_unknown", "server_down")]
    later = house.book(at("13:00", 1), at("14:00", 1))
    assert rounds(house, at("13:15", 1)) == {"warned": 1, "released": 1, "freed": 1}
    assert again(house, later).ends == at("13:15", 1)


def test_who_came_while_the_clock_was_wrong_is_not_sent_away(house: House) -> None:
    asks(house)
    glass = panel(house)
    made = house.book("11:00", "12:00")
    beats = Alive(house.store, house.clock)
    for when in ("10:50", "10:00"):
        house.clock.set(when)
        beats.beat()
    with pytest.raises(Refused):
        house.engine.presence.check_in(made.uid, glass)
    house.clock.set("11:02")
    beats.beat()
    assert rounds(house, "12:00") == {"warned": 1, "unknown": 1}
    assert notes(house, made, "attendance_unknown") == [("attendance_unknown", "server_down")]


def test_who_checked_in_after_the_backup_that_was_put_back_is_not_sent_away(fresh_sqlite: str, tmp_path: Path) -> None:
    with make.opened(fresh_sqlite) as store:
        house = make.house(store)
        asks(house)
        panel(house)
        made = house.book("11:00", "12:00")
    backup = Backup(fresh_sqlite, make.Clock(at("11:04")), {})
    backup.take(tmp_path / "house.backup", lambda *_: None)
    with make.opened(fresh_sqlite) as store:
        engine_of(store, make.Clock(at("11:05"))).presence.check_in(made.uid, CLI)
    Backup(fresh_sqlite, make.Clock(at("11:07")), {}).restore(tmp_path / "house.backup", lambda *_: None)
    with make.opened(fresh_sqlite) as store:
        house.clock.set("11:07")
        house.store, house.engine = store, engine_of(store, house.clock)
        assert rounds(house, "12:00") == {"warned": 1, "unknown": 1}
        assert again(house, made).ends == at("12:00")
