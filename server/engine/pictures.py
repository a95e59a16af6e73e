"""Pictures of figures as plain SVG: no library, no script; legible in print and without seeing colours.

Decisions:
- Each picture says its figures in digits, too: colour only helps. One blue from light to dark is an order to every eye
  and to a copier; orange beside it is told from it by all.
- Words come from outside, so that a letter can have them in its reader's language.
"""

from collections.abc import Sequence
from html import escape

INK, SOFT, LINE, BLUE, ORANGE, GREY = "#17212b", "#566370", "#d8dee4", "#1d5f93", "#c25e12", "#b9c3cc"
SCALE = ("#f3f6f9", "#dbe7f1", "#b5cfe4", "#83b0d2", "#4a87b6", "#1d5f93", "#0d3b61")
"""From nothing to all; the last three carry white figures."""
FONT = "font-family='system-ui,-apple-system,Segoe UI,Roboto,Helvetica,Arial,sans-serif'"
Share = float | None


def shade(share: float) -> tuple[str, str]:
    """The colour of a share from 0 to 1, and that of the figure on it."""
    step = 0 if share <= 0 else min(len(SCALE) - 1, 1 + int(share * (len(SCALE) - 1)))
    return SCALE[step], INK if step < 4 else "#ffffff"


def percent(share: Share, digits: int = 0) -> str:
    return "–" if share is None else f"{share * 100:.{digits}f}"


def heat(days: Sequence[str], hours: Sequence[int], shares: Sequence[Sequence[Share]], about: str) -> str:
    """Weekdays by hours: `shares[day][n]` is that of `hours[n]`; None where there was nothing to be had."""
    left, top, height, wide = 34, 18, 24, 700
    width = (wide - left) / max(1, len(hours))
    parts = [
        _text(left + n * width + 1, 13, f"{hour}", size=10, fill=SOFT) for n, hour in enumerate(hours)
    ]  # the hour stands where it begins
    for row, day in enumerate(days):
        y = top + row * height
        parts.append(_text(left - 8, y + 16, day, size=11, anchor="end"))
        for n, share in enumerate(shares[row]):
            x = round(left + n * width, 1)
            if share is None:
                parts.append(f"<path d='M{x + width / 2 - 6:.1f} {y + 11.5}h10' stroke='{GREY}'/>")
                continue
            fill, ink = shade(share)
            parts.append(f"<rect x='{x}' y='{y}' width='{width - 2:.1f}' height='{height - 2}' rx='2' fill='{fill}'/>")
            if share >= 0.005:
                parts.append(_text(x + width / 2 - 1, y + 15, percent(share), size=10, fill=ink, anchor="middle"))
    return _svg(wide, top + len(days) * height, parts, about)


def bars(rows: Sequence[tuple[str, Share, str]], about: str, *, wide: int = 340, fill: str = BLUE) -> str:
    """A bar for each name: its share of the longest possible, and what stands behind it."""
    label, room, height = int(wide * 0.36), int(wide * 0.24), 20
    span = wide - label - room
    parts = []
    for row, (name, share, told) in enumerate(rows):
        y = row * height
        long = max(0.0, min(1.0, share or 0.0)) * span
        parts.append(_text(0, y + 14, _short(name, label // 6), size=11))
        parts.append(f"<rect x='{label}' y='{y + 4}' width='{span}' height='12' rx='2' fill='{SCALE[0]}'/>")
        if long:
            parts.append(
                f"<rect x='{label}' y='{y + 4}' width='{max(1.0, long):.1f}' height='12' rx='2' fill='{fill}'/>"
            )
        parts.append(_text(label + span + 8, y + 14, told, size=11, fill=SOFT))
    return _svg(wide, max(1, len(rows)) * height, parts, about)


def columns(rows: Sequence[tuple[str, float, str]], about: str, *, wide: int = 340, tall: int = 120) -> str:
    """A column for each step of a spread: its share of the highest, the figure above and the step below."""
    many = max(1, len(rows))
    most = max((share for _, share, _ in rows), default=0.0) or 1.0
    width, floor = wide / many, tall - 26
    parts = [f"<path d='M0 {floor + 0.5}H{wide}' stroke='{LINE}'/>"]
    for n, (name, share, told) in enumerate(rows):
        high = share / most * (floor - 16)
        middle = n * width + width / 2
        if high > 0:
            parts.append(f"<rect x='{n * width + width * 0.14:.1f}' y='{floor - high:.1f}' width='{width * 0.72:.1f}' "
                         f"height='{high:.1f}' rx='2' fill='{BLUE}'/>")  # fmt: skip
        parts.append(_text(middle, floor - high - 4, told, size=9.5, anchor="middle", fill=SOFT))
        for line, word in enumerate(name.split("\n")):
            parts.append(_text(middle, floor + 12 + line * 11, word, size=9.5, anchor="middle"))
    return _svg(wide, tall, parts, about)


def days(counts: Sequence[tuple[str, int]], of: int, mark: str, about: str, *, wide: int = 700, tall: int = 130) -> str:
    """One thin column a day: how many of so many; `mark` is said of the highest. Days are named where there is room."""
    most = max((count for _, count in counts), default=0)
    top = max(1, of, most)
    left, floor, roof = 26, tall - 20, 18
    step = (wide - left) / max(1, len(counts))
    parts = []
    for count in dict.fromkeys((0, top // 2, top)):
        y = floor - count / top * (floor - roof)
        parts.append(f"<path d='M{left} {y + 0.5:.1f}H{wide}' stroke='{LINE}'/>")
        parts.append(_text(left - 6, y + 4, str(count), size=10, anchor="end", fill=SOFT))
    each = max(1, -(-len(counts) // 10))
    told = False
    for n, (name, count) in enumerate(counts):
        x, high = left + n * step, count / top * (floor - roof)
        best = count == most and count > 0 and not told
        parts.append(f"<rect x='{x + step * 0.1:.2f}' y='{floor - high:.1f}' width='{max(0.6, step * 0.8):.2f}' "
                     f"height='{high:.1f}' fill='{ORANGE if best else BLUE}'/>")  # fmt: skip
        if best:
            told = True
            side = "end" if n > len(counts) * 0.7 else "start" if n < len(counts) * 0.3 else "middle"
            parts.append(_text(x + step / 2, floor - high - 5, mark, size=10.5, anchor=side))
        if n % each == 0:
            at, anchor = (wide, "end") if x + 6 * len(name) > wide else (x, "start")  # the last one is not cut off
            parts.append(_text(at, tall - 5, name, size=10, fill=SOFT, anchor=anchor))
    return _svg(wide, tall, parts, about)


def stack(parts_: Sequence[tuple[str, int, str]], about: str, *, wide: int = 700) -> str:
    """One bar made of several: name, count and colour of each, with what it is below."""
    total = sum(count for _, count, _ in parts_)
    parts, x, key = [], 0.0, 0.0
    for name, count, fill in parts_:
        long = count / total * wide if total else 0.0
        if long:
            parts.append(
                f"<rect x='{x:.1f}' y='0' width='{max(1.0, long - 1.5):.1f}' height='18' rx='2' fill='{fill}'/>"
            )
        x += long
        words = f"{name}: {count:,}" + (f" ({count / total:.0%})" if total else "")
        parts.append(f"<rect x='{key:.0f}' y='30' width='9' height='9' rx='1.5' fill='{fill}'/>")
        parts.append(_text(key + 14, 39, words, size=11))
        key += 30 + len(words) * 6
    if not total:
        parts.append(f"<rect x='0' y='0' width='{wide}' height='18' rx='2' fill='{SCALE[0]}'/>")
    return _svg(wide, 46, parts, about)


def _text(x: float, y: float, words: str, *, size: float, fill: str = INK, anchor: str = "start") -> str:
    where = f"x='{x:.1f}' y='{y:.1f}' font-size='{size:g}' text-anchor='{anchor}'"
    return f"<text {where} fill='{fill}'>{escape(words)}</text>"


def _short(words: str, most: int) -> str:
    return words if len(words) <= most else words[: most - 1].rstrip() + "…"


def _svg(wide: float, tall: float, parts: Sequence[str], about: str) -> str:
    inner = "".join(parts)
    return (f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {wide:g} {tall:g}' role='img' "
            f"aria-label='{escape(about, quote=True)}' {FONT}>{inner}</svg>")  # fmt: skip
