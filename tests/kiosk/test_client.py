"""The client against a real server, well-behaved and in every way not."""

import shutil
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from kiosk import trust
from kiosk.client import Client, Denied, Refusal, Resync, Unreachable, check_server
from kiosk.instants import iso
from kiosk.trust import is_loopback

from .server_double import TOKEN, Server, Truth, booking_json


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    it = make(server.url)
    yield it
    it.close()


def make(url: str, *, token: str = TOKEN, ca_file: str | None = None) -> Client:
    session = trust.session((), ca_file=ca_file)
    return Client(url, token=token, elapsed=time.monotonic, session=session, read=0.5, whole=1.0)


def walk_in(minutes: int = 15, **more: Any) -> dict[str, Any]:
    now = int(time.time())
    body = {"op": str(uuid4()), "act": "book", "room": "oak", "expires": iso(now + 30)}
    return body | {"start": iso(now), "end": iso(now + minutes * 60)} | more


def test_a_snapshot_comes_as_a_plan_with_the_servers_time(client: Client) -> None:
    it, heard = client.snapshot("oak")
    assert (it.room.name, [one.id for one in it.bookings]) == ("Oak", ["later"])
    assert abs(heard.time - time.time()) < 2
    assert 0 <= heard.got - heard.sent < 2


def test_the_feed_brings_only_what_changed(client: Client, truth: Truth) -> None:
    it, _ = client.snapshot("oak")
    assert client.feed("oak", after=it.seq, incarnation=it.incarnation)[0].bookings == ()
    truth.change("later", None)
    truth.change("new", booking_json(int(time.time()), int(time.time()) + 60, id="new"))
    news, _ = client.feed("oak", after=it.seq, incarnation=it.incarnation)
    assert (news.gone, [one.id for one in news.bookings], news.seq) == (("later",), ["new"], it.seq + 2)


def test_a_useless_cursor_is_a_resync(client: Client) -> None:
    for after, incarnation in ((5000, "life-1"), (100, "life-0")):
        with pytest.raises(Resync):
            client.feed("oak", after=after, incarnation=incarnation)


def test_a_heartbeat_tells_the_newest_change(client: Client, truth: Truth) -> None:
    beat, _ = client.heartbeat({"rooms": [{"id": "oak", "seq": 1}]})
    assert (beat.incarnation, beat.rooms) == ("life-1", {"oak": truth.snapshot["seq"]})


def test_a_number_without_end_is_no_answer(client: Client, truth: Truth) -> None:
    truth.snapshot["seq"] = float("inf")
    with pytest.raises(Unreachable):
        client.heartbeat({"rooms": [{"id": "oak", "seq": 1}]})


def test_an_act_is_done_once_however_often_it_is_sent(client: Client, truth: Truth) -> None:
    body = walk_in()
    first, _ = client.act(body)
    again, _ = client.act(body)
    assert first == again
    assert len(truth.snapshot["bookings"]) == 2


def test_a_refused_act_carries_the_servers_reasons_and_not_its_prose(client: Client) -> None:
    client.act(walk_in())
    with pytest.raises(Refusal) as caught:
        client.act(walk_in())
    error = caught.value.error
    assert (caught.value.status, error["code"], error["conflicts"][0]["host"]) == (409, "clash", "")
    assert sorted(error) == ["code", "conflicts", "fields", "objections"]


@pytest.mark.parametrize("status", ["401", "403"])
def test_a_server_that_does_not_know_the_panel_denies(client: Client, truth: Truth, status: str) -> None:
    truth.fault = status
    with pytest.raises(Denied):
        client.snapshot("oak")


def test_a_wrong_token_is_denied(server: Server) -> None:
    with pytest.raises(Denied):
        make(server.url, token="rvx_other").snapshot("oak")


FAULTS = ["slam", "hang", "html", "half", "short", "redirect", "flood", "drip", "500", "503", "418"]


@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_else_a_server_does_counts_as_no_answer_and_ends_soon(
    client: Client, truth: Truth, fault: str
) -> None:
    truth.fault = fault
    began = time.monotonic()
    if fault == "418":
        with pytest.raises(Refusal):
            client.snapshot("oak")
    else:
        with pytest.raises(Unreachable):
            client.snapshot("oak")
    assert time.monotonic() - began < 2.5
    truth.fault = None
    assert client.snapshot("oak")[0].room.id == "oak"


def test_a_redirect_is_not_followed_so_the_token_goes_nowhere_else(client: Client, truth: Truth) -> None:
    truth.fault, truth.fault_on = "redirect", "/heartbeat"
    with pytest.raises(Unreachable):
        client.heartbeat({})
    assert truth.asked == ["/device/v1/heartbeat"]


def test_a_server_that_asks_for_patience_is_given_it(client: Client, truth: Truth) -> None:
    truth.fault = "503"
    with pytest.raises(Unreachable) as caught:
        client.snapshot("oak")
    assert caught.value.after == 7


def test_nobody_listening_is_unreachable() -> None:
    with pytest.raises(Unreachable):
        make("http://127.0.0.1:1").snapshot("oak")


def test_a_kept_connection_that_was_closed_meanwhile_is_no_failure(client: Client, server: Server) -> None:
    client.snapshot("oak")
    server.stop()
    again = Server(server.truth, server.port)
    try:
        assert client.snapshot("oak")[0].room.id == "oak"
    finally:
        again.stop()


def test_a_lost_connection_is_tried_once_more_and_no_oftener(client: Client, truth: Truth) -> None:
    truth.fault = "slam"
    with pytest.raises(Unreachable):
        client.snapshot("oak")
    assert len(truth.asked) == 2


def test_an_answer_without_a_readable_booking_or_time_is_no_answer(client: Client, truth: Truth) -> None:
    truth.change("odd", {"id": "odd"})
    with pytest.raises(Unreachable):
        client.snapshot("oak")
    truth.change("odd", None)
    truth.now = lambda: 10_000_000_000
    with pytest.raises(Unreachable):
        client.snapshot("oak")


def test_a_token_for_one_room_need_not_name_it(server: Server) -> None:
    assert make(server.url).snapshot("")[0].room.id == "oak"


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Of a server called localhost, signed by nobody."""
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("openssl is not installed")
    made = tmp_path / "server.pem"
    key = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    command = [program, "req", *key, *names, "-keyout", str(made), "-out", str(tmp_path / "cert.pem")]
    subprocess.run(command, check=True, capture_output=True)
    made.write_text(made.read_text() + (tmp_path / "cert.pem").read_text())
    return made


def test_over_https_only_a_server_with_the_right_certificate_and_name_is_heard(truth: Truth, certificate: Path) -> None:
    secured = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    secured.load_cert_chain(certificate)
    server = Server(truth)
    server.socket = secured.wrap_socket(server.socket, server_side=True)
    own = str(certificate.with_name("cert.pem"))
    try:
        assert make(f"https://localhost:{server.port}", ca_file=own).snapshot("oak")[0].room.id == "oak"
        for url, ca_file in ((f"https://localhost:{server.port}", None), (f"https://127.0.0.1:{server.port}", own)):
            with pytest.raises(Unreachable):
                make(url, ca_file=ca_file).snapshot("oak")
    finally:
        server.stop()
    assert len(truth.asked) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://lintel.example",
        "http://192.168.1.5:8080",
        "http://127.0.0.1.evil.example",
        "http://localhost.evil.example",
        "http://[2001:db8::1]/",
        "http://0.0.0.0:8080",
        "ftp://localhost",
        "localhost:8080",
        "https://",
        "https://user:pass@lintel.example",
        "https://lintel.example/?x=1",
    ],
)
def test_unprotected_or_odd_addresses_are_refused_with_a_reason(url: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        check_server(url)
    with pytest.raises(ValueError, match=r"\w"):
        make(url)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8080", "http://localhost:1", "http://[::1]:8080/", "https://lintel.example/base"]
)
def test_loopback_and_https_are_accepted(url: str) -> None:
    assert check_server(url) == url.rstrip("/")


def test_loopback_is_judged_by_address_not_by_looks() -> None:
    assert [is_loopback(host) for host in ("127.8.9.1", "::1", "127.0.0.1.example", "", None)] == [
        True,
        True,
        False,
        False,
        False,
    ]


def test_what_a_server_of_version_1_says_is_of_the_room_that_was_told(client: Client, truth: Truth) -> None:
    truth.old = True
    beat, _ = client.heartbeat({"rooms": [{"id": "oak", "seq": 3}]})
    assert dict(beat.rooms) == {"oak": truth.snapshot["seq"]}
