"""What the server may rely on of a glass: that it painted without a break, that touch works, that nothing is owed."""

from collections.abc import Callable
from typing import Any

from kiosk.glass import Glass, Seen
from kiosk.instants import iso, parse

from .makers import FakeMachine, at, awaited
from .rig import Rig

Make = Callable[..., Rig]


def glass() -> tuple[Glass, FakeMachine]:
    machine = FakeMachine()
    return Glass(machine.boottime), machine


def test_before_the_page_has_painted_nothing_is_claimed() -> None:
    assert glass()[0].seen() == Seen(None, None, "")


def test_gaps_up_to_half_a_minute_are_no_break() -> None:
    it, machine = glass()
    for seconds in (0, 5, 30, 4.5):
        machine.pass_(seconds)
        it.painted("good")
    machine.pass_(2.5)
    assert it.seen() == Seen(3, 39, "good")


def test_a_longer_silence_begins_anew_and_what_is_said_is_never_more_than_was() -> None:
    it, machine = glass()
    it.painted("good")
    machine.pass_(30.1)
    assert it.seen() == Seen(31, 0, "good")
    it.painted("suspect")
    machine.pass_(0.9)
    it.painted("suspect")
    assert it.seen() == Seen(0, 0, "suspect")


def beats(it: Rig) -> list[Any]:
    return [body for body in it.truth.bodies if body and "rooms" in body]


def paint(it: Rig, seconds: float, touch: str = "good") -> None:
    """Time goes by with a page that paints every five seconds."""
    while seconds > 0:
        it.agent.glass.painted(touch)
        it.pass_(min(5.0, seconds))
        seconds -= 5


def test_the_page_paints_on_through_an_outage_and_a_restart_of_the_agent_begins_anew(rig: Make) -> None:
    it = rig()
    paint(it, 60)
    it.unplug()
    paint(it, 120)
    it.plug()
    paint(it, 20)
    assert beats(it)[-1]["painted_for"] >= 190
    it.restart()
    it.pass_(5)
    assert (beats(it)[-1]["painted_for"], beats(it)[-1]["touch"]) == (None, "")


def test_a_panel_that_owes_nothing_names_the_last_answer_it_had(rig: Make) -> None:
    it = rig()
    it.pass_(20)
    body = beats(it)[-1]
    assert body["settled"] is True
    assert 0 <= it.now() - parse(body["heard"]) <= 10
    assert "painted_at" not in body


def test_while_something_done_at_the_glass_is_owed_it_is_not_settled(rig: Make) -> None:
    it = rig(awaited("10:40", "11:30", id="m"))
    it.truth.fault, it.truth.fault_on = "slam", "/act"
    it.tap(act="check_in", booking="m", version=1)
    it.pass_(6)
    assert beats(it)[-1]["settled"] is False
    it.truth.fault = None
    it.pass_(35)
    assert beats(it)[-1]["settled"] is True
    assert beats(it)[-1]["heard"] > iso(at("10:42:06"))
