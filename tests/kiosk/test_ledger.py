"""Taps on the card before they are sent: crashes at every byte, full cards, and what stays after a restart."""

import os
from pathlib import Path

import pytest

from kiosk import durable
from kiosk.ledger import REWRITE_AT, CannotSave, Entry, Ledger


def entry(number: int) -> Entry:
    op = f"00000000-0000-4000-8000-{number:012}"
    return Entry(op, "book", 2_000_000_000, {"op": op, "act": "book", "room": "oak", "minutes": 15})


ONE, TWO, THREE = entry(1), entry(2), entry(3)


def ops(folder: Path) -> list[Entry]:
    return Ledger(folder).unsettled()


def test_an_act_is_there_after_a_restart_until_its_outcome_is_known(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.append(ONE)
    ledger.append(TWO)
    assert ops(tmp_path) == [ONE, TWO]
    ledger.settle(ONE.op, "done")
    assert ledger.unsettled() == ops(tmp_path) == [TWO]


def test_it_is_on_the_card_before_append_returns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[bytes] = []
    monkeypatch.setattr(os, "fsync", lambda handle: synced.append((tmp_path / "ledger.jsonl").read_bytes()))
    Ledger(tmp_path).append(ONE)
    assert ONE.op.encode() in synced[0]
    assert len(synced) == 2  # the file, and the folder that now holds it


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the waiting for the disk, for loops over every byte."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)


@pytest.mark.usefixtures("quick")
def test_cut_at_any_byte_whole_lines_stay_and_the_rest_is_set_aside(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    lengths = []
    for one in (ONE, TWO, THREE):
        ledger.append(one)
        lengths.append((tmp_path / "ledger.jsonl").stat().st_size)
    whole = (tmp_path / "ledger.jsonl").read_bytes()
    for size in range(len(whole) + 1):
        folder = tmp_path / str(size)
        folder.mkdir()
        (folder / "ledger.jsonl").write_bytes(whole[:size])
        kept = sum(length <= size for length in lengths)
        assert ops(folder) == [ONE, TWO, THREE][:kept]
        aside = folder / "ledger.torn-1.jsonl"
        assert aside.exists() == (size not in [0, *lengths])
        assert not aside.exists() or aside.read_bytes() == whole[:size]
        # And the next tap after it is not swallowed by the torn line.
        Ledger(folder).append(entry(9))
        assert ops(folder) == [*[ONE, TWO, THREE][:kept], entry(9)]


@pytest.mark.usefixtures("quick")
def test_a_flipped_byte_costs_at_most_its_own_line_or_two_where_it_joins_them(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    for one in (ONE, TWO, THREE):
        ledger.append(one)
    whole = (tmp_path / "ledger.jsonl").read_bytes()
    for place in range(len(whole)):
        broken = bytearray(whole)
        broken[place] ^= 0x04
        (tmp_path / "ledger.jsonl").write_bytes(bytes(broken))
        joined = whole[place] == 10 and place < len(whole) - 1
        kept = [one.op for one in ops(tmp_path)]
        assert len(kept) == (1 if joined else 2)
        assert set(kept) < {ONE.op, TWO.op, THREE.op}


def test_rubbish_is_set_aside_and_not_more_than_five_times(tmp_path: Path) -> None:
    for number in range(8):
        (tmp_path / "ledger.jsonl").write_bytes(b"\xff\x00rubbish %d\n" % number)
        assert ops(tmp_path) == []
    assert len(list(tmp_path.glob("ledger.torn-*.jsonl"))) == 5


def test_a_torn_line_that_could_not_be_cleared_away_does_not_swallow_the_next_act(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Ledger(tmp_path).append(ONE)
    whole = (tmp_path / "ledger.jsonl").read_bytes()
    (tmp_path / "ledger.jsonl").write_bytes(whole + whole[:30])

    def full(path: Path, content: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(durable, "replace", full)
    ledger = Ledger(tmp_path)
    monkeypatch.undo()
    ledger.append(TWO)
    assert ops(tmp_path) == [ONE, TWO]


def test_a_full_card_promises_nothing_and_leaves_no_half_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = Ledger(tmp_path)
    ledger.append(ONE)
    real = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: real(handle, data[:20]))
    with pytest.raises(CannotSave):
        ledger.append(TWO)
    monkeypatch.undo()
    assert ledger.unsettled() == ops(tmp_path) == [ONE]
    ledger.append(THREE)
    assert ops(tmp_path) == [ONE, THREE]


def test_a_card_that_cannot_sync_promises_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = Ledger(tmp_path)

    def broken(handle: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(CannotSave):
        ledger.append(ONE)
    monkeypatch.undo()
    assert ledger.unsettled() == ops(tmp_path) == []


def test_a_card_that_went_read_only_does_not_hide_an_outcome(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.append(ONE)
    (tmp_path / "ledger.jsonl").unlink()
    (tmp_path / "ledger.jsonl").mkdir()
    ledger.settle(ONE.op, "done")
    assert ledger.unsettled() == []


@pytest.mark.usefixtures("quick")
def test_settled_acts_do_not_pile_up(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.append(ONE)
    for number in range(10, 600):
        ledger.append(entry(number))
        ledger.settle(entry(number).op, "done")
    assert (tmp_path / "ledger.jsonl").stat().st_size < REWRITE_AT + 1000
    assert ledger.unsettled() == ops(tmp_path) == [ONE]
    assert (tmp_path / "ledger.jsonl").stat().st_size < 300  # rewritten at the restart
