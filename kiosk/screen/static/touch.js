// Whether touch is to be trusted: one that never came, a contact that never ends, many that hit nothing.
//
// A panel whose touch is in doubt cannot take a check-in, so nobody's meeting is given away at it. The doubt stays for
// a while after the last sign of it.

const STUCK = 60_000; // a contact that lasts so long is nobody's finger
const GHOSTS = 20; // more contacts than this …
const WITHIN = 10_000; // … in so long a time, none of them on a button
const DOUBT = 600_000;

export class Touch {
  #down = new Map();
  #stray = [];
  #doubted = -Infinity;
  #last = -Infinity;

  constructor(page) {
    page.addEventListener("pointerdown", (event) => this.#came(event), { capture: true });
    for (const end of ["pointerup", "pointercancel"]) {
      page.addEventListener(end, (event) => this.#went(event.pointerId), { capture: true });
    }
  }

  /** good or suspect. */
  state() {
    const now = performance.now();
    if ([...this.#down.values()].some((since) => now - since > STUCK)) this.#doubted = now;
    return now - this.#doubted < DOUBT || matchMedia("(any-pointer: none)").matches ? "suspect" : "good";
  }

  /** When the last contact began, by the monotonic timer; -Infinity where there was none yet. */
  last() {
    return this.#last;
  }

  /** Whole seconds since then, or null. */
  ago() {
    return Number.isFinite(this.#last) ? Math.max(0, Math.floor((performance.now() - this.#last) / 1000)) : null;
  }

  #came(event) {
    const now = (this.#last = performance.now());
    this.#down.set(event.pointerId, now);
    if (event.target.closest?.("button")) this.#stray = [];
    else this.#stray = [...this.#stray, now].filter((each) => now - each <= WITHIN).slice(-GHOSTS - 1);
    if (this.#stray.length > GHOSTS) this.#doubted = now;
  }

  #went(id) {
    this.state(); // a contact that ends now may have been too long
    this.#down.delete(id);
  }
}
