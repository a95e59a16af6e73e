"""What attributes, accessories, timetables, quotas, equipment and reasons may be: the reason where one cannot."""

from collections.abc import Callable
from datetime import date
from itertools import pairwise
from typing import Any

from server.core import patterns
from server.core.places import Accessory, Attribute, Equipment, Quota, Slot, StatusReason, Timetable
from server.core.text import SLUG, problem, problems
from server.core.zone import zone

CATEGORIES = ("room", "person", "booking")
KINDS = ("line", "lines", "select", "checkbox", "moment")
UNITS = ("minutes", "bookings")
PERIODS = ("day", "week", "month", "year")
PER = ("slot", "booking")
STATUSES = ("available", "unavailable", "hidden")

NAME = 100
CHOICES = 100
ROOMS = 1_000
WEEK_SLOTS = 300
DATES = 400
AMOUNT = 100_000
CREDITS = 10_000_000
TODAY = 100
"""As the begin of a week: it begins with today."""


def attribute_problems(it: Attribute) -> dict[str, str]:
    """What is wrong with an attribute, by field."""
    bad = _named("label", it.label) | _one_of("category", it.category, CATEGORIES) | _one_of("kind", it.kind, KINDS)
    if it.pattern and it.kind != "line":
        bad["pattern"] = "only for a single line"
    elif it.pattern and (why := problem(it.pattern, patterns.LENGTH) or patterns.problem(it.pattern)) is not None:
        bad["pattern"] = why
    if bool(it.choices) != (it.kind == "select"):
        bad["choices"] = "for a select, and only for one"
    elif len(it.choices) > CHOICES or len(set(it.choices)) < len(it.choices):
        bad["choices"] = f"up to {CHOICES}, each once"
    elif any(not choice.strip() or problem(choice, NAME) for choice in it.choices):
        bad["choices"] = f"texts of up to {NAME} characters"
    if not _within(it.sort, 0, 1_000_000):
        bad["sort"] = "0 to 1000000"
    if it.rooms and it.category != "booking":
        bad["rooms"] = "only for attributes of bookings"
    return bad | _rooms(len(it.rooms))


def accessory_problems(it: Accessory) -> dict[str, str]:
    """What is wrong with an accessory, by field."""
    bad = _named("name", it.name) | _one_of("credit_per", it.credit_per, PER) | _rooms(len(it.rooms))
    if it.stock is not None and not _within(it.stock, 0, AMOUNT):
        bad["stock"] = f"0 to {AMOUNT}, or without bound"
    for name in ("credits", "peak_credits"):
        if not _within(getattr(it, name), 0, CREDITS):
            bad[name] = f"0 to {CREDITS} hundredths"
    for least, most in it.rooms.values():
        numbers = [number for number in (least, most) if number is not None]
        if not all(_within(number, 0, AMOUNT) for number in numbers) or numbers != sorted(numbers):
            bad["rooms"] = f"the least and the most of each, 0 to {AMOUNT}"
    return bad


def timetable_problems(it: Timetable) -> dict[str, str]:
    """What is wrong with a timetable, by field."""
    bad = _named("name", it.name)
    if it.zone:
        try:
            zone(it.zone)
        except ValueError:
            bad["zone"] = "not a known time zone"
    if not _within(it.days_visible, 1, 7):
        bad["days_visible"] = "1 to 7"
    if it.week_start != TODAY and not _within(it.week_start, 0, 6):
        bad["week_start"] = f"0 (Monday) to 6, or {TODAY} for today"
    for name, most in (("most_rooms", 100), ("most_at_once", AMOUNT)):
        if (value := getattr(it, name)) is not None and not _within(value, 1, most):
            bad[name] = f"1 to {most}"
    if it.since is not None and it.until is not None and it.since > it.until:
        bad["until"] = "before since"
    return bad | _days(it)


def _days(it: Timetable) -> dict[str, str]:
    if not all(isinstance(day, date) or _within(day, 0, 6) for day in it.days):
        return {"days": "weekdays 0 (Monday) to 6, or dates"}
    if sum(isinstance(day, date) for day in it.days) > DATES:
        return {"days": f"up to {DATES} dates"}
    weekly = sum(len(held) for day, held in it.days.items() if not isinstance(day, date))
    if weekly > WEEK_SLOTS or any(len(held) > WEEK_SLOTS for held in it.days.values()):
        return {"days": f"up to {WEEK_SLOTS} slots a week"}
    if not any(slot.bookable for held in it.days.values() for slot in held):
        return {"days": "not one slot that can be booked"}
    for day, held in it.days.items():
        if why := _slots(held):
            return {"days": f"{day}: {why}"}
    return {}


def _slots(held: tuple[Slot, ...]) -> str:
    ordered = sorted(held, key=lambda slot: slot.opens)
    if any(not 0 <= slot.opens < slot.closes <= 1_440 for slot in ordered):
        return "a slot opens before it closes, within one day"
    if any(after.opens < before.closes for before, after in pairwise(ordered)):
        return "slots overlap"
    bad = any(problem(slot.label, 64) or "," in slot.label for slot in ordered)
    return "labels of up to 64 characters, without commas" if bad else ""


def quota_problems(it: Quota) -> dict[str, str]:
    """What is wrong with a quota, by field."""
    bad = _named("name", it.name) | _one_of("unit", it.unit, UNITS) | _one_of("per", it.per, PERIODS)
    if not _within(it.most, 0, 10_000_000):
        bad["most"] = "0 to 10000000"
    if not it.weekdays or not it.weekdays <= frozenset(range(7)):
        bad["weekdays"] = "some of 0 (Monday) to 6"
    if not 0 <= it.opens < it.closes <= 1_440:
        bad["opens"] = "before closes, within one day"
    return bad


def equipment_problems(it: Equipment) -> dict[str, str]:
    """What is wrong with a kind of equipment, by field."""
    bad = _named("label", it.label) | problems({"icon": (it.icon, 64)})
    if not SLUG.fullmatch(it.id):
        bad["id"] = "lower-case letters, digits and hyphens, 1 to 64"
    return bad


def reason_problems(it: StatusReason) -> dict[str, str]:
    """What is wrong with a reason, by field."""
    bad = problems({"reason": (it.reason, 255)}) | _one_of("status", it.status, STATUSES)
    return bad if it.reason.strip() else bad | {"reason": "is required"}


Check = Callable[[Any], dict[str, str]]
CHECKS: dict[type, Check] = {
    Attribute: attribute_problems,
    Accessory: accessory_problems,
    Timetable: timetable_problems,
    Quota: quota_problems,
    Equipment: equipment_problems,
    StatusReason: reason_problems,
}


def _named(name: str, text: str) -> dict[str, str]:
    return problems({name: (text, NAME)}) if text.strip() else {name: "is required"}


def _one_of(name: str, word: str, words: tuple[str, ...]) -> dict[str, str]:
    return {} if word in words else {name: f"{', '.join(words[:-1])} or {words[-1]}"}


def _within(number: Any, low: int, high: int) -> bool:
    return isinstance(number, int) and not isinstance(number, bool) and low <= number <= high


def _rooms(count: int) -> dict[str, str]:
    return {"rooms": f"up to {ROOMS}"} if count > ROOMS else {}
