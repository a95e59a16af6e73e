"""What doors own is held, and laid anew whenever something changes in their room, whoever changes it."""

from collections.abc import Iterable

from server.core.clock import epoch
from server.core.escrow import Grant, acknowledged, assumed, recalled
from server.core.stretches import Times
from server.engine.closures import ClosureAsk
from server.store import grants
from server.store.database import Tx
from server.store.grants import Door
from tests.make import House, at


def times(*spans: tuple[str, str]) -> Times:
    return tuple((epoch(at(start)), epoch(at(end))) for start, end in spans)


def put(house: House, device: int, grant: Grant, *, number: int = 0) -> Door:
    """The panel's grant of Oak, stored."""
    door = Door(number, device, house.oak.number, grant)
    return house.store.writing(lambda tx: grants.put(tx, door, house.clock.now()), rooms=[house.oak.number])


def held(house: House, door: Door) -> Times:
    """What the door's holds are."""
    with house.store.reading() as tx:
        rows = tx.rows("SELECT held_from, held_to FROM hold WHERE grant_id = ? ORDER BY held_from", (door.id,))
    return tuple((start, end) for start, end in rows)


def lifted(house: House, door: Door, *, then: Iterable[str] = ()) -> None:
    """Its holds are lifted, these statements are run, and it is laid anew at the end."""

    def work(tx: Tx) -> None:
        grants.lift(tx, [door.id])
        for statement in then:
            tx.run(statement)

    house.store.writing(work, rooms=[house.oak.number])


def test_a_grant_that_is_stored_holds_what_it_reserves(house: House) -> None:
    device, _, _ = house.panel()
    door = put(house, device.number, assumed(times(("11:00", "12:00"), ("13:00", "14:00"))))
    assert held(house, door) == times(("11:00", "12:00"), ("13:00", "14:00"))
    lifted(house, door)
    assert held(house, door) == times(("11:00", "12:00"), ("13:00", "14:00")), "whoever lifts it need not think of it"
    with house.store.reading() as tx:
        assert grants.of_rooms(tx, [house.oak.number]) == grants.of_device(tx, device.number) == [door]
        assert grants.versions(tx, device.number) == {"oak": 0}


def test_what_was_stored_comes_back_as_it_was(house: House) -> None:
    device, _, _ = house.panel()
    grant = recalled(assumed(times(("11:00", "12:00"))), *times(("11:10", "11:20"))[0], 7)
    door = put(house, device.number, grant)
    with house.store.reading() as tx:
        assert grants.of_device(tx, device.number) == [door]


def test_time_that_a_booking_gives_up_goes_back_to_the_door(house: House) -> None:
    device, _, _ = house.panel()
    first, second = house.book("11:15", "11:45"), house.book("11:45", "12:15")
    door = put(house, device.number, assumed(times(("11:00", "13:00"))))
    assert held(house, door) == times(("11:00", "11:15"), ("12:15", "13:00"))
    house.engine.bookings.cancel(first.uid, house.alice)
    assert held(house, door) == times(("11:00", "11:45"), ("12:15", "13:00"))
    house.engine.bookings.cancel(second.uid, house.alice)
    assert held(house, door) == times(("11:00", "13:00"))
    assert house.overlaps() == []


def test_time_that_the_device_gave_up_is_free_again(house: House) -> None:
    device, _, _ = house.panel()
    grant = recalled(assumed(times(("11:00", "13:00"))), *times(("11:30", "12:00"))[0], 7)
    door = put(house, device.number, grant)
    assert held(house, door) == times(("11:00", "13:00"))
    put(house, device.number, acknowledged(grant, 1, head=0, applied=0), number=door.id)
    assert held(house, door) == times(("11:00", "11:30"), ("12:00", "13:00"))
    house.book("11:30", "12:00")
    assert held(house, door) == times(("11:00", "11:30"), ("12:00", "13:00"))


def test_of_two_doors_that_reserve_the_same_the_older_has_it_until_it_lets_go(house: House) -> None:
    one, two = house.panel()[0], house.panel()[0]
    first = put(house, one.number, assumed(times(("11:00", "12:00"))))
    second = put(house, two.number, assumed(times(("11:30", "12:30"))))
    assert (held(house, first), held(house, second)) == (times(("11:00", "12:00")), times(("12:00", "12:30")))
    house.store.writing(lambda tx: grants.drop(tx, [first.id]), rooms=[house.oak.number])
    assert held(house, second) == times(("11:30", "12:30"))


def test_what_is_taken_is_what_bookings_and_closures_have(house: House) -> None:
    device, _, _ = house.panel()
    house.book("11:00", "12:00")
    house.book("12:30", "13:00")
    put(house, device.number, assumed(times(("12:00", "12:15"))))
    house.engine.closures.add(ClosureAsk(at("14:00"), at("15:00"), rooms=("oak",), reason="Cleaning"), house.ada)
    low, high = times(("11:30", "14:30"))[0]
    with house.store.reading() as tx:
        found = grants.taken(tx, house.oak.number, low, high)
    assert found == (times(("11:00", "12:00"), ("12:30", "13:00")), times(("14:00", "15:00")))
