"""What comes back by mail: that a letter could not be delivered (RFC 3464), or that a reader answers.

Decisions:
- A letter is known again by its Message-ID, 128 random bits that only its reader's mail has seen: in what a bounce
  quotes, or in In-Reply-To and References of an answer.
- Absence notes and lists never count as an answer, whatever they quote.
- Everything else is not for us, and nothing of it is kept.
- Headers are read as they stand, and of each only the beginning: the reader that understands all of them takes minutes
  over some ten thousand characters that somebody chose to that end.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.policy import Compat32
from email.utils import parseaddr

LARGEST = 1024 * 1024
"""Bytes of a message that is looked at."""
MOST_PARTS = 50
MOST_NAMED = 20
"""Message-IDs of an answer that are looked up."""
LONGEST_HEADER = 4_000
"""Characters of a header that are read."""
_ID = re.compile(r"<([0-9a-f]{32})@[^<>@\s]{1,255}>")


class NotOurs(ValueError):
    """Nothing that we can do something with; the text says why."""


@dataclass(frozen=True, slots=True)
class Bounce:
    """A letter came back: what its Message-ID begins with, and the status that the mail server gave."""

    message: str
    status: str


@dataclass(frozen=True, slots=True)
class Answer:
    """Somebody answers one of these letters, the nearest first."""

    messages: tuple[str, ...]
    sender: str


class _Plain(Compat32):
    """Headers as they stand, each cut."""

    def header_source_parse(self, sourcelines: Sequence[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(list(sourcelines))
        return name, value[:LONGEST_HEADER]


_PLAIN = _Plain()


def read(raw: bytes) -> Bounce | Answer:
    """What a message means to us. Raises NotOurs."""
    if len(raw) > LARGEST:
        raise NotOurs("larger than 1 MiB")
    try:
        it: Message = message_from_bytes(raw, policy=_PLAIN)
        if it.get_content_type() == "multipart/report":
            return _bounce(it)
        return _answer(it)
    except NotOurs:
        raise
    except Exception as error:  # whatever strangers send, the parser's faults are theirs
        raise NotOurs("cannot be read") from error


def _bounce(it: Message) -> Bounce:
    parts = list(it.walk())
    if len(parts) > MOST_PARTS:
        raise NotOurs("too many parts")
    status = ""
    for part in parts:
        if part.get_content_type() == "message/delivery-status":
            status = status or _failed(part)
    if not status:
        raise NotOurs("tells of no failure")
    quoted = [part for part in parts if part.get_content_type() in ("message/rfc822", "text/rfc822-headers")]
    for part in quoted:
        if found := _ID.search(_quoted(part)):
            return Bounce(found[1], status)
    raise NotOurs("not about a letter of ours")


def _failed(part: Message) -> str:
    """The status of the first address that it says has failed for good, "" where none has."""
    fields = part.get_payload()
    for each in (it for it in fields if isinstance(it, Message)) if isinstance(fields, list) else ():
        action, status = str(each.get("Action", "")).strip().lower(), str(each.get("Status", "")).strip()
        if action == "failed" and status.startswith("5"):
            said = str(each.get("Diagnostic-Code", "")).partition(";")[2]
            plain = "".join(char if char.isprintable() else " " for char in f"{status} {said}")
            return " ".join(plain.split())[:300]
    return ""


def _quoted(part: Message) -> str:
    """The Message-ID line of the letter that a bounce quotes."""
    inner = part.get_payload()
    if isinstance(inner, list):
        first = next((it for it in inner if isinstance(it, Message)), None)
        return str(first.get("Message-ID", "")) if first is not None else ""
    found = re.search(r"(?im)^message-id:\s*(\S+)", str(inner))
    return found[1] if found else ""


def _answer(it: Message) -> Answer:
    automatic = str(it.get("Auto-Submitted", "no")).strip().lower()
    bulk = str(it.get("Precedence", "")).strip().lower() in ("bulk", "list", "junk", "auto_reply")
    if automatic != "no" or bulk or it.get("List-Id") or it.get("X-Autoreply"):
        raise NotOurs("sent by a program")
    named = _ID.findall(f"{it.get('In-Reply-To', '')} ")
    named += reversed(_ID.findall(str(it.get("References", ""))))
    if not named:
        raise NotOurs("not an answer to a letter of ours")
    senders = it.get_all("From") or []
    sender = parseaddr(str(senders[0]))[1] if len(senders) == 1 else ""
    if "@" not in sender:
        raise NotOurs("no sender")
    return Answer(tuple(dict.fromkeys(named))[:MOST_NAMED], sender)
