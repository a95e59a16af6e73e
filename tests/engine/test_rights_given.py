"""Rights that are given and taken, and what a person's key opens by them."""

import pytest

from server.core.access import CLI, Actor, Level
from server.core.errors import Barred, Invalid, Unknown, Unnamed
from server.core.house import Right
from server.core.people import Account
from server.core.places import HOUSE
from tests.make import House
from tests.people import cast, key_of, person, someone


def give(house: House, who: int, level: str, *, room: str = "", place: int = 0, kind: str = "person") -> Right:
    number = house.engine.rooms.get(room, CLI).number if room else 0
    return house.engine.rights.give(Right(0, kind, who, level, place, number), CLI)


def closed(house: House) -> None:
    """Nobody may anything but by a right."""
    for slug in ("oak", "elm"):
        house.engine.rooms.change(slug, CLI, rules={"members": "none"})


def test_everybody_may_book_every_room_unless_the_house_says_otherwise(sqlite_house: House) -> None:
    actor = someone(sqlite_house, "alice").actor
    assert actor.levels == {sqlite_house.oak.number: Level.BOOK, sqlite_house.elm.number: Level.BOOK}
    assert (actor.person, actor.role) == (1, "member")


def test_a_right_opens_the_room_it_names_at_once_and_taking_it_shuts_it_at_once(house: House) -> None:
    closed(house)
    alice = someone(house, "alice")
    assert alice.actor.levels == {}
    right = give(house, alice.person.number, "book", room="oak")
    assert alice.actor.levels == {house.oak.number: Level.BOOK}
    house.engine.rights.take(right.number, CLI)
    assert alice.actor.levels == {}


def test_a_second_right_in_the_same_place_replaces_the_first(house: House) -> None:
    closed(house)
    alice = someone(house, "alice")
    first = give(house, alice.person.number, "manage", place=HOUSE)
    second = give(house, alice.person.number, "see", place=HOUSE)
    assert first.number == second.number
    assert len(house.engine.rights.all(CLI)) == 1
    assert set(alice.actor.levels.values()) == {Level.SEE}


def test_a_key_opens_no_more_than_its_scope_and_its_rooms(sqlite_house: House) -> None:
    ada = person(sqlite_house, "ada")
    give(sqlite_house, ada.number, "manage", place=HOUSE)
    reader = sqlite_house.engine.tokens.actor(key_of(sqlite_house, ada, "read", sqlite_house.elm.number))
    assert reader.level(sqlite_house.elm.number) is Level.SEE
    assert reader.level(sqlite_house.oak.number) is Level.NONE


def test_the_key_of_somebody_whose_account_is_shut_opens_nothing(sqlite_house: House) -> None:
    with pytest.raises(Unnamed):
        _ = cast(sqlite_house)["left"].actor


@pytest.mark.parametrize(
    ("right", "field"),
    [
        (Right(0, "person", 1, "own", place=HOUSE), "level"),
        (Right(0, "person", 1, "none", place=HOUSE), "level"),
        (Right(0, "robot", 1, "book", place=HOUSE), "kind"),
        (Right(0, "person", 0, "book", place=HOUSE), "subject"),
        (Right(0, "all", 1, "book", place=HOUSE), "subject"),
        (Right(0, "person", 1, "book"), "place"),
        (Right(0, "person", 1, "book", place=HOUSE, room=1), "place"),
    ],
)
def test_what_is_no_right_is_refused_with_its_field(sqlite_house: House, right: Right, field: str) -> None:
    with pytest.raises(Invalid) as told:
        sqlite_house.engine.rights.give(right, CLI)
    assert set(told.value.fields) == {field}


@pytest.mark.parametrize(
    ("right", "what"),
    [
        (Right(0, "person", 99, "book", place=HOUSE), "person"),
        (Right(0, "group", 99, "book", place=HOUSE), "group"),
        (Right(0, "all", 0, "book", place=99), "place"),
        (Right(0, "all", 0, "book", room=99), "room"),
    ],
)
def test_nobody_and_nowhere_are_unknown(sqlite_house: House, right: Right, what: str) -> None:
    with pytest.raises(Unknown) as told:
        sqlite_house.engine.rights.give(right, CLI)
    assert told.value.what == what


def test_a_right_that_is_not_there_cannot_be_taken(sqlite_house: House) -> None:
    with pytest.raises(Unknown):
        sqlite_house.engine.rights.take(7, CLI)


def test_only_administrators_give_and_take_the_right_to_manage(sqlite_house: House) -> None:
    people = cast(sqlite_house)
    right = Right(0, "person", people["nobody"].person.number, "manage", place=HOUSE)
    for name in ("staff", "manage", "book", "nobody"):
        with pytest.raises(Barred):
            sqlite_house.engine.rights.give(right, people[name].actor)
    given = sqlite_house.engine.rights.give(right, people["admin"].actor)
    with pytest.raises(Barred):
        sqlite_house.engine.rights.take(given.number, people["staff"].actor)


def test_who_manages_a_room_cannot_hand_out_rights(sqlite_house: House) -> None:
    people = cast(sqlite_house)
    right = Right(0, "all", 0, "book", room=sqlite_house.oak.number)
    with pytest.raises(Barred):
        sqlite_house.engine.rights.give(right, people["manage"].actor)
    assert sqlite_house.engine.rights.give(right, people["staff"].actor).number


def test_a_change_that_was_taken_back_leaves_no_trace_in_what_is_remembered(house: House) -> None:
    closed(house)
    alice = someone(house, "alice")

    def undone(tx: object) -> None:
        from server.store import house as rows

        rows.give(tx, Right(0, "person", alice.person.number, "manage", HOUSE))
        assert house.engine.house.at(tx).rights
        raise Invalid({"no": "not so"})

    with pytest.raises(Invalid):
        house.store.writing(undone)
    assert alice.actor.levels == {}
    give(house, alice.person.number, "see", room="oak")
    assert alice.actor.levels == {house.oak.number: Level.SEE}


def test_the_house_is_read_once_and_then_remembered(sqlite_house: House) -> None:
    first = sqlite_house.engine.house.now()
    assert sqlite_house.engine.house.now() is first
    sqlite_house.engine.rooms.change("oak", CLI, rules={"members": "see"})
    assert sqlite_house.engine.house.now().rooms[sqlite_house.oak.number].members == "see"


def test_a_key_of_the_house_has_no_levels(sqlite_house: House) -> None:
    _, secret = sqlite_house.engine.tokens.create("x", "book", CLI)
    actor: Actor = sqlite_house.engine.tokens.actor(secret)
    assert (actor.person, actor.role, actor.levels) == (None, "", None)


def test_whom_somebody_books_for_is_said_by_name_to_who_manages_a_room_and_to_keys_of_the_house(
    sqlite_house: House,
) -> None:
    house, alice, bob = sqlite_house, someone(sqlite_house, "alice"), someone(sqlite_house, "bob")
    host = house.engine.rights.host
    assert host("ALICE", alice.actor) == host("alice@example.org", alice.actor) == alice.person
    for name in ("bob", "nobody-of-that-name"):
        with pytest.raises(Barred) as told:
            host(name, alice.actor)
        assert told.value.need == "others"
    give(house, alice.person.number, "manage", room="oak")
    assert host("bob", alice.actor) == host("bob", house.alice) == bob.person
    someone(house, "gone", account=Account.INACTIVE)
    for name in ("gone", "nobody-of-that-name", "\x00"):
        with pytest.raises(Unknown):
            host(name, house.alice)
    with pytest.raises(Barred):
        host("bob", house.rita)
