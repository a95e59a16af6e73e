"""Webhooks from the command line."""

import json
from pathlib import Path

from click.testing import CliRunner, Result

from server.cli import main
from server.settings import load

URL = "https://192.88.98.7/hook"
"""An ordinary address: no name has to be looked up."""


def run(data: Path, *words: str, ok: int = 0) -> Result:
    done = CliRunner().invoke(main, [*words, "--data", str(data)])
    assert done.exit_code == ok, done.output
    return done


def furnished(data: Path) -> Path:
    run(data, "init")
    run(data, "room", "add", "oak", "--name", "Oak")
    return data


def test_a_hook_is_added_listed_changed_and_removed(tmp_path: Path) -> None:
    data = furnished(tmp_path / "data")
    made = run(data, "hook", "add", URL, "--event", "booking.*", "--event", "room.closed", "--room", "oak", "--github")
    assert made.stdout.startswith("whsec_")
    (it,) = json.loads(run(data, "hook", "list", "--json").stdout)
    assert (it["state"], it["events"], it["rooms"], it["github"]) == ("active", "booking.* room.closed", "oak", True)
    assert it["id"] in made.stderr
    assert "whsec_" not in run(data, "hook", "show", it["id"]).stdout
    run(data, "hook", "change", it["id"], "--event", "*", "--all-rooms", "--no-github", "--url", URL + "/new")
    (it,) = json.loads(run(data, "hook", "list", "--json").stdout)
    assert (it["events"], it["rooms"], it["github"], it["url"]) == ("*", "all", False, URL + "/new")
    rotated = run(data, "hook", "rotate", it["id"]).stdout
    assert rotated.startswith("whsec_")
    assert rotated != made.stdout
    run(data, "hook", "pause", it["id"])
    assert json.loads(run(data, "hook", "show", it["id"]).stdout)["state"] == "paused (asked)"
    run(data, "hook", "resume", it["id"])
    run(data, "hook", "remove", it["id"])
    assert json.loads(run(data, "hook", "list", "--json").stdout) == []


def test_a_message_is_queued_listed_and_sent_again(tmp_path: Path) -> None:
    data = furnished(tmp_path / "data")
    made = json.loads(run(data, "hook", "add", URL, "--event", "hook.*", "--json").stdout)
    event = run(data, "hook", "test", made["id"]).stdout.strip()
    (row,) = json.loads(run(data, "hook", "deliveries", made["id"], "--state", "waiting", "--json").stdout)
    assert (row["id"], row["event"], row["tries"]) == (event, "hook.test", 0)
    assert json.loads(run(data, "hook", "deliveries", made["id"], "--state", "parked", "--json").stdout) == []
    assert run(data, "hook", "replay", made["id"]).stdout == "0\n"
    assert run(data, "hook", "replay", made["id"], "msg_nobody", ok=1).stdout == ""


def test_what_cannot_be_is_said(tmp_path: Path) -> None:
    data = furnished(tmp_path / "data")
    for url in ("http://192.88.98.7/", "https://127.0.0.1/", "https://user@192.88.98.7/", "nonsense"):
        assert "url" in run(data, "hook", "add", url, "--event", "*", ok=2).stderr
    assert "events" in run(data, "hook", "add", URL, "--event", "reservation.*", ok=2).stderr
    run(data, "hook", "add", URL, "--event", "*", "--room", "nowhere", ok=1)
    run(data, "hook", "show", "hook_nobody", ok=1)


def test_all_types_are_told(tmp_path: Path) -> None:
    found = {it["event"] for it in json.loads(run(furnished(tmp_path / "data"), "hook", "events", "--json").stdout)}
    assert {"booking.created", "series.created", "room.closed", "person.erased", "hook.gap", "hook.test"} <= found


def test_settings_that_would_let_messages_astray_are_complained_of(tmp_path: Path) -> None:
    for name, text in (("ALLOW", "10.0.0.1/8"), ("ALLOW", "home"), ("PORTS", "0"), ("PORTS", "80-90"), ("HTTP", "2")):
        (complaint,) = load(tmp_path, environment={f"LINTEL_HOOKS_{name}": text}).complaints
        assert (complaint.id, complaint.name) == ("settings.value", f"hooks.{name.lower()}")
    assert load(tmp_path, environment={"LINTEL_HOOKS_ALLOW": "10.0.0.0/8, fd00::/8"}).complaints == ()
