"""A new panel asks to be let in: its code, its fingerprint, who is believed meanwhile, and what it keeps."""

import hashlib
import random
import socket
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from urllib.parse import urlsplit

import pytest

from kiosk.card import Cards, draw_key, fingerprint
from kiosk.clock import Clock
from kiosk.glass import Glass
from kiosk.pairing import Calls, NotHeard, Pairing, Shown, Told
from kiosk.screen.facts import Look
from kiosk.screen.pairing import make_pairing_app, matrix
from server.core import pairing as theirs

from .authorities import Authority, authority
from .gate_double import Gate, House
from .makers import FakeMachine

TOLD = Told("10000000abcdef01", "Raspberry Pi 4", "0.1.0")
ENROLMENT = "rk_enr_0a0b0c0d_secret"


class Rig:
    """A panel that pairs, with time turned by hand."""

    def __init__(self, folder: Path, house: House, *, shown: bytes | None = None, **more: str | None) -> None:
        self.folder, self.house, self.shown_pem = folder, house, shown
        self.machine = FakeMachine()
        self.gate: Gate | None = Gate(house, shown=shown)
        self.url, self.port = self.gate.url, self.gate.port
        self.more = more
        self.begin()

    def begin(self) -> None:
        """As a process that starts."""
        self.pairing = Pairing(
            server=self.url,
            cards=Cards(self.folder),
            told=TOLD,
            calls=Calls(self.url, ca_file=self.more.get("ca_file")),
            elapsed=self.machine.boottime,
            rng=random.Random(5),
            enrolment=self.more.get("enrolment"),
        )

    @property
    def shown(self) -> Shown:
        return self.pairing.shown

    def pass_(self, seconds: float) -> Shown:
        """Let time go by, with everything done when it is due."""
        end = self.machine.boottime() + seconds
        while self.shown.state != "paired":
            wait = self.pairing.step()
            if self.machine.boottime() + wait > end:
                break
            self.machine.pass_(wait + 1e-6)
        self.machine.pass_(max(0.0, end - self.machine.boottime()))
        return self.shown

    def unplug(self) -> None:
        if self.gate:
            self.gate.stop()
        self.gate = None

    def plug(self) -> None:
        self.gate = Gate(self.house, shown=self.shown_pem, port=self.port)


Begin = Callable[..., Rig]


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    made: list[Rig] = []

    def make(house: House | None = None, **more: bytes | str | None) -> Rig:
        made.append(Rig(tmp_path, house or House(), **more))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for one in made:
        one.unplug()


def test_it_shows_a_code_the_page_for_phones_and_its_fingerprint(begin: Begin) -> None:
    it = begin()
    shown = it.pass_(0)
    body = it.house.begun[0]
    assert (shown.state, shown.code, shown.url) == ("waiting", "BCDFGHJK", "https://lintel.example/pair?code=BCDFGHJK")
    assert shown.fingerprint == fingerprint(body["digest"], ())
    assert {name: body[name] for name in ("serial", "model", "version")} == {
        "serial": "10000000abcdef01",
        "model": "Raspberry Pi 4",
        "version": "0.1.0",
    }
    assert it.shown.host == it.url.partition("//")[2]


def test_the_key_is_drawn_as_the_protocol_says_and_is_sent_only_when_it_was_let_in(begin: Begin) -> None:
    it = begin()
    it.pass_(30)
    card = Cards(it.folder).load()
    assert card is not None
    assert it.house.begun[0]["digest"] == hashlib.sha256(card.token.encode()).hexdigest()
    assert it.house.begun[0]["prefix"] == card.token[:15] == card.prefix
    assert it.house.keys == []
    assert card.token not in str(it.house.begun)
    it.house.let_in()
    assert it.pass_(3).state == "paired"
    assert it.house.keys == [f"Bearer {card.token}"]


def test_let_in_it_keeps_who_it_is_for_its_own_user_only(begin: Begin) -> None:
    it = begin(House(authorities=[authority().pem]))
    it.pass_(0)
    mark = it.shown.fingerprint
    it.house.let_in(rooms=["oak", "elm"], push="https://lintel.example/push")
    it.pass_(3)
    card = Cards(it.folder).load()
    assert card is not None
    assert (card.let_in, card.number, card.name, card.rooms) == (True, 7, "Panel at Oak", ("oak", "elm"))
    assert (card.push, card.fingerprint) == ("https://lintel.example/push", mark)
    assert [one.strip() for one in card.authorities] == [authority().pem.strip()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in it.folder.iterdir()} == {0o600}


def test_a_code_is_made_new_before_it_ends(begin: Begin) -> None:
    it = begin()
    assert it.pass_(565).code == "BCDFGHJK"
    assert it.pass_(10).code == "LMNPQRST"
    assert {body["digest"] for body in it.house.begun} == {it.house.begun[0]["digest"]}


def test_a_server_that_has_forgotten_who_waits_is_asked_again(begin: Begin) -> None:
    it = begin()
    it.pass_(6)
    it.house.states.clear()
    assert it.pass_(6).code == "LMNPQRST"


def test_restarted_it_goes_on_waiting_with_the_same_key(begin: Begin) -> None:
    it = begin()
    before = it.pass_(0).fingerprint
    it.begin()
    assert it.pass_(0).fingerprint == before


def test_refused_it_says_so_for_a_minute_and_asks_with_another_key(begin: Begin) -> None:
    it = begin()
    before = it.pass_(0).fingerprint
    it.house.states = dict.fromkeys(it.house.states, "refused")
    assert (it.pass_(5).state, it.shown.code) == ("refused", "")
    assert it.pass_(50).state == "refused"
    after = it.pass_(10)
    assert (after.state, after.fingerprint != before) == ("waiting", True)
    assert len({body["digest"] for body in it.house.begun}) == 2


def test_without_network_it_says_what_it_tries_and_since_when(begin: Begin) -> None:
    it = begin()
    it.unplug()
    shown = it.pass_(120)
    assert (shown.state, shown.why, shown.host) == ("asking", "network", it.url.partition("//")[2])
    assert 115 <= (shown.silent or 0) <= 120
    it.plug()
    assert (it.pass_(16).state, it.shown.silent, it.shown.why) == ("waiting", None, "")


def test_a_code_stays_on_the_glass_while_the_network_is_away_but_not_over_its_end(begin: Begin) -> None:
    it = begin()
    it.pass_(0)
    it.unplug()
    shown = it.pass_(60)
    assert (shown.state, shown.code, shown.why) == ("waiting", "BCDFGHJK", "network")
    assert it.pass_(600).code == ""


def test_an_answer_that_drips_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kiosk.pairing.WHOLE", 0.2)
    over = Event()

    def drip(listening: socket.socket) -> None:
        line, _ = listening.accept()
        with line:
            line.recv(65_536)
            line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            with suppress(OSError):
                while not over.wait(0.05):
                    line.sendall(b" ")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = Thread(target=drip, args=(listening,), daemon=True)
        thread.start()
        calls = Calls(f"http://127.0.0.1:{listening.getsockname()[1]}", ca_file=None)
        began = time.monotonic()
        with pytest.raises(NotHeard, match="network"):
            calls.state("0" * 64)
        over.set()
        thread.join(5)
    assert time.monotonic() - began < 5


def test_a_busy_server_is_not_asked_in_a_row(begin: Begin) -> None:
    it = begin(House(refuse=503))
    assert (it.pass_(120).why, it.shown.state) == ("server", "asking")
    assert len(it.house.asked) < 20


def test_an_enrolment_key_lets_it_in_at_once_and_goes_only_to_who_is_vouched_for(begin: Begin, tmp_path: Path) -> None:
    own = tmp_path.parent / "ca.pem"
    own.write_text(authority().pem)
    house = House(first="paired", authorities=[authority().pem])
    it = begin(house, shown=authority().issue(), ca_file=str(own), enrolment=ENROLMENT)
    assert it.pass_(0).state == "paired"
    assert house.begun[0]["enrolment"] == ENROLMENT


def test_to_a_server_that_nobody_vouches_for_no_secret_is_sent_until_it_is(begin: Begin) -> None:
    house = House(authorities=[authority().pem])
    it = begin(house, shown=authority().issue(), enrolment=ENROLMENT)
    shown = it.pass_(0)
    assert (shown.state, "enrolment" in house.begun[0]) == ("waiting", False)
    assert shown.fingerprint == fingerprint(house.begun[0]["digest"], [authority().pem])
    house.let_in()
    assert it.pass_(3).state == "paired"  # the authorities that staff have compared vouch for it


def test_who_sits_between_has_another_fingerprint_and_never_gets_the_key(begin: Begin) -> None:
    between = House(authorities=[authority().pem])  # which hands on what the true server said
    it = begin(between, shown=Authority("Between").issue())
    it.pass_(0)
    between.let_in()
    assert (it.pass_(60).state, it.shown.why) == ("waiting", "tls")
    assert between.keys == []
    own = Authority("Between")
    between.authorities = [own.pem]  # or its own
    digest = between.begun[0]["digest"]
    assert fingerprint(digest, [own.pem]) != fingerprint(digest, [authority().pem])


def test_where_the_authorities_are_left_to_the_machine_and_it_knows_none_nothing_is_sent(begin: Begin) -> None:
    house = House()
    it = begin(house, shown=Authority("Nobody").issue())
    it.pass_(0)
    house.let_in()
    assert (it.pass_(30).why, house.keys) == ("tls", [])


def test_the_fingerprint_is_the_servers_for_any_key_and_authorities() -> None:
    pems = [authority(name).pem for name in ("House CA", "Spare CA")]
    for number in range(20):
        digest = hashlib.sha256(bytes([number])).hexdigest()
        for some in ((), pems[:1], pems, pems[::-1]):
            assert fingerprint(digest, some) == theirs.fingerprint(digest, some)


def test_keys_are_of_the_form_that_the_server_knows_and_never_the_same() -> None:
    keys = {draw_key() for _ in range(200)}
    assert len(keys) == 200
    assert all(theirs.PREFIX.fullmatch(key[:15]) and len(key) == 68 for key in keys)


def test_the_picture_for_phones_holds_the_address() -> None:
    side, path = matrix("https://lintel.example/pair?code=BCDFGHJK")
    assert side >= 25
    assert path.startswith("M0 0h7v1h-7z")
    assert matrix("https://lintel.example/pair?code=LMNPQRST")[1] != path


@pytest.mark.parametrize("page", ["javascript:alert(1)", "data:text/html,x", "x" * 400, "ftp://lintel.example/"])
def test_an_address_that_is_none_is_not_shown(begin: Begin, page: str) -> None:
    assert begin(House(page=page)).pass_(0).url == ""


def test_a_path_is_one_on_the_server_itself(begin: Begin) -> None:
    it = begin(House(page="/pair?code={code}"))
    assert it.pass_(0).url == f"{it.url}/pair?code=BCDFGHJK"


@pytest.mark.parametrize("page", ["https://evil.example/pair?code={code}", "//evil.example/pair?code={code}"])
def test_staff_are_sent_nowhere_else_by_whom_nobody_vouches_for(begin: Begin, page: str) -> None:
    it = begin(House(page=page), shown=Authority("Between").issue())
    assert urlsplit(it.pass_(0).url).netloc == urlsplit(it.url).netloc


def test_its_page_is_guarded_like_the_panels_and_tells_its_size(begin: Begin) -> None:
    it = begin()
    it.pass_(0)
    glass = Glass(it.machine.boottime)
    app = make_pairing_app(
        shown=lambda: it.shown,
        size=it.pairing.glass,
        glass=glass,
        look=Look("de", 5.2, "dark"),
        secret="s" * 43,
        port=8090,
    )
    client, host = app.test_client(), {"Host": "127.0.0.1:8090"}
    page = client.get("/", headers=host)
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert 'lang="de"' in page.text
    assert "Dieses Display anmelden" in page.text
    assert client.get("/pairing.json", headers=host).json["code"] == "BCDFGHJK"
    state = client.get("/state.json", headers=host).json
    assert (state["state"], state["reason"], state["pairing"]["code"]) == ("unknown", "not_paired", "BCDFGHJK")
    assert client.get("/pairing.json", headers={"Host": "evil.example"}).status_code == 403
    assert client.post("/alive", json={"size": "800x480"}, headers=host).status_code == 403
    ours = host | {"Origin": "http://127.0.0.1:8090", "X-Lintel-Secret": "s" * 43}
    for size in ("800x480", "<b>", 5):
        assert client.post("/alive", json={"size": size}, headers=ours).status_code == 204
    assert glass.seen().ago == 0
    it.pass_(580)
    assert it.house.begun[-1]["glass"] == "800x480"


def test_it_runs_by_itself_until_it_is_let_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kiosk.pairing.POLL", 0.05)
    gate = Gate(House())
    pairing = Pairing(
        server=gate.url,
        cards=Cards(tmp_path),
        told=TOLD,
        calls=Calls(gate.url, ca_file=None),
        elapsed=Clock(FakeMachine()).elapsed,
        rng=random.Random(5),
    )
    done: list[object] = []
    stopping = Event()
    thread = Thread(target=lambda: done.append(pairing.run(stopping)), daemon=True)
    thread.start()
    end = time.monotonic() + 10
    while not gate.house.begun and time.monotonic() < end:
        stopping.wait(0.01)
    gate.house.let_in()
    thread.join(10)
    gate.stop()
    assert done
    assert pairing.shown.state == "paired"
