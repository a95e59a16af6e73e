"""Putting messages in the webhooks' queue, which is bounded for each hook: the oldest give way, and that is told.

Decision: a gap is told by one message that waits like any other; while it waits, what is dropped further is added to
it. So a receiver that was away for weeks finds in one place how much it missed, and from when to when.
"""

import json
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from server.core.clock import whole
from server.core.hooks import ENDED, GAP, MOST_WAITING, body_of, stamp
from server.store import deliveries, hooks
from server.store.database import Tx

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def fresh_event() -> str:
    """A new webhook-id."""
    return "msg_" + "".join(secrets.choice(LETTERS) for _ in range(24))


def queue(
    tx: Tx, hook: int, type_: str, data: Mapping[str, Any], at: datetime, *, event: str = "",
    now: datetime | None = None, most: int = MOST_WAITING,
) -> str:  # fmt: skip
    """Queues a message to a hook (its number), in the transaction of what it tells; returns its webhook-id.

    `at`: when it happened. The same `event` is queued once. A hook that has ended or is gone is told nothing ("").
    """
    it = hooks.by_number(tx, hook)
    if it is None or it.state == ENDED:
        return ""
    event, now = event or fresh_event(), whole(now or at)
    if deliveries.enqueue(tx, hook, event, type_, body_of(type_, at, data), now):
        over = deliveries.waiting(tx, hook) - most
        if over > 0:
            _make_room(tx, hook, over, now)
    return event


def _make_room(tx: Tx, hook: int, over: int, now: datetime) -> None:
    known = deliveries.gap(tx, hook)
    gone = deliveries.drop_oldest(tx, hook, over + (known is None), now)
    if not gone:
        return
    dropped = [at for _, at in gone]
    since, until, count = min(dropped), max(dropped), len(dropped)
    next_at, tries = now, 0
    if known is not None:
        number, body, next_at, tries = known
        former = json.loads(body)["data"]
        since, count = min(since, datetime.fromisoformat(former["from"])), count + int(former["dropped"])
        until = max(until, datetime.fromisoformat(former["until"]))
        deliveries.forget(tx, number)
    data = {"dropped": count, "from": stamp(since), "until": stamp(until)}
    deliveries.enqueue(tx, hook, fresh_event(), GAP, body_of(GAP, now, data), now, next_at=next_at, tries=tries)
