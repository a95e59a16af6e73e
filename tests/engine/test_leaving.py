"""Who is erased is gone from everywhere but the feed's numbers; who asks what is held is told all of it."""

import json

import pytest

from server.core.access import CLI
from server.core.errors import Barred, Refused, Unknown, Unnamed
from server.core.letters import Letter
from server.core.model import Attendee, Details, Edit
from server.core.people import Account, Group, Person, Role
from server.engine.queueing import queue
from server.store import letters
from server.store.database import Tx
from tests.make import House, ask, codes

NAME, EMAIL = "Alice Adams", "alice@example.org"


def alice(house: House) -> Person:
    """Alice of the cast, as a person."""
    return house.engine.people.add(
        Person(0, EMAIL, "alice", "Alice", "Adams", department="Sales", phone="+49 30 123456"), CLI
    )


def everything(house: House) -> str:
    """Every text of every table, as one."""
    with house.store.reading() as tx:
        if tx.postgres:
            names = tx.rows("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
        else:
            names = tx.rows("SELECT name FROM sqlite_master WHERE type = 'table'")
        return "\n".join(str(tx.rows(f"SELECT * FROM {name}")) for (name,) in names if name != "file")


def test_nothing_that_names_an_erased_person_is_left_anywhere(house: House) -> None:
    it = alice(house)
    house.engine.groups.add(Group(0, "Blue"), CLI)
    house.engine.groups.move(house.engine.groups.find("Blue", CLI).number, CLI, add=[it.number])
    house.engine.api_keys.create(it.number, "indico", CLI, name="Alice's")
    house.engine.credentials.add_badge(it.number, CLI, "0123456789", label="Alice's card")
    house.book("11:00", "12:00", key="one", title="Alice Adams and Bob", description="call alice@example.org")
    booked = house.book("13:00", "14:00")
    house.engine.bookings.change(booked.uid, Edit(title="New: ALICE ADAMS"), house.alice, key="two")
    house.recur("15:00", "16:00", key="three")
    house.clock.set("17:00")
    with_her = Details(attendees=(Attendee("participant", it.number, EMAIL, NAME),))
    bob = {"organizer": "Bob", "organizer_email": "bob@example.org"}
    house.book("18:00", "19:00", **bob, description="with Alice Adams", details=with_her, key="four")
    found = everything(house)
    assert NAME in found
    house.engine.leaving.erase(it.number, CLI)
    left = everything(house).casefold()
    for word in (NAME, EMAIL, "123456", "Alice"):
        assert word.casefold() not in left, word
    with pytest.raises(Unknown):
        house.engine.people.find(EMAIL, CLI)


@pytest.mark.parametrize("last", ["Özdemir", "Müller", 'O"Neil', "100%_Sure!"])
def test_nothing_that_waits_to_be_sent_names_them_and_the_rest_is_sent(house: House, last: str) -> None:
    person = house.engine.people.add(Person(0, "e@example.org", "e", "Elif", last), CLI)
    short = house.engine.people.add(Person(0, "al@example.net", "al", "", "Al"), CLI)
    hook = house.engine.hooks.add("https://example.net/", ("*",), CLI)[0].number
    now = house.clock.now()

    def write(tx: Tx) -> None:
        for key, said in (("theirs", person.name), ("upper", person.name.upper()), ("others", "all is well")):
            letters.insert(tx, Letter("digest", "bob@example.org", "en", "UTC", {"title": said}, key), now)
            queue(tx, hook, "booking.created", {"title": said}, now)

    house.store.writing(write)
    for it in (person, short):
        house.engine.leaving.erase(it.number, CLI)
    left = everything(house).casefold()
    assert json.dumps(last, ensure_ascii=False)[1:-1].casefold() not in left
    assert left.count("all is well") == 2
    assert [it.letter.key for it in house.engine.post.listed(CLI)] == ["others"]


def test_every_table_that_hangs_rows_on_people_is_thought_of(sqlite_house: House) -> None:
    """A new table with a person in it has to be told and emptied by server/store/leaving.py, and named here."""
    with sqlite_house.store.reading() as tx:
        found = tx.rows(
            "SELECT m.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' AND c.name = ?",
            ("person_id",),
        )
    assert {name for (name,) in found} == {
        "membership", "identity", "session", "badge", "api_key", "wait", "token", "ticket_note", "hook", "letter",
        "link", "letter_choice",
    }  # fmt: skip


def test_the_number_and_the_entries_of_the_feed_stay(house: House) -> None:
    it = alice(house)
    house.book("11:00", "12:00")
    with house.store.reading() as tx:
        before = tx.rows("SELECT seq, at, what, room_id, subject, actor, codes, digest FROM change ORDER BY seq")
    house.engine.leaving.erase(it.number, CLI)
    with house.store.reading() as tx:
        after = tx.rows("SELECT seq, at, what, room_id, subject, actor, codes, digest FROM change ORDER BY seq")
        kept = tx.one("SELECT id, account FROM person WHERE id = ?", (it.number,))
    assert after[: len(before)] == before
    assert kept == (it.number, "inactive")


def test_what_is_to_come_is_cancelled_and_what_is_over_stays_as_a_time(house: House) -> None:
    it = alice(house)
    past, future = house.book("10:15", "10:45"), house.book("15:00", "16:00")
    series = house.recur("17:00", "17:30").series
    house.clock.set("12:00")
    done = house.engine.leaving.erase(it.number, CLI)
    assert (done.cancelled, done.refused) == (5, ())
    was = house.engine.bookings.get(past.uid, CLI)
    assert (was.starts, was.standing, was.organizer, was.organizer_email) == (past.starts, "accepted", "", "")
    for uid in (future.uid, series.uid):
        with pytest.raises(Unknown):
            house.engine.bookings.get(uid, CLI)
    assert house.day() == [(past.starts, past.ends)]


def test_bookings_to_come_may_stay_without_a_name(house: House) -> None:
    it = alice(house)
    uid = house.book("15:00", "16:00").uid
    assert house.engine.leaving.erase(it.number, CLI, keep=True).cancelled == 0
    kept = house.engine.bookings.get(uid, CLI)
    assert (kept.standing, kept.organizer, kept.title) == ("accepted", "", "Planning")
    assert house.changes()[-1] == "changed", "the panel at the door hears of it"


def test_who_was_only_invited_is_gone_from_the_booking_of_others(house: House) -> None:
    it = alice(house)
    people = (Attendee("participant", it.number, EMAIL, NAME), Attendee("guest", None, "gus@example.org", "Gus"))
    wish = ask("15:00", "16:00", organizer="Bob", organizer_email="bob@example.org", details=Details(attendees=people))
    uid = house.engine.bookings.book(wish, CLI).uid
    house.engine.leaving.erase(it.number, CLI)
    kept = house.engine.bookings.get(uid, CLI)
    assert kept.standing == "accepted"
    assert kept.details.attendees == (Attendee("participant", it.number), people[1])
    assert kept.organizer == "Bob"


def test_an_answer_is_given_again_after_its_asker_is_gone(house: House) -> None:
    it = alice(house)
    first = house.book("15:00", "16:00", key="again")
    house.engine.leaving.erase(it.number, CLI, keep=True)
    assert house.book("15:00", "16:00", key="again").uid == first.uid


def test_what_was_open_to_them_is_shut(house: House) -> None:
    it = alice(house)
    _, secret = house.engine.sign_in.open(it.number, source="console")
    key = house.engine.api_keys.create(it.number, "roomloop", CLI).secret
    house.engine.leaving.erase(it.number, CLI)
    for opened in (lambda: house.engine.sign_in.session(secret), lambda: house.engine.api_keys.by_roomloop(key)):
        with pytest.raises(Unnamed):
            opened()


def test_their_address_can_be_somebody_elses_then(house: House) -> None:
    first, other = alice(house), house.engine.people.add(Person(0, "o@example.org", ""), CLI)
    house.engine.leaving.erase(first.number, CLI)
    house.engine.leaving.erase(other.number, CLI)
    assert alice(house).number not in (first.number, other.number)


def test_a_namesakes_bookings_are_left_alone(house: House) -> None:
    it = alice(house)
    uid = house.book("15:00", "16:00", key="hers", organizer_email="other@example.org", description="Alice Adams").uid
    house.engine.leaving.erase(it.number, CLI)
    kept = house.engine.bookings.get(uid, CLI)
    assert (kept.organizer, kept.description) == (NAME, NAME)
    again = house.book("15:00", "16:00", key="hers", organizer_email="other@example.org", description="Alice Adams")
    assert again.organizer == NAME


def test_the_last_administrator_is_not_erased(house: House) -> None:
    it = house.engine.people.add(Person(0, "boss@example.org", "", role=Role.ADMIN), CLI)
    with pytest.raises(Refused) as refused:
        house.engine.leaving.erase(it.number, CLI)
    assert codes(refused.value) == ["last_admin"]
    assert house.engine.people.get(it.number, CLI).account is Account.ACTIVE


def test_only_administrators_erase_and_ask(house: House) -> None:
    it = alice(house)
    with pytest.raises(Barred):
        house.engine.leaving.erase(it.number, house.alice)
    with pytest.raises(Barred):
        house.engine.leaving.about(it.number, house.alice)
    with pytest.raises(Unknown):
        house.engine.leaving.erase(10_000, CLI)


def test_everything_that_is_held_is_told_and_no_secret(house: House) -> None:
    it = alice(house)
    blue = house.engine.groups.add(Group(0, "Blue"), CLI)
    house.engine.groups.move(blue.number, CLI, add=[it.number])
    secret = house.engine.api_keys.create(it.number, "roomloop", CLI, name="mine").secret
    _, session = house.engine.sign_in.open(it.number, source="console", label="Firefox, Linux")
    house.book("15:00", "16:00")
    house.recur("17:00", "17:30")
    told = house.engine.leaving.about(it.number, CLI)
    text = json.dumps(told)
    assert told["person"]["email"] == EMAIL
    assert (told["groups"], told["keys"][0]["name"], told["sessions"][0]["label"]) == (
        ["Blue"],
        "mine",
        "Firefox, Linux",
    )
    assert [row["title"] for row in told["bookings"]] == ["Planning"] * 5
    assert len(told["series"]) == 1
    assert {row["what"] for row in told["changes"]} >= {"person_added", "signed_in"}
    assert secret not in text
    assert session not in text
    assert "digest" not in text
