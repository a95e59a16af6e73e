"""Reports on who books: off, for administrators, and of no group so small that it is somebody."""

import pytest

from server.core.access import CLI, Actor
from server.core.errors import Barred
from server.core.people import Person, Role
from server.engine import engine_of
from server.engine.reports_people import Shares, suppressed
from server.engine.reports_scope import Choice
from tests.make import MONDAY, House

TODAY = Choice(MONDAY, MONDAY)


def test_nothing_is_told_of_people_unless_the_house_says_so(house: House) -> None:
    for kind in ("people", "departments"):
        with pytest.raises(Barred):
            house.engine.figures.table(CLI, kind, TODAY)
    some = engine_of(house.store, house.clock, report_people="departments").figures
    assert some.table(CLI, "departments", TODAY).rows == ()
    with pytest.raises(Barred):
        some.table(CLI, "people", TODAY)


def test_reports_on_people_are_for_administrators_alone(house: House) -> None:
    figures = engine_of(house.store, house.clock, report_people="people").figures
    staff = Actor("person:3", "admin", None, "console", person=3, role="staff")
    narrow = Actor("token:9", "admin", frozenset({house.elm.number}), "roomvox")
    for actor in (staff, narrow, house.alice):
        for kind in ("people", "departments"):
            with pytest.raises(Barred):
                figures.table(actor, kind, TODAY)


def test_people_and_departments_are_told_of_by_their_bookings(house: House) -> None:
    figures = engine_of(house.store, house.clock, report_people="people").figures
    for number in range(8):
        department = "Sales" if number < 5 else "Law" if number < 7 else "Board"
        person = house.engine.people.add(
            Person(0, f"p{number}@example.org", f"P{number}", department=department, role=Role.MEMBER), CLI
        )
        house.book(f"{11 + number}:00", f"{12 + number}:00", owner=person.number)
    house.book("10:30", "11:00")
    people = figures.table(CLI, "people", TODAY)
    assert people.rows[-1][:4] == ("(nobody we know)", "", "", 1)
    assert {row[1] for row in people.rows[:-1]} == {f"p{number}@example.org" for number in range(8)}
    (only,) = figures.table(CLI, "departments", TODAY).rows
    assert only[:3] == ("(several departments)", 8, 8)  # Law and Board are three people: Sales would give them away


def shares(*people: int) -> list[Shares]:
    return [Shares(f"D{n}", people=many, figures=[many] * 6) for n, many in enumerate(people)]


@pytest.mark.parametrize(
    ("people", "found"),
    [
        ((9, 7, 5), [9, 7, 5]),
        ((9, 4, 3), [9, 7]),
        ((9, 7, 4), [9, 11]),
        ((4,), []),
        ((4, 4), [8]),
        ((2, 2), []),
        ((5, 1), [6]),
        ((), []),
    ],
)
def test_no_group_of_fewer_than_five_people_can_be_told_from_the_others(
    people: tuple[int, ...], found: list[int]
) -> None:
    assert sorted((it.people for it in suppressed(shares(*people))), reverse=True) == sorted(found, reverse=True)
