// The line to the agent: views come in by one event stream, taps go out by POST.
//
// The stream is read with fetch rather than EventSource because EventSource hides the heartbeats: an agent that hangs
// without closing its socket would look alive for ever. Here every byte counts as a sign of life, and silence is
// measured by the monotonic timer.

const SILENT = 6_000; // without a byte for so long the stream is torn down and opened again
const RETRY = 700;
const ANSWER = 12_000; // a tap without an answer for so long has an unknown outcome

const posted = (body, secret) => ({
  method: "POST",
  headers: { "Content-Type": "application/json", "X-Lintel-Secret": secret },
  body: JSON.stringify(body),
});

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

export class Link {
  #heard = performance.now();
  #broken = false;
  #onViews;
  #onFacts;
  #onBack;

  /** `onViews([view])`, `onFacts(facts)`; `onBack()` when the stream is open again after it had broken. */
  constructor({ onViews, onFacts, onBack }) {
    this.#onViews = onViews;
    this.#onFacts = onFacts;
    this.#onBack = onBack;
  }

  /** Milliseconds since the agent last gave a sign of life. */
  silence() {
    return performance.now() - this.#heard;
  }

  async run() {
    for (;;) {
      try {
        await this.#listen();
      } catch {
        // refused, reset or torn down by us: all the same, try again
      }
      this.#broken = true;
      await sleep(RETRY);
    }
  }

  async #listen() {
    const stop = new AbortController();
    let byte = performance.now();
    const guard = setInterval(() => performance.now() - byte > SILENT && stop.abort(), 1000);
    try {
      const answer = await fetch("/events", { signal: stop.signal, cache: "no-store", headers: { Accept: "text/event-stream" } });
      if (!answer.ok) throw new Error(String(answer.status));
      if (this.#broken) this.#onBack();
      this.#broken = false;
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = "";
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        byte = this.#heard = performance.now();
        const blocks = (rest + value).replaceAll("\r\n", "\n").split("\n\n");
        rest = blocks.pop();
        for (const block of blocks) this.#take(block);
      }
    } finally {
      clearInterval(guard);
      stop.abort();
    }
  }

  #take(block) {
    const lines = block.split("\n");
    const event = lines.find((line) => line.startsWith("event: "))?.slice(7);
    const data = lines.filter((line) => line.startsWith("data:")).map((line) => line.slice(5).trimStart());
    if (!event || !data.length) return;
    const told = JSON.parse(data.join("\n"));
    if (event === "view") this.#onViews([told]);
    if (event === "views") this.#onViews(told.rooms);
    if (event === "facts") this.#onFacts(told);
  }

  /** Tells the agent that a frame was painted, and what is to be said of the touch. */
  alive(body, secret) {
    fetch("/alive", { ...posted(body, secret), signal: AbortSignal.timeout(SILENT) }).catch(() => {});
  }

  /** Posts what a person did. Never throws: without an answer the outcome is "unknown". */
  async act(body, secret) {
    try {
      const answer = await fetch("/act", { ...posted(body, secret), signal: AbortSignal.timeout(ANSWER) });
      if (answer.status === 403) return { outcome: "estranged" };
      if (answer.status >= 500) throw new Error(String(answer.status));
      return { outcome: "refused", ...(await answer.json()) };
    } catch {
      return { outcome: "unknown", error: null, view: null };
    }
  }
}
