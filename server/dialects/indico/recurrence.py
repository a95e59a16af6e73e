"""Indico's repetition of a reservation (`repeat_frequency`, `repeat_interval`, `repeatability`) as a pattern and back.

Source: the wire facts, section 6.2 (fields and words), section 9 ("single, daily, every n weeks on chosen weekdays,
monthly every n") and section 7 (bookRoom makes single, same-day bookings only, so it needs none of this). What those
leave open is as Indico behaves:
- `repeat_frequency` is NEVER, DAY, WEEK, MONTH, or 0 to 3 in that order; daily means every day, never every n-th.
- MONTH keeps the n-th weekday of the month, not the day of the month; the fifth is the last one.
- Weekdays are `mon` to `sun` (`recurrence_weekdays`) and count for WEEK alone; weeks begin on Monday. A start whose
  weekday is not among them is no occurrence: the series begins with the first that is.
- The last day is inclusive. All is wall time of the room.

Decisions:
- What Indico cannot say goes out as the nearest frequency and interval with the word `periodically`, never as NEVER, so
  that a filter for what repeats finds it; its dates are in `occurrences`.
- A single chosen weekday that is the start's own is plain weekly, and is shown so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from server.core.errors import Invalid
from server.core.recurrence import Pattern, Rule, first_wall, parse, walls

FREQUENCIES = ("NEVER", "DAY", "WEEK", "MONTH")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MOST_INTERVAL = 10_000
PERIODICALLY = "periodically"
WORDS = {
    "daily": ("DAY", 1),
    "weekly": ("WEEK", 1),
    "everyTwoWeeks": ("WEEK", 2),
    "everyThreeWeeks": ("WEEK", 3),
    "monthly": ("MONTH", 1),
}
# The nearest Indico has to each frequency, and how many of its units make one.
NEAREST = {"DAILY": ("DAY", 1), "WEEKLY": ("WEEK", 1), "MONTHLY": ("MONTH", 1), "YEARLY": ("MONTH", 12)}


@dataclass(frozen=True, slots=True)
class Repetition:
    """How a reservation repeats in Indico's words; `repeatability` is null for a single one.

    `weekdays` only where several were chosen for WEEK, or one that is not the start's.
    """

    frequency: str
    interval: int
    weekdays: tuple[str, ...]
    repeatability: str | None

    @property
    def number(self) -> int:
        """The frequency as Indico 1.9 to 2.1 writes it."""
        return FREQUENCIES.index(self.frequency)


SINGLE = Repetition("NEVER", 0, (), None)


def pattern_of(
    frequency: object, interval: object, start: datetime, last: date, zone: str, *, weekdays: object = None
) -> Pattern | None:
    """The pattern of a repetition from a naive wall time `start` through the local day `last`; None for a single one.

    Numbers may come as text, names in any case. Raises Invalid with Indico's names, all that is wrong at once.
    """
    wrong: dict[str, str] = {}
    kind, step = _frequency(frequency, wrong), _interval(interval)
    if kind == "NEVER":
        return None
    if step is None or not 1 <= step <= MOST_INTERVAL or (kind == "DAY" and step != 1):
        wrong["repeat_interval"] = "must be 1 for DAY" if kind == "DAY" else f"must be from 1 to {MOST_INTERVAL}"
    days = _chosen(weekdays, wrong) if kind == "WEEK" else ()
    if last < start.date():
        wrong["end_dt"] = "must not be before the start"
    if wrong:
        raise Invalid(wrong)
    if kind == "MONTH":
        days = ((_nth(start), start.weekday()),)
    freq = {"DAY": "DAILY", "WEEK": "WEEKLY", "MONTH": "MONTHLY"}[kind]
    return _read(freq, step or 1, days, start, last, zone)


def repetition_of(pattern: Pattern | None) -> Repetition:
    """How Indico says the pattern; the nearest it has, `periodically`, where its words do not reach."""
    first = first_wall(pattern) if pattern else None
    if pattern is None or first is None:
        return SINGLE
    rule = pattern.rules[0] if pattern.rules else None
    frequency, units = NEAREST.get(rule.freq, ("DAY", 1)) if rule else ("DAY", 1)
    interval = rule.interval * units if rule else 1
    if rule is None or not _alone(pattern, rule, first):
        return Repetition(frequency, interval, (), PERIODICALLY)
    days = {day for n, day in rule.weekdays if not n} or {pattern.start.weekday()}
    if rule.freq == "DAILY" and rule.interval == 1 and rule.weekdays and not rule.positions:
        frequency = "WEEK"
    elif not _sayable(rule, first):
        return Repetition(frequency, interval, (), PERIODICALLY)
    if frequency != "WEEK" or days == {first.weekday()}:
        return Repetition(frequency, interval, (), word_of(frequency, interval))
    return Repetition(frequency, interval, tuple(WEEKDAYS[day] for day in sorted(days)), PERIODICALLY)


def span_of(pattern: Pattern, before: datetime) -> tuple[datetime, datetime] | None:
    """The first and the last address before a wall time: the days of `startDT` and `endDT`. None where there is none.

    A series without end shows the last that is known, up to the horizon it is carried to.
    """
    first = last = None
    for last in walls(pattern, before):
        first = first or last
    return (first, last) if first and last else None


def word_of(frequency: str, interval: int) -> str | None:
    """The `repeatability` of a frequency and interval without chosen weekdays; None for NEVER."""
    if frequency == "NEVER":
        return None
    return next((word for word, said in WORDS.items() if said == (frequency, interval)), PERIODICALLY)


def read_word(word: object) -> tuple[str, int]:
    """The frequency and interval of a `repeatability`, all that the oldest form has; Invalid for `periodically` too."""
    if word is None or word in ("", "none"):
        return "NEVER", 0
    if isinstance(word, str) and word in WORDS:
        return WORDS[word]
    raise Invalid({"repeatability": "must be one of " + ", ".join(WORDS)})


def _frequency(value: object, wrong: dict[str, str]) -> str:
    name = value.strip().upper() if isinstance(value, str) else None
    number = _interval(value)
    if name in FREQUENCIES:
        return str(name)
    if number is not None and 0 <= number < len(FREQUENCIES):
        return FREQUENCIES[number]
    wrong["repeat_frequency"] = "must be one of " + ", ".join(FREQUENCIES)
    return ""


def _interval(value: object) -> int | None:
    """A whole number, or the text of one; None for all else."""
    if isinstance(value, str) and value.strip().isdecimal() and len(value) < 19:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _chosen(value: object, wrong: dict[str, str]) -> tuple[tuple[int, int], ...]:
    if not value:
        return ()
    names = [it.lower() if isinstance(it, str) else "" for it in value] if isinstance(value, Sequence) else [""]
    if isinstance(value, str) or not set(names) <= set(WEEKDAYS):
        wrong["recurrence_weekdays"] = "must be a list of " + ", ".join(WEEKDAYS)
        return ()
    return tuple((0, WEEKDAYS.index(it)) for it in names)


def _read(
    freq: str, interval: int, days: tuple[tuple[int, int], ...], start: datetime, last: date, zone: str
) -> Pattern:
    try:
        rule = Rule(freq, interval=interval, until=datetime.combine(last, time(23, 59, 59)), weekdays=days)
        return parse([rule.text], start, zone, keep_first=False)
    except Invalid as error:
        if error.fields["recurrence"] == "no date is left":
            raise Invalid({"recurrence_weekdays": "none of them lies between start and end"}) from error
        raise Invalid({"end_dt": error.fields["recurrence"]}) from error


def _nth(wall: datetime) -> int:
    """The how manieth of its weekday in its month the day is, 1 to 4; -1 for the fifth, which is the last."""
    n = (wall.day + 6) // 7
    return n if n < 5 else -1


def _alone(pattern: Pattern, rule: Rule, first: datetime) -> bool:
    """True where the pattern is that one rule from its first date on, at one time of day."""
    since, until = pattern.since or datetime.min, pattern.until or datetime.max
    beside = [it for it in (*pattern.dates, *pattern.except_dates) if since <= it < until]
    times = ((rule.hours, first.hour), (rule.minutes, first.minute), (rule.seconds, first.second))
    return (
        len(pattern.rules) == 1
        and not (pattern.except_rules or beside)
        and all(given in ((), (own,)) for given, own in times)
        and not (rule.months or rule.weeks or rule.year_days or rule.month_days)
    )


def _sayable(rule: Rule, first: datetime) -> bool:
    """True where Indico, told the frequency and interval and weekdays, gives the same dates from `first` on."""
    if rule.freq == "MONTHLY":
        own = (_nth(first), first.weekday())
        counted = rule.weekdays == ((0, own[1]),) and rule.positions == (own[0],)
        return counted or (rule.weekdays == (own,) and not rule.positions)
    if rule.positions or rule.freq not in ("DAILY", "WEEKLY"):
        return False
    if rule.freq == "DAILY":
        return rule.plain and rule.interval == 1
    days = [day for _, day in rule.weekdays]
    # In weeks from Monday, as Indico has them, each day must lie as far from the first as in the rule's own.
    begin = rule.week_start
    away = first.weekday() - (first.weekday() - begin) % 7
    return rule.interval == 1 or all(day - (day - begin) % 7 == away for day in days)
