// The page on the glass: takes what the agent sends, decides which page of it is shown, and adds only what a page must
// know by itself: the running clock, the press under a finger, and that a silent agent means UNKNOWN.
//
// One room is shown as its own page. Several are shown as tiles, and one of them as its page for as long as somebody is
// at the glass. A board shows rows. A device without a room says so.

import { Board } from "./board.js";
import { Calendar, Clock, instant } from "./clock.js";
import { Home } from "./home.js";
import { honest, lost } from "./honest.js";
import { Link } from "./link.js";
import { RoomPage } from "./room.js";
import { Sign } from "./sign.js";
import { Touch } from "./touch.js";
import { Words } from "./words.js";

const ALIVE = 5_000; // how often the agent hears that this page paints
const MANY = 9; // more rooms than this are rows, whatever the device
const AWAY = 30_000; // nobody has touched the glass for so long: an opened room closes

const root = document.documentElement;
const part = (id) => document.getElementById(id);
const embedded = (id) => JSON.parse(part(id).textContent);
const secret = document.querySelector("meta[name=secret]").content;

const words = new Words(embedded("words"));
const clock = new Clock();
const touch = new Touch(document);
const link = new Link({ onViews: take, onFacts: become, onBack: meet });
const room = new RoomPage(part, words, { act, onBack: () => open(null) });
const home = new Home(part, words, { onOpen: open });
const board = new Board(part, words);
const sign = new Sign(part, words);

let facts = null; // of the device: who it is, how it is to look
let rooms = new Map(); // id → { view, got }: the truth until the next one
let opened = null; // the room whose page is shown, where there are several: { id, since }
let calendars = new Map();
let drawn = ""; // which rooms were given up when the page was drawn last

/** The views of all rooms. Stream and answers may overtake each other: an older one of a room is dropped. */
function take(views) {
  rooms = new Map(views.map((view) => [name(view), newer(view)]));
  if (opened && !rooms.has(opened.id)) opened = null;
  paint();
}

const name = (view) => view.id ?? view.room?.id ?? "";

function newer(view) {
  const kept = rooms.get(name(view));
  if (kept && view.edition < kept.view.edition) return kept;
  clock.set(instant(view.now));
  return { view, got: performance.now() };
}

/** What the agent says of the device. Another language has other words, which come with the page. */
function become(fresh) {
  const old = facts;
  facts = fresh;
  if (old && (fresh.language !== old.language || fresh.page !== old.page)) return location.reload();
  root.dataset.theme = fresh.theme;
  root.toggleAttribute("data-large", fresh.large_type);
  if (fresh.density !== old?.density && fresh.density) root.style.setProperty("--mm", `${fresh.density}px`);
  if (old?.density && !fresh.density) root.style.removeProperty("--mm");
  if (fresh.hour_clock !== old?.hour_clock) calendars = new Map();
  sign.take(fresh);
  if (old) paint();
}

function scene() {
  if (facts.kind === "board" || rooms.size > MANY) return "board";
  if (rooms.size === 0) return "waiting";
  return rooms.size === 1 || opened ? "room" : "home";
}

const current = () => (opened ? opened.id : [...rooms.keys()][0]);
const trust = () => ({ silence: link.silence(), now: clock.now() });
const forlorn = () => [...rooms].filter(([, kept]) => lost(kept, trust())).map(([id]) => id);
const look = () => ({ theme: facts.theme, language: root.lang, touch: facts.touch, held: held(), name: facts.name });
const apart = () => facts.state === "quarantined" || [...rooms.values()].some(({ view }) => view.quarantined);
const held = () => (apart() ? "quarantined" : null);

/** The rooms as they may be drawn: [{ id, view, context }]. */
function drawable() {
  return [...rooms].map(([id, kept]) => ({
    id,
    view: honest(kept, { ...trust(), held: held(), touch: facts.touch }),
    context: { words, calendar: calendarOf(kept.view), now: clock.now() },
  }));
}

/** Rooms of one zone share a calendar: making one takes the browser long. */
function calendarOf({ offsets }) {
  const key = JSON.stringify(offsets ?? []);
  if (calendars.size > 20) calendars = new Map();
  if (!calendars.has(key)) calendars.set(key, new Calendar(root.lang, offsets, facts.hour_clock));
  return calendars.get(key);
}

const SCENES = {
  room(all) {
    const { id, view, context } = all.find((each) => each.id === current());
    root.dataset.state = view.state;
    root.dataset.sure = view.sure ?? "";
    room.paint(view, context, { lost: lost(rooms.get(id), trust()), back: rooms.size > 1 });
  },
  home: (all) => plain("several", () => home.paint(all, look())),
  board: (all) => plain("several", () => board.paint(all, look())),
  waiting: () => plain("several", () => {}),
};

function plain(state, draw) {
  root.dataset.state = state;
  root.dataset.sure = "";
  draw();
}

function paint() {
  drawn = forlorn().join();
  try {
    root.dataset.scene = scene();
    SCENES[scene()](drawable());
    sign.paint(facts, { waiting: scene() === "waiting" });
    // Which view the glass shows, for whoever watches over it.
    root.dataset.painted = [...rooms.values()][0]?.view.now ?? "";
  } catch (error) {
    root.dataset.scene = "room";
    root.dataset.state = "blank"; // a view that cannot be drawn must not leave the last one standing
    console.error(error);
  }
}

/** Once a second: clock, countdown, marker, and whether the agent is still there. */
function tick() {
  const all = drawable();
  sign.paint(facts, { waiting: scene() === "waiting" });
  if (scene() === "room") room.tick(all.find((each) => each.id === current()).context, { lost: drawn !== "" });
  else if (scene() === "home") home.tick(all);
  else if (scene() === "board" && board.tick(all)) paint();
}

function beat() {
  if (opened && away() && !room.busy) open(null);
  else if (forlorn().join() !== drawn) paint();
  else if (root.dataset.state !== "blank") tick();
  setTimeout(beat, 1000 - ((clock.now() || 0) % 1000) + 5);
}

const away = () => performance.now() - Math.max(opened.since, touch.last()) > AWAY;

function open(id) {
  opened = id && { id, since: performance.now() };
  room.enter();
  paint();
}

/** Said from within a frame: a renderer that hangs or is hidden says nothing, nor does a page that shows no state. */
function alive() {
  requestAnimationFrame(() => {
    const seen = facts.touch && facts.kind !== "board";
    const body = { touch: seen ? touch.state() : "none", touched_ago: seen ? touch.ago() : null };
    if (!drawn && root.dataset.state !== "blank") link.alive(body, secret);
    setTimeout(alive, ALIVE);
  });
}

/** Sends what was tapped; what the answer changes is drawn between `answered` and what else is to be told. */
async function act(body, { answered, done }) {
  const id = current();
  paint();
  const answer = await link.act(rooms.size > 1 ? { ...body, room: id } : body, secret);
  answered();
  if (answer.outcome === "estranged") {
    location.reload();
    return answer;
  }
  if (answer.view && rooms.has(id)) rooms.set(id, newer({ ...answer.view, id }));
  if (["done", "promised"].includes(answer.outcome)) done();
  paint();
  return answer;
}

/** The agent is there again: if it is another one, its page and its secret are new too. */
async function meet() {
  // Another agent counts from the beginning.
  for (const kept of rooms.values()) kept.view = { ...kept.view, edition: -1 };
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
new ResizeObserver(() => facts && paint()).observe(document.body);

become(embedded("device"));
take(embedded("views"));
beat();
setTimeout(alive, 1000); // the first picture comes first
link.run();
