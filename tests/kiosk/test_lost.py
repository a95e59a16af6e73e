"""Answers and requests that are lost: what is unknown is found out, survives restarts and is never done twice."""

from collections.abc import Callable

import pytest

from .rig import Rig
from .test_acts import held, pending, whys

Make = Callable[..., Rig]


def test_a_lost_answer_is_unknown_then_found_out_and_never_booked_twice(rig: Make) -> None:
    it = rig()
    it.truth.fault, it.truth.fault_on = "lose the answer", "/act"
    outcome = it.tap(act="book", minutes=15)
    assert (outcome.outcome, outcome.error) == ("unknown", None)
    view = it.view()
    assert view["pending"] == {"op": outcome.op, "act": "book"}
    assert (view["unconfirmed"], view["undo"], whys(it)) == (1, None, {"pending"})
    error = it.tap(act="book", minutes=30).error
    assert error is not None
    assert error["code"] == "pending"
    it.truth.fault = None
    it.pass_(5)
    view = it.view()
    assert (view["state"], view["pending"], view["unconfirmed"]) == ("busy", None, 0)
    assert (view["last"]["op"], view["last"]["outcome"]) == (outcome.op, "done")
    assert view["undo"]["op"] == outcome.op
    assert len(held(it)) == 1


def test_a_lost_request_is_sent_again_with_the_same_op_while_it_may_still_be_done(rig: Make) -> None:
    it = rig()
    it.truth.fault, it.truth.fault_on = "slam", "/act"
    outcome = it.tap(act="book", minutes=15)
    assert (outcome.outcome, held(it)) == ("unknown", [])
    it.truth.fault = None
    it.pass_(5)
    assert it.view()["last"]["outcome"] == "done"
    assert len({one["op"] for one in it.truth.bodies if one and "op" in one}) == 1


def test_what_comes_too_late_is_not_done_and_the_page_hears_that(rig: Make) -> None:
    it = rig()
    it.truth.fault, it.truth.fault_on = "slam", "/act"
    outcome = it.tap(act="book", minutes=15)
    it.pass_(40)
    assert (pending(it), it.view()["unconfirmed"], whys(it)) == (False, 1, {None})
    it.truth.fault = None
    it.pass_(31)
    last = it.view()["last"]
    assert (last["op"], last["outcome"], last["error"]["code"]) == (outcome.op, "refused", "expired")
    assert (held(it), it.view()["unconfirmed"]) == ([], 0)


@pytest.mark.parametrize("orderly", [True, False])
@pytest.mark.parametrize("fault", ["slam", "lose the answer"])
def test_an_act_whose_outcome_is_unknown_survives_a_restart(rig: Make, fault: str, orderly: bool) -> None:
    it = rig()
    it.truth.fault, it.truth.fault_on = fault, "/act"
    it.tap(act="book", minutes=15)
    it.unplug()
    it.restart(orderly=orderly)
    assert (it.view()["unconfirmed"], pending(it)) == (1, True)
    it.truth.fault = None
    it.plug()
    it.pass_(15)
    view = it.view()
    assert (view["state"], view["unconfirmed"], view["last"]["outcome"]) == ("busy", 0, "done")
    assert len(held(it)) == 1


def test_a_token_revoked_at_the_tap_is_a_refusal_but_after_a_lost_answer_says_nothing(rig: Make) -> None:
    it = rig()
    it.truth.fault, it.truth.fault_on = "401", "/act"
    error = it.tap(act="book", minutes=15).error
    assert error is not None
    assert error["code"] == "unnamed"
    it.truth.fault = "lose the answer"
    assert it.tap(act="book", minutes=15).outcome == "unknown"
    it.truth.fault = "401"
    it.pass_(5)
    assert it.view()["unconfirmed"] == 1
    it.truth.fault = None
    it.pass_(31)
    assert (it.view()["unconfirmed"], len(held(it))) == (0, 1)


def test_a_late_answer_after_the_feed_has_moved_on_brings_nothing_back(rig: Make) -> None:
    it = rig()
    it.truth.fault, it.truth.fault_on = "lose the answer", "/act"
    it.tap(act="book", minutes=15)
    it.truth.change(held(it)[0]["id"], None)  # cancelled elsewhere before our answer came
    it.pass_(8)
    assert it.view()["state"] == "free"
    it.truth.fault = None
    it.pass_(31)
    assert (it.view()["state"], it.view()["last"]["outcome"]) == ("free", "done")
