"""What `/state.json` says: the stable keys, how sure, and every reason for not knowing."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kiosk import agenda
from kiosk.instants import iso, parse
from kiosk.plan import Snapshot
from kiosk.view import Taps, Trust, view

from .makers import PLAN_END, at, awaited, booking, office_hours, plan
from .test_agenda import SPAN, WORLD, naive, plans

LIVE = Trust(live=True, quiet=False, verified=True, as_of=at("10:41:59"))
GONE = Trust(live=False, quiet=False, verified=True, as_of=at("09:58"))
STABLE = ["state", "sure", "until", "room", "current", "next", "day", "actions", "online", "as_of", "clock"]


def shown(plan_: Snapshot | None, now: int, trust: Trust = LIVE, taps: Taps = Taps()) -> dict[str, Any]:  # noqa: B008
    return view(plan_, agenda.timeline(plan_), now, trust=trust, taps=taps, language="en")


def test_the_first_twelve_keys_are_the_public_contract() -> None:
    assert list(shown(plan(), at("10:42")))[:12] == [*STABLE, "unconfirmed"]
    assert list(shown(None, at("10:42"))) == list(shown(plan(), at("10:42")))


def test_a_free_room_says_until_when_and_what_comes_next() -> None:
    it = shown(plan(booking("14:30", "15:00", id="next")), at("10:42"))
    assert (it["state"], it["sure"], it["until"]) == ("free", "live", iso(at("14:30")))
    assert (it["current"], it["next"]["id"], it["next"]["host"]) == (None, "next", "M. K.")
    assert it["room"] == {
        "id": "oak",
        "name": "Oak",
        "zone": "Europe/Berlin",
        "capacity": 8,
        "floor": "1",
        "facilities": ["display"],
    }


def test_a_busy_room_names_its_meeting_and_the_one_after() -> None:
    it = shown(plan(booking("10:00", "11:00", id="a"), booking("11:00", "12:00", id="b")), at("10:42"))
    assert (it["state"], it["current"]["id"], it["next"]["id"]) == ("busy", "a", "b")
    assert it["until"] == iso(at("11:00"))


def test_a_reserved_room_says_by_when_people_are_asked_to_check_in() -> None:
    it = shown(plan(awaited("11:00", "12:00")), at("11:02"))
    assert (it["state"], it["check_in_by"]) == ("reserved", iso(at("11:10")))
    assert shown(plan(awaited("11:00", "12:00")), at("10:50"))["check_in_by"] is None


def test_a_closed_room_says_why_and_when_it_opens() -> None:
    it = shown(plan(open=office_hours()), at("19:00"))
    assert (it["state"], it["reason"], it["opens"]) == ("closed", "hours", iso(at("08:00", day=21)))


def test_without_the_server_the_state_is_by_the_plan_and_says_of_when() -> None:
    it = shown(plan(), at("10:42"), GONE)
    assert (it["state"], it["sure"], it["online"], it["as_of"]) == ("free", "plan", False, iso(at("09:58")))
    assert {(one["enabled"], one["why"]) for one in it["actions"]} == {(False, "offline")}


def test_a_short_drop_withdraws_the_promises_and_stays_quiet() -> None:
    it = shown(plan(), at("10:42"), Trust(live=False, quiet=True, verified=True, as_of=at("10:41")))
    assert (it["sure"], it["online"], it["quiet"]) == ("plan", False, True)
    assert not any(one["enabled"] for one in it["actions"])


def test_an_unverified_clock_shows_the_plan_and_says_so() -> None:
    it = shown(plan(), at("10:42"), Trust(live=False, quiet=False, verified=False, as_of=at("09:58")))
    assert (it["state"], it["sure"], it["clock"]) == ("free", "plan", "unverified")


def test_outside_the_plan_nothing_is_known_and_the_clock_is_suspected_if_nobody_verified_it() -> None:
    it = shown(plan(), PLAN_END + 60, GONE)
    assert (it["state"], it["sure"], it["reason"]) == ("unknown", None, "no_plan")
    assert (it["until"], it["next"], it["actions"]) == (None, None, [])
    doubted = shown(plan(), PLAN_END + 60, Trust(live=False, quiet=False, verified=False, as_of=at("09:58")))
    assert (doubted["state"], doubted["reason"]) == ("unknown", "clock")


def test_without_any_plan_there_is_no_room_no_day_and_nothing_to_do() -> None:
    it = shown(None, at("10:42"), Trust(live=False, quiet=False, verified=True, as_of=None))
    assert (it["state"], it["room"], it["day"], it["actions"], it["as_of"]) == ("unknown", None, [], [], None)
    assert (it["day_from"], it["day_to"], it["offsets"]) == (None, None, [])


def test_a_panel_that_was_turned_away_for_long_shows_no_names_any_more() -> None:
    refused = Trust(live=False, quiet=False, verified=True, as_of=at("09:58"), refused=True)
    it = shown(plan(booking("10:00", "11:00", host="Mallory")), at("10:42"), refused)
    assert (it["state"], it["reason"], it["sure"]) == ("unknown", "not_paired", None)
    assert "Mallory" not in str(it)


def test_while_an_act_is_on_its_way_nothing_else_can_be_tapped() -> None:
    it = shown(plan(), at("10:42"), taps=Taps(pending={"op": "x", "act": "book"}, unconfirmed=1))
    assert {one["why"] for one in it["actions"]} == {"pending"}
    assert (it["pending"], it["unconfirmed"]) == ({"op": "x", "act": "book"}, 1)


def test_the_page_gets_the_local_day_and_the_offsets() -> None:
    it = shown(plan(), at("10:42"))
    assert parse(it["day_to"]) - parse(it["day_from"]) == 86_400
    assert it["offsets"] == [{"from": iso(at("00:00")), "seconds": 3600}]


TRUSTS = st.builds(
    Trust,
    live=st.booleans(),
    quiet=st.booleans(),
    verified=st.booleans(),
    as_of=st.none() | st.just(0),
    refused=st.booleans(),
)


@given(st.none() | plans(), TRUSTS, st.integers(WORLD - 3, WORLD + SPAN + 3))
def test_free_is_shown_only_where_the_plan_says_free_and_never_as_a_promise_without_the_server(
    plan_: Snapshot | None, trust: Trust, now: int
) -> None:
    it = shown(plan_, now, trust)
    if it["state"] == "free":
        assert plan_ is not None
        assert naive(plan_, now) == "free"
        assert not trust.refused
    if it["state"] == "unknown":
        assert it["sure"] is None
        assert it["reason"] in ("no_plan", "clock", "not_paired")
        assert it["actions"] == []
    if not trust.live:
        assert it["sure"] != "live"
        kept = [one for one in it["actions"] if one["enabled"]]
        assert all(one["act"] == "check_in" and not one["start_now"] for one in kept)  # takes nothing from anybody
