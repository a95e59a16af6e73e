"""Tickets are open once, closed by who may, and closed by whoever was told; nobody else learns what people wrote."""

import pytest

from server.core.access import CLI
from server.core.errors import Barred, Invalid, Unknown
from server.core.tickets import FAULTS, Receiver
from server.engine import post, tickets
from server.engine.receivers import Receivers
from server.store.database import Tx
from tests.make import House
from tests.people import cast, someone


def open_one(house: House, subject: str = "device:3", category: str = "panel_dark") -> int:
    return house.store.writing(lambda tx: tickets.open_ticket(tx, house.clock.now(), category, subject, by="watch"))


def settle(house: House, subject: str = "device:3", category: str = "panel_dark") -> bool:
    return house.store.writing(lambda tx: tickets.settle(tx, house.clock.now(), category, subject, "watch"))


def told(house: House) -> list[str]:
    """What the feed says of tickets."""
    with house.store.reading() as tx:
        return [row[0] for row in tx.rows("SELECT what FROM change WHERE what LIKE 'ticket%' ORDER BY seq")]


def test_what_is_wrong_is_one_ticket_however_often_it_is_met(house: House) -> None:
    first = open_one(house)
    house.clock.forward(minutes=1)
    assert open_one(house) == first
    it = house.engine.tickets.get(first, CLI).ticket
    assert (it.times, it.again_at, it.state) == (2, house.clock.now(), "open")
    assert told(house) == ["ticket_opened"]


def test_what_is_well_again_is_closed_once(house: House) -> None:
    number = open_one(house)
    assert settle(house)
    assert not settle(house)
    it = house.engine.tickets.get(number, CLI).ticket
    assert (it.state, it.closed_by) == ("closed", "watch")
    assert told(house) == ["ticket_opened", "ticket_closed"]


def test_what_comes_again_within_ten_minutes_is_the_same_ticket(house: House) -> None:
    first = open_one(house)
    settle(house)
    house.clock.forward(minutes=10)
    assert open_one(house) == first
    settle(house)
    house.clock.forward(minutes=10, seconds=1)
    assert open_one(house) != first
    assert told(house) == [
        "ticket_opened", "ticket_closed", "ticket_reopened", "ticket_closed", "ticket_opened",
    ]  # fmt: skip


def test_no_ticket_is_opened_of_a_category_that_nobody_knows(house: House) -> None:
    with pytest.raises(ValueError, match="no category"):
        open_one(house, category="mystery")


def test_a_panel_reports_a_fault_and_its_note_is_for_who_manages_the_room(house: House) -> None:
    _, _, panel = house.panel()
    it = house.engine.tickets.report("oak", "too_cold", panel, note="  The window does not close ")
    again = house.engine.tickets.report("oak", "too_cold", house.alice, note="Still cold")
    assert again.number == it.number
    assert again.times == 2
    (seen,) = house.engine.tickets.of_room("oak", panel)
    assert (seen.ticket.codes, seen.notes) == (("too_cold",), ())
    (seen,) = house.engine.tickets.of_room("oak", house.ada)
    assert [note.body for note in seen.notes] == ["The window does not close", "Still cold"]
    assert told(house) == ["ticket_opened", "ticket_again"]


def test_who_may_see_the_room_reports_and_who_may_not_does_not(house: House) -> None:
    people = cast(house)
    for name in ("see", "ask", "book", "manage", "admin", "staff"):
        house.engine.tickets.report("oak", "light", people[name].actor)
    for actor in (people["nobody"].actor, house.charlie, house.rita):
        with pytest.raises(Barred):
            house.engine.tickets.report("oak", "light", actor)
    with pytest.raises(Unknown):
        house.engine.tickets.report("ash", "light", house.alice)


def test_who_manages_a_room_sees_and_closes_its_tickets_and_no_others(house: House) -> None:
    people = cast(house)
    oak = house.engine.tickets.report("oak", "dirty", people["book"].actor, note="crumbs")
    elm = house.engine.tickets.report("elm", "dirty", CLI)
    away = open_one(house, "disk", "disk_low")
    manager = people["manage"].actor
    assert [it.ticket.number for it in house.engine.tickets.page(manager)] == [oak.number]
    assert {it.ticket.number for it in house.engine.tickets.page(people["staff"].actor)} == {
        oak.number, elm.number, away,
    }  # fmt: skip
    for number in (elm.number, away):
        for act in (house.engine.tickets.get, house.engine.tickets.close):
            with pytest.raises(Barred):
                act(number, manager)
    with pytest.raises(Barred):
        house.engine.tickets.close(oak.number, people["book"].actor)
    assert house.engine.tickets.get(oak.number, people["book"].actor).notes == ()
    assert house.engine.tickets.close(oak.number, manager).closed_by == manager.name
    assert house.engine.tickets.close(oak.number, manager).state == "closed"


def test_tickets_come_by_pages_newest_first(house: House) -> None:
    numbers = [house.engine.tickets.report("oak", kind, house.alice).number for kind in FAULTS]
    pages, after = [], 0
    while page := house.engine.tickets.page(house.ada, limit=3, after=after, room="oak", category="room_fault"):
        pages.append([it.ticket.number for it in page])
        after = pages[-1][-1]
    assert [number for page in pages for number in page] == numbers[::-1]
    assert [len(page) for page in pages] == [3, 3, 2]
    assert house.engine.tickets.page(house.ada, state="closed") == ()


def test_what_cannot_be_asked_is_refused_by_its_name(house: House) -> None:
    with pytest.raises(Invalid) as bad:
        house.engine.tickets.report("oak", "haunted", house.alice, note="x" * 501)
    assert set(bad.value.fields) == {"kind", "note"}
    with pytest.raises(Invalid) as bad:
        house.engine.tickets.page(house.ada, state="x", category="y", limit=0)
    assert set(bad.value.fields) == {"state", "category", "limit"}


def test_a_ticket_keeps_twenty_notes(house: House) -> None:
    for number in range(25):
        it = house.engine.tickets.report("oak", "other", house.alice, note=f"note {number}")
    assert len(house.engine.tickets.get(it.number, CLI).notes) == 20


def test_a_place_that_is_no_room_is_reported_by_who_runs_the_places(house: House) -> None:
    floor = house.oak.place
    it = house.engine.tickets.report_at(floor, "dirty", CLI)
    assert (it.subject, it.place, it.room) == (f"place:{floor}:dirty", floor, None)
    with pytest.raises(Barred):
        house.engine.tickets.report_at(floor, "dirty", house.alice)
    with pytest.raises(Unknown):
        house.engine.tickets.report_at(10_000, "dirty", CLI)


def test_who_was_told_closes_all_that_the_letter_told_of(house: House) -> None:
    post.arrange(house.store, ["ticket"], "en")
    house.engine.receivers.add(Receiver(0, 1, "*", "mail", "Desk@example.org", delay_minutes=0), CLI)
    first, second = open_one(house, "device:1"), open_one(house, "device:2")
    with pytest.raises(Barred):
        house.engine.tickets.close_from(first, "desk@example.org")
    assert house.engine.alarms.run()["opened"] == 1
    with pytest.raises(Barred):
        house.engine.tickets.close_from(first, "else@example.org")
    closed = house.engine.tickets.close_from(second, "desk@example.org")
    assert [it.number for it in closed] == [first, second]
    assert house.engine.tickets.close_from(second, "desk@example.org") == ()
    with pytest.raises(Unknown):
        house.engine.tickets.close_from(10_000, "desk@example.org")


def test_what_somebody_wrote_goes_with_them(house: House) -> None:
    alice = someone(house, "alice")
    receivers: Receivers = house.engine.receivers
    receivers.add(Receiver(0, 1, "*", "mail", "alice@example.org"), CLI)
    it = house.engine.tickets.report("oak", "other", alice.actor, note="call me on 4711")
    about = house.engine.leaving.about(alice.person.number, CLI)
    assert [row["body"] for row in about["reports"]] == ["call me on 4711"]
    assert len(about["receives"]) == 1
    house.engine.leaving.erase(alice.person.number, CLI)
    assert house.engine.tickets.get(it.number, CLI).notes == ()
    assert receivers.all(CLI) == ()

    def texts(tx: Tx) -> list[str]:
        return [row[0] for row in tx.rows("SELECT body FROM change_text")]

    with house.store.reading() as tx:
        assert not [body for body in texts(tx) if "4711" in body]


def test_a_closed_ticket_goes_after_a_year_with_all_that_was_written_and_told(house: House) -> None:
    post.arrange(house.store, ["ticket"], "en")
    house.engine.receivers.add(Receiver(0, 1, "*", "mail", "desk@example.org"), CLI)
    old = house.engine.tickets.report("oak", "light", house.alice, note="secret 4711")
    house.engine.alarms.run()
    house.engine.tickets.close(old.number, CLI)
    kept = house.engine.tickets.report("oak", "sound", house.alice)
    house.clock.forward(days=364)
    house.engine.retention.run()
    assert len(house.engine.tickets.page(CLI)) == 2
    house.clock.forward(days=2)
    house.engine.retention.run()
    assert [it.ticket.number for it in house.engine.tickets.page(CLI)] == [kept.number]
    with house.store.reading() as tx:
        for table in ("ticket_note", "telling", "change_text"):
            assert "4711" not in str(tx.rows(f"SELECT * FROM {table}"))
        assert tx.rows("SELECT * FROM telling") == []
