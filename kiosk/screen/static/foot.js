// The footer: quiet facts about the room, and at the right how sure the panel is. Where all buttons are off for one
// reason, that reason takes the place of the facts.

import { instant } from "./clock.js";
import { fit, shrink } from "./fit.js";

export function paintFoot({ facts, sure }, view, { words, calendar, now }) {
  const why = view.held ?? (view.quiet ? null : reason(view));
  facts.classList.toggle("why", Boolean(why));
  list(facts, why ? [words.text(`why.${why}`)] : known(view, words));
  paintSure(sure, view, { words, calendar, now }, why);
  if (why) return fit(facts, 0.8);
  while (!shrink(facts, 0.9) && facts.children.length > 1) facts.lastChild.remove();
}

/** How sure the glass is; `why` is what is already said elsewhere. */
export function paintSure(sure, view, context, why = null) {
  const worn = doubts(view, why, context);
  sure.classList.toggle("worn", worn.length > 0);
  const heard = view.online || view.quiet;
  const owned = !heard && !why && view.state === "free" && view.owned_until;
  list(sure, worn.length === 0 && heard ? [context.words.text("sure.live")] : worn);
  if (owned) {
    const more = { time: context.calendar.when(instant(view.owned_until), context.now) };
    list(sure, [...worn, context.words.text("sure.held", more)]);
    if (shrink(sure, 0.9)) return;
    list(sure, worn); // how far the door can confirm is said where there is room for it
  }
  fit(sure, 0.75);
}

/** Of several rooms the view that is least certain: what the glass says of itself holds for all of them. */
export function worst(rooms) {
  const old = ({ online, quiet, state }) => !online && !quiet && state !== "unknown";
  const doubt = ({ view }) => 2 * (view.clock === "unverified") + old(view);
  const { view } = rooms.reduce((one, other) => (doubt(other) > doubt(one) ? other : one));
  // How far one door can confirm says nothing of the others.
  return { ...view, owned_until: null, unconfirmed: rooms.reduce((sum, each) => sum + each.view.unconfirmed, 0) };
}

/** The one reason for which every button is off, or null. What passes or stands on the button itself is none. */
function reason(view) {
  const [first, ...others] = view.actions;
  if (!first || first.enabled || !first.why || ["pending", "identity"].includes(first.why)) return null;
  return others.every((each) => !each.enabled && each.why === first.why) ? first.why : null;
}

function known({ room }, words) {
  if (!room) return [];
  const places = [];
  if (room.floor) places.push(words.text("floor", { floor: room.floor }));
  if (room.capacity) places.push(words.text("seats", { n: room.capacity }));
  const named = (id) => (words.has(`thing.${id}`) ? words.text(`thing.${id}`) : id);
  return [...places, ...(room.facilities ?? []).slice(0, 3).map(named)];
}

/** What makes the answer less than certain, worst first; empty when the server was heard just now. */
function doubts(view, why, { words, calendar, now }) {
  const found = [];
  if (view.clock === "unverified" && why !== "clock") found.push(words.text("sure.clock"));
  if (!view.online && !view.quiet && view.state !== "unknown") {
    const plan = view.as_of && view.sure === "plan" && !(view.state === "free");
    if (why !== "offline") found.push(words.text("sure.offline"));
    if (plan) found.push(words.text("sure.plan", { time: calendar.when(instant(view.as_of), now) }));
  }
  if (view.unconfirmed > 0) found.push(words.text("sure.unconfirmed", { n: view.unconfirmed }));
  return found;
}

function list(element, texts) {
  element.replaceChildren(
    ...texts.map((text) => {
      const span = document.createElement("span");
      span.textContent = text;
      return span;
    }),
  );
}
