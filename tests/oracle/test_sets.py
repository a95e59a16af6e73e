"""Rules together with dates given and dates left out, against both judges."""

from datetime import datetime, timedelta
from random import Random

from server.core.recurrence import parse, walls
from tests.oracle import libical
from tests.oracle.drafts import FINE, Draft, drafts
from tests.oracle.excuses import LIBICAL, RRULE, asked, excuse
from tests.oracle.node import Node

SEED = 5546
STARTS = (datetime(2024, 2, 29, 9), datetime(2026, 3, 29, 2, 30), datetime(2027, 12, 31, 23, 59, 59))


def plain(draft: Draft, start: datetime) -> bool:
    """True where both judges take the rule as it stands."""
    if draft.freq in FINE or draft.reach or any(excuse(judge, draft, start) for judge in (LIBICAL, RRULE)):
        return False
    free = draft.tidy
    return asked(LIBICAL, draft, start) == (free, start) == asked(RRULE, draft, start)


def drawn() -> list[tuple[list[str], datetime]]:
    """Content lines and the start they belong to."""
    rng = Random(SEED)
    out = []
    for number, draft in enumerate(drafts(SEED, 250)):
        start = STARTS[number % len(STARTS)]
        if not plain(draft, start):
            continue
        rule = f"RRULE:{draft.tidy.text()}"
        pattern = parse([rule], start, "UTC", keep_first=True)
        given = list(walls(pattern, start + timedelta(days=700)))
        near = [start + timedelta(days=rng.randint(0, 600), hours=rng.choice((0, 0, 3))) for _ in range(6)]
        lines = [rule, _dates("RDATE", near[:4]), _dates("EXDATE", [*near[3:], *given[1:12:3]])]
        if rng.random() < 0.4:
            lines.append(f"EXRULE:FREQ=MONTHLY;BYMONTHDAY={rng.randint(1, 28)},{rng.randint(1, 28)}")
        out.append((lines, start))
    return out


def _dates(name: str, some: list[datetime]) -> str:
    return f"{name}:" + ",".join(f"{wall:%Y%m%dT%H%M%S}" for wall in sorted(set(some)))


def test_rules_with_dates_given_and_left_out_make_the_set_the_judge_makes(judge: str, node: Node) -> None:
    compared = 0
    for lines, start in drawn():
        before = start + timedelta(days=700)
        if judge == LIBICAL:
            # It leaves an EXRULE at its first date before the one in question (icalproperty_recurrence_is_excluded).
            lines = [line for line in lines if not line.startswith("EXRULE")]
        ours = list(walls(parse(lines, start, "UTC", keep_first=True), before))
        # The start is a date for us also where the rule does not give it; neither judge says so by itself.
        given = [*lines, _dates("RDATE", [start])]
        theirs = (libical if judge == LIBICAL else node).component_walls(given, start, before)
        assert ours == theirs, f"{lines} from {start}"
        compared += 1
    assert compared > 60
