// What may be drawn of a view: less than it says as soon as nobody vouches for it, and nothing to tap where nothing
// can be done at this glass.

import { instant } from "./clock.js";

const DEAD = 10_000; // no sign of life from the agent: nothing is promised any more
const OLD = 90_000; // the agent sends a view at least each minute; one older than this is not believed
const LATE = 5_000; // nor one whose state should have ended so long ago

/** Whether the glass has to take back what it says of a room, because nobody renews it. `kept`: { view, got }. */
export function lost({ view, got }, { silence, now }) {
  return silence > DEAD || performance.now() - got > OLD || now > (instant(view.until) ?? Infinity) + LATE;
}

/** The view as it may be drawn. `held`: why nothing can be done here, or null; `touch`: whether the glass has any. */
export function honest(kept, { silence, now, held, touch }) {
  const view = lost(kept, { silence, now }) ? forsaken(kept.view) : calm(kept.view);
  if (held) {
    const actions = (view.actions ?? []).map((each) => ({ ...each, enabled: false, why: held }));
    return { ...view, held, undo: null, actions };
  }
  return touch ? view : { ...view, undo: null, hint: hint(view), actions: [] };
}

/** What may be said of a view when nobody vouches for it any more. */
function forsaken(stale) {
  return {
    ...stale, state: "unknown", reason: "agent", sure: null, until: null, current: null, next: null, day: [], actions: [], undo: null,
    release: null, ask: null, ending: false, pending: null, check_in_by: null, as_of: null, online: false, unconfirmed: 0, clock: "verified",
    conflicts: [], owned_until: null,
  };
}

/** A short drop of the link is not drawn: the agent says how long `quiet` lasts. */
const calm = (view) => (view.quiet && ["plan", "held"].includes(view.sure) ? { ...view, sure: "live" } : view);

/** Where nothing can be touched: what people would have tapped, and so what they are told to do instead. */
function hint({ actions = [] }) {
  if (actions.some(({ act }) => act === "check_in" || act === "here")) return "check_in";
  return actions.some(({ act }) => act === "book") ? "book" : null;
}
