"""Puts our recurrence before one judge: what it says of each rule from each start must be what we say.

Where the judge is known to be wrong (`excuses.py`) dateutil is asked in its place, where that is not known to be.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from server.core.recurrence.read import rule_of
from tests.core.recurring import asks_too_much, by_dateutil
from tests.oracle import libical
from tests.oracle.cases import MOST, Case, Drawn, Expand
from tests.oracle.excuses import LIBICAL, RRULE, asked, excuse
from tests.oracle.node import Node

EMPTY = "month or year that never has a date"
Question = tuple[str, datetime, datetime]


@dataclass
class Verdicts:
    """What came of it: starts compared with the judge, excused and compared with dateutil, compared with nobody."""

    judge: str
    agreed: int = 0
    by_dateutil: int = 0
    by_nobody: int = 0
    dates: int = 0
    excused: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    @property
    def starts(self) -> int:
        return self.agreed + self.by_dateutil + self.by_nobody + len(self.wrong)

    def __str__(self) -> str:
        excuses = "; ".join(f"{count} {name}" for name, count in self.excused.most_common())
        return (
            f"{self.judge}: {self.starts} starts, {self.agreed} agree ({self.dates} dates), "
            f"{self.by_dateutil} excused and left to dateutil, {self.by_nobody} to nobody, {len(self.wrong)} wrong"
            + (f"\n  excused: {excuses}" if excuses else "")
        )


class Court:
    """One judge at work; `expand` is what is judged in the place of ours."""

    def __init__(self, judge: str, node: Node | None = None, expand: Expand | None = None) -> None:
        """`node` is needed for rrule.js."""
        self._judge = judge
        self._node = node
        self._expand = expand
        self.verdicts = Verdicts(judge)

    def judge(self, drawn: Drawn) -> Verdicts:
        """Each rule from each of its starts."""
        for _, some in drawn:
            known, ours = [], {}
            for case in some:
                ours[id(case)] = self._ours(case)
                found = excuse(self._judge, case.draft, case.start)
                if found or self._too_long(case, ours[id(case)]):
                    self.verdicts.excused[found.name if found else EMPTY] += 1
                    self._leave_to_dateutil(case, ours[id(case)])
                else:
                    known.append(case)
            for case, walls in zip(known, answers(self._judge, known, self._node), strict=True):
                self.verdicts.agreed += self._agrees(self._judge, case, ours[id(case)], walls)
                self.verdicts.dates += len(walls)
        return self.verdicts

    def _ours(self, case: Case) -> list[datetime]:
        return case.walls if self._expand is None else case.walls_by(self._expand)

    def _too_long(self, case: Case, ours: list[datetime]) -> bool:
        """Where we find nothing, a second goes by until libical, on its way to the year 20000, says so too."""
        empty = not ours or (case.keep_first and ours == [case.start])
        return empty and self._judge == LIBICAL and case.draft.freq in ("MONTHLY", "YEARLY")

    def _leave_to_dateutil(self, case: Case, ours: list[datetime]) -> None:
        rule = rule_of(case.draft.text(case.floating), "UTC")
        if asks_too_much(rule):
            self.verdicts.by_nobody += 1
            return
        walls = by_dateutil(rule, case.start, case.ending + timedelta(seconds=1))
        self.verdicts.by_dateutil += self._agrees("dateutil", case, ours, walls)

    def _agrees(self, judge: str, case: Case, ours: list[datetime], walls: list[datetime]) -> bool:
        """Whether we say what a judge says; with `keep_first` the start is a date in any case."""
        expected = sorted({case.start, *walls})[:MOST] if case.keep_first else walls[:MOST]
        if ours != expected:
            more, less = (sorted(set(a) - set(b))[:4] for a, b in ((ours, expected), (expected, ours)))
            self.verdicts.wrong.append(
                f"{case}\n  {judge}: we have {len(ours)}, it {len(expected)}; only we {[*map(str, more)]}; "
                f"only it {[*map(str, less)]}"
            )
        return ours == expected


def answers(judge: str, cases: Sequence[Case], node: Node | None) -> list[list[datetime]]:
    """What the judge says of each: at most MOST walls."""
    questions = [question(judge, case) for case in cases]
    if judge == LIBICAL:
        return [libical.walls(*each, MOST) for each in questions]
    assert judge == RRULE
    assert node is not None
    # Those that were asked from an earlier start, or give a date twice, have more to tell before they come to the last.
    most = 3 * MOST if cases and cases[0].draft.has("BYSETPOS") else MOST
    return [_heard(case, walls) for case, walls in zip(cases, node.walls(questions, most), strict=True)]


def question(judge: str, case: Case) -> Question:
    """What the judge is asked: the rule's text with UNTIL floating, its start, and the horizon."""
    draft, start = asked(judge, case.draft, case.start)
    return draft.text(case.floating), start, case.horizon


def _heard(case: Case, walls: list[datetime]) -> list[datetime]:
    """What the answer comes to where it was asked from an earlier start and without COUNT."""
    return sorted({wall for wall in walls if wall >= case.start})[: min(MOST, case.draft.count or MOST)]
