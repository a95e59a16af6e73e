"""People as values: what tells them apart, what they may be called, what their groups make of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.people import (
    Group,
    Person,
    Role,
    effective_role,
    folded,
    group_problems,
    in_words,
    parted,
    password_problem,
    person_problems,
)


def person(**fields: object) -> Person:
    return Person(**({"number": 1, "email": "eva@example.org", "login": "eva"} | fields))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "other"),
    [("EVA", "eva"), ("É", "e\u0301"), ("Straße", "STRASSE"), ("\uff21da", "ada"), ("ﬁn", "FIN"), ("\u212a", "k")],
)
def test_names_that_look_alike_are_one(one: str, other: str) -> None:
    assert folded(one) == folded(other)


@given(st.text(max_size=40))
def test_what_is_folded_stays_so(text: str) -> None:
    assert folded(folded(text)) == folded(text)


@pytest.mark.parametrize(
    "email",
    [
        "e@x",
        "eva@example.org",
        "e.v+a@sub.example.co.uk",
        "ева@пример.рф",
        "o'neil@example.org",
        "x" * 64 + "@example.org",
    ],
)
def test_an_email_address_is_taken_as_people_have_them(email: str) -> None:
    assert person_problems(person(email=email)) == {}


@pytest.mark.parametrize(
    "email",
    ["", "@", "eva", "eva@", "@example.org", "e va@example.org", "eva@exa mple.org", "eva@.org", "eva@example.",
     "eva@a..b", "<eva@example.org>", "eva@example.org, bob@example.org", "x" * 65 + "@example.org", "e\n@example.org",
     "eva@bob@example.org", "eva@-" + "x" * 300, "\ud800@example.org"],
)  # fmt: skip
def test_what_is_no_email_address_is_none(email: str) -> None:
    assert list(person_problems(person(email=email))) == ["email"]


@pytest.mark.parametrize(
    ("login", "fine"),
    [("eva", True), ("Eva@Example.org", True), ("bob@example.org", False), ("", False), ("e v", False),
     ("x" * 86, False), ("e\tv", False), ("x" * 85, True), ("eva@", False)],
)  # fmt: skip
def test_a_login_never_names_somebody_else_by_their_email(login: str, fine: bool) -> None:
    assert (person_problems(person(login=login)) == {}) is fine


def test_a_person_is_called_by_name_or_by_the_beginning_of_the_email() -> None:
    assert person(first_name="Eva", last_name="Lindqvist").name == "Eva Lindqvist"
    assert person(last_name="Lindqvist").name == "Lindqvist"
    assert person().name == "eva"


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Jan de Vries", ("Jan de", "Vries")),
        ("Cher", ("Cher", "")),
        ("  Eva   Lindqvist ", ("Eva", "Lindqvist")),
        ("", ("", "")),
    ],
)
def test_the_last_word_of_a_name_is_the_last_name(name: str, parts: tuple[str, str]) -> None:
    assert parted(name) == parts


def test_a_group_makes_its_own_people_administrators_and_nobody_else() -> None:
    crown = Group(7, "Crown", roles=frozenset({"admin"}))
    assert effective_role(person(role=Role.ADMIN)) is Role.ADMIN
    assert effective_role(person(role=Role.STAFF), [crown]) is Role.STAFF
    assert effective_role(person(groups=frozenset({7})), [crown]) is Role.ADMIN
    assert effective_role(person(group_roles=frozenset({"admin"}))) is Role.ADMIN
    assert effective_role(person(group_roles=frozenset({"group_admin", "room_admin"}))) is Role.MEMBER


def test_a_group_has_a_name_and_roles_there_are() -> None:
    assert group_problems(Group(1, "Ops", roles=frozenset({"group_admin", "timetable_admin"}))) == {}
    assert sorted(group_problems(Group(1, "", roles=frozenset({"x"}), external="\n"))) == ["external", "name", "roles"]


@pytest.mark.parametrize(
    ("password", "fine"),
    [("123456789", False), ("1234567890", False), ("x" * 256, False), ("xy" * 128, False), ("xyzä" * 63 + "zäyx", True),
     ("xyzä" * 64 + "x", False), ("xyzä" * 64, False),
     ("Eva@example.org", False), ("correct horse", True), ("tab\tor two tabs", False)],
)  # fmt: skip
def test_a_password_is_long_enough_and_no_name(password: str, fine: bool) -> None:
    assert (password_problem(password, person()) is None) is fine


def test_words_stand_for_roles_and_accounts() -> None:
    assert in_words({"role": "staff", "phone": "1"}) == ({"role": Role.STAFF}, {})
    said, bad = in_words({"role": "king", "account": "inactive"})
    assert (set(said), set(bad)) == ({"account"}, {"role"})
