"""Dates of a series that nobody comes to are counted; first its people hear of it, then it ends where policy says."""

from server.core.access import CLI
from tests.engine.watched import asks, notes, panel, rounds
from tests.make import House, at


def day(house: House, number: int) -> dict[str, int]:
    """One date of a daily series passes."""
    house.clock.set(at("11:00", number))
    return rounds(house, at("11:20", number), every=60)


def test_the_organiser_is_told_and_then_the_coming_dates_go(house: House) -> None:
    asks(house, strikes=3)
    panel(house)
    made = house.recur("11:00", "12:00", "FREQ=DAILY;COUNT=6")
    dates = house.engine.series.whole(made.series.uid, CLI).rows
    assert day(house, 0)["strikes"] == 1
    assert "warned" in day(house, 1)
    assert notes(house, dates[1], "strike", "strikes_warned") == [("strike", "2,3"), ("strikes_warned", "2,3")]
    assert day(house, 2)["ended"] == 1
    live = [row for row in house.engine.series.whole(made.series.uid, CLI).rows if row.starts > house.clock.now()]
    assert live == []
    assert notes(house, dates[3], "cancelled") == [("cancelled", "strikes")]
    assert day(house, 3) == {}
    found = house.engine.tickets.page(CLI)
    assert [it.ticket.category for it in found] == ["series_unattended"]


def test_a_date_that_somebody_comes_to_ends_the_row(house: House) -> None:
    asks(house, strikes=2)
    glass = panel(house)
    made = house.recur("11:00", "12:00", "FREQ=DAILY;COUNT=6")
    dates = house.engine.series.whole(made.series.uid, CLI).rows
    day(house, 0)
    house.clock.set(at("11:01", 1))
    house.engine.presence.check_in(dates[1].uid, glass)
    day(house, 2)
    assert notes(house, dates[2], "strike") == [("strike", "1,2")]
    assert "ended" in day(house, 3)


def test_without_a_number_in_the_policy_they_are_only_counted(house: House) -> None:
    asks(house)
    panel(house)
    house.recur("11:00", "12:00", "FREQ=DAILY;COUNT=4")
    assert [day(house, number)["strikes"] for number in range(4)] == [1, 1, 1, 1]


def test_what_nobody_can_know_is_no_strike(house: House) -> None:
    asks(house, strikes=2)
    panel(house)
    house.recur("11:00", "12:00", "FREQ=DAILY;COUNT=2")
    house.clock.set(at("11:00", 0))
    assert rounds(house, at("11:50", 0), every=60, heard=False) == {"warned": 1, "unknown": 1}


def test_a_series_of_several_rooms_ends_only_where_all_say_so(sqlite_house: House) -> None:
    house = sqlite_house
    asks(house, strikes=2)
    asks(house, "elm")
    panel(house)
    panel(house, "elm")
    made = house.recur("11:00", "12:00", "FREQ=DAILY;COUNT=4", rooms=("oak", "elm"))
    assert [day(house, number)["strikes"] for number in range(4)] == [1, 1, 1, 1]
    dates = house.engine.series.whole(made.series.uid, CLI).rows
    assert notes(house, dates[3], "cancelled", "strikes_warned") == []
