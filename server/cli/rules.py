"""A pattern as people read it: "every 2 weeks on Mon, Thu, 20 times". What is rarer is shown as RFC 5545 has it."""

from server.core.recurrence import Pattern, Rule

UNITS = {"DAILY": "day", "WEEKLY": "week", "MONTHLY": "month", "YEARLY": "year"}
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
PLACES = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", -1: "last", -2: "last but one"}


def said(pattern: Pattern) -> str:
    """The whole pattern in one line."""
    parts = [_rule(rule, pattern) for rule in pattern.rules]
    if pattern.except_rules or not all(parts):
        text = " ".join(pattern.lines)
    else:
        text = " and ".join(part for part in parts if part)
        if pattern.dates:
            more = [f"{day:%Y-%m-%d}" for day in pattern.dates[:3]]
            rest = f" and {len(pattern.dates) - 3} more dates" if len(pattern.dates) > 3 else ""
            text += (", also on " if text else "on ") + ", ".join(more) + rest
        if pattern.except_dates:
            text += f", without {len(pattern.except_dates)} of them"
    return text + (f", ends before {pattern.until:%Y-%m-%d %H:%M}" if pattern.until is not None else "")


def _rule(rule: Rule, pattern: Pattern) -> str | None:
    """One rule; None where only its own words say it."""
    unusual = rule.months or rule.year_days or rule.weeks or rule.hours or rule.minutes or rule.seconds
    if rule.freq not in UNITS or unusual or rule.positions:
        return None
    unit = UNITS[rule.freq]
    text = f"every {unit}" if rule.interval == 1 else f"every {rule.interval} {unit}s"
    if rule.freq == "YEARLY" and (rule.weekdays or rule.month_days):
        return None
    if rule.freq == "YEARLY":
        text += f" on {pattern.start:%d %b}"
    elif rule.freq == "MONTHLY":
        days = _month_days(rule, pattern)
        if days is None:
            return None
        text += f" on {days}"
    elif rule.month_days:
        return None
    elif rule.weekdays or rule.freq == "WEEKLY":
        text += " on " + ", ".join(DAYS[day] for _, day in rule.weekdays or ((0, pattern.start.weekday()),))
    if rule.count is not None:
        text += f", {rule.count} times"
    return text + (f" until {rule.until:%Y-%m-%d}" if rule.until is not None else "")


def _month_days(rule: Rule, pattern: Pattern) -> str | None:
    if rule.weekdays and not rule.month_days and all(n in PLACES for n, _ in rule.weekdays):
        return ", ".join(f"the {PLACES[n]} {DAYS[day]}" for n, day in rule.weekdays)
    if rule.weekdays or any(day < 0 for day in rule.month_days):
        return None
    return "day " + ", ".join(map(str, rule.month_days or (pattern.start.day,)))
