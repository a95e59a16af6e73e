"""The house of the golden files: the same numbers, names, references and clock at each run.

It is Monday, 15 June 2026, 10:00 in Berlin. Rooms: Oak (1) and Elm (2), from make.py, Yew (3), which is hidden. People:
Ada (1, administrator), Stan (2, staff), Alice (3, in New York) and Bob (4); Carol (5) has a password. Groups: Team (1)
with Alice. The second schedule is a
school's. Everybody may make an account. On 5 July Alice has Elm from 09:00 to 10:00, and a file with it.
"""

from dataclasses import replace

from server.core.access import CLI
from server.core.people import Group
from server.core.places import Accessory, Attribute, StatusReason
from server.core.timetables import school
from server.store import meta
from server.store.database import Store
from tests import make
from tests.dialects.librebooking.door import Door, door

PASSWORD = "correct horse battery"


def furnished(store: Store, shape: str) -> Door:
    """The door of the house in a shape."""
    house = make.house(store)
    people = replace(house.engine.people, registration="open")
    house.engine = replace(house.engine, accounts=replace(house.engine.accounts, people=people))
    store.writing(lambda tx: meta.put(tx, "instance_key", "7" * 64))
    it, engine = door(house, shape), house.engine
    it.add("carol")
    engine.credentials.set_password(it.people["carol"].number, CLI, PASSWORD)
    it.sessions["carol"] = it.signed_in(it.people["carol"])
    engine.groups.add(Group(0, "Team"), CLI)
    engine.groups.set_members(1, CLI, [it.people["alice"].number])
    for thing in (
        school(zone=make.BERLIN), Accessory(0, "Beamer", 3, 100, 150), Accessory(0, "Chair"),
        StatusReason(0, "unavailable", "Paint"), Attribute(0, "booking", "Cost center"),
        Attribute(0, "person", "Badge"), Attribute(0, "room", "Colour of the door", "select", choices=("red", "blue")),
    ):  # fmt: skip
        engine.catalogue.add(thing, CLI)
    engine.rooms.add(make.room("yew", status="hidden"), CLI)
    engine.people.credits(it.people["alice"].number, CLI, to=10_000)
    wish = make.ask(make.at("09:00", 20), make.at("10:00", 20), "elm", title="With a file")
    booked = engine.bookings.book(wish, CLI)
    engine.files.add("booking", booked.uid, "plan.png", b"\x89PNG\r\n\x1a\n" + bytes(30), CLI)
    return it
