"""A panel that was sent away becomes a newcomer in the same program, and keeps nothing but what it owes."""

from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import pytest

from kiosk.card import Card, Cards, draw_key
from kiosk.compose import CannotStart
from kiosk.excerpt import Excerpt
from kiosk.ledger import Entry, Ledger
from kiosk.member import REVOKED
from kiosk.settings import Settings, read
from kiosk.stages import Door, Newcomer, Program

from .gate_double import Gate, House
from .makers import FakeMachine


@pytest.fixture
def gate() -> Iterator[Gate]:
    it = Gate(House())
    yield it
    it.stop()


def chosen(folder: Path, gate: Gate) -> Settings:
    return read({"data": str(folder), "server": gate.url, "serial": "10000000abcdef01"}, environ={})


def test_revoked_for_ten_minutes_it_forgets_the_house_and_asks_with_a_new_key(tmp_path: Path, gate: Gate) -> None:
    settings = chosen(tmp_path, gate)
    old = Card(draw_key(), gate.url, let_in=True, number=7, rooms=("oak",))
    Cards(tmp_path).keep(old)
    Ledger(tmp_path).append(Entry("op-1", "here", 0, {"op": "op-1", "room": "oak", "booking": "m"}))
    (tmp_path / "plan-oak.json").write_text("a plan")
    machine = FakeMachine(boottime=5000.0)
    stage = Door(settings, excerpt=Excerpt(), machine=machine)
    over: list[int | None] = []
    stopping = Event()
    thread = Thread(target=lambda: over.append(stage.run(stopping)), daemon=True)
    thread.start()
    while thread.is_alive() and not gate.house.keys:
        thread.join(0.02)
    thread.join(0.6)
    assert thread.is_alive()  # ten minutes have not passed
    machine.pass_(REVOKED + 1)
    thread.join(20)
    assert over == [None]
    stage.end(for_good=False)
    kept = {path.name for path in tmp_path.iterdir()}
    assert not any(name.startswith(("pairing", "plan", "heard", "given")) for name in kept)
    assert [entry.op for entry in Ledger(tmp_path).unsettled()] == ["op-1"]
    assert Cards(tmp_path).revoked, "so no enrolment key lets it in again"
    following = Program(settings, excerpt=Excerpt(), machine=machine)._stage
    assert isinstance(following, Newcomer)
    following.end(for_good=False)
    card = Cards(tmp_path).load()
    assert card is not None
    assert (card.let_in, card.token == old.token) == (False, False)


def test_the_first_stage_is_what_the_card_says(tmp_path: Path, gate: Gate) -> None:
    settings = chosen(tmp_path, gate)
    first = Program(settings, excerpt=Excerpt(), machine=FakeMachine())._stage
    assert isinstance(first, Newcomer)
    with pytest.raises(CannotStart, match="another panel"):
        Program(settings, excerpt=Excerpt(), machine=FakeMachine())
    first.end(for_good=False)
    waiting = Cards(tmp_path).load()
    assert waiting is not None
    assert not waiting.let_in
    Cards(tmp_path).keep(Card(waiting.token, gate.url, let_in=True, number=7))
    second = Program(settings, excerpt=Excerpt(), machine=FakeMachine())._stage
    assert isinstance(second, Door)
    second.end(for_good=False)
