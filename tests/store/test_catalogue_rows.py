"""What the house can choose from comes back from the database as it went in."""

from dataclasses import replace
from datetime import date

from server.core.places import Accessory, Attribute, Equipment, Quota, Slot, StatusReason, Timetable
from server.store import catalogue
from server.store.database import Store

ATTRIBUTE = Attribute(
    0, "booking", "Größe", "select", required=True, pattern="[a-z]+", choices=("S", "Ü"), private=True, admin_only=True,
    sort=3, rooms=frozenset({2, 11}),
)  # fmt: skip
ACCESSORY = Accessory(0, "Flip chart", 4, 150, 300, "booking", {3: (None, 2), 12: (1, None)})
TIMETABLE = Timetable(
    0, "School", "Europe/Berlin", {0: (Slot(480, 530), Slot(530, 540, False, "Break")), date(2026, 12, 24): ()}, 5, 6,
    2, 10, date(2026, 8, 1), date(2027, 7, 31),
)  # fmt: skip
QUOTA = Quota(
    0, "Team hours", "minutes", "week", 600, 1, 2, 3, "studio", frozenset({0, 4}), 480, 1080, False,
)  # fmt: skip


def test_everything_comes_back_as_it_went_in(store: Store) -> None:
    numbers = store.writing(
        lambda tx: [
            catalogue.put_attribute(tx, ATTRIBUTE),
            catalogue.put_accessory(tx, ACCESSORY),
            catalogue.put_timetable(tx, TIMETABLE),
            catalogue.put_quota(tx, QUOTA),
            catalogue.put_reason(tx, StatusReason(0, "unavailable", "Painting")),
        ]
    )
    store.writing(lambda tx: catalogue.put_equipment(tx, Equipment("beamer", "Projector", "projector")))
    with store.reading() as tx:
        assert catalogue.attributes(tx) == [replace(ATTRIBUTE, number=numbers[0])]
        assert catalogue.accessories(tx) == [replace(ACCESSORY, number=numbers[1])]
        assert catalogue.timetables(tx) == [replace(TIMETABLE, number=numbers[2])]
        assert catalogue.quotas(tx) == [replace(QUOTA, number=numbers[3])]
        assert catalogue.reasons(tx) == [StatusReason(numbers[4], "unavailable", "Painting")]
        assert catalogue.equipment(tx) == [Equipment("beamer", "Projector", "projector")]


def test_what_is_changed_keeps_its_number_and_what_is_removed_takes_it_along(store: Store) -> None:
    number = store.writing(lambda tx: catalogue.put_quota(tx, QUOTA))
    store.writing(lambda tx: catalogue.put_quota(tx, replace(QUOTA, number=number, most=5, group=None)))
    with store.reading() as tx:
        assert [(it.number, it.most, it.group) for it in catalogue.quotas(tx)] == [(number, 5, None)]
    store.writing(lambda tx: catalogue.remove(tx, "quota", number))
    again = store.writing(lambda tx: catalogue.put_quota(tx, QUOTA))
    assert again > number
