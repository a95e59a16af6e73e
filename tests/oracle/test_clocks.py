"""Each date lies at the instant at which ICU shows its wall time: in the gap later by the gap, in the fold first."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

import pytest

from server.core import zone as zones
from server.core.recurrence import Length, Occurrence, Pattern, Rule, occurrences
from server.core.recurrence import walls as our_walls
from tests.oracle.cases import Case, Drawn, cases
from tests.oracle.conftest import SEED
from tests.oracle.drafts import drafts
from tests.oracle.icu import DAY, LAST, Change, Zone, all_placed, differing, placed
from tests.oracle.node import Node, stamp, wall_of

# Governments change their clocks; of the two sets of data one is the newer.
MOST_OTHER = 0.2
HOUR, ALL_DAY = Length(0, 3600), Length(1, 0)


def spoken(found: Iterable[Occurrence]) -> list[tuple[int, int, int]]:
    """(wall, start, end) in seconds."""
    return [(stamp(it.wall), int(it.period.start.timestamp()), int(it.period.end.timestamp())) for it in found]


def misplaced(case: Case, length: Length) -> tuple[int, list[tuple[int, int, int]]] | None:
    """How many dates were placed and those that lie elsewhere than ICU says; None where its data is another."""
    if case.pattern is None:
        return 0, []
    last = min(stamp(case.ending), LAST - 400 * DAY)
    known = [stamp(wall) for wall in case.walls if stamp(wall) <= last]
    if not all(case.zone.knows(each) for each in [*known, last]):
        return None
    before = all_placed(case.zone, last)
    expected = placed(case.zone, known, length, before)
    ours = spoken(occurrences(case.pattern, case.zone.name, length, datetime.fromtimestamp(before, UTC)))
    return len(expected), sorted(set(ours) ^ set(expected))


def check(drawn: Drawn, say: Callable[[object], None], what: str) -> None:
    """That all are placed as ICU does, and that nearly all could be compared."""
    starts = dates = unplaced = 0
    wrong = []
    for _, some in drawn:
        for number, case in enumerate(some):
            starts += 1
            found = misplaced(case, (HOUR, ALL_DAY)[number % 2])
            if found is None:
                unplaced += 1
                continue
            dates += found[0]
            wrong += [f"{case}: {found[1][:4]}"] if found[1] else []
    say(f"{what}: {starts} starts, {dates} dates placed as ICU does, {unplaced} starts where its data is another")
    assert not wrong, "\n".join(wrong[:10])
    assert dates > 10 * starts
    assert unplaced < MOST_OTHER * starts


@pytest.mark.heavy
@pytest.mark.timeout(600)
def test_500_rules_in_30_zones_lie_where_icu_says(in_thirty_zones: Drawn, say: Callable[[object], None]) -> None:
    check(in_thirty_zones, say, f"500 rules of seed {SEED} in 30 zones")


@pytest.mark.soak
def test_2000_rules_in_all_zones_lie_where_icu_says(all_zones: list[Zone], say: Callable[[object], None]) -> None:
    drawn = cases(drafts(SEED + 1, 2000), all_zones, SEED + 1, each=30)
    check(drawn, say, f"2,000 rules of seed {SEED + 1} in {len(all_zones)} zones, each rule in 30 of them")


def around(change: Change) -> list[datetime]:
    """Wall times shortly before, in and after a change."""
    low, high = change.walls
    return [wall_of(wall) for wall in (low - 1, low, (low + high) // 2, high - 1, high)]


def days_over(wall: datetime) -> Pattern:
    """Each day at that time, from two days before to two after."""
    return Pattern(wall - timedelta(days=2), (Rule("DAILY", count=5),))


def read_back(node: Node, it: Zone, change: Change) -> list[str]:
    """What is wrong about a daily series whose times lie around a change, by what ICU's clock shows."""
    wrong = []
    for wall in around(change):
        pattern = days_over(wall)
        dates = list(our_walls(pattern, datetime(2050, 1, 1)))
        starts = [int(zones.instant(each, it.name).timestamp()) for each in dates]
        shown = node.shown(it.name, starts)
        earlier = node.shown(it.name, [start - (change.before - change.after) for start in starts])
        for date, start, now, then in zip(dates, starts, shown, earlier, strict=True):
            in_gap = change.is_gap and change.walls[0] <= stamp(date) < change.walls[1]
            expected = stamp(date) + (change.after - change.before if in_gap else 0)
            if now != expected or (not change.is_gap and then == now):
                wrong.append(f"{date} in {it.name} at {datetime.fromtimestamp(start, UTC)} shows {wall_of(now)}")
    return wrong


def all_changes(node: Node, some: list[Zone]) -> tuple[int, int, list[str]]:
    """How many changes were read back, how many not for other data, and what is wrong."""
    wrong, read, other = [], 0, 0
    for it in some:
        for change in it.changes:
            if it.knows(change.at):
                read += 1
                wrong += read_back(node, it, change)
            else:
                other += 1
    return read, other, wrong


def test_at_each_change_of_30_zones_the_clock_of_icu_shows_the_dates_time(
    node: Node, thirty_zones: list[Zone], say: Callable[[object], None]
) -> None:
    read, other, wrong = all_changes(node, thirty_zones)
    say(f"{read} changes of 30 zones read back by ICU {node.about['tz']}, {other} not for other data")
    for each in differing(thirty_zones):
        say(f"  other data: {each}")
    assert not wrong, "\n".join(wrong[:10])
    assert read > 150
    assert other < MOST_OTHER * read, differing(thirty_zones)


@pytest.mark.soak
def test_at_each_change_of_every_zone_the_clock_of_icu_shows_the_dates_time(
    node: Node, all_zones: list[Zone], say: Callable[[object], None]
) -> None:
    read, other, wrong = all_changes(node, all_zones)
    say(f"{read} changes of {len(all_zones)} zones read back by ICU, {other} not for other data")
    assert not wrong, "\n".join(wrong[:10])
    assert len(all_zones) > 400
    assert other < MOST_OTHER * read, differing(all_zones)


@pytest.mark.parametrize("fold", [0, 1], ids=["the fold means the second hour", "the gap goes back"])
def test_a_planted_fault_of_the_clock_is_found(
    node: Node, thirty_zones: list[Zone], monkeypatch: pytest.MonkeyPatch, fold: int
) -> None:
    def faulty(wall: datetime, name: str) -> datetime:
        late = wall.replace(tzinfo=zones.zone(name), fold=1).astimezone(UTC)
        early = wall.replace(tzinfo=zones.zone(name), fold=0).astimezone(UTC)
        return max(late, early) if fold == 0 else min(late, early)

    monkeypatch.setattr(zones, "instant", faulty)
    berlin = [it for it in thirty_zones if it.name == "Europe/Berlin"]
    assert all_changes(node, berlin)[2]
