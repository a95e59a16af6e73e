// Several rooms on one glass: a tile for each, with its state in colour, shape and word; a tap opens its own page.

import { press } from "./deck.js";
import { Face } from "./face.js";
import { fit } from "./fit.js";
import { paintSure, worst } from "./foot.js";
import { make, shape } from "./make.js";
import { write } from "./room.js";

export class Home {
  #part;
  #words;
  #onOpen;
  #tiles = new Map();

  /** `onOpen(id)` when a tile was tapped. */
  constructor(part, words, { onOpen }) {
    this.#part = part;
    this.#words = words;
    this.#onOpen = onOpen;
  }

  /** `rooms`: [{ id, view, context }], in the order of the doors; `touch`: whether a tile can be opened. */
  paint(rooms, { touch, held, theme }) {
    this.#lay(rooms);
    const box = this.#part("tiles");
    box.dataset.rooms = rooms.length;
    this.tick(rooms);
    for (const { id, view, context } of rooms) {
      const { tile, name, face } = this.#tiles.get(id);
      Object.assign(tile.dataset, { state: view.state, sure: view.sure ?? "", theme });
      tile.disabled = !touch;
      name.textContent = view.room?.name ?? id;
      face.paint(view, context, "later");
    }
    for (const { name } of this.#tiles.values()) fit(name, 0.6);
    this.#level();
    const note = this.#part("note");
    note.textContent = held ? this.#words.text(`why.${held}`) : "";
    paintSure(this.#part("surest"), worst(rooms), rooms[0].context);
  }

  tick(rooms) {
    const { view, context } = rooms.find((each) => each.view.offsets?.length) ?? rooms[0];
    const known = view.offsets?.length > 0;
    write(this.#part("time"), known ? context.calendar.time(context.now) : "");
    write(this.#part("day"), known ? context.calendar.today(context.now) : "");
    for (const each of rooms) this.#tiles.get(each.id)?.face.tick(each.context.now);
  }

  /** Tiles are read side by side: all words get one size, all shapes too, and what is alike stands at one height. */
  #level() {
    const box = this.#part("tiles");
    const faces = [...this.#tiles.values()].map(({ face }) => face);
    box.style.removeProperty("--lines");
    const em = Math.max(...faces.map((face) => face.em()));
    const share = Math.min(...faces.map((face) => face.place({ em })));
    for (const face of faces) face.place({ em, share });
    const high = Math.max(...[...box.querySelectorAll(".lines")].map((lines) => lines.offsetHeight));
    box.style.setProperty("--lines", `${high}px`);
    for (const face of faces) face.place({ em, share });
  }

  #lay(rooms) {
    const order = rooms.map(({ id }) => id);
    if (order.join("\n") === [...this.#tiles.keys()].join("\n")) return;
    const kept = this.#tiles;
    this.#tiles = new Map(order.map((id) => [id, kept.get(id) ?? this.#make(id)]));
    this.#part("tiles").replaceChildren(...[...this.#tiles.values()].map(({ tile }) => tile));
  }

  #make(id) {
    const tile = make("button", "tile");
    tile.type = "button";
    tile.dataset.room = id;
    const name = make("span", "room");
    const face = make("span", "face");
    face.dataset.place = "side"; // or its parts have no places to be measured in
    const [word, lines, line, after] = ["word", "lines", "line", "after"].map((each) => make("span", each));
    const { signal, left, count } = shape();
    lines.append(line, after);
    face.append(name, word, lines, signal);
    tile.append(face);
    press(tile);
    tile.addEventListener("click", () => this.#onOpen(id));
    return { tile, name, face: new Face(face, { name, word, lines, line, after, left, count }) };
  }
}
