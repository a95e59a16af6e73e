"""What is said on the line: to whom, when, and to whom not."""

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from server.core.access import CLI
from server.core.errors import Later
from server.core.places import HOUSE
from server.engine import pushing
from server.engine.pushing import Pushing
from server.push import words
from server.push.hub import Bounds
from server.push.together import Push
from server.store.database import Note
from tests import make
from tests.push.conftest import QUICK, Pushed
from tests.push.ears import Ear

Connect = Callable[[Push], Ear]


def _beats(one: Ear) -> int:
    """How many beats come until none comes for as long as the ear is patient."""
    for number in range(100):
        try:
            one.next("beat")
        except TimeoutError:
            return number
    return 100


def note(house: make.House, what: str, subject: int | None = None, room: int | None = None) -> None:
    """A change as others write it."""
    house.store.writing(lambda tx: tx.note(Note(make.NOW, what, room, subject, CLI)))


def head(house: make.House, room: str = "oak") -> int:
    return house.engine.devices.head(room, CLI)


def test_a_device_hears_where_its_rooms_stand_and_then_of_each_change(
    house: make.House, pushed: Pushed, ear: Connect
) -> None:
    _, secret, actor = house.panel("oak", "elm")
    push = pushed(house)
    one = ear(push).ask(secret)
    assert (one.status, one.headers["content-type"]) == (200, "text/event-stream")
    assert one.headers["cache-control"] == "no-store"
    hello = one.next()
    assert hello.name == "hello"
    assert hello.data["rooms"] == {"oak": head(house), "elm": head(house, "elm")}
    assert hello.data["incarnation"] == house.engine.devices.snapshot("oak", CLI).incarnation
    assert hello.data["me"] == house.engine.devices.me(actor).digest
    assert hello.data["time"] == "2026-06-15T08:00:00.000Z"
    house.book("11:00", "12:00")
    assert one.next("news").data == {"rooms": {"oak": head(house)}}
    house.book("12:00", "13:00", room="elm")
    told = one.next("news")
    assert (told.data, told.id) == ({"rooms": {"elm": head(house, "elm")}}, str(head(house, "elm")))


def test_a_beat_says_up_to_when_all_has_been_told(house: make.House, pushed: Pushed, ear: Connect) -> None:
    _, secret, _ = house.panel()
    one = ear(pushed(house)).ask(secret)
    assert one.next("beat").data == {"time": "2026-06-15T08:00:00.000Z"}
    house.clock.forward(minutes=1)
    house.book("11:00", "12:00")
    names = [one.next().name]
    while names[-1] != "news":
        names.append(one.next().name)
    while (beat := one.next("beat")).data["time"] != "2026-06-15T08:01:00.000Z":
        assert beat.data["time"] < "2026-06-15T08:01:00.000Z"  # one that was looked for before


def test_no_beat_goes_out_while_nobody_knows_whether_there_is_news(
    sqlite_house: make.House, pushed: Pushed, ear: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, secret, _ = sqlite_house.panel()
    looked, look, away = threading.Event(), Pushing.look, threading.Event()

    def gone(self: Pushing, after: int | None) -> pushing.Look:
        looked.set()
        if away.is_set():
            raise Later(1)
        return look(self, after)

    monkeypatch.setattr(Pushing, "look", gone)
    push = pushed(sqlite_house, replace(QUICK, stale=0.3))
    one = ear(push).ask(secret)
    one.next("beat")
    away.set()
    one.line.settimeout(0.7)
    assert _beats(one) < 10  # those of the last 0.3 s, and then none
    looked.clear()
    away.clear()
    one.line.settimeout(20)
    assert looked.wait(20)
    assert one.next("beat")


def test_a_token_hears_of_the_room_it_names_and_of_no_other(house: make.House, pushed: Pushed, ear: Connect) -> None:
    _, only_elm = house.engine.tokens.create("elm", "book", CLI, rooms=("elm",))
    _, every = house.engine.tokens.create("every", "read", CLI)
    push = pushed(house)
    elm, oak = ear(push).ask(only_elm), ear(push).ask(every, "oak")
    assert elm.next().data["rooms"] == {"elm": head(house, "elm")}
    assert oak.next().data["rooms"] == {"oak": head(house)}
    house.book("11:00", "12:00")
    assert oak.next("news").data == {"rooms": {"oak": head(house)}}
    house.book("11:00", "12:00", room="elm")
    assert elm.next("news").data == {"rooms": {"elm": head(house, "elm")}}
    assert not [it for it in elm.events if "oak" in str(it.data)]


def test_a_device_hears_of_what_is_new_about_itself(house: make.House, pushed: Pushed, ear: Connect) -> None:
    (one, key, _), (_, other, _) = house.panel(), house.panel()
    push = pushed(house)
    mine, others = ear(push).ask(key), ear(push).ask(other)
    for line in (mine, others):
        line.next("hello")
    note(house, "order_made", one.number)
    assert mine.next("orders", "me").name == "orders"
    note(house, "device_recalled", one.number)
    assert mine.next("grants", "me").name == "grants"
    for what in ("device_assigned", "device_quarantined", "device_released", "panel_settings"):
        note(house, what, one.number)
        assert mine.next("orders", "me").name == "me"
    note(house, "panel_settings")
    assert mine.next("orders", "me").name == "me"
    assert others.next("orders", "me").name == "me"
    house.book("11:00", "12:00")
    others.next("news")
    assert not [it for it in others.events if it.name in ("orders", "me", "grants")]


def test_a_device_that_is_assigned_elsewhere_hears_of_its_new_rooms(
    house: make.House, pushed: Pushed, ear: Connect
) -> None:
    device, secret, _ = house.panel("oak")
    house.book("10:00", "11:00", room="elm")
    one = ear(pushed(house)).ask(secret)
    one.next("hello")
    house.engine.devices.assign(device.number, house.ada, rooms=("elm",))
    assert one.next("me")
    assert one.next("news", "me").data == {"rooms": {"elm": head(house, "elm")}}  # where it stands: beats confirm it
    assert one.next("news", "me").name == "me"  # once it is told of the other rooms
    house.book("11:00", "12:00")
    house.book("11:00", "12:00", room="elm")
    assert one.next("news").data == {"rooms": {"elm": head(house, "elm")}}


def test_a_board_hears_of_a_room_that_is_new_at_its_place(house: make.House, pushed: Pushed, ear: Connect) -> None:
    device, secret, _ = house.panel("oak")
    house.engine.devices.assign(device.number, house.ada, rooms=(), place=HOUSE)
    one = ear(pushed(house)).ask(secret)
    assert one.next("hello").data["rooms"].keys() == {"oak", "elm"}
    house.engine.rooms.add(make.room("ash"), CLI)
    assert one.next("me")
    house.book("11:00", "12:00", room="ash")
    assert one.next("news").data["rooms"] == {"ash": head(house, "ash")}


def test_a_place_that_changes_is_told_to_all_with_their_next_beat(
    house: make.House, pushed: Pushed, ear: Connect
) -> None:
    _, secret, _ = house.panel()
    one = ear(pushed(house)).ask(secret)
    one.next("hello")
    house.engine.policies.set("House", {"check_in": True}, CLI)
    assert one.next("news").data["rooms"] == {"oak": head(house)}
    assert one.next("me")


def test_another_life_of_the_database_has_everybody_begin_anew(
    sqlite_house: make.House, pushed: Pushed, ear: Connect
) -> None:
    _, secret, _ = sqlite_house.panel()
    push = pushed(sqlite_house)
    one = ear(push).ask(secret)
    one.next("hello")
    sqlite_house.store.writing(lambda tx: tx.run("UPDATE meta SET value = 'other' WHERE name = 'incarnation'"))
    sqlite_house.book("11:00", "12:00")
    assert one.ended()
    assert ear(push).ask(secret).next("hello").data["incarnation"] == "other"


def test_who_was_looked_at_in_the_life_before_is_looked_at_again(
    sqlite_house: make.House, pushed: Pushed, ear: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, secret, _ = sqlite_house.panel()
    push, looked, tried = pushed(sqlite_house), Pushing.hearer, []

    def hearer(it: Pushing, secret: str, room: str | None) -> pushing.Hearer:
        tried.append(room)
        who = looked(it, secret, room)
        return replace(who, incarnation="before") if len(tried) == 1 else who

    monkeypatch.setattr(Pushing, "hearer", hearer)
    assert ear(push).ask(secret).next("hello").data["incarnation"] != "before"


def test_the_first_word_tells_of_a_change_that_came_while_the_key_was_looked_at(
    sqlite_house: make.House, pushed: Pushed, ear: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, secret, _ = sqlite_house.panel()
    _, other, _ = sqlite_house.panel()
    push = pushed(sqlite_house)
    witness = ear(push).ask(other)
    read = Pushing.hearer

    def slowly(self: Pushing, token: str, room: str | None) -> pushing.Hearer:
        found = read(self, token, room)
        if token == secret:
            sqlite_house.book("11:00", "12:00")
            witness.next("news")
        return found

    monkeypatch.setattr(Pushing, "hearer", slowly)
    assert ear(push).ask(secret).next("hello").data["rooms"] == {"oak": head(sqlite_house)}


def test_more_than_can_be_told_one_by_one_is_told_to_all(
    sqlite_house: make.House, pushed: Pushed, ear: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pushing, "MOST", 3)
    device, secret, _ = sqlite_house.panel()
    one = ear(pushed(sqlite_house)).ask(secret)
    one.next("hello")

    def work(tx: make.Tx) -> None:
        for _ in range(4):
            tx.note(Note(make.NOW, "tries_cleared", None, 1, CLI))

    sqlite_house.store.writing(work)
    assert one.next("me")
    assert one.next("orders")
    assert device.number


def test_a_fault_in_telling_has_everybody_begin_anew(
    sqlite_house: make.House, pushed: Pushed, ear: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else some would be told by the next beat that they had been told all."""
    _, secret, _ = sqlite_house.panel()
    push = pushed(sqlite_house)
    one = ear(push).ask(secret)
    one.next("hello")
    with monkeypatch.context() as broken:
        broken.setattr(words, "news", lambda *_: 1 / 0)
        sqlite_house.book("11:00", "12:00")
        assert not one.ended()
    assert ear(push).ask(secret).next("hello").data["rooms"] == {"oak": head(sqlite_house)}
    assert push.counts.ended == {"fault": 1}


def test_the_end_of_the_server_ends_every_connection(sqlite_house: make.House, pushed: Pushed, ear: Connect) -> None:
    _, secret, _ = sqlite_house.panel()
    push = pushed(sqlite_house, Bounds())
    one = ear(push).ask(secret)
    one.next("hello")
    push.stop()
    assert one.ended()
    with pytest.raises(ConnectionError):
        Ear(push.port)
