"""People, groups and what opens the house, as rows: one statement for a person, and each written as it is read."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from server.core.credentials import ApiKey, Session
from server.core.people import Account, Filters, Group, Person, Role, folded
from server.core.throttle import NEVER, Tally
from server.store import api_keys, groups, people, sessions, throttles
from server.store.database import Store, Tx
from tests.make import NOW

FULL = Person(
    0, "Eva@Example.org", "eva", "Eva", "Lindqvist", Role.STAFF, Account.AWAITING, "Sales", "de", "Europe/Berlin",
    "+49 30", "Timber", "Lead", "#00ff80", 1250, {3: "Größe; \"M\"", 12: ""}, sealed=True, made_at=NOW,
    seen_at=NOW + timedelta(seconds=1), version=7, unproven=True,
)  # fmt: skip


class Counting:
    """A transaction that counts its statements."""

    def __init__(self, tx: Tx) -> None:
        self.tx, self.count = tx, 0

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.tx, name)
        if name not in ("rows", "run", "many"):
            return found

        def counted(*args: Any, **more: Any) -> Any:
            self.count += 1
            return found(*args, **more)

        return counted

    def one(self, *args: Any) -> Any:
        found = self.rows(*args)
        return found[0] if found else None


def written(store: Store, *folk: Person) -> list[Person]:
    return store.writing(lambda tx: people.insert_all(tx, folk))


def read(store: Store, question: Callable[[Tx], Any]) -> Any:
    with store.reading() as tx:
        return question(tx)


def person(n: int) -> Person:
    return Person(0, f"p{n}@example.org", f"p{n}", made_at=NOW)


def test_a_person_comes_back_as_they_were_written(store: Store) -> None:
    (made,) = written(store, FULL)
    assert read(store, lambda tx: people.by_number(tx, made.number)) == replace(FULL, number=made.number)
    erased = replace(made, email="x", login="y", erased_at=NOW, role=Role.MEMBER, sealed=False)
    store.writing(lambda tx: people.update(tx, replace(erased, credits=99)))
    assert read(store, lambda tx: people.by_number(tx, made.number)) == erased  # credits have statements of their own
    assert read(store, lambda tx: people.page(tx, Filters())) == list(read(store, people.every)) == []


def test_a_person_with_groups_and_what_these_make_of_them_is_one_statement(store: Store) -> None:
    (eva,) = written(store, FULL)

    def work(tx: Tx) -> list[int]:
        made = [
            groups.insert(tx, Group(0, f"G{n}", roles=frozenset(roles)))
            for n, roles in enumerate([(), ("admin",), ("group_admin", "room_admin"), ("admin",)])
        ]
        groups.join(tx, [(number, eva.number) for number in made[:3]])
        groups.join(tx, [(made[0], eva.number)], "oidc")
        return made

    made = store.writing(work)
    with store.reading() as tx:
        asked: Any = Counting(tx)
        for question in (
            lambda: people.by_number(asked, eva.number),
            lambda: people.by_email(asked, "EVA@EXAMPLE.ORG"),
            lambda: people.by_login(asked, "EVA"),
            lambda: people.by_numbers(asked, [eva.number, 7777])[eva.number],
            lambda: people.by_emails(asked, ["eva@example.ORG", "x"])["eva@example.org"],
            lambda: people.page(asked, Filters(anything="LINDQVIST", group=made[1]))[0],
        ):
            asked.count = 0
            found = question()
            assert (asked.count, found.groups) == (1, frozenset(made[:3]))
            assert found.group_roles == {"admin", "group_admin", "room_admin"}
        assert groups.sources(tx, eva.number) == dict.fromkeys(made[:3], "")
        assert [it.name for it in groups.of(tx, eva.number)] == ["G0", "G1", "G2"]


def test_many_people_are_written_at_once_and_come_back_in_their_order(store: Store) -> None:
    made = written(store, *(person(n) for n in range(450)))
    assert [it.login for it in made] == [f"p{n}" for n in range(450)]
    found = read(store, lambda tx: people.by_numbers(tx, [it.number for it in made[::-1]]))
    assert found == {it.number: it for it in made}
    few = read(store, lambda tx: people.by_emails(tx, [it.email for it in made] + ["\0", "x"]))
    assert set(few) == {folded(it.email) for it in made}
    assert read(store, people.count) == 450


def test_a_page_is_filled_though_the_fields_decide_after_the_rows(store: Store) -> None:
    # "anything" finds them all, for the word is in another field of every second one
    written(store, *(replace(person(n), **{("phone", "position")[n % 2]: "needle"}) for n in range(50)))
    found = read(store, lambda tx: people.page(tx, Filters({"phone": "NEEDLE"}), limit=10))
    assert [it.login for it in found] == [f"p{n}" for n in range(0, 20, 2)]


def test_a_session_is_touched_but_never_set_back(store: Store) -> None:
    (eva,) = written(store, FULL)
    it = Session("d" * 64, eva.number, "console", "Phone", NOW, NOW, NOW + timedelta(days=30))
    later = NOW + timedelta(minutes=5)

    def work(tx: Tx) -> None:
        sessions.insert(tx, it)
        sessions.touch(tx, [(it.id, later)])
        sessions.touch(tx, [(it.id, NOW), ("x", later)])

    store.writing(work)
    assert read(store, lambda tx: sessions.of(tx, eva.number)) == [replace(it, seen_at=later)]
    assert store.writing(lambda tx: sessions.delete_ended(tx, it.ends_at - timedelta(seconds=1))) == 0
    assert store.writing(lambda tx: sessions.delete_ended(tx, it.ends_at)) == 1


def test_a_key_comes_back_as_it_was_written(store: Store) -> None:
    (eva,) = written(store, FULL)
    it = ApiKey(0, eva.number, "indico", "x", "abcd", "sealed", True, False, NOW, None, NOW + timedelta(days=1))

    def work(tx: Tx) -> int:
        number = api_keys.insert(tx, it, "d" * 64)
        api_keys.block(tx, number, blocked=True)
        api_keys.touch(tx, [(number, NOW)])
        api_keys.revoke(tx, number, NOW)
        api_keys.revoke(tx, number, NOW + timedelta(days=1))
        return number

    number = store.writing(work)
    wanted = replace(it, number=number, blocked=True, last_used_at=NOW, revoked_at=NOW)
    assert read(store, lambda tx: api_keys.by_digest(tx, "d" * 64)) == wanted


def test_counts_are_kept_and_forgotten_by_name(store: Store) -> None:
    one, other = Tally(2, 5, NOW, NOW + timedelta(hours=1)), Tally(1, 1, NOW, NEVER)

    def work(tx: Tx) -> int:
        assert throttles.look(tx, ["pin:a:b"], lock=True) == {"pin:a:b": Tally()}
        throttles.put(tx, {"pin:a:b": one, "pin:a:c": other, "pin:b:b": other})
        assert throttles.look(tx, ["pin:a:b", "x"]) == {"pin:a:b": one}
        return throttles.forget_all(tx, "pin:a")

    assert store.writing(work) == 2
    assert read(store, lambda tx: throttles.look(tx, ["pin:a:b", "pin:b:b"])) == {"pin:b:b": other}


@pytest.mark.parametrize("text", ["\0", "\ud800", "' OR 1=1 --", "%", "_", "!", "\\"])
def test_odd_words_find_nobody_and_break_nothing(store: Store, text: str) -> None:
    written(store, FULL)
    assert read(store, lambda tx: people.by_email(tx, text)) is None
    assert read(store, lambda tx: people.by_login(tx, text)) is None
    assert read(store, lambda tx: groups.by_name(tx, text)) is None
