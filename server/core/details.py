"""What a booking may carry: the bounds of its details. Whether people and accessories exist is asked elsewhere."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from server.core.model import Attendee, Details, Edit
from server.core.text import problem

_ADDRESS = re.compile(
    r"https?://(?:[^\s/?#@\[\]]+@)?(?:\[[0-9A-Fa-f:.]+\]|[^\s/?#@:\[\]]+)(?::[0-9]{1,5})?(?:[/?#]\S*)?", re.IGNORECASE
)
"""http or https, a host with or without a port, and whatever follows without a space (RFC 3986, section 3)."""
PRIVACY = ("public", "private", "confidential")
KINDS = ("participant", "invitee", "guest")
ANSWERS = ("", "accepted", "declined")
MOST_ATTENDEES, MOST_ACCESSORIES, MOST_REMINDERS, MOST_ATTRIBUTES = 200, 50, 5, 200
MOST_OF_ONE = 10_000
LONGEST_REMINDER = 43_200
"""Minutes: thirty days."""
LONGEST_LINK, LONGEST_VALUE = 2_000, 10_000
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
EMAIL = re.compile(r"[^\s@<>,;:\"()\[\]\\]+@[^\s@<>,;:\"()\[\]\\]+")


def whole_edit(edit: Edit, before: Details) -> Edit:
    """The same edit of a booking that carries `before`, with all that it is to carry."""
    if edit.carry is None:
        return edit
    given = dict(edit.carry)
    if "attributes" in given:
        merged = {**before.attributes, **given["attributes"]}
        given["attributes"] = {number: value for number, value in merged.items() if value}
    return replace(edit, carry=None, details=replace(edit.details or before, **given))


def detail_problems(it: Details) -> dict[str, str]:
    """What is wrong with the details, by field; nothing where they are in order."""
    found = {
        "public_title": problem(it.public_title, 255),
        "link": _link(it.link),
        "privacy": None if it.privacy in PRIVACY else ", ".join(PRIVACY),
        "color": None if not it.color or _COLOR.fullmatch(it.color) else "# and six hexadecimal digits",
        "attendees": _attendees(it.attendees),
        "remind_start": _reminders(it.remind_start),
        "remind_end": _reminders(it.remind_end),
        "attributes": _attributes(it.attributes),
        "accessories": _accessories(it.accessories),
        "booked_for": None if it.booked_for is None or _number(it.booked_for) else "no such person",
    }
    return {name: why for name, why in found.items() if why is not None}


def _link(link: str) -> str | None:
    if not link:
        return None
    if (why := problem(link, LONGEST_LINK)) is not None:
        return why
    return None if _ADDRESS.fullmatch(link) else "an http or https address"


def _attendees(given: tuple[Attendee, ...]) -> str | None:
    if len(given) > MOST_ATTENDEES:
        return f"at most {MOST_ATTENDEES}"
    if why := next((why for it in given if (why := _attendee(it)) is not None), None):
        return why
    persons = [it.person for it in given if it.person is not None]
    emails = [it.email.casefold() for it in given if it.email]
    twice = len(set(persons)) != len(persons) or len(set(emails)) != len(emails)
    return "name each one once" if twice else None


def _attendee(it: Attendee) -> str | None:
    if it.kind not in KINDS or it.answer not in ANSWERS:
        return f"each is one of {', '.join(KINDS)} and has accepted, declined or not answered"
    if it.person is not None and not _number(it.person):
        return "no such person"
    if it.person is None and not it.email and not it.name.strip():
        return "each has a person, an e-mail or a name"
    if it.email and not EMAIL.fullmatch(it.email):
        return "not an e-mail address"
    return problem(it.email, 255) or problem(it.name, 255)


def _reminders(minutes: tuple[int, ...]) -> str | None:
    fits = len(minutes) <= MOST_REMINDERS and all(type(it) is int and 0 <= it <= LONGEST_REMINDER for it in minutes)
    return None if fits else f"at most {MOST_REMINDERS}, each of 0 to {LONGEST_REMINDER} minutes"


def _attributes(given: Mapping[int, str]) -> str | None:
    if len(given) > MOST_ATTRIBUTES:
        return f"at most {MOST_ATTRIBUTES}"
    return _first(problem(value, LONGEST_VALUE, lines=True) for value in given.values())


def _accessories(given: Mapping[int, int]) -> str | None:
    if len(given) > MOST_ACCESSORIES:
        return f"at most {MOST_ACCESSORIES}"
    fits = all(type(count) is int and 0 <= count <= MOST_OF_ONE for count in given.values())
    return None if fits else f"0 to {MOST_OF_ONE} of each"


def _number(given: Any) -> bool:
    """Whether it can be the number of somebody; larger ones fit no column."""
    return type(given) is int and 0 < given < 1 << 31


def _first(found: Iterable[str | None]) -> str | None:
    return next((it for it in found if it is not None), None)
