"""What the catalogue says is kept when people book: each rule once through the whole engine."""

from typing import Any

import pytest

from server.core.access import CLI
from server.core.errors import Invalid, Refused
from server.core.model import Booking, Details
from server.core.places import Accessory, Attribute, Quota, Timetable
from server.core.timetables import school
from tests.dialects.device.glass import glass
from tests.engine.everything import credited, credits_of
from tests.make import House, at, codes
from tests.people import Someone, someone


def refused(act: Any) -> list[str]:
    with pytest.raises(Refused) as error:
        act()
    return codes(error.value)


def book(by: Someone, start: str, end: str, room: str = "oak") -> Booking:
    """Somebody books for themselves."""
    return by.house.book(start, end, by=by.actor, room=room, organizer="", organizer_email="")


def rule(house: House, slug: str = "oak", **rules: Any) -> None:
    house.engine.rooms.change(slug, CLI, rules=rules)


def test_a_required_field_is_asked_for_and_checked(house: House) -> None:
    it = house.engine.catalogue.add(Attribute(0, "booking", "Cost centre", required=True, pattern=r"\d{4}"), CLI)
    assert refused(lambda: house.book("11:00", "12:00")) == ["attribute_missing"]
    wrong = Details(attributes={it.number: "471"})
    assert refused(lambda: house.book("11:00", "12:00", details=wrong)) == ["attribute_bad"]
    made = house.book("11:00", "12:00", details=Details(attributes={it.number: "4711"}))
    assert made.details.attributes == {it.number: "4711"}


def test_what_is_out_cannot_be_had_until_it_is_back(house: House) -> None:
    it = house.engine.catalogue.add(Accessory(0, "Flip chart", 3), CLI)
    two = Details(accessories={it.number: 2})
    first = house.book("11:00", "12:00", details=two)
    assert refused(lambda: house.book("11:30", "12:30", room="elm", details=two)) == ["out_of_stock"]
    house.book("12:00", "13:00", room="elm", details=two)
    assert refused(lambda: house.engine.catalogue.remove(Accessory, it.number, CLI)) == ["in_use"]
    house.engine.bookings.cancel(first.uid, house.alice)
    house.book("11:00", "12:00", details=two)


def test_a_room_with_a_timetable_is_booked_by_its_slots(house: House) -> None:
    table = house.engine.catalogue.add(school(), CLI)
    rule(house, timetable=table.number)
    assert refused(lambda: house.book("11:00", "12:00")) == ["off_slots"]
    house.book("11:00", "12:50")
    house.engine.catalogue.change(Timetable, table.number, CLI, most_at_once=1)
    rule(house, "elm", timetable=table.number)
    assert refused(lambda: house.book("12:00", "12:50", room="elm")) == ["timetable_full"]
    house.book("13:00", "13:50", room="elm")


def test_a_quota_binds_its_owner_in_all_rooms(house: House) -> None:
    house.engine.catalogue.add(Quota(0, "Two hours a day", "minutes", "day", 120), CLI)
    olga, paul = someone(house, "olga"), someone(house, "paul")
    book(olga, "11:00", "12:30")
    assert refused(lambda: book(olga, "11:00", "12:00", "elm")) == ["over_quota"]
    book(paul, "11:00", "12:00", "elm")
    book(olga, "13:00", "13:30")


def test_what_costs_something_is_paid_by_its_owner(house: House) -> None:
    rule(house, credits=100)
    olga = someone(house, "olga")
    credited(house, olga.person.number, 250)
    made = book(olga, "11:00", "13:00")
    assert (made.credits, credits_of(house, olga.person.number)) == (200, 50)
    assert refused(lambda: book(olga, "14:00", "15:00")) == ["too_few_credits"]
    house.engine.bookings.cancel(made.uid, olga.actor)
    assert credits_of(house, olga.person.number) == 250


def test_a_room_for_some_is_for_nobody_else(house: House) -> None:
    rule(house, departments=("Physics",), roles=("member",))
    physicist, chemist = someone(house, "olga", department="Physics"), someone(house, "paul", department="Chemistry")
    book(physicist, "11:00", "12:00")
    assert refused(lambda: book(chemist, "12:00", "13:00")) == ["not_your_department"]
    assert refused(lambda: house.book("12:00", "13:00")) == ["not_your_role", "not_your_department"]


def test_a_rule_that_is_off_and_a_role_that_is_exempt_are_not_asked(sqlite_house: House) -> None:
    rule(sqlite_house, max_minutes=30)
    assert refused(lambda: sqlite_house.book("11:00", "12:00")) == ["too_long"]
    rule(sqlite_house, exempt={"key": ("too_long",)})
    sqlite_house.book("11:00", "12:00")
    rule(sqlite_house, exempt={}, off=("too_long",))
    sqlite_house.book("12:00", "13:00")


@pytest.mark.parametrize(
    "rules", [{"off": ("no_such_rule",)}, {"off": ("over",)}, {"exempt": {"staff": ("inactive",)}}]
)
def test_only_rules_that_can_be_off_are_taken(sqlite_house: House, rules: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        rule(sqlite_house, **rules)


def test_a_panel_offers_no_walk_in_where_words_are_needed(sqlite_house: House) -> None:
    panel = glass(sqlite_house)
    assert panel.snapshot()["policy"]["walk_in"] is True
    it = sqlite_house.engine.catalogue.add(Attribute(0, "booking", "Cost centre", required=True), CLI)
    assert panel.snapshot()["policy"]["walk_in"] is False
    sqlite_house.engine.catalogue.change(Attribute, it.number, CLI, required=False)
    assert panel.snapshot()["policy"]["walk_in"] is True
    sqlite_house.engine.rooms.change("oak", CLI, status="unavailable", status_reason="Painting")
    assert (panel.snapshot()["policy"]["walk_in"], panel.snapshot()["room"]["active"]) == (False, False)


def test_what_ends_over_midnight_needs_a_room_that_allows_it(sqlite_house: House) -> None:
    rule(sqlite_house, multi_day=False)
    assert refused(lambda: sqlite_house.book(at("23:00"), at("00:30", 1))) == ["multi_day"]
    sqlite_house.book(at("23:00"), at("00:00", 1))
