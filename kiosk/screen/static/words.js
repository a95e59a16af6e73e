// The panel's words: a flat table from the server, with {places} to fill.
//
// Hosts, titles and reasons come from people, so they only ever become text nodes.

export class Words {
  #table;

  constructor(table) {
    this.#table = table;
  }

  has(key) {
    return key in this.#table;
  }

  /** One sentence as plain text. A place without a value vanishes with the space beside it. */
  text(key, values = {}) {
    return (this.#table[key] ?? key)
      .replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "")
      .replace(/ {2,}/g, " ")
      .trim();
  }

  /** Writes one sentence into an element, what fills its places in bold. */
  write(element, key, values = {}) {
    const parts = (this.#table[key] ?? key).split(/\{(\w+)\}/);
    element.replaceChildren(
      ...parts.map((part, i) => {
        if (i % 2 === 0) return part;
        const bold = document.createElement("b");
        bold.textContent = values[part] ?? "";
        bold.classList.toggle("short", bold.textContent.length <= 12);
        return bold;
      }),
    );
  }

  /** "45 min", "1 h", "1 h 30 min" */
  length(minutes) {
    const h = Math.floor(minutes / 60);
    const rest = this.text("minutes", { n: minutes % 60 });
    if (h === 0) return rest;
    return minutes % 60 ? this.text("hours.minutes", { h, n: rest }) : this.text("hours", { n: h });
  }
}
