"""Keys and tokens that act as a person: what they open, who makes them, and that they may no more than their owner."""

from datetime import timedelta

import pytest

from server.core.access import CLI
from server.core.errors import Barred, Invalid, Refused, Unknown, Unnamed
from server.core.people import Role
from tests.accounts import add, signed_in
from tests.make import NOW, House, codes


@pytest.fixture
def home(house: House) -> House:
    """Eva, a member, and Ada, who runs the house."""
    add(house, "eva")
    add(house, "ada", Role.ADMIN)
    return house


@pytest.fixture
def one_home(sqlite_house: House) -> House:
    add(sqlite_house, "eva")
    add(sqlite_house, "ada", Role.ADMIN)
    return sqlite_house


def test_an_indico_key_tells_whose_it_is_and_the_secret_it_signs_with(home: House) -> None:
    eva = home.engine.people.find("eva", CLI)
    made = home.engine.api_keys.create(eva.number, "indico", CLI, persistent=True)
    opened = home.engine.api_keys.by_ak(made.ak)
    assert (opened.person.number, opened.secret, opened.key.persistent) == (eva.number, made.secret, True)
    assert len(made.ak) == len(made.secret) == 36
    actor = home.engine.api_keys.actor(opened, source="indico", scope="read")
    assert (actor.person, actor.scope, actor.name) == (eva.number, "read", f"key:{made.key.number}")
    with home.store.reading() as tx:
        rows = str(tx.rows("SELECT * FROM api_key")) + str(tx.rows("SELECT * FROM change"))
    assert made.ak not in rows
    assert made.secret not in rows


def test_a_roomloop_key_is_one_secret(home: House) -> None:
    eva = home.engine.people.find("eva", CLI)
    made = home.engine.api_keys.create(eva.number, "roomloop", CLI, name="Timetable")
    assert (made.ak, made.secret[:8], len(made.secret)) == ("", "sk_live_", 48)
    assert home.engine.api_keys.by_roomloop(made.secret).person.number == eva.number
    (listed,) = home.engine.api_keys.all(CLI)
    assert (listed.name, listed.prefix) == ("Timetable", made.secret[:12])
    home.engine.api_keys.actor(home.engine.api_keys.by_roomloop(made.secret), source="roomloop")
    assert home.engine.api_keys.all(CLI)[0].last_used_at == NOW


def test_a_key_of_one_kind_does_not_open_as_the_other(one_home: House) -> None:
    eva = one_home.engine.people.find("eva", CLI)
    signed, plain = (one_home.engine.api_keys.create(eva.number, kind, CLI) for kind in ("indico", "roomloop"))
    for act in (
        lambda: one_home.engine.api_keys.by_ak(plain.secret),
        lambda: one_home.engine.api_keys.by_roomloop(signed.ak),
        lambda: one_home.engine.api_keys.by_ak(signed.secret),
        lambda: one_home.engine.api_keys.by_roomloop(""),
        lambda: one_home.engine.api_keys.by_ak("\ud800"),
    ):
        with pytest.raises(Unnamed):
            act()


def test_a_blocked_key_is_known_as_blocked_a_revoked_and_an_expired_one_not_at_all(one_home: House) -> None:
    eva = one_home.engine.people.find("eva", CLI)
    keys = one_home.engine.api_keys
    signed, plain = keys.create(eva.number, "indico", CLI), keys.create(eva.number, "roomloop", CLI)
    for made in (signed, plain):
        keys.block(made.key.number, CLI, blocked=True)
    assert keys.by_ak(signed.ak).key.blocked
    with pytest.raises(Unnamed):
        keys.by_roomloop(plain.secret)
    for made in (signed, plain):
        keys.block(made.key.number, CLI, blocked=False)
    keys.by_roomloop(plain.secret)
    keys.revoke(signed.key.number, CLI)
    with pytest.raises(Unnamed):
        keys.by_ak(signed.ak)
    brief = keys.create(eva.number, "indico", CLI, expires=NOW + timedelta(hours=1))
    one_home.clock.forward(hours=1)
    with pytest.raises(Unnamed):
        keys.by_ak(brief.ak)


def test_people_make_and_end_their_own_keys_and_know_nothing_of_others(one_home: House) -> None:
    keys = one_home.engine.api_keys
    eva, ada = (one_home.engine.people.find(login, CLI) for login in ("eva", "ada"))
    me = signed_in(one_home, eva)
    made = keys.create(eva.number, "roomloop", me)
    theirs = keys.create(ada.number, "indico", CLI)
    assert [it.number for it in keys.all(me, person=eva.number)] == [made.key.number]
    for act in (
        lambda: keys.create(ada.number, "indico", me),
        lambda: keys.all(me),
        lambda: keys.all(me, person=ada.number),
        lambda: keys.block(made.key.number, me, blocked=False),
    ):
        with pytest.raises(Barred):
            act()
    with pytest.raises(Unknown):
        keys.revoke(theirs.key.number, me)
    keys.revoke(made.key.number, me)
    reader = keys.actor(keys.by_ak(theirs.ak), source="indico", scope="read")
    with pytest.raises(Barred):
        keys.create(ada.number, "roomloop", reader)  # a lesser key does not make a greater one


def test_a_key_that_cannot_be_is_refused_with_the_field_named(one_home: House) -> None:
    keys = one_home.engine.api_keys
    eva = one_home.engine.people.find("eva", CLI)
    for more, bad in (
        ({"kind": "x"}, "kind"),
        ({"kind": "indico", "name": "x" * 256}, "name"),
        ({"kind": "roomloop", "persistent": True}, "persistent"),
        ({"kind": "indico", "expires": NOW}, "expires"),
    ):
        with pytest.raises(Invalid) as told:
            keys.create(eva.number, actor=CLI, **more)  # type: ignore[arg-type]
        assert list(told.value.fields) == [bad]
    for _ in range(50):
        keys.create(eva.number, "roomloop", CLI)
    with pytest.raises(Refused) as refused:
        keys.create(eva.number, "roomloop", CLI)
    assert codes(refused.value) == ["too_many_keys"]


def test_a_token_of_a_persons_may_what_they_may_and_no_more(home: House) -> None:
    eva = home.engine.people.find("eva", CLI)
    me = signed_in(home, eva)
    token, secret = home.engine.tokens.create("Mine", "admin", me, person=eva.number)
    actor = home.engine.tokens.actor(secret)
    assert (actor.person, actor.role, actor.name) == (eva.number, "member", f"token:{token.number}")
    assert home.engine.tokens.all(me, person=eva.number)[0].id == token.id
    ada = home.engine.people.find("ada", CLI)
    desk = signed_in(home, add(home, "desk", Role.STAFF))
    for act in (
        lambda: home.engine.tokens.create("x", "read", me, person=ada.number),
        lambda: home.engine.tokens.create("x", "read", me),
        lambda: home.engine.tokens.create("x", "read", desk),
        lambda: home.engine.tokens.create("x", "read", desk, rooms=("oak",)),
        lambda: home.engine.tokens.all(me),
        lambda: home.engine.tokens.all(me, person=ada.number),
    ):
        with pytest.raises(Barred):
            act()
    other, _ = home.engine.tokens.create("x", "read", CLI)
    with pytest.raises(Barred):
        home.engine.tokens.revoke(other.id, me)
    home.engine.tokens.revoke(token.id, me)
    with pytest.raises(Unnamed):
        home.engine.tokens.actor(secret)
