"""Changes as others read them: a JSON line each, or a syslog message of RFC 5424.

Decisions:
- A message's facility is 13 (log audit), its severity 5 (notice); MSGID is what happened; one element of structured
  data carries the numbers, and the message itself is the JSON line, so that nothing is told in one form only.
- `lintel@32473` names that element: 32473 is the number that RFC 5612 keeps for those who have none of their own.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from server.core.clock import from_epoch

PRIORITY = 13 * 8 + 5
ELEMENT = "lintel@32473"
LONGEST_ID = 32


@dataclass(frozen=True, slots=True)
class Told:
    """A change with all that is known of it. `text` is what people wrote, None where nothing or where it was erased."""

    seq: int
    at: datetime
    act: int
    what: str
    room: int | None
    subject: int | None
    actor: str
    source: str
    codes: tuple[str, ...]
    before: dict[str, Any]
    after: dict[str, Any]
    text: dict[str, str] | None
    chain: str


def told(row: Sequence[Any]) -> Told:
    """The change of a row of store/audit.py."""
    chain, seq, at, act, what, room, subject, actor, source, codes, before, after, _, _, body = row
    return Told(
        seq, from_epoch(at), act, what, room, subject, actor, source, tuple(codes.split(",")) if codes else (),
        json.loads(before) if before else {}, json.loads(after) if after else {}, json.loads(body) if body else None,
        chain,
    )  # fmt: skip


def line(it: Told) -> str:
    """The change as one line of JSON; instants in UTC."""
    return json.dumps(asdict(it) | {"at": stamp(it.at)}, ensure_ascii=False, separators=(",", ":"))


def message(it: Told, host: str) -> bytes:
    """The change as a syslog message of RFC 5424, UTF-8."""
    data = {"seq": it.seq, "act": it.act, "room": it.room, "subject": it.subject, "actor": it.actor,
            "source": it.source, "codes": ",".join(it.codes), "chain": it.chain}  # fmt: skip
    told = " ".join(f'{name}="{_escaped(str(value))}"' for name, value in data.items() if value not in (None, ""))
    head = f"<{PRIORITY}>1 {stamp(it.at)} {_plain(host, 255)} lintel - {_plain(it.what, LONGEST_ID)}"
    return f"{head} [{ELEMENT} {told}] ".encode() + b"\xef\xbb\xbf" + line(it).encode()


def framed(text: bytes) -> bytes:
    """The message as it travels over TLS: with its length before it (RFC 5425, section 4.3)."""
    return b"%d %s" % (len(text), text)


def stamp(at: datetime) -> str:
    """An instant in UTC as both forms have it."""
    return f"{at:%Y-%m-%dT%H:%M:%S}Z"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("]", "\\]")


def _plain(text: str, most: int) -> str:
    """Visible ASCII only, "-" for nothing."""
    return "".join(char if "!" <= char <= "~" else "_" for char in text)[:most] or "-"
