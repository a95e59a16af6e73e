"""Keys to the API: told once, ended at once, and never a reason for reading to fail."""

import threading
from datetime import timedelta
from typing import Any

import pytest

from server.core.access import CLI, Actor
from server.core.errors import Barred, Full, Invalid, Later, Unknown, Unnamed
from server.store.database import Store
from tests.make import NOW, House, at


def test_a_key_opens_what_it_was_made_for(house: House) -> None:
    token, secret = house.engine.tokens.create("Kiosk", "book", CLI, rooms=("oak",))
    assert secret.startswith("rvx_")
    assert len(secret) == 44
    assert secret[4:].isalnum()
    assert (token.name, token.scope, token.prefix, token.made_at) == ("Kiosk", "book", secret[:8], NOW)
    assert token.id.startswith("tok_")
    actor = house.engine.tokens.actor(secret)
    assert (actor.scope, actor.rooms, actor.label) == ("book", frozenset({house.oak.number}), secret[:8])
    assert (actor.name, actor.source) == (f"token:{token.number}", "roomvox")


def test_a_key_without_rooms_opens_all(house: House) -> None:
    _, secret = house.engine.tokens.create("All", "read", CLI)
    assert house.engine.tokens.actor(secret).rooms is None


def test_no_two_secrets_are_alike(house: House) -> None:
    assert len({house.engine.tokens.create("x", "read", CLI)[1] for _ in range(20)}) == 20


@pytest.mark.parametrize("tried", ["", "rvx_", "rvx_" + "a" * 40, "x" * 10_000, "\0", "\ud800", "Ω"])
def test_what_is_no_key_names_nobody(house: House, tried: str) -> None:
    with pytest.raises(Unnamed) as told:
        house.engine.tokens.actor(tried)
    assert not told.value.missing


def test_a_revoked_key_ends_at_once_and_again_is_fine(house: House) -> None:
    token, secret = house.engine.tokens.create("x", "read", CLI)
    house.engine.tokens.actor(secret)
    assert house.engine.tokens.revoke(token.id, CLI).revoked_at == NOW
    with pytest.raises(Unnamed):
        house.engine.tokens.actor(secret)
    house.clock.forward(minutes=1)
    assert house.engine.tokens.revoke(token.id, CLI).revoked_at == NOW
    with pytest.raises(Unknown):
        house.engine.tokens.revoke("tok_nobody", CLI)


def test_a_key_expires_to_the_second(house: House) -> None:
    _, secret = house.engine.tokens.create("x", "read", CLI, expires=at("11:00"))
    house.clock.set(at("11:00") - timedelta(seconds=1))
    assert house.engine.tokens.actor(secret).expires == at("11:00")
    house.clock.set("11:00")
    with pytest.raises(Unnamed):
        house.engine.tokens.actor(secret)


@pytest.mark.parametrize(
    ("args", "bad"),
    [
        (("", "read"), "name"),
        (("  ", "read"), "name"),
        (("x" * 256, "read"), "name"),
        (("a\nb", "read"), "name"),
        (("x", "none"), "scope"),
        (("x", "ADMIN"), "scope"),
    ],
)
def test_a_key_that_cannot_be_is_refused_with_the_field_named(house: House, args: Any, bad: str) -> None:
    with pytest.raises(Invalid) as told:
        house.engine.tokens.create(*args, CLI)
    assert list(told.value.fields) == [bad]


def test_a_key_cannot_be_over_before_it_begins(house: House) -> None:
    for expires in (NOW, at("09:00")):
        with pytest.raises(Invalid) as told:
            house.engine.tokens.create("x", "read", CLI, expires=expires)
        assert list(told.value.fields) == ["expires"]


def test_a_key_for_an_unknown_room_is_not_made(house: House) -> None:
    with pytest.raises(Unknown):
        house.engine.tokens.create("x", "read", CLI, rooms=("oak", "nowhere"))
    assert house.engine.tokens.all(CLI) == ()


def test_keys_are_an_administrators(house: House) -> None:
    for act in (
        lambda: house.engine.tokens.create("x", "read", house.alice),
        lambda: house.engine.tokens.all(house.alice),
        lambda: house.engine.tokens.revoke("tok_x", house.alice),
    ):
        with pytest.raises(Barred):
            act()


def test_nobody_gives_more_than_he_has(house: House) -> None:
    bound = Actor("token:9", "admin", frozenset({house.elm.number}))
    token, _ = house.engine.tokens.create("x", "admin", bound, rooms=("elm",))
    assert token.rooms == bound.rooms
    for act in (
        lambda: house.engine.tokens.create("x", "read", bound),
        lambda: house.engine.tokens.create("x", "read", bound, rooms=("elm", "oak")),
        lambda: house.engine.tokens.all(bound),
        lambda: house.engine.tokens.revoke(token.id, bound),
    ):
        with pytest.raises(Barred) as told:
            act()
        assert told.value.why == "room"


# last use


class Counted:
    """A store that counts its commits, and can be told to refuse them."""

    def __init__(self, store: Store) -> None:
        self._store, self.commits = store, 0
        self.refuse: Exception | None = None

    def writing(self, *args: Any, **more: Any) -> Any:
        if self.refuse is not None:
            raise self.refuse
        self.commits += 1
        return self._store.writing(*args, **more)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


@pytest.fixture
def counted(house: House) -> tuple[House, Counted, str]:
    _, secret = house.engine.tokens.create("x", "read", CLI)
    store = Counted(house.store)
    object.__setattr__(house.engine.tokens, "store", store)
    return house, store, secret


def test_last_use_is_written_at_most_once_a_minute(counted: tuple[House, Counted, str]) -> None:
    house, store, secret = counted
    for _ in range(130):
        house.engine.tokens.actor(secret)
        house.clock.forward(seconds=1)
    assert store.commits == 3
    (token,) = house.engine.tokens.all(CLI)
    assert token.last_used_at == NOW + timedelta(seconds=129)


@pytest.mark.parametrize("why", [Full(), Later(1)])
def test_where_it_cannot_be_written_reading_goes_on_and_it_is_written_later(
    counted: tuple[House, Counted, str], why: Exception
) -> None:
    house, store, secret = counted
    store.refuse = why
    for _ in range(3):
        assert house.engine.tokens.actor(secret).scope == "read"
        house.clock.forward(minutes=2)
    last = house.clock.now() - timedelta(minutes=2)
    assert house.engine.tokens.all(CLI)[0].last_used_at is None
    store.refuse = None
    assert house.engine.tokens.all(CLI)[0].last_used_at == last


def test_many_at_once_note_their_use_once(counted: tuple[House, Counted, str]) -> None:
    house, store, secret = counted

    def use() -> None:
        for _ in range(20):
            house.engine.tokens.actor(secret)
        house.store.close()

    threads = [threading.Thread(target=use) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.commits == 1
