"""`lintel person`: files of people, sealing, erasing and telling what is held."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from server.cli import main


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    run(folder, "init", "--admin", "boss@example.org")
    return folder


def run(data: Path, *words: str, given: str | None = None, code: int = 0) -> Result:
    done = CliRunner().invoke(main, [*words, "--data", str(data)], input=given)
    assert done.exit_code == code, done.output
    return done


def test_people_come_and_go_by_files(data: Path) -> None:
    file = "email,name,role\nboss@example.org,The Boss,admin\nmaria@example.org,Maria Klein,\njan@example.org,Jan,\n"
    done = run(data, "person", "import", "-", given=file)
    assert done.stderr.strip() == "2 new, 1 there already; 0 rows are bad"
    told = json.loads(run(data, "person", "sync", "-", "--preview", "--most-leave", "3", "--json", given=file).stdout)
    assert {row["what"] for row in told} <= {"same", "update"}
    left = file.rpartition("jan")[0]
    refused = run(data, "person", "sync", "-", given=left, code=1)
    assert "1 of 3 people are not in the file; nothing was changed. If that is right: --most-leave 1" in refused.stderr
    run(data, "person", "sync", "-", "--most-leave", "1", given=left)
    assert "jan@example.org,jan@example.org,,member,,en,,,,,inactive" in run(data, "person", "export-all").stdout


def test_a_bad_row_is_told_with_its_line_and_nothing_is_changed(data: Path) -> None:
    done = run(data, "person", "import", "-", given="email,role\na@example.org,\nb@example.org,king\n", code=1)
    assert "3     b@example.org  bad   role: one of admin, staff, member" in done.stdout
    assert done.stderr == "Nothing was changed: 1 row is bad. With --partial: 1 new\n"
    done = run(
        data, "person", "import", "-", "--partial", given="email,role\na@example.org,\nb@example.org,king\n", code=1
    )
    assert done.stderr.strip() == "1 new; 1 row is bad"
    run(data, "person", "import", "-", given="name\nx\n", code=2)


def test_the_sealed_accounts_password_is_told_once(data: Path) -> None:
    secret = run(data, "person", "seal", "boss@example.org").stdout
    assert len(secret.strip()) == 24
    run(data, "person", "add", "maria@example.org", "--name", "Maria Klein")
    assert "not_an_admin" in run(data, "person", "seal", "maria@example.org", code=1).stderr


def test_the_doctor_asks_for_a_sealed_account_where_local_passwords_are_off(data: Path) -> None:
    lines = '[auth]\nlocal = "off"\n[oidc]\nissuer = "https://login.example.org"\nclient_id = "lintel"\n'
    (data / "lintel.toml").write_text(lines, encoding="utf-8")
    assert "auth.sealed" in run(data, "doctor", code=1).stderr
    run(data, "person", "seal", "boss@example.org")
    run(data, "doctor")


def test_somebody_is_told_what_is_held_and_erased(data: Path) -> None:
    run(data, "person", "add", "maria@example.org", "--name", "Maria Klein")
    told = json.loads(run(data, "person", "export", "maria@example.org").stdout)
    assert told["person"]["last_name"] == "Klein"
    done = json.loads(run(data, "person", "erase", "maria@example.org", "--json").stdout)
    assert done[0]["cancelled"] == 0
    run(data, "person", "erase", "maria@example.org", code=1)
    assert "last_admin" in run(data, "person", "erase", "boss@example.org", code=1).stderr
