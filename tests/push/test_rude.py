"""Whoever connects and does not behave: too slow, too much, half a request, gone without a word, never reading."""

import socket
import struct
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from server.push.asking import MOST_HEAD
from server.push.line import MOST_SAID
from server.push.together import Push
from server.store.database import Store
from tests import make
from tests.push.conftest import QUICK, Pushed
from tests.push.ears import Ear

Connect = Callable[[Push], Ear]
TIGHT = replace(QUICK, head=0.3, ending=0.3)


@pytest.fixture
def push(kept_sqlite: Store, pushed: Pushed) -> Push:
    return pushed(make.house(make.emptied(kept_sqlite)))


@pytest.fixture
def tight(kept_sqlite: Store, pushed: Pushed) -> Push:
    """One that is not patient."""
    return pushed(make.house(make.emptied(kept_sqlite)), TIGHT)


def key(push: Push) -> str:
    """Of a new panel at Oak."""
    return push.pushing.devices.add("Panel", make.Actor("cli", "admin"), rooms=("oak",))[1]


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def test_who_never_says_what_is_wanted_is_let_go(tight: Push, ear: Connect) -> None:
    silent, slow = ear(tight), ear(tight)
    slow.say(b"GET /push HTTP/1.1\r\nHost: x\r\n")
    for each in (silent, slow):
        assert each.answered().status == 408
        assert each.body()["error"]["code"] == "late"


def test_a_header_a_moment_does_not_win_more_time(tight: Push, ear: Connect) -> None:
    one = ear(tight)
    one.say(b"GET /push HTTP/1.1\r\n")
    until(lambda: _fails(lambda: one.say(b"X-More: 1\r\n")))


@pytest.mark.parametrize("ending", [b"", b"\r\n\r\n"])
def test_a_head_that_is_too_large_is_refused_and_that_is_heard(push: Push, ear: Connect, ending: bytes) -> None:
    one = ear(push)
    one.say(b"GET /push HTTP/1.1\r\nX: " + b"x" * MOST_HEAD + ending)
    assert one.answered().status == 431
    assert one.body()["error"]["code"] == "too_large"


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET /other HTTP/1.1\r\n\r\n", 404), (b"GET / HTTP/1.1\r\n\r\n", 404), (b"GET /push HTTP/1.1\r\n\r\n", 401),
        (b"POST /push HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello", 405), (b"HEAD /push HTTP/1.1\r\n\r\n", 405),
        (b"GET /push HTTP/2\r\n\r\n", 400), (b"GET /push\r\n\r\n", 400), (b"\r\n\r\n", 400),
        (b"GET /push HTTP/1.1\r\nno colon\r\n\r\n", 400), (b"GET /push HTTP/1.1\r\n: x\r\n\r\n", 400),
        (b"GET /push HTTP/1.1\r\nAuthorization : Bearer x\r\n\r\n", 400), (b"\x16\x03\x01\r\n\r\n", 400),
        (b"GET /push HTTP/1.1\r\nX: \xff\r\n\r\n", 400), (b"GET /push?room=a&room=b HTTP/1.1\r\n\r\n", 400),
        (b"GET /push?room=" + b"a" * 300 + b" HTTP/1.1\r\n\r\n", 400),
        (b"GET /push?room=%ff HTTP/1.1\r\n\r\n", 400),
        (b"GET /push HTTP/1.1\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n", 400),
        (b"GET /push HTTP/1.1\r\nAuthorization: Basic YTpi\r\n\r\n", 401),
        (b"GET /push HTTP/1.1\r\nAuthorization: Bearer \r\n\r\n", 401),
        (b"GET /push HTTP/1.1\r\nAuthorization: Bearer " + b"a" * 600 + b"\r\n\r\n", 401),
        (b"GET /push?room=%00 HTTP/1.1\r\nAuthorization: Bearer rvx_a\r\n\r\n", 401),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_refused(push: Push, ear: Connect, request_: bytes, status: int) -> None:
    one = ear(push)
    one.say(request_)
    assert one.answered().status == status
    assert set(one.body()["error"]) == {"code", "message", "fields", "objections", "conflicts"}


def test_a_request_may_come_letter_by_letter(push: Push, ear: Connect) -> None:
    one, secret = ear(push), key(push)
    one.line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for letter in f"GET /push HTTP/1.1\r\nauthorization: bearer {secret}\r\n\r\n":
        one.say(letter.encode())
    assert one.answered().next().name == "hello"


def test_an_old_proxy_gets_no_chunks(push: Push, ear: Connect) -> None:
    one = ear(push).ask(key(push), version="1.0")
    assert "transfer-encoding" not in one.headers
    assert one.next().name == "hello"
    assert one.next("beat")


def test_who_resets_in_the_middle_is_forgotten(push: Push, ear: Connect) -> None:
    secret = key(push)
    for said in (b"", b"GET /pu", b"GET /push HTTP/1.1\r\nAuthorization: Bearer x\r\n\r\n"):
        one = ear(push)
        one.say(said)
        _reset(one)
    held = ear(push).ask(secret)
    held.next("hello")
    assert push.counts.open == 1
    _reset(held)
    until(lambda: push.counts.open == 0)
    assert push.counts.ended == {"left": 1}


def test_who_ends_his_half_has_left(push: Push, ear: Connect) -> None:
    one = ear(push).ask(key(push))
    one.next("hello")
    one.line.shutdown(socket.SHUT_WR)
    until(lambda: push.counts.open == 0)


def test_who_goes_on_talking_is_cut(push: Push, ear: Connect) -> None:
    one = ear(push).ask(key(push))
    one.say(b"x" * (MOST_SAID - 1))
    assert one.next("beat")
    one.say(b"x" * 1_000)
    assert not one.ended()
    assert push.counts.ended == {"talks": 1}


def test_who_does_not_read_is_cut_and_the_others_hear_on(push: Push, ear: Connect) -> None:
    deaf, well = ear(push), ear(push).ask(key(push))
    deaf.line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    deaf.ask(key(push))
    well.next("hello")
    # Words of this size would take a day; so what is said is made long.
    hub = push._parts[0] if push._parts else None
    assert hub is not None
    big = b"event: news\ndata: {}\n" + b"data: x\n" * 2_000 + b"\n"

    def shout() -> None:
        for line in hub._lines.named(names[0]):
            line.write(big)

    names = [it.hearer.actor.name for it in hub._lines.every() if it.hearer and it.hearer.actor.label]
    names.sort(key=lambda name: int(name.partition(":")[2]))
    names = names[-1:]  # the one that was made last: the deaf one
    until(lambda: bool(hub._loop.call_soon_threadsafe(shout)) and push.counts.ended["slow"] == 1)
    assert well.next("beat")
    assert push.counts.open == 1


def test_keepalive_and_unanswered_bytes_end_who_is_gone(push: Push, ear: Connect) -> None:
    ear(push).ask(key(push)).next("hello")
    hub = push._parts[0] if push._parts else None
    assert hub is not None
    (line,) = hub._lines.every()
    assert line._transport is not None
    own = line._transport.get_extra_info("socket")
    assert own.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
    assert own.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 10
    assert own.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 15_000


def test_many_who_say_nothing_do_not_keep_others_out(push: Push, ear: Connect) -> None:
    for _ in range(200):
        ear(push)
    assert ear(push).ask(key(push)).next().name == "hello"


def test_more_than_fit_who_say_nothing_go_before_who_asks(
    kept_sqlite: Store, pushed: Pushed, ear: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.push.hub.SPARE", 8)
    push = pushed(make.house(make.emptied(kept_sqlite)), replace(QUICK, most=4, head=60.0))
    silent = [ear(push) for _ in range(30)]
    assert ear(push).ask(key(push)).next().name == "hello"
    assert silent[0].ended()


def _fails(act: Callable[[], object]) -> bool:
    try:
        act()
    except ConnectionError:
        return True
    return False


def _reset(one: Ear) -> None:
    one.line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    one.close()
