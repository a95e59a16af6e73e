"""Tests for reading a door's journal: its chain, when things were, and where a walk-in comes to lie."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from server.core.errors import Invalid
from server.core.intake import AHEAD, OLDEST, OWNED, Entry, entry_of, hashed, lay, placed, reading, tapped
from server.core.model import Standing

WALL = "2026-11-20T09:00:00Z"
AT = 1_795_165_200
NOW = AT + 3_600


def said(seq: int = 1, prev: str = "", **more: Any) -> dict[str, Any]:
    """An entry as a device sends it."""
    out = {
        "seq": seq, "op": f"op-number-{seq}", "act": "book", "room": "oak", "start": WALL,
        "end": "2026-11-20T09:30:00Z", "grade": "confirmed", "grant": {"incarnation": "life", "version": 3},
        "boot": "boot-1", "mono": 1_200.25, "wall": WALL, "clock": "verified", "prev": prev, **more,
    }  # fmt: skip
    return {**out, "hash": hashed(out)}


def chain(count: int, **more: Any) -> list[Entry]:
    out: list[Entry] = []
    for seq in range(1, count + 1):
        out.append(entry_of(said(seq, out[-1].hash if out else "", **more)))
    return out


def kinds(*args: Any) -> list[str]:
    return [each.kind for each in reading(*args).entries]


def test_the_hash_is_of_all_that_was_sent_and_of_nothing_but_that() -> None:
    sent = said(later_field="ä")
    again = json.loads(json.dumps(sent))
    assert entry_of(again).sound
    assert hashed(again) == sent["hash"]
    assert not entry_of({**sent, "end": "2026-11-20T10:30:00Z"}).sound


def test_an_entry_is_read_in_whole_seconds() -> None:
    entry = entry_of(said())
    assert (entry.wall, entry.start, entry.end) == (AT, AT, AT + 1_800)
    assert (entry.incarnation, entry.version, entry.fault) == ("life", 3, "")


@pytest.mark.parametrize(
    ("fault", "more"),
    [
        ("act", {"act": "dance"}),
        ("wall", {"wall": "soon"}),
        ("start", {"start": None}),
        ("start", {"start": "2026-11-20T09:15:01Z"}),
        ("end", {"end": WALL}),
        ("end", {"end": "2026-11-21T09:00:01Z"}),
        ("end", {"act": "extend", "of": "x", "end": "2026-11-20T08:00:00Z"}),
        ("of", {"act": "end", "booking": ""}),
        ("booking", {"act": "here", "booking": 7}),
    ],
)
def test_what_makes_no_sense_is_a_fault_and_no_refusal(fault: str, more: dict[str, Any]) -> None:
    assert entry_of(said(**more)).fault == fault


@pytest.mark.parametrize(
    "spoil",
    [
        lambda it: it.pop("seq"),
        lambda it: it.update(seq=0),
        lambda it: it.update(seq=True),
        lambda it: it.update(op="short"),
        lambda it: it.update(hash=None),
        lambda it: it.update(deep=[1]),
        lambda it: it.update(grant={"incarnation": {}}),
    ],
)
def test_what_cannot_even_be_kept_is_invalid(spoil: Callable[[dict[str, Any]], object]) -> None:
    sent = said()
    spoil(sent)
    with pytest.raises(Invalid):
        entry_of(sent)


def test_new_entries_are_taken_in_order() -> None:
    batch = chain(3)
    found = reading(batch, 1, 0, "", {})
    assert [each.kind for each in found.entries] == ["new", "new", "new"]
    assert (found.applied, found.last, found.gap) == (3, batch[2].hash, False)


def test_entries_that_come_again_are_known_by_their_hash() -> None:
    batch = chain(3)
    known = {1: {batch[0].hash}, 2: {batch[1].hash}}
    assert kinds(batch, 1, 2, batch[1].hash, known) == ["again", "again", "new"]


def test_a_number_that_is_taken_by_another_hash_is_a_fork_and_taken_too() -> None:
    mine, other = chain(2), chain(2, boot="boot-2")
    known = {each.seq: {each.hash} for each in mine}
    found = reading(other, 1, 2, mine[1].hash, known)
    assert found.forked
    assert [each.kind for each in found.entries] == ["fork", "fork"]
    assert (found.applied, found.last) == (2, mine[1].hash)


def test_an_entry_that_does_not_follow_from_the_one_before_is_a_fork_and_moves_the_journal_on() -> None:
    batch = chain(2)
    stranger = entry_of(said(3, "0" * 64))
    found = reading([stranger], 1, 2, batch[1].hash, {})
    assert found.forked
    assert (found.applied, found.last) == (3, stranger.hash)


def test_an_entry_whose_hash_is_not_its_own_is_a_fork() -> None:
    entry = entry_of({**said(), "end": "2026-11-20T10:30:00Z"})
    assert kinds([entry], 1, 0, "", {}) == ["fork"]


def test_what_is_missing_and_still_on_the_card_is_waited_for() -> None:
    batch = chain(4)
    found = reading(batch[2:], 1, 1, batch[0].hash, {})
    assert found.gap
    assert (found.entries, found.applied) == ((), 1)


def test_what_is_missing_and_gone_from_the_card_is_not_waited_for() -> None:
    batch = chain(4)
    found = reading(batch[2:], 3, 1, batch[0].hash, {})
    assert [each.kind for each in found.entries] == ["new", "new"]
    assert found.applied == 4


def test_nothing_is_taken_beyond_a_hole() -> None:
    batch = chain(4)
    found = reading([batch[0], batch[1], batch[3]], 1, 0, "", {})
    assert (len(found.entries), found.applied) == (2, 2)


def test_an_entry_that_was_taken_and_is_not_known_any_more_is_new() -> None:
    batch = chain(2)
    found = reading(batch, 1, 7, "x", {})
    assert ([each.kind for each in found.entries], found.applied) == (["new", "new"], 7)


def test_an_empty_batch_says_how_far_the_journal_is_taken() -> None:
    assert reading([], 1, 7, "x", {}).applied == 7


def test_a_verified_clock_is_believed() -> None:
    entry = entry_of(said())
    assert placed(entry, NOW, "another boot", 1.0) == (AT, AT + 1_800)


def test_no_clock_is_believed_that_is_ahead_of_now() -> None:
    entry = entry_of(
        said(
            grade="not_confirmed",
        )
    )
    assert placed(entry, AT - AHEAD, "another boot", 1.0) == (AT, AT + 1_800)
    assert placed(entry, AT - AHEAD - 1, "another boot", 1.0) is None


def test_what_a_door_confirmed_of_its_own_time_counts_as_it_was_told_whatever_its_clock_says() -> None:
    entry = entry_of(said())
    assert placed(entry, AT - OWNED, "another boot", 1.0) == (AT, AT + 1_800)
    assert placed(entry, AT - OWNED - 1, "another boot", 1.0) is None


def test_an_unverified_time_is_worked_out_from_the_seconds_of_the_boot() -> None:
    entry = entry_of(said(clock="unverified", start="2026-11-20T09:00:10Z"))
    assert placed(entry, NOW + 86_400, "boot-1", 1_300.75) == (NOW + 86_400 - 90, NOW + 86_400 - 100 + 1_800)


@pytest.mark.parametrize(("boot", "mono"), [("boot-2", 1_300.0), ("", 1_300.0), ("boot-1", 1_200.0)])
def test_what_another_boot_has_counted_tells_nothing(boot: str, mono: float) -> None:
    assert placed(entry_of(said(clock="unverified")), NOW, boot, mono) is None


def test_what_is_too_old_has_no_place() -> None:
    entry = entry_of(said())
    assert tapped(entry, AT + OLDEST - 1, "", 0.0) == AT
    assert tapped(entry, AT + OLDEST, "", 0.0) is None


def test_a_walk_in_into_free_time_is_what_it_was_promised() -> None:
    found = lay(100, 200, [(0, 100, "a"), (200, 300, "b")], ((300, 400),))
    assert (found.kept, found.standing, found.met) == ((100, 200), Standing.ACCEPTED, ())


def test_a_walk_in_ends_where_something_else_begins() -> None:
    found = lay(100, 200, [(180, 300, "b"), (150, 160, "a")], ())
    assert (found.kept, found.standing, found.met) == ((100, 150), Standing.ACCEPTED, ("a", "b"))


@pytest.mark.parametrize("low", [50, 100])
def test_a_walk_in_into_what_runs_already_holds_nothing(low: int) -> None:
    found = lay(100, 200, [(low, 101, "a")], ())
    assert (found.standing, found.met) == (Standing.CONFLICT, ("a",))


def test_the_time_of_another_door_is_a_risk_only_as_far_as_the_walk_in_goes() -> None:
    assert lay(100, 200, [], ((190, 300),)).standing is Standing.AT_RISK
    assert lay(100, 200, [(180, 210, "a")], ((190, 300),)).standing is Standing.ACCEPTED
