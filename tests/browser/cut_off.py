"""Views of a door that is cut off, of what it promised by itself, and of what came of it when it was back."""

from datetime import timedelta
from typing import Any

from tests.browser.cast import NOW, PLAN, View, act, at, booking, busy, day, free, free_plan, iso, reserved


def graded(actions: list[View], until: str | None) -> list[View]:
    """As a door offers them that is cut off and owns its room's time until then: walk-ins by its own word."""
    sure = ["confirmed" if until and each.get("end", "") <= at(until) else "not_confirmed" for each in actions]
    return [each | {"grade": grade} for each, grade in zip(actions, sure, strict=True)]


def free_held() -> View:
    """Cut off; the door owns all that its buttons take."""
    return free(
        sure="held",
        online=False,
        as_of=at("10:31"),
        owned_until=at("12:00"),
        unconfirmed=1,
        actions=graded(free()["actions"], "12:00"),
    )


def free_held_short() -> View:
    """Cut off; the door owns the next half an hour, so an hour would not be confirmed."""
    return free_held() | {
        "owned_until": at("11:15"),
        "unconfirmed": 0,
        "actions": graded(free()["actions"], "11:15"),
    }


def free_alone() -> View:
    """Cut off for long, and the door owns nothing any more: nothing that is booked will be confirmed yet."""
    return free_plan() | {"actions": graded(free()["actions"], None)}


def free_alone_clock() -> View:
    """After a reboot without the network: the plan from the card, and a clock that nobody has verified."""
    return free_alone() | {"clock": "unverified", "as_of": at("08:12")}


def free_at_risk() -> View:
    """What comes next was booked while this door could not be asked."""
    then = PLAN[2] | {"state": "at_risk"}
    return free(next=then, day=day([*PLAN[:2], then, PLAN[3]]))


def busy_promised() -> View:
    """The moment after a tap at a door that is cut off and owns that time: confirmed, and ten seconds to undo."""
    now = booking("10:42", "11:12", "", id="op:1", here=True, synced=False)
    extends = [
        act("extend", now, minutes=15, end=at("11:27"), until_next=False, grade="confirmed"),
        act("extend", now, minutes=30, end=at("11:42"), until_next=False, enabled=False, why="offline", grade=None),
    ]
    return busy(
        current=now,
        until=now["end"],
        next=PLAN[2],
        day=day([*PLAN[:2], now, *PLAN[2:]]),
        actions=[*extends, act("end", now)],
        sure="plan",
        online=False,
        as_of=at("10:31"),
        unconfirmed=1,
        undo={"op": "op-1", "act": "book", "until": iso(NOW + timedelta(seconds=10))},
    )


def busy_confirmed() -> View:
    """Later in the same meeting."""
    return busy_promised() | {"undo": None}


def busy_unsure_after_booking() -> View:
    """The moment after a tap that the door could not confirm."""
    view = busy_promised()
    now = view["current"] | {"confirmed": False}
    extends = [each | {"enabled": False, "why": "offline", "grade": None} for each in view["actions"][:2]]
    return view | {
        "current": now,
        "day": day([*PLAN[:2], now, *PLAN[2:]]),
        "actions": [*extends, act("end", now)],
    }


def busy_unsure() -> View:
    return busy_unsure_after_booking() | {"undo": None}


def conflict(begins: str, ends: str, host: str, other_host: str, **more: Any) -> View:
    plain = {"id": 7, "kind": "walk_in", "from": at(begins), "to": at(ends), "booking": "b-x", "other": "b-y"}
    return plain | {"host": host, "other_host": other_host} | more


def busy_shortened() -> View:
    """In touch again: a walk-in that met a later booking is theirs up to where that begins."""
    now = booking("10:30", "11:00", "", here=True)
    then = booking("11:00", "12:00", "M. K.")
    clash = conflict("11:00", "11:30", "", "M. K.", booking=now["id"], other=then["id"])
    plan = [PLAN[0], now, then, *PLAN[2:]]
    return busy(current=now, until=now["end"], next=then, day=day(plan), actions=[act("end", now)], conflicts=[clash])


def busy_refused() -> View:
    """In touch again: who walked in was not first, and the booking stands."""
    now = booking("10:15", "11:30", "M. K.")
    clash = conflict("10:30", "11:00", "", "M. K.", other=now["id"])
    plan = [PLAN[0], now, *PLAN[2:]]
    ends = act("end", now, enabled=False, why="identity")
    return busy(current=now, until=now["end"], next=PLAN[2], day=day(plan), actions=[ends], conflicts=[clash])


def busy_kept_over() -> View:
    """In touch again: what somebody booked elsewhere at risk gave way to the walk-in."""
    now = booking("10:30", "11:30", "", here=True)
    clash = conflict("11:00", "12:00", "M. K.", "", kind="at_risk", other=now["id"])
    plan = [PLAN[0], now, *PLAN[2:]]
    return busy(current=now, until=now["end"], next=PLAN[2], day=day(plan), conflicts=[clash])


def free_twice() -> View:
    """Two have the same time this afternoon."""
    clash = conflict("14:45", "15:30", "J. S.", "M. K.", kind="recovered", other=PLAN[2]["id"])
    return free(conflicts=[clash])


def reserved_at_risk() -> View:
    view = reserved()
    now = view["current"] | {"state": "at_risk"}
    return view | {"current": now, "day": day([PLAN[0], now, *PLAN[2:]])}


# What could not be confirmed is followed by what is still cut off: a door that is back would tell what came of it.
EACH = (
    free_held_short, free_alone, free_at_risk, free_twice, busy_unsure_after_booking, busy_unsure, busy_promised,
    busy_shortened, busy_kept_over, reserved_at_risk,
)  # fmt: skip
MORE = (free_held, free_alone_clock, busy_confirmed, busy_refused)  # made as others of them are
