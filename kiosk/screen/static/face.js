// The answer: the state's word, until when, what comes next, and its shape at the largest size that fits.

import { capInEm, fit, shrink, widthInEm } from "./fit.js";
import { counted, left, put, said } from "./say.js";

const KANJI = 0.9; // height of a kanji in em
const LARGE = 1.25; // how much larger the lines are where large type is wanted

export class Face {
  #box;
  #parts;
  #view = null;
  #words = null;

  constructor(box, parts) {
    this.#box = box;
    this.#parts = parts; // { word, lines, line, after, left, count } and, where it has them, { name, spoken }
  }

  /** `level`: how to place it like its neighbours, see place(). */
  paint(view, context, level) {
    this.#view = view;
    this.#words = context.words;
    const { word, line, after, spoken } = this.#parts;
    const what = said(view, context, { brief: Boolean(this.#parts.name) });
    word.textContent = what.word;
    put(line, what.line, context.words);
    const spans = what.after.map((each) => {
      const span = document.createElement("span");
      put(span, each, context.words);
      return span;
    });
    after.replaceChildren(...spans);
    if (level !== "later") this.place(level);
    this.tick(context.now);
    if (!spoken) return;
    const sentence = `${view.room?.name ?? ""}: ${word.textContent}, ${line.textContent}`;
    if (spoken.textContent !== sentence) spoken.textContent = sentence;
  }

  /** Once a second: the ring of RESERVED empties and its digits count, and so do the digits in the line. */
  tick(now) {
    const parts = this.#parts;
    const what = this.#view && counted(this.#view, now);
    if (what && this.#words.text(...what) !== parts.line.textContent) put(parts.line, what, this.#words);
    const { text, share } = left(this.#view, now);
    parts.count.textContent = text;
    parts.left.style.strokeDasharray = `${(share * 100).toFixed(2)} 100`;
    this.#box.classList.toggle("counting", text !== "");
  }

  /** The width of the word in em. */
  em() {
    return widthInEm(this.#parts.word.textContent, this.#parts.word) + 0.02;
  }

  /**
   * Chooses where word, lines and shape go, and how large. The word wants a capital of 39 % of the height (15 mm on a
   * 7-inch glass, 25 mm on a 10-inch one); beside it or below it, whichever leaves the shape more room. Where long
   * words need more lines, all of it gives way a little. Faces that stand side by side are given the same `em` (of the
   * longest word among them) and then the same `share`: the one that the fullest of them needs, which is returned.
   */
  place({ em = this.em(), share: most = 1 } = {}) {
    const { word, lines, name } = this.#parts;
    const style = getComputedStyle(this.#box);
    const width = this.#box.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    const head = name?.offsetHeight ?? 0; // beside which only the shape of a wide face may stand
    const height = this.#box.clientHeight - head;
    if (width <= 0 || height <= 0) return most;
    const kanji = document.documentElement.lang === "ja";
    const cap = kanji ? KANJI : capInEm(word);
    const high = width < height * 1.15;
    const large = document.documentElement.hasAttribute("data-large") ? LARGE : 1;
    for (let share = most; ; share *= 0.94) {
      const plan = (high ? tall : wide)({ width, height, head, cap, em, share, large });
      this.#size(plan);
      const rest = height - lines.offsetHeight - plan.sizes.word * (kanji ? 1 : cap) - plan.sizes.lead;
      if (high) this.#size({ ...plan, sizes: { signal: Math.min(width, rest - (name ? 0.1 : 0.16) * height) } });
      if (rest > (high ? 0.34 * height : 0.03 * height) || share < 0.53) return share;
    }
  }

  #size({ place, sizes }) {
    this.#box.dataset.place = place;
    for (const [name, size] of Object.entries(sizes)) this.#box.style.setProperty(`--${name}`, `${size.toFixed(1)}px`);
    fit(this.#parts.line, 0.5);
    lay(this.#parts.after, this.#parts.name ? "wrapped" : "cut");
  }
}

/** Landscape: the shape stands beside the word, or beside the lines below it where the word needs the full width. */
function wide({ width, height, head, cap, em, share, large }) {
  const free = 0.87 * height;
  const lead = 0.1 * height;
  const wish = (Math.min(0.39 * height, 0.185 * innerHeight) * Math.min(1, 1.06 * Math.sqrt(share))) / cap;
  // A wide word and its shape stand closer together rather than that the shape gets small.
  const left = width - wish * em;
  const between = left > 0.6 * height ? 0.12 * height : 0.06 * height;
  const lines = { lead, line: 0.185 * height * share * large, after: 0.112 * height * share * large, between };
  const beside = Math.min(0.87 * (height + head), left - between);
  const word = Math.min(wish, width / em);
  const under = Math.min(free - word * cap - lead, (head ? 0.36 : 0.3) * width);
  if (beside > 1.15 * under) return { place: "side", sizes: { ...lines, word: wish, signal: beside } };
  return { place: "below", sizes: { ...lines, word, signal: under } };
}

/** Portrait: the shape on top, then the word, as wide as it may be without crowding the shape. */
function tall({ width, height, cap, em, share, large }) {
  const word = Math.min(width / em, (0.2 * height * share) / cap);
  const line = Math.min(0.085 * height, 0.1 * width) * share * large;
  return { place: "tall", sizes: { word, lead: 0.05 * height, line, after: 0.62 * line, between: 0 } };
}

/** The quieter words share one row, or take one each; one that is too long for a row is wrapped, or a title `cut`. */
function lay(after, how) {
  after.classList.remove("rows");
  for (const each of after.children) {
    each.style.fontSize = "";
    each.classList.remove("cut", "wrapped");
  }
  if (shrink(after, 0.85)) return;
  after.style.fontSize = "";
  after.classList.add("rows");
  for (const each of after.children) {
    const whole = how !== "cut" || each.dataset.mark; // a sentence about a conflict is never cut
    each.classList.toggle(whole ? "wrapped" : "cut", !shrink(each, whole ? 0.9 : 0.8));
  }
}
