"""Whatever the other side answers, it is read for so long and so far, and only its status counts."""

import socket
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler

import pytest

from server.core.addresses import Guard, networks
from server.core.clock import monotonic
from server.work import outgoing
from server.work.outgoing import Outgoing
from tests.work.receivers import receiving


def test_an_answer_is_read_only_so_far() -> None:
    sent: list[int] = []
    over = threading.Event()

    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(10**9))
        handler.end_headers()
        piece, total = b"x" * 65_536, 0
        try:
            while total < 10**9:
                total += handler.connection.send(piece)
        except OSError:
            pass
        sent.append(total)
        over.set()

    with receiving(behave=endless) as receiver:
        guard = Guard(networks("127.0.0.1/32"), frozenset({receiver.port}), http=True)
        assert Outgoing(guard).post(receiver.url, {}, b"{}").good
        assert over.wait(30)
    assert sent[0] < 50_000_000  # what fits in the buffers between


def test_a_header_that_never_ends_is_no_answer() -> None:
    def chatty(handler: BaseHTTPRequestHandler) -> None:
        try:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
            for number in range(3000):
                handler.wfile.write(b"X-%d: %s\r\n" % (number, b"y" * 60))
        except OSError:
            pass
        handler.close_connection = True

    with receiving(behave=chatty) as receiver:
        guard = Guard(networks("127.0.0.1/32"), frozenset({receiver.port}), http=True)
        answer = Outgoing(guard).post(receiver.url, {}, b"{}")
    assert (answer.status, answer.error) == (None, "bad_answer")


def test_an_answer_that_drips_ends_with_the_time_that_all_of_it_has() -> None:
    over = threading.Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        try:
            for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n":
                handler.wfile.write(bytes([byte]))
                if over.wait(0.2):
                    return
        except OSError:
            pass

    with receiving(behave=drip) as receiver:
        guard = Guard(networks("127.0.0.1/32"), frozenset({receiver.port}), http=True)
        answer = Outgoing(guard, total=0.6).post(receiver.url, {}, b"{}")
        over.set()
    assert (answer.status, answer.error) == (None, "timeout")


@pytest.mark.parametrize(
    "said", [b"\x00\x01\x02", b"SSH-2.0-OpenSSH_9\r\n", b"HTTP/2 200\r\n\r\n", b"", b"HTTP/1.1 2\r\n\r\n"]
)
def test_what_is_not_http_is_no_answer(said: bytes) -> None:
    def say(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(said)
        handler.close_connection = True

    with receiving(behave=say) as receiver:
        guard = Guard(networks("127.0.0.1/32"), frozenset({receiver.port}), http=True)
        assert Outgoing(guard).post(receiver.url, {}, b"{}").error in ("bad_answer", "broken_off")


def test_interim_answers_are_not_the_answer() -> None:
    def early(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n")
        handler.close_connection = True

    with receiving(behave=early) as receiver:
        guard = Guard(networks("127.0.0.1/32"), frozenset({receiver.port}), http=True)
        assert Outgoing(guard).post(receiver.url, {}, b"{}").status == 204


def test_interim_answers_without_end_are_no_answer() -> None:
    sent = [0]

    def endless(handler: BaseHTTPRequestHandler) -> None:
        try:
            while sent[0] < 200_000_000:
                sent[0] += handler.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n" * 1_000)
        except OSError:
            pass
        handler.close_connection = True

    with receiving(behave=endless) as receiver:
        guard = Guard(networks("127.0.0.1/32"), frozenset({receiver.port}), http=True)
        answer = Outgoing(guard).post(receiver.url, {}, b"{}")
    assert (answer.status, answer.error) == (None, "bad_answer")
    assert sent[0] < 50_000_000


def test_a_slow_body_is_not_waited_for() -> None:
    over = threading.Event()

    def slow(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        with suppress(OSError):
            while not over.wait(0.1):
                handler.wfile.write(b"x")
        handler.close_connection = True

    with receiving(behave=slow) as receiver:
        guard = Guard(networks("127.0.0.1/32"), frozenset({receiver.port}), http=True)
        begun = monotonic()
        answer = Outgoing(guard, total=60).post(receiver.url, {}, b"{}")
        took = monotonic() - begun
        over.set()
    assert answer.good
    assert took < 20  # a second, on a machine that is not busy


def test_what_has_come_by_the_end_counts_also_where_we_look_late() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"HTTP/1.1 204 Gone well\r\n\r\n")
        assert outgoing._more(ours, monotonic() - 5, 1000).startswith(b"HTTP/1.1 204")
        with pytest.raises(TimeoutError):
            outgoing._more(ours, monotonic() - 5, 1000)
