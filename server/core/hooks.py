"""Webhooks as values: who wants to hear of what, how a message is signed, and when it is tried again.

Decisions:
- Signatures follow Standard Webhooks 1.0.0 (symmetric, v1): HMAC-SHA256 over `id.timestamp.body`, keyed by the bytes
  that the secret is the base64 of. While a secret is being replaced both sign.
- A message is tried ten times over three days and is then parked. Who asks to be asked later is heeded, but never
  longer than a day and never sooner than we should have come by ourselves.
- A body has at most 20,000 bytes. What does not fit is left out field by field, the longest first, and is named.
"""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from server.core.clock import epoch

LADDER = (
    timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=5),
    timedelta(hours=10), timedelta(hours=14), timedelta(hours=20), timedelta(hours=24),
)  # fmt: skip
"""How long after each failure it is tried again; after the last one it is parked."""
JITTER = 0.1
LONGEST_WAIT = timedelta(hours=24)
HOPELESS = timedelta(days=3)
"""So long nothing but failures, and the hook is paused."""
OVERLAP = timedelta(hours=24)
"""So long a former secret signs beside the new one."""
MOST_WAITING = 10_000
LARGEST = 20_000
"""Bytes of a body."""
MOST_PATTERNS = 50
PATTERN = re.compile(r"\*|[a-z][a-z_]{0,30}\.(?:\*|[a-z][a-z_]{0,30})")
PREFIX = "whsec_"
ACTIVE, PAUSED, ENDED = "active", "paused", "ended"
WAITING, DONE, PARKED, DROPPED = "waiting", "done", "parked", "dropped"
GAP, TEST = "hook.gap", "hook.test"
KEPT = frozenset({"id", "uid", "number", "room", "series", "status", "start", "end", "version", "leftOut", "weAreHere"})
"""Fields that say what the message is about; they are never left out."""


@dataclass(frozen=True, slots=True)
class Hook:
    """Who wants to hear: messages whose type fits one of `patterns` go to `url`, in the words of `dialect`.

    `id` is what people see ("hook_…"). `rooms` are numbers; none: the whole house. `person`: whose it is, who may hear
    no more than they may see. `github`: also signed in GitHub's way. `state` is active, paused or ended, `why` the
    reason. `failing_since`: nothing but failures from then on. `since`: the last change before it was made.
    """

    number: int
    id: str
    url: str
    patterns: tuple[str, ...]
    made_at: datetime
    made_by: str
    dialect: str = "roomvox"
    rooms: frozenset[int] = frozenset()
    person: int | None = None
    github: bool = False
    state: str = ACTIVE
    why: str = ""
    failing_since: datetime | None = None
    former_until: datetime | None = None
    since: int = 0
    version: int = 1


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message to one hook. `event` is its webhook-id, the same over all tries; `status` the last answer's.

    `state`: waiting, done, parked (given up, can be sent again) or dropped. `has_body`: it is still known what it said.
    """

    number: int
    hook: int
    event: str
    type: str
    made_at: datetime
    next_at: datetime
    tries: int
    state: str
    status: int | None
    error: str
    ended_at: datetime | None
    has_body: bool


def wants(patterns: tuple[str, ...], type_: str) -> bool:
    """Whether a type of message fits one of the patterns: itself, `booking.*`, or `*`."""
    family = type_.partition(".")[0] + ".*"
    return any(pattern in ("*", family, type_) for pattern in patterns)


def key_of(secret: str) -> bytes:
    """The bytes that a secret signs with; raises ValueError where it is none."""
    return base64.b64decode(secret.removeprefix(PREFIX), validate=True)


def secret_of(random: bytes) -> str:
    """The secret as it is shown, of 32 random bytes."""
    return PREFIX + base64.b64encode(random).decode()


def signature(secret: str, event: str, at: int, body: bytes) -> str:
    """`v1,` and the base64 of what signs a message that is sent at an instant (seconds since 1970)."""
    signed = b".".join((event.encode(), str(at).encode(), body))
    return "v1," + base64.b64encode(hmac.new(key_of(secret), signed, hashlib.sha256).digest()).decode()


def github_signature(secret: str, body: bytes) -> str:
    """The same in GitHub's way: keyed by the secret's text, hexadecimal, over the body alone."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def signed_headers(
    secrets: tuple[str, ...], event: str, type_: str, body: bytes, now: datetime, *, github: bool = False
) -> dict[str, str]:  # fmt: skip
    """The headers that identify and sign a message sent now; by all the secrets, the newest first."""
    at = epoch(now)
    told = {
        "webhook-id": event,
        "webhook-timestamp": str(at),
        "webhook-signature": " ".join(signature(secret, event, at, body) for secret in secrets),
    }
    if github:
        told |= {
            "X-Hub-Signature-256": github_signature(secrets[0], body),
            "X-GitHub-Event": type_,
            "X-GitHub-Delivery": event,
        }
    return told


def body_of(type_: str, at: datetime, data: Mapping[str, Any]) -> str:
    """The message as compact JSON of at most LARGEST bytes; what had to go is named in `leftOut`."""
    told, gone = dict(data), list[str]()
    while len(text := _text(type_, at, told)) > LARGEST:
        sizes = {name: len(json.dumps(value)) for name, value in told.items() if name not in KEPT}
        if not sizes:
            told, gone = {name: told[name] for name in ("id", "uid", "number") if name in told}, ["*"]
            return _text(type_, at, told | {"leftOut": gone}).decode()
        longest = max(sizes, key=lambda name: (sizes[name], name))
        del told[longest]
        gone.append(longest)
        told["leftOut"] = sorted(gone)
    return text.decode()


def stamp(at: datetime) -> str:
    """An instant as messages have it: 2026-06-15T08:00:00Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _text(type_: str, at: datetime, data: Mapping[str, Any]) -> bytes:
    message = {"type": type_, "timestamp": stamp(at), "data": data}
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def next_wait(tries: int, chance: float, asked: timedelta | None = None) -> timedelta | None:
    """How long to wait after that many failures; None: give up. `chance` (0 to 1) spreads it by a tenth each way.

    `asked`: how long the receiver asked us to wait.
    """
    if tries > len(LADDER):
        return None
    usual = LADDER[tries - 1] * (1 - JITTER + 2 * JITTER * chance)
    wait = max(usual, min(asked, LONGEST_WAIT)) if asked is not None else usual
    return timedelta(seconds=max(1, round(wait.total_seconds())))


def retry_after(text: str, now: datetime) -> timedelta | None:
    """How long a header Retry-After asks to wait (RFC 9110, 10.2.3): seconds or a date; None where it says neither."""
    text = text.strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        return timedelta(seconds=int(text))
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, IndexError, OverflowError, TypeError):
        return None
    until = until.replace(tzinfo=UTC) if until.tzinfo is None else until
    return max(until - now, timedelta())


def pattern_problem(
    patterns: tuple[str, ...], families: frozenset[str], known: frozenset[str] = frozenset()
) -> str | None:
    """Why these patterns are refused, or None. `families`: the first words of the types there are; `known`: the types
    themselves, where they are known: who names one that there is not would never hear of anything."""
    if not 1 <= len(patterns) <= MOST_PATTERNS:
        return f"give 1 to {MOST_PATTERNS} patterns"
    for pattern in patterns:
        if not PATTERN.fullmatch(pattern):
            return "a type such as booking.created, all of a kind such as booking.*, or *"
        if pattern != "*" and pattern.partition(".")[0] not in families:
            return f"there are no {pattern.partition('.')[0][:31]}.* messages; " + ", ".join(sorted(families))
        if known and not pattern.endswith("*") and pattern not in known:
            there = sorted(it for it in known if it.partition(".")[0] == pattern.partition(".")[0])
            return f"there are no {pattern[:60]} messages; " + ", ".join(there)
    return None
