"""What views are made of: the cast, the day, its bookings and buttons, and the plain view of each state.

The day is Friday 20 November 2026 in Berlin (an hour ahead of UTC), 10:42 unless a view says otherwise. Initials as the
door may show them: M. K., A. B., J. S. Each function returns a fresh dict that a test may change.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

View = dict[str, Any]

OFFSET = timedelta(hours=1)
NOW = datetime(2026, 11, 20, 9, 42, 8, tzinfo=UTC)


def at(wall: str, *, days: int = 0) -> str:
    """The ISO instant of a wall time ("14:30") on the day of the cast."""
    hour, minute = (int(part) for part in wall.split(":"))
    return iso(datetime(2026, 11, 20, tzinfo=UTC) + timedelta(days=days, hours=hour, minutes=minute) - OFFSET)


def iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def booking(start: str, end: str, host: str = "M. K.", **more: Any) -> View:
    return {
        "id": f"b-{start}",
        "version": 1,
        "start": at(start),
        "end": at(end),
        "host": host,
        "title": "",
        "state": "accepted",
        "check_in": "none",
        "check_in_by": None,
        "here": False,
        "checked_in_at": None,
        "confirmed": True,
        "synced": True,
    } | more


PLAN = [
    booking("08:30", "09:15", "A. B."),
    booking("09:30", "10:15", "J. S."),
    booking("14:30", "15:30", "M. K."),
    booking("16:00", "17:00", "A. B."),
]


def day(bookings: list[View], opens: str = "08:00", closes: str = "18:00") -> list[View]:
    """The day from midnight to midnight without a hole, as the agent sends it."""
    keep = ("id", "start", "end", "host", "title", "check_in", "state", "confirmed", "synced")
    parts = [part("closed", at("00:00"), at(opens))]
    for each in bookings:
        parts.append(part("free", parts[-1]["end"], each["start"]))
        parts.append({"kind": "booking"} | {name: each[name] for name in keep})
    parts.append(part("free", parts[-1]["end"], at(closes)))
    parts.append(part("closed", at(closes), at("24:00")))
    return [each for each in parts if each["start"] < each["end"]]


def part(kind: str, start: str, end: str) -> View:
    return {"kind": kind, "start": start, "end": end}


def book(minutes: int, **more: Any) -> View:
    end = iso(NOW.replace(second=0) + timedelta(minutes=minutes))
    return {"act": "book", "minutes": minutes, "end": end, "enabled": True, "why": None, "grade": None} | more


def act(name: str, on: View, **more: Any) -> View:
    return {"act": name, "booking": on["id"], "version": on["version"], "enabled": True, "why": None} | more


def base(**more: Any) -> View:
    return {
        "state": "free",
        "sure": "live",
        "until": None,
        "room": {
            "id": "oak",
            "name": "Oak",
            "zone": "Europe/Berlin",
            "capacity": 8,
            "floor": "1",
            "facilities": ["display", "whiteboard"],
        },
        "current": None,
        "next": None,
        "day": day(PLAN),
        "actions": [],
        "online": True,
        "as_of": iso(NOW),
        "clock": "verified",
        "unconfirmed": 0,
        "now": iso(NOW),
        "reason": None,
        "reason_text": None,
        "quiet": False,
        "day_from": at("00:00"),
        "day_to": at("24:00"),
        "offsets": [{"from": at("00:00"), "seconds": 3600}],
        "opens": None,
        "check_in_by": None,
        "release": None,
        "ask": None,
        "ending": False,
        "owned_until": None,
        "conflicts": [],
        "undo": None,
        "pending": None,
        "last": None,
        "language": "en",
    } | more


def free(**more: Any) -> View:
    walk_ins = [book(15), book(30), book(60)]
    return base(until=at("14:30"), next=PLAN[2], actions=walk_ins) | more


def off(actions: list[View], why: str) -> list[View]:
    return [each | {"enabled": False, "why": why} for each in actions]


def free_plan() -> View:
    """Offline: free by the plan of Monday last; booking is off."""
    return free(sure="plan", online=False, as_of=at("09:58", days=-4), actions=off(free()["actions"], "offline"))


def busy(**more: Any) -> View:
    now = booking("10:30", "11:30", "M. K.")
    then = booking("11:30", "12:15", "A. B.")
    extends = [
        act("extend", now, minutes=minutes, end=end, until_next=False)
        for minutes, end in ((15, at("11:45")), (30, at("12:00")))
    ]
    rest = [*extends, act("end", now)]
    plan = [*PLAN[:1], now, then, *PLAN[2:]]
    return base(state="busy", until=at("11:30"), current=now, next=then, day=day(plan), actions=rest) | more


def reserved(**more: Any) -> View:
    now = booking("10:40", "11:30", "M. K.", check_in="asked", check_in_by=at("10:50"))
    here = act("check_in", now, start=now["start"], early=False, start_now=False)
    plan = [*PLAN[:1], now, *PLAN[2:]]
    return (
        base(
            state="reserved",
            until=at("11:30"),
            current=now,
            next=PLAN[2],
            check_in_by=at("10:50"),
            day=day(plan),
            actions=[here],
        )
        | more
    )
