"""Who is let in, who is not, and whose time is over."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from server.core.access import CLI
from server.core.errors import Later
from server.engine import devices, pushing
from server.engine.devices import Devices
from server.engine.pushing import Pushing
from server.push.together import Push
from tests import make, people
from tests.push.conftest import QUICK, Pushed
from tests.push.ears import Ear

Connect = Callable[[Push], Ear]


@pytest.mark.parametrize(
    ("key", "room", "status", "code"),
    [
        ("", "", 401, "unnamed"), ("rvx_nobody", "oak", 401, "unnamed"), ("rk_dev_no", "", 401, "unnamed"),
        ("elm", "oak", 403, "barred"), ("every", "", 400, "invalid"), ("every", "nowhere", 404, "unknown"),
    ],
)  # fmt: skip
def test_who_may_not_hear_of_a_room_is_told_so(
    sqlite_house: make.House, pushed: Pushed, ear: Connect, key: str, room: str, status: int, code: str
) -> None:
    tokens = sqlite_house.engine.tokens
    known = {
        "elm": tokens.create("elm", "book", CLI, rooms=("elm",))[1], "every": tokens.create("every", "read", CLI)[1],
    }  # fmt: skip
    one = ear(pushed(sqlite_house)).ask(known.get(key, key), room)
    assert (one.status, one.body()["error"]["code"]) == (status, code)
    assert ("www-authenticate" in one.headers) is (status == 401)


def test_a_device_that_is_revoked_hears_that_and_no_more(house: make.House, pushed: Pushed, ear: Connect) -> None:
    device, secret, _ = house.panel()
    token, key = house.engine.tokens.create("key", "read", CLI)
    push = pushed(house)
    one, two = ear(push).ask(secret), ear(push).ask(key, "oak")
    house.engine.devices.revoke(device.number, house.ada)
    house.engine.tokens.revoke(token.id, house.ada)
    house.book("11:00", "12:00")
    for each in (one, two):
        assert each.next("end", "news").data == {"why": "revoked"}
        assert each.ended()
        assert not [it for it in each.events if it.name == "news"]
    assert ear(push).ask(secret).status == 401


def test_a_second_connection_of_a_device_ends_the_first(house: make.House, pushed: Pushed, ear: Connect) -> None:
    _, secret, _ = house.panel()
    push = pushed(house)
    first = ear(push).ask(secret)
    second = ear(push).ask(secret)
    assert first.ended()
    assert "end" not in [it.name for it in first.events]  # its key is as good as before
    house.book("11:00", "12:00")
    assert second.next("news")
    assert push.counts.open == 1
    assert push.counts.ended == {"replaced": 1}


def test_a_token_has_no_more_than_its_share_of_connections(
    sqlite_house: make.House, pushed: Pushed, ear: Connect
) -> None:
    _, key = sqlite_house.engine.tokens.create("key", "read", CLI)
    _, secret, _ = sqlite_house.panel()
    push = pushed(sqlite_house, replace(QUICK, of_token=2))
    assert [ear(push).ask(key, "oak").status for _ in range(3)] == [200, 200, 503]
    assert ear(push).ask(secret).status == 200


def test_the_keys_of_one_person_do_not_take_the_places_of_devices(
    sqlite_house: make.House, pushed: Pushed, ear: Connect
) -> None:
    eva = people.someone(sqlite_house, "eva", scope="read")
    push = pushed(sqlite_house)
    assert [ear(push).ask(eva.secret, "oak").status for _ in range(5)] == [200, 200, 200, 200, 503]


def test_when_too_many_listen_one_more_is_asked_to_come_later(
    sqlite_house: make.House, pushed: Pushed, ear: Connect
) -> None:
    push = pushed(sqlite_house, replace(QUICK, most=2))
    keys = [sqlite_house.panel()[1] for _ in range(3)]
    held = [ear(push).ask(key) for key in keys[:2]]
    refused = ear(push).ask(keys[2])
    assert (refused.status, refused.headers["retry-after"]) == (503, "10")
    assert refused.body()["error"]["code"] == "later"
    held[0].close()
    while ear(push).ask(keys[2]).status == 503:
        pass  # until it has been noticed that there is room
    assert push.counts.refused[503] >= 1


def test_a_room_that_is_removed_is_told_of_no_more(sqlite_house: make.House, pushed: Pushed, ear: Connect) -> None:
    _, key = sqlite_house.engine.tokens.create("key", "read", CLI)
    one = ear(pushed(sqlite_house)).ask(key, "elm")
    one.next("hello")
    sqlite_house.engine.rooms.remove("elm", CLI)
    assert one.ended()
    assert ear(pushed(sqlite_house)).ask(key, "elm").status == 404


def test_a_key_is_looked_at_again_by_and_by(sqlite_house: make.House, pushed: Pushed, ear: Connect) -> None:
    device, secret, _ = sqlite_house.panel()
    push = pushed(sqlite_house, replace(QUICK, verify=0.5))
    one = ear(push).ask(secret)
    one.next("hello")
    # As a hand at the database would, past the feed.
    sqlite_house.store.writing(lambda tx: tx.run("UPDATE device SET revoked_at = 1 WHERE id = ?", (device.number,)))
    assert one.next("end").data == {"why": "revoked"}
    assert one.ended()


def test_a_token_that_expires_ends_at_that_moment(sqlite_house: make.House, pushed: Pushed, ear: Connect) -> None:
    ends = make.NOW + timedelta(minutes=5)
    _, key = sqlite_house.engine.tokens.create("key", "read", CLI, expires=ends)
    one = ear(pushed(sqlite_house)).ask(key, "oak")
    one.next("beat")
    sqlite_house.clock.set(ends)
    assert one.next("end").data == {"why": "expired"}
    assert one.ended()


def test_what_happens_while_a_key_is_looked_at_is_not_missed(
    sqlite_house: make.House, pushed: Pushed, ear: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plan is read, a booking is made, revoked is the key: all before the device is on the list."""
    device, secret, _ = sqlite_house.panel()
    _, other, _ = sqlite_house.panel()
    push = pushed(sqlite_house)
    witness = ear(push).ask(other)
    witness.next("hello")
    read, looks = Pushing.hearer, []

    def slowly(self: Pushing, token: str, room: str | None) -> pushing.Hearer:
        found = read(self, token, room)
        if token == secret and not looks:
            looks.append(found)
            sqlite_house.book("11:00", "12:00")
            sqlite_house.engine.devices.revoke(device.number, sqlite_house.ada)
            witness.next("news")
        return found

    monkeypatch.setattr(Pushing, "hearer", slowly)
    late = ear(push)
    late.ask(secret)
    if late.status == 200:
        assert late.next("end")
    else:
        assert late.status == 401


def test_a_key_that_cannot_be_looked_at_now_is_asked_to_come_again(
    sqlite_house: make.House, pushed: Pushed, ear: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, secret, _ = sqlite_house.panel()
    push = pushed(sqlite_house)

    def away(self: Devices, token: str) -> None:
        raise Later(3)

    monkeypatch.setattr(devices.Devices, "actor", away)
    one = ear(push).ask(secret)
    assert (one.status, one.headers["retry-after"]) == (503, "3")
