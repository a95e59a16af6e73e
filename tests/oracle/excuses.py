"""Where a judge is known to be wrong: which rules, and why. Each is a question about the rule, never about the answer.

Found by comparison and by reading libical 3.0.16 (`icalrecur.c`) and rrule.js 2.8.1; quotations are of RFC 5545,
section 3.3.10. A rule that a judge is excused from is put before dateutil and before the other judge.
Where a judge would say the right thing if only it were asked in other words, it is: see `asked`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from math import prod

from tests.oracle.drafts import FINE, TIMES, Draft

LIBICAL, RRULE = "libical", "rrule.js"
_SECONDS = {"BYHOUR": 3600, "BYMINUTE": 60, "BYSECOND": 1}
_OWN = {"HOURLY": "BYHOUR", "MINUTELY": "BYMINUTE", "SECONDLY": "BYSECOND"}


@dataclass(frozen=True)
class Excuse:
    """Rules that a judge is not asked about, some only from some starts."""

    judge: str
    name: str
    why: str
    applies: Callable[[Draft, datetime], bool]


def excuse(judge: str, draft: Draft, start: datetime) -> Excuse | None:
    """The first excuse that the judge has for the rule."""
    return next((it for it in EXCUSES if it.judge == judge and it.applies(draft, start)), None)


def asked(judge: str, draft: Draft, start: datetime) -> tuple[Draft, datetime]:
    """The rule and the start as the judge is asked: lists in order, and what it leaves unread written out.

    - BYWEEKNO alone: the start's weekday ("information, not contained in the rule … is derived from DTSTART"). As they
      are asked otherwise rrule.js, like dateutil, gives the whole week; libical adds two days of the year instead of
      subtracting them (expand_year_days) and writes outside its table.
    - BYMONTHDAY of a yearly rule without BYMONTH: every month ("Expand" in the RFC's table). libical takes the start's
      month alone, though with BYDAY in the same place it takes the whole year.
    - BYSETPOS of a week: the set is that of the whole week, also where the start lies within it. rrule.js, like
      dateutil, counts in what is left from the start's day on; so it is asked from the beginning of the week, and
      whoever asks drops what lies before the start.
    - BYSETPOS=1,-1 where both name one date: a set has it once. rrule.js gives and counts it twice; so it is asked
      without COUNT, and whoever asks drops the second and counts.
    """
    draft = draft.tidy
    if draft.has("BYWEEKNO") and not draft.has("BYDAY", "BYMONTHDAY", "BYYEARDAY"):
        draft = replace(draft, days=((0, start.weekday()),))
    if judge == LIBICAL and _days_of_every_month(draft) and not any(n for n, _ in draft.days):
        draft = replace(draft, parts={"BYMONTH": tuple(range(1, 13)), **draft.parts})
    if judge == RRULE and draft.has("BYSETPOS"):
        draft = replace(draft, count=None)
        if draft.freq == "WEEKLY":
            days = draft.days or ((0, start.weekday()),)
            return replace(draft, days=days), start - timedelta(days=(start.weekday() - draft.week_start) % 7)
    return draft, start


def _days_of_every_month(draft: Draft) -> bool:
    return draft.freq == "YEARLY" and draft.has("BYMONTHDAY") and not draft.has("BYMONTH", "BYWEEKNO", "BYYEARDAY")


def _negative(draft: Draft, name: str) -> bool:
    return any(number < 0 for number in draft.parts.get(name, ()))


def _both_signs(draft: Draft, name: str) -> bool:
    return _negative(draft, name) and any(number > 0 for number in draft.parts[name])


def _wraps(draft: Draft) -> bool:
    """True where all weekdays of BYDAY lie from Sunday up to the day before WKST."""
    from_sunday = [(day + 1) % 7 for _, day in draft.days]
    return bool(from_sunday) and max(from_sunday) < (draft.week_start + 1) % 7


def _several_times(draft: Draft) -> bool:
    return prod(len(draft.parts.get(name, (0,))) for name in TIMES) > 1


def _coarse_times(draft: Draft) -> tuple[str, ...]:
    """The parts of a rule within the day that name its own unit (last) or a coarser one."""
    return TIMES[: TIMES.index(_OWN[draft.freq]) + 1]


def _asks_for(draft: Draft, start: datetime) -> bool:
    """Whether the start's own hour (minute, second) is one that the rule names, or it names none."""
    own = dict(zip(TIMES, (start.hour, start.minute, start.second), strict=True))
    return all(own[name] in draft.parts.get(name, (own[name],)) for name in _coarse_times(draft))


def _never_meets(draft: Draft, start: datetime) -> bool:
    """True where no hour, minute or second that the interval reaches is one that the rule asks for."""
    if draft.freq not in FINE or not draft.has(*TIMES):
        return False
    names = _coarse_times(draft)
    step = _SECONDS[names[-1]] * draft.interval
    first = start.hour * 3600 + start.minute * 60 + start.second
    for number in range(86400):
        hour, rest = divmod((first + number * step) % 86400, 3600)
        now = dict(zip(TIMES, (hour, *divmod(rest, 60)), strict=True))
        if all(now[name] in draft.parts.get(name, (now[name],)) for name in names):
            return False
        if number and number * step % 86400 == 0:
            break
    return True


EXCUSES = (
    Excuse(
        LIBICAL,
        "BYWEEKNO with BYMONTHDAY or BYYEARDAY",
        "The RFC's table lets all three expand a year. libical refuses (ICAL_UNIMPLEMENTED_ERROR).",
        lambda draft, _: draft.has("BYWEEKNO") and draft.has("BYMONTHDAY", "BYYEARDAY"),
    ),
    Excuse(
        LIBICAL,
        "BYYEARDAY with BYMONTH or BYMONTHDAY",
        "The same: allowed beside each other in YEARLY, refused as unimplemented.",
        lambda draft, _: draft.freq == "YEARLY" and draft.has("BYYEARDAY") and draft.has("BYMONTH", "BYMONTHDAY"),
    ),
    Excuse(
        LIBICAL,
        "yearly BYMONTHDAY with a numbered weekday of the year",
        "See `asked`; with BYMONTH written out the weekday would be the month's.",
        lambda draft, _: _days_of_every_month(draft) and any(n for n, _ in draft.days),
    ),
    Excuse(
        LIBICAL,
        "negative numbers that limit",
        "'-10 represents the tenth to the last day of the month', also where BYMONTHDAY and BYYEARDAY only limit. "
        "libical compares with the positive number alone (check_contract_restriction).",
        lambda draft, _: (
            draft.freq in (*FINE, "DAILY") and (_negative(draft, "BYMONTHDAY") or _negative(draft, "BYYEARDAY"))
        ),
    ),
    Excuse(
        LIBICAL,
        "BYSETPOS within the week or day",
        "BYSETPOS 'corresponds to the nth occurrence within the set of recurrence instances specified by the rule', "
        "whatever FREQ is. libical looks at it in months and years alone (filter_bysetpos), and there at days, not at "
        "their times.",
        lambda draft, _: draft.has("BYSETPOS") and (draft.freq not in ("MONTHLY", "YEARLY") or _several_times(draft)),
    ),
    Excuse(
        LIBICAL,
        "BYSETPOS over a day named twice",
        "31 and -1 name one day of a 'set'. libical counts it twice when it reckons the positions from the end.",
        lambda draft, _: (
            draft.has("BYSETPOS") and (_both_signs(draft, "BYMONTHDAY") or _both_signs(draft, "BYYEARDAY"))
        ),
    ),
    Excuse(
        LIBICAL,
        "weekdays between Sunday and WKST",
        "'WKST … is significant when a WEEKLY RRULE has an interval greater than 1'. Where every weekday of BYDAY lies "
        "between Sunday and WKST, libical begins to count in the week before the start's (adjust_to_byday).",
        lambda draft, _: draft.freq == "WEEKLY" and draft.interval > 1 and _wraps(draft),
    ),
    Excuse(
        LIBICAL,
        "own or coarser unit named",
        "HOURLY with BYHOUR, MINUTELY with BYHOUR or BYMINUTE, SECONDLY with any: 'Limit'. libical expands the own "
        "unit and steps on hour by hour from the start in a coarser one (next_unit): it forgets INTERVAL, and the "
        "first minutes of the hour.",
        lambda draft, _: draft.freq in FINE and draft.has(*_coarse_times(draft)),
    ),
    Excuse(
        LIBICAL,
        "BYWEEKNO at the year's edges",
        "Week 1 may begin in December, weeks 52 and 53 may end in January ('the first week that contains at least four "
        "days'). libical seeks them by their days in this year alone, finds other weekdays there, and counts weeks "
        "from the end as if WKST were Monday (expand_by_day, weeks_in_year).",
        lambda draft, _: (
            any(not 2 <= abs(week) <= 51 for week in draft.parts.get("BYWEEKNO", ()))
            or (_negative(draft, "BYWEEKNO") and draft.week_start != 0)
        ),
    ),
    Excuse(
        RRULE,
        "weeks 52 and 53",
        "The first days of January belong to the year before where its last week holds them. rrule.js, like dateutil, "
        "numbers that week by the length of the wrong year, and does not know it as 1 counted from the end.",
        lambda draft, _: any(abs(week) >= 52 for week in draft.parts.get("BYWEEKNO", ())),
    ),
    Excuse(
        RRULE,
        "BYSETPOS from the end beyond the set",
        "What is not there has no position. rrule.js takes the first date for what lies before it (slice in "
        "buildPoslist), where a period has fewer dates than the position says.",
        lambda draft, _: -min(draft.parts.get("BYSETPOS", (0,))) > draft.fewest,
    ),
    Excuse(
        RRULE,
        "BYSETPOS from a midnight that is not asked for",
        "Where the start's own hour (minute, second) is none of BYHOUR's there is no set. rrule.js takes a position in "
        "nothing for midnight, which is a date where the start is midnight itself.",
        lambda draft, start: (
            draft.freq in FINE and draft.has("BYSETPOS") and start.time() == time() and not _asks_for(draft, start)
        ),
    ),
    Excuse(
        RRULE,
        "coarser unit named",
        "MINUTELY with BYHOUR, SECONDLY with BYHOUR or BYMINUTE: 'Limit'. rrule.js steps on hour by hour within the "
        "step of a minute (addMinutes) and leaves the grid of the interval, or never comes back.",
        lambda draft, _: draft.freq in FINE and draft.has(*_coarse_times(draft)[:-1]),
    ),
    Excuse(
        RRULE,
        "times the interval never meets",
        "There is no date. rrule.js looks for one for ever (addHours, addMinutes, addSeconds).",
        _never_meets,
    ),
)
