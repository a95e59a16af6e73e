"""What has been kept long enough goes, class by class, and nothing else."""

from dataclasses import replace

import pytest

from server.core.access import CLI
from server.core.errors import Unknown
from server.core.model import Attendee, Details
from server.core.people import Account, Person
from server.engine.retention import Periods, Retention
from tests.engine.card import Card
from tests.make import House


def retention(house: House, **days: int) -> Retention:
    return replace(house.engine.retention, periods=Periods(**days))


def test_nothing_goes_unless_somebody_said_so(house: House) -> None:
    uid = house.book("11:00", "12:00").uid
    house.clock.forward(days=399)
    assert not any(house.engine.retention.run().values())
    assert house.engine.bookings.get(uid, CLI).title == "Planning"


def test_past_bookings_keep_their_time_and_lose_their_words(house: House) -> None:
    guest = Details(attendees=(Attendee("guest", None, "gus@example.org", "Gus"),), public_title="Visit")
    old = house.book("11:00", "12:00", description="secret", details=guest, key="one")
    house.clock.forward(days=20)
    recent = house.book(house.clock.now(), house.clock.now().replace(hour=10))
    house.clock.forward(days=11)
    assert retention(house, bookings=30).run()["bookings"] == 1
    kept = house.engine.bookings.get(old.uid, CLI)
    assert (kept.starts, kept.standing) == (old.starts, old.standing)
    assert (kept.title, kept.description, kept.organizer, kept.organizer_email) == ("", "", "", "")
    assert kept.details == Details()
    assert house.engine.bookings.get(recent.uid, CLI).title == "Planning"
    with house.store.reading() as tx:
        texts = str(tx.rows("SELECT before, after, more FROM op")) + str(tx.rows("SELECT body FROM change_text"))
    assert "secret" not in texts
    assert "Gus" not in texts
    assert retention(house, bookings=30).run()["bookings"] == 0


def test_a_series_keeps_its_words_until_all_of_it_is_over(house: House) -> None:
    uid = house.recur("11:00", "12:00", "FREQ=WEEKLY;COUNT=4").series.uid
    house.clock.forward(days=16)
    retention(house, bookings=1).run()
    whole = house.engine.series.whole(uid, CLI)
    assert whole.series.title == "Planning"
    assert sorted(row.title for row in whole.rows) == ["", "", "", "Planning"]
    house.clock.forward(days=30)
    retention(house, bookings=1).run()
    assert house.engine.series.whole(uid, CLI).series.title == ""


def test_people_who_left_long_ago_are_erased(house: House) -> None:
    people = house.engine.people
    gone, here = (people.add(Person(0, f"{name}@example.org", ""), CLI) for name in ("gone", "here"))
    house.clock.forward(days=200)
    people.change(gone.number, CLI, account=Account.INACTIVE)
    house.clock.forward(days=99)
    assert retention(house, people=100).run()["people"] == 0
    house.clock.forward(days=2)
    assert retention(house, people=100).run()["people"] == 1
    with pytest.raises(Unknown):
        people.find("gone@example.org", CLI)
    assert people.get(here.number, CLI).email == "here@example.org"


def test_when_somebody_was_seen_is_forgotten(house: House) -> None:
    it = house.engine.people.add(Person(0, "maria@example.org", ""), CLI)
    house.engine.sign_in.open(it.number, source="console")
    house.clock.forward(days=89)
    assert retention(house).run()["seen"] == 0
    house.clock.forward(days=2)
    assert retention(house, sign_ins=0).run()["seen"] == 0
    assert retention(house).run()["seen"] == 1
    assert house.engine.people.get(it.number, CLI).seen_at is None


def test_old_answers_go_and_the_feed_says_how_many(house: House) -> None:
    house.book("11:00", "12:00", key="one")
    house.clock.forward(days=401)
    assert house.engine.retention.run()["answers"] == 1
    with house.store.reading() as tx:
        assert tx.rows("SELECT op_key FROM op") == []
        assert tx.rows("SELECT codes FROM change WHERE what = 'retention'") == [("answers=1",)]


def test_what_doors_did_and_the_conflicts_of_it_go_after_four_hundred_days(house: House) -> None:
    card = Card(house, house.panel()[2])
    card.walk_in()
    house.book("10:20", "11:00")
    card.bring()
    house.engine.intake.torn(card.actor, card.epoch, b"torn")
    house.clock.forward(days=400)
    assert house.engine.retention.run()["door_ops"] == 0
    house.clock.forward(seconds=1)
    done = house.engine.retention.run()
    assert (done["door_ops"], done["conflicts"]) == (1, 1)
    with house.store.reading() as tx:
        assert tx.rows("SELECT id FROM torn_journal") == []
