// The day to scale: what is taken, what is closed, the hours, and where now is.
//
// The view carries the day from midnight to midnight; the strip shows the part of it that people use: the opening
// hours (or 7 to 20 where it never closes) with an hour at each side, and whatever is booked outside them.

import { instant } from "./clock.js";

const HOUR = 3_600_000;

export class Strip {
  #box;
  #from = 0;
  #to = 0;
  #mark = null;
  #past = null;
  #key = "";

  constructor(box) {
    this.#box = box;
  }

  paint(view, { words, calendar, now }) {
    const shown = view.day.length > 0;
    this.#box.hidden = !shown;
    if (shown) [this.#from, this.#to] = used(view, calendar, now);
    const key = JSON.stringify([this.#from, this.#to, view.day, view.conflicts, this.#box.clientWidth, calendar.hour(13)]);
    if (key === this.#key) return;
    this.#key = key;
    const day = make("div", "day");
    for (const part of view.day) if (part.kind !== "free") this.#lay(day, part);
    // Below who has the time stands who gave way: in the lower half, hatched, with a sign.
    for (const { from, to } of view.conflicts ?? []) this.#lay(day, { kind: "twice", start: from, end: to });
    day.append((this.#past = make("i", "past")));
    this.#mark = make("div", "now");
    this.#mark.append(make("i"));
    this.#box.replaceChildren(day, this.#hours(calendar), this.#mark);
    this.#box.setAttribute("aria-label", words.text("strip", { list: spoken(view, words, calendar) }));
  }

  /** Puts the marker where now is; cheap enough for every second. */
  tick(now) {
    if (!this.#mark) return;
    const inside = now >= this.#from && now <= this.#to;
    this.#mark.hidden = !inside;
    this.#mark.firstChild.style.left = `${this.#share(now)}%`;
    this.#past.style.transform = `scaleX(${this.#share(now) / 100})`;
  }

  #share(at) {
    const share = (at - this.#from) / (this.#to - this.#from);
    return (100 * Math.min(1, Math.max(0, share))).toFixed(3);
  }

  #lay(day, part) {
    const left = this.#share(instant(part.start));
    const width = this.#share(instant(part.end)) - left;
    if (width <= 0) return;
    const block = make("i", part.kind);
    if (part.check_in === "asked") block.classList.add("asked");
    if (part.state === "at_risk" || part.confirmed === false) block.classList.add("unsure");
    block.style.left = `${left}%`;
    block.style.width = `${width}%`;
    day.append(block);
  }

  #hours(calendar) {
    const scale = make("div", "hours");
    this.#box.append(scale);
    const hours = calendar.hours(this.#from, this.#to);
    const size = parseFloat(getComputedStyle(scale).fontSize);
    const each = (this.#box.clientWidth * HOUR) / (this.#to - this.#from);
    const step = [1, 2, 3, 4, 6].find((n) => n * each > 2.3 * size) ?? 6;
    for (const { at, hour } of hours) {
      const share = Number(this.#share(at));
      const tick = make("i");
      tick.style.left = `${share}%`;
      scale.append(tick);
      if (hour % step) continue;
      const label = make("span", share < 1 ? "first" : share > 99 ? "last" : "");
      label.style.left = `${share}%`;
      label.textContent = calendar.hour(hour);
      scale.append(label);
    }
    return scale;
  }
}

/** From and to of what is shown, in milliseconds, on whole hours of the room's wall clock. */
function used(view, calendar, now) {
  const [from, to] = [instant(view.day_from), instant(view.day_to)];
  const down = (at) => at - (calendar.wall(at) % HOUR);
  const up = (at) => down(at + HOUR - 1);
  const open = view.day.filter((part) => part.kind === "free");
  const first = Math.min(...open.map((part) => instant(part.start)));
  const last = Math.max(...open.map((part) => instant(part.end)));
  const starts = [first > from ? first - HOUR : from + 7 * HOUR, now];
  const ends = [last < to ? last + HOUR : from + 20 * HOUR, now + 1];
  for (const part of view.day) {
    if (part.kind !== "booking") continue;
    starts.push(instant(part.start));
    ends.push(instant(part.end));
  }
  const finite = (list) => list.filter(Number.isFinite);
  return [Math.max(from, down(Math.min(...finite(starts)))), Math.min(to, up(Math.max(...finite(ends))))];
}

function make(tag, name = "") {
  const element = document.createElement(tag);
  if (name) element.className = name;
  return element;
}

function spoken(view, words, calendar) {
  const times = (from, to) => `${calendar.time(instant(from))}–${calendar.time(instant(to))}`;
  const parts = view.day.map((part) => {
    const unsure = part.state === "at_risk" ? "mark.at_risk" : part.confirmed === false && "mark.not_confirmed";
    const said = [`strip.${part.kind}`, unsure].filter(Boolean).map((key) => words.text(key));
    return [times(part.start, part.end), ...said, part.host].filter(Boolean).join(" ");
  });
  const twice = (view.conflicts ?? []).map(({ from, to }) => `${times(from, to)} ${words.text("mark.twice")}`);
  return [...parts, ...twice].join(", ");
}
