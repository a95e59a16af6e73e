"""Messages to webhooks while one endpoint hangs: how many in a minute, and how long the others wait."""

import threading
import time
from http.server import BaseHTTPRequestHandler
from typing import Any

from server.core.access import CLI
from server.core.clock import SystemClock
from server.core.hooks import Hook
from server.engine import Engine, engine_of, prepare
from server.engine.hooks import HookTerms
from server.engine.queueing import queue
from server.store.database import open_store
from server.work.deliver import Deliver
from server.work.outgoing import Outgoing
from tests.bench.rows import Row
from tests.work.receivers import Receiver, guard, receiving

ENDPOINTS, MINUTE = 10, 1_000
BURST = 2_000
PACED_FOR = 30
"""Seconds for which messages come at the pace of MINUTE."""


def hooks(url: str, name: str) -> list[Row]:
    """All at once, and then at a steady pace; every eleventh message goes to an endpoint that never answers."""
    over = threading.Event()

    def hang(handler: BaseHTTPRequestHandler) -> None:
        over.wait(120)
        handler.close_connection = True

    with receiving(behave=hang) as hanging, receiving() as well:
        store, clock = open_store(url), SystemClock()
        prepare(store, clock)
        may = guard(hanging, well)
        engine = engine_of(store, clock, hooks=HookTerms(may))
        stuck, *fine = [engine.hooks.add(it.url, ("*",), CLI)[0] for it in (hanging, *[well] * ENDPOINTS)]
        deliver = Deliver(engine.delivering, Outgoing(may))
        deliver.start()
        try:
            rate = _burst(engine, stuck, fine, well)
            longest = _paced(engine, stuck, fine, well)
        finally:
            over.set()
            deliver.stop()
        store.close()
    where = f"{ENDPOINTS} endpoints, 1 hangs"
    return [
        Row(f"messages a minute, {name}", f"{rate:,.0f}", where, rate, MINUTE, at_most=False, unit="/min"),
        Row(f"longest wait at {MINUTE:,} a minute, {name}", f"{longest:.2f} s", where, longest, 1.0, unit="s"),
    ]


def _burst(engine: Engine, stuck: Hook, fine: list[Hook], well: Receiver) -> float:
    """Messages that arrive in a minute, of many that are queued at once."""
    now = engine.clock.now()

    def work(tx: Any) -> None:
        for number in range(BURST):
            queue(tx, fine[number % ENDPOINTS].number, "hook.test", {"n": number}, now)
            if number % ENDPOINTS == 0:
                queue(tx, stuck.number, "hook.test", {"n": number}, now)

    engine.store.writing(work)
    begun = time.monotonic()
    well.wait_for(BURST, 300)
    return BURST / (time.monotonic() - begun) * 60


def _paced(engine: Engine, stuck: Hook, fine: list[Hook], well: Receiver) -> float:
    """The longest time from a message's being queued to its arrival, in seconds."""
    queued: dict[str, float] = {}
    arrived: dict[str, float] = {}
    done = threading.Event()
    before = len(well.got)

    def watch() -> None:
        seen = before
        while not done.is_set() or seen < len(well.got):
            with well.came:
                well.came.wait(0.1)
                fresh, at = well.got[seen:], time.monotonic()
                seen += len(fresh)
            arrived.update((headers["webhook-id"], at) for headers, _ in fresh)

    watching = threading.Thread(target=watch)
    watching.start()
    begun, count = time.monotonic(), PACED_FOR * MINUTE // 60
    for number in range(count):
        if number % ENDPOINTS == 0:
            _queued(engine, stuck)
        queued[_queued(engine, fine[number % ENDPOINTS])] = time.monotonic()
        time.sleep(max(0.0, begun + (number + 1) * 60 / MINUTE - time.monotonic()))
    well.wait_for(before + count, 60)
    done.set()
    watching.join()
    return max(arrived[event] - at for event, at in queued.items())


def _queued(engine: Engine, it: Hook) -> str:
    return engine.store.writing(lambda tx: queue(tx, it.number, "hook.test", {}, engine.clock.now()))
