"""What people may ask for at all, before any room is asked: texts, instants and what a booking carries."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from server.core.clock import from_epoch, whole
from server.core.details import detail_problems
from server.core.errors import Invalid, Objection, Refused
from server.core.model import Ask, Details, Edit
from server.core.policy import LONGEST
from server.core.text import problems

TEXTS = {"title": 255, "organizer": 255, "organizer_email": 255, "description": 10_000, "uid": 255}
EARLIEST, LATEST = from_epoch(0), from_epoch(253_370_764_800)
"""1970 up to the year 9999, a year before Python's calendar ends: rules and zones look around a booking."""


def told(ask: Ask) -> tuple[Any, ...]:
    """All that an ask says beside rooms and times; what hardly anybody says is there only where it is said."""
    texts = (ask.title, ask.organizer, ask.organizer_email, ask.description, ask.uid)
    said = texts if ask.owner is None and ask.details == Details() else (*texts, ask.owner, ask.details)
    return (*said, "at_risk") if ask.at_risk else said


def told_edit(edit: Edit) -> tuple[Any, ...]:
    """All that an edit says."""
    given = (edit.starts, edit.ends, edit.title, edit.organizer, edit.organizer_email, edit.description)
    more = (edit.owner, edit.details, edit.carry)
    return given if more == (None, None, None) else (*given, *more)


def check(ask: Ask) -> None:
    """Raises Invalid for texts or times that no room could take."""
    bad = problems({name: (getattr(ask, name), limit) for name, limit in TEXTS.items()}, lines=("description",))
    if bad := bad | detail_problems(ask.details):
        raise Invalid(bad)
    check_period(ask.starts, ask.ends)


def check_edit(edit: Edit) -> None:
    """Raises Invalid for texts or instants that no booking could have."""
    given = {name: (getattr(edit, name), TEXTS[name]) for name in TEXTS if getattr(edit, name, None) is not None}
    bad = problems(given, lines=("description",))
    if bad := bad | (detail_problems(edit.details) if edit.details is not None else {}):
        raise Invalid(bad)
    check_instants({"starts": edit.starts, "ends": edit.ends})


def check_period(starts: datetime, ends: datetime) -> None:
    """Raises Invalid unless the end is after the start; Refused("too_long") past LONGEST, before a rule expands it."""
    check_instants({"starts": starts, "ends": ends})
    if ends <= starts:
        raise Invalid({"ends": "must be after the start"})
    if ends - starts > LONGEST:
        raise Refused((Objection("too_long", "", {"minutes": LONGEST // timedelta(minutes=1)}),))


def check_instants(given: Mapping[str, datetime | None]) -> None:
    """Raises Invalid for an instant that no booking could have, under the name that it was given by."""
    for name, moment in given.items():
        if moment is not None and not EARLIEST <= moment < LATEST:
            raise Invalid({name: "is out of range"})
        if moment is not None and moment != whole(moment):
            raise Invalid({name: "whole seconds only"})
