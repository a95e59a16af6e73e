"""What devices are and may: other rooms, boards, who they are told that they are; effective at the next request."""

import json
from pathlib import Path

import pytest

from server.authorities import Authorities
from server.core.access import CLI, Actor
from server.core.errors import Barred, Invalid, Later, Unknown, Unnamed
from server.core.model import Device
from server.core.pairing import certificates, fingerprint, same_fingerprint
from server.core.places import Place
from server.engine import engine_of
from server.engine.assigning import MOST_ROOMS
from server.engine.pairing import Told
from server.engine.rooms import digest
from tests import make
from tests.kiosk.authorities import authority
from tests.make import House

KEY = f"rk_dev_1a2b3c4d_{'k' * 43}_00000000"


def board(house: House, place: int = 1) -> tuple[Device, Actor]:
    """A board of a place, and who it is."""
    code = house.engine.pairing.begin(digest(KEY), KEY[:15], Told()).code
    made = house.engine.pairing.approve(code, CLI, place=place)
    return made, house.engine.devices.actor(KEY)


def test_a_device_that_is_given_other_rooms_opens_those_at_once_and_in_that_order(house: House) -> None:
    device, secret, before = house.panel("oak")
    told = house.engine.devices.me(before)
    given = house.engine.devices.assign(device.number, CLI, rooms=("elm", "oak"))
    now = house.engine.devices.actor(secret)
    assert (given.name, given.rooms_in_order) == ("Panel", (house.elm.number, house.oak.number))
    assert house.engine.devices.me(now).rooms == ("elm", "oak")
    assert house.engine.devices.me(now).digest != told.digest
    house.engine.devices.assign(device.number, CLI, rooms=("elm",), name="At Elm")
    with pytest.raises(Barred):
        house.engine.devices.snapshot("oak", house.engine.devices.actor(secret))
    assert house.engine.devices.all(CLI)[0].name == "At Elm"


def test_what_was_changed_of_a_device_is_told_once_without_its_name(house: House) -> None:
    device, _, _ = house.panel("oak")
    for _ in range(2):
        house.engine.devices.assign(device.number, CLI, rooms=("elm",), name="Ms Adams' panel")
    with house.store.reading() as tx:
        rows = tx.rows("SELECT subject, room_id, codes, before, after FROM change WHERE what = 'device_assigned'")
    assert [(subject, room, codes) for subject, room, codes, *_ in rows] == [(device.number, None, "name")]
    assert [json.loads(side)["rooms_in_order"] for side in rows[0][3:]] == [[house.oak.number], [house.elm.number]]


def test_a_device_is_only_called_otherwise_where_nothing_else_is_said(house: House) -> None:
    device, _, _ = house.panel("elm", "oak")
    called = house.engine.devices.assign(device.number, CLI, name="Corner")
    assert (called.name, called.rooms_in_order) == ("Corner", device.rooms_in_order)


def test_a_device_has_rooms_or_a_place_that_there_are(sqlite_house: House) -> None:
    it = sqlite_house
    device, _, _ = it.panel()
    wrong: list[tuple[type[Exception], dict[str, object]]] = [
        (Invalid, {"rooms": ()}), (Invalid, {"rooms": ("oak",), "place": 1}), (Invalid, {"name": " "}),
        (Invalid, {"name": "a\nb"}), (Invalid, {"name": "x" * 256}), (Unknown, {"place": 99}),
        (Unknown, {"rooms": ("nowhere",)}), (Invalid, {"rooms": tuple(f"r{n}" for n in range(MOST_ROOMS + 1))}),
    ]  # fmt: skip
    for kind, fields in wrong:
        with pytest.raises(kind):
            it.engine.devices.assign(device.number, CLI, **fields)  # type: ignore[arg-type]
    with pytest.raises(Unknown):
        it.engine.devices.assign(99, CLI, name="x")
    it.engine.devices.revoke(device.number, CLI)
    with pytest.raises(Unknown):
        it.engine.devices.assign(device.number, CLI, name="x")
    for who in (it.alice, Actor("token:9", "admin", frozenset({it.oak.number}))):
        with pytest.raises(Barred):
            it.engine.devices.assign(device.number, who, name="x")


def test_a_board_reads_the_rooms_that_are_below_its_place_as_they_are_now(house: House) -> None:
    floor = house.engine.places.add(Place(0, 1, "site", "Berlin"), CLI).number
    house.engine.rooms.change("oak", CLI, place=floor)
    made, actor = board(house, floor)
    assert (made.kind, made.name, actor.scope, actor.rooms) == ("board", "Berlin", "read", {house.oak.number})
    first = house.engine.devices.me(actor)
    assert (first.kind, first.rooms, first.state) == ("board", ("oak",), "good")
    house.engine.rooms.change("oak", CLI, walk=2)
    house.engine.rooms.change("elm", CLI, place=floor, walk=1)
    both = house.engine.devices.me(house.engine.devices.actor(KEY))
    assert both.rooms == ("elm", "oak"), "in the order in which people walk by"
    assert both.digest != first.digest
    house.engine.rooms.change("oak", CLI, status="hidden")
    house.engine.rooms.change("elm", CLI, active=False)
    actor = house.engine.devices.actor(KEY)
    assert (actor.rooms, house.engine.devices.me(actor).rooms) == (frozenset(), ())
    with pytest.raises(Barred):
        house.engine.devices.snapshot("oak", actor)


def test_a_board_books_nothing(house: House) -> None:
    _, actor = board(house)
    assert house.engine.devices.snapshot("oak", actor).room.id == "oak"
    with pytest.raises(Barred) as caught:
        house.engine.bookings.book(make.ask("11:00", "12:00"), actor)
    assert caught.value.why == "scope"


def test_a_panel_becomes_a_board_and_a_panel_again(house: House) -> None:
    device, secret, _ = house.panel("oak")
    made = house.engine.devices.assign(device.number, CLI, place=1)
    assert (made.kind, made.rooms, house.engine.devices.actor(secret).scope) == ("board", frozenset(), "read")
    assert house.engine.devices.assign(device.number, CLI, rooms=("elm",)).kind == "panel"
    assert house.engine.devices.actor(secret).rooms == {house.elm.number}


def test_a_device_is_told_who_it_is_and_how_it_is_to_be_and_why(house: House) -> None:
    device, _, actor = house.panel("elm", "oak")
    house.engine.panel_settings.set("house", None, "language", "de", CLI)
    house.engine.pushing.address.url = "/push"
    me = house.engine.devices.me(actor)
    assert (me.number, me.name, me.kind, me.rooms, me.state) == (
        device.number, "Panel", "panel", ("elm", "oak"), "good",
    )  # fmt: skip
    assert (me.settings, me.push, me.authorities) == ({"language": "de"}, "/push", ())
    assert me.why["language"]
    with house.store.reading() as tx:
        assert me.incarnation == tx.rows("SELECT value FROM meta WHERE name = 'incarnation'")[0][0]
    assert house.engine.devices.me(actor) is me, "as long as nothing changed"
    house.book("11:00", "12:00")
    assert house.engine.devices.me(actor) is me, "a booking is nothing of it"
    house.engine.panel_settings.set("room", "elm", "language", "fr", CLI)
    assert house.engine.devices.me(actor).settings == {"language": "fr"}


def test_a_device_is_told_anew_where_its_room_was_moved(house: House) -> None:
    _, _, actor = house.panel("oak")
    floor = house.engine.places.add(Place(0, 1, "site", "Berlin"), CLI).number
    house.engine.panel_settings.set("place", floor, "theme", "dark", CLI)
    assert house.engine.devices.me(actor).settings == {}
    house.engine.rooms.change("oak", CLI, place=floor)
    assert house.engine.devices.me(actor).settings == {"theme": "dark"}


def test_a_token_is_told_that_it_is_no_device(house: House) -> None:
    _, secret = house.engine.tokens.create("x", "book", CLI, rooms=("oak",))
    me = house.engine.devices.me(house.engine.devices.actor(secret))
    assert (me.number, me.kind, me.rooms, me.state, me.settings) == (0, "panel", ("oak",), "good", {})
    with pytest.raises(Barred):
        house.engine.devices.me(Actor("x", "none"))


def test_a_revoked_device_is_nobody_in_every_process(house: House) -> None:
    device, secret, _ = house.panel()
    other = engine_of(house.store, house.clock)
    assert other.devices.me(other.devices.actor(secret)).number == device.number
    house.engine.devices.revoke(device.number, CLI)
    for engine in (house.engine, other):
        with pytest.raises(Unnamed):
            engine.devices.actor(secret)


CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n"
SPARE = "-----BEGIN CERTIFICATE-----\nMAMCAQI=\n-----END CERTIFICATE-----\n"


def test_the_fingerprint_is_of_key_and_authorities_as_the_protocol_says() -> None:
    key = "ab" * 32
    assert fingerprint(key, ()) == "KRBW-RJZZ-QLZR"
    assert fingerprint(key, (CERTIFICATE, SPARE)) == fingerprint(key, (SPARE, CERTIFICATE))
    every = {fingerprint(key, those) for those in ((), (CERTIFICATE,), (SPARE,), (CERTIFICATE, SPARE))}
    assert len(every) == 4
    assert same_fingerprint(" krbw rjzz-qlzr", "KRBW-RJZZ-QLZR")
    assert not same_fingerprint("KRBW-RJZZ-QLZB", "KRBW-RJZZ-QLZR")


def test_a_file_of_authorities_holds_certificates_and_nothing_else() -> None:
    odd = CERTIFICATE.replace("\n", "\r\n").replace("MAMCAQE=", "MAMC\r\nAQE=")
    assert certificates("Subject: x\n" + odd + SPARE + CERTIFICATE) == (CERTIFICATE, SPARE)
    assert certificates("") == ()
    private = "-----BEGIN PRIVATE KEY-----\nMAMCAQE=\n-----END PRIVATE KEY-----\n"
    many = "".join(CERTIFICATE.replace("MAMCAQE=", f"MAMCAQE{letter}") for letter in "ABCDEFGHI")
    more = CERTIFICATE.replace("MAMC", "AAAA"), CERTIFICATE.replace("=", ""), CERTIFICATE.replace("MAMC", "MAMC" * 4000)
    for text in ("nonsense", CERTIFICATE + private, many, *more):
        with pytest.raises(ValueError, match=r"holds|certificate"):
            certificates(text)


def test_authorities_are_read_again_when_the_file_is_another_and_kept_when_it_is_none(tmp_path: Path) -> None:
    one, spare = authority().pem, authority("Spare CA").pem
    path = tmp_path / "authorities.pem"
    it = Authorities(path)
    with pytest.raises(Later):
        it()
    path.write_text("nonsense")
    with pytest.raises(Later):
        it()
    path.write_text(one)
    assert it() == (one,)
    path.write_text(one + spare)
    assert it() == (one, spare)
    for spoilt in ("", "nonsense", one[:40], one + CERTIFICATE, "x" * 200_000):
        path.write_text(spoilt)
        assert it() == (one, spare)
    path.unlink()
    assert it() == (one, spare)
    assert Authorities(None)() == ()


def test_devices_are_told_of_the_authorities_and_have_others_in_their_fingerprint(fresh_sqlite: str) -> None:
    with make.opened(fresh_sqlite) as store:
        house = make.house(store)
        engine = engine_of(store, house.clock, authorities=lambda: (CERTIFICATE, SPARE))
        _, _, actor = house.panel()
        assert engine.devices.me(actor).authorities == (CERTIFICATE, SPARE)
        code = engine.pairing.begin(digest(KEY), KEY[:15], Told()).code
        shown = engine.pairing.look(code, CLI).fingerprint
    assert shown == fingerprint(digest(KEY), (CERTIFICATE, SPARE)) != fingerprint(digest(KEY), ())
