// Time as the panel shows it: the agent's clock carried on by the monotonic timer, formatted in the room's wall time.
//
// The browser's own clock and zone are never asked: the one may be wrong on a tablet, the other belongs to the
// browser, not to the room. Wall time = instant + the offset that is valid at that instant (from the view).

const MINUTE = 60_000;
const DAY = 86_400_000;

/** Milliseconds of an ISO instant; null stays null. */
export const instant = (iso) => (iso ? Date.parse(iso) : null);

/** A clock that is set by each view and runs by performance.now() in between. */
export class Clock {
  #set = NaN;
  #at = 0;

  set(ms) {
    this.#set = ms;
    this.#at = performance.now();
  }

  now() {
    return this.#set + this.age();
  }

  /** Milliseconds since it was last set. */
  age() {
    return performance.now() - this.#at;
  }
}

/** Writes instants (milliseconds) in the room's wall time, in one language. */
export class Calendar {
  #offsets;
  #formats = {};
  #hours = 24;

  /** `hours`: 24, or 12 for "2:30 pm". */
  constructor(language, offsets, hours = 24) {
    this.#hours = hours;
    this.#offsets = (offsets ?? [])
      .map((each) => ({ from: Date.parse(each.from), by: each.seconds * 1000 }))
      .sort((a, b) => a.from - b.from);
    const make = (options) => new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, { timeZone: "UTC", ...options });
    this.#formats = {
      time: make(hours === 12 ? { hour: "numeric", minute: "2-digit", hourCycle: "h12" } : { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }),
      weekday: make({ weekday: "short" }),
      date: make({ day: "numeric", month: "short" }),
      today: make({ weekday: "short", day: "numeric", month: "short" }),
    };
  }

  /** The wall time of an instant, as the milliseconds of a UTC date that reads the same. */
  wall(ms) {
    let by = this.#offsets[0]?.by ?? 0;
    for (const each of this.#offsets) if (each.from <= ms) by = each.by;
    return ms + by;
  }

  time(ms) {
    return this.#formats.time.format(this.wall(ms));
  }

  today(ms) {
    return this.#formats.today.format(this.wall(ms));
  }

  /** "14:30" today, "Mon 14:30" within the week, "24 Nov 14:30" beyond; the end of today is 24:00, or tomorrow's 12 am. */
  when(ms, now) {
    const wall = this.wall(ms);
    const days = Math.floor(wall / DAY) - Math.floor(this.wall(now) / DAY);
    if (days === 0) return this.time(ms);
    if (days === 1 && wall % DAY === 0 && this.#hours === 24) return "24:00";
    const day = Math.abs(days) < 7 ? this.#formats.weekday : this.#formats.date;
    return `${day.format(wall)} ${this.time(ms)}`;
  }

  /** The whole wall-clock hours in [from, to], each as { at: ms, hour: 0-24 }. */
  hours(from, to) {
    const found = [];
    for (let at = Math.ceil(from / (30 * MINUTE)) * 30 * MINUTE; at <= to; at += 30 * MINUTE) {
      const wall = this.wall(at);
      if (wall % (60 * MINUTE) === 0) found.push({ at, hour: (wall % DAY) / (60 * MINUTE) });
    }
    return found;
  }

  /** What stands at an hour of the day's scale. */
  hour(hour) {
    return String(this.#hours === 12 ? hour % 12 || 12 : hour);
  }
}

/** "7:05" for the time left, never below zero. */
export function countdown(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
