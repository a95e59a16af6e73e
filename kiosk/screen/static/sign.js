// Which device this is: large and over everything while staff look for it, and on a glass that has no room yet.

import { fit } from "./fit.js";

export class Sign {
  #part;
  #words;
  #flash = null;
  #until = -Infinity;

  constructor(part, words) {
    this.#part = part;
    this.#words = words;
  }

  /** What the agent tells of the device. Each `flash` is begun once, and ends here also when the agent falls silent. */
  take({ identify, flash }) {
    if (flash === this.#flash) return;
    this.#flash = flash;
    this.#until = identify ? performance.now() + identify * 1000 : -Infinity;
  }

  /** Draws it or takes it away. `waiting`: the device has no room, so there is nothing else to show. */
  paint({ number, name, fingerprint, identify }, { waiting }) {
    const seeking = Boolean(identify) && performance.now() < this.#until;
    const shown = seeking || waiting;
    const sign = this.#part("sign");
    sign.hidden = !shown;
    if (!shown) return;
    sign.classList.toggle("seeking", seeking);
    const words = this.#words;
    const said = {
      "sign-name": name || words.text("sign.unnamed"),
      "sign-number": number ? words.text("sign.number", { n: number }) : "",
      "sign-what": waiting && !seeking ? words.text("sign.waiting") : words.text("sign.seeking"),
      "sign-print": fingerprint,
      "sign-which": fingerprint ? words.text("sign.fingerprint") : "",
    };
    for (const [id, text] of Object.entries(said)) {
      const element = this.#part(id);
      if (element.textContent !== text) element.textContent = text;
      fit(element, 0.5);
    }
  }
}
