"""The push makes the panel quick and can do no more: what it confirms, when it is not believed, how it comes back."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from random import Random

import pytest

from kiosk.instants import iso
from kiosk.lines import Event
from kiosk.nudges import Nudges
from kiosk.push import SLOWEST, Push, _Ended, where
from kiosk.trust import session

from .makers import at, booking, plan
from .push_double import PushServer, event
from .rig import Rig
from .server_double import TOKEN, booking_json, truth_of

Make = Callable[..., Rig]


class Ear:
    """A push whose events come by hand, and what it leaves for the sync thread."""

    def __init__(self, it: Rig) -> None:
        self.rig, self.nudges = it, Nudges()
        agent = it.agent
        self.push = Push(
            doors=agent.doors, clock=agent.clock, nudges=self.nudges, rng=Random(7), session=lambda: session(())
        )

    def say(self, name: str, data: str, id_: str = "", late: float = 0.0) -> None:
        self.push.hear(Event(name, data, id_), got=self.rig.machine.boottime() - late)

    def hello(self, seq: int = 100, life: str = "life-1") -> None:
        self.say("hello", f'{{"incarnation": "{life}", "rooms": {{"oak": {seq}}}, "me": "d", "time": ""}}')

    def beat(self, behind: float = 0.0) -> None:
        self.say("beat", f'{{"time": "{iso(self.rig.now() - behind)}"}}')


def silent(it: Rig, seconds: float) -> None:
    """Time goes by without the sync thread."""
    it.machine.pass_(seconds)


def test_a_beat_keeps_the_panel_live_as_long_as_its_plan_is_the_newest(rig: Make) -> None:
    it = rig()
    ear = Ear(it)
    ear.hello()
    for _ in range(10):
        silent(it, 2)
        ear.beat()
        assert it.view()["online"]
        assert ear.push.heard()
    assert it.view()["as_of"] == iso(at("10:42:20"))
    silent(it, 5.1)
    assert not it.view()["online"]
    assert not ear.push.heard()


def test_a_plan_that_is_older_than_what_was_told_is_not_confirmed_but_fetched(rig: Make) -> None:
    it = rig()
    ear = Ear(it)
    ear.hello(seq=100)
    ear.say("news", '{"rooms": {"oak": 101}}', "101")
    assert list(ear.nudges.take().rooms) == ["oak"]
    silent(it, 6)
    ear.beat()
    assert not it.view()["online"]
    assert ear.push.heard()
    ear.say("news", '{"rooms": {"elm": 900}}', "900")  # of another room
    assert ear.nudges.take().rooms == {}
    it.truth.change("new", booking_json(at("10:40"), at("11:00")))
    it.pass_(3)
    silent(it, 5.1)
    ear.beat()
    assert (it.view()["online"], it.view()["state"]) == (True, "busy")


def test_another_life_of_the_database_and_a_useless_cursor_are_not_confirmed(rig: Make) -> None:
    it = rig()
    ear = Ear(it)
    ear.hello(life="life-2")
    silent(it, 6)
    ear.beat()
    assert not it.view()["online"]
    ear.hello()
    it.agent.doors.all()[0].whatever = True
    ear.beat()
    assert not it.view()["online"]


def test_a_plan_from_the_card_is_confirmed_by_nothing_but_a_snapshot(rig: Make) -> None:
    it = rig()
    it.pass_(5)
    it.restart()
    it.truth.fault, it.truth.fault_on = "503", "/snapshot"
    ear = Ear(it)
    ear.hello()
    ear.beat()
    assert not it.view()["online"]
    it.agent.doors.all()[0].asked = True
    ear.beat()
    assert it.view()["online"]


@pytest.mark.parametrize("behind", [6, 60, -6, -3600])
def test_a_beat_of_another_time_than_ours_confirms_nothing(rig: Make, behind: float) -> None:
    it = rig()
    ear = Ear(it)
    ear.hello()
    silent(it, 6)
    ear.beat(behind)
    assert not it.view()["online"]
    assert not ear.push.heard()


def test_a_proxy_that_holds_beats_back_adds_nothing_to_the_five_seconds(rig: Make) -> None:
    it = rig()
    ear = Ear(it)
    ear.hello()
    silent(it, 10)
    ear.beat(behind=4)
    assert it.view()["online"]
    silent(it, 1.5)
    assert not it.view()["online"]


def test_a_beat_sets_no_clock_and_counts_only_by_a_verified_one(rig: Make) -> None:
    it = rig(sync=False)
    ear = Ear(it)
    ear.hello()
    ear.beat()
    assert not it.agent.clock.verified
    assert not ear.push.heard()


def test_a_beat_never_stands_against_a_refusal_or_a_newer_confirmation(rig: Make) -> None:
    it = rig()
    ear = Ear(it)
    ear.hello()
    silent(it, 4)
    it.pass_(3)
    newest = it.view()["as_of"]
    ear.beat(behind=4.5)
    assert it.view()["as_of"] == newest
    it.agent.panel.deny()
    ear.beat()
    assert not it.view()["online"]


def test_each_word_wakes_the_sync_thread_for_what_it_concerns(rig: Make) -> None:
    ear = Ear(rig())
    ear.hello(seq=105)
    words = ear.nudges.take()
    assert (list(words.rooms), words.beat, words.me) == (["oak"], True, False)
    ear.say("me", "{}")
    assert ear.nudges.take().me
    ear.say("orders", "{}")
    assert ear.nudges.take().beat
    with pytest.raises(_Ended, match="revoked"):
        ear.say("end", '{"why": "revoked"}')
    assert ear.nudges.take().beat
    ear.say("of-next-year", '{"what": 7}')
    words = ear.nudges.take()
    assert (words.rooms, words.me, words.beat) == ({}, False, False)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("hello", "{}"), ("hello", "[]"), ("hello", '{"incarnation": "x", "rooms": []}'), ("news", '{"rooms": 7}'),
        ("news", '{"rooms": {"oak": "x"}}'), ("beat", "{}"), ("beat", '{"time": "never"}'), ("beat", "["),
    ],
)  # fmt: skip
def test_words_that_are_none_end_the_connection_and_confirm_nothing(rig: Make, name: str, data: str) -> None:
    it = rig()
    with pytest.raises(ValueError):  # noqa: PT011  (what the connection ends by, whatever its words)
        Ear(it).say(name, data)


def test_news_of_our_own_room_are_asked_for_at_once_and_those_of_many_rooms_spread(rig: Make) -> None:
    it = rig()
    ear = Ear(it)
    ear.hello()
    now = it.machine.boottime()
    ear.say("news", '{"rooms": {"oak": 101}}', "101")
    assert ear.nudges.take().rooms == {"oak": now}
    waits = []
    for _ in range(50):
        ear.say("news", '{"rooms": {"oak": 101}}', "1101")
        waits.append(ear.nudges.take().rooms["oak"] - now)
    assert 0 <= min(waits) < 0.03
    assert 0.07 < max(waits) <= 0.1


def test_with_the_push_heard_a_change_shows_at_once_and_less_is_asked(rig: Make) -> None:
    it = rig()
    ear = Ear(it)
    ear.nudges = it.agent.nudges
    ear.push._nudges = it.agent.nudges
    sync = it.agent.sync
    sync._hooks = type(sync._hooks)(me=it.agent.told, pushed=ear.push.heard)
    ear.hello()
    it.truth.asked.clear()
    for _ in range(150):
        ear.beat()
        it.pass_(2)
    assert it.truth.asked.count("/device/v1/heartbeat") <= 75
    assert it.truth.asked.count("/device/v1/feed") <= 8
    seq = it.truth.change("new", booking_json(at("10:40"), at("11:30")))
    ear.say("news", f'{{"rooms": {{"oak": {seq}}}}}', str(seq))
    it.pass_(0)
    assert it.view()["state"] == "busy"
    it.pass_(3.6)  # and now it is silent
    it.truth.asked.clear()
    it.pass_(60)
    assert it.truth.asked.count("/device/v1/heartbeat") >= 22


def test_a_stream_that_does_not_speak_of_every_door_leaves_none_of_them_to_slower_heartbeats(rig: Make) -> None:
    it = rig(sync=False)
    elm = plan()
    it.truth.others["elm"] = truth_of(replace(elm, room=replace(elm.room, id="elm")), now=it.now)
    it.truth.me = {"number": 7, "rooms": ["oak", "elm"], "state": "good", "digest": "both"}
    it.pass_(3)
    ear = Ear(it)
    ear.hello()  # it began when this was the panel of Oak alone
    ear.beat()
    assert not ear.push.heard()
    ear.say("news", '{"rooms": {"elm": 100}}', "100")
    ear.beat()
    assert ear.push.heard()


def test_the_stream_is_where_me_says_and_never_where_a_key_could_be_read() -> None:
    def found(server: str, push: str | None) -> str | None:
        it = where(server, push, token="k")
        return it.url if it else None

    assert found("https://lintel.example/", "/push") == "https://lintel.example/push"
    assert found("https://lintel.example", "https://push.example:8443/push") == "https://push.example:8443/push"
    assert found("http://127.0.0.1:8080", "http://127.0.0.1:8090/push") == "http://127.0.0.1:8090/push"
    assert found("https://lintel.example", None) is None
    for bad in ("http://push.example/push", "ftp://x/", "https://u@push.example/", "//push.example/push?x=1"):
        assert found("https://lintel.example", bad) is None


# over a real connection


class Real:
    """A push in its own thread, against a server that says what the test wants."""

    def __init__(self, it: Rig, server: PushServer) -> None:
        self.server, self.nudges = server, Nudges()
        self.waits: list[float] = []
        self.push = Push(
            doors=it.agent.doors, clock=it.agent.clock, nudges=self.nudges, rng=Random(7), session=lambda: session(())
        )
        self.push._changed.wait = self._wait  # type: ignore[method-assign]
        self.thread = threading.Thread(target=self.push.run, daemon=True)
        self._go = threading.Semaphore(0)

    def _wait(self, seconds: float | None = None) -> bool:
        """Instead of waiting between two connections: until the test lets it go on."""
        if seconds is not None:
            self.waits.append(seconds)
        return self._go.acquire(timeout=20)

    def start(self, token: str = TOKEN, room: str | None = None) -> "Real":
        self.push.use(where(self.server.url, self.server.url, token=token, room=room))
        self.thread.start()
        return self

    def again(self) -> None:
        self._go.release()

    def stop(self) -> None:
        self.server.closed = True
        self.push.stop()
        self._go.release(100)
        self.server.say(b":\n\n")
        self.server.cut()
        self.thread.join(10)
        assert not self.thread.is_alive()


@pytest.fixture
def real(rig: Make) -> Iterator[Real]:
    it = Real(rig(booking("10:00", "11:00")), PushServer())
    yield it
    it.stop()
    it.server.stop()


def words(it: Real, wanted: Callable[[object], object]) -> None:
    """Return when the push has left such a word."""
    for _ in range(100):
        it.nudges.wait(20)
        if wanted(it.nudges.take()):
            return
    raise AssertionError("no such word")


def test_over_a_connection_words_come_as_they_are_said(real: Real) -> None:
    real.start(room="oak")
    assert real.server.asked.get(timeout=20) == "/push?room=oak"
    real.server.opened(1)
    hello = event("hello", {"incarnation": "life-1", "rooms": {"oak": 104}, "me": "d", "time": ""})
    real.server.say(hello[:20], hello[20:])
    words(real, lambda it: it.rooms)  # type: ignore[attr-defined]
    real.server.say(b": \n\n", event("me", {}))
    words(real, lambda it: it.me)  # type: ignore[attr-defined]


def test_a_connection_that_ends_is_made_again_later_and_later(real: Real) -> None:
    real.start()
    for number in range(1, 9):
        real.server.opened(number)
        real.server.cut()
        real.again()
    while len(real.waits) < 8:
        real.server.opened(len(real.waits) + 1)
    assert real.waits[0] <= 1.5
    assert all(0.5 * 2**n <= wait <= 1.5 * 2**n for n, wait in enumerate(real.waits[:5]))
    assert all(0.5 * SLOWEST <= wait <= 1.5 * SLOWEST for wait in real.waits[5:8])


def test_a_server_with_too_many_is_left_alone_as_long_as_it_asks(real: Real) -> None:
    real.server.status = 503
    real.start()
    real.server.asked.get(timeout=20)
    real.again()
    real.server.asked.get(timeout=20)
    assert 20 <= real.waits[0] <= 30


def test_a_wrong_key_and_what_is_no_stream_are_tried_again_with_patience(real: Real) -> None:
    real.start(token="rk_other")
    for _ in range(3):
        real.server.asked.get(timeout=20)
        real.again()
    real.server.asked.get(timeout=20)
    assert len(real.waits) >= 2
    assert real.thread.is_alive()
