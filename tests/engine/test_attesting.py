"""What panels knew comes back after a backup was put in place: once, where it was, and nothing silently."""

from dataclasses import replace
from datetime import timedelta

import pytest

from server.core.access import CLI
from server.core.attest import Told
from server.core.clock import epoch
from server.core.errors import Barred, Invalid, Unknown
from server.core.model import Ask, Edit, Standing
from server.engine.attesting import Heard
from server.engine.granting import Holding, Says
from server.engine.tapping import Act
from tests import make
from tests.engine.card import Card
from tests.engine.drill import Drill, Plan, forgotten


@pytest.fixture
def it(house: make.House) -> Drill:
    return Drill(house)


def test_what_a_backup_did_not_have_is_made_anew_with_its_uid_and_listed(it: Drill) -> None:
    it.house.policy(door_host="full", door_title=True)
    kept, lost = it.house.book("11:00", "12:00"), it.house.book("14:00", "15:00")
    plan = it.plan()
    it.restore(lost)
    assert it.attest(plan) == Heard(known=1, recovered=1)
    back = it.booking(lost.uid)
    assert (back.starts, back.ends, back.standing, back.version) == (lost.starts, lost.ends, Standing.ACCEPTED, 1)
    assert (back.title, back.organizer, back.source, back.owner) == ("Planning", "Alice Adams", "recovered", None)
    assert it.listed() == [(lost.uid, "made", False)]
    assert it.booking(kept.uid) == kept
    assert it.house.changes()[-1] == "recovered"
    assert it.house.engine.audit.verify(CLI).found is None
    assert (back.starts, back.ends) in it.house.day()


def test_it_may_be_told_again_and_again_and_by_others(it: Drill) -> None:
    lost = it.house.book("14:00", "15:00")
    _, _, second = it.house.panel("oak")
    plan = it.plan()
    it.restore(lost)
    assert it.attest(plan).recovered == 1
    for by in (it.panel, second, it.panel):
        assert it.attest(plan, by=by) == Heard(known=1)
    assert len(it.listed()) == 1
    assert it.house.overlaps() == []


def test_what_is_not_the_servers_word_is_refused(it: Drill) -> None:
    lost = it.house.book("14:00", "15:00")
    ((word, proof),) = it.plan()
    it.restore(lost)
    forged: Plan = [
        (replace(word, ends=word.ends + 3_600), proof), (word, ""), (word, "0" * 32), (replace(word, uid="x\0"), proof),
        (replace(word, title="\ud800"), proof),
    ]  # fmt: skip
    assert it.attest(forged) == Heard(refused=5)
    assert it.attest([(word, proof)], slug="elm", by=it.house.ada) == Heard(refused=1)
    assert it.listed() == []


def test_in_the_life_that_the_plan_is_of_nothing_is_made(it: Drill) -> None:
    made = it.house.book("14:00", "15:00")
    plan = it.plan()
    it.house.engine.bookings.cancel(made.uid, it.house.alice)
    assert it.attest(plan) == Heard(known=1)
    assert it.listed() == []


def test_what_was_cancelled_stays_cancelled_where_the_backup_knows_it(it: Drill) -> None:
    made = it.house.book("14:00", "15:00")
    plan = it.plan()
    it.house.engine.bookings.cancel(made.uid, it.house.alice)
    it.restore()
    assert it.attest(plan) == Heard(known=1)
    assert it.booking(made.uid).standing is Standing.CANCELLED


def test_what_was_moved_after_the_backup_is_moved_again(it: Drill) -> None:
    made = it.house.book("14:00", "15:00")
    moved = it.house.engine.bookings.change(made.uid, Edit(starts=make.at("16:00"), ends=make.at("17:30")), CLI)
    plan = it.plan()
    it.restore(older=made)
    assert it.attest(plan) == Heard(recovered=1)
    back = it.booking(made.uid)
    assert (back.starts, back.ends, back.version) == (moved.starts, moved.ends, moved.version)
    assert (back.organizer, back.title) == (made.organizer, made.title)
    assert it.listed() == [(made.uid, "changed", False)]
    assert it.attest(plan) == Heard(known=1)


def test_what_somebody_was_told_since_is_not_undone_by_what_a_panel_knew_before(it: Drill) -> None:
    made = it.house.book("14:00", "15:00")
    for hour in ("15", "16"):
        it.house.engine.bookings.change(made.uid, Edit(starts=make.at(f"{hour}:00"), ends=make.at(f"{hour}:30")), CLI)
    plan = it.plan()
    it.restore(older=made)
    new = it.house.engine.bookings.change(made.uid, Edit(starts=make.at("17:00"), ends=make.at("18:00")), CLI)
    assert it.attest(plan) == Heard(recovered=1)
    assert it.booking(made.uid) == new
    assert it.listed() == [(made.uid, "listed", False)]
    assert it.attest(plan) == Heard(known=1)


def test_a_walk_in_that_a_panel_brought_back_is_ended_by_the_word_of_its_door(it: Drill) -> None:
    made = it.house.engine.devices.act(Act("the-same-tap", "book", "oak", make.at("10:05"), minutes=30), it.panel)
    theirs = it.house.book("14:00", "15:00")
    plan = it.plan()
    forgotten(it.house)
    it.restore(made, theirs)
    assert it.attest(plan) == Heard(recovered=2)
    it.house.clock.forward(minutes=10)
    card = Card(it.house, it.panel)
    card.write("end", booking=made.uid)
    card.write("end", booking=theirs.uid)
    assert [each.outcome for each in card.bring().results] == ["accepted", "nothing"]
    assert it.booking(made.uid).ended_at == it.house.clock.now()


def test_an_approval_after_the_backup_is_not_lost(it: Drill) -> None:
    it.house.policy(approval=True)
    made = it.house.book("14:00", "15:00")
    assert made.standing is Standing.PENDING
    approved = it.house.engine.bookings.approve(made.uid, it.house.ada)
    plan = it.plan()
    it.restore(older=made)
    assert it.attest(plan) == Heard(recovered=1)
    assert it.booking(made.uid).standing is approved.standing


def test_where_the_time_is_another_s_now_it_is_a_conflict_that_both_can_see(it: Drill) -> None:
    lost = it.house.book("14:00", "15:00")
    plan = it.plan()
    it.restore(lost)
    other = it.house.book("14:30", "15:30")
    assert it.attest(plan) == Heard(recovered=1)
    assert it.booking(lost.uid).standing is Standing.CONFLICT
    assert it.listed() == [(lost.uid, "conflict", True)]
    assert it.open() == [("recovered", lost.uid, other.uid)]
    assert it.house.overlaps() == []
    assert it.attest(plan) == Heard(known=1)


def test_into_a_closed_time_it_is_a_conflict_with_nobody(it: Drill) -> None:
    lost = it.house.book("14:00", "15:00")
    plan = it.plan()
    it.restore(lost)
    it.house.engine.rooms.close("oak", CLI, make.at("13:00"), make.at("18:00"), "Cleaning")
    assert it.attest(plan).recovered == 1
    assert it.open() == [("recovered", lost.uid, None)]


def test_time_that_doors_are_only_assumed_to_own_is_free_for_it(it: Drill) -> None:
    lost = it.house.book("10:30", "11:30")
    it.house.panel("oak")
    plan = it.plan()
    it.restore(lost)
    assert it.attest(plan) == Heard(recovered=1)
    assert it.booking(lost.uid).standing is Standing.ACCEPTED
    assert it.house.overlaps() == []
    held = it.house.day()
    assert (lost.starts, lost.ends) in held


def test_of_a_door_that_was_given_the_time_since_it_is_at_risk_until_that_has_spoken(it: Drill) -> None:
    lost = it.house.book("10:30", "11:30")
    _, _, second = it.house.panel("oak")
    plan = it.plan()
    it.restore(lost)
    ask, life = it.house.engine.escrow.ask, it.life
    holds = dict.fromkeys((it.panel, second), 0)
    for by in (it.panel, second, it.panel, second, second):  # the first gives back, then the second owns it
        want = by is second
        holds[by] = ask(Says((Holding("oak", life, holds[by], want),)), by).grants["oak"].version
    assert it.attest(plan, by=it.panel) == Heard(recovered=1)
    assert it.booking(lost.uid).standing is Standing.AT_RISK
    for _ in range(2):
        holds[second] = ask(Says((Holding("oak", life, holds[second]),)), second).grants["oak"].version
    assert it.booking(lost.uid).standing is Standing.ACCEPTED
    assert it.house.overlaps() == []


def test_what_is_long_over_is_left(it: Drill) -> None:
    lost = it.house.book("10:00", "11:00")
    plan = it.plan()
    it.restore(lost)
    it.house.clock.forward(hours=25)
    assert it.attest(plan) == Heard(known=1)
    assert it.listed() == []


def test_of_what_is_over_since_a_moment_the_past_is_as_it_was(it: Drill) -> None:
    lost = it.house.book("10:00", "11:00")
    plan = it.plan()
    it.restore(lost)
    it.house.clock.forward(hours=5)
    assert it.attest(plan).recovered == 1
    assert it.booking(lost.uid).standing is Standing.ACCEPTED


def test_a_booking_of_several_rooms_is_made_by_the_first_door_and_the_others_add_theirs(it: Drill) -> None:
    ask = Ask(("oak", "elm"), make.at("14:00"), make.at("15:00"), "Planning")
    lost = it.house.engine.bookings.book(ask, it.house.alice)
    _, _, second = it.house.panel("elm")
    here, there = it.plan(), it.plan("elm", second)
    it.restore(lost)
    assert it.attest(here).recovered == 1
    assert it.booking(lost.uid).rooms == (it.house.oak.number,)
    assert it.attest(there, "elm", second).recovered == 1
    assert set(it.booking(lost.uid).rooms) == {it.house.oak.number, it.house.elm.number}
    assert [each[1] for each in it.listed()] == ["made", "joined"]
    assert it.attest(there, "elm", second) == Heard(known=1)
    assert len(it.house.day("elm")) == 1
    assert it.house.overlaps() == []


def test_a_further_room_that_is_taken_is_listed_once(it: Drill) -> None:
    ask = Ask(("oak", "elm"), make.at("14:00"), make.at("15:00"), "Planning")
    lost = it.house.engine.bookings.book(ask, it.house.alice)
    _, _, second = it.house.panel("elm")
    here, there = it.plan(), it.plan("elm", second)
    it.restore(lost)
    it.house.book("14:00", "15:00", room="elm")
    it.attest(here)
    assert it.attest(there, "elm", second).recovered == 1
    assert it.attest(there, "elm", second) == Heard(known=1)
    assert [each[1] for each in it.listed()] == ["made", "listed"]
    assert it.booking(lost.uid).rooms == (it.house.oak.number,)


def test_of_a_combined_room_only_the_part_that_was_booked_comes_back(it: Drill) -> None:
    both = it.house.engine.rooms.add(make.room("both", parts=(it.house.oak.number, it.house.elm.number)), CLI)
    part = it.house.book("14:00", "15:00", room="elm")
    all_of_it = it.house.book("16:00", "17:00", room="both")
    _, _, hall = it.house.panel("both")
    plan = it.plan("both", hall)
    it.restore(part, all_of_it)
    assert it.attest(plan, "both", hall) == Heard(recovered=2)
    assert it.booking(part.uid).rooms == (it.house.elm.number,)
    assert set(it.booking(all_of_it.uid).rooms) == {both.number, it.house.oak.number, it.house.elm.number}
    assert it.house.overlaps() == []


def test_lanes_take_what_they_can(it: Drill) -> None:
    it.house.policy(lanes=2)
    lost = [it.house.book("14:00", "15:00"), it.house.book("14:00", "15:00")]
    plan = it.plan()
    it.restore(*lost)
    it.house.book("14:30", "15:30")
    assert it.attest(plan).recovered == 2
    assert sorted(each[1] for each in it.listed()) == ["conflict", "made"]


def test_one_ticket_a_restore_says_how_many_came_back(it: Drill) -> None:
    lost = [it.house.book("14:00", "15:00"), it.house.book("16:00", "17:00")]
    plan = it.plan()
    it.restore(*lost)
    it.attest(plan[:1])
    it.attest(plan)
    (shown,) = it.house.engine.tickets.page(CLI, category="restored")
    assert (shown.ticket.subject, shown.ticket.codes) == (it.life, ("recovered=2",))


def test_a_second_restore_is_another_matter(it: Drill) -> None:
    lost = it.house.book("14:00", "15:00")
    plan = it.plan()
    it.restore(lost)
    it.attest(plan)
    second = it.life
    later = it.plan()
    it.restore(it.booking(lost.uid))
    assert it.attest(later, life=second) == Heard(recovered=1)
    assert len(it.listed()) == 2
    assert it.booking(lost.uid).standing is Standing.ACCEPTED


def test_who_may_tell(it: Drill) -> None:
    plan = it.plan()
    with pytest.raises(Barred):
        it.attest(plan, by=it.house.rita)
    with pytest.raises(Barred):
        it.attest(plan, by=it.house.charlie)
    with pytest.raises(Unknown):
        it.attest(plan, slug="none")
    with pytest.raises(Invalid):
        it.attest([(Told("a", (), 1, 2, "", "", "accepted", 1), "")] * 501, life="x")
    assert it.attest(plan, by=it.house.alice) == Heard(known=len(plan))


def test_many_at_once_come_back_in_short_turns(it: Drill) -> None:
    start = make.at("10:00", 1)
    lost = [it.house.book(start + timedelta(minutes=15 * n), start + timedelta(minutes=15 * n + 10)) for n in range(50)]
    plan = it.plan()
    it.restore(*lost)
    assert it.attest(plan) == Heard(recovered=50)
    assert {epoch(it.booking(each.uid).starts) for each in lost} == {epoch(each.starts) for each in lost}


def test_a_walk_in_whose_tap_comes_again_by_the_journal_is_booked_once(it: Drill) -> None:
    card = Card(it.house, it.panel)
    card.walk_in(op="the-same-tap")
    made = card.bring().results[0].booking
    assert made is not None
    plan = it.plan()
    forgotten(it.house)
    it.restore(made)
    assert it.attest(plan).recovered == 1
    told = card.bring()
    assert [each.outcome for each in told.results] == ["accepted"]
    back = it.booking(made.uid)
    assert (back.source, back.made_by, back.standing) == ("panel", it.panel.name, Standing.ACCEPTED)
    assert len(it.house.day()) == 1
    assert it.open() == []
    it.house.clock.forward(minutes=10)
    card.write("end", of="the-same-tap")
    assert card.bring(2).results[0].outcome == "accepted"


def test_a_walk_in_whose_answer_was_lost_with_the_backup_is_booked_once(it: Drill) -> None:
    tap = Act("the-same-tap", "book", "oak", make.at("10:05"), minutes=30)
    made = it.house.engine.devices.act(tap, it.panel)
    plan = it.plan()
    forgotten(it.house)
    it.restore(made)
    it.attest(plan)
    back = it.house.engine.devices.act(tap, it.panel)
    assert (back.uid, back.source, back.starts) == (made.uid, "panel", made.starts)
    assert it.house.engine.devices.act(tap, it.panel) == back
    assert it.house.engine.presence.undo(tap.op, it.panel, room="oak").standing is Standing.CANCELLED


def test_a_journal_that_comes_before_the_plan_makes_it_once_too(it: Drill) -> None:
    card = Card(it.house, it.panel)
    card.walk_in(op="the-same-tap")
    made = card.bring().results[0].booking
    assert made is not None
    plan = it.plan()
    forgotten(it.house)
    it.restore(made)
    assert [each.outcome for each in card.bring().results] == ["accepted"]
    assert it.attest(plan) == Heard(known=1)
    assert len(it.house.day()) == 1
