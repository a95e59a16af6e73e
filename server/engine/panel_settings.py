"""How the screens at the doors are to be: what each level of the house sets, and what comes to a device and why.

Decisions:
- Whoever manages a room sets its screens; places and devices are for those who run the devices.
- A change is told in the feed with the device's number where it is one device's, and with none where many may be
  concerned: then every device asks who it is anew.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from server.core.access import Actor, require
from server.core.clock import Clock, whole
from server.core.errors import Invalid, Unknown
from server.core.house import above
from server.core.levels import name_of
from server.core.model import Device
from server.core.panel_settings import KINDS, LEVELS, Resolved, Sets, Value, checked, named, resolved
from server.core.places import HOUSE, Place
from server.engine.house import House
from server.engine.rooms import found
from server.store import keys, panel_settings, rooms
from server.store.database import Note, Store, Tx
from server.store.panel_settings import Key

Named = tuple[Key, str]
"""A level, and what people call it."""


@dataclass(frozen=True, slots=True)
class PanelSettings:
    """The use cases. All raise Invalid, Unknown, Barred, Later or Full.

    A level is "house", "place" (by its number), "room" (by its id) or "device" (by its number).
    """

    store: Store
    clock: Clock
    house: House

    def of_device(self, number: int, actor: Actor) -> Resolved:
        """How a device is to be, and the level that each value comes from. For itself, and for who runs the devices."""
        if actor.name != f"device:{number}":
            require(actor, "devices")
        with self.store.reading() as tx:
            it = _device(tx, number)
            return self.at(tx, it)

    def at(self, tx: Tx, it: Device) -> Resolved:
        """The same in a transaction."""
        return _come_to(tx, self._chain(tx, it))

    def of_level(self, level: str, id_: int | str | None, actor: Actor) -> Resolved:
        """What a level sets, and what it takes from those above it."""
        with self.store.reading() as tx:
            key, _ = self._meant(tx, level, id_, actor)
            if key[0] == "device":
                return self.at(tx, _device(tx, key[1]))
            if key[0] == "room":
                return _come_to(tx, self._room(tx, key[1]))
            return _come_to(tx, self._places(tx, key[1]))

    def own(self, level: str, id_: int | str | None, actor: Actor) -> Sets:
        """What a level itself sets."""
        with self.store.reading() as tx:
            key, name = self._meant(tx, level, id_, actor)
            return Sets(name, panel_settings.of(tx, [key]).get(key, {}))

    def set(self, level: str, id_: int | str | None, name: str, value: Any, actor: Actor) -> Sets:
        """Sets a value on a level, or (None) lets it set none; what the level sets then."""
        return self.change(level, id_, {name: value}, actor)

    def change(
        self, level: str, id_: int | str | None, values: Mapping[str, Any], actor: Actor, *, whole_: bool = False
    ) -> Sets:
        """Sets several values on a level at once (None: it sets none), and with `whole_` nothing but these."""
        wanted = _checked(dict.fromkeys(KINDS) | dict(values) if whole_ else dict(values))
        now = whole(self.clock.now())

        def work(tx: Tx) -> Sets:
            key, called = self._meant(tx, level, id_, actor)
            before = panel_settings.of(tx, [key]).get(key, {})
            for name, value in wanted.items():
                if value is None:
                    panel_settings.remove(tx, key, name)
                else:
                    panel_settings.put(tx, key, name, value)
            after = panel_settings.of(tx, [key]).get(key, {})
            if after != before:
                _tell(tx, now, key, (before, after), actor)
            return Sets(called, after)

        return self.store.writing(work)

    def _meant(self, tx: Tx, level: str, id_: int | str | None, actor: Actor) -> tuple[Key, str]:
        """The level, and what people call it. Unknown, or Barred where the actor does not set it."""
        if level not in LEVELS:
            raise Invalid({"level": f"one of {', '.join(LEVELS)}"})
        if level == "room":
            room = found(tx, str(id_), actor, "admin")
            return ("room", room.number), f"room {room.id}"
        require(actor, "devices")
        number = HOUSE if level == "house" else id_ if isinstance(id_, int) else 0
        if level == "device":
            return ("device", number), _called(_device(tx, number))
        places = self.house.at(tx).places
        if number not in places or places[number].kind == "group":
            raise Unknown("place", f"#{id_}")
        return ("place", number), name_of(places[number])

    def _chain(self, tx: Tx, it: Device) -> list[Named]:
        own = [(("device", it.number), _called(it))]
        if it.rooms_in_order:
            return self._room(tx, it.rooms_in_order[0]) + own
        return self._places(tx, it.place or HOUSE) + own

    def _room(self, tx: Tx, number: int) -> list[Named]:
        room = rooms.by_number(tx, number)
        return [*self._places(tx, room.place), (("room", number), f"room {room.id}")]

    def _places(self, tx: Tx, number: int) -> list[Named]:
        places = self.house.at(tx).places
        path: Iterable[Place] = (places[each] for each in reversed(above(places, number)))
        return [(("place", it.number), name_of(it)) for it in path if it.kind != "group"]


def _checked(values: Mapping[str, Any]) -> dict[str, Value | None]:
    """The values as they are kept; Invalid with all that is wrong with them."""
    found: dict[str, Value | None] = {}
    bad: dict[str, str] = {}
    for name, value in values.items():
        try:
            named(name)
            found[name] = None if value is None else checked(name, value)
        except ValueError as error:
            bad[name[:40]] = str(error)
    if bad:
        raise Invalid(bad)
    return found


def _tell(tx: Tx, now: datetime, key: Key, both: tuple[Mapping[str, Value], Mapping[str, Value]], actor: Actor) -> None:
    """Notes what a level set before and sets now, as far as the two differ."""
    where = {"level": key[0], "subject": key[1]}
    was, is_ = ({name: it[name] for name in it if both[0].get(name) != both[1].get(name)} for it in both)
    subject = key[1] if key[0] == "device" else None
    tx.note(Note(now, "panel_settings", None, subject, actor, before=where | was, after=where | is_))


def _come_to(tx: Tx, chain: list[Named]) -> Resolved:
    sets = panel_settings.of(tx, [key for key, _ in chain])
    return resolved(Sets(name, sets.get(key, {})) for key, name in chain)


def _called(it: Device) -> str:
    return f"device {it.number}"


def _device(tx: Tx, number: int) -> Device:
    if (it := keys.device_by_number(tx, number)) is None:
        raise Unknown("device", str(number))
    return it
