"""Every act is in the trail with who did it, through which door, what was and what is; and nothing in it is a name."""

import re
from typing import Any

from server.core.access import CLI
from server.core.audit import Wanted
from server.core.house import Right
from server.core.model import Edit
from server.core.people import Account, Group, Person, Role
from server.core.places import Accessory, Attribute, Equipment, Place, Quota, RoomType, StatusReason
from server.engine.closures import ClosureAsk
from server.engine.trail import Told, told
from tests import make
from tests.make import House, at

CANARY = re.compile("zwetschge|quastenflosser|mondschein|@example|rumpelstilz|49 30 12", re.IGNORECASE)
"""Words that stand in every text which anybody writes here."""
WITHOUT_BOTH = frozenset({"person_erased"})
"""What is only done, and leaves nothing of which it could be said what it was and is."""


def trail(house: House) -> list[Told]:
    return [told(row) for row in house.engine.audit.changes(CLI, Wanted())]


def lived(house: House) -> None:
    """A house in which everything that people decide is done, undone and done again."""
    _houses(house)
    _people(house)
    _bookings(house)


def _houses(house: House) -> None:
    engine, ada = house.engine, house.ada
    site = engine.places.add(Place(0, 1, "site", "Quastenflosser-Werk"), ada)
    engine.places.change(site.number, ada, name="Rumpelstilz-Haus", zone="Europe/Paris", contact="x@example.org")
    engine.places.change(site.number, ada, walk=3)
    engine.policies.set(f"#{site.number}", {"max_minutes": 90, "terms": "Mondschein"}, ada)
    engine.places.remove(site.number, ada)
    engine.places.put_type(RoomType("lab", "Zwetschge", "Mondschein"), ada, new=True)
    engine.policies.set("type:lab", {"gap_minutes": 5}, ada)
    engine.places.remove_type("lab", ada)
    engine.rooms.add(make.room("ash", name="Zwetschge", email="ash@example.org", contact="Quastenflosser"), ada)
    engine.rooms.change("ash", ada, capacity=7, contact="Rumpelstilz", rules={"terms": "Mondschein", "lanes": 2})
    engine.rooms.remove("ash", ada)
    engine.rooms.reopen(engine.rooms.close("elm", ada, at("15:00"), at("16:00"), "Mondschein").id, ada)
    ask = ClosureAsk(at("17:00", 3), at("18:00", 3), "Mondschein", ("elm",), conflicts="bump")
    plan = engine.closures.add(ask, ada).plan
    engine.closures.change(plan.number, ada, reason="Zwetschge")
    engine.closures.end(plan.number, ada)
    for thing, more in (
        (Accessory(0, "Zwetschge", stock=3), {"stock": 4}), (Attribute(0, "booking", "Mondschein"), {"sort": 2}),
        (Quota(0, "Quastenflosser", "minutes", "week", 60), {"most": 90}), (Equipment("fax", "Zwetschge"), {}),
        (StatusReason(0, "unavailable", "Mondschein"), {}),
    ):  # fmt: skip
        made: Any = engine.catalogue.add(thing, ada)
        key = made.id if isinstance(made, Equipment) else made.number
        if more:
            engine.catalogue.change(type(thing), key, ada, **more)
        engine.catalogue.remove(type(thing), key, ada)
    _, _, panel = house.panel()
    engine.devices.revoke(int(panel.name.partition(":")[2]), ada)
    engine.tokens.revoke(engine.tokens.create("Rumpelstilz", "book", ada, rooms=("oak",))[0].id, ada)


def _people(house: House) -> None:
    engine, ada = house.engine, house.ada
    group = engine.groups.add(Group(0, "Quastenflosser"), ada)
    engine.groups.change(group.number, ada, automatic=True, name="Zwetschge")
    it = engine.people.add(Person(0, "q@example.org", "zwetschge", "Rumpel", "Rumpelstilz", phone="+49 30 12"), ada)
    engine.people.change(it.number, ada, role=Role.STAFF, last_name="Quastenflosser")
    engine.people.credits(it.number, ada, to=500)
    engine.groups.move(group.number, ada, remove=[it.number])
    engine.people.set_groups(it.number, ada, [group.number])
    right = engine.rights.give(Right(0, "person", it.number, "book", room=house.oak.number), ada)
    engine.rights.take(right.number, ada)
    key = engine.api_keys.create(it.number, "indico", ada, name="Zwetschge").key
    engine.api_keys.revoke(key.number, ada)
    engine.people.change(it.number, ada, account=Account.INACTIVE)
    engine.leaving.erase(it.number, ada)
    engine.people.set_groups(engine.people.add(Person(0, "z@example.org", "zz"), ada).number, ada, [])
    engine.groups.remove(group.number, ada)


def _bookings(house: House) -> None:
    engine = house.engine
    who = {"organizer": "Quastenflosser", "organizer_email": "q@example.org", "title": "Zwetschge"}
    it = house.book("11:00", "12:00", description="Mondschein", **who)
    engine.bookings.change(it.uid, Edit(title="Rumpelstilz", ends=at("12:30")), house.alice)
    house.clock.set("11:02")
    engine.presence.check_in(it.uid, house.alice)
    engine.presence.extend(it.uid, house.alice, minutes=15)
    engine.presence.end(it.uid, house.alice)
    done = house.recur("14:00", "15:00", **who)
    engine.series.cancel(done.series.uid, house.alice, following=True, at=at("14:00", 14))
    engine.bookings.cancel(house.book("16:00", "16:30", **who).uid, house.alice)
    engine.rooms.change("elm", CLI, auto_accept=False)
    engine.bookings.approve(house.book("13:00", "14:00", room="elm", **who).uid, CLI)
    engine.bookings.decline(house.book("14:00", "15:00", room="elm", **who).uid, CLI)
    waiting = house.recur("15:00", "16:00", rooms=("elm",), **who)
    engine.series.answer(waiting.series.uid, CLI, accept=True)
    engine.bookings.cancel(waiting.first.uid, house.alice)
    ticket = engine.tickets.report("oak", "too_cold", house.ada, note="Mondschein")
    engine.tickets.close(ticket.number, house.ada)


def test_no_name_and_no_words_of_people_are_in_the_trail(house: House) -> None:
    lived(house)
    with house.store.reading() as tx:
        rows = tx.rows("SELECT * FROM change")
        apart = str(tx.rows("SELECT body FROM change_text"))
    assert CANARY.findall(str(rows)) == []
    assert CANARY.search(apart)


def test_everything_that_somebody_did_tells_their_door(house: House) -> None:
    lived(house)
    nameless = [it for it in trail(house) if ":" in it.actor and not it.source]
    assert nameless == []
    assert {it.source for it in trail(house) if it.actor == "token:5"} == {"roomvox"}


def test_everything_that_was_changed_tells_what_was_and_what_is(house: House) -> None:
    lived(house)
    rows = trail(house)
    silent = {it.what for it in rows if not it.before and not it.after} - WITHOUT_BOTH
    assert silent <= SILENT, silent - SILENT
    by = {}
    for it in rows:
        by.setdefault(it.what, []).append((it.before, it.after))
    assert ({"stock": 3}, {"stock": 4}) in by["accessory_changed"]
    assert ({"role": "member"}, {"role": "staff"}) in by["person_changed"]
    assert any(after.get("policy.max_minutes") == 90 for _, after in by["place_changed"])
    assert any(after.get("policy.lanes") == 2 and after["capacity"] == 7 for _, after in by["room_changed"])
    assert all(after["standing"] == "cancelled" for _, after in by["cancelled"])
    assert all(before["standing"] in ("accepted", "pending") for before, _ in by["cancelled"])
    assert all({"starts", "ends", "rooms", "standing"} <= set(after) for _, after in by["booked"])
    assert ({"standing": "pending", "version": 1}, {"standing": "accepted", "version": 2}) in by["approved"]


SILENT = frozenset(
    {
        "equipment_added", "equipment_removed",  # its id is the code
        "person_added",  # somebody who may nothing
        "person_changed",  # of whom only a name or a number is new
        "key_made", "key_revoked",  # their kind and whose they are are codes
        "room_changed",  # its panel has to hear of what changed elsewhere
        "group_added",  # one that gives nothing
        "ticket_opened", "ticket_closed",
    }
)  # fmt: skip
