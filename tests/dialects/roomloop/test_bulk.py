"""Files of accounts: all or nothing or the good rows, and out and in again without a change."""

import io

import pytest
from werkzeug.test import TestResponse

from server.core.access import CLI
from server.core.people import Person
from server.dialects.roomloop import bulk
from tests.dialects.roomloop.door import Door

HEADER = "name,email,department,role\n"


def send(door: Door, text: str | bytes, query: str = "", by: str = "ada", name: str = "file") -> TestResponse:
    data = text.encode() if isinstance(text, str) else text
    return door.ask("POST", f"/accounts/bulk{query}", by, data={name: (io.BytesIO(data), "teachers.csv")})


def emails(door: Door) -> list[str]:
    return [it["email"] for it in door.get("/accounts")["data"]]


def test_a_file_makes_changes_and_leaves_alone(any_door: Door) -> None:
    door = any_door
    text = HEADER + (
        "Zoë van Berg,zoe@example.org,Music,teacher\nAlice Nobody,ALICE@example.org,Science,\n"
        "Robert Nobody,bob@example.org,,Staff\n"
    )
    answer = send(door, text)
    assert (answer.status_code, answer.json) == (200, {
        "mode": "all", "created": 1, "updated": 1, "unchanged": 1, "failed": 0, "rows": [
            {"line": 2, "email": "zoe@example.org", "result": "created", "errors": []},
            {"line": 3, "email": "ALICE@example.org", "result": "unchanged", "errors": []},
            {"line": 4, "email": "bob@example.org", "result": "updated", "errors": []},
        ],
    })  # fmt: skip
    found = {it["email"]: it for it in door.get("/accounts")["data"]}
    assert (found["zoe@example.org"]["name"], found["zoe@example.org"]["department"]) == ("Zoë van Berg", "Music")
    assert (found["bob@example.org"]["role"], found["bob@example.org"]["department"]) == ("staff", "Arts")


BAD = HEADER + (
    "Zoe,zoe@example.org,,\nYan,nobody,,\nXim,xim@example.org,,head\nAda,ZOE@example.org,,\n,,Music,\na,b,c,d,e,f\n"
)


def test_a_file_with_bad_rows_changes_nothing_and_each_line_is_named(door: Door) -> None:
    before, answer = emails(door), send(door, BAD)
    assert answer.status_code == 400
    told = {it["path"]: it["message"] for it in answer.json["error"]["fields"]}
    assert told["file"] == "5 of 6 rows are bad; nothing was taken in"
    assert list(told)[1:] == ["line 3", "line 4", "line 5", "line 6", "line 7"]
    assert told["line 4"] == "role: one of admin, staff, teacher, member"
    assert told["line 5"] == "Duplicate email in CSV (line 2); Duplicate login in CSV (line 2)"
    assert emails(door) == before


def test_with_partial_the_good_rows_are_kept(any_door: Door) -> None:
    door, before = any_door, emails(any_door)
    told = send(door, BAD, "?mode=partial").json
    assert (told["mode"], told["created"], told["failed"]) == ("partial", 1, 5)
    assert [(row["line"], row["result"]) for row in told["rows"]][:2] == [(2, "created"), (3, "failed")]
    assert emails(door) == [*before, "zoe@example.org"]


def test_what_was_given_out_is_taken_in_again_and_changes_nothing(any_door: Door) -> None:
    door = any_door
    odd = (("=1+1", "x"), ("'=1", "+x"), ("Zoë", "van der — Berg"), ("", ""), ("A", 'say "hi", b;c'), ("x", "  @y "))
    for number, (first, last) in enumerate(odd):
        fresh = Person(0, f"odd{number}@example.org", "", first, last, department=last)
        door.house.engine.people.add(fresh, CLI)
    door.patch(f"/accounts/u{door.people['bob'].number}", {"status": "inactive"})
    answer = door.ask("GET", "/accounts/export")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="accounts.csv"'
    assert answer.data.startswith(b"name,email,department,role,status\nAda Nobody,ada@example.org,,admin,active\n")
    assert b"\n'=1+1 x,odd0@example.org," in answer.data
    before = [door.house.engine.people.find(it, CLI) for it in emails(door)]
    told = send(door, answer.data).json
    assert (told["unchanged"], told["updated"] + told["created"] + told["failed"]) == (10, 0)
    assert [door.house.engine.people.find(it, CLI) for it in emails(door)] == before
    assert door.ask("GET", "/accounts/export").data == answer.data


@pytest.mark.parametrize("text", [
    "\ufeffname;email;role\r\nZoe Berg;zoe@example.org;teacher\r\n", "email\tname\nzoe@example.org\tZoe Berg\n",
    'Email,"Name"\nzoe@example.org,"Zoe Berg"', "sep=;\r\nname;email\r\nZoe Berg;zoe@example.org\r\n",
])  # fmt: skip
def test_files_come_with_marks_semicolons_and_tabs(door: Door, text: str) -> None:
    assert send(door, text).json["created"] == 1
    assert door.get("/accounts")["data"][-1]["name"] == "Zoe Berg"


def test_what_is_no_file_of_accounts_is_refused(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    for text, name in ((b"", "file"), (b"email\n\xff", "file"), ("name\nZoe\n", "file"), (HEADER, "upload")):
        answer = send(door, text, name=name)
        assert (answer.status_code, answer.json["error"]["fields"][0]["path"]) == (400, "file")
    twice = [(io.BytesIO(HEADER.encode()), name) for name in ("a.csv", "b.csv")]
    assert door.ask("POST", "/accounts/bulk", data={"file": twice}).json["error"]["fields"][0]["path"] == "file"
    assert list(door.bad("POST", "/accounts/bulk", {"file": "email\n"})) == ["file"]
    assert list(door.bad("POST", "/accounts/bulk?mode=some")) == ["mode"]
    monkeypatch.setattr(bulk, "MOST_ROWS", 2)
    answer = send(door, HEADER + "".join(f"N,n{number}@example.org,,\n" for number in range(3)))
    assert answer.json["error"]["fields"] == [{"path": "file", "message": "has more than 2 rows"}]
    assert send(door, b"x" * (5 * 1024 * 1024 + 1)).status_code == 413


def test_files_that_would_leave_nobody_to_administer_are_refused(door: Door) -> None:
    answer = send(door, "email,role\nada@example.org,teacher\n")
    assert (answer.status_code, answer.json["error"]["fields"][0]["path"]) == (400, "role")


def test_files_are_for_admins(door: Door) -> None:
    for by in ("alice", "stan"):
        assert send(door, HEADER, by=by).status_code == 403
        assert door.refused("GET", "/accounts/export", 403, by=by)["capability"] == "accounts.read"
