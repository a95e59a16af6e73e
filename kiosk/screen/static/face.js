// The answer: the state's word, until when, what comes next, and its shape at the largest size that fits.

import { countdown, instant } from "./clock.js";
import { capInEm, fit, shrink, widthInEm } from "./fit.js";

const KANJI = 0.9; // height of a kanji in em

export class Face {
  #box;
  #parts;
  #view = null;
  #words = null;

  constructor(box, parts) {
    this.#box = box;
    this.#parts = parts; // { word, line, after, left, count, spoken }
  }

  paint(view, { words, calendar, now }) {
    this.#view = view;
    this.#words = words;
    const { word, line, after, spoken } = this.#parts;
    const when = (iso) => calendar.when(instant(iso), now);
    word.textContent = words.text(`state.${view.state}`);
    const said = SAY[view.state](view, when, words, now);
    put(line, counted(view, now) ?? said.line, words);
    const spans = said.after.filter(Boolean).map((each) => {
      const span = document.createElement("span");
      put(span, each, words);
      return span;
    });
    after.replaceChildren(...spans);
    this.place();
    this.tick(now);
    const sentence = `${view.room?.name ?? ""}: ${word.textContent}, ${line.textContent}`;
    if (spoken.textContent !== sentence) spoken.textContent = sentence;
  }

  /** Once a second: the ring of RESERVED empties and its digits count, and so do the digits in the line. */
  tick(now) {
    const view = this.#view;
    const by = instant(view?.release?.until ?? view?.check_in_by);
    const start = instant(view?.release?.since ?? view?.current?.start);
    const { left, count } = this.#parts;
    const said = view && counted(view, now);
    if (said && this.#words.text(...said) !== this.#parts.line.textContent) put(this.#parts.line, said, this.#words);
    const remaining = this.#view?.state === "reserved" && by !== null ? by - now : 0;
    count.textContent = remaining > 0 ? countdown(remaining) : "";
    const share = remaining > 0 ? Math.min(1, remaining / Math.max(1, by - (start ?? now))) : 0;
    left.style.strokeDasharray = `${(share * 100).toFixed(2)} 100`;
    this.#box.classList.toggle("counting", remaining > 0);
  }

  /**
   * Chooses where word, lines and shape go, and how large. The word wants a capital of 39 % of the height (15 mm on a
   * 7-inch glass, 25 mm on a 10-inch one); beside it or below it, whichever leaves the shape more room. Where long
   * words need more lines, all of it gives way a little.
   */
  place() {
    const { word, lines } = this.#parts;
    const style = getComputedStyle(this.#box);
    const width = this.#box.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    const height = this.#box.clientHeight;
    if (width <= 0 || height <= 0) return;
    const cap = document.documentElement.lang === "ja" ? KANJI : capInEm(word);
    const em = widthInEm(word.textContent, word) + 0.02;
    const high = width < height * 1.15;
    for (let share = 1; share > 0.5; share *= 0.94) {
      const plan = (high ? tall : wide)({ width, height, cap, em, share });
      this.#size(plan);
      const rest = height - lines.offsetHeight - plan.sizes.word * cap - plan.sizes.lead;
      if (high) this.#size({ ...plan, sizes: { signal: Math.min(width, rest - 0.16 * height) } });
      if (rest > (high ? 0.34 * height : 0.03 * height)) return;
    }
  }

  #size({ place, sizes }) {
    this.#box.dataset.place = place;
    for (const [name, size] of Object.entries(sizes)) this.#box.style.setProperty(`--${name}`, `${size.toFixed(1)}px`);
    fit(this.#parts.line, 0.5);
    lay(this.#parts.after);
  }
}

/** Landscape: the shape stands beside the word, or beside the lines below it where the word needs the full width. */
function wide({ width, height, cap, em, share }) {
  const free = 0.87 * height;
  const lead = 0.1 * height;
  const wish = (Math.min(0.39 * height, 0.185 * innerHeight) * Math.min(1, 1.06 * Math.sqrt(share))) / cap;
  // A wide word and its shape stand closer together rather than that the shape gets small.
  const left = width - wish * em;
  const between = left > 0.6 * height ? 0.12 * height : 0.06 * height;
  const lines = { lead, line: 0.185 * height * share, after: 0.112 * height * share, between };
  const beside = Math.min(free, left - between);
  const word = Math.min(wish, width / em);
  const under = Math.min(free - word * cap - lead, 0.3 * width);
  if (beside > 1.15 * under) return { place: "side", sizes: { ...lines, word: wish, signal: beside } };
  return { place: "below", sizes: { ...lines, word, signal: under } };
}

/** Portrait: the shape on top, then the word, as wide as it may be without crowding the shape. */
function tall({ width, height, cap, em, share }) {
  const word = Math.min(width / em, (0.2 * height * share) / cap);
  const line = Math.min(0.085 * height, 0.1 * width) * share;
  return { place: "tall", sizes: { word, lead: 0.05 * height, line, after: 0.62 * line, between: 0 } };
}

/** The quieter words share one row, or take one each where they are long; only a title too long for a row is cut. */
function lay(after) {
  after.classList.remove("rows");
  for (const each of after.children) {
    each.style.fontSize = "";
    each.classList.remove("cut");
  }
  if (shrink(after, 0.85)) return;
  after.style.fontSize = "";
  after.classList.add("rows");
  for (const each of after.children) each.classList.toggle("cut", !shrink(each, 0.8));
}

/** Writes what is said: a sentence of ours as [key, values], or people's own words as they are. */
function put(element, said, words) {
  if (Array.isArray(said)) words.write(element, ...said);
  else element.textContent = said;
}

/** A line that counts: how long those inside have to answer, how long a meeting still goes on. */
function counted(view, now) {
  if (view.ask) return ["asking", { left: countdown(instant(view.ask.until) - now) }];
  if (!view.ending) return null;
  return ["ending", { n: Math.max(1, Math.ceil((instant(view.current.end) - now) / 60_000)) }];
}

const next = (view, when) =>
  view.next ? ["next", { time: when(view.next.start), host: view.next.host }] : ["next.none"];

const until = (view, when) => (view.until ? ["until", { time: when(view.until) }] : ["until.none"]);

/** What each state says: one line at the size of a headline, and a few words after it. */
const SAY = {
  free(view, when) {
    if (view.sure !== "plan") return { line: until(view, when), after: [view.until && next(view, when)] };
    return { line: ["by_plan", { time: when(view.as_of) }], after: [until(view, when), view.next && next(view, when)] };
  },
  busy(view, when) {
    const { current } = view;
    const who = [current?.host, current?.title].filter(Boolean).join(" · ");
    const asked = current?.state === "pending" && ["asked_for"];
    if (view.ask) return { line: null, after: [["asking.else", { time: when(view.ask.until) }], who && ["{who}", { who }]] };
    const ends = view.ending && until(view, when);
    return { line: until(view, when), after: [ends, who && ["{who}", { who }], asked, view.next && next(view, when)] };
  },
  reserved(view, when, words, now) {
    const { current, release } = view;
    const key = current?.host ? "waiting" : "waiting.nobody";
    const waits = [key, { host: current?.host, time: current ? when(current.start) : "" }];
    if (release?.phase === "released") {
      return { line: ["released"], after: [["released.held", { time: when(release.until) }], current?.host && ["{who}", { who: current.host }]] };
    }
    if (release?.phase === "warned") return { line: ["warned", { time: when(release.until) }], after: [waits] };
    if (release?.phase === "doubt") return { line: waits, after: [["released.doubt"]] };
    const by = instant(view.check_in_by) > now && ["check_in_by", { time: when(view.check_in_by) }];
    return { line: waits, after: [by, !by && view.until && until(view, when)] };
  },
  closed(view, when) {
    const why = view.reason === "closure" && view.reason_text ? view.reason_text : [`closed.${view.reason}`];
    const open = view.opens ? ["opens", { time: when(view.opens) }] : view.until && until(view, when);
    return { line: why, after: [open, view.next && next(view, when)] };
  },
  unknown(view, when, words) {
    const key = `unknown.${view.reason}`;
    const last = view.as_of && ["last_plan", { time: when(view.as_of) }];
    return { line: [words.has(key) ? key : "unknown.other"], after: [["unknown.hint"], last] };
  },
};
