"""What a device tells of itself, and how it is set, as a page says it: pairs of a label and a value, marked where bad.

Decision: a heartbeat is kept once a minute and whenever it comes to mean something else. So an age is told as it was
then for a device that is still heard, and grows from then on for one that is not.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from server.console.doors import Doors
from server.console.lasting import Words, since, span, when
from server.console.words import LANGUAGES
from server.core.fleet import Wrong
from server.core.house import above
from server.core.model import Device
from server.core.panel_settings import KINDS, Resolved, Value
from server.engine.fleet import Standing

QUIET = frozenset({"waiting", "version", "never_heard"})
"""What is not well, but harms nobody: not told in the colour of alarm."""
EXAMPLES = {"density": "5.9", "night": "22:00-06:00"}
MOST_PLANS = 12


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of what a device tells."""

    label: str
    value: str
    bad: bool = False


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is wrong, since when, and what to do about it."""

    word: str
    since: str
    todo: str
    tone: str


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its value in words and as a form has it, why it is so, and where it can be set."""

    name: str
    label: str
    value: str
    word: str
    why: str
    level: str
    choices: tuple[tuple[str, str], ...]
    example: str
    bad: str = ""


def tone(it: Standing) -> str:
    """good, none (quiet) or bad."""
    return "good" if it.verdict == "good" else tone_of(it.verdict)


def tone_of(word: str) -> str:
    """The tone of one thing that is wrong."""
    return "none" if word in QUIET else "bad"


def troubles(wrong: Iterable[Wrong], zone: str, now: datetime, w: Words) -> tuple[Trouble, ...]:
    """All that is wrong, the worst first."""
    return tuple(
        Trouble(w[f"verdict_{it.word}"], since(it.since, zone, now, w), w[f"todo_{it.word}"], tone_of(it.word))
        for it in wrong
    )


def plan_age(it: Standing, now: datetime) -> timedelta | None:
    """How old the oldest of its plans is; None where it has said nothing of that."""
    known = [plan.as_of for plan in it.told.rooms.values() if plan.as_of] or ([it.told.as_of] if it.told.as_of else [])
    return _age(it, min(known), now) if known else None


def heard(it: Standing, now: datetime, w: Words) -> str:
    """How long ago it was heard, in words; "" where it never was."""
    return w["ago"].format(span=span(now - it.seen_at, w)) if it.seen_at is not None else ""


def facts(it: Standing, found: Doors, zone: str, now: datetime, w: Words) -> tuple[Fact, ...]:
    """All that a device tells of itself and that is known of it, in the order in which people ask for it."""
    told = it.told
    bad = {one.word for one in it.wrong}
    lines = [Fact(w["fact_heard"], heard(it, now, w), "silent" in bad)]
    if it.told_at is not None:
        lines += _plans(it, found, now, w)
        lines += [
            Fact(w["fact_clock"], _word(w, "clock", told.clock), told.clock == "unverified"),
            Fact(w["fact_offset"], _offset(told.clock_offset_ms, w), "clock" in bad and told.clock != "unverified"),
            Fact(w["fact_painted"], _ago(told.painted_ago, w), "dark" in bad),
            Fact(w["fact_browser"], _word(w, "browser", told.browser), told.browser in ("gone", "frozen")),
            Fact(w["fact_touch"], _word(w, "touch", told.touch), told.touch == "suspect"),
            Fact(w["fact_touched"], _ago(told.touched_ago, w)),
            Fact(w["fact_owing"], str(told.unconfirmed), "owing" in bad),
            *_vitals(told.vitals, w),
        ]
    lines += [
        Fact(w["version"], told.version, "version" in bad), Fact(w["fact_told"], when(it.told_at, zone, now)),
        *_known(it.device, zone, now, w),
    ]  # fmt: skip
    return tuple(line for line in lines if line.value)


def _plans(it: Standing, found: Doors, now: datetime, w: Words) -> Iterator[Fact]:
    old = any(one.word == "old" for one in it.wrong)
    if len(it.told.rooms) <= 1:
        age = plan_age(it, now)
        yield Fact(w["fact_plan"], w["span_old"].format(span=span(age, w)) if age is not None else "", old)
        return
    for number, plan in list(it.told.rooms.items())[:MOST_PLANS]:
        if plan.as_of is not None and number in found.rooms:
            age = _age(it, plan.as_of, now)
            label = w["fact_plan_of"].format(room=found.rooms[number].name)
            yield Fact(label, w["span_old"].format(span=span(age, w)), old and age > timedelta(minutes=2))


def _age(it: Standing, as_of: datetime, now: datetime) -> timedelta:
    gone = any(one.word in ("silent", "revoked") for one in it.wrong) or it.told_at is None
    return (now if gone or it.told_at is None else it.told_at) - as_of


def _vitals(said: Mapping[str, Any], w: Words) -> Iterator[Fact]:
    degrees, disk, wear = _number(said, "temperature"), said.get("disk"), _number(said, "wear")
    if degrees is not None:
        yield Fact(w["fact_temperature"], f"{degrees:.0f} °C", degrees > 80)
    if isinstance(low := said.get("undervoltage"), bool):
        power = "low" if low else "was" if said.get("throttled") is True else "good"
        yield Fact(w["fact_power"], w[f"power_{power}"], low)
    if isinstance(disk, str) and (word := _word(w, "disk", disk)):
        free = _number(said, "disk_free_mb")
        word = w["disk_free"].format(word=word, n=round(free)) if free is not None else word
        yield Fact(w["fact_disk"], word, disk != "good")
    if wear is not None:
        yield Fact(w["fact_wear"], f"{wear:.0f} %", wear > 90)
    for name, label in (("written_mb", "fact_written"), ("memory_mb", "fact_memory")):
        if (size := _number(said, name)) is not None:
            yield Fact(w[label], f"{size:.0f} MB")
    if (seconds := _number(said, "uptime")) is not None:
        yield Fact(w["fact_uptime"], span(seconds, w))
    if (load := _number(said, "load")) is not None:
        yield Fact(w["fact_load"], f"{load:.2f}")


def _known(it: Device, zone: str, now: datetime, w: Words) -> Iterator[Fact]:
    yield Fact(w["model"], it.model)
    yield Fact(w["serial"], it.serial)
    yield Fact(w["fingerprint"], it.fingerprint)
    yield Fact(w["fact_key"], f"{it.prefix}…")
    yield Fact(w["fact_made"], when(it.made_at, zone, now))


def settings(
    now: Resolved, it: Device, found: Doors, w: Words, *, bad: Mapping[str, str] = {}
) -> tuple[Setting, ...]:  # fmt: skip
    """Every setting of a device. `bad`: what was typed and cannot be taken, by name."""
    levels = dict(levels_of(it, found, w))
    return tuple(_setting(name, now, levels, w, bad) for name in KINDS)


def _setting(name: str, now: Resolved, levels: Mapping[str, str], w: Words, bad: Mapping[str, str]) -> Setting:
    value, why = now.values.get(name), now.why.get(name, "")
    kind, _, rest = why.partition(" ")
    named = w.get(f"level_{kind}", "{name}").format(name=rest)
    if kind == "room":  # people know it by its name, not by its id
        named = next((word for level, word in levels.items() if level.startswith("room")), named)
    return Setting(
        name, w[f"setting_{name}"], bad.get(name, _written(value)), _said(value, w) if value is not None else "",
        w["setting_why"].format(level=named) if why else w["setting_why_own"],
        next((level for level, word in levels.items() if word == named), "device"),
        tuple(_choices(name, w)), EXAMPLES.get(name, ""),
        w["setting_bad"].format(example=EXAMPLES.get(name, "")) if name in bad else "",
    )  # fmt: skip


def levels_of(it: Device, found: Doors, w: Words) -> Iterator[tuple[str, str]]:
    """Where something can be set for a device, nearest first: what a form says, and words for it."""
    yield "device", w["level_device"]
    rooms, place = found.of(it), it.place
    if rooms:
        place = rooms[0].place
        yield f"room:{rooms[0].id}", w["level_room"].format(name=rooms[0].name)
    for number in above(found.places, place) if place is not None else ():
        known = found.places[number]
        if known.kind in ("site", "building", "floor"):
            yield f"place:{number}", w[f"level_{known.kind}"].format(name=known.name)
    yield "house", w["level_house"]


def _choices(name: str, w: Words) -> Iterator[tuple[str, str]]:
    kind = KINDS[name]
    if kind is bool:
        yield from (("on", w["value_on"]), ("off", w["value_off"]))
    elif isinstance(kind, tuple):
        yield from ((value, LANGUAGES[value] if name == "language" else w[f"value_{value}"]) for value in kind)


def _written(value: Value | None) -> str:
    """A value as a form has it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value or "")


def _said(value: Value, w: Words) -> str:
    text = _written(value)
    return LANGUAGES.get(text) or w.get(f"value_{text}") or text


def _word(w: Words, kind: str, said: str) -> str:
    """A word that a device may say, in the reader's language; as it is where we do not know it."""
    return w.get(f"{kind}_{said}", said[:40]) if said else ""


def _ago(seconds: int | None, w: Words) -> str:
    return w["ago"].format(span=span(seconds, w)) if seconds is not None else ""


def _offset(ms: int | None, w: Words) -> str:
    if ms is None:
        return ""
    size = f"{abs(ms)} ms" if abs(ms) < 2_000 else span(abs(ms) / 1000, w)
    return w["offset_ahead" if ms > 0 else "offset_behind"].format(span=size) if abs(ms) >= 50 else w["offset_none"]


def _number(said: Mapping[str, Any], name: str) -> float | None:
    value = said.get(name)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
