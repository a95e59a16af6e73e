// The page of a panel that nobody has let in yet: the code as letters and for a phone, and the fingerprint to compare.
//
// It asks the agent once a second. When another page answers in its place (the panel has been let in) it loads that.

import { Words } from "./words.js";

const EVERY = 1_000;
const DEAD = 8_000; // no answer of the agent for so long: what is shown may be of no use any more
const ALIVE = 5;
const SILENT = 4_000;
const QUIET = 2; // modules of white around the code; what lies beyond them is calm, too

const root = document.documentElement;
const part = (id) => document.getElementById(id);
const embedded = (id) => JSON.parse(part(id).textContent);
const secret = document.querySelector("meta[name=secret]").content;
const words = new Words(embedded("words"));

let heard = performance.now();
let drawn = "";
let beats = 0;

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Each letter in a cell of its own, so that the rows stand in columns. */
function letters(row, text) {
  if (row.dataset.text === text) return;
  row.dataset.text = text;
  row.replaceChildren(...[...text].map((letter) => Object.assign(document.createElement("i"), { textContent: letter })));
}

function paint(told) {
  const shows = told.state === "waiting" && told.code !== "";
  root.dataset.shows = shows ? "code" : "still";
  part("ways").hidden = part("same").hidden = !shows;
  part("still").hidden = shows;
  part("qr").hidden = !told.path;
  write(part("title"), words.text("pair.title"));
  const how = told.url ? "pair.how" : "pair.how.plain";
  if (!shows) part("how").replaceChildren();
  else if (drawn !== how + told.url) words.write(part("how"), how, { url: told.url });
  drawn = shows ? how + told.url : "";
  write(part("server"), words.text("pair.server", { host: told.host }));
  write(part("serial"), told.serial ? words.text("pair.serial", { serial: told.serial }) : "");
  write(part("news"), shows ? trouble(told).join(". ") : "");
  part("server").hidden = part("news").textContent !== ""; // which names the server
  if (shows) code(told);
  else still(told);
}

function code({ code, fingerprint, side, path }) {
  const rows = part("code").children;
  letters(rows[0], code.slice(0, 4));
  letters(rows[1], code.slice(4));
  part("code").setAttribute("aria-label", code);
  fingerprint.split("-").forEach((group, i) => write(part("print").children[i], group));
  write(part("compare"), words.text("pair.compare"));
  const dark = part("dark");
  if (dark.getAttribute("d") === path) return;
  const all = side + 2 * QUIET;
  part("qr").setAttribute("viewBox", `${-QUIET} ${-QUIET} ${all} ${all}`);
  dark.setAttribute("d", path);
}

/** What is not well, as sentences: what is tried, and since when. */
function trouble({ host, silent, why }) {
  if (!why || silent === null) return [];
  const key = { network: "pair.network", tls: "pair.tls" }[why] ?? "pair.answer";
  const minutes = Math.floor(silent / 60);
  const since = minutes ? words.text("pair.trying.since", { length: words.length(minutes) }) : words.text("pair.trying");
  return [words.text(key, { host }), since];
}

function still(told) {
  const wrong = trouble(told);
  part("ring").dataset.calm = told.state === "refused" ? "yes" : "";
  const said = {
    refused: [words.text("pair.refused"), words.text("pair.again")],
    paired: [words.text("pair.paired")],
    gone: [words.text("unknown.agent")],
  }[told.state] ?? (wrong.length ? wrong : [words.text("pair.asking", { host: told.host })]);
  const lines = said.map((line) => Object.assign(document.createElement("span"), { textContent: line }));
  if (part("what").textContent !== said.join("")) part("what").replaceChildren(...lines);
}

async function look() {
  try {
    const answer = await fetch("/pairing.json", { cache: "no-store", signal: AbortSignal.timeout(SILENT) });
    if (answer.status === 404) return location.reload();
    if (!answer.ok) throw new Error(String(answer.status));
    const told = await answer.json();
    heard = performance.now();
    paint(told);
    alive();
  } catch {
    if (performance.now() - heard > DEAD) paint({ ...embedded("told"), state: "gone", code: "" });
  }
  setTimeout(look, EVERY);
}

/** Said from within a frame, as the panel's own page does. */
function alive() {
  if (beats++ % ALIVE) return;
  requestAnimationFrame(async () => {
    const size = `${innerWidth}x${innerHeight}`;
    const headers = { "Content-Type": "application/json", "X-Lintel-Secret": secret };
    const body = JSON.stringify({ touch: "none", size });
    const answer = await fetch("/alive", { method: "POST", headers, body, signal: AbortSignal.timeout(SILENT) }).catch(() => null);
    if (answer?.status === 403) location.reload(); // another agent, with another secret
  });
}

for (const stray of ["contextmenu", "selectstart", "dragstart", "gesturestart"]) {
  document.addEventListener(stray, (event) => event.preventDefault());
}
if (root.dataset.density) root.style.setProperty("--mm", `${root.dataset.density}px`);
paint(embedded("told"));
root.dataset.painted = "yes";
setTimeout(look, EVERY);
