"""What doors own: asked for, told, acknowledged, asked back, and let go of, on both databases."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from server.core.access import CLI, Actor
from server.core.clock import epoch
from server.core.errors import Barred, Unknown
from server.core.escrow import ASKED_BY_SWEEPS
from server.core.period import Period
from server.core.policy import Opening
from server.core.stretches import Times
from server.engine.closures import ClosureAsk
from server.engine.granting import Holding, Owned, Says, Told
from tests.make import NOW, WORKDAYS, House, at, room, span


class Door:
    """A panel that asks for grants and holds what it was told, as the protocol says."""

    def __init__(self, house: House, *rooms: str) -> None:
        self.house = house
        self.device, _, self.actor = house.panel(*rooms)
        self.rooms = rooms or ("oak",)
        self.holds: dict[str, tuple[str, Owned]] = {}
        self.head = 0

    def say(self, *rooms: str, want: bool = True, head: int | None = None, actor: Actor | None = None) -> Told:
        """Says what it holds, and takes what it is told."""
        told = self.house.engine.escrow.ask(
            Says(
                tuple(self._holding(room, want) for room in rooms or self.rooms),
                "e" if head is not None else "",
                head or 0,
            ),
            actor or self.actor,
        )
        for slug, owned in told.grants.items():
            life, held = self.holds.get(slug, ("", Owned(-1, ())))
            if life != told.incarnation or owned.version >= held.version:
                self.holds[slug] = (told.incarnation, owned)
        return told

    def settle(self, *, want: bool = True) -> Owned:
        """Asks and acknowledges; what it then has of its first room."""
        self.say(want=want)
        self.say(want=want)
        return self.owned()

    def owned(self, room: str = "") -> Owned:
        return self.holds[room or self.rooms[0]][1]

    def _holding(self, room: str, want: bool) -> Holding:
        life, owned = self.holds.get(room, ("", Owned(0, ())))
        return Holding(room, life, owned.version, want)


def times(*spans: tuple[str, str]) -> Times:
    return tuple((epoch(at(start)), epoch(at(end))) for start, end in spans)


def held(house: House, slug: str = "oak") -> Times:
    """What doors hold of a room."""
    with house.store.reading() as tx:
        rows = tx.rows(
            "SELECT held_from, held_to FROM hold h JOIN room r ON r.id = h.room_id "
            "WHERE r.slug = ? AND grant_id IS NOT NULL AND h.active = 1 ORDER BY held_from",
            (slug,),
        )
    return tuple((start, end) for start, end in rows)


def recall(house: House, start: str, end: str, *, wait: bool = False) -> bool:
    return house.engine.escrow.recall({house.oak.number: [span(start, end)]}, wait)


def recalls(house: House) -> int:
    """How often devices were told to give up time."""
    with house.store.reading() as tx:
        return int(tx.rows("SELECT count(*) FROM change WHERE what = 'device_recalled'")[0][0])


def writes(house: House) -> int:
    return house.engine.news()


def test_a_door_is_given_the_free_time_of_its_window(house: House) -> None:
    house.book("11:00", "11:30")
    door = Door(house)
    assert door.settle() == Owned(1, times(("10:00", "11:00"), ("11:30", "12:15")))
    assert held(house) == door.owned().times


def test_a_grant_grows_four_times_an_hour_and_asking_writes_nothing_between(house: House) -> None:
    door = Door(house)
    door.settle()
    before = writes(house)
    house.clock.set("10:14:59")
    door.settle()
    assert (door.owned().version, writes(house)) == (1, before)
    house.clock.set("10:15")
    assert door.settle() == Owned(2, times(("10:15", "12:30")))
    assert held(house) == times(("10:15", "12:30")), "what is past is let go of with the older version"


def test_two_versions_are_reserved_until_the_door_says_which_it_holds(house: House) -> None:
    door = Door(house)
    door.settle()
    recall(house, "11:00", "11:30")
    assert held(house) == times(("10:00", "12:15"))
    door.say()
    assert held(house) == times(("10:00", "12:15")), "it was told, and may not have it on its card yet"
    door.say()
    assert held(house) == times(("10:00", "11:00"), ("11:30", "12:15"))


def test_an_acknowledgement_counts_once_the_journal_is_here(house: House) -> None:
    door = Door(house)
    door.settle()
    recall(house, "11:00", "11:30")
    door.say(head=1)
    told = door.say(head=1)
    assert told.applied == 0
    assert held(house) == times(("10:00", "12:15"))
    door.say(head=0)
    assert held(house) == times(("10:00", "11:00"), ("11:30", "12:15"))


def test_time_given_back_is_free_when_the_door_says_so(house: House) -> None:
    door = Door(house)
    door.settle()
    assert door.settle(want=False) == Owned(2, ())
    assert held(house) == ()
    assert door.settle().times == times(("10:00", "12:15"))


@pytest.mark.parametrize(
    ("policy", "why"),
    [
        ({"door_minutes": 0}, "off"), ({"walk_in": False}, "walk_ins"), ({"members": "see"}, "walk_ins"),
        ({"approval": True}, "approval"), ({"lanes": 2}, "lanes"),
    ],
)  # fmt: skip
def test_a_policy_that_forbids_it_takes_all_back_at_the_next_asking(
    house: House, policy: dict[str, object], why: str
) -> None:
    door = Door(house)
    door.settle()
    house.policy(**policy)
    assert door.settle() == Owned(2, (), why)
    assert held(house) == ()


def test_why_there_is_nothing_is_told_of_rooms_and_keys(house: House) -> None:
    house.engine.rooms.add(room("hall", parts=(house.oak.number, house.elm.number)), CLI)
    door = Door(house, "hall")
    assert door.settle() == Owned(0, (), "combined")
    told = house.engine.escrow.ask(Says((Holding("elm"), Holding("oak"))), house.charlie)
    assert told.grants == {"elm": Owned(0, (), "token")}, "it opens Elm alone"
    house.engine.rooms.change("oak", CLI, active=False)
    assert Door(house).settle() == Owned(0, (), "closed")
    assert Door(house).say("elm").grants == {}, "not its room"


def test_nothing_is_given_outside_opening_hours_around_bookings_and_of_closures(house: House) -> None:
    house.policy(opening=(Opening(WORKDAYS, 8 * 60, 12 * 60),), gap_minutes=5)
    house.book("10:30", "10:45")
    house.engine.closures.add(ClosureAsk(at("11:15"), at("11:30"), "Cleaning", ("oak",)), house.ada)
    assert Door(house).settle().times == times(("10:00", "10:25"), ("10:50", "11:15"), ("11:30", "12:00"))


def test_of_two_panels_the_one_that_has_time_keeps_it(house: House) -> None:
    one, two = Door(house), Door(house)
    one.settle()
    assert two.settle() == Owned(0, (), "other_panel")
    one.settle(want=False)
    assert two.settle().times == times(("10:00", "12:15"))
    assert one.settle().why == "other_panel"


def test_a_new_panel_gets_what_the_old_one_cannot_hold(house: House) -> None:
    old = Door(house)
    old.settle()
    house.engine.devices.revoke(old.device.number, house.ada)
    house.clock.set("11:00")
    new = Door(house)
    assert new.settle().times == times(("12:15", "13:15")), "the old one may still promise until then"
    house.clock.set("12:15")
    assert new.settle().times == times(("12:15", "14:30"))
    assert house.engine.escrow.run() == {"dropped": 0}, "its card may come yet"
    house.clock.forward(hours=24)
    assert house.engine.escrow.run() == {"dropped": 1}


def test_a_panel_that_was_moved_gives_back_what_it_had_as_long_as_it_asks(house: House) -> None:
    door = Door(house)
    door.settle()
    house.engine.devices.assign(door.device.number, CLI, rooms=("elm",))
    actor = Actor(door.actor.name, "book", frozenset({house.elm.number}), source="panel")
    told = door.say("oak", "elm", actor=actor)
    assert told.grants["oak"] == Owned(2, (), "closed")
    assert told.grants["elm"].times == times(("10:00", "12:15"))
    door.say("oak", "elm", actor=actor)
    assert (held(house), held(house, "elm")) == ((), times(("10:00", "12:15")))


def test_a_quarantined_device_is_told_to_give_up_all_and_is_not_believed(house: House) -> None:
    door = Door(house)
    door.settle()
    house.store.writing(lambda tx: tx.run("UPDATE device SET quarantined_at = 1"))
    assert door.settle() == Owned(2, (), "closed")
    assert held(house) == times(("10:00", "12:15")), "the other card may hold it still"
    house.store.writing(lambda tx: tx.run("UPDATE device SET quarantined_at = NULL"))
    assert door.settle().times == times(("10:00", "12:15"))


def test_a_device_of_another_life_acknowledges_nothing(house: House) -> None:
    door = Door(house)
    door.settle()
    recall(house, "11:00", "11:30")
    house.engine.escrow.ask(Says((Holding("oak", "another life", 2),)), door.actor)
    assert held(house) == times(("10:00", "12:15"))


def test_a_version_that_was_never_issued_is_believed_to_hold_all_that_it_might(house: House) -> None:
    door = Door(house)
    life = door.say().incarnation
    house.engine.escrow.ask(Says((Holding("oak", life, 40),)), door.actor)
    told = house.engine.escrow.ask(Says((Holding("oak", life, 40),)), door.actor)
    assert told.grants["oak"].version >= 40


def test_recalled_time_is_not_given_anew_while_somebody_waits_for_it(house: House) -> None:
    door = Door(house)
    door.settle()
    assert recall(house, "11:00", "11:30") is False
    assert door.settle().times == times(("10:00", "11:00"), ("11:30", "12:15"))
    assert recall(house, "11:00", "11:30") is True, "it is free of doors"
    house.clock.forward(seconds=ASKED_BY_SWEEPS)
    assert len(door.settle().times) == 1, "nobody waits for ever"


def test_asking_again_for_what_is_recalled_already_tells_the_device_no_more(house: House) -> None:
    door = Door(house)
    door.settle()
    for _ in range(3):
        assert recall(house, "11:00", "11:30") is False
    assert recalls(house) == 1


@contextmanager
def answering(door: Door) -> Iterator[threading.Event]:
    """A door that acknowledges as soon as it is told to give something up."""
    done, heard = threading.Event(), door.house.store.listening()

    def run() -> None:
        while not done.is_set():
            heard.wait(5)
            door.settle()
        door.house.store.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield done
    finally:
        done.set()
        heard.wake()
        thread.join()
        heard.close()


def test_who_waits_has_the_time_as_soon_as_the_door_says_so(house: House) -> None:
    door = Door(house)
    door.settle()
    with answering(door):
        assert recall(house, "11:00", "11:30", wait=True) is True
    assert house.book("11:00", "11:30").starts == at("11:00")


def test_nobody_waits_for_a_door_that_was_not_heard_or_that_staff_gave_up(house: House) -> None:
    door = Door(house)
    door.settle()
    house.clock.forward(seconds=30)
    assert house.engine.escrow.heard(door.device.number) is False
    assert recall(house, "11:00", "11:30", wait=True) is False
    door.say()
    assert house.engine.escrow.heard(door.device.number) is True
    house.engine.escrow.force(door.device.number, house.ada)
    assert recall(house, "11:00", "11:30", wait=True) is False


def test_only_so_many_wait_at_once(house: House) -> None:
    door = Door(house)
    door.settle()
    for _ in range(2):
        assert house.engine.escrow.turns.acquire(blocking=False)
    assert recall(house, "11:00", "11:30", wait=True) is False


def test_a_forced_door_owns_time_again_once_it_is_back(house: House) -> None:
    door = Door(house)
    door.settle()
    house.engine.escrow.force(door.device.number, house.ada)
    assert held(house) == times(("10:00", "12:15")), "it may still promise it"
    door.say()
    assert door.owned() == Owned(2, ())
    assert door.settle().times == times(("10:00", "12:15"))
    with pytest.raises(Unknown):
        house.engine.escrow.force(99, house.ada)
    with pytest.raises(Barred):
        house.engine.escrow.force(door.device.number, house.alice)


def test_staff_see_what_a_device_owns(house: House) -> None:
    door = Door(house, "oak", "elm")
    door.settle()
    assert [it.room for it in house.engine.escrow.owns(door.device.number, house.ada)] == [
        house.oak.number, house.elm.number,
    ]  # fmt: skip
    with house.store.reading() as tx:
        assert house.engine.escrow.versions(tx, door.device.number) == {"oak": 1, "elm": 1}


def test_what_a_door_does_not_hold_is_found_and_set_right(house: House, caplog: pytest.LogCaptureFixture) -> None:
    door = Door(house)
    door.settle()
    assert house.engine.escrow.check() == {"unlaid": 0, "twice": 0}
    house.store.writing(lambda tx: tx.run("DELETE FROM hold WHERE grant_id IS NOT NULL"))
    assert house.engine.escrow.check() == {"unlaid": 1, "twice": 0}
    assert "fault=unlaid" in caplog.text
    assert held(house) == door.owned().times


def test_recalling_nothing_is_done(house: House) -> None:
    assert house.engine.escrow.recall({}, True) is True
    assert house.engine.escrow.recall({house.elm.number: [Period(NOW, at("11:00"))]}, True) is True
