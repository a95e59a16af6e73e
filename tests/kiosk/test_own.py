"""What was done at a door and the server has not got, beside a plan that has come on."""

from dataclasses import replace

from kiosk import own
from kiosk.chain import Entry

from .makers import at, booking, plan
from .test_alone import Make, back, cut_off

NOW = at("10:10")


def done(act: str, op: str, *, of: str = "", booking: str = "", end: int | None = None) -> Entry:
    return Entry(op, act, "oak", end=end, of=of, booking=booking, grade="confirmed", wall=NOW)


def test_a_longer_end_of_what_the_plan_has_no_more_is_taken_until_the_server_has_heard() -> None:
    longer = done("extend", "longer", booking="theirs", end=at("11:00"))
    there = plan(booking("10:00", "10:30", id="theirs"))
    assert own.taken_by(own.with_own(there, [longer], {})) == ((at("10:00"), at("11:00")),)
    assert own.taken_by(own.with_own(plan(), [longer], {})) == ((NOW, at("11:00")),)
    taken_back = [longer, done("undo", "undo", of="longer")]
    assert own.taken_by(own.with_own(plan(), taken_back, {})) == ()


def test_an_end_that_was_taken_back_leaves_the_room_taken_whatever_the_plan_has_of_it() -> None:
    there = plan(booking("10:00", "10:30", id="ours"))
    ended = done("end", "end", booking="ours")
    was = own.before(there, [ended], {}, "end")
    assert was is not None
    undone = done("undo", "undo", of="end", booking=was.id, end=was.end)
    whole = ((at("10:00"), at("10:30")),)
    assert own.taken_by(own.with_own(there, [ended, undone], {})) == whole
    shorter = plan(replace(there.bookings[0], end=NOW, ended=True))
    drawn = own.with_own(shorter, [ended, undone], {})  # the plan has what is still to be brought
    assert (own.taken_by(drawn), drawn.bookings[0].confirmed) == (whole, False)
    assert own.taken_by(own.with_own(shorter, [undone], {})) == whole
    assert own.taken_by(own.with_own(plan(), [undone], {})) == ((NOW, at("10:30")),)
    assert own.before(shorter, [], {}, "end") is None


def test_a_walk_in_of_the_same_start_that_is_over_is_no_word_on_another() -> None:
    book = replace(done("book", "second", end=at("10:40")), start=NOW)
    over = plan(booking("10:10", "10:11", id="first", here=True, ended=True))
    whole = ((NOW, at("10:40")),)
    assert own.taken_by(own.with_own(over, [book], {"first-op": "first"})) == whole
    assert own.taken_by(own.with_own(over, [book], {})) == whole
    ((low, high),) = own.taken_by(own.with_own(over, [book], {"second": "first"}))
    assert (low, high) == (NOW, at("10:11")), "the server has told that it was cut"


def test_while_the_journal_is_owed_a_walk_in_does_not_overtake_it(rig: Make) -> None:
    it = cut_off(rig)
    first = it.tap(act="book", minutes=15).op
    it.pass_(60)
    it.tap(act="end", booking=f"op:{first}", version=0)
    it.truth.fault, it.truth.fault_on = "slam", "/journal"
    back(it)
    asked = it.truth.asked.count("/act")
    outcome = it.tap(act="book", minutes=15)
    assert (outcome.outcome, outcome.grade, it.truth.asked.count("/act")) == ("promised", "confirmed", asked)
    it.truth.fault, it.truth.fault_on = "", ""
    it.pass_(60)
    assert it.view()["unconfirmed"] == 0
