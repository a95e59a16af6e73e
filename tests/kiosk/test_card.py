"""What the card holds of the pairing, and how a change of certificates never costs a panel its server."""

import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kiosk.card import FILE, Card, Cards, draw_key, renewed
from kiosk.clock import Clock
from kiosk.me import Me, me_from
from kiosk.member import REVOKED, Member, NoKey
from kiosk.settings import Settings

from .authorities import DAY, Authority, authority
from .gate_double import BEGAN, Gate, House, me_json
from .makers import FakeMachine

SERVER = "https://lintel.example"


def let_in(*authorities: Authority, **more: Any) -> Card:
    pems = tuple(one.pem.strip() for one in authorities)
    return Card(draw_key(), SERVER, let_in=True, number=7, name="Oak", authorities=pems, **more)


def me(*authorities: Authority, **more: Any) -> Me:
    return me_from(me_json(authorities=[one.pem for one in authorities], **more))


def member(
    folder: Path, *, server: str = SERVER, machine: FakeMachine | None = None, token: str | None = None
) -> Member:
    settings = Settings(
        server=server,
        data=folder,
        host="127.0.0.1",
        port=8090,
        token=token,
        rooms=(),
        language="en",
        density=None,
        theme="light",
        ca_file=None,
    )
    return Member(settings, clock=Clock(machine or FakeMachine()), changed=lambda _: None)


def test_it_is_kept_whole_for_its_own_user_only_and_never_shown(tmp_path: Path) -> None:
    card = let_in(authority(), rooms=("oak", "elm"), push="https://lintel.example/push", fingerprint="BCDF-GHJK-LMNP")
    assert Cards(tmp_path).keep(card)
    assert Cards(tmp_path).load() == card
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    assert card.token not in repr(card)


@pytest.mark.parametrize("content", [b"", b"torn", b"lintel-file 1 sha256=00 bytes=2\n{}"])
def test_a_torn_card_gives_way_to_the_one_before(tmp_path: Path, content: bytes) -> None:
    card = let_in(authority())
    cards = Cards(tmp_path)
    cards.keep(card)
    cards.keep(replace(card, name="Elm"))
    (tmp_path / FILE).write_bytes(content)
    assert Cards(tmp_path).load() == card
    cards.keep(replace(card, name="Ash"))  # and is not pushed out by the torn one
    (tmp_path / FILE).write_bytes(content)
    assert Cards(tmp_path).load() == card


def test_without_a_card_there_is_none(tmp_path: Path) -> None:
    assert Cards(tmp_path).load() is None
    with pytest.raises(NoKey):
        member(tmp_path)
    Cards(tmp_path).keep(Card(draw_key(), SERVER))  # one that nobody has let in
    with pytest.raises(NoKey):
        member(tmp_path)


def test_a_card_that_takes_nothing_is_told_and_does_no_harm(tmp_path: Path) -> None:
    cards = Cards(tmp_path / "gone")
    assert not cards.keep(let_in())


def test_forgotten_only_what_is_owed_stays(tmp_path: Path) -> None:
    Cards(tmp_path).keep(let_in())
    kept = ("ledger.jsonl", "ledger.torn-1.jsonl", "kiosk.toml", "keeper.secret", "lock", "reboots.json")
    for name in (*kept, "plan-oak.json", "plan-oak.previous.json", "plan-oak.json.new", "heard.json", "given.json"):
        (tmp_path / name).write_text("x")
    Cards(tmp_path).forget()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(kept)


def test_new_authorities_are_believed_beside_the_old_ones_until_they_are_proven() -> None:
    a, b, c = authority("A"), authority("B"), authority("C")
    card = renewed(let_in(a), me(a, b))
    assert (len(card.authorities), card.before) == (2, ())  # nothing was taken away
    card = renewed(let_in(a), me(b))
    assert (card.authorities, card.before) == ((b.pem.strip(),), (a.pem.strip(),))
    twice = renewed(card, me(c))  # the second change before the first one was seen
    assert twice.before == (a.pem.strip(), b.pem.strip())
    assert renewed(twice, me(c)) == twice


def test_authorities_that_are_none_change_nothing() -> None:
    card = let_in(authority())
    for wrong in (["no"], "text", [5], [authority(f"CA {number}").pem for number in range(9)]):
        with pytest.raises((ValueError, TypeError)):
            renewed(card, me_from(me_json(authorities=wrong)))


def test_a_change_of_authority_is_survived_and_the_old_one_is_dropped_when_the_new_one_serves(tmp_path: Path) -> None:
    old, new = authority("Old CA"), authority("New CA")
    first = Gate(House(), shown=old.issue())
    Cards(tmp_path).keep(replace(let_in(old), server=first.url))
    it = member(tmp_path, server=first.url)
    session = it.session()
    assert session.get(first.url, timeout=5).status_code == 404
    it.told(me(new))
    assert it.card is not None
    assert it.card.before  # the server still shows what the old one signed
    assert session.get(first.url, timeout=5).status_code == 404
    first.stop()
    second = Gate(House(), shown=new.issue(), port=first.port)
    assert session.get(first.url, timeout=5).status_code == 404
    it.prove()
    assert (it.card.before, Cards(tmp_path).load()) == ((), it.card)
    second.stop()
    third = Gate(House(), shown=old.issue(), port=first.port)
    with pytest.raises(OSError, match="certificate"):
        session.get(first.url, timeout=5)
    third.stop()


def test_a_panel_that_slept_ninety_days_through_renewal_and_change_of_authority_finds_home(tmp_path: Path) -> None:
    old, spare = authority("Old CA"), authority("Spare CA")
    Cards(tmp_path).keep(let_in(old, spare))
    later = BEGAN + 90 * DAY
    gate = Gate(House(), shown=spare.issue(begins=later - DAY, ends=later + 30 * DAY))
    for wall in (0.0, 2_145_916_800.0):  # 1970, 2038
        it = member(tmp_path, server=gate.url, machine=FakeMachine(wall=wall))
        assert it.session().get(gate.url, timeout=5).status_code == 404
    gate.stop()


def test_a_key_that_is_unknown_for_ten_minutes_is_revoked_and_one_answer_clears_it(tmp_path: Path) -> None:
    Cards(tmp_path).keep(let_in())
    machine = FakeMachine()
    it = member(tmp_path, machine=machine)
    it.known(False)
    machine.pass_(REVOKED - 1)
    it.known(False)
    assert not it.revoked
    it.known(True)
    machine.pass_(REVOKED)
    assert not it.revoked
    it.known(False)
    machine.pass_(REVOKED)
    assert it.revoked


def test_a_token_of_the_settings_is_never_given_up_and_keeps_no_card(tmp_path: Path) -> None:
    machine = FakeMachine()
    it = member(tmp_path, machine=machine, token="rvx_test")
    it.known(False)
    machine.pass_(10 * REVOKED)
    it.told(me(authority()))
    assert not it.revoked
    assert not list(tmp_path.iterdir())


def test_it_becomes_who_the_server_says(tmp_path: Path) -> None:
    Cards(tmp_path).keep(let_in(fingerprint="BCDF-GHJK-LMNP"))
    it = member(tmp_path)
    it.told(me(name="Elm", rooms=["elm"], state="quarantined"))
    assert (it.who.number, it.who.name, it.who.state, it.who.fingerprint) == (7, "Elm", "quarantined", "BCDF-GHJK-LMNP")
    assert (member(tmp_path).card, it.settings.token) == (it.card, it.card and it.card.token)
