"""Rules drawn from a seed give what libical gives and what rrule.js gives, from starts around the clocks' changes."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, time

import pytest

from server.core.recurrence import Pattern, Rule, walls
from tests.oracle.cases import Case, Drawn, cases
from tests.oracle.conftest import SEED
from tests.oracle.court import Court, Verdicts, answers
from tests.oracle.drafts import FINE, LEGAL, drafts
from tests.oracle.excuses import EXCUSES, LIBICAL, RRULE, excuse
from tests.oracle.icu import Zone
from tests.oracle.node import Node

Mend = Callable[[Rule], Rule]


def check(verdicts: Verdicts) -> None:
    """That nothing is wrong, and that the judge was not excused from most of its work."""
    assert not verdicts.wrong, "\n".join([str(verdicts), *verdicts.wrong[:10]])
    asked, least = verdicts.agreed / verdicts.starts, 0.9 if verdicts.judge == RRULE else 0.65
    assert asked > least, f"{asked:.0%} were put before the judge: {verdicts}"
    assert verdicts.by_nobody < 0.03 * verdicts.starts, str(verdicts)
    assert verdicts.dates > 15 * verdicts.agreed, f"most gave no date: {verdicts}"


@pytest.mark.heavy
@pytest.mark.timeout(600)
def test_500_rules_in_30_zones_give_what_the_judge_gives(
    judge: str, node: Node, in_thirty_zones: Drawn, say: Callable[[object], None]
) -> None:
    verdicts = Court(judge, node).judge(in_thirty_zones)
    say(f"500 rules of seed {SEED} in 30 zones, {verdicts}")
    check(verdicts)


@pytest.mark.heavy
def test_nearly_every_start_is_put_before_one_of_both_judges_and_most_before_both(in_thirty_zones: Drawn) -> None:
    excuses = [
        sum(excuse(judge, draft, case.start) is not None for judge in (LIBICAL, RRULE))
        for draft, some in in_thirty_zones
        for case in some
    ]
    assert excuses.count(2) < 0.04 * len(excuses)
    assert excuses.count(0) > 0.7 * len(excuses)


@pytest.mark.soak
def test_2000_rules_in_all_zones_give_what_the_judge_gives(
    judge: str, node: Node, all_zones: list[Zone], say: Callable[[object], None]
) -> None:
    verdicts = Court(judge, node).judge(cases(drafts(SEED + 1, 2000), all_zones, SEED + 1, each=30))
    say(f"2,000 rules of seed {SEED + 1} in {len(all_zones)} zones, each rule in 30 of them, {verdicts}")
    check(verdicts)


def test_a_few_rules_give_what_the_judge_gives(judge: str, node: Node, thirty_zones: list[Zone]) -> None:
    verdicts = Court(judge, node).judge(cases(drafts(SEED + 2, 100), thirty_zones, SEED, each=2))
    assert not verdicts.wrong, "\n".join(verdicts.wrong)
    assert verdicts.agreed > 100


@pytest.mark.parametrize(
    "planted",
    [
        pytest.param(lambda rule: replace(rule, week_start=0), id="every week begins on Monday"),
        pytest.param(lambda rule: replace(rule, positions=()), id="BYSETPOS is not read"),
        pytest.param(
            lambda rule: replace(rule, month_days=tuple(day if day > 0 else 32 + day for day in rule.month_days)),
            id="days from the end count from the 31st",
        ),
    ],
)
def test_a_planted_fault_is_found(judge: str, node: Node, thirty_zones: list[Zone], planted: Mend) -> None:
    def faulty(pattern: Pattern, before: datetime) -> Iterator[datetime]:
        return walls(replace(pattern, rules=tuple(map(planted, pattern.rules))), before)

    court = Court(judge, node, faulty)
    verdicts = court.judge(cases(drafts(SEED + 2, 100), thirty_zones, SEED, each=2))
    assert [it for it in verdicts.wrong if f"\n  {judge}: " in it], f"{judge} found nothing: {verdicts}"


@pytest.fixture
def hurried(judge: str, request: pytest.FixtureRequest) -> Iterator[Node]:
    """A node that gives up soon."""
    node = Node(limit=2)
    if judge == RRULE:
        node.load(request.getfixturevalue("rrule_bundle"))
    yield node
    node.stop()


def answered(judge: str, case: Case, node: Node) -> list[datetime] | None:
    """What the judge says where it should not be asked; None where it finds no end."""
    try:
        return answers(judge, [case], node)[0]
    except ValueError as error:
        if "timed out" not in str(error):
            raise
        return None


@pytest.mark.heavy
@pytest.mark.timeout(600)
def test_no_judge_is_excused_for_what_it_can(judge: str, hurried: Node, thirty_zones: list[Zone]) -> None:
    needed = {it.name for it in EXCUSES if it.judge == judge}
    idle = set(needed)
    for number, (draft, (drawn,)) in enumerate(cases(drafts(SEED + 3, 6000), thirty_zones, SEED, each=1)):
        start = drawn.start if number % 2 else datetime.combine(drawn.start, time())
        case = replace(drawn, start=start, keep_first=False)
        found = excuse(judge, draft, start)
        if found and found.name in idle and case.walls != answered(judge, case, hurried):
            idle.discard(found.name)
    # The one is pinned; another libical than 3.0.16 may have learnt something.
    assert len(idle) <= (0 if judge == RRULE else len(needed) // 2), idle


def test_the_rules_drawn_have_every_part_that_goes_with_each_frequency() -> None:
    drawn = drafts(SEED, 500)
    assert len({draft.text() for draft in drawn}) > 480
    within_day = [draft for draft in drawn if draft.freq in FINE]
    assert {name for draft in within_day for name in draft.names()} >= {*LEGAL["HOURLY"], "BYSETPOS"}
    for freq in ("DAILY", "WEEKLY", "MONTHLY", "YEARLY"):
        those = [draft for draft in drawn if draft.freq == freq]
        assert {name for draft in those for name in draft.names()} >= set(LEGAL[freq]), freq
        assert sum(draft.has("BYSETPOS") for draft in those) >= 5, freq
        assert {draft.interval > 1 for draft in those} == {True, False}, freq
        assert any(draft.count for draft in those)
        assert any(draft.reach for draft in those)
        assert len({draft.week_start for draft in those}) > 3
    numbers = {name: {n for draft in drawn for n in draft.parts.get(name, ())} for name in LEGAL["YEARLY"]}
    assert {29, 31, -1, -31} <= numbers["BYMONTHDAY"]
    assert {60, 366, -1, -366} <= numbers["BYYEARDAY"]
    assert {1, 2, 53, -1} <= numbers["BYWEEKNO"]
    assert {n for draft in drawn for n, _ in draft.days} >= {0, 1, 2, 5, -1, -2, -5}
