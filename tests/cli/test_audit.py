"""`lintel audit`: proving the trail, in plain words, and sending it on."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from server import compose
from server.cli import audit_sending, main
from server.settings import load
from tests.cli.syslog_receiver import Receiver, receiving


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder in which some rooms have been made."""
    folder = tmp_path / "data"
    assert lintel(folder, "init").exit_code == 0
    for name in ("Oak", "Elm"):
        assert lintel(folder, "room", "add", name.lower(), "--name", name).exit_code == 0
    assert lintel(folder, "person", "add", "ann@example.org", "--name", "Ann Ambler").exit_code == 0
    return folder


def lintel(data: Path, *words: str) -> Result:
    return CliRunner().invoke(main, [*words, "--data", str(data)])


def audit(data: Path, *words: str) -> str:
    """What `lintel audit` prints where it must do its work."""
    told = lintel(data, "audit", *words)
    assert told.exit_code == 0, told.output
    return told.stdout


def tampered(data: Path, sql: str) -> None:
    engine = compose.engine(load(data).settings)
    engine.store.writing(lambda tx: tx.run(sql))
    engine.store.close()


def test_a_sound_trail_is_proven_with_its_counts(data: Path) -> None:
    assert re.fullmatch(r"\d+ changes, \d+ texts?, 0 heads: all is as it was written\n", audit(data, "verify"))
    told = json.loads(audit(data, "verify", "--json"))
    assert told["changes"] > 3
    assert told["broken"] is None


def test_a_broken_trail_says_where_and_exits_1(data: Path) -> None:
    tampered(data, "UPDATE change SET actor = 'token:7' WHERE seq = 3")
    told = lintel(data, "audit", "verify")
    assert told.exit_code == 1
    assert told.stdout.startswith("Broken: the changes 3 to 3 do not follow from those before")
    assert told.stdout.endswith("2 changes proven before\n")
    broken = json.loads(lintel(data, "audit", "verify", "--json").stdout)["broken"]
    assert (broken["code"], broken["first"], broken["last"]) == ("altered", 3, 3)


def test_heads_are_found_in_a_log_whatever_is_around_them(data: Path, tmp_path: Path) -> None:
    head = audit(data, "head").strip()
    log = tmp_path / "log"
    log.write_text(f"2026-06-15T08:00:00+0000 level=INFO start\nx {head} y\n", encoding="utf-8")
    key = audit(data, "key").strip()
    assert "1 head and 1 head kept elsewhere" in audit(data, "verify", "--heads", str(log), "--key", key)
    log.write_text(log.read_text().replace(" count=", " count=9"), encoding="utf-8")
    told = lintel(data, "audit", "verify", "--heads", str(log))
    assert told.exit_code == 1
    assert "was not signed by this key" in told.stdout
    log.write_text("nothing\n", encoding="utf-8")
    assert lintel(data, "audit", "verify", "--heads", str(log)).exit_code == 2


def test_a_trail_that_was_cut_short_is_told_in_plain_words(data: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(audit(data, "head"), encoding="utf-8")
    for sql in (
        "DELETE FROM change WHERE seq > 2", "DELETE FROM change_text WHERE seq > 2", "DELETE FROM audit_head",
        "UPDATE change_end SET seq = 2, chain = (SELECT chain FROM change WHERE seq = 2)",
    ):  # fmt: skip
        tampered(data, sql)
    assert lintel(data, "audit", "verify").exit_code == 0
    told = lintel(data, "audit", "verify", "--heads", str(log))
    assert told.exit_code == 1
    assert re.match(r"Broken: the changes 3 to \d+ are gone: head 1 speaks of them \(cut\)", told.stdout)


def test_the_list_shows_the_newest_and_what_was_chosen(data: Path) -> None:
    assert [line.split()[2] for line in audit(data, "list", "--limit", "1").splitlines()[1:]] == ["person_added"]
    rows = json.loads(audit(data, "list", "--room", "elm", "--json"))
    assert [row["what"] for row in rows] == ["room_added"]
    assert audit(data, "list", "--since", "2999-01-01") == ""
    assert lintel(data, "audit", "list", "--since", "yesterday").exit_code == 2
    assert lintel(data, "audit", "list", "--since", "2026-06-15T09:00").exit_code == 2


def test_the_export_has_every_change_as_a_line_of_json(data: Path) -> None:
    rows = [json.loads(line) for line in audit(data, "export").splitlines()]
    assert [row["seq"] for row in rows] == list(range(1, len(rows) + 1))
    assert [row["what"] for row in rows if row["source"] == "cli"].count("room_added") == 2
    later = [
        json.loads(line)["seq"] for line in audit(data, "export", "--after", "2", "--what", "room_added").splitlines()
    ]
    assert later == [row["seq"] for row in rows if row["seq"] > 2 and row["what"] == "room_added"]
    syslog = audit(data, "export", "--format", "rfc5424").splitlines()
    assert all(line.startswith("<109>1 2") for line in syslog)


@pytest.fixture
def receiver(tmp_path: Path) -> "object":
    folder = tmp_path / "receiver"
    folder.mkdir()
    with receiving(folder) as it:
        yield it


def sending(data: Path, it: Receiver, *more: str) -> Result:
    return lintel(data, "audit", "export", "--to", f"tls://127.0.0.1:{it.port}", "--ca", str(it.ca), *more)


def test_the_trail_goes_out_over_tls_once_and_on_from_where_it_stopped(
    data: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_sending, "PART", 2)
    assert sending(data, receiver).exit_code == 0
    sent = [json.loads(message.partition("\ufeff")[2])["seq"] for message in receiver.messages]
    assert sent == list(range(1, len(sent) + 1))
    assert len(sent) >= 4
    assert "0 changes sent" in sending(data, receiver).stderr
    assert lintel(data, "room", "add", "ash", "--name", "Ash").exit_code == 0
    assert "1 change sent" in sending(data, receiver).stderr
    assert len(receiver.messages) == len(sent) + 1
    form = (
        r'<109>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ \S+ lintel - room_added \[lintel@32473 seq="\d+" [^\]]+\] \ufeff\{.*\}'
    )
    assert re.fullmatch(form, receiver.messages[-1])


def test_what_a_receiver_broke_off_is_sent_again(data: Path, receiver: Receiver) -> None:
    receiver.closing = False
    told = sending(data, receiver)
    assert told.exit_code == 1
    assert "did not take it" in told.stderr
    receiver.closing = True
    assert sending(data, receiver).exit_code == 0
    assert len(receiver.messages) == len(audit(data, "export").splitlines())


def test_a_receiver_whom_nobody_vouches_for_gets_nothing(data: Path, receiver: Receiver) -> None:
    told = lintel(data, "audit", "export", "--to", f"tls://127.0.0.1:{receiver.port}")
    assert told.exit_code == 1
    assert "not to be trusted" in told.stderr
    assert receiver.messages == []
    for bad in ("http://127.0.0.1", "tls://", "tls://127.0.0.1:99999", "127.0.0.1:1"):
        assert lintel(data, "audit", "export", "--to", bad).exit_code == 2
