"""The report on one page: HTML with pictures, no script and nothing from elsewhere; for the screen and for A4.

What is on it are figures over rooms, never over people.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from html import escape

from server.core.access import Actor
from server.core.zone import wall
from server.engine import pictures
from server.engine import reports_facts as facts
from server.engine.figures import Figures
from server.engine.pictures import BLUE, GREY, ORANGE, percent
from server.engine.reports_facts import Fate, Step
from server.engine.reports_scope import Choice, Chosen
from server.engine.reports_time import DAYS, TimeUsed, Use, Week

MOST = 8
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
STYLE = """
:root{color-scheme:light}*{box-sizing:border-box}
body{margin:0 auto;padding:28px 32px 24px;max-width:800px;background:#fff;color:#17212b;
font:14px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,Helvetica,Arial,sans-serif}
header{display:flex;justify-content:space-between;align-items:baseline;gap:24px;border-bottom:2px solid #17212b}
h1{font-size:22px;line-height:1.2;margin:0 0 8px;font-weight:650}header p{margin:0 0 8px;color:#566370;text-align:right}
h2{font-size:14px;margin:0 0 2px;font-weight:650}.about{margin:0 0 8px;color:#566370;font-size:12px}
.key{display:grid;grid-template-columns:repeat(5,1fr);margin:14px 0 18px;padding:0}
.key div{padding:0 10px 0 12px;border-left:1px solid #d8dee4}.key div:first-child{border:0;padding-left:0}
.key dd{margin:0;font-size:26px;line-height:1.15;font-weight:650;font-variant-numeric:tabular-nums}
.key dd small{font-size:14px;font-weight:500}.key dt{font-size:12px;color:#566370}
section{margin:0 0 18px;break-inside:avoid}svg+.two{margin-top:10px}
.two{display:grid;grid-template-columns:1fr 1fr;gap:0 32px}
svg{display:block;width:100%;height:auto;font-variant-numeric:tabular-nums}
footer{border-top:1px solid #d8dee4;padding-top:6px;color:#566370;font-size:11px}
@media(max-width:620px){body{padding:16px}.two{grid-template-columns:1fr}.key{grid-template-columns:1fr 1fr;gap:12px 0}
.key div:nth-child(odd){border:0;padding-left:0}header{display:block}header p{text-align:left}
section{overflow-x:auto}section>svg[viewBox^="0 0 700"]{min-width:600px}}
@media print{@page{size:A4;margin:10mm 13mm}body{padding:0;max-width:none;zoom:.81;-webkit-print-color-adjust:exact;
print-color-adjust:exact}section{margin-bottom:13px}}
"""


@dataclass(frozen=True, slots=True)
class Told:
    """All that the page is made of."""

    chosen: Chosen
    used: TimeUsed
    fates: dict[int, Fate]
    whole: Fate
    leads: list[Step]
    lengths: list[Step]


def gather(figures: Figures, actor: Actor, choice: Choice) -> Told:
    """Reads the figures. Raises Invalid, Unknown, Barred or Later."""
    chosen = figures.choose(actor, choice)
    fates, whole = facts.fates(figures.store, chosen)
    with figures.store.reading() as tx:
        leads, lengths = facts.leads(tx, chosen), facts.lengths(tx, chosen)
    return Told(chosen, figures.time(chosen), fates, whole, leads, lengths)


def page(figures: Figures, actor: Actor, choice: Choice, *, house: str = "") -> str:
    """The page as HTML. `house`: what the house is called."""
    told = gather(figures, actor, choice)
    chosen = told.chosen
    rooms = f"{len(chosen.rooms)} room" + ("" if len(chosen.rooms) == 1 else "s")
    span, called = f"{_day(chosen.since)} – {_day(chosen.until)}", escape(house or "How the rooms are used")
    body = [
        f"<header><h1>{called}</h1><p>{span}<br>{rooms}</p></header>",
        _key(told),
        _section("When the rooms are used", "Share of the open hours, in per cent.", _heat(told.used.week)),
        _by_room(told),
        _section("Who came", _came_words(told.whole), _came(told)),
        _section("Rooms at once", f"The most rooms in use at one time, day by day, of {told.used.most}.", _peaks(told)),
        "<div class='two'>",
        _section("How long ahead", _middle(told.leads), _spread(told.leads, "How long ahead bookings are made")),
        _section("How long", _middle(told.lengths), _spread(told.lengths, "How long bookings are")),
        "</div>",
        f"<footer>Lintel. Days and hours are local to each room ({escape(', '.join(chosen.zones) or 'none')}). Rooms "
        "without opening hours are measured against eight hours a day, and in the picture against all hours.</footer>",
    ]  # fmt: skip
    head = f"<meta charset='utf-8'><meta name='viewport' content='width=device-width'><title>Rooms {span}</title>"
    return (
        f"<!doctype html><html lang='en'><head>{head}<style>{STYLE}</style></head><body>{''.join(body)}</body></html>"
    )


def _section(title: str, about: str, picture: str) -> str:
    return f"<section><h2>{escape(title)}</h2><p class='about'>{escape(about)}</p>{picture}</section>"


def _key(told: Told) -> str:
    counted = told.chosen.plain()
    plain = [use for use in told.used.uses if use.room.number in counted]
    there = sum(use.available for use in plain)
    inside = sum(min(use.available, use.booked if use.had.always else use.inside) for use in plain)
    best = max(told.used.peaks.values(), key=lambda it: it.rooms, default=None)
    won, absent = told.whole.minutes, told.whole.absent_share
    cells = [
        (_share(inside / there if there else None), "of the open hours used"),
        (f"{told.whole.accepted:,}", "bookings held"),
        (_share(absent, 1), "nobody came"),
        (f"{won / 60:,.0f}<small> h</small>" if won >= 600 else f"{won}<small> min</small>", "won back by release"),
        (f"{best.rooms if best else 0}<small> of {told.used.most}</small>", "rooms at once, at most"),
    ]
    return "<dl class='key'>" + "".join(f"<div><dd>{figure}</dd><dt>{of}</dt></div>" for figure, of in cells) + "</dl>"


def _share(share: float | None, digits: int = 0) -> str:
    return "–" if share is None else f"{percent(share, digits)}<small> %</small>"


def _heat(week: Week) -> str:
    there = [hour for hour in range(24) if any(week.used[day][hour] for day in range(7))]
    low, high = (min(7, *there, 24), max(18, *there, 0)) if there else (7, 18)
    hours = range(low, high + 1)
    days = [day for day in range(7) if day < 5 or any(week.used[day])]
    shares = [[week.share([day], [hour]) for hour in hours] for day in days]
    return pictures.heat([DAYS[day][:3] for day in days], list(hours), shares, "Use by weekday and hour, in per cent")


def _by_room(told: Told) -> str:
    """Every room where two columns hold them; else those that are used most and those that are used least."""
    known = [use for use in told.used.uses if use.share is not None]
    known.sort(key=lambda use: (use.share or 0.0, use.booked), reverse=True)
    about = "Share of the open hours, hours booked."
    if len(known) <= 2 * MOST:
        half = -(-len(known) // 2)
        sides = "".join(f"<div>{_bars(part)}</div>" for part in (known[:half], known[half:]) if part)
        return _section("Room by room", about, f"<div class='two'>{sides}</div>")
    most, least = _section("Most used", about, _bars(known[:MOST])), known[: -MOST - 1 : -1]
    return f"<div class='two'>{most}{_section('Least used', 'The same, from the other end.', _bars(least))}</div>"


def _bars(uses: Sequence[Use]) -> str:
    rows = [(use.room.name, use.share, f"{percent(use.share)} % · {_hours(use)} h") for use in uses]
    return pictures.bars(rows, "Use by room")


def _hours(use: Use) -> str:
    return f"{use.booked / 3600:,.0f}"


def _came_words(it: Fate) -> str:
    if not it.came and not it.absent and not it.unknown:
        return "On these days no room asked people to check in."
    given = f"{it.freed:,} booking" + ("" if it.freed == 1 else "s")
    could = f"; {it.could:,} minutes more could have been" if it.could else ""
    return f"Where check-in is asked for: {given} given back, which won {it.minutes:,} minutes{could}."


def _came(told: Told) -> str:
    it = told.whole
    if not it.came and not it.absent and not it.unknown:
        return ""
    whole = pictures.stack(
        [("checked in", it.came, BLUE), ("given back", it.freed, ORANGE), ("nobody came, kept", it.observed, "#e8b083"),
         ("unknown", it.unknown, GREY)], "Bookings by whether people came",
    )  # fmt: skip
    worst = [(room, told.fates[room.number]) for room in told.chosen.rooms if told.fates[room.number].absent]
    worst.sort(key=lambda pair: -pair[1].absent)
    rows = [(room.name, fate.absent_share, f"{fate.absent} of {fate.absent + fate.came}") for room, fate in worst[:6]]
    halves = [rows[:3], rows[3:]]
    sides = "".join(f"<div>{pictures.bars(half, 'No-shows by room', fill=ORANGE)}</div>" for half in halves if half)
    return whole + (f"<div class='two'>{sides}</div>" if sides else "")


def _peaks(told: Told) -> str:
    chosen, peaks = told.chosen, told.used.peaks
    counts, day = [], chosen.since
    while day <= chosen.until:
        counts.append((f"{day.day} {MONTHS[day.month - 1]}", peaks[day].rooms if day in peaks else 0))
        day += timedelta(days=1)
    best = max(peaks.values(), key=lambda it: it.rooms, default=None)
    at = wall(best.at, chosen.zone) if best else None
    mark = f"{best.rooms} on {at.day} {MONTHS[at.month - 1]}, {at:%H:%M}" if best and at else ""
    return pictures.days(counts, told.used.most, mark, "Most rooms in use at once, by day")


SHORT = {
    "on the spot": "on the\nspot", "up to 1 hour": "1\nhour", "up to 1 day": "1\nday", "up to 2 days": "2\ndays",
    "up to 1 week": "1\nweek", "up to 2 weeks": "2\nweeks", "up to 30 days": "30\ndays", "up to 90 days": "90\ndays",
    "up to 15 min": "15\nmin", "up to 30 min": "30\nmin", "up to 45 min": "45\nmin", "up to 1 h": "1\nhour",
    "up to 1 ½ h": "1 ½\nhours", "up to 2 h": "2\nhours", "up to 4 h": "4\nhours", "up to 8 h": "8\nhours",
}  # fmt: skip


def _spread(steps: Sequence[Step], about: str) -> str:
    rows = [(SHORT.get(it.words, it.words), it.share, percent(it.share)) for it in steps]
    return pictures.columns(rows, about)


def _middle(steps: Sequence[Step]) -> str:
    middle = facts.ends(steps)
    return f"In per cent; half of the bookings: {middle}." if middle else "There are none."


def _day(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"
