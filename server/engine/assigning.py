"""What a device is to be: the panel of these rooms in their order, or the board of a place; and letting one in as that.

Decisions:
- A spare that replaces a broken device takes over all that staff gave it (name, rooms or place, settings) but not its
  key: that ends in the same transaction, so the two are never both at the door.
- A device without a name is called as what it stands at.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from server.core.access import Actor
from server.core.audit_facts import moved
from server.core.errors import Invalid, Unknown
from server.core.model import Device
from server.core.text import problem
from server.engine.rooms import found
from server.engine.tickets import settle
from server.store import keys, pairing, panel_settings, places, rooms
from server.store.database import Note, Tx

MOST_ROOMS = 20
"""More than any glass shows so that people read it at a door."""
LONGEST_NAME = 255
CLONED = "panel_cloned"


@dataclass(frozen=True, slots=True)
class Post:
    """What a device is to be: numbers of rooms in their order, or (a board) that of a place; neither: it waits."""

    rooms: tuple[int, ...] = ()
    place: int | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A device that is let in, by what it says of itself. `digest` is that of its key."""

    digest: str
    prefix: str
    serial: str = ""
    model: str = ""
    fingerprint: str = ""
    enrolment: int | None = None


def named(name: str) -> str:
    """The name of a device as it is kept; raises Invalid. "" leaves it to what it stands at."""
    if (why := problem(name, LONGEST_NAME)) is not None:
        raise Invalid({"name": why})
    return name.strip()


def post(tx: Tx, actor: Actor, slugs: Sequence[str], place: int | None, name: str = "") -> Post:
    """What is wished, if there is such a thing and the actor may give it; Invalid, Unknown or Barred otherwise."""
    if slugs and place is not None:
        raise Invalid({"rooms": "a board has a place, a panel rooms; not both"})
    if place is not None:
        if places.by_number(tx, place) is None:
            raise Unknown("place", f"#{place}")
        return Post((), place, named(name))
    wanted = tuple(dict.fromkeys(slugs))
    if not wanted:
        raise Invalid({"rooms": "is required"})
    if len(wanted) > MOST_ROOMS:
        raise Invalid({"rooms": f"at most {MOST_ROOMS}"})
    return Post(tuple(found(tx, slug, actor, "admin").number for slug in wanted), None, named(name))


def call(tx: Tx, it: Post) -> str:
    """The name of a device at its post."""
    if it.name:
        return it.name
    if it.place is not None:
        there = places.by_number(tx, it.place)
        return there.name if there is not None else "Board"
    if not it.rooms:
        return "Panel"
    first = rooms.by_number(tx, it.rooms[0]).name
    return f"{first} +{len(it.rooms) - 1}"[:LONGEST_NAME] if len(it.rooms) > 1 else first


def let_in(tx: Tx, new: Newcomer, it: Post, now: datetime, by: Actor | str) -> Device:
    """Makes the device; from now on its key opens what it is for."""
    made = Device(
        0, call(tx, it), new.prefix, frozenset(it.rooms), now, kind="panel" if it.place is None else "board",
        place=it.place, serial=new.serial, model=new.model, fingerprint=new.fingerprint, rooms_in_order=it.rooms,
    )  # fmt: skip
    made = replace(made, number=keys.insert_device(tx, made, new.digest, new.enrolment))
    _, told = moved(None, made)
    tx.note(Note(now, "device_added", None, made.number, by, after=told))
    return made


def take_over(tx: Tx, new: Newcomer, old: int, name: str, now: datetime, by: Actor) -> Device:
    """Lets a spare in as what a broken device was, whose key ends; Unknown where that is none or has been revoked."""
    keys.lock_device(tx, old)
    broken = keys.device_by_number(tx, old)
    if broken is None or broken.revoked_at is not None:
        raise Unknown("device", str(old))
    revoke(tx, broken, now, by)
    made = let_in(tx, new, Post(broken.rooms_in_order, broken.place, name or broken.name), now, by)
    for setting, value in panel_settings.of(tx, [("device", old)]).get(("device", old), {}).items():
        panel_settings.put(tx, ("device", made.number), setting, value)
    panel_settings.forget(tx, ("device", old))
    return made


def revoke(tx: Tx, it: Device, now: datetime, by: Actor) -> None:
    """Ends a device's key at once; of its lives nothing is kept."""
    keys.revoke_device(tx, it.number, now)
    pairing.forget_lives(tx, it.number)
    settle(tx, now, CLONED, f"device:{it.number}", by.name)
    was, _ = moved(it, None)
    tx.note(Note(now, "device_revoked", None, it.number, by, before=was))


def assign(tx: Tx, it: Device, to: Post, now: datetime, by: Actor) -> Device:
    """Gives a device another post; one that waited is called by it. What is as it was is not told."""
    kind = "panel" if to.place is None else "board"
    name = to.name or (call(tx, to) if it.state == "waiting" else it.name)
    after = replace(it, name=name, kind=kind, place=to.place, rooms=frozenset(to.rooms), rooms_in_order=to.rooms)
    if after == it:
        return it
    keys.assign_device(tx, after, now)
    was, told = moved(it, after)
    codes = ("name",) if after.name != it.name else ()
    tx.note(Note(now, "device_assigned", None, it.number, by, codes=codes, before=was, after=told))
    return after
