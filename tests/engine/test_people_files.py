"""Files of people: taken in whole or in part, followed as the truth, and given out again."""

import pytest

from server.core.access import CLI
from server.core.clock import monotonic
from server.core.errors import Barred, Invalid, Refused, Unnamed
from server.core.people import Account, Group, Person, Role
from server.engine.people_rows import CREATE, LEAVE, SAME, SKIP, UPDATE
from server.store import changes
from tests.accounts import QUICK
from tests.make import House, codes

HEADER = "email,firstName,lastName,department,role,groups,language,zone,status\n"
MARIA = "maria@example.org,Maria,Klein,Sales,staff,Blue,de,Europe/Berlin,active\n"
JAN = "jan@example.org,Jan,de Vries,Sales,,,nl,,\n"


def take(house: House, text: str, **how: object):  # type: ignore[no-untyped-def]
    return house.engine.people_files.take(text.encode(), CLI, **how)  # type: ignore[arg-type]


def sync(house: House, text: str, **how: object):  # type: ignore[no-untyped-def]
    return house.engine.people_files.sync(text.encode(), CLI, **how)  # type: ignore[arg-type]


def email(house: House, text: str) -> Person:
    return house.engine.people.find(text, CLI)


def boss(house: House) -> Person:
    return house.engine.people.add(Person(0, "boss@example.org", "", role=Role.ADMIN), CLI)


def test_people_are_taken_from_a_file(house: House) -> None:
    blue = house.engine.groups.add(Group(0, "Blue"), CLI)
    every = house.engine.groups.add(Group(0, "Everybody", automatic=True), CLI)
    done = take(house, HEADER + MARIA + JAN)
    assert done.written
    assert done.count(CREATE) == 2
    maria = email(house, "maria@example.org")
    assert (maria.name, maria.role, maria.language, maria.zone) == ("Maria Klein", Role.STAFF, "de", "Europe/Berlin")
    assert maria.groups == {blue.number, every.number}
    assert email(house, "jan@example.org").groups == {every.number}
    assert house.store.writing(lambda tx: tx.rows("SELECT password FROM person")) == [(None,), (None,)]


def test_known_people_are_left_alone_unless_they_are_to_be_changed(house: House) -> None:
    take(house, "Email;Name\nmaria@example.org;Maria Klein\n")
    again = "EMAIL\tname\tdepartment\nMaria@Example.org\tMia Klein\t\njan@example.org\tJan\tSales\n"
    assert [row.action for row in take(house, again).rows] == [SKIP, CREATE]
    assert email(house, "maria@example.org").name == "Maria Klein"
    assert [row.action for row in take(house, again, update=True).rows] == [UPDATE, SAME]
    assert email(house, "maria@example.org").name == "Mia Klein"
    assert email(house, "maria@example.org").email == "maria@example.org"


def test_one_bad_row_refuses_the_file_unless_the_good_ones_are_wanted(house: House) -> None:
    text = (
        HEADER
        + MARIA.replace("Blue", "")
        + "nobody,N,N,,,,,,\n"
        + JAN.replace("nl", "xx")
        + "a@b.example,,,,king,,,,\n"
    )
    done = take(house, text)
    assert not done.written
    assert [(row.line, bool(row.errors)) for row in done.rows] == [(2, False), (3, True), (4, True), (5, True)]
    assert done.rows[3].errors == ("role: one of admin, staff, member",)
    with pytest.raises(Exception, match="maria"):
        email(house, "maria@example.org")
    assert take(house, text, partial=True).written
    assert email(house, "maria@example.org").role is Role.STAFF


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (MARIA.replace("Blue", "Red"), "Unknown group Red"),
        ("maria@example.org\nMARIA@example.org\n", "Duplicate email in CSV (line 2)"),
        (",x\n", "Email is required"),
        ("a@b.example,1,2,3,4,5,6,7,8,9,10\n", "More cells than columns"),
        ("a@b.example," + "x" * 101 + "\n", "first_name: too long (max 100 characters)"),
        ("a@b.example,,,,,,,Mars/Base,\n", "zone: not a known time zone"),
        ("a@b.example,,,,,,,,gone\n", "status: one of active, awaiting, inactive"),
    ],
)
def test_what_is_wrong_with_a_row_is_said(sqlite_house: House, rows: str, said: str) -> None:
    done = take(sqlite_house, HEADER + rows, preview=True)
    assert said in done.rows[-1].errors


def test_a_login_that_is_somebody_elses_is_refused(sqlite_house: House) -> None:
    take(sqlite_house, "email,login\nmaria@example.org,mk\n")
    assert take(sqlite_house, "email,login\njan@example.org,MK\n").rows[0].errors == ("Login is taken",)
    twice = take(sqlite_house, "email,login\njan@example.org,x\nann@example.org,X\n").rows
    assert twice[1].errors == ("Duplicate login in CSV (line 2)",)


def test_a_preview_changes_nothing(house: House) -> None:
    done = take(house, HEADER + JAN, preview=True)
    assert (done.written, done.count(CREATE)) == (False, 1)
    assert list(house.engine.people.all(CLI)) == []


def test_groups_of_a_row_are_the_whole_set_and_are_made_where_that_was_asked(house: House) -> None:
    assert take(house, "email,groups\nann@example.org,Red;Blue\n").bad == 1
    take(house, "email,groups\nann@example.org,Red;Blue\n", make_groups=True)
    take(house, "email,groups\nann@example.org,red|Green\n", update=True, make_groups=True)
    names = {it.number: it.name for it, _ in house.engine.groups.all(CLI)}
    assert {names[number] for number in email(house, "ann@example.org").groups} == {"Red", "Green"}


def test_what_is_given_out_is_taken_in_again_the_same(house: House) -> None:
    house.engine.groups.add(Group(0, "Blue"), CLI)
    take(house, HEADER + MARIA + JAN + "'=x@example.org,=1+1,'@b,,,,,,\n")
    text = house.engine.people_files.export(CLI)
    assert "=1+1" not in text.replace("'=1+1", "")
    done = take(house, text, update=True)
    assert {row.action for row in done.rows} == {SAME}


def test_a_file_may_call_the_roles_otherwise_and_say_names_in_one(house: House) -> None:
    roles = {"boss": Role.ADMIN, "helper": Role.STAFF, "teacher": Role.MEMBER, "member": Role.MEMBER}
    rows = "ann@example.org,Ann van Berg,Teacher,Bio\nbo@example.org,Bo,boss,\ncy@example.org,,member,\n"
    assert take(house, "email,name,role,department\n" + rows, roles=roles).written
    assert take(house, "email,role\ndi@example.org,admin\n", roles=roles).rows[0].errors == (
        "role: one of boss, helper, teacher, member",
    )
    house.engine.people.change(email(house, "ann@example.org").number, CLI, first_name="Ann", last_name="van Berg")
    text = house.engine.people_files.export(CLI, columns=("name", "email", "role", "department"), roles=roles)
    assert text.splitlines()[1:] == [
        "Ann van Berg,ann@example.org,teacher,Bio", "Bo,bo@example.org,boss,", ",cy@example.org,teacher,",
    ]  # fmt: skip
    done = take(house, text, update=True, roles=roles)
    assert {row.action for row in done.rows} == {SAME}
    assert email(house, "ann@example.org").last_name == "van Berg"


def test_whatever_stands_in_a_cell_comes_back_as_it_was(house: House) -> None:
    odd = ("'=1", "''=1", "=1", "'x", "''", "+49", " Bio ", 'say "hi"; a,b', "—é漢")
    for number, text in enumerate(odd):
        house.engine.people.add(Person(0, f"p{number}@example.org", "", department=text, position=text), CLI)
    done = take(house, house.engine.people_files.export(CLI), update=True)
    assert {row.action for row in done.rows} == {SAME}


def test_a_file_that_was_taken_in_is_told_beside_its_people(house: House) -> None:
    take(house, "email,role\nann@example.org,\nbo@example.org,admin\n")
    take(house, "email,phone\nann@example.org,1\n", update=True)
    take(house, "email,phone\nann@example.org,1\n", update=True)
    with house.store.reading() as tx:
        told = [it for it in changes.since(tx, 0, 1000) if it.what == "people_imported"]
    assert [dict(it.after) for it in told] == [
        {"created": 2, "updated": 0, "left": 0}, {"created": 0, "updated": 1, "left": 0},
    ]  # fmt: skip


def test_a_file_must_say_who_its_rows_are_about(sqlite_house: House) -> None:
    with pytest.raises(Invalid, match="needs the column email"):
        take(sqlite_house, "name,role\nMaria,admin\n")
    with pytest.raises(Invalid, match="UTF-8"):
        sqlite_house.engine.people_files.take(b"email\n\xff", CLI)


def test_only_administrators_take_and_give_files(sqlite_house: House) -> None:
    for act in (sqlite_house.engine.people_files.take, sqlite_house.engine.people_files.sync):
        with pytest.raises(Barred):
            act(HEADER.encode(), sqlite_house.alice)
    with pytest.raises(Barred):
        sqlite_house.engine.people_files.export(sqlite_house.alice)


def test_a_file_never_takes_the_last_administrator_away(house: House) -> None:
    boss(house)
    for text in ("email,role\nboss@example.org,member\n", "email,status\nboss@example.org,inactive\n"):
        with pytest.raises(Refused) as refused:
            take(house, text, update=True)
        assert codes(refused.value) == ["last_admin"]
    with pytest.raises(Refused) as refused:
        sync(house, "email\nmaria@example.org\n", most_leave=5)
    assert codes(refused.value) == ["last_admin"]
    assert email(house, "boss@example.org").role is Role.ADMIN


def test_following_a_file_adds_changes_and_deactivates(house: House) -> None:
    boss(house)
    object.__setattr__(house.engine.credentials.passwords, "hasher", QUICK)
    gone = house.engine.people.add(Person(0, "gone@example.org", ""), CLI, password="a long sentence")
    _, secret = house.engine.sign_in.sign_in("gone@example.org", "a long sentence", source="console", address="::1")
    key = house.engine.api_keys.create(gone.number, "roomloop", CLI).secret
    house.engine.credentials.add_badge(gone.number, CLI, "0123456789")
    take(house, "email,name\n" + "".join(f"p{n}@example.org,P {n}\n" for n in range(8)))
    file = "email,name,department\nboss@example.org,The Boss,Top\nnew@example.org,New One,\n"
    file += "".join(f"p{n}@example.org,P {n},\n" for n in range(8))
    done = sync(house, file)
    assert {action: done.count(action) for action in (CREATE, UPDATE, SAME, LEAVE)} == {
        CREATE: 1, UPDATE: 1, SAME: 8, LEAVE: 1,
    }  # fmt: skip
    assert email(house, "gone@example.org").account is Account.INACTIVE
    for opened in (
        lambda: house.engine.sign_in.session(secret),
        lambda: house.engine.api_keys.by_roomloop(key),
        lambda: house.engine.credentials.by_badge("0123456789", door="oak"),
    ):
        with pytest.raises(Unnamed):
            opened()
    assert [row.action for row in sync(house, file).rows] == [SAME] * 10
    assert email(house, "boss@example.org").department == "Top"


def test_a_file_by_which_too_many_would_leave_is_refused(house: House) -> None:
    boss(house)
    take(house, "email\n" + "".join(f"p{n}@example.org\n" for n in range(9)))
    most = "email\nboss@example.org\n" + "".join(f"p{n}@example.org\n" for n in range(6))
    with pytest.raises(Refused) as refused:
        sync(house, most)
    assert refused.value.objections[0].numbers == {"leave": 3, "of": 10, "most": 2}
    assert sync(house, most, preview=True).count(LEAVE) == 3
    assert sync(house, most, most_leave=3).count(LEAVE) == 3
    with pytest.raises(Refused):
        sync(house, "email\n")
    said = most.replace("\n", ",\n").replace("email,", "email,status", 1)
    for n in range(3):
        said = said.replace(f"p{n}@example.org,", f"p{n}@example.org,inactive")
    with pytest.raises(Refused) as refused:
        sync(house, said)
    assert refused.value.objections[0].numbers == {"leave": 3, "of": 7, "most": 1}


def test_a_bad_row_refuses_the_whole_truth(house: House) -> None:
    boss(house)
    take(house, "email\n" + "".join(f"p{n}@example.org\n" for n in range(9)))
    bad = "email,role\nboss@example.org,\n" + "".join(
        f"p{n}@example.org,{'king' if n == 3 else ''}\n" for n in range(9)
    )
    done = sync(house, bad)
    assert (done.written, done.bad, done.count(LEAVE)) == (False, 1, 0)


def test_who_is_inactive_or_sealed_is_left_alone_by_the_file(house: House) -> None:
    chief = boss(house)
    house.engine.sealing.seal(chief.number, CLI)
    take(house, "email,status\nmaria@example.org,\njan@example.org,inactive\n")
    sync(house, "email\nmaria@example.org\njan@example.org\n")
    assert email(house, "boss@example.org").account is Account.ACTIVE
    assert email(house, "jan@example.org").account is Account.INACTIVE


def test_memberships_by_hand_stay_where_the_file_says_others(house: House) -> None:
    boss(house)
    red, blue = (house.engine.groups.add(Group(0, name), CLI) for name in ("Red", "Blue"))
    hand = house.engine.groups.add(Group(0, "By hand"), CLI)
    file = "email,groups\nboss@example.org,\nmaria@example.org,"
    sync(house, file + "Red\n")
    maria = email(house, "maria@example.org")
    house.engine.groups.move(hand.number, CLI, add=[maria.number])
    sync(house, file + "Blue\n")
    assert email(house, "maria@example.org").groups == {blue.number, hand.number}
    assert red.number not in email(house, "maria@example.org").groups


def test_who_was_changed_meanwhile_is_not_overwritten(house: House) -> None:
    take(house, "email,name\nmaria@example.org,Maria Klein\n")
    rows = take(house, "email,name\nmaria@example.org,Mia Klein\n", update=True, preview=True).rows
    house.engine.people.change(email(house, "maria@example.org").number, CLI, last_name="Gross")
    with pytest.raises(Refused) as refused:
        house.store.writing(lambda tx: house.engine.people_files._write(tx, rows, CLI, lambda done, of: None))
    assert codes(refused.value) == ["changed_meanwhile"]
    assert email(house, "maria@example.org").name == "Maria Gross"


@pytest.mark.heavy
def test_twenty_thousand_people_are_taken_within_a_minute(house: House) -> None:
    rows = "".join(f"p{n}@example.org,First{n} Last{n},Team {n % 50}\n" for n in range(20_000))
    begun = monotonic()
    assert take(house, "email,name,groups\n" + rows, make_groups=True).count(CREATE) == 20_000
    assert monotonic() - begun < 60
    assert sync(house, "email,name,groups\n" + rows).count(SAME) == 20_000
