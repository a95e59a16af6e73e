"""What a letter says, in its reader's words: one sheet, which text and HTML both lay out.

Decisions:
- Times are the room's, by the clock on its wall; where the reader's own zone shows another time, the zone is named.
- A line that means nothing (a booking without a title, a host nobody knows) is left out, not filled with a dash.
- What it is about stands in the first words of the subject: that much shows on a watch.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel.dates import format_skeleton
from babel.numbers import format_decimal, format_percent

from server.core.clock import from_epoch
from server.core.letters import Letter
from server.core.zone import wall

HERE = Path(__file__).parent / "words"
LOCALES = {"en": "en_GB", "de": "de", "fr": "fr", "es": "es", "nl": "nl", "ja": "ja"}
GOOD, BAD, ASKING, PLAIN = "good", "bad", "asking", "plain"
TONES = {
    "confirmation": GOOD, "invitation": GOOD, "approved": GOOD, "offer": ASKING, "request": ASKING, "warned": ASKING,
    "here_asked": ASKING, "declined": BAD, "cancelled": BAD, "released": BAD, "freed": BAD, "strikes": BAD,
    "conflict": ASKING,
}  # fmt: skip
CALLED = {"approve": "b_approve", "decline": "b_decline", "here": "b_here", "undo_release": "b_undo_release",
          "accept_offer": "b_accept_offer", "decline_offer": "b_decline_offer",
          "close_ticket": "b_close_ticket"}  # fmt: skip
SECOND = frozenset({"decline", "decline_offer"})
"""Buttons that are drawn as the lesser of two."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A labelled line; `was` is what it said before, "" where that is not new."""

    label: str
    value: str
    was: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A heading and the lines below it."""

    heading: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Button:
    label: str
    url: str
    second: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """All words of a letter, in order from top to bottom. `tone`: good, bad, asking or plain; `labelled`: how a line
    of the text has its label, for languages differ in the colon."""

    subject: str
    heading: str
    tone: str
    lead: str
    facts: tuple[Fact, ...] = ()
    parts: tuple[Part, ...] = ()
    buttons: tuple[Button, ...] = ()
    notes: tuple[str, ...] = ()
    foot: tuple[str, ...] = ()
    labelled: str = "{label}: {value}"


@lru_cache(maxsize=8)
def words(language: str) -> dict[str, str]:
    """All words of a language."""
    found: dict[str, str] = json.loads((HERE / f"{language}.json").read_text(encoding="utf-8"))
    return found


def sheet(letter: Letter, links: Mapping[str, str], base: str = "") -> Sheet:
    """The words of a letter; `links` are the URLs of its links by name, `base` the public address or ""."""
    w = words(letter.language)
    if letter.kind == "ticket":
        found = _ticket(letter, w)
    elif letter.kind == "digest":
        found = _digest(letter, w)
    elif letter.kind == "report":
        found = _report(letter, w)
    elif letter.kind == "audit_head":
        found = _head(letter, w)
    else:
        found = _booking(letter, w)
    asked: Mapping[str, Any] = letter.data.get("links") or {}
    buttons = tuple(
        Button(w[CALLED[each["purpose"]]], links[name], each["purpose"] in SECOND)
        for name, each in asked.items()
        if name in links
    )
    notes = found.notes + ((w["links_last"],) if buttons else ())
    if letter.kind == "conflict" and letter.data.get("role") == "approver" and base:
        notes += (w["conflict_where"].format(url=f"{base}/conflicts"),)
    foot = (w["foot"], *((w["foot_choose"].format(url=f"{base}/you"),) if base and letter.person is not None else ()))
    return replace(found, buttons=buttons, notes=notes, foot=foot, labelled=w["labelled"])


def trial(letter: Letter) -> Sheet:
    """The words of a letter that says only that letters arrive."""
    w = words(letter.language)
    return Sheet(w["sub_trial"], w["sub_trial"], GOOD, w["lead_trial"], foot=(w["foot"],))


def _booking(letter: Letter, w: Mapping[str, str]) -> Sheet:
    data, kind = letter.data, _variant(letter)
    clock = _Clock(letter)
    rooms = " + ".join(data["rooms"])
    heading = w[f"sub_{kind}"]
    pattern = w["subject_asking" if heading.endswith("?") else "subject"]
    subject = pattern.format(said=heading, room=rooms, when=clock.brief(data["starts"]))
    facts = [Fact(w["what"], data["title"])] if data.get("title") else []
    facts.append(Fact(w["room"], data["where"] or rooms))
    was = data.get("was")
    if "dates" in data:
        facts.append(Fact(w["when"], w["dates_count"].format(count=data["count"])))
    else:
        facts.append(Fact(w["when"], clock.span(data["starts"], data["ends"]),
                          clock.span(was["starts"], was["ends"]) if was else ""))  # fmt: skip
    if data.get("host") and data.get("role") != "host":
        facts.append(Fact(w["host"], data["host"]))
    if data.get("link"):
        facts.append(Fact(w["join"], data["link"]))
    if other := data.get("other"):
        facts.append(Fact(w["conflict_other"], clock.span(other["starts"], other["ends"])))
    lead = w[f"lead_{kind}"].format(
        host=data.get("host") or w["somebody"], start=clock.time(data["starts"]), end=clock.time(data["ends"]),
        until=clock.moment(data.get("until", data["ends"])), at=clock.time(data.get("release_at", data["ends"])),
    )  # fmt: skip
    notes = (w["zone_note"].format(zone=clock.zone),) if clock.foreign else ()
    if data.get("standing") == "at_risk" and kind != "at_risk":
        notes = (w["at_risk_note"], *notes)
    return Sheet(subject, heading, TONES.get(letter.kind, PLAIN), lead, tuple(facts), _dates(data, clock, w),
                 notes=notes)  # fmt: skip


def _variant(letter: Letter) -> str:
    """Which of the words of its kind a letter takes."""
    data, kind = letter.data, letter.kind
    if kind == "confirmation" and data["standing"] == "pending":
        return "asked"
    if kind == "confirmation" and data["standing"] == "at_risk":
        return "at_risk"
    if kind == "approved" and data["what"] == "assured":
        return "assured"
    if kind == "conflict" or (kind in ("cancelled", "changed") and data["codes"] == ["conflict"]):
        return _clash(data, kind)
    if kind == "cancelled" and data["what"] == "bumped":
        return "bumped"
    if kind == "freed" and data["what"] == "vacated":
        return "vacated"
    if kind == "here_asked" and "long" in data["codes"]:
        return "long_asked"
    return "reminder_end" if kind == "reminder" and data["what"] == "reminded_end" else kind


def _clash(data: Mapping[str, Any], kind: str) -> str:
    """Which words tell of a conflict: what it means for this booking, or what was decided."""
    if kind != "conflict":
        return "conflict_lost" if kind == "cancelled" else "conflict_kept"
    if data["what"] == "conflict_resolved":
        way = data["codes"][-1]
        return f"conflict_{way}" if way in ("both", "gone") else "conflict_kept"
    if data.get("role") == "approver":
        return "conflict_manager"
    if "met" in data["codes"]:
        return "conflict_met"
    return "conflict" if data["standing"] == "conflict" else "conflict_cut"


def _dates(data: Mapping[str, Any], clock: "_Clock", w: Mapping[str, str]) -> tuple[Part, ...]:
    if "dates" not in data:
        return ()
    lines = [clock.span(start, end) for start, end in data["dates"]]
    if data["count"] > len(lines):
        lines.append(w["and_more"].format(count=data["count"] - len(lines)))
    return (Part(w["dates"], tuple(lines)),)


def _ticket(letter: Letter, w: Mapping[str, str]) -> Sheet:
    data = letter.data
    clock = _Clock(letter)
    kind = "ticket_closed" if data["what"] == "closed" else "ticket"
    parts = []
    for group in data["groups"]:
        name = w.get(f"cat_{group['category']}", group["category"])
        counted = f"{name} ({group['count']})" if group["count"] > 1 else name
        heading = " · ".join(filter(None, (counted, group["place"])))
        lines = [line for it in group["tickets"] for line in _one_ticket(it, clock, w)]
        if (rest := group["count"] - len(group["tickets"])) > 0:
            lines.append(w["and_more"].format(count=rest))
        parts.append(Part(heading, tuple(lines)))
    subject = w["labelled"].format(label=w[f"sub_{kind}"], value=", ".join(part.heading for part in parts))
    return Sheet(subject, w[f"sub_{kind}"], GOOD if kind == "ticket_closed" else ASKING, w[f"lead_{kind}"],
                 parts=tuple(parts))  # fmt: skip


def _one_ticket(it: Mapping[str, Any], clock: "_Clock", w: Mapping[str, str]) -> list[str]:
    about = [it.get("room") or "", it.get("panel") or ""]
    faults = [w[f"fault_{code}"] for code in it["codes"] if f"fault_{code}" in w]
    since = w["since"].format(when=clock.moment(it["since"]))
    line = " · ".join(filter(None, [*about, *faults])) or str(it["subject"])
    return [f"#{it['number']} {line} · {since}", *(f"“{note}”" for note in it.get("notes", ()))]


def _digest(letter: Letter, w: Mapping[str, str]) -> Sheet:
    clock = _Clock(letter)
    lines = []
    for it in letter.data["bookings"]:
        there = _Clock(letter, it["zone"])
        span = f"{there.time(it['starts'])}–{there.time(it['ends'])}"
        lines.append(" · ".join(filter(None, (span, " + ".join(it["rooms"]), it["title"]))))
    day = clock.date(letter.data["day"])
    subject = w["labelled"].format(label=w["sub_digest"], value=day)
    return Sheet(subject, w["sub_digest"], PLAIN, w["lead_digest"], parts=(Part(day, tuple(lines)),))


def _report(letter: Letter, w: Mapping[str, str]) -> Sheet:
    """A month's figures, as the reader's language writes numbers."""
    data, locale = letter.data, LOCALES[letter.language]
    month = str(format_skeleton("yMMMM", date.fromisoformat(data["month"]), locale=locale))
    heading = w["sub_report"].format(month=month)
    share = format_percent(data["share"], locale=locale) if data["share"] is not None else "–"
    figures = {
        "bookings": format_decimal(data["bookings"], locale=locale), "share": share,
        "hours": format_decimal(round(data["hours"]), locale=locale),
        "absent": format_decimal(data["absent"], locale=locale),
        "minutes": format_decimal(data["minutes"], locale=locale),
    }  # fmt: skip
    parts = tuple(
        Part(w[f"report_{name}"], tuple(f"{room} · {format_percent(use, locale=locale)}" for room, use in data[name]))
        for name in ("most", "least")
        if data[name]
    )
    facts = tuple(Fact(w[f"report_{name}"], value) for name, value in figures.items())
    return Sheet(heading, heading, PLAIN, w["lead_report"], facts, parts)


def _head(letter: Letter, w: Mapping[str, str]) -> Sheet:
    """A head of the audit's chain: its line as a log has it, so that the letter itself can be read for it."""
    subject = f"{w['sub_audit_head']} {letter.data['number']}"
    part = Part(_Clock(letter).moment(letter.data["at"]), (letter.data["line"],))
    return Sheet(subject, w["sub_audit_head"], PLAIN, w["lead_audit_head"], parts=(part,))


class _Clock:
    """Dates and times of a letter: in the room's zone, as the reader's language writes them."""

    def __init__(self, letter: Letter, zone: str = "") -> None:
        self.zone: str = zone or letter.data.get("zone") or letter.zone or "UTC"
        self._own = letter.zone or self.zone
        self._locale = LOCALES[letter.language]
        self._pattern = words(letter.language)["moment"]
        self._now = letter.data.get("starts", letter.data.get("now", 0))

    @property
    def foreign(self) -> bool:
        """Whether the reader's clock shows another time."""
        at = from_epoch(int(self._now))
        return wall(at, self.zone).utcoffset() != wall(at, self._own).utcoffset()

    def time(self, at: int) -> str:
        return f"{self._wall(at):%H:%M}"

    def date(self, at: int) -> str:
        """With weekday and year."""
        return str(format_skeleton("yMMMEd", self._wall(at), locale=self._locale))

    def moment(self, at: int) -> str:
        return self._pattern.format(day=self._day(at), time=self.time(at))

    def brief(self, at: int) -> str:
        """For a subject: weekday, day and month, time."""
        return self.moment(at)

    def span(self, start: int, end: int) -> str:
        """From when to when; the day twice only where there are two."""
        same = self._wall(start).date() == self._wall(end).date()
        begins = self._pattern.format(day=self.date(start), time=self.time(start))
        return f"{begins}–{self.time(end) if same else self.moment(end)}"

    def _day(self, at: int) -> str:
        return str(format_skeleton("MMMEd", self._wall(at), locale=self._locale))

    def _wall(self, at: int) -> datetime:
        return wall(from_epoch(at), self.zone)
