"""A busy day at two doors, with time turned by hand: what it writes to the card, and that it does not grow."""

import gc
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kiosk import durable, ledger
from kiosk.instants import iso
from kiosk.lines import Event
from kiosk.sync import Hooks

from .makers import ROOM, at, booking, plan
from .rig import Rig
from .server_double import booking_json, truth_of

DAY, TURN = 86_400, 600.0
A_DAY = 50_000_000  # bytes
BLOCK, JOURNAL = 4096, 8192  # what a card writes at least, and what the file system notes of each


def memory() -> int:
    """kB of this process."""
    gc.collect()
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])


def written() -> int:
    """Bytes this process has sent to storage; none where the folder is in memory."""
    return int(Path("/proc/self/io").read_text().partition("\nwrite_bytes:")[2].split()[0])


class Card:
    """Counts what reaches the card, in whole blocks."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.bytes = self.writes = 0
        replaced, appended = durable.replace, os.write

        def replace_(path: Path, content: bytes, **more: Any) -> None:
            self._count(len(content))
            replaced(path, content, **more)

        def write(handle: int, line: bytes) -> int:
            self._count(len(line))
            return appended(handle, line)

        monkeypatch.setattr(durable, "replace", replace_)
        monkeypatch.setattr(ledger.os, "write", write)

    def _count(self, size: int) -> None:
        self.writes += 1
        self.bytes += -(-size // BLOCK) * BLOCK + JOURNAL


def busy(it: Rig) -> None:
    """Two rooms with two weeks of meetings, eight a day."""
    for room in ("oak", "elm"):
        starts = [at("08:00") + day * DAY + hour * 3600 for day in range(14) for hour in range(8)]
        meetings = [booking(start, start + 3000, id=f"{room}-{start}") for start in starts]
        whole = replace(plan(*meetings), room=replace(ROOM, id=room, name=room.title()), seq=100)
        truth = truth_of(whole, now=it.now)
        if room == "oak":
            it.truth.snapshot = truth.snapshot
        else:
            it.truth.others["elm"] = truth
    it.truth.me = {"number": 7, "rooms": ["oak", "elm"], "state": "good", "digest": "both"}


def turn(it: Rig, number: int) -> None:
    """Ten minutes: in each room a booking comes and one goes, somebody taps, the push tells and beats."""
    push = it.agent.push
    for room in ("oak", "elm"):
        truth, start = it.truth.of(room), int(it.now()) + 3600 * 30
        new = booking_json(start, start + 1800, id=f"{room}-new-{number}")
        for seq in (truth.change(f"{room}-new-{number - 1}", None), truth.change(new["id"], new)):
            push.hear(Event("news", f'{{"rooms": {{"{room}": {seq}}}}}', str(seq)), got=it.machine.boottime())
    if it.view()["state"] == "free" and number % 6 == 0:
        done = it.tap(act="book", minutes=15, room="oak")
        it.pass_(5)
        it.tap(act="undo", of=done.op, room="oak")
    for _ in range(int(TURN / 2)):
        push.hear(Event("beat", f'{{"time": "{iso(it.now())}"}}', ""), got=it.machine.boottime())
        it.pass_(2)
    it.truth.asked.clear()
    it.truth.bodies.clear()
    it.truth.ops.clear()
    for truth in (it.truth, it.truth.others["elm"]):
        del truth.log[:-20]


@pytest.mark.heavy
def test_a_busy_day_writes_less_than_fifty_megabytes_and_leaves_the_agent_as_large_as_it_was(
    rig: Callable[..., Rig], monkeypatch: pytest.MonkeyPatch
) -> None:
    it = rig(sync=False)
    busy(it)
    it.pass_(3)
    sync, agent = it.agent.sync, it.agent
    monkeypatch.setattr(sync, "_hooks", Hooks(me=agent.told, pushed=agent.push.heard))
    hello = '{"incarnation": "life-1", "rooms": {"oak": 100, "elm": 100}, "me": "both"}'
    agent.push.hear(Event("hello", hello, ""), got=it.machine.boottime())
    card, before, size = Card(monkeypatch), written(), 0
    for number in range(int(DAY / TURN)):
        turn(it, number)
        if number == 12:
            size = memory()
    assert all(view["online"] for view in agent.doors.views())
    grown, sent = memory() - size, written() - before
    print(f"{card.writes} writes, {card.bytes / 1e6:.1f} MB in blocks, {sent / 1e6:.1f} MB sent, {grown} kB grown")
    assert card.writes > 300
    assert card.bytes < A_DAY
    assert sent < A_DAY
    assert grown < 3_000
