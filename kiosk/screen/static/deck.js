// The buttons of the primary row. A button is a sentence, its end time written on it; one that is off says why.
//
// Buttons are kept from one view to the next (the minute changes their times, not the buttons), so that nothing is
// swapped under a finger; what is sent is what stood on the button when the finger came down. A row that has just
// changed is deaf for a moment: the tap was meant for what stood there before.

import { instant } from "./clock.js";
import { fit } from "./fit.js";

const DEAF = 350;

export class Deck {
  #box;
  #onTap;
  #keys = new Map();
  #doing = null;
  #deaf = 0;

  /** `onTap(action, id)` for a button that is on, `onWhy(why)` for one that is off. */
  constructor(box, { onTap, onWhy }) {
    this.#box = box;
    this.#onTap = (key) => (key.off ? onWhy(this.#doing ? "pending" : key.action.why) : onTap(key.armed ?? key.action, key.id));
  }

  paint(view, { words, calendar, now }) {
    const wanted = view.actions.map((action) => describe(action, view, { words, calendar, now }));
    const order = wanted.map((each) => each.id).join();
    if (order !== [...this.#keys.keys()].join()) this.#lay(wanted);
    const waiting = Boolean(this.#doing || view.pending);
    for (const each of wanted) {
      const key = this.#keys.get(each.id);
      key.action = each.action;
      key.kind = each.kind;
      // While an act is on its way nothing looks different; and a short drop of the link is not shown, but a tap goes
      // to the agent, which then says what is so.
      const { enabled, why } = each.action;
      key.off = waiting || (!enabled && !(view.quiet && why === "offline"));
      const doing = this.#doing === each.id;
      key.element.className = `key ${each.kind}`;
      key.element.classList.toggle("off", key.off && !waiting && why !== "pending");
      key.element.classList.toggle("doing", doing);
      key.element.setAttribute("aria-disabled", String(key.off));
      key.big.textContent = doing ? words.text(`doing.${each.action.act}`) : each.big;
      key.sub.textContent = each.sub;
      key.sub.hidden = !each.sub;
      // In a short drop of the link nothing looks different: the answer to the tap says how sure it is.
      const unsure = each.action.grade === "not_confirmed" && !view.quiet && !key.off;
      key.element.classList.toggle("unsure", unsure);
      key.how.textContent = unsure ? words.text("act.not_confirmed") : "";
      key.how.hidden = !unsure;
    }
    for (const line of ["big", "sub", "how"]) {
      for (const key of this.#keys.values()) fit(key[line]);
      level([...this.#keys.values()].filter((key) => !key.kind).map((key) => key[line]));
    }
    for (const key of this.#keys.values()) lower(key);
  }

  /** The button that waits for its answer, by id; null when the answer is there. */
  doing(id) {
    this.#doing = id;
  }

  /** Whether a button waits for its answer. */
  get busy() {
    return this.#doing !== null;
  }

  /** For a moment no button hears: the tap was meant for what stood there before. */
  hush() {
    this.#box.classList.add("deaf");
    clearTimeout(this.#deaf);
    this.#deaf = setTimeout(() => this.#box.classList.remove("deaf"), DEAF);
  }

  #lay(wanted) {
    const fresh = this.#keys.size > 0;
    const kept = this.#keys;
    this.#keys = new Map(wanted.map((each) => [each.id, kept.get(each.id) ?? this.#make(each.id)]));
    this.#box.replaceChildren(...[...this.#keys.values()].map((key) => key.element));
    if (fresh) this.hush();
  }

  #make(id) {
    const element = document.createElement("button");
    element.type = "button";
    element.dataset.act = id;
    const big = document.createElement("span");
    big.className = "big";
    const sub = document.createElement("span");
    sub.className = "sub";
    const how = document.createElement("span");
    how.className = "how";
    element.append(big, sub, how);
    const key = { id, element, big, sub, how, kind: "", action: null, armed: null, off: false };
    press(element, () => (key.armed = key.action));
    element.addEventListener("click", () => {
      this.#onTap(key);
      key.armed = null;
    });
    return key;
  }
}

/** A sentence that wraps may not grow out of its button. */
function lower({ element, ...lines }) {
  const all = [lines.big, lines.sub, lines.how];
  const high = () => all.reduce((sum, line) => sum + line.offsetHeight, 0);
  for (let i = 0; i < 4 && high() > 0.94 * element.clientHeight; i++) {
    for (const line of all) line.style.fontSize = `${0.92 * parseFloat(getComputedStyle(line).fontSize)}px`;
  }
}

/** Buttons of one kind keep one size of letters: the one that fits them all. */
function level(texts) {
  const sizes = texts.map((text) => parseFloat(getComputedStyle(text).fontSize));
  const least = Math.min(...sizes);
  for (const [i, text] of texts.entries()) if (sizes[i] > least) text.style.fontSize = `${least}px`;
}

/** Shows a press the moment a finger comes down, and takes it back when it lifts or leaves. */
export function press(element, armed = () => {}) {
  element.addEventListener("pointerdown", () => {
    armed();
    element.classList.add("pressed");
  });
  for (const end of ["pointerup", "pointercancel", "pointerleave"]) {
    element.addEventListener(end, () => element.classList.remove("pressed"));
  }
}

/** What stands on the button of an action: id (stable while it means the same), kind, two lines. */
function describe(action, view, { words, calendar, now }) {
  const time = (iso) => calendar.when(instant(iso), now);
  if (action.act === "book" || action.act === "extend") {
    const id = `${action.act}-${action.until_next ? "next" : action.minutes}`;
    const length = words.length(action.minutes);
    const more = action.act === "extend" ? words.text("act.more", { length }) : length;
    if (action.until_next) return { id, action, kind: "", big: words.text("act.until", { time: time(action.end) }), sub: more };
    return { id, action, kind: "", big: more, sub: words.text("act.to", { time: time(action.end) }) };
  }
  if (action.act === "check_in") {
    const giant = view.state === "reserved";
    const sub = action.start_now ? "act.check_in.start" : "act.check_in.early";
    return {
      id: `check_in-${action.booking}`,
      action,
      kind: giant ? "giant" : "second",
      big: words.text("act.check_in", { time: time(action.start) }),
      sub: giant ? "" : words.text(sub),
    };
  }
  if (action.act === "here") return { id: `here-${action.booking}`, action, kind: "giant", big: words.text("act.here"), sub: "" };
  if (action.act === "ask_here") {
    const wish = words.text("act.ask_here.then", { length: words.length(action.minutes) });
    return { id: `ask_here-${action.booking}`, action, kind: "second ask", big: words.text("act.ask_here"), sub: wish };
  }
  const sub = words.text(action.why === "identity" ? "act.end.whose" : "act.end.then");
  return { id: `end-${action.booking}`, action, kind: "second end", big: words.text("act.end"), sub };
}
