"""Signing in: passwords against guesses, sessions that end by themselves, and keys that act as a person."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from argon2 import PasswordHasher

from server.core.access import CLI
from server.core.errors import Barred, Invalid, Later, Unknown, Unnamed
from server.core.people import Account, Person, Role
from server.engine.passwords import Passwords, Queue, generated, hasher
from tests.accounts import PASSWORD, add, quick, signed_in
from tests.make import NOW, House

HOME, STREET = "203.0.113.7", "198.51.100.9"


@pytest.fixture
def home(house: House) -> House:
    """Eva, a member, and Ada, who runs the house; both with the same password."""
    quick(house)
    add(house, "eva", password=PASSWORD)
    add(house, "ada", Role.ADMIN, password=PASSWORD)
    return house


@pytest.fixture
def one_home(sqlite_house: House) -> House:
    quick(sqlite_house)
    add(sqlite_house, "eva", password=PASSWORD)
    add(sqlite_house, "ada", Role.ADMIN, password=PASSWORD)
    return sqlite_house


def enter(house: House, login: str = "eva", password: str = PASSWORD, **more: str) -> tuple[Person, str]:
    return house.engine.sign_in.sign_in(login, password, **{"source": "console", "address": HOME} | more)


def wait(until: Callable[[], bool]) -> bool:
    """Gives other threads up to ten seconds."""
    end = time.monotonic() + 10
    while not until() and time.monotonic() < end:
        threading.Event().wait(0.01)
    return until()


def is_in(house: House, secret: str) -> bool:
    try:
        house.engine.sign_in.session(secret)
    except Unnamed:
        return False
    return True


def test_a_login_or_an_email_opens_with_the_password_in_any_case(home: House) -> None:
    for login in ("eva", "EVA", "Eva@Example.org"):
        person, secret = enter(home, login)
        assert person.login == "eva"
        assert home.engine.sign_in.session(secret).number == person.number
    assert home.engine.people.find("eva", CLI).seen_at == NOW


@pytest.mark.parametrize(
    ("login", "password"),
    [
        ("eva", "wrong horse battery"),
        ("eva", ""),
        ("eva", PASSWORD + " "),
        ("eva", PASSWORD.upper()),
        ("eva", "x" * 100_000),
        ("eva", "\ud800\0"),
        ("nobody", PASSWORD),
        ("", PASSWORD),
        ("\0\ud800", PASSWORD),
        ("bare", PASSWORD),
        ("shut", PASSWORD),
    ],
)
def test_what_is_wrong_is_not_said(one_home: House, login: str, password: str) -> None:
    add(one_home, "bare")
    shut = add(one_home, "shut", password=PASSWORD)
    one_home.engine.people.change(shut.number, CLI, account=Account.INACTIVE)
    with pytest.raises(Unnamed) as told:
        enter(one_home, login, password)
    assert not told.value.missing


def test_a_secret_is_new_at_every_sign_in_and_ends_the_old_one(home: House) -> None:
    _, first = enter(home)
    _, second = enter(home, old=first)
    assert first != second
    assert len(first) >= 43
    assert (is_in(home, first), is_in(home, second)) == (False, True)
    with home.store.reading() as tx:
        assert first not in str(tx.rows("SELECT * FROM session")) + str(tx.rows("SELECT * FROM change"))


def test_that_somebody_signs_in_makes_no_kept_answer_old(home: House) -> None:
    before = home.engine.rooms.stamp(home.oak.number)
    person, _ = enter(home)
    assert home.engine.rooms.stamp(home.oak.number) == before
    home.engine.people.change(person.number, CLI, department="Physics")
    assert home.engine.rooms.stamp(home.oak.number) != before


def test_whoever_runs_the_house_is_signed_out_after_half_an_hour_or_twelve(one_home: House) -> None:
    _, secret = enter(one_home, "ada")
    for _ in range(24):
        one_home.clock.forward(minutes=29)
        assert is_in(one_home, secret)
    one_home.clock.set(NOW + timedelta(hours=12) - timedelta(seconds=1))
    assert is_in(one_home, secret)
    one_home.clock.forward(seconds=1)
    assert not is_in(one_home, secret)
    _, secret = enter(one_home, "ada")
    assert one_home.engine.sign_in.until(secret) == one_home.clock.now() + timedelta(minutes=30)
    one_home.clock.forward(minutes=30)
    assert not is_in(one_home, secret)


def test_a_member_stays_signed_in_at_the_console_for_thirty_days_and_elsewhere_while_it_is_used(
    one_home: House,
) -> None:
    _, desk = enter(one_home)
    _, client = enter(one_home, source="librebooking")
    for _ in range(3):
        one_home.clock.forward(minutes=29, seconds=59)
        assert is_in(one_home, client)
    one_home.clock.forward(minutes=30)
    assert not is_in(one_home, client)
    one_home.clock.set(NOW + timedelta(days=30) - timedelta(seconds=1))
    assert is_in(one_home, desk)
    one_home.clock.forward(seconds=1)
    assert not is_in(one_home, desk)
    assert one_home.engine.sign_in.tidy() == 2


def test_who_becomes_an_administrator_keeps_an_administrators_hours(one_home: House) -> None:
    eva, secret = enter(one_home)
    one_home.engine.people.change(eva.number, CLI, role=Role.ADMIN)
    one_home.clock.forward(minutes=30)
    assert not is_in(one_home, secret)


def test_use_is_written_once_a_minute_and_known_to_another_process(home: House) -> None:
    _, secret = enter(home, "ada")
    for _ in range(3):
        home.clock.forward(minutes=20)
        assert is_in(home, secret)
    home.engine.sign_in.flush()
    other = home.engine.sign_in.used
    other.at.clear()  # as in a process that has seen nothing of it
    home.clock.forward(minutes=20)
    assert is_in(home, secret)


def test_people_see_and_end_their_own_sessions_and_nobody_elses(one_home: House) -> None:
    eva, first = enter(one_home, label="Phone")
    enter(one_home, label="Desk")
    me = one_home.engine.sign_in.actor(first, source="console")
    found = one_home.engine.sign_in.sessions(eva.number, me)
    assert {it.label for it in found} == {"Phone", "Desk"}
    ada = one_home.engine.people.find("ada", CLI)
    _, hers = enter(one_home, "ada")
    theirs = one_home.engine.sign_in.sessions(ada.number, CLI)[0]
    with pytest.raises(Unknown):
        one_home.engine.sign_in.end(eva.number, theirs.id, me)
    for act in (
        lambda: one_home.engine.sign_in.sessions(ada.number, me),
        lambda: one_home.engine.sign_in.end(ada.number, theirs.id, me),
        lambda: one_home.engine.sign_in.end_all(ada.number, me),
    ):
        with pytest.raises(Barred):
            act()
    assert one_home.engine.sign_in.end_all(eva.number, me, but=first) == 1
    assert (is_in(one_home, first), is_in(one_home, hers)) == (True, True)
    one_home.engine.sign_in.sign_out(first)
    one_home.engine.sign_in.sign_out(first)
    assert not is_in(one_home, first)


def test_one_person_has_only_so_many_sessions_and_the_oldest_go(one_home: House) -> None:
    eva = one_home.engine.people.find("eva", CLI)
    secrets = []
    for _ in range(52):
        secrets.append(one_home.engine.sign_in.open(eva.number, source="console")[1])
        one_home.clock.forward(seconds=1)
    assert [is_in(one_home, secret) for secret in secrets] == [False] * 2 + [True] * 50


def test_where_passwords_are_off_only_the_sealed_account_has_one_and_its_use_is_noted(one_home: House) -> None:
    object.__setattr__(one_home.engine.sign_in, "local", False)
    with pytest.raises(Unnamed):
        enter(one_home)
    ada = one_home.engine.people.find("ada", CLI)
    one_home.engine.people.change(ada.number, CLI, sealed=True)
    enter(one_home, "ada")
    with one_home.store.reading() as tx:
        assert tx.one("SELECT what, subject FROM change ORDER BY seq DESC") == ("break_glass", ada.number)


# passwords


@pytest.mark.parametrize("password", ["", "short 123", "x" * 257, "aaaaaaaaaaaa", "EVA@example.org", "a\nb" * 6])
def test_a_password_that_is_easy_to_guess_is_refused(one_home: House, password: str) -> None:
    eva = one_home.engine.people.find("eva", CLI)
    with pytest.raises(Invalid) as told:
        one_home.engine.credentials.set_password(eva.number, CLI, password)
    assert list(told.value.fields) == ["password"]
    enter(one_home)


def test_a_new_password_takes_the_old_one_and_ends_the_other_sessions(home: House) -> None:
    eva, here = enter(home)
    _, there = enter(home)
    me = home.engine.sign_in.actor(here, source="console")
    fresh = "a longer story"
    for wrong in (None, "", "wrong horse battery"):
        with pytest.raises(Invalid) as told:
            home.engine.credentials.set_password(eva.number, me, fresh, current=wrong)
        assert list(told.value.fields) == ["current"]
    home.engine.credentials.set_password(eva.number, me, fresh, current=PASSWORD, keep=here)
    assert (is_in(home, here), is_in(home, there)) == (True, False)
    enter(home, password=fresh)
    with pytest.raises(Unnamed):
        enter(home)


def test_whoever_borrows_a_session_cannot_guess_the_password_at_leisure(one_home: House) -> None:
    eva, here = enter(one_home)
    me = one_home.engine.sign_in.actor(here, source="console")
    for _ in range(5):
        with pytest.raises(Invalid):
            one_home.engine.credentials.set_password(eva.number, me, "a longer story", current="guess guess")
    with pytest.raises(Later):
        one_home.engine.credentials.set_password(eva.number, me, "a longer story", current=PASSWORD)


def test_a_password_is_one_however_it_is_typed(one_home: House) -> None:
    eva = one_home.engine.people.find("eva", CLI)
    one_home.engine.credentials.set_password(eva.number, CLI, "Zoë hat Bücher")
    enter(one_home, password="Zoe\u0308 hat Bu\u0308cher")


def test_a_generated_password_is_long_and_opens(one_home: House) -> None:
    eva = one_home.engine.people.find("eva", CLI)
    fresh = one_home.engine.credentials.generate_password(eva.number, CLI)
    assert len(fresh) == 20
    enter(one_home, password=fresh)
    assert len({generated() for _ in range(50)}) == 50
    with pytest.raises(Barred):
        one_home.engine.credentials.generate_password(eva.number, signed_in(one_home, eva))


def test_a_digest_of_other_parameters_is_renewed_at_the_next_sign_in(one_home: House) -> None:
    eva = one_home.engine.people.find("eva", CLI)
    later = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)
    object.__setattr__(one_home.engine.sign_in.passwords, "hasher", later)

    def kept() -> str:
        with one_home.store.reading() as tx:
            return str(tx.rows("SELECT password FROM person WHERE id = ?", (eva.number,))[0][0])

    before = kept()
    enter(one_home)
    assert before != kept()
    assert "m=16,t=2" in kept()
    enter(one_home)


def test_a_check_costs_what_it_should_and_the_same_for_nobody() -> None:
    passwords = Passwords(hasher())
    kept = passwords.digest(PASSWORD)
    assert kept.startswith("$argon2id$v=19$m=47104,t=3,p=1$")
    passwords.check(None, PASSWORD)
    spent = []
    for digest in (kept, None):
        begun = time.process_time()
        assert passwords.check(digest, PASSWORD) is (digest is not None)
        spent.append(time.process_time() - begun)
    assert spent[1] > spent[0] / 3


def test_two_are_checked_at_a_time_a_few_wait_and_who_comes_then_comes_again() -> None:
    queue, go, inside, refused = Queue(), threading.Event(), threading.Semaphore(0), []

    def check() -> None:
        try:
            with queue.turn():
                inside.release()
                go.wait(10)
        except Later as error:
            refused.append(error.retry_after)

    threads = [threading.Thread(target=check) for _ in range(5)]
    for thread in threads:
        thread.start()
    assert inside.acquire(timeout=10)
    assert inside.acquire(timeout=10)
    assert wait(lambda: queue.here == 5)
    assert not inside.acquire(timeout=0.05)
    with pytest.raises(Later), queue.turn():
        pass
    go.set()
    for thread in threads:
        thread.join()
    assert refused == []
    with queue.turn():
        assert queue.here == 1


@pytest.mark.race
def test_an_account_that_is_shut_while_somebody_signs_in_has_no_session_after_it(home: House) -> None:
    eva = home.engine.people.find("eva", CLI)
    secrets: list[str] = []

    def come() -> None:
        for _ in range(20):
            try:
                secrets.append(home.engine.sign_in.open(eva.number, source="console")[1])
            except Unnamed:
                break
        home.store.close()

    thread = threading.Thread(target=come)
    thread.start()
    home.engine.people.change(eva.number, CLI, account=Account.INACTIVE)
    thread.join()
    assert not any(is_in(home, secret) for secret in secrets)
    with home.store.reading() as tx:
        assert tx.rows("SELECT 1 FROM session") == []
