"""`lintel room`, `token` and `device`: what they do, and that odd input is a usage error and changes nothing."""

import json
from pathlib import Path
from threading import Thread

import pytest
from click.testing import CliRunner, Result

from server import compose
from server.cli import main
from server.cli.setup import show
from server.core.access import CLI
from server.core.errors import Unnamed
from server.engine import Engine
from server.settings import load


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with Oak."""
    folder = tmp_path / "data"
    assert lintel(folder, "init").exit_code == 0
    assert lintel(folder, "room", "add", "oak", "--name", "Oak", "--zone", "Europe/Berlin").exit_code == 0
    return folder


def lintel(data: Path, *words: str) -> Result:
    return CliRunner().invoke(main, [*words, "--data", str(data)])


def engine(data: Path) -> Engine:
    return compose.engine(load(data, environment={}).settings)


def usage(done: Result) -> str:
    """The last line of a usage error."""
    assert done.exit_code == 2, done.output
    assert isinstance(done.exception, SystemExit)
    return done.stderr.splitlines()[-1]


def test_what_is_given_of_a_room_is_changed_and_the_rest_stays(data: Path) -> None:
    told = lintel(data, "room", "change", "oak", "--check-in", "--gap-minutes", "10", "--hours", "mon-fri 08:00-18:00")
    assert told.exit_code == 0
    assert lintel(data, "room", "change", "oak", "--capacity", "9").exit_code == 0
    room = engine(data).rooms.get("oak", CLI)
    assert (room.name, room.capacity, room.policy.check_in, room.policy.gap_minutes) == ("Oak", 9, True, 10)
    assert [(it.opens, it.closes) for it in room.policy.opening] == [(480, 1080)]
    assert json.loads(lintel(data, "room", "list", "--json").stdout)[0]["capacity"] == 9


def test_two_changes_at_once_both_last(data: Path) -> None:
    it = engine(data)
    rules = [{"gap_minutes": 5}, {"check_in": True}, {"horizon_days": 90}, {"min_minutes": 15}]
    threads = [Thread(target=it.rooms.change, args=("oak", CLI), kwargs={"rules": rule}) for rule in rules]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    policy = it.rooms.get("oak", CLI).policy
    assert (policy.gap_minutes, policy.check_in, policy.horizon_days, policy.min_minutes) == (5, True, 90, 15)


@pytest.mark.parametrize(
    "words",
    [
        ("--capacity", "-1"), ("--capacity", "99999999999999999999"), ("--gap-minutes", "-5"), ("--zone", "Mars/Base"),
        ("--hours", "mon 18:00-08:00"), ("--hours", "never"), ("--series-most", "0"), ("--min-minutes", "99999999999"),
    ],
)  # fmt: skip
def test_what_a_room_cannot_be_is_refused(data: Path, words: tuple[str, ...]) -> None:
    before = engine(data).rooms.get("oak", CLI)
    assert usage(lintel(data, "room", "change", "oak", *words)).startswith("Error: ")
    assert engine(data).rooms.get("oak", CLI) == before


def test_a_room_is_closed_and_opened_again(data: Path) -> None:
    shut = lintel(data, "room", "close", "oak", "--from", "2030-01-01T09:00+01:00", "--to", "2030-01-02T09:00+01:00")
    assert shut.exit_code == 0
    assert lintel(data, "room", "reopen", shut.stdout.strip()).exit_code == 0
    again = lintel(data, "room", "reopen", shut.stdout.strip())
    assert (again.exit_code, again.stderr) == (1, f"Error: no closure '{shut.stdout.strip()}'\n")


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "2030-01-01T09:00", "x"])
def test_an_instant_that_cannot_be_is_a_usage_error(data: Path, moment: str) -> None:
    done = lintel(data, "room", "close", "oak", "--from", moment, "--to", "2030-01-02T09:00+01:00")
    assert usage(done) == "Error: give an instant with its offset, such as 2026-11-20T09:00+01:00"


@pytest.mark.parametrize("words", [("room", "reopen"), ("device", "revoke")])
def test_a_number_that_no_database_gives_is_a_usage_error(data: Path, words: tuple[str, str]) -> None:
    for number in ("0", "99999999999999999999", "x"):
        assert "Invalid value" in usage(lintel(data, *words, number))


def test_a_token_opens_until_it_is_revoked(data: Path) -> None:
    secret = lintel(data, "token", "create", "--name", "Screen", "--scope", "read", "--room", "oak").stdout.strip()
    it = engine(data)
    actor = it.tokens.actor(secret)
    assert (actor.scope, actor.rooms) == ("read", frozenset({it.rooms.get("oak", CLI).number}))
    listed = json.loads(lintel(data, "token", "list", "--json").stdout)
    row = next(row for row in listed if row["name"] == "Screen")
    assert secret not in json.dumps(listed)
    assert lintel(data, "token", "revoke", row["id"]).exit_code == 0
    with pytest.raises(Unnamed):
        it.tokens.actor(secret)


@pytest.mark.parametrize(
    ("text", "expires"),
    [
        ("2037-01-31", "2037-01-31T23:59:59+00:00"),
        ("20370131", "2037-01-31T23:59:59+00:00"),
        ("2037-01-31T10:00", "2037-01-31T10:00:00+00:00"),
        ("2037-01-31T10:00+02:00", "2037-01-31T08:00:00+00:00"),
    ],
)
def test_a_token_expires_when_it_is_said(data: Path, text: str, expires: str) -> None:
    assert lintel(data, "token", "create", "--name", "Screen", "--expires", text).exit_code == 0
    listed = json.loads(lintel(data, "token", "list", "--json").stdout)
    assert next(row for row in listed if row["name"] == "Screen")["expires"] == expires


@pytest.mark.parametrize(
    "text",
    ["", "soon", "9999999999", "2026-13-45", "2020-01-01", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00+14:00"],
)
def test_an_end_that_cannot_be_makes_no_token(data: Path, text: str) -> None:
    before = lintel(data, "token", "list", "--json").stdout
    assert "expires" in usage(lintel(data, "token", "create", "--name", "Screen", "--expires", text))
    assert lintel(data, "token", "list", "--json").stdout == before


def test_a_device_is_added_listed_and_revoked(data: Path) -> None:
    secret = lintel(data, "device", "add", "Panel at Oak", "--room", "oak").stdout.strip()
    row = json.loads(lintel(data, "device", "list", "--json").stdout)[0]
    assert (row["name"], row["rooms"], row["revoked"]) == ("Panel at Oak", "oak", None)
    assert secret.startswith(row["prefix"])
    assert lintel(data, "device", "revoke", str(row["id"])).exit_code == 0
    with pytest.raises(Unnamed):
        engine(data).devices.actor(secret)
    nowhere = lintel(data, "device", "add", "Panel", "--room", "nowhere")
    assert (nowhere.exit_code, nowhere.stderr) == (1, "Error: no room 'nowhere'\n")


def test_a_refusal_says_what_is_in_the_way(data: Path) -> None:
    assert lintel(data, "room", "add", "oak", "--name", "Oak").stderr == (
        "Error: there is a room with this id already: oak (slug_taken)\n"
    )
    times = ("--from", "2036-12-24T10:00+00:00", "--to", "2036-12-24T11:00+00:00", "--reason", "x")
    assert lintel(data, "room", "close", "oak", *times).exit_code == 0
    again = lintel(data, "room", "close", "oak", *times)
    assert (again.exit_code, again.stderr) == (
        1,
        "Error: oak is taken from 2036-12-24T10:00Z to 2036-12-24T11:00Z by a closure (clash)\n",
    )


def test_a_table_is_aligned_and_steers_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    show([{"name": "a\x1b[31m\nb", "on": True, "more": "p"}, {"name": "部屋", "on": False, "more": "q"}], False)
    lines = capsys.readouterr().out.splitlines()
    assert lines == ["name      on   more", "a [31m b  yes  p", "部屋      no   q"]
    show([{"name": "x" * 500, "on": None}], False)
    assert capsys.readouterr().out.splitlines()[1] == "x" * 79 + "…"


def test_who_may_book_is_any_unless_said_and_a_secret_is_made_when_asked_for_only(data: Path) -> None:
    def roles() -> str:
        return next(line for line in lintel(data, "policy", "show", "oak").stdout.splitlines() if line[:5] == "roles")

    assert roles().split() == ["roles", "any", "default"]
    assert lintel(data, "policy", "set", "oak", "roles=staff", "groups=any").exit_code == 0
    assert roles().split() == ["roles", "staff", "room", "oak"]
    assert lintel(data, "policy", "set", "oak", "roles=any").exit_code == 0
    assert roles().split() == ["roles", "any", "room", "oak"]
    assert "--rotate" in usage(lintel(data, "room", "feed", "oak"))
    assert lintel(data, "room", "feed", "oak", "--enable").stdout.startswith("rvxf_")


def test_a_field_of_the_house_is_called_by_its_name(data: Path) -> None:
    words = ("attribute", "add", "Floor cover", "--for", "room", "--kind", "select", "--choice", "wood")
    assert lintel(data, *words).exit_code == 0
    refused = lintel(data, "room", "change", "oak", "--attribute", "floor cover=stone")
    assert usage(refused) == "Error: Floor cover: not one of the choices"


def test_a_combined_room_is_in_the_zone_of_its_parts(data: Path) -> None:
    assert lintel(data, "room", "add", "hall", "--part", "oak").exit_code == 0
    assert engine(data).rooms.get("hall", CLI).zone == "Europe/Berlin"
