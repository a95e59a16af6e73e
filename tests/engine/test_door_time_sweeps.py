"""What runs by itself waits for no door: it asks, and comes again, or goes on at risk."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from server.core.access import CLI
from server.core.clock import epoch, from_epoch
from server.core.errors import Later, Refused
from server.core.model import Standing
from server.store import bookings
from tests.engine.doors import Door
from tests.make import House, ask, at
from tests.people import someone


def test_an_offer_out_of_a_doors_time_is_asked_for_and_made_when_the_sweep_comes_again(house: House) -> None:
    house.policy(waiting=True, offer_minutes=30)
    anna = someone(house, "anna").actor
    made = house.book("11:00", "11:30")
    house.engine.waiting.join(("oak",), at("11:00"), at("11:30"), "Retro", anna)
    door = Door(house)
    house.engine.bookings.cancel(made.uid, house.alice)
    door.say()
    door.say()
    assert house.engine.waiting.run().offered == 0
    door.say()
    door.say()
    house.clock.forward(seconds=60)
    door.say()
    assert house.engine.waiting.run().offered == 1
    assert house.overlaps() == []


def test_a_series_is_carried_on_into_a_doors_time_at_risk(house: House) -> None:
    done = house.recur("10:30", "11:00", "FREQ=WEEKLY")
    with house.store.reading() as tx:
        ((last,),) = tx.rows("SELECT max(starts) FROM occurrence")
    house.clock.set(from_epoch(last) + timedelta(days=7, minutes=-30))
    Door(house).silent()
    house.clock.forward(seconds=1)
    report = house.engine.carrying.run()
    assert (report.failed, report.series) == ([], 1)
    assert house.overlaps() == []
    with house.store.reading() as tx:
        rows = [row for row in bookings.between(tx, house.oak.number, None, standings=set(Standing))
                if row.series == done.series.id and row.starts > house.clock.now()]  # fmt: skip
    assert [row.standing for row in rows if row.starts < house.clock.now() + timedelta(hours=2)] == [Standing.AT_RISK]


@pytest.mark.heavy
@pytest.mark.timeout(60)
def test_eight_book_into_a_doors_time_while_it_answers_and_its_own_people_walk_in(house: House) -> None:
    door = Door(house)
    door.house.engine.rooms.change("oak", CLI, rules={"door_minutes": 600}, anyway=True)
    wishes = [at("10:00") + timedelta(minutes=5 * number) for number in range(80)]

    def books(number: int) -> list[str]:
        out = []
        for place in range(10):
            start = wishes[(number * 10 + place * 7) % len(wishes)]
            risky = place % 3 == 0
            try:
                made = house.engine.bookings.book(
                    ask(start, start + timedelta(minutes=10), at_risk=risky), house.alice, key=f"k-{number}-{place}"
                )
            except (Refused, Later):
                continue
            out.append(made.uid)
        return out

    def walks(stop: list[bool]) -> list[str]:
        out = []
        while not stop:
            door.say()
            start = house.clock.now() + timedelta(minutes=5 * len(out))
            try:
                out.append(house.engine.bookings.book(ask(start, start + timedelta(minutes=5)), door.actor).uid)
            except (Refused, Later):
                if len(out) > 20:
                    continue
                out.append("")
        return [it for it in out if it]

    stop: list[bool] = []
    with ThreadPoolExecutor(9) as pool:
        walking = pool.submit(walks, stop)
        made = [uid for each in pool.map(books, range(8)) for uid in each]
        stop.append(True)
        made += walking.result()
    door.say()
    door.say()
    with house.store.reading() as tx:
        found = [bookings.by_uid(tx, uid) for uid in made]
        active = {row[0] for row in tx.rows("SELECT occurrence_id FROM hold WHERE active = 1 AND grant_id IS NULL")}
        owned = tx.rows("SELECT held_from, held_to FROM hold WHERE grant_id IS NOT NULL")
    assert len(made) > 10
    print(f"{len(made)} booked, version {door.owned.version}")
    assert house.overlaps() == []
    for it in found:
        assert it is not None
        assert it.standing is Standing.ACCEPTED, "each is certain once the door has spoken"
        assert it.id in active, "nothing is lost"
        assert not any(start < epoch(it.ends) and end > epoch(it.starts) for start, end in owned)
