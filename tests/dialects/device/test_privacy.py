"""What a door is told of people: what the room's policy allows and not a byte more (threat T05)."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.core.access import CLI
from server.core.model import Edit
from tests.dialects.device.glass import Glass
from tests.make import at

TITLE, NAME, MAIL, NOTES = "Zwetschgendatschi", "Quastenflosser Quirin", "quirin@example.org", "Mondscheintarif"
MARKS = "\u0416\u0429\u042e"
printable = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=20)
texts = st.tuples(st.sampled_from(MARKS), printable, st.sampled_from(MARKS)).map("".join)
"""Any text between two letters that stand nowhere else."""


def everything(it: Glass) -> bytes:
    """Every answer a panel can get while people are there, in one."""
    plan = it.ask("GET", "/snapshot")
    clash = it.act("book", minutes=1440)
    heard = it.ask("POST", "/heartbeat", json={})
    news = it.feed(0, plan.json["incarnation"])
    acts = [
        it.act(what, booking=b["id"], version=b["version"], minutes=5)
        for b in plan.json["bookings"]
        for what in ("check_in", "end", "extend")
    ]
    return b"\n".join(answer.data for answer in (plan, clash, heard, news, *acts))


def fill(it: Glass, **texts: str) -> None:
    """One booking that runs, one to come, one that was cancelled, one renamed."""
    book: Any = it.house.book
    book("10:00", "10:30", **texts)
    later = book("11:00", "12:00", **texts)
    gone = book("13:00", "14:00", **texts)
    it.house.engine.bookings.cancel(gone.uid, CLI)
    it.house.engine.bookings.change(later.uid, Edit(title=texts["title"] + "!"), CLI)


@pytest.mark.parametrize(
    ("policy", "shown", "hidden"),
    [
        ({}, ["Q. Q."], [TITLE, "Quastenflosser", MAIL, NOTES]),
        ({"door_host": "full"}, [NAME], [TITLE, MAIL, NOTES]),
        ({"door_host": "hidden"}, [], [TITLE, "Quastenflosser", "Q. Q.", MAIL, NOTES]),
        ({"door_title": True}, [TITLE, "Q. Q."], ["Quastenflosser", MAIL, NOTES]),
        ({"door_host": "full", "door_title": True}, [TITLE, NAME], [MAIL, NOTES]),
    ],
)
def test_the_door_is_told_what_the_policy_allows(
    it: Glass, policy: dict[str, Any], shown: list[str], hidden: list[str]
) -> None:
    it.house.policy(**policy)
    fill(it, title=TITLE, organizer=NAME, organizer_email=MAIL, description=NOTES)
    told = everything(it).decode()
    assert [word for word in shown if word not in told] == []
    assert [word for word in hidden if word in told] == []


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.fixed_dictionaries(dict.fromkeys(("title", "organizer", "organizer_email", "description"), texts)))
def test_a_busy_only_door_is_never_told_a_letter_of_it(it: Glass, said: dict[str, str]) -> None:
    it.house.policy(door_host="hidden")
    for booking in it.house.engine.bookings.between("oak", CLI, None):
        it.house.engine.bookings.cancel(booking.uid, CLI)
    fill(it, **said)
    told = everything(it).decode()
    assert [mark for mark in MARKS if mark in told or mark.lower() in told] == []


def test_a_closure_names_no_person(it: Glass) -> None:
    it.house.engine.rooms.close("oak", CLI, at("15:00"), at("16:00"), "Cleaning")
    fill(it, title=TITLE, organizer=NAME, organizer_email=MAIL, description=NOTES)
    told = everything(it).decode()
    assert "Cleaning" in told
    assert NAME not in told
