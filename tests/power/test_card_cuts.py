"""The power of a panel goes at any moment of any write: what it promised is on the card, and nothing is half there.

The journal, the acts under way, the plan and the grants of a door on a card that forgets, tears and reorders what was
not synced (card.py). The same rounds with a program that syncs less must be found out.
"""

import errno
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from random import Random

import pytest

from kiosk import durable
from kiosk.journal import Journal
from kiosk.ledger import CannotSave, Entry, Ledger
from kiosk.storage import Folder
from tests.kiosk.test_journal import NOW, draft
from tests.power.card import Card, PowerGone

CUTS = 2_000
ANEW = 40  # cuts of one card
PLAN = "plan.json"


@dataclass
class Rounds:
    """Rounds of taps on one card. What is `said` was said to people: it is on the card from then on."""

    folder: Path
    rng: Random
    cuts: int = 0
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    said: list[str] = field(default_factory=list)
    owed: dict[str, bool] = field(default_factory=dict)  # False: its outcome came, so it may be there or not
    plan: int = 0
    lost: list[str] = field(default_factory=list)
    unsynced: int = 0

    def run(self, cuts: int) -> None:
        for _ in range(cuts):
            here = self._folder()
            here.mkdir()
            for path in self._folder(-1).iterdir() if self.cuts else ():
                (here / path.name).write_bytes(path.read_bytes())
            with Card(here, self.rng) as card:
                card.cut_at = self.rng.randrange(1, 60)
                with suppress(PowerGone):
                    self.work(here)
            self.unsynced += sum(len(file.pending) for file in card.now.values()) + len(card.pending)
            self.cuts += 1
            left = self._folder()
            left.mkdir()
            card.cut(left)
            self.look(left)
            self.cuts += 1

    def _folder(self, by: int = 0) -> Path:
        return self.folder / str(self.cuts + by)

    def work(self, here: Path) -> None:
        journal, ledger = Journal(Folder(here)), Ledger(here)
        while True:
            self.change(here, journal, ledger)

    def change(self, here: Path, journal: Journal, ledger: Ledger) -> None:
        what = self.rng.random()
        if what < 0.5:
            self.said.append(journal.add(draft(next(self.numbers))).op)
        elif what < 0.6 and (batch := journal.batch()) is not None and batch.entries:
            journal.took(batch.epoch, "life-1", batch.entries[-1].seq, seqs={"oak": 7}, now=NOW)
        elif what < 0.75:
            op = f"act-{next(self.numbers)}"
            ledger.append(Entry(op, "end", NOW, {"op": op, "room": "oak", "expires": "2026-11-20T10:00:00Z"}))
            self.owed[op] = True
        elif what < 0.85 and (unsettled := ledger.unsettled()):
            self.owed[unsettled[0].op] = False
            ledger.settle(unsettled[0].op, "done")
        else:
            number = next(self.numbers)
            durable.write(here / PLAN, json.dumps({"plan": number, "much": "x" * 3000}).encode())
            self.plan = number

    def look(self, here: Path) -> None:
        """As the panel finds it when its power is back."""
        there = {entry.op for entry, _ in Journal(Folder(here)).entries()}
        self.lost += [f"promise {op}" for op in self.said if op not in there]
        owed = {entry.op for entry in Ledger(here).unsettled()}
        self.lost += [f"act {op}" for op, open_ in self.owed.items() if open_ and op not in owed]
        self.said = [op for op in self.said if op in there]
        self.owed = dict.fromkeys(owed, True)
        if self.plan:
            try:
                found = json.loads(durable.read(here / PLAN))["plan"]
                if found < self.plan:
                    self.lost.append(f"plan {self.plan}")
                self.plan = found
            except (OSError, durable.Torn):
                self.lost.append(f"plan {self.plan} torn")


def rounds(folder: Path, seed: int, cuts: int) -> Rounds:
    folder.mkdir()
    it = Rounds(folder, Random(seed))
    it.run(cuts)
    return it


@pytest.mark.heavy
@pytest.mark.timeout(300)
def test_nothing_promised_is_lost_by_power_cuts(tmp_path: Path) -> None:
    done = [rounds(tmp_path / str(seed), seed, ANEW) for seed in range(CUTS // ANEW)]
    promised, unsynced = sum(len(it.said) for it in done), sum(it.unsynced for it in done)
    lost = [(seed, what) for seed, it in enumerate(done) for what in it.lost]
    print(f"card cuts={CUTS} promises={promised} unsynced={unsynced} lost={len(lost)}")
    assert lost == []
    assert min(promised, unsynced) > CUTS


@contextmanager
def forgetful(monkeypatch: pytest.MonkeyPatch, what: str) -> Iterator[None]:
    """A program that does not sync its files, its folder, or that writes over the old file."""
    with monkeypatch.context() as patch:
        if what == "files":
            patch.setattr(Folder, "_append_to", lambda self, handle, data: os.write(handle, data))
        elif what == "folder":
            patch.setattr(durable, "sync_folder", lambda folder: None)
        else:
            patch.setattr(durable, "replace", lambda path, content, keep=None: _over(path, content))
        yield


def _over(path: Path, content: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(handle, content)
        os.fsync(handle)
    finally:
        os.close(handle)


@pytest.mark.heavy
@pytest.mark.parametrize("what", ["files", "folder", "over"])
def test_a_program_that_syncs_less_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    with forgetful(monkeypatch, what):
        assert any(rounds(tmp_path / str(seed), seed, ANEW).lost for seed in range(10))


@pytest.mark.heavy
@pytest.mark.parametrize("error", [errno.EIO, errno.ENOSPC, errno.EROFS])
@pytest.mark.parametrize("for_good", [False, True])
def test_whichever_write_of_the_card_fails_nothing_is_promised_that_is_not_on_it(
    tmp_path: Path, error: int, for_good: bool
) -> None:
    refusals = 0
    for number in range(1, 200):
        here, left = tmp_path / f"{number}", tmp_path / f"{number}-left"
        here.mkdir()
        left.mkdir()
        said: list[str] = []
        with Card(here, Random(number)) as card:
            journal = Journal(Folder(here))
            said.append(journal.add(draft(1)).op)
            card.fail_at, card.for_good, card.error = card.ops + number, for_good, error
            for each in range(2, 6):
                try:
                    said.append(journal.add(draft(each)).op)
                except CannotSave:
                    refusals += 1
            failed, card.fail_at = card.failed, None
            said.append(journal.add(draft(6)).op)  # the card is well again
            assert {entry.op for entry, _ in Journal(Folder(here)).entries()} >= set(said)
            card.cut(left)
        assert {entry.op for entry, _ in Journal(Folder(left)).entries()} >= set(said)
        if not failed:
            break
    assert number < 199
    assert refusals >= number - 1
