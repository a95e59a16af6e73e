// A board: the rooms of a place as rows, by floor and name, a page at a time. Nobody touches it and nothing scrolls;
// a page stays for as long as its rows take to read.

import { fit, shrink } from "./fit.js";
import { paintSure, worst } from "./foot.js";
import { make, shape } from "./make.js";
import { write } from "./room.js";
import { counted, put, said } from "./say.js";

const LOOK = 4_000; // milliseconds that a page takes before its first row is read …
const READ = 1_100; // … and each row then
const FEW = 5; // with fewer rows than this they do not get any higher
const LARGEST = 1.7; // times the least size that letters grow to where there is room

export class Board {
  #part;
  #words;
  #rows = new Map();
  #page = 0;
  #pages = 1;
  #turned = 0;
  #laid = "";

  constructor(part, words) {
    this.#part = part;
    this.#words = words;
  }

  /** `rooms`: [{ id, view, context }]; `name`: what the board is called. */
  paint(rooms, { name, theme, language }) {
    const sorted = order(rooms, language);
    write(this.#part("place"), name);
    fit(this.#part("place"), 0.6);
    if (this.#over()) this.#page += 1;
    this.#lay(sorted);
    for (const each of sorted) if (this.#rows.has(each.id)) this.#fill(this.#rows.get(each.id), each, theme);
    this.#level();
    this.#part("none").textContent = rooms.length ? "" : this.#words.text("board.none");
    if (rooms.length) paintSure(this.#part("age"), worst(rooms), rooms[0].context);
    this.tick(rooms);
  }

  /** Once a second: the time of day, and what counts. True where the next page is due. */
  tick(rooms) {
    const { view, context } = rooms.find((each) => each.view.offsets?.length) ?? {};
    write(this.#part("hour"), view ? context.calendar.time(context.now) : "");
    write(this.#part("today"), view ? context.calendar.today(context.now) : "");
    for (const each of rooms) {
      const what = counted(each.view, each.context.now);
      if (what && this.#rows.has(each.id)) put(this.#rows.get(each.id).line, what, this.#words);
    }
    return this.#over();
  }

  #over() {
    return this.#pages > 1 && performance.now() - this.#turned > LOOK + READ * this.#rows.size;
  }

  /** As many rows on a page as stay legible, and on each page as many, so that rows keep their places. */
  #lay(rooms) {
    const list = this.#part("rows");
    list.style.removeProperty("--size");
    const style = getComputedStyle(list);
    const size = parseFloat(style.fontSize);
    const lines = Number(style.getPropertyValue("--high"));
    const most = Math.max(1, Math.floor(list.clientHeight / (lines * size)));
    this.#pages = Math.max(1, Math.ceil(rooms.length / most));
    this.#page %= this.#pages;
    const each = Math.max(Math.ceil(rooms.length / this.#pages), Math.min(FEW, most));
    list.style.setProperty("--rows", each);
    list.style.setProperty("--size", `${Math.min(LARGEST * size, list.clientHeight / each / lines).toFixed(1)}px`);
    const shown = rooms.slice(this.#page * each, (this.#page + 1) * each).map(({ id }) => id);
    const laid = JSON.stringify([this.#page, this.#pages, shown]);
    if (laid === this.#laid) return;
    this.#laid = laid;
    this.#turned = performance.now();
    this.#rows = new Map(shown.map((id) => [id, makeRow(id)]));
    list.replaceChildren(...[...this.#rows.values()].map(({ row }) => row));
    this.#pager();
  }

  #pager() {
    const pager = this.#part("pager");
    const all = this.#pages;
    pager.setAttribute("aria-label", this.#words.text("board.page", { n: this.#page + 1, all }));
    const dots = Array.from({ length: all > 1 ? all : 0 }, (_, page) => make("i", page === this.#page ? "here" : ""));
    pager.replaceChildren(...dots);
  }

  #fill(row, { id, view, context }, theme) {
    const words = this.#words;
    const what = said(view, context, { brief: true });
    Object.assign(row.chip.dataset, { state: view.state, sure: view.sure ?? "", theme });
    row.word.textContent = what.word;
    row.name.textContent = view.room?.name ?? id;
    row.floor.textContent = view.room?.floor ? words.text("floor", { floor: view.room.floor }) : "";
    put(row.line, what.line, words);
    const after = what.after.slice(0, 2).map((each) => {
      const span = make("span");
      put(span, each, words);
      return span;
    });
    row.after.replaceChildren(...after);
  }

  /** Words of one size in all rows; what is too long for its place gets smaller, and only people's own words are cut. */
  #level() {
    const rows = [...this.#rows.values()];
    const all = rows.flatMap(({ name, floor, word, line, after }) => [name, floor, word, line, after]);
    for (const each of all) {
      each.style.fontSize = "";
      each.classList.remove("wrapped", "cut");
    }
    // First all are measured, then those that do not fit are mended: to lay the page out for each of them takes long.
    const tight = new Set(all.filter((each) => each.scrollWidth > each.clientWidth));
    for (const { name, floor, word, line, after } of rows) {
      if (tight.has(name)) fit(name, 0.6);
      if (tight.has(floor)) shrink(floor, 0.6);
      if (tight.has(word)) shrink(word, 0.4);
      if (tight.has(line)) line.classList.toggle("cut", !shrink(line, 0.6));
      if (tight.has(after)) after.classList.toggle("cut", !shrink(after, 0.85));
    }
    const sizes = rows.map(({ word }) => parseFloat(getComputedStyle(word).fontSize));
    for (const { word } of rows) word.style.fontSize = `${Math.min(...sizes)}px`;
  }
}

function makeRow(id) {
  const row = make("li", "row");
  row.dataset.room = id;
  const [chip, which, what] = [make("p", "chip"), make("div", "which"), make("div", "says")];
  const [word, name, floor, line, after] = ["word", "name", "floor", "line", "after"].map((each) => make("span", each));
  chip.append(shape().signal, word);
  which.append(name, floor);
  what.append(line, after);
  row.append(chip, which, what);
  return { row, chip, word, name, floor, line, after };
}

/** By floor (those with a number by it, those with a name before them), then by name. */
function order(rooms, language) {
  const { compare } = new Intl.Collator(language, { numeric: true });
  const floor = ({ view }) => view.room?.floor ?? "";
  const numbered = (each) => floor(each) !== "" && Number.isFinite(Number(floor(each)));
  const level = (each) => (numbered(each) ? Number(floor(each)) : -Infinity);
  const name = ({ id, view }) => view.room?.name ?? id;
  return [...rooms].sort(
    (a, b) => (level(a) === level(b) ? compare(floor(a), floor(b)) : level(a) - level(b)) || compare(name(a), name(b)),
  );
}
