"""The plan on the card: torn at every byte, full cards, other rooms, and how often it is written."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from kiosk import durable
from kiosk.budget import BURST
from kiosk.cache import PLAN_EVERY, SOON, Cache, forget_plans
from kiosk.plan import Snapshot

from .makers import at, booking, plan

OLD, NEW = plan(), plan(booking("11:00", "12:00"), seq=101)


def keep(cache: Cache, it: Snapshot, elapsed: float, *, now: bool = False) -> bool:
    return cache.keep_plan(it, as_of=at("10:41"), elapsed=elapsed, now=now)


def loaded(folder: Path, source: str = "s oak") -> Snapshot | None:
    found = Cache(folder, source=source).load_plan()
    return found[0] if found else None


@pytest.fixture
def two(tmp_path: Path) -> Path:
    """A folder with NEW in the newest file and OLD in the one before."""
    cache = Cache(tmp_path, source="s oak")
    keep(cache, OLD, 0)
    keep(cache, NEW, 100)
    return tmp_path


def test_a_plan_comes_back_with_its_cursor_and_when_it_was_right(tmp_path: Path) -> None:
    keep(Cache(tmp_path, source="s oak"), NEW, 0)
    assert Cache(tmp_path, source="s oak").load_plan() == (NEW, at("10:41"))


def test_an_empty_folder_has_no_plan(tmp_path: Path) -> None:
    assert loaded(tmp_path) is None


def test_torn_at_any_byte_the_newest_or_the_one_before_is_found(two: Path) -> None:
    whole = (two / "plan.json").read_bytes()
    for size in range(len(whole)):
        (two / "plan.json").write_bytes(whole[:size])
        assert loaded(two) == OLD, size
    (two / "plan.json").write_bytes(whole)
    assert loaded(two) == NEW


def test_any_flipped_byte_is_noticed(two: Path) -> None:
    whole = (two / "plan.json").read_bytes()
    for place in range(len(whole)):
        broken = bytearray(whole)
        broken[place] ^= 0x10
        (two / "plan.json").write_bytes(bytes(broken))
        assert loaded(two) == OLD, place


def test_with_both_files_torn_there_is_no_plan_and_no_crash(two: Path) -> None:
    for name in ("plan.json", "plan.previous.json"):
        (two / name).write_bytes(b"\x00" * 4096)
    assert loaded(two) is None


def test_a_crash_between_the_two_renames_leaves_the_one_before(two: Path) -> None:
    (two / "plan.json").replace(two / "plan.previous.json")
    assert loaded(two) == NEW


def test_a_torn_newest_file_does_not_push_out_the_good_one_before(two: Path) -> None:
    (two / "plan.json").write_bytes(b"torn")
    cache = Cache(two, source="s oak")
    cache.load_plan()
    keep(cache, replace(NEW, seq=102), 0)
    (two / "plan.json").write_bytes(b"torn again")
    assert loaded(two) == OLD


def test_a_checksummed_file_that_is_no_plan_is_no_plan(two: Path) -> None:
    for data in ([], {}, {"source": "s oak"}, {"source": "s oak", "plan": {}}, {"source": "s oak", "plan": None}):
        for name in ("plan.json", "plan.previous.json"):
            durable.write(two / name, json.dumps(data).encode())
        assert loaded(two) is None


def test_another_servers_and_another_rooms_plan_are_not_shown(two: Path) -> None:
    assert loaded(two, "s elm") is None
    (two / "plan.json").replace(two / "plan-elm.json")
    assert Cache(two, room="elm", source="s oak").load_plan() is None


def test_rooms_have_files_of_their_own_whatever_their_ids_are(tmp_path: Path) -> None:
    ids = ["", "oak", "elm", "oak.previous", "../oak", "Oak", "=oak", "o" * 200, "\N{SNOWMAN}"]
    plans = {room: plan(seq=number) for number, room in enumerate(ids)}
    for room, it in plans.items():
        cache = Cache(tmp_path, room=room, source="s")
        keep(cache, OLD, 0)
        keep(cache, it, 100)
    assert len(list(tmp_path.iterdir())) == 2 * len(ids)
    forget_plans(tmp_path, ids)
    for room, it in plans.items():
        found = Cache(tmp_path, room=room, source="s").load_plan()
        assert found is not None
        assert found[0] == it
    forget_plans(tmp_path, ["elm"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["plan-elm.json", "plan-elm.previous.json"]


def test_an_unchanged_plan_is_not_written_again(tmp_path: Path) -> None:
    cache = Cache(tmp_path, source="s oak")
    assert keep(cache, OLD, 0)
    before = (tmp_path / "plan.json").stat().st_ino
    assert all(keep(cache, OLD, 10.0 * n, now=True) for n in range(1, 100))
    assert keep(cache, replace(OLD), 2000)  # a new snapshot that says the same
    assert (tmp_path / "plan.json").stat().st_ino == before


def test_what_was_loaded_is_not_written_back(two: Path) -> None:
    cache = Cache(two, source="s oak")
    found = cache.load_plan()
    assert found is not None
    before = (two / "plan.json").stat().st_ino
    keep(cache, found[0], 1000)
    assert (two / "plan.json").stat().st_ino == before


def test_changes_are_written_at_most_once_a_second_unless_it_is_the_last_chance(tmp_path: Path) -> None:
    cache = Cache(tmp_path, source="s oak")
    keep(cache, OLD, 0)
    assert not keep(cache, NEW, PLAN_EVERY / 2)
    assert loaded(tmp_path) == OLD
    assert keep(cache, NEW, PLAN_EVERY)
    assert keep(cache, OLD, PLAN_EVERY + 1, now=True)
    assert loaded(tmp_path) == OLD


def test_a_day_of_constant_change_writes_no_more_than_its_budget(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plan of over 100 kB that changes all the time, and the disk only counts."""
    written: list[int] = []
    monkeypatch.setattr(durable, "write", lambda path, body, keep=None: written.append(len(body)) or len(body))
    many = [booking(at("11:00") + n, at("11:00") + n + 1) for n in range(500)]
    cache = Cache(tmp_path, source="s oak")
    for tick in range(86_400 // 30):
        keep(cache, replace(plan(*many), seq=tick), 30.0 * tick)
    assert len(written) > 100
    assert sum(written) < 50_000_000
    assert sum(written) < 40_000_000 + BURST + 300_000


def test_a_full_card_is_no_crash_and_leaves_the_last_plan(two: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = Cache(two, source="s oak")
    cache.load_plan()

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert not keep(cache, replace(NEW, seq=102), 1000)
    assert not keep(cache, replace(NEW, seq=102), 1000 + SOON - 1, now=True)  # not tried every second
    monkeypatch.undo()
    assert loaded(two) == NEW
    assert sorted(path.name for path in two.iterdir()) == ["plan.json", "plan.previous.json"]
    assert keep(cache, replace(NEW, seq=102), 2000)


def test_only_the_panels_own_user_may_read_the_schedule(two: Path) -> None:
    assert (two / "plan.json").stat().st_mode & 0o077 == 0
