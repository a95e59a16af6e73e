"""Nothing but what is allowed is reached, however its URL is spelt: sentinels on loopback see no connection."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import ip_address, ip_network

import pytest

from server.core.addresses import DENIED, Guard, networks
from server.core.errors import Invalid
from server.engine import engine_of
from server.engine.hooks import HookTerms
from server.work.outgoing import Outgoing
from tests.make import House
from tests.work.receivers import receiving

NAMES = {
    "local.example": ["127.0.0.1"],
    "local6.example": ["::1"],
    "two.example": ["93.184.215.14", "127.0.0.1"],
    "six.example": ["2606:4700::6810:84e5", "::1"],
    "meta.example": ["169.254.169.254"],
    "mapped.example": ["::ffff:127.0.0.1"],
    "zone.example": ["fe80::1%lo"],
    "wide.example": ["0.0.0.0"],
    "odd.example": ["127.1"],
    "localhost": ["127.0.0.1", "::1"],
    "localhost.localdomain": ["127.0.0.1"],
    "xn--lcalhost-x1a.example": ["127.0.0.1"],
}
"""What the resolver of these tests knows."""

HOSTS = (
    "127.0.0.1", "127.1", "127.0.1", "127.255.255.254", "2130706433", "017700000001", "0x7f000001", "0x7f.0.0.1",
    "0177.0.0.1", "0x7f.1", "127.0x0.0.0x1", "127.0.0.01", "127.000.000.001", "0", "0.0.0.0", "0x0", "00000000000",
    "0.0.0.1", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.0.1", "100.64.0.1", "169.254.169.254",
    "2852039166", "0xa9fea9fe", "169.254.0.1", "192.0.0.192", "192.0.2.1", "198.18.0.1", "198.51.100.1",
    "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "4294967295", "168.63.129.16",
    "127.0.0.1.", "localhost", "LOCALHOST", "localhost.", "localhost.localdomain", "local.example", "LOCAL.example",
    "local6.example", "two.example", "six.example", "meta.example", "mapped.example", "zone.example", "wide.example",
    "odd.example", "xn--lcalhost-x1a.example", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]", "[::127.0.0.1]", "[::ffff:0:127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]", "[2001:0:7f00:1::]", "[2001:db8::1]", "[fc00::1]", "[fd00:ec2::254]", "[fe80::1]",
    "[fe80::1%25lo]", "[fe80::1%lo]", "[fec0::1]", "[ff02::1]", "[100::1]", "[3fff::1]", "[::1", "::1]", "[127.0.0.1]",
    "[v1.::1]", "①②⑦.0.0.1", "127。0。0。1", "\uff11\uff12\uff17.0.0.1", "127\uff0e0\uff0e0\uff0e1", "ⓛocalhost",
    "loc\u00adalhost",
    "local\u200bhost", "127.0.0.1%00", "%31%32%37.0.0.1", "127%2e0.0.1", "", "_", "-a.example", "a..example",
)  # fmt: skip

FORMS = (
    "http://user@127.0.0.1:{port}/", "http://user:pass@127.0.0.1:{port}/", "http://example.com@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}@example.com/", "http://example.com#@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}#.example.com/", "http://127.0.0.1:{port}\\@example.com/",
    "http://example.com\\@127.0.0.1:{port}/", "http:\\\\127.0.0.1:{port}/", "http:/127.0.0.1:{port}/",
    "http:///127.0.0.1:{port}/", "http:127.0.0.1:{port}", "//127.0.0.1:{port}/", "127.0.0.1:{port}/",
    "HTTP://127.0.0.1:{port}/", " http://127.0.0.1:{port}/", "http://127.0.0.1:{port}/ ",
    "http://127.0.0.1:{port}/\r\nHost: x", "http://127.0.0.1\t:{port}/", "http://127.0.0.1\n:{port}/",
    "http://127.0.0.1:{port}/\x00", "http://127.0.0.1 :{port}/", "http://127.0.0.1: {port}/", "http://127.0.0.1:0{port}/",
    "http://127.0.0.1:+{port}/", "http://127.0.0.1::{port}/", "http://127.0.0.1,example.com:{port}/",
    "file:///etc/passwd", "gopher://127.0.0.1:{port}/_x", "ftp://127.0.0.1:{port}/", "ws://127.0.0.1:{port}/",
    "javascript:alert(1)", "data:,x", "unix:///run/x", "http://127.0.0.1:{port}/?\u2028", "http://127.0.0.1:22/",
    "http://[::ffff:127.0.0.1]:{port}@example.com/", "http+unix://127.0.0.1:{port}/", "jar:http://127.0.0.1:{port}/",
)  # fmt: skip


class Sentinel:
    """Listens on loopback, IPv4 and IPv6, on one port, and counts who comes."""

    def __init__(self) -> None:
        self.came = 0
        self.sockets = [socket.create_server(("127.0.0.1", 0))]
        self.port = self.sockets[0].getsockname()[1]
        with suppress(OSError):  # a machine without IPv6 cannot be reached by it either
            self.sockets.append(socket.create_server(("::1", self.port), family=socket.AF_INET6))
        self.threads = [threading.Thread(target=self._count, args=(it,), daemon=True) for it in self.sockets]
        for thread in self.threads:
            thread.start()

    def _count(self, it: socket.socket) -> None:
        while True:
            try:
                taken, _ = it.accept()
            except OSError:
                return
            self.came += 1
            taken.close()

    def close(self) -> None:
        for it in self.sockets:
            it.shutdown(socket.SHUT_RDWR)
            it.close()
        for thread in self.threads:
            thread.join()


@pytest.fixture
def sentinel() -> Iterator[Sentinel]:
    it = Sentinel()
    yield it
    it.close()


def resolve(host: str, port: int) -> list[str]:
    return NAMES.get(host, [])


def corpus(port: int) -> list[str]:
    """Every spelling, with and without TLS."""
    hosts = [f"{scheme}://{host}:{port}/" for host in HOSTS for scheme in ("https", "http")]
    return hosts + [form.format(port=port) for form in FORMS]


def test_no_url_of_the_corpus_reaches_the_machine_itself(sentinel: Sentinel) -> None:
    outgoing = Outgoing(Guard(ports=frozenset({sentinel.port}), http=True), resolve)
    urls = corpus(sentinel.port)
    assert len(set(urls)) >= 80
    for url in urls:
        answer = outgoing.post(url, {}, b"{}")
        assert (answer.status, answer.error) in ((None, "not_allowed"), (None, "name_unknown")), url
    assert sentinel.came == 0


def test_a_hook_to_any_of_them_is_refused_when_it_is_made(sqlite_house: House, sentinel: Sentinel) -> None:
    guard = Guard(ports=frozenset({sentinel.port}), http=True)
    terms = HookTerms(guard, lambda host, port: NAMES.get(host, ["127.0.0.1"]))
    hooks = engine_of(sqlite_house.store, sqlite_house.clock, hooks=terms).hooks
    for url in corpus(sentinel.port):
        with pytest.raises(Invalid) as refused:
            hooks.add(url, ("*",), sqlite_house.ada)
        assert set(refused.value.fields) == {"url"}, url
    assert hooks.all(sqlite_house.ada) == ()
    assert sentinel.came == 0


def test_a_name_that_means_another_address_at_each_question_leads_nowhere(sentinel: Sentinel) -> None:
    asked: list[str] = []

    def flipping(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["192.0.2.1"] if len(asked) % 2 else ["127.0.0.1"]

    outgoing = Outgoing(
        Guard(networks("192.0.2.0/24"), frozenset({sentinel.port}), http=True), flipping, connect=0.05, total=0.05
    )
    for _ in range(6):
        assert outgoing.post(f"http://flip.example:{sentinel.port}/", {}, b"{}").status is None
    assert len(asked) == 6  # once for each try: what was looked at is what is connected to
    assert sentinel.came == 0


def test_a_socket_that_ends_up_elsewhere_is_given_up(sentinel: Sentinel, monkeypatch: pytest.MonkeyPatch) -> None:
    connect = socket.socket.connect

    def astray(self: socket.socket, to: tuple[str, int]) -> None:
        connect(self, ("127.0.0.1", to[1]))

    monkeypatch.setattr(socket.socket, "connect", astray)
    with receiving() as receiver:
        guard = Guard(networks("127.0.0.2/32"), frozenset({receiver.port}), http=True)
        answer = Outgoing(guard).post(f"http://127.0.0.2:{receiver.port}/", {}, b"{}")
        assert (answer.status, answer.error) == (None, "not_allowed")
        assert receiver.got == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_the_metadata_service_or_to_ourselves_is_not_followed(status: int, sentinel: Sentinel) -> None:
    for to in ("http://169.254.169.254/latest/meta-data/", f"http://127.0.0.1:{sentinel.port}/"):
        with receiving(status=status, headers={"Location": to}) as receiver:
            guard = Guard(networks("127.0.0.0/8"), frozenset({receiver.port, sentinel.port}), http=True)
            answer = Outgoing(guard).post(receiver.url, {}, b"{}")
            assert (answer.status, answer.good) == (status, False)
            assert len(receiver.got) == 1
    assert sentinel.came == 0


def test_no_proxy_of_the_environment_is_used(sentinel: Sentinel, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{sentinel.port}")
    with receiving() as receiver:
        guard = Guard(networks("127.0.0.1/32"), frozenset({receiver.port}), http=True)
        assert Outgoing(guard).post(receiver.url, {}, b"{}").good
    assert sentinel.came == 0


def test_plain_http_and_other_ports_are_for_those_who_allow_them() -> None:
    assert Guard().target("http://example.com/") == "must begin with https://"
    assert "ports" in str(Guard().target("https://example.com:8443/"))
    assert not isinstance(Guard(ports=frozenset({8443})).target("https://example.com:8443/a?b=c"), str)
    assert not isinstance(Guard(http=True).target("http://example.com"), str)


@pytest.mark.parametrize(
    "text", ["8.8.8.8", "93.184.215.14", "1.1.1.1", "100.63.255.255", "172.32.0.1", "2606:4700::1111", "2a00:1450::1"]
)
def test_ordinary_addresses_of_the_internet_may_be_reached(text: str) -> None:
    assert Guard().allows(ip_address(text))


@pytest.mark.parametrize("network", [str(it) for it in DENIED])
def test_neither_end_of_a_denied_network_may_be_reached_unless_it_is_allowed(network: str) -> None:
    it = ip_network(network)
    for address in (it[0], it[-1]):
        assert not Guard().allows(address)
        assert Guard((it,)).allows(address)
