"""What a door that is cut off offers by its own word, and how sure its view says that everything is. Pure."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kiosk import agenda
from kiosk.escrow import Owned, Promises
from kiosk.instants import iso, parse
from kiosk.offers import offers, walk_in_start
from kiosk.plan import Conflict, Snapshot
from kiosk.view import Taps, Trust, view

from .makers import PLAN_END, at, awaited, booking, plan
from .test_view import GONE, LIVE

NOW = at("10:42")


def owns(start: str, end: str, *, verified: bool = True, may: bool = True) -> Promises:
    return Promises(Owned("life-1", 3, ((at(start), at(end)),)), verified=verified, may=may)


def offered(it: Snapshot, promises: Promises | None, off: str | None = "offline") -> dict[str, dict[str, Any]]:
    found = offers(it, agenda.timeline(it), NOW, off=off, promises=promises)
    return {f"{one['act']}-{one.get('minutes', '')}": one for one in found}


def grades(it: Snapshot, promises: Promises | None, off: str | None = "offline") -> dict[str, Any]:
    """The grade of each button that is on, why it is off of each other."""
    found = offered(it, promises, off)
    return {name: one.get("grade", "on") if one["enabled"] else one["why"] for name, one in found.items()}


def shown(it: Snapshot, promises: Promises | None, trust: Trust = GONE, now: int = NOW) -> dict[str, Any]:
    return view(it, agenda.timeline(it), now, trust=trust, taps=Taps(), language="en", promises=promises)


def test_each_walk_in_says_whether_the_door_owns_all_of_it() -> None:
    assert grades(plan(), owns("10:40", "11:12")) == {
        "book-15": "confirmed",
        "book-30": "confirmed",
        "book-60": "not_confirmed",
    }
    assert set(grades(plan(), owns("12:00", "13:00")).values()) == {"not_confirmed"}
    assert set(grades(plan(), Promises(verified=True, may=True)).values()) == {"not_confirmed"}


def test_while_the_server_is_heard_it_alone_will_say() -> None:
    for promises in (owns("10:40", "13:00"), None):
        assert set(grades(plan(), promises, off=None).values()) == {None}


def test_a_clock_that_nobody_verified_confirms_nothing() -> None:
    assert set(grades(plan(), owns("10:40", "13:00", verified=False)).values()) == {"not_confirmed"}


def test_a_door_that_may_promise_nothing_offers_nothing_by_itself() -> None:
    for promises in (None, owns("10:40", "13:00", may=False)):
        assert set(grades(plan(), promises).values()) == {"offline"}
    for off in ("pending", "quarantined", "clock"):
        assert set(grades(plan(), owns("10:40", "13:00"), off=off).values()) == {off}
    assert set(grades(plan(act=False), owns("10:40", "13:00")).values()) == {"read_only"}


def test_what_is_off_for_a_reason_of_its_own_stays_off_for_that() -> None:
    promises = owns("10:00", "13:00")
    assert set(grades(plan(walk_in=False), promises).values()) == {"policy"}
    assert set(grades(plan(booking("09:00", "10:40"), gap_minutes=15), promises).values()) == {"gap"}
    assert grades(plan(booking("10:45", "12:00")), promises) == {"book-3": "short"}


def test_a_meeting_is_extended_only_inside_what_the_door_owns() -> None:
    for here in (True, False):
        found = grades(plan(booking("10:30", "11:00", here=here)), owns("10:40", "11:20"))
        assert (found["extend-15"], found["extend-30"]) == ("confirmed", "offline")
    unsure = plan(booking("10:30", "11:00", here=True, confirmed=False, synced=False))
    assert grades(unsure, owns("10:40", "12:00"))["extend-15"] == "offline"


def test_what_was_made_here_can_be_ended_and_nobody_elses_meeting() -> None:
    assert grades(plan(booking("10:30", "11:00", here=True)), owns("10:40", "11:20"))["end-"] == "on"
    assert grades(plan(booking("10:30", "11:00")), owns("10:40", "11:20"))["end-"] == "identity"


def test_what_only_the_server_can_do_waits_for_it() -> None:
    asking = grades(plan(booking("10:00", "11:40"), nobody_here=True), owns("10:40", "13:00"))
    assert asking["ask_here-30"] == "offline"
    early = offered(plan(awaited("10:50", "11:20")), owns("10:40", "10:50"))["check_in-"]
    assert (early["enabled"], early["start_now"]) == (True, False)


def test_a_free_room_that_the_door_owns_is_held_and_says_until_when_it_can_confirm() -> None:
    it = shown(plan(), owns("10:40", "12:00"))
    assert (it["sure"], it["owned_until"], it["online"]) == ("held", iso(at("12:00")), False)
    later = shown(plan(), owns("11:00", "12:00"))
    assert (later["sure"], later["owned_until"]) == ("plan", None)
    assert shown(plan(), owns("10:40", "12:00"), LIVE)["sure"] == "live"
    assert shown(plan(booking("10:30", "11:00")), owns("10:40", "12:00"))["sure"] == "plan"


def test_an_unverified_clock_or_a_stranger_with_our_key_holds_nothing() -> None:
    unverified = Trust(live=False, quiet=False, verified=False, as_of=at("09:58"))
    assert shown(plan(), owns("10:40", "12:00", verified=False), unverified)["sure"] == "plan"
    apart = Trust(live=False, quiet=False, verified=True, as_of=at("09:58"), quarantined=True)
    assert shown(plan(), owns("10:40", "12:00", may=False), apart)["sure"] == "plan"


def test_a_booking_says_whether_it_is_confirmed_and_whether_the_server_has_it() -> None:
    mine = booking("10:30", "11:00", id="op:1", here=True, confirmed=False, synced=False)
    risky = booking("11:00", "12:00", state="at_risk")
    it = shown(plan(mine, risky), owns("10:40", "12:00"))
    assert (it["current"]["confirmed"], it["current"]["synced"]) == (False, False)
    assert (it["next"]["state"], it["next"]["confirmed"], it["next"]["synced"]) == ("at_risk", True, True)
    strip = {part["id"]: part for part in it["day"] if part["kind"] == "booking"}
    assert (strip["op:1"]["confirmed"], strip[risky.id]["state"]) == (False, "at_risk")


CLASH = Conflict(7, "walk_in", at("10:30"), at("11:00"), "b", "", "a", "M. K.")


def test_conflicts_are_told_for_as_long_as_they_are_not_over() -> None:
    it = plan(booking("10:00", "11:00", id="a"), conflicts=(CLASH,))
    assert shown(it, None)["conflicts"] == [
        {
            "id": 7,
            "kind": "walk_in",
            "from": iso(at("10:30")),
            "to": iso(at("11:00")),
            "booking": "b",
            "host": "",
            "other": "a",
            "other_host": "M. K.",
        }
    ]
    assert shown(it, None, now=at("11:00"))["conflicts"] == []
    refused = Trust(live=False, quiet=False, verified=True, as_of=at("09:58"), refused=True)
    assert shown(it, None, refused)["conflicts"] == []


def test_a_conflict_is_shown_where_the_two_meet() -> None:
    """The server tells the whole time that was wanted; what came before the other is not in doubt."""
    wanted = Conflict(7, "walk_in", at("10:30"), at("11:30"), "b", "", "a", "M. K.")
    it = plan(booking("10:30", "11:00", id="b", here=True), booking("11:00", "12:00", id="a"), conflicts=(wanted,))
    (told,) = shown(it, None)["conflicts"]
    assert (told["from"], told["to"]) == (iso(at("11:00")), iso(at("11:30")))


def test_outside_the_plan_nothing_is_promised() -> None:
    it = shown(
        plan(), Promises(Owned("life-1", 1, ((PLAN_END, PLAN_END + 900),)), verified=True, may=True), now=PLAN_END
    )
    assert (it["state"], it["sure"], it["owned_until"], it["actions"]) == ("unknown", None, None, [])


MINUTES = st.integers(0, 90)
TIMES = st.lists(st.tuples(MINUTES, st.integers(1, 120)), max_size=3)


@given(TIMES, st.none() | st.tuples(st.integers(1, 60), MINUTES), MINUTES)
def test_confirmed_is_written_only_on_what_lies_whole_inside_what_is_owned(
    times: list[tuple[int, int]], meeting: tuple[int, int] | None, after: int
) -> None:
    """In minutes after 10:42, when a door owns these times, one meeting is in the plan, and it is `after`."""
    owned = tuple((NOW + start * 60, NOW + (start + length) * 60) for start, length in times)
    it = plan(booking(NOW + meeting[1] * 60, NOW + sum(meeting) * 60, here=True)) if meeting else plan()
    line, now = agenda.timeline(it), NOW + after * 60
    promises = Promises(Owned("life-1", 1, owned), verified=True, may=True)
    for one in offers(it, line, now, off="offline", promises=promises):
        if one["enabled"] and one.get("grade") == "confirmed":
            held = line[agenda.at(line, now)].booking
            start = held.end if held else walk_in_start(it, line, now)
            for second in range(start, parse(one["end"]), 60):
                assert any(begins <= second < ends for begins, ends in owned)
