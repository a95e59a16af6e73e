"""The catalogue: what can be added, what is refused and why, and that what is in use stays."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier
from typing import Any

import pytest

from server.core.access import CLI
from server.core.errors import Barred, Invalid, LintelError, Refused, Stale, Unknown
from server.core.model import Details
from server.core.places import Accessory, Attribute, Equipment, Quota, Slot, StatusReason, Timetable
from server.core.timetables import SCHOOL_SLOTS, school
from server.engine.catalogue import Item
from server.store.fields import details_text
from tests import make

ONE_OF_EACH: tuple[Item, ...] = (
    Attribute(0, "booking", "Cost centre", pattern=r"\d{4}"),
    Accessory(0, "Flip chart", 4),
    school(),
    Quota(0, "Ten hours a week", "minutes", "week", 600),
    Equipment("beamer", "Projector", "projector"),
    StatusReason(0, "unavailable", "Painting"),
)


@pytest.fixture(scope="module")
def shared_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[make.House]:
    """One house for all that is refused, and so changes nothing."""
    with make.opened(f"sqlite:///{tmp_path_factory.mktemp('house') / 'lintel.db'}") as store:
        yield make.house(store)


def refusal(error: pytest.ExceptionInfo[Refused]) -> tuple[str, dict[str, Any]]:
    (objection,) = error.value.objections
    return objection.code, dict(objection.numbers)


@pytest.mark.parametrize("it", ONE_OF_EACH, ids=lambda it: type(it).__name__)
def test_what_is_added_is_listed_until_it_is_removed(house: make.House, it: Item) -> None:
    catalogue = house.engine.catalogue
    made = catalogue.add(it, CLI)
    assert catalogue.all(type(it), CLI) == (made,)
    key = made.id if isinstance(made, Equipment) else made.number
    assert key
    assert catalogue.get(type(it), key, CLI) == made
    assert catalogue.remove(type(it), key, CLI) == made
    assert catalogue.all(type(it), CLI) == ()
    with pytest.raises(Unknown):
        catalogue.get(type(it), key, CLI)
    with pytest.raises(Unknown):
        catalogue.remove(type(it), key, CLI)


@pytest.mark.parametrize("it", ONE_OF_EACH, ids=lambda it: type(it).__name__)
def test_the_same_twice_is_refused(sqlite_house: make.House, it: Item) -> None:
    catalogue = sqlite_house.engine.catalogue
    catalogue.add(it, CLI)
    with pytest.raises(Refused) as refused:
        catalogue.add(it, CLI)
    assert refusal(refused)[0].endswith("_taken")


def test_a_name_is_taken_whatever_its_case(house: make.House) -> None:
    catalogue = house.engine.catalogue
    first, second = (catalogue.add(Quota(0, name, "minutes", "day", 60), CLI) for name in ("Büro", "Labor"))
    with pytest.raises(Refused) as refused:
        catalogue.change(Quota, second.number, CLI, name=" BÜRO ")
    assert refusal(refused)[0] == "quota_taken"
    assert catalogue.change(Quota, first.number, CLI, name="büro").version == 2


def test_a_label_may_be_used_once_in_each_category(sqlite_house: make.House) -> None:
    for category in ("room", "person", "booking"):
        sqlite_house.engine.catalogue.add(Attribute(0, category, "Colour"), CLI)
    with pytest.raises(Refused) as refused:
        sqlite_house.engine.catalogue.add(Attribute(0, "room", "colour"), CLI)
    assert refusal(refused)[0] == "attribute_taken"


SLOT = Slot(480, 540)
BAD: list[tuple[Item, str]] = [
    (Attribute(0, "booking", " "), "label"), (Attribute(0, "booking", "x" * 101), "label"),
    (Attribute(0, "house", "A"), "category"), (Attribute(0, "room", "A", "number"), "kind"),
    (Attribute(0, "room", "A", "select"), "choices"), (Attribute(0, "room", "A", choices=("a",)), "choices"),
    (Attribute(0, "room", "A", "select", choices=("a", "a")), "choices"),
    (Attribute(0, "room", "A", "select", choices=("a", " ")), "choices"),
    (Attribute(0, "room", "A", "lines", pattern="a"), "pattern"), (Attribute(0, "room", "A", pattern="(a"), "pattern"),
    (Attribute(0, "room", "A", pattern=r"(a)\1"), "pattern"), (Attribute(0, "room", "A", pattern="a\0"), "pattern"),
    (Attribute(0, "room", "A", pattern="\udcff"), "pattern"), (Attribute(0, "room", "\udcff"), "label"),
    (Equipment("\udcff", "A"), "id"), (Equipment("a", "A", "\udcff"), "icon"),
    (Timetable(0, "A", days={0: (Slot(480, 540, True, "\0"),)}), "days"),
    (Attribute(0, "room", "A", rooms=frozenset({1})), "rooms"),
    (Attribute(0, "booking", "A", rooms=frozenset({99_999})), "rooms"), (Attribute(0, "room", "A", sort=-1), "sort"),
    (Accessory(0, ""), "name"), (Accessory(0, "A", -1), "stock"), (Accessory(0, "A", credits=-1), "credits"),
    (Accessory(0, "A", peak_credits=10_000_001), "peak_credits"), (Accessory(0, "A", credit_per="hour"), "credit_per"),
    (Accessory(0, "A", rooms={99_999: (None, None)}), "rooms"), (Accessory(0, "A", rooms={1: (3, 2)}), "rooms"),
    (Accessory(0, "A", rooms={1: (-1, 2)}), "rooms"), (Timetable(0, "A"), "days"),
    (Timetable(0, "A", "Mars/Base", {0: (SLOT,)}), "zone"), (Timetable(0, "A", days={7: (SLOT,)}), "days"),
    (Timetable(0, "A", days={0: (Slot(540, 480),)}), "days"), (Timetable(0, "A", days={0: (Slot(0, 1_441),)}), "days"),
    (Timetable(0, "A", days={0: (SLOT, Slot(539, 600))}), "days"),
    (Timetable(0, "A", days={0: (Slot(0, 60, bookable=False),)}), "days"),
    (Timetable(0, "A", days={day: tuple(Slot(n, n + 1) for n in range(43)) for day in range(7)}), "days"),
    (Timetable(0, "A", days={date.fromordinal(740_000 + n): (SLOT,) for n in range(401)}), "days"),
    (Timetable(0, "A", days={0: (SLOT,)}, since=date(2026, 2, 1), until=date(2026, 1, 31)), "until"),
    (Timetable(0, "A", days={0: (SLOT,)}, most_rooms=0), "most_rooms"),
    (Timetable(0, "A", days={0: (SLOT,)}, most_at_once=0), "most_at_once"),
    (Timetable(0, "A", days={0: (SLOT,)}, days_visible=8), "days_visible"),
    (Timetable(0, "A", days={0: (SLOT,)}, week_start=7), "week_start"),
    (Quota(0, "A", "hours", "day", 1), "unit"), (Quota(0, "A", "minutes", "hour", 1), "per"),
    (Quota(0, "A", "minutes", "day", -1), "most"), (Quota(0, "A", "minutes", "day", 1, group=99_999), "group"),
    (Quota(0, "A", "minutes", "day", 1, place=99_999), "place"),
    (Quota(0, "A", "minutes", "day", 1, room=99_999), "room"),
    (Quota(0, "A", "minutes", "day", 1, room_type="castle"), "room_type"),
    (Quota(0, "A", "minutes", "day", 1, weekdays=frozenset()), "weekdays"),
    (Quota(0, "A", "minutes", "day", 1, opens=600, closes=600), "opens"), (Equipment("Bad Slug", "A"), "id"),
    (Equipment("a", ""), "label"), (StatusReason(0, "gone", "A"), "status"), (StatusReason(0, "hidden", " "), "reason"),
    (StatusReason(0, "hidden", "a\x00b"), "reason"),
]  # fmt: skip


@pytest.mark.parametrize(("it", "field"), BAD, ids=lambda it: it if isinstance(it, str) else type(it).__name__)
def test_what_cannot_be_is_refused_by_field(shared_house: make.House, it: Item, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        shared_house.engine.catalogue.add(it, CLI)
    assert set(refused.value.fields) == {field}


def test_as_many_as_are_allowed_and_not_one_more(sqlite_house: make.House) -> None:
    catalogue = sqlite_house.engine.catalogue
    for number in range(100):
        catalogue.add(Timetable(0, f"T{number}", days={0: (SLOT,)}), CLI)
    with pytest.raises(Refused) as refused:
        catalogue.add(Timetable(0, "T100", days={0: (SLOT,)}), CLI)
    assert refusal(refused) == ("too_many", {"most": 100})
    assert len(catalogue.all(Timetable, CLI)) == 100


def test_a_change_counts_the_version_and_a_stale_one_is_refused(house: make.House) -> None:
    catalogue = house.engine.catalogue
    made = catalogue.add(Accessory(0, "Flip chart", 4), CLI)
    changed = catalogue.change(Accessory, made.number, CLI, version=1, stock=6, rooms={house.oak.number: (None, 2)})
    assert (changed.stock, changed.version, changed.rooms) == (6, 2, {house.oak.number: (None, 2)})
    with pytest.raises(Stale):
        catalogue.change(Accessory, made.number, CLI, version=1, stock=7)
    with pytest.raises(Invalid):
        catalogue.change(Accessory, made.number, CLI, number=9)
    with pytest.raises(Invalid):
        catalogue.change(Accessory, made.number, CLI, stock=-1)
    assert catalogue.get(Accessory, made.number, CLI) == changed


def test_what_the_house_remembers_is_read_anew_after_a_change(house: make.House) -> None:
    before = house.engine.house.now()
    quota = house.engine.catalogue.add(Quota(0, "A", "minutes", "day", 60), CLI)
    after = house.engine.house.now()
    assert (before.quotas, after.quotas) == ((), (quota,))
    assert after.version != before.version


def test_a_timetable_that_a_room_keeps_is_not_removed(house: make.House) -> None:
    catalogue = house.engine.catalogue
    table = catalogue.add(school(), CLI)
    assert table.days[0] == SCHOOL_SLOTS
    house.policy("oak", timetable=table.number)
    with pytest.raises(Refused) as refused:
        catalogue.remove(Timetable, table.number, CLI)
    assert refusal(refused) == ("in_use", {"by": "1 room"})
    house.policy("oak", timetable=None)
    catalogue.remove(Timetable, table.number, CLI)


def test_equipment_that_stands_in_a_room_is_not_removed(house: make.House) -> None:
    catalogue = house.engine.catalogue
    catalogue.add(Equipment("beamer", "Projector"), CLI)
    house.engine.rooms.change("oak", CLI, facilities=("beamer",))
    with pytest.raises(Refused) as refused:
        catalogue.remove(Equipment, "beamer", CLI)
    assert refusal(refused) == ("in_use", {"by": "1 room"})


def test_an_attribute_with_values_is_not_removed_nor_made_another_kind(house: make.House) -> None:
    catalogue = house.engine.catalogue
    it = catalogue.add(Attribute(0, "booking", "Cost centre"), CLI)
    house.book("11:00", "12:00")
    said = details_text(Details(attributes={it.number: "4711"}, accessories={it.number + 1: 1}))
    house.store.writing(lambda tx: tx.run("UPDATE occurrence SET details = ?", (said,)))
    other = catalogue.add(Attribute(0, "booking", "Another one"), CLI)
    assert other.number == it.number + 1
    catalogue.remove(Attribute, other.number, CLI)  # the accessory of that number is not it
    for refuse in (
        lambda: catalogue.remove(Attribute, it.number, CLI),
        lambda: catalogue.change(Attribute, it.number, CLI, kind="lines"),
    ):
        with pytest.raises(Refused) as refused:
            refuse()
        assert refusal(refused) == ("in_use", {"by": "1 booking"})
    assert catalogue.change(Attribute, it.number, CLI, label="Account").label == "Account"
    house.clock.set("12:00")  # over: what was said stays, but nobody needs the field any more
    catalogue.remove(Attribute, it.number, CLI)


def test_a_choice_that_somebody_made_is_not_taken_away(sqlite_house: make.House) -> None:
    house, catalogue = sqlite_house, sqlite_house.engine.catalogue
    it = catalogue.add(Attribute(0, "room", "Carpet", "select", choices=("red", "blue")), CLI)
    assert catalogue.change(Attribute, it.number, CLI, choices=("red", "green")).choices == ("red", "green")
    house.engine.rooms.change("oak", CLI, attributes={it.number: "red"})
    with pytest.raises(Refused) as refused:
        catalogue.change(Attribute, it.number, CLI, choices=("green",))
    assert refusal(refused) == ("in_use", {"by": "1 room"})
    assert catalogue.change(Attribute, it.number, CLI, choices=("red", "green", "grey")).choices[-1] == "grey"


def test_only_those_who_run_the_rules_may(sqlite_house: make.House) -> None:
    catalogue = sqlite_house.engine.catalogue
    made = catalogue.add(Attribute(0, "booking", "For the desk", admin_only=True), CLI)
    for it in ONE_OF_EACH:
        for actor in (sqlite_house.alice, sqlite_house.rita):
            with pytest.raises(Barred):
                catalogue.add(it, actor)
    for act in (catalogue.remove, catalogue.change):
        with pytest.raises(Barred):
            act(Attribute, made.number, sqlite_house.alice)
    assert catalogue.all(Attribute, sqlite_house.alice) == ()
    assert catalogue.all(Attribute, sqlite_house.ada) == (made,)


def test_every_change_is_noted_without_a_name(house: make.House) -> None:
    catalogue = house.engine.catalogue
    made = catalogue.add(StatusReason(0, "hidden", "Secret plans"), CLI)
    catalogue.change(StatusReason, made.number, CLI, reason="Other plans")
    catalogue.remove(StatusReason, made.number, CLI)
    with house.store.reading() as tx:
        rows = tx.rows("SELECT what, subject, actor, codes FROM change WHERE what LIKE 'reason%' ORDER BY seq")
    assert rows == [(f"reason_{what}", made.number, "cli", "") for what in ("added", "changed", "removed")]


def test_a_field_that_is_asked_for_is_news_to_the_panels_of_its_rooms(sqlite_house: make.House) -> None:
    catalogue = sqlite_house.engine.catalogue

    def told() -> list[int]:
        with sqlite_house.store.reading() as tx:
            rows = tx.rows("SELECT room_id FROM change WHERE what = 'room_changed' ORDER BY seq")
        return [room for (room,) in rows]

    oak, elm = sqlite_house.oak.number, sqlite_house.elm.number
    usual = told()
    it = catalogue.add(Attribute(0, "booking", "Cost centre", rooms=frozenset({oak})), CLI)
    assert told() == usual
    catalogue.change(Attribute, it.number, CLI, required=True)
    assert told() == [*usual, oak]
    catalogue.change(Attribute, it.number, CLI, rooms=frozenset())
    assert told() == [*usual, oak, oak, elm]
    catalogue.remove(Attribute, it.number, CLI)
    assert told() == [*usual, oak, oak, elm, oak, elm]


def test_of_many_at_once_one_alone_gets_the_name(house: make.House) -> None:
    gate = Barrier(4)

    def add(_: int) -> bool:
        gate.wait(30)
        try:
            house.engine.catalogue.add(Attribute(0, "booking", "Cost centre"), CLI)
        except Refused:
            return False
        finally:
            house.store.close()
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(add, range(4))) == [False, False, False, True]
    assert len(house.engine.catalogue.all(Attribute, CLI)) == 1


def test_every_refusal_is_one_of_the_kinds_that_all_doors_know(sqlite_house: make.House) -> None:
    with pytest.raises(LintelError):
        sqlite_house.engine.catalogue.add(Attribute(0, "booking", "a\u2028b"), CLI)
