// The panel page: paints each view the agent sends, and adds only what a page must know by itself:
// the running clock, the press under a finger, and that a silent agent means UNKNOWN.

import { Bar, refusal } from "./bar.js";
import { Calendar, Clock, instant } from "./clock.js";
import { Deck } from "./deck.js";
import { Face } from "./face.js";
import { fit } from "./fit.js";
import { paintFoot } from "./foot.js";
import { Link } from "./link.js";
import { Strip } from "./strip.js";
import { Touch } from "./touch.js";
import { Words } from "./words.js";

const DEAD = 10_000; // no sign of life from the agent: nothing is promised any more
const OLD = 90_000; // the agent sends a view at least each minute; one older than this is not believed
const TOLD = ["undo", "here", "ask_here"]; // what is not taken back is told by itself
const ALIVE = 5_000; // how often the agent hears that this page paints
const LATE = 5_000; // nor one whose state should have ended so long ago

const root = document.documentElement;
const part = (id) => document.getElementById(id);
const embedded = (id) => JSON.parse(part(id).textContent);
const secret = document.querySelector("meta[name=secret]").content;

const words = new Words(embedded("words"));
const clock = new Clock();
const face = new Face(part("face"), {
  word: part("word"), lines: part("lines"), line: part("line"), after: part("after"), left: part("left"), count: part("count"), spoken: part("spoken"),
});
const strip = new Strip(part("strip"));
const bar = new Bar({ bar: part("bar"), told: part("told"), undo: part("undo"), sand: part("sand") }, { onUndo: undo });
const deck = new Deck(part("deck"), { onTap: tap, onWhy: (why) => bar.tell(words.text(`why.${why ?? "pending"}`), "note") });
const touch = new Touch(document);
const link = new Link({ onView: take, onBack: meet });

let view = null;
let calendar = null;
let lost = false;
let asked = null; // the op whose outcome was unknown when its answer failed to come

/** A new view: the truth until the next one. Stream and answers may overtake each other: an older one is dropped. */
function accept(fresh) {
  if (view && fresh.edition < view.edition) return false;
  if (fresh.language && fresh.language !== root.lang) location.reload();
  view = fresh;
  calendar = new Calendar(root.lang, view.offsets);
  clock.set(instant(view.now));
  return true;
}

function take(fresh) {
  if (!accept(fresh)) return;
  settle();
  paint();
}

/** The outcome of a tap whose answer was lost may come with a later view. */
function settle() {
  if (!asked || view.last?.op !== asked || ["unknown", "kept"].includes(view.last.outcome)) return;
  asked = null;
  if (view.last.outcome === "refused") bar.tell(refusal(view.last.error, context()));
}

function context() {
  return { words, calendar, now: clock.now() };
}

/** What may be said of a view when nobody vouches for it any more. */
function forsaken(stale) {
  return {
    ...stale, state: "unknown", reason: "agent", sure: null, until: null, current: null, next: null, day: [],
    actions: [], undo: null, release: null, ask: null, ending: false, pending: null, check_in_by: null, as_of: null, online: false, unconfirmed: 0, clock: "verified",
  };
}

/** Whether the glass has to take back what it says, because nobody renews it. */
function orphaned() {
  return link.silence() > DEAD || clock.age() > OLD || clock.now() > (instant(view.until) ?? Infinity) + LATE;
}

/** A short drop of the link is not drawn: the agent says how long `quiet` lasts. */
const calm = (fresh) => (fresh.quiet && fresh.sure === "plan" ? { ...fresh, sure: "live" } : fresh);

function paint() {
  lost = orphaned();
  try {
    draw(lost ? forsaken(view) : calm(view));
    root.dataset.painted = view.now; // which view the glass shows, for whoever watches over the page
  } catch (error) {
    root.dataset.state = "blank"; // a view that cannot be drawn must not leave the last one standing
    console.error(error);
  }
}

function draw(shown) {
  const all = context();
  if (lost) bar.clear();
  root.dataset.state = shown.state;
  root.dataset.sure = shown.sure ?? "";
  part("room").textContent = shown.room?.name ?? "";
  tick();
  fit(part("room"), 0.6);
  strip.paint(shown, all);
  deck.paint(shown, all);
  face.paint(shown, all);
  paintFoot({ facts: part("facts"), sure: part("sure") }, shown, all);
  bar.paint(shown, all);
  strip.tick(all.now);
}

/** Once a second: clock, countdown, marker, and whether the agent is still there. */
function tick() {
  const now = clock.now();
  const known = view.offsets?.length > 0; // before the first plan nobody knows the room's wall time
  write(part("clock"), known ? calendar.time(now) : "");
  write(part("date"), known ? calendar.today(now) : "");
  strip.tick(now);
  bar.tick();
  if (!lost) face.tick(now);
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function beat() {
  if (orphaned() === lost) tick();
  else paint();
  setTimeout(beat, 1000 - (clock.now() % 1000) + 5);
}

/** Said from within a frame: a renderer that hangs or is hidden says nothing, nor does a page that shows no state. */
function alive() {
  requestAnimationFrame(() => {
    if (!lost && root.dataset.state !== "blank") link.alive({ touch: touch.state() }, secret);
    setTimeout(alive, ALIVE);
  });
}

function tap(action, id) {
  const { act, booking, version, minutes, end, start_now } = action;
  const body = {
    book: { act, minutes, end },
    extend: { act, booking, version, minutes },
    check_in: { act, booking, version, start_now },
    end: { act, booking, version },
    here: { act, booking, version },
    ask_here: { act, booking, version, minutes },
  }[act];
  deck.doing(id);
  send(body);
}

function undo(op) {
  bar.tell(words.text("doing.undo"), "note");
  send({ act: "undo", of: op });
}

async function send(body) {
  paint();
  const answer = await link.act(body, secret);
  deck.doing(null);
  if (answer.outcome === "estranged") return location.reload();
  if (answer.view) accept(answer.view);
  if (answer.outcome === "done") {
    bar.clear();
    if (TOLD.includes(body.act)) bar.tell(words.text(`done.${body.act}`), "note");
  }
  paint();
  if (answer.outcome === "refused") bar.tell(refusal(answer.error, context()));
  if (answer.outcome === "unknown" || answer.outcome === "kept") {
    asked = answer.op ?? null;
    bar.tell(words.text(answer.outcome === "kept" ? "done.kept" : "done.unsure"), "note");
  }
}

/** The agent is there again: if it is another one, its page and its secret are new too. */
async function meet() {
  view = { ...view, edition: -1 }; // another agent counts from the beginning
  const page = await fetch("/", { cache: "no-store" }).then((answer) => answer.text()).catch(() => "");
  const fresh = new DOMParser().parseFromString(page, "text/html").querySelector("meta[name=secret]");
  if (fresh && fresh.content !== secret) location.reload();
}

/** What a browser does with stray fingers has no place on a wall. */
for (const stray of ["contextmenu", "selectstart", "dragstart", "gesturestart"]) {
  document.addEventListener(stray, (event) => event.preventDefault());
}
document.addEventListener("touchmove", (event) => event.touches.length > 1 && event.preventDefault(), { passive: false });
document.addEventListener("wheel", (event) => event.ctrlKey && event.preventDefault(), { passive: false });
new ResizeObserver(() => view && paint()).observe(document.body);

if (root.dataset.density) root.style.setProperty("--mm", `${root.dataset.density}px`);
take(embedded("view"));
beat();
setTimeout(alive, 1000); // the first picture comes first
link.run();
