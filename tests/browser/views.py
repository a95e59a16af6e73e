"""Views as the agent sends them, one for each thing a door can say, with a fixed cast on a fixed day.

Who and when is told in cast.py; each function returns a fresh dict that a test may change.
"""

from datetime import timedelta
from typing import Any

from tests.browser import cut_off
from tests.browser.cast import NOW as NOW
from tests.browser.cast import PLAN, View, act, at, base, book, booking, busy, day, free, free_plan, iso, off, reserved


def free_all_day() -> View:
    return free(until=None, next=None, day=day([]))


def free_short() -> View:
    """A gap of 18 minutes: a quarter of an hour, or until the next one."""
    soon = booking("11:00", "12:00", "M. K.")
    walk_ins = [book(15), book(18, until_next=True)]
    return free(until=at("11:00"), next=soon, day=day([soon, *PLAN[2:]]), actions=walk_ins)


def free_early() -> View:
    """Twelve minutes before a meeting that asks for check-in."""
    soon = booking("10:54", "12:00", "M. K.", check_in="asked")
    early = act("check_in", soon, start=soon["start"], early=True, start_now=True)
    walk_ins = [book(10), book(12, until_next=True)]
    return free(until=at("10:54"), next=soon, day=day([soon, *PLAN[2:]]), actions=[*walk_ins, early])


def free_later() -> View:
    """Free until Monday morning."""
    monday = booking("14:30", "15:30") | {"start": at("09:00", days=3), "end": at("10:00", days=3)}
    return free(until=at("09:00", days=3), next=monday, day=day(PLAN[:2]))


def free_quiet() -> View:
    """The link dropped a moment ago: promises are withdrawn, the glass does not flicker."""
    return free_plan() | {"quiet": True, "as_of": iso(NOW)}


def free_waiting() -> View:
    """A tap is on its way."""
    return free(pending={"op": "op-1", "act": "book"}, actions=off(free()["actions"], "pending"))


def free_unclear_clock() -> View:
    view = free_plan()
    return view | {"clock": "unverified", "actions": off(view["actions"], "clock")}


def busy_foreign() -> View:
    """Somebody else's meeting with another right after it: nothing can be extended, ending needs a known person."""
    view = busy()
    held = act("end", view["current"], enabled=False, why="identity")
    return view | {"actions": [held]}


def busy_here() -> View:
    """A walk-in made at this door, with room to grow."""
    now = booking("10:30", "11:12", "", here=True)
    extends = [
        act("extend", now, minutes=minutes, end=end, until_next=until)
        for minutes, end, until in (
            (15, at("11:27"), False),
            (30, at("11:42"), False),
            (48, at("12:00"), True),
        )
    ]
    then = booking("12:00", "13:00", "J. S.")
    plan = [*PLAN[:1], now, then, *PLAN[2:]]
    actions = [*extends, act("end", now)]
    return busy(current=now, until=at("11:12"), next=then, day=day(plan), actions=actions)


def busy_titled() -> View:
    view = busy()
    titled = view["current"] | {"host": "Miriam Kowalski", "title": "Quarterly design review with the Lisbon office"}
    return view | {"current": titled}


def busy_early() -> View:
    """Someone is inside, and the next people are already at the door."""
    view = busy()
    soon = booking("11:30", "12:15", "A. B.", check_in="asked")
    early = act("check_in", soon, start=soon["start"], early=True, start_now=False)
    ends = act("end", view["current"], enabled=False, why="identity")
    return view | {"now": at("11:21"), "next": soon, "actions": [early, ends]}


def busy_plan() -> View:
    view = busy()
    return view | {
        "sure": "plan",
        "online": False,
        "as_of": at("09:58"),
        "actions": off(view["actions"], "offline"),
    }


def busy_after_booking() -> View:
    """The moment after one tap: booked, with ten seconds to undo."""
    return busy_here() | {"undo": {"op": "op-1", "act": "book", "until": iso(NOW + timedelta(seconds=10))}}


def free_after_end() -> View:
    return free(undo={"op": "op-2", "act": "end", "until": iso(NOW + timedelta(seconds=10))})


def reserved_late() -> View:
    """Nobody came in time, and nothing is released: the ring has run out."""
    return reserved(now=at("10:56"), check_in_by=None)


def reserved_plan() -> View:
    """Offline, people can still say that they are here."""
    return reserved(sure="plan", online=False, as_of=at("09:58"))


def reserved_warned() -> View:
    release = {"phase": "warned", "since": at("10:48"), "until": at("10:50")}
    return reserved(now=iso(NOW + timedelta(minutes=6, seconds=24)), release=release)


def reserved_released() -> View:
    """Given back, and still theirs for five minutes."""
    release = {"phase": "released", "since": at("10:50"), "until": at("10:55")}
    return reserved(now=iso(NOW + timedelta(minutes=8, seconds=24)), release=release)


def reserved_doubt() -> View:
    release = {"phase": "doubt", "until": None}
    return reserved_plan() | {"release": release, "now": at("10:53")}


def busy_askable() -> View:
    """Somebody else's meeting, which may be empty."""
    view = busy()
    asking = act("ask_here", view["current"], minutes=30)
    ends = act("end", view["current"], enabled=False, why="identity")
    return view | {"actions": [*view["actions"][:2], asking, ends]}


def busy_asked() -> View:
    view = busy()
    return view | {"ask": {"until": at("10:46")}, "actions": [act("here", view["current"])]}


def busy_ending() -> View:
    view = busy_early()
    return view | {"now": at("11:26"), "ending": True}


def busy_kept() -> View:
    """Checked in at this glass while the server was away."""
    return busy_plan() | {"unconfirmed": 1}


def closed(**more: Any) -> View:
    return base(
        state="closed", reason="hours", until=at("08:00", days=3), opens=at("08:00", days=3), now=at("18:20")
    ) | (more)


def closed_cleaning() -> View:
    return closed(reason="closure", reason_text="being prepared", opens=None, until=at("11:15"), now=iso(NOW))


def closed_for_good() -> View:
    return closed(reason="inactive", opens=None, until=None, now=iso(NOW), next=None, day=[])


def unknown(**more: Any) -> View:
    return base(state="unknown", sure=None, reason="no_plan", online=False, as_of=at("09:58", days=-15), day=[]) | more


def unknown_clock() -> View:
    return unknown(reason="clock", clock="unverified", as_of=at("09:58"))


def not_paired() -> View:
    return unknown(reason="not_paired", room=None, as_of=None)


def facts(**more: Any) -> View:
    """What the page is told besides the views: which device it is on, and how it is to look."""
    return {
        "number": 7,
        "name": "Panel at Oak",
        "kind": "panel",
        "state": "good",
        "fingerprint": "BCDF GHJK LMNP",
        "language": "en",
        "density": None,
        "theme": "light",
        "large_type": False,
        "hour_clock": 24,
        "touch": True,
        "identify": None,
        "flash": 0,
        "page": 0,
    } | more


NAMES = ("Oak", "Elm", "Ash", "Linden", "Maple", "Rowan")


def beside(*views: View) -> list[View]:
    """These views at one glass and at one instant: each another room."""
    return [
        view
        | {
            "now": views[0]["now"],
            "id": name.lower(),
            "room": (view["room"] or base()["room"]) | {"id": name.lower(), "name": name},
        }
        for name, view in zip(NAMES, views, strict=False)
    ]


def many(number: int) -> list[View]:
    """So many rooms on several floors, in no order, in brief: what a board is told."""
    cast = (free, busy, free_all_day, reserved, busy_titled, free_short, closed_cleaning, busy_early)
    woods = ("Alder", "Birch", "Cedar", "Douglas", "Elm", "Fir", "Gum", "Hazel", "Ironwood", "Juniper")
    found = []
    for i in range(number):
        id_ = f"r{i}"
        view = cast[i * 5 % len(cast)]() | {"now": iso(NOW)}
        named = {"id": id_, "name": f"{woods[i * 7 % len(woods)]} {i // len(woods) + 1}", "floor": str(i * 3 % 4)}
        found.append(view | {"id": id_, "room": view["room"] | named})
    return [{name: part for name, part in view.items() if name not in ("day", "actions")} for view in found]


EACH = (
    free, free_all_day, free_short, free_early, free_later, free_plan, free_quiet, free_waiting,
    free_unclear_clock, busy, busy_foreign, busy_here, busy_titled, busy_early, busy_plan,
    busy_after_booking, free_after_end, reserved, reserved_late, reserved_plan, reserved_warned, reserved_released,
    reserved_doubt, busy_askable, busy_asked, busy_ending, busy_kept, closed, closed_cleaning,
    closed_for_good, unknown, unknown_clock, not_paired, *cut_off.EACH,
)  # fmt: skip
ALL = {each.__name__: each for each in EACH}
