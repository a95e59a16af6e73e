"""`lintel mail`, as staff and mail servers type it."""

import json
from email.message import EmailMessage
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from server import compose
from server.cli import main
from server.core.access import CLI
from server.core.clock import SystemClock
from server.core.letters import KINDS, Letter
from server.core.tickets import Receiver
from server.engine import Engine, post
from server.settings import load
from tests.work.mail_server import receiving


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    data = tmp_path / "data"
    assert lintel(data, "init").exit_code == 0
    return data


def lintel(data: Path, *words: str, given: bytes = b"") -> Result:
    group, *rest = words
    if group == "mail":
        group, rest = f"mail {rest[0]}", rest[1:]
    return CliRunner().invoke(main, [*group.split(), "--data", str(data), *rest], input=given)


def engine(data: Path) -> Engine:
    return compose.engine(load(data).settings)


def letter(data: Path, to: str = "rita@example.org") -> str:
    """A letter that was sent; its Message-ID."""
    it = engine(data)
    post.arrange(it.store, KINDS, "en")
    now = SystemClock().now()
    told = Letter("ticket", to, "en", "UTC", {"what": "opened", "groups": []}, "one")
    it.store.writing(lambda tx: post.queue(tx, told, now))
    (kept,) = it.post.claim("test", 1)
    it.post.sent(kept, "test")
    return f"<{kept.message_id}@example.org>"


def listed(data: Path) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(lintel(data, "mail", "list", "--json").stdout)
    return found


def test_letters_are_listed_shown_and_sent_again(folder: Path) -> None:
    letter(folder)
    (row,) = listed(folder)
    assert (row["kind"], row["to"], row["state"]) == ("ticket", "rita@example.org", "sent")
    assert "rita@example.org" in lintel(folder, "mail", "show", "1").stdout
    assert lintel(folder, "mail", "show", "9").exit_code == 1
    assert lintel(folder, "mail", "retry", "--all").stdout == "0\n"
    assert lintel(folder, "mail", "retry").exit_code == 2


def test_a_bounce_on_stdin_marks_the_letter(folder: Path) -> None:
    from tests.work.test_incoming import bounce

    message = letter(folder)
    done = lintel(folder, "mail", "take", given=bounce(quoted=message))
    assert (done.exit_code, done.stdout) == (0, "letter 1 came back\n")
    assert listed(folder)[0]["state"] == "bounced"
    assert lintel(folder, "mail", "take", given=bounce(quoted=f"<{'0' * 32}@x.org>")).exit_code == 1
    assert lintel(folder, "mail", "take", given=b"hello").exit_code == 1


def test_an_answer_of_the_reader_closes_the_ticket_and_nobody_elses_does(folder: Path) -> None:
    it = engine(folder)
    post.arrange(it.store, KINDS, "en")
    it.receivers.add(Receiver(0, 1, "*", "mail", "rita@example.org"), CLI)
    opened = it.tickets.report_at(1, "sound", CLI)
    it.alarms.run()
    (kept,) = it.post.claim("test", 1)
    it.post.sent(kept, "test")

    def answer(sender: str) -> Result:
        mail = EmailMessage()
        mail["From"], mail["In-Reply-To"] = sender, f"<{kept.message_id}@example.org>"
        mail.set_content("Done")
        return lintel(folder, "mail", "take", given=mail.as_bytes())

    assert answer("Eve <eve@example.org>").exit_code == 1
    assert it.tickets.get(opened.number, CLI).ticket.state == "open"
    done = answer("Rita <RITA@example.org>")
    assert (done.exit_code, done.stdout) == (0, f"closed #{opened.number}\n"), done.output
    assert it.tickets.get(opened.number, CLI).ticket.state == "closed"


def test_a_trial_letter_says_what_the_server_answered(folder: Path) -> None:
    assert lintel(folder, "mail", "test", "a@example.org").exit_code == 2
    with receiving() as inbox:
        (folder / "lintel.toml").write_text(
            f'[mail]\nhost = "127.0.0.1"\nport = {inbox.port}\nsecurity = "none"\nfrom = "rooms@example.org"\n'
        )
        done = lintel(folder, "mail", "test", "a@example.org", "--language", "de")
        assert (done.exit_code, done.stdout) == (0, "127.0.0.1 took it\n"), done.output
        assert inbox.letters[0]["Subject"] == "E-Mail funktioniert"
        inbox.rcpt = lambda _: "550 5.1.1 nobody"
        done = lintel(folder, "mail", "test", "a@example.org")
        assert (done.exit_code, "550 5.1.1 nobody" in done.stderr) == (1, True)
