"""What happens to a booking becomes letters: who gets which, once, and what they may read."""

import json
from datetime import datetime
from typing import Any

import pytest

from server.core.access import CLI
from server.core.errors import Barred, Invalid, Refused, Unknown
from server.core.house import Right
from server.core.letters import KINDS, Kept, Letter, kinds_named
from server.core.model import Attendee, Details, Edit
from server.core.people import Account, Person, Role
from server.engine import links, post
from server.engine.letters import listener
from server.engine.letters.digest import digests
from server.engine.letters.monthly import monthly
from server.engine.outbox import Outbox
from tests.engine.doors import Door
from tests.make import House, at

GUEST = "guest@example.com"


@pytest.fixture
def posted(house: House) -> House:
    """The house with a mail server, and its outbox begun."""
    return ready(house)


def ready(house: House) -> House:
    post.arrange(house.store, kinds_named("usual"), "en")
    outbox(house).begin()
    return house


def outbox(house: House) -> Outbox:
    return house.engine.outbox


def letters(house: House) -> list[Kept]:
    """All letters there are, in the order of their making, after the feed was told on."""
    outbox(house).run()
    return list(reversed(house.engine.post.listed(CLI, limit=500)))


def told(house: House) -> list[tuple[str, str]]:
    """(kind, address) of each letter."""
    return [(it.letter.kind, it.letter.address) for it in letters(house)]


def calendar(it: Kept) -> str:
    found: str = it.letter.data["calendar"]["events"]
    return found


def test_who_books_gets_a_confirmation_with_the_event(posted: House) -> None:
    booked = posted.book("11:00", "12:00", title="Planning")
    (it,) = letters(posted)
    assert (it.letter.kind, it.letter.address, it.letter.data["role"]) == ("confirmation", "alice@example.org", "host")
    assert it.letter.data["title"] == "Planning"
    assert f"UID:{booked.uid}" in calendar(it)
    assert "ORGANIZER" not in calendar(it)


def test_what_is_at_risk_is_told_as_tentative_and_again_when_it_is_certain(posted: House) -> None:
    panel = Door(posted)
    panel.silent()
    posted.book("11:00", "11:30", at_risk=True)
    (it,) = letters(posted)
    assert (it.letter.kind, it.letter.data["standing"]) == ("confirmation", "at_risk")
    assert "STATUS:TENTATIVE" in calendar(it)
    panel.say()
    panel.say()
    _, it = letters(posted)
    assert (it.letter.kind, it.letter.data["what"], it.letter.data["standing"]) == ("approved", "assured", "accepted")
    assert "STATUS:CONFIRMED" in calendar(it)


def test_so_many_letters_wait_and_no_more_but_for_what_is_wrong(posted: House) -> None:
    now = posted.clock.now()

    def put(kind: str, number: int) -> bool:
        it = Letter(kind, GUEST, "en", "UTC", {}, f"{kind}:{number}")
        return posted.store.writing(lambda tx: post.queue(tx, it, now, most=3))

    assert [put("invitation", number) for number in range(5)] == [True, True, True, False, False]
    assert put("ticket", 1)
    with posted.store.reading() as tx:
        assert tx.rows("SELECT category, subject, state FROM ticket") == [("mail_failing", "mail:full", "open")]
    (first, *_) = posted.engine.post.claim("me", 1)
    posted.engine.post.sent(first, "me")
    assert not put("invitation", 7)
    for each in posted.engine.post.claim("me", 5)[:2]:
        posted.engine.post.sent(each, "me")
    assert put("invitation", 8)


def test_an_event_that_is_large_for_all_its_guests_together_is_not_in_their_letters(
    posted: House, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    monkeypatch.setattr(listener, "LARGEST_IN_ALL", 300)
    there = tuple(Attendee("participant", email=f"guest{number}@example.com") for number in range(3))
    posted.book("11:00", "12:00", details=Details(attendees=there))
    found = {it.letter.address: "calendar" in it.letter.data for it in letters(posted)}
    assert found == {"alice@example.org": True, **dict.fromkeys((each.email for each in there), False)}


def test_an_outbox_that_runs_again_writes_nothing_twice(posted: House) -> None:
    posted.book("11:00", "12:00")
    assert len(letters(posted)) == 1
    assert len(letters(posted)) == 1


def test_without_a_mail_server_nothing_is_written_down(house: House) -> None:
    outbox(house).begin()
    house.book("11:00", "12:00")
    assert letters(house) == []


def test_a_house_sends_only_the_kinds_it_says(house: House) -> None:
    outbox(house).begin()
    post.arrange(house.store, {"cancelled"}, "en")
    booked = house.book("11:00", "12:00")
    house.engine.bookings.cancel(booked.uid, house.alice)
    assert told(house) == [("cancelled", "alice@example.org")]


def test_guests_are_invited_and_hear_what_changes(posted: House) -> None:
    coming = Details(attendees=(Attendee("guest", None, GUEST, "Gwen"),))
    booked = posted.book("11:00", "12:00", details=coming)
    letters(posted)
    posted.engine.bookings.change(booked.uid, Edit(starts=at("13:00"), ends=at("14:00")), posted.alice)
    letters(posted)
    posted.engine.bookings.cancel(booked.uid, posted.alice)
    found = [it for it in letters(posted) if it.letter.address == GUEST]
    assert [it.letter.kind for it in found] == ["invitation", "changed", "cancelled"]
    assert [it.letter.data["calendar"]["method"] for it in found] == ["REQUEST", "REQUEST", "CANCEL"]
    sequences = [int(calendar(it).partition("SEQUENCE:")[2].split()[0]) for it in found]
    assert sequences == sorted(set(sequences))
    was = found[1].letter.data["was"]
    assert (was["starts"], was["ends"]) == (int(at("11:00").timestamp()), int(at("12:00").timestamp()))


def test_who_hears_late_of_what_was_given_up_meanwhile_hears_of_its_end_alone(posted: House) -> None:
    booked = posted.book("11:00", "12:00")
    posted.engine.bookings.change(booked.uid, Edit(starts=at("13:00"), ends=at("14:00")), posted.alice)
    posted.engine.bookings.cancel(booked.uid, posted.alice)
    assert [kind for kind, _ in told(posted)] == ["confirmation", "cancelled"]


def test_a_request_goes_to_who_manages_the_room_without_its_title(posted: House) -> None:
    posted.engine.rooms.change("oak", CLI, auto_accept=False)
    mia = posted.engine.people.add(Person(0, "mia@example.org", "mia", "Mia", "Manager"), CLI)
    posted.engine.rights.give(Right(0, "person", mia.number, "manage", room=posted.oak.number), CLI)
    booked = posted.book("11:00", "12:00", title="Secret plan")
    host, asked = letters(posted)
    assert (host.letter.kind, host.letter.data["standing"]) == ("confirmation", "pending")
    assert "calendar" not in host.letter.data
    assert (asked.letter.kind, asked.letter.address) == ("request", "mia@example.org")
    assert "Secret" not in json.dumps(asked.letter.data)
    assert set(asked.letter.data["links"]) == {"approve", "decline"}
    posted.engine.bookings.approve(booked.uid, posted.ada)
    approved = letters(posted)[-1]
    assert (approved.letter.kind, approved.letter.data["calendar"]["method"]) == ("approved", "REQUEST")


def test_a_request_goes_to_the_contact_where_nobody_was_given_the_room(posted: House) -> None:
    posted.engine.rooms.change("oak", CLI, auto_accept=False, contact="desk@example.org")
    posted.book("11:00", "12:00")
    assert ("request", "desk@example.org") in told(posted)


def test_a_declined_request_is_told_and_files_nothing(posted: House) -> None:
    posted.engine.rooms.change("oak", CLI, auto_accept=False, contact="desk@example.org")
    booked = posted.book("11:00", "12:00")
    posted.engine.bookings.decline(booked.uid, posted.ada)
    last = letters(posted)[-1]
    assert (last.letter.kind, "calendar" in last.letter.data) == ("declined", False)


def test_what_stood_is_moved_and_then_declined_goes_from_calendars(posted: House) -> None:
    coming = Details(attendees=(Attendee("guest", None, GUEST, "Gwen"),))
    booked = posted.book("11:00", "12:00", details=coming)
    letters(posted)
    posted.engine.rooms.change("oak", CLI, auto_accept=False, contact="desk@example.org")
    posted.engine.bookings.change(booked.uid, Edit(starts=at("13:00"), ends=at("14:00")), posted.alice)
    assert told(posted)[2:] == [("changed", "alice@example.org"), ("request", "desk@example.org")]
    posted.engine.bookings.decline(booked.uid, posted.ada)
    host, guest = letters(posted)[4:]
    assert [host.letter.kind, guest.letter.kind] == ["declined", "cancelled"]
    assert guest.letter.data["calendar"]["method"] == "CANCEL"
    assert "STATUS:CANCELLED" in calendar(host)


def test_a_series_is_one_letter_with_its_rule_and_so_is_an_edit_of_it(posted: House) -> None:
    made = posted.recur("11:00", "12:00", "FREQ=WEEKLY;COUNT=40")
    (it,) = letters(posted)
    assert it.letter.data["count"] == 40
    assert "RRULE:" in calendar(it)
    assert "DTSTART;TZID=Europe/Berlin:" in calendar(it)
    posted.clock.forward(minutes=1)
    posted.engine.series.change(made.series.uid, Edit(title="New"), posted.alice, following=False)
    assert told(posted)[1:] == [("changed", "alice@example.org")]


def test_where_later_dates_become_a_series_of_their_own_calendars_hear_of_both(posted: House) -> None:
    made = posted.recur("11:00", "12:00", "FREQ=WEEKLY")
    letters(posted)
    posted.clock.forward(minutes=1)
    later = Edit(starts=at("14:00", 14), ends=at("15:00", 14))
    done = posted.engine.series.change(made.series.uid, later, posted.alice, following=True, at=at("11:00", 14))
    assert done.series.uid != made.series.uid
    found = letters(posted)[1:]
    assert [it.letter.kind for it in found] == ["changed", "changed"]
    assert f"UID:{made.series.uid}" in calendar(found[0])
    assert "RRULE:FREQ=WEEKLY;UNTIL=20260629T085959Z" in calendar(found[0])
    assert found[0].letter.data["count"] == 2
    assert f"UID:{done.series.uid}" in calendar(found[1])


def test_one_date_of_a_series_is_told_by_its_place_in_it(posted: House) -> None:
    made = posted.recur("11:00", "12:00")
    with posted.store.reading() as tx:
        uid = tx.rows("SELECT uid FROM occurrence ORDER BY starts LIMIT 1 OFFSET 1")[0][0]
    letters(posted)
    posted.engine.bookings.cancel(uid, posted.alice)
    last = letters(posted)[-1]
    assert (last.letter.kind, last.letter.data["calendar"]["method"]) == ("cancelled", "CANCEL")
    assert f"UID:{made.series.uid}" in calendar(last)
    assert "RECURRENCE-ID;TZID=Europe/Berlin:20260622T110000" in calendar(last)


def test_the_end_of_a_whole_series_is_told_to_calendars_as_such(posted: House) -> None:
    made = posted.recur("11:00", "12:00")
    letters(posted)
    posted.clock.forward(minutes=1)
    posted.engine.series.cancel(made.series.uid, posted.alice, following=False)
    last = letters(posted)[-1]
    assert (last.letter.kind, last.letter.data["calendar"]["method"]) == ("cancelled", "CANCEL")
    assert "STATUS:CANCELLED" in calendar(last)
    assert f"UID:{made.series.uid}" in calendar(last)


def test_a_person_chooses_which_letters_they_get(posted: House) -> None:
    person = posted.engine.people.add(Person(0, "alice@example.org", "alice", "Alice", "Adams"), CLI)
    assert posted.engine.post.choices(person.number)["confirmation"] is True
    posted.engine.post.choose(person.number, {"confirmation": False}, CLI)
    booked = posted.book("11:00", "12:00")
    posted.engine.bookings.cancel(booked.uid, posted.alice)
    assert told(posted) == [("cancelled", "alice@example.org")]
    with pytest.raises(Invalid):
        posted.engine.post.choose(person.number, {"request": False}, CLI)
    with pytest.raises(Barred):
        posted.engine.post.choose(person.number, {"changed": False}, posted.bob)


def test_nobody_writes_to_who_has_left(posted: House) -> None:
    person = posted.engine.people.add(Person(0, "alice@example.org", "alice", "Alice", "Adams"), CLI)
    posted.engine.people.change(person.number, CLI, account=Account.INACTIVE)
    posted.book("11:00", "12:00")
    assert told(posted) == []


def test_letters_are_in_the_readers_language(posted: House) -> None:
    posted.engine.people.add(Person(0, "alice@example.org", "alice", "Alice", "Adams", language="ja"), CLI)
    posted.book("11:00", "12:00")
    assert letters(posted)[0].letter.language == "ja"


def test_the_same_letter_is_never_queued_twice(posted: House) -> None:
    it = Letter("ticket", "a@example.org", "en", "UTC", {"ticket": 1}, "one")
    now = posted.clock.now()
    assert [posted.store.writing(lambda tx: post.queue(tx, it, now)) for _ in range(2)] == [True, False]


@pytest.mark.parametrize("address", ["", "nobody", "a@b\r\nBcc: c@example.org", "a b@example.org"])
def test_what_is_no_address_gets_no_letter(sqlite_house: House, address: str) -> None:
    house = ready(sqlite_house)
    it = Letter("ticket", address, "en", "UTC", {}, "one")
    assert house.store.writing(lambda tx: post.queue(tx, it, house.clock.now())) is False


def test_who_asked_for_it_gets_their_day_each_morning_once(posted: House) -> None:
    post.arrange(posted.store, kinds_named("usual, digest"), "en")
    person = posted.engine.people.add(Person(0, "alice@example.org", "alice", "Alice", "Adams"), CLI)
    posted.book("11:00", "12:00", title="Planning")
    posted.book("11:00", "12:00", room="elm", organizer_email="bob@example.org")
    posted.book(at("11:00", 1), at("12:00", 1))

    def run() -> int:
        return digests(posted.store, posted.clock, "Europe/Berlin")["letters"]

    assert run() == 0
    posted.engine.post.choose(person.number, {"digest": True}, CLI)
    assert [run(), run()] == [1, 0]
    (it,) = posted.engine.post.listed(CLI)
    assert [each["title"] for each in it.letter.data["bookings"]] == ["Planning"]
    posted.clock.set(at("06:00", 1))
    assert run() == 1


def test_who_manages_rooms_and_asked_for_it_gets_the_months_report_once(posted: House) -> None:
    post.arrange(posted.store, kinds_named("usual, report"), "en")
    ada = posted.engine.people.add(Person(0, "ada@example.org", "ada", "Ada", "Love", role=Role.ADMIN), CLI)
    bob = posted.engine.people.add(Person(0, "bob@example.org", "bob", "Bob", "Bee"), CLI)
    for number in (ada.number, bob.number):
        posted.engine.post.choose(number, {"report": True}, CLI)
    posted.book("11:00", "13:00")
    posted.clock.set(at("06:00", 16))  # 1 July

    def run() -> int:
        return monthly(posted.engine.figures, posted.engine.rights, "Europe/Berlin")["letters"]

    assert [run(), run()] == [1, 0]
    (it,) = posted.engine.post.listed(CLI)
    assert it.letter.address == "ada@example.org"
    assert (it.letter.data["bookings"], it.letter.data["hours"]) == (1, 2)
    assert it.letter.data["most"][0][0] == "Oak"


# Links


def make(house: House, purpose: str = "here", **of: Any) -> str:
    secret: str = house.store.writing(lambda tx: links.make(tx, purpose, house.clock.now(), **of))
    return secret


def test_a_link_opens_once_and_is_not_kept(posted: House) -> None:
    booked = posted.book("11:00", "12:00")
    secret = make(posted, booking=booked.id, address="alice@example.org")
    with posted.store.reading() as tx:
        assert secret not in str(tx.rows("SELECT * FROM link"))
        assert [links.find(tx, secret, posted.clock.now()).booking for _ in range(3)] == [booked.id] * 3
    used = posted.store.writing(lambda tx: links.use(tx, secret, posted.clock.now()))
    assert (used.purpose, used.address) == ("here", "alice@example.org")
    with pytest.raises(Refused, match="link_used"):
        posted.store.writing(lambda tx: links.use(tx, secret, posted.clock.now()))


@pytest.mark.parametrize(("purpose", "until"), [("here", at("12:00")), ("approve", at("10:00", 3))])
def test_a_link_ends_by_itself(posted: House, purpose: str, until: datetime) -> None:
    secret = make(posted, purpose, booking=posted.book("11:00", "12:00").id)
    posted.clock.set(until)
    with pytest.raises(Refused, match="link_expired"):
        posted.store.writing(lambda tx: links.use(tx, secret, posted.clock.now()))


@pytest.mark.parametrize("secret", ["", "x", "x" * 10_000, "\ud800"])
def test_what_was_never_a_link_is_unknown(sqlite_house: House, secret: str) -> None:
    with sqlite_house.store.reading() as tx, pytest.raises(Unknown):
        links.find(tx, secret, sqlite_house.clock.now())


def test_every_kind_is_told_or_queued_by_somebody() -> None:
    from server.core.letters import LETTER_OF

    assert set(LETTER_OF.values()) | {"invitation", "request", "ticket", "digest", "report", "audit_head"} == set(KINDS)
