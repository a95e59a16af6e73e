"""What comes back by mail: bounces and answers are understood, everything else is left alone."""

import contextlib
import time
from email.message import EmailMessage
from random import Random

import pytest

from server.work.letters.incoming import LARGEST, Answer, Bounce, NotOurs, read

ID = "0123456789abcdef0123456789abcdef"
OURS = f"<{ID}@example.org>"


def bounce(action: str = "failed", status: str = "5.1.1", quoted: str = OURS, *, headers: bool = False) -> bytes:
    """A report as Postfix writes it."""
    return f"""From: MAILER-DAEMON@mx.example
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I'm sorry to have to inform you that your message could not be delivered.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; a@example.org
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 5.1.1 no such user

--b
Content-Type: {"text/rfc822-headers" if headers else "message/rfc822"}

From: rooms@example.org
Message-ID: {quoted}
Subject: Booked

Oak
--b--
""".encode()


def answer(**headers: str) -> bytes:
    it = EmailMessage()
    usual = {"From": "Rita <rita@example.org>", "Subject": "Re: To look at", "In-Reply-To": OURS}
    for name, value in {**usual, **{name.replace("_", "-"): value for name, value in headers.items()}}.items():
        if value:
            it[name] = value
    it.set_content("Done.")
    return it.as_bytes()


@pytest.mark.parametrize("headers", [False, True])
def test_a_letter_that_came_back_is_known_by_what_the_report_quotes(*, headers: bool) -> None:
    assert read(bounce(headers=headers)) == Bounce(ID, "5.1.1 550 5.1.1 no such user")


@pytest.mark.parametrize(
    "raw", [bounce("delayed", "4.4.1"), bounce("delivered", "2.0.0"), bounce("failed", "4.4.7"),
            bounce(quoted="<somebody@else.example>")]
)  # fmt: skip
def test_what_is_no_failure_or_not_of_ours_is_left_alone(raw: bytes) -> None:
    with pytest.raises(NotOurs):
        read(raw)


def test_an_answer_is_known_by_the_letter_that_it_answers() -> None:
    assert read(answer()) == Answer((ID,), "rita@example.org")
    older = f"<{'f' * 32}@example.org> {OURS}"
    assert read(answer(In_Reply_To="", References=older)) == Answer((ID, "f" * 32), "rita@example.org")


@pytest.mark.parametrize(
    "headers",
    [{"Auto_Submitted": "auto-replied"}, {"Precedence": "bulk"}, {"List_Id": "<all.example.org>"},
     {"In_Reply_To": ""}, {"In_Reply_To": "<x@y>"}, {"From": "nobody"}],
)  # fmt: skip
def test_programs_lists_and_strangers_answer_nothing(headers: dict[str, str]) -> None:
    with pytest.raises(NotOurs):
        read(answer(**headers))


def test_two_senders_are_none() -> None:
    with pytest.raises(NotOurs):
        read(b"From: rita@example.org\r\n" + answer())


@pytest.mark.parametrize("raw", [b"", b"\x00" * 100, b"x" * (LARGEST + 1), b"From: a@b\r\n\r\n"])
def test_what_is_no_message_is_refused(raw: bytes) -> None:
    with pytest.raises(NotOurs):
        read(raw)


def test_no_garbled_message_is_more_than_refused() -> None:
    random = Random(1)
    for _ in range(300):
        raw = bytearray(random.choice([bounce(), answer()]))
        for _ in range(random.randint(1, 30)):
            raw[random.randrange(len(raw))] = random.randrange(256)
        try:
            read(bytes(raw))
        except NotOurs:
            continue


def test_what_a_report_says_is_kept_without_what_would_steer_a_terminal() -> None:
    raw = bounce().replace(b"no such user", b"no\x00such\x1b]0;user\x07")
    assert read(raw) == Bounce(ID, "5.1.1 550 5.1.1 no such ]0;user")


@pytest.mark.parametrize(
    "header",
    [
        "From: " + "a " * 40_000,
        "From: " + "=?utf-8?q?a?= " * 40_000,
        "References: " + "=?utf-8?b?YQ==?=" * 40_000,
        "Auto-Submitted: " + "=?utf-8?q?a?=" * 40_000,
        "Content-Type: text/plain" + "".join(f"; a*{n}*=x" for n in range(20_000)),
    ],
    ids=lambda it: it[:20],
)
def test_no_header_keeps_us_for_long(header: str) -> None:
    raw = f"In-Reply-To: {OURS}\r\n{header}\r\n\r\nDone.\r\n".encode()
    begun = time.process_time()
    with contextlib.suppress(NotOurs):
        read(raw)
    assert time.process_time() - begun < 2
