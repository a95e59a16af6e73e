// The bar over the footer: what has just happened, with Undo while it can still be undone, then gone by itself.
//
// Undo instead of a question before: the bar stays for as long as the agent says (10 s), its line runs out like sand.

import { instant } from "./clock.js";
import { press } from "./deck.js";
import { fit } from "./fit.js";

const TOLD = 6_000;

export class Bar {
  #parts;
  #onUndo;
  #offer = null;
  #spent = null;
  #sand = null;
  #told = 0;

  /** parts: { bar, told, undo, sand }; `onUndo(op)`. */
  constructor(parts, { onUndo }) {
    this.#parts = parts;
    this.#onUndo = onUndo;
    press(parts.undo);
    parts.undo.addEventListener("click", () => {
      this.#spent = this.#offer;
      if (this.#spent) this.#onUndo(this.#spent);
    });
  }

  /** Shows or renews the offer to undo that a view carries; takes away one that it no longer carries. */
  paint(view, { words, calendar, now }) {
    const op = view.undo && instant(view.undo.until) > now ? view.undo.op : null;
    if (!op) {
      if (this.#offer) this.#hide();
      return;
    }
    if (op === this.#offer || op === this.#spent) return;
    this.#offer = op;
    this.#parts.undo.textContent = words.text("act.undo");
    this.#show(done(view, { words, calendar, now }), "done", instant(view.undo.until) - now);
  }

  /** Tells one sentence for some seconds. */
  tell(text, kind = "refused") {
    this.#offer = null;
    this.#show(text, kind, TOLD);
  }

  /** Tells what came of something done here; it takes the place of the offer to undo that. */
  answer(text, op = null) {
    this.#spent = op ?? this.#spent;
    this.tell(text, "note");
  }

  /** The bar is gone when its time is over, also where no view comes to say so. */
  tick() {
    if (this.#told && performance.now() > this.#told) this.#hide();
  }

  /** Taken away because something else is shown (the page no longer knows anything). */
  clear() {
    this.#hide();
  }

  #show(text, kind, ms) {
    const { bar, told, undo, sand } = this.#parts;
    this.#told = performance.now() + ms;
    bar.dataset.kind = kind;
    undo.hidden = kind !== "done";
    bar.hidden = false;
    told.textContent = text;
    fit(told, 0.8, bar);
    this.#sand?.cancel();
    this.#sand = sand.animate([{ transform: "scaleX(1)" }, { transform: "scaleX(0)" }], { duration: ms, fill: "forwards" });
  }

  #hide() {
    this.#offer = null;
    this.#told = 0;
    this.#sand?.cancel();
    this.#parts.bar.hidden = true;
  }
}

/** "Booked until 11:12", "Ended. Free again until 14:30" */
function done(view, { words, calendar, now }) {
  const { act } = view.undo;
  if (act === "book" && view.current) return booked(view.current, { words, calendar, now });
  const when = (iso) => calendar.when(instant(iso), now);
  if (act !== "end") return words.text(`done.${act}`, { time: view.current ? when(view.current.end) : "" });
  if (view.state !== "free") return words.text("done.end.other");
  return view.until ? words.text("done.end", { time: when(view.until) }) : words.text("done.end.open");
}

/** "Booked until 11:12", and how sure that is where this door has said so by itself. */
export function booked({ end, confirmed = true, synced = true }, { words, calendar, now }) {
  const time = calendar.when(instant(end), now);
  if (!confirmed) return words.text("done.book.not_confirmed");
  return words.text(synced ? "done.book" : "done.book.confirmed", { time });
}

/** A refusal in people's words: the conflict first, then the first objection, then the kind of error. */
export function refusal(error, { words, calendar, now }) {
  const clash = error?.conflicts?.[0];
  if (clash?.end) {
    const time = calendar.when(instant(clash.end), now);
    return clash.host ? words.text("no.clash", { time, host: clash.host }) : words.text("no.clash.nobody", { time });
  }
  if (error?.code === "clash") return words.text("no.clash.other");
  for (const { code, numbers } of error?.objections ?? []) {
    if (words.has(`no.${code}`)) return words.text(`no.${code}`, numbers ?? {});
  }
  const key = [`no.${error?.code}`, `why.${error?.code}`].find((each) => words.has(each));
  return words.text(key ?? "no.other");
}
