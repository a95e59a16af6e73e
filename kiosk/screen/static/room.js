// The page of one room: the answer, the day, the buttons and the footer, and what a tap does.

import { Bar, booked, refusal } from "./bar.js";
import { instant } from "./clock.js";
import { Deck, press } from "./deck.js";
import { Face } from "./face.js";
import { fit } from "./fit.js";
import { paintFoot } from "./foot.js";
import { clash } from "./say.js";
import { Strip } from "./strip.js";

const TOLD = ["undo", "here", "ask_here"]; // what is not taken back is told by itself

export class RoomPage {
  #part;
  #words;
  #act;
  #face;
  #strip;
  #bar;
  #deck;
  #shown = null;
  #doubted = null; // the start of what this door could not confirm, until the server has answered
  #asked = null; // the op whose outcome was unknown when its answer failed to come

  /** `part(id)` gives an element; `act(body)` does what was tapped and gives its outcome; `onBack()` leaves. */
  constructor(part, words, { act, onBack }) {
    this.#part = part;
    this.#words = words;
    this.#act = act;
    this.#face = new Face(part("face"), {
      word: part("word"), lines: part("lines"), line: part("line"), after: part("after"), left: part("left"), count: part("count"), spoken: part("spoken"),
    });
    this.#strip = new Strip(part("strip"));
    this.#bar = new Bar({ bar: part("bar"), told: part("told"), undo: part("undo"), sand: part("sand") }, { onUndo: (op) => this.#undo(op) });
    this.#deck = new Deck(part("deck"), {
      onTap: (action, id) => this.#tap(action, id),
      onWhy: (why) => this.#bar.tell(words.text(`why.${why ?? "pending"}`), "note"),
    });
    press(part("back"));
    part("back").addEventListener("click", onBack);
  }

  /** Another room is opened: nothing of the one before may stay, and the finger that opened it presses nothing here. */
  enter() {
    this.#asked = this.#doubted = null;
    this.#bar.clear();
    this.#deck.hush();
  }

  /** Whether an act is on its way. */
  get busy() {
    return this.#deck.busy;
  }

  /** `context`: { words, calendar, now }; `back`: whether there are other rooms to go back to. */
  paint(view, context, { lost, back }) {
    const part = this.#part;
    this.#shown = { view, context };
    if (lost) this.#bar.clear();
    this.#settle();
    this.#answered(view, context);
    part("room").textContent = view.room?.name ?? "";
    part("back").hidden = !back;
    part("back").firstElementChild.textContent = this.#words.text("back");
    part("hint").textContent = view.hint ? this.#words.text(`hint.${view.hint}`) : "";
    this.tick(context);
    fit(part("room"), 0.6);
    this.#strip.paint(view, context);
    this.#deck.paint(view, context);
    this.#face.paint(view, context);
    paintFoot({ facts: part("facts"), sure: part("sure") }, view, context);
    this.#bar.paint(view, context);
    this.#strip.tick(context.now);
    if (back) fit(part("back").firstElementChild, 0.7);
  }

  /** Once a second: clock, countdown, marker. */
  tick({ calendar, now }, { lost = false } = {}) {
    const known = this.#shown?.view.offsets?.length > 0; // before the first plan nobody knows the room's wall time
    write(this.#part("clock"), known ? calendar.time(now) : "");
    write(this.#part("date"), known ? calendar.today(now) : "");
    this.#strip.tick(now);
    this.#bar.tick();
    if (!lost) this.#face.tick(now);
  }

  /** The outcome of a tap whose answer was lost may come with a later view. */
  #settle() {
    const { last } = this.#shown.view;
    if (!this.#asked || last?.op !== this.#asked || ["unknown", "kept"].includes(last.outcome)) return;
    this.#asked = null;
    if (last.outcome === "refused") this.#bar.tell(refusal(last.error, this.#shown.context));
  }

  /** What this door could not confirm is told when the server has it: confirmed, or who else has the time. */
  #answered(view, context) {
    const { current } = view;
    const doubted = current && current.confirmed === false ? current.start : null;
    const before = this.#doubted;
    this.#doubted = doubted;
    if (!before || doubted || !view.online) return;
    const words = this.#words;
    const twice = clash(view, context);
    const stands = current?.start === before && current.synced !== false;
    const met = view.conflicts?.some(({ booking, other }) => [booking, other].includes(current?.id));
    if (twice && (met || !stands)) return this.#bar.answer(words.text(...twice), view.undo?.op);
    if (!stands) return;
    const time = context.calendar.when(instant(current.end), context.now);
    this.#bar.answer(words.text("done.confirmed", { time }), view.undo?.op);
  }

  #tap(action, id) {
    const { act, booking, version, minutes, end, start_now } = action;
    const body = {
      book: { act, minutes, end },
      extend: { act, booking, version, minutes },
      check_in: { act, booking, version, start_now },
      end: { act, booking, version },
      here: { act, booking, version },
      ask_here: { act, booking, version, minutes },
    }[act];
    this.#deck.doing(id);
    this.#send(body);
  }

  #undo(op) {
    this.#bar.tell(this.#words.text("doing.undo"), "note");
    this.#send({ act: "undo", of: op });
  }

  async #send(body) {
    const { outcome, op, error } = await this.#act(body, {
      answered: () => this.#deck.doing(null),
      done: () => {
        this.#bar.clear();
        if (TOLD.includes(body.act)) this.#bar.tell(this.#words.text(`done.${body.act}`), "note");
      },
    });
    const { view, context } = this.#shown;
    if (outcome === "promised" && body.act === "book" && view.current && !view.undo) this.#bar.tell(booked(view.current, context), "note");
    if (outcome === "refused") this.#bar.tell(refusal(error, context));
    if (outcome === "unknown" || outcome === "kept") {
      this.#asked = op ?? null;
      this.#bar.tell(this.#words.text(outcome === "kept" ? "done.kept" : "done.unsure"), "note");
    }
  }
}

/** Writes a text only where it is another: what did not change is not laid out anew. */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
