"""`lintel person`, `group`, `key` and what `init` makes of an administrator: what they do and what they refuse."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from server import compose
from server.cli import main
from server.core.access import CLI
from server.core.errors import Unknown, Unnamed
from server.engine import Engine, passwords
from server.settings import load
from tests.accounts import PASSWORD, QUICK


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with Ada, who runs the house."""
    folder = tmp_path / "data"
    assert lintel(folder, "init").exit_code == 0
    done(folder, "person", "add", "ada@example.org", "--name", "Ada King", "--role", "admin")
    return folder


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords that take no time."""
    monkeypatch.setattr(passwords, "hasher", lambda: QUICK)


def lintel(data: Path, *words: str, typed: str = "") -> Result:
    return CliRunner().invoke(main, [*words, "--data", str(data)], input=typed)


def done(data: Path, *words: str, typed: str = "") -> str:
    """What a command that must do its work prints."""
    told = lintel(data, *words, typed=typed)
    assert told.exit_code == 0, told.output
    return told.stdout.strip()


def listed(data: Path, *words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(done(data, *words, "--json"))
    return found


def engine(data: Path) -> Engine:
    return compose.engine(load(data, environment={}).settings)


def everything(data: Path) -> list[Any]:
    """All that the commands here can change."""
    it = engine(data)
    found = [list(it.people.all(CLI)), it.groups.all(CLI), it.api_keys.all(CLI), it.tokens.all(CLI)]
    it.store.close()
    return found


def enters(data: Path, login: str, password: str) -> bool:
    try:
        engine(data).sign_in.sign_in(login, password, source="console", address="10.0.0.1")
    except Unnamed:
        return False
    return True


def test_init_makes_an_administrator_and_prints_the_password_alone(tmp_path: Path) -> None:
    folder = tmp_path / "fresh"
    told = lintel(folder, "init", "--admin", "ada@example.org")
    assert told.exit_code == 0
    (password,) = told.stdout.splitlines()
    assert enters(folder, "ada@example.org", password)
    (ada,) = listed(folder, "person", "list")
    assert (ada["email"], ada["role"], ada["status"]) == ("ada@example.org", "admin", "active")
    again = lintel(folder, "init", "--admin", "eve@example.org")
    assert again.exit_code == 1
    assert len(listed(folder, "person", "list")) == 1
    assert lintel(tmp_path / "other", "init", "--admin", "nobody").exit_code == 2


def test_init_without_an_administrator_prints_a_token_alone(tmp_path: Path) -> None:
    (token,) = lintel(tmp_path / "fresh", "init").stdout.splitlines()
    assert engine(tmp_path / "fresh").tokens.actor(token).scope == "admin"


def test_a_person_is_added_changed_and_shown(data: Path) -> None:
    number = done(
        data, "person", "add", "eva@example.org", "--name", "Eva Maria Lindqvist", "--login", "eva", "--password-stdin",
        "--department", "Sales", "--language", "de", "--zone", "Europe/Berlin", "--phone", "42", typed=PASSWORD + "\n",
    )  # fmt: skip
    (eva,) = listed(data, "person", "show", "eva")
    assert (eva["number"], eva["name"], eva["role"]) == (int(number), "Eva Maria Lindqvist", "member")
    assert done(data, "person", "change", number, "--position", "Lead", "--email", "eva@example.com") == "2"
    (now,) = listed(data, "person", "show", "EVA@example.com")
    assert now == eva | {"email": "eva@example.com", "position": "Lead", "version": 2}
    assert "Eva Maria Lindqvist" in done(data, "person", "show", "eva")
    assert enters(data, "eva", PASSWORD)
    assert done(data, "person", "change", "eva", "--position", "Lead") == "2"


def test_a_list_is_narrowed(data: Path) -> None:
    done(data, "group", "add", "Team")
    for name in ("eva", "bob"):
        done(data, "person", "add", f"{name}@example.org", "--department", "Ops", "--group", "team")
    done(data, "person", "deactivate", "bob@example.org")

    def emails(*words: str) -> list[str]:
        return [it["email"].partition("@")[0] for it in listed(data, "person", "list", *words)]

    assert emails() == ["ada", "eva", "bob"]
    assert emails("--contains", "EVA") == ["eva"]
    assert emails("--role", "admin") == ["ada"]
    assert emails("--status", "inactive") == ["bob"]
    assert emails("--department", "Ops") == emails("--group", "Team") == ["eva", "bob"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("person", "add", "eva"), 2),
        (("person", "add", "eva@example.org", "--zone", "Mars"), 2),
        (("person", "add", "eva@example.org", "--role", "king"), 2),
        (("person", "add", "eva@example.org", "--attribute", "Size=L"), 2),
        (("person", "add", "eva@example.org", "--password-stdin"), 2),
        (("person", "add", "ADA@example.org"), 1),
        (("person", "add", "eva@example.org", "--group", "Nobody"), 1),
        (("person", "change", "nobody"), 1),
        (("person", "change", "ada@example.org", "--role", "member"), 1),
        (("person", "deactivate", "ada@example.org"), 1),
        (("person", "password", "ada@example.org"), 2),
        (("person", "password", "ada@example.org", "--generate", "--password-stdin"), 2),
        (("person", "pin", "ada@example.org"), 2),
        (("person", "badge", "ada@example.org", "--add", "1"), 2),
        (("person", "badge", "ada@example.org", "--remove", "x"), 1),
        (("person", "credits", "ada@example.org", "--add", "nan"), 2),
        (("person", "credits", "ada@example.org", "--set", "1e12"), 2),
        (("group", "add", " "), 2),
        (("group", "add", "Team", "--led-by", "Nobody"), 1),
        (("group", "add", "Team", "--role", "king"), 2),
        (("group", "remove", "Nobody"), 1),
        (("key", "create", "--person", "nobody", "--kind", "indico"), 1),
        (("key", "create", "--person", "ada@example.org", "--kind", "x"), 2),
        (("key", "create", "--person", "ada@example.org", "--kind", "roomloop", "--persistent"), 2),
        (("key", "revoke", "7"), 1),
        (("token", "create", "--name", "x", "--person", "nobody"), 1),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(data: Path, words: tuple[str, ...], code: int) -> None:
    before = everything(data)
    told = lintel(data, *words)
    assert told.exit_code == code, told.output
    assert told.stdout == ""
    assert "Error: " in told.stderr
    assert everything(data) == before


def test_a_short_password_is_refused_and_a_generated_one_is_told_once(data: Path) -> None:
    short = lintel(data, "person", "password", "ada@example.org", "--password-stdin", typed="short\n")
    assert (short.exit_code, short.stderr.splitlines()[-1]) == (2, "Error: password: at least 10 characters")
    fresh = done(data, "person", "password", "ada@example.org", "--generate")
    assert enters(data, "ada@example.org", fresh)
    assert done(data, "person", "password", "ada@example.org", "--password-stdin", typed=PASSWORD + "\n") == ""
    assert enters(data, "ada@example.org", PASSWORD)
    (there,) = listed(data, "person", "sessions", "ada@example.org")
    assert there["by"] == "console"
    assert done(data, "person", "end-sessions", "ada@example.org") == "1"
    assert listed(data, "person", "sessions", "ada@example.org") == []


def test_pins_badges_credits_and_locks(data: Path) -> None:
    done(data, "person", "pin", "ada@example.org", "--pin-stdin", typed="4711\n")
    badge = done(data, "person", "badge", "ada@example.org", "--add", "04:A2:B3:C4", "--label", "Blue")
    assert [(it["id"], it["label"]) for it in listed(data, "person", "badge", "ada@example.org")] == [(badge, "Blue")]
    it = engine(data)
    ada = it.people.find("ada@example.org", CLI)
    assert it.credentials.by_badge("04A2B3C4", door="oak") == it.credentials.by_pin(
        ada.number, "4711", door="oak", about="1"
    )
    for _ in range(5):
        assert not enters(data, "ada@example.org", "guess guess")
    done(data, "person", "unlock", "ada@example.org")
    assert not enters(data, "ada@example.org", "guess guess")
    done(data, "person", "badge", "ada@example.org", "--remove", badge)
    done(data, "person", "pin", "ada@example.org", "--remove")
    assert done(data, "person", "credits", "ada@example.org", "--set", "12.5") == "12.50"
    assert done(data, "person", "credits", "ada@example.org", "--add", "-2") == "10.50"
    assert done(data, "person", "credits", "ada@example.org") == "10.50"


def test_a_calendar_feed_is_made_anew_and_ended(data: Path) -> None:
    first, second = (done(data, "person", "feed", "ada@example.org", how) for how in ("--enable", "--rotate"))
    it = engine(data).credentials
    assert it.by_feed_secret(second).email == "ada@example.org"
    assert lintel(data, "person", "feed", "ada@example.org").exit_code == 2
    assert it.by_feed_secret(second).email == "ada@example.org"
    assert done(data, "person", "feed", "ada@example.org", "--disable") == ""
    for secret in (first, second):
        with pytest.raises(Unknown):
            it.by_feed_secret(secret)


def test_groups_have_people_and_roles(data: Path) -> None:
    done(data, "group", "add", "Leads", "--role", "group_admin")
    done(data, "group", "add", "Team", "--led-by", "leads", "--automatic", "--external", "team-42")
    done(data, "person", "add", "eva@example.org")
    assert [it["email"] for it in listed(data, "group", "members", "Team")] == ["eva@example.org"]
    done(data, "group", "members", "Leads", "--set", "ada@example.org", "--set", "eva@example.org")
    done(data, "group", "members", "Leads", "--remove", "eva@example.org")
    assert lintel(data, "group", "remove", "Leads").stderr == "Error: Leads is in use by 1 group (in_use)\n"
    done(data, "group", "change", "Team", "--led-by", "none", "--by-hand", "--name", "The team")
    done(data, "group", "change", "Leads", "--role", "none")
    rows = {it["name"]: it for it in listed(data, "group", "list")}
    assert (rows["The team"]["people"], rows["The team"]["automatic"], rows["The team"]["led by"]) == (1, "", "")
    assert (rows["Leads"]["people"], rows["Leads"]["roles"]) == (1, "")
    done(data, "group", "remove", "Leads")
    assert [it["name"] for it in listed(data, "group", "list")] == ["The team"]


def test_keys_are_told_once_and_end(data: Path) -> None:
    indico = json.loads(
        done(data, "key", "create", "--person", "ada@example.org", "--kind", "indico", "--persistent", "--json")
    )
    roomloop = json.loads(done(data, "key", "create", "--person", "ada@example.org", "--kind", "roomloop", "--json"))
    assert set(indico) == {"ak", "secret"}
    assert roomloop["key"].startswith("sk_live_")
    it = engine(data)
    assert it.api_keys.by_ak(indico["ak"]).secret == indico["secret"]
    assert it.api_keys.by_roomloop(roomloop["key"]).person.email == "ada@example.org"
    told = listed(data, "key", "list", "--person", "ada@example.org")
    assert [(row["kind"], row["persistent"]) for row in told] == [("indico", "yes"), ("roomloop", "")]
    assert indico["secret"] not in json.dumps(told)
    done(data, "key", "block", str(told[0]["number"]))
    assert it.api_keys.by_ak(indico["ak"]).key.blocked
    done(data, "key", "unblock", str(told[0]["number"]))
    done(data, "key", "revoke", str(told[1]["number"]))
    with pytest.raises(Unnamed):
        it.api_keys.by_roomloop(roomloop["key"])


def test_a_token_of_a_persons_ends_with_their_account(data: Path) -> None:
    done(data, "person", "add", "eva@example.org")
    secret = done(data, "token", "create", "--name", "Eva's", "--scope", "book", "--person", "eva@example.org")
    it = engine(data)
    assert it.tokens.actor(secret).person == it.people.find("eva@example.org", CLI).number
    assert next(row for row in listed(data, "token", "list") if row["name"] == "Eva's")["person"] == "eva@example.org"
    done(data, "person", "deactivate", "eva@example.org")
    with pytest.raises(Unnamed):
        it.tokens.actor(secret)
    done(data, "person", "activate", "eva@example.org")
    with pytest.raises(Unnamed):
        it.tokens.actor(secret)
