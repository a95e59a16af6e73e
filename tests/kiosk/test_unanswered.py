"""Acts that the server was asked for and never answered: their time is not promised once more."""

from typing import Any

import pytest

from kiosk.escrow import Owned, owned_until
from kiosk.instants import iso
from kiosk.ledger import CannotSave, Entry
from kiosk.unanswered import taken

from .makers import at, booking, plan
from .test_alone import Make, entries


def test_a_longer_end_that_was_asked_for_and_never_answered_is_not_promised_again(
    rig: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    it = rig(booking("10:00", "10:45", id="ours", here=True), device=True)
    it.truth.own((at("10:45"), at("12:42")))
    it.pass_(10)
    it.truth.fault, it.truth.fault_on = "lose the answer", "/act"

    def full(draft: Any) -> Any:
        raise CannotSave("No space left on device")

    monkeypatch.setattr(it.agent.word.journal, "add", full)
    assert it.tap(act="extend", booking="ours", version=1, minutes=15).outcome == "unknown"
    monkeypatch.undo()
    it.unplug()
    it.pass_(4 * 60)
    assert it.view()["state"] == "free"
    assert it.agent.panel.promises().until(int(it.now())) is None
    it.tap(act="book", minutes=15)
    assert entries(it)[0].grade == "not_confirmed"


@pytest.mark.parametrize(
    ("act", "more", "until"),
    [
        ("book", {"start": iso(at("11:00")), "end": iso(at("11:30"))}, at("11:00")),
        ("extend", {"booking": "theirs", "minutes": 15}, at("12:00")),
        ("extend", {"booking": "of another day", "minutes": 15}, None),
        ("undo", {"of": "whatever"}, None),
        ("end", {"booking": "theirs"}, at("12:42")),
        ("undo", {"of": "whatever", "room": "elm"}, at("12:42")),
    ],
)
def test_an_act_without_an_answer_takes_as_much_as_it_may_have_taken(
    act: str, more: dict[str, Any], until: int | None
) -> None:
    owned = ((at("10:42"), at("12:42")),)
    there = plan(booking("09:00", "12:00", id="theirs"))
    busy = taken([Entry("op", act, 0, {"act": act, "room": "oak", **more})], there, owned)
    assert owned_until(Owned("life", 1, owned), at("10:42"), busy) == until
