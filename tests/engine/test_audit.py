"""The audit trail: what is done to it behind our back is found, heads prove its length, erasing leaves it whole."""

import json
import logging
from dataclasses import replace
from datetime import timedelta

import pytest

from server.core.access import CLI
from server.core.audit import Wanted
from server.core.errors import Barred
from server.core.heads import read
from server.core.letters import Letter, kinds_named
from server.core.proof import Break
from server.engine import engine_of, post
from server.engine.audit import Verdict
from server.engine.audit_outlets import HeadTerms
from server.engine.hooks import HookTerms
from server.work.jobs import head as job_head
from server.work.jobs import jobs
from server.work.letters.wording import LOCALES, sheet
from tests import make
from tests.people import someone


def busy(house: make.House, *, heads: int = 3) -> make.House:
    """A house with some life in its trail, and a head signed after each part of it."""
    for number in range(heads):
        it = house.book(make.at(f"{9 + number:02}:00", 1), make.at(f"{9 + number:02}:30", 1))
        house.engine.bookings.cancel(it.uid, house.alice)
        house.clock.forward(hours=1)
        house.engine.audit.head(house.clock.now())
    house.book("17:00", "17:30")
    return house


def verified(house: make.House, **more: object) -> Verdict:
    return house.engine.audit.verify(CLI, **more)  # type: ignore[arg-type]


def test_an_untouched_trail_is_proven(house: make.House) -> None:
    busy(house)
    found = verified(house)
    with house.store.reading() as tx:
        ((changes,),) = tx.rows("SELECT count(*) FROM change")
        ((texts,),) = tx.rows("SELECT count(*) FROM change_text")
    assert found == Verdict(changes, texts, 3, 0)
    assert texts >= 4


def test_a_head_is_signed_once_for_what_has_been_done_and_told_again(
    house: make.House, caplog: pytest.LogCaptureFixture
) -> None:
    house.book("11:00", "12:00")
    with caplog.at_level(logging.INFO, "lintel.audit"):
        first = house.engine.audit.head(house.clock.now())
        assert house.engine.audit.head(house.clock.now() + timedelta(hours=1)) == first
        house.book("12:00", "13:00")
        second = house.engine.audit.head(house.clock.now() + timedelta(hours=2))
    assert first is not None
    assert second is not None
    assert second.number == 2
    assert second.count == first.count + 2  # the booking, and the change that tells of the first head
    assert [read(record.getMessage()) for record in caplog.records] == [first, first, second]


def test_a_house_where_nothing_was_done_has_no_head(store_without_changes: make.House) -> None:
    assert store_without_changes.engine.audit.head(make.NOW) is None
    assert verified(store_without_changes) == Verdict(0, 0, 0, 0)


@pytest.fixture
def store_without_changes(sqlite_house: make.House) -> make.House:
    make.emptied(sqlite_house.store)
    return sqlite_house


def test_a_head_kept_elsewhere_shows_a_trail_that_was_cut_and_linked_anew(house: make.House) -> None:
    busy(house)
    kept = house.engine.audit.head(house.clock.now())
    assert kept is not None
    with house.store.reading() as tx:
        ((end, chain),) = tx.rows("SELECT seq, chain FROM change WHERE seq = ?", (kept.seq - 1,))

    def cut(tx: make.Tx) -> None:
        for table in ("change", "change_text"):
            tx.run(f"DELETE FROM {table} WHERE seq > ?", (end,))
        tx.run("DELETE FROM audit_head WHERE seq > ?", (end,))
        tx.run("UPDATE change_end SET seq = ?, chain = ?", (end, chain))

    house.store.writing(cut)
    assert verified(house).found is None
    found = verified(house, elsewhere=[kept]).found
    assert found == Break("cut", end + 1, kept.seq, kept.number)


def test_a_head_that_another_key_has_signed_is_none(house: make.House) -> None:
    busy(house)
    with house.store.reading() as tx:
        ((seq,),) = tx.rows("SELECT seq FROM audit_head WHERE number = 1")
    assert verified(house, key="00" * 32).found == Break("signature", seq, seq, 1)
    assert verified(house, key="no key").found == Break("signature", seq, seq, 1)
    assert verified(house, key=house.engine.audit.public_key()).found is None


def test_a_head_that_was_altered_or_is_another_databases_is_found(house: make.House) -> None:
    busy(house)
    kept = house.engine.audit.head(house.clock.now())
    assert kept is not None
    for other in (replace(kept, count=kept.count + 1), replace(kept, incarnation="other"), replace(kept, at=1)):
        assert verified(house, elsewhere=[other]).found == Break("signature", kept.seq, kept.seq, kept.number)


def test_only_an_administrator_may_look(house: make.House) -> None:
    for actor in (house.alice, house.rita):
        with pytest.raises(Barred):
            house.engine.audit.verify(actor)
        with pytest.raises(Barred):
            next(house.engine.audit.changes(actor, Wanted()))


def test_changes_are_read_by_time_kind_person_and_room(house: make.House) -> None:
    ann = someone(house, "ann")
    house.engine.bookings.book(make.ask("11:00", "12:00", organizer="", organizer_email=""), ann.actor)
    house.clock.forward(hours=1)
    house.book("13:00", "14:00", room="elm")

    def told(**which: object) -> list[str]:
        return [row[4] for row in house.engine.audit.changes(CLI, Wanted(**which))]  # type: ignore[arg-type]

    assert told(what=("booked",)) == ["booked"] * 2
    assert told(what=("booked",), room=house.elm.number) == ["booked"]
    assert told(since=house.clock.now()) == ["booked"]
    assert told(until=house.clock.now(), what=("booked",)) == ["booked"]
    assert "booked" in told(person=ann.person.number)
    house.engine.people.change(ann.person.number, CLI, phone="1")
    assert "person_changed" in told(person=ann.person.number)
    newest = house.engine.audit.newest(CLI, Wanted(), 2)
    assert [row[4] for row in newest] == [row[4] for row in list(house.engine.audit.changes(CLI, Wanted()))[-2:]]


def test_erasing_somebody_and_what_is_kept_long_enough_leave_the_trail_whole(house: make.House) -> None:
    ann = someone(house, "ann")
    house.engine.bookings.book(make.ask("11:00", "12:00", organizer="", organizer_email=""), ann.actor)
    busy(house)
    before = verified(house)
    house.engine.leaving.erase(ann.person.number, CLI)
    erased = verified(house)
    assert erased.found is None
    assert erased.texts < before.texts
    retention = replace(house.engine.retention, periods=replace(house.engine.retention.periods, bookings=1))
    house.clock.forward(days=30)
    retention.run()
    after = verified(house)
    assert after.found is None
    assert (after.texts, after.heads) == (0, 3)
    assert after.changes > before.changes


HOOK = "https://hooks.example.org/in"


def test_a_head_goes_at_once_where_the_settings_say(house: make.House) -> None:
    terms = HeadTerms(frozenset({"hook", "mail"}), ("keeper@example.org", "other@example.org"))
    engine = engine_of(house.store, house.clock, heads=terms, hooks=HookTerms(voices={"roomvox": lambda _: None}))
    asked = engine.hooks.add(HOOK, ("audit.head",), CLI)[0]
    engine.hooks.add(HOOK, ("*",), CLI)
    post.arrange(house.store, kinds_named("usual"), "en")
    head = engine.audit.head(house.clock.now())
    assert head is not None
    assert engine.audit.head(house.clock.now()) == head
    with house.store.reading() as tx:
        told = tx.rows("SELECT hook_id, type, body FROM delivery")
        letters = tx.rows("SELECT kind, address, language, zone, data, key FROM letter ORDER BY address")
    assert [(number, kind, read(json.loads(body)["data"]["line"])) for number, kind, body in told] == [
        (asked.number, "audit.head", head)
    ]
    assert [row[:2] for row in letters] == [("audit_head", address) for address in terms.addresses]
    kind, address, language, zone, data, key = letters[0]
    letter = Letter(kind, address, language, zone, json.loads(data), key)
    for each in LOCALES:
        said = sheet(replace(letter, language=each), {})
        assert read(said.parts[0].lines[0]) == head
        assert said.subject.endswith(" 1")


def test_each_hour_the_work_signs_a_head(house: make.House) -> None:
    (job,) = [it for it in jobs(house.engine, "UTC") if it.name == "audit_head"]
    due = job.when.newest(house.clock.now())
    assert job.when.newest(house.clock.now() + timedelta(hours=1)) == due + timedelta(hours=1)
    with house.store.reading() as tx:
        ((newest,),) = tx.rows("SELECT max(seq) FROM change")
    assert job_head(house.engine) == {"head": 1, "seq": newest}


def audit_tickets(house: make.House) -> list[tuple[str, str]]:
    with house.store.reading() as tx:
        return tx.rows("SELECT codes, state FROM ticket WHERE category = 'audit_broken'")


def test_the_nightly_check_proves_what_is_new_and_opens_a_ticket_where_it_cannot(house: make.House) -> None:
    busy(house)
    assert house.engine.audit.check(house.clock.now()).found is None
    with house.store.reading() as tx:
        ((proven,),) = tx.rows("SELECT seq FROM audit_sent WHERE target = 'proven'")
        ((head,),) = tx.rows("SELECT max(seq) FROM audit_head")
    assert proven == head
    it = house.book("18:00", "18:30")
    forged = "UPDATE change SET actor = ? WHERE room_id IS NOT NULL AND subject = ?"
    house.store.writing(lambda tx: tx.run(forged, ("token:9", it.id)))
    found = house.engine.audit.check(house.clock.now()).found
    assert found is not None
    assert (found.code, found.last) == ("altered", verified(house).found.last)  # type: ignore[union-attr]
    assert audit_tickets(house) == [(f"altered,first={found.first},last={found.last}", "open")]
    house.store.writing(lambda tx: tx.run(forged, ("token:1", it.id)))
    assert house.engine.audit.check(house.clock.now()).found is None
    assert [state for _, state in audit_tickets(house)] == ["closed"]
