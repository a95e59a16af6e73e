// What a state says in words: one line at the size of a headline, and a few quieter ones after it.
//
// Every place that shows a room asks here (the room's own page, the tiles of several rooms, the rows of a board), so
// no two of them can say different things of the same view.

import { countdown, instant } from "./clock.js";

/**
 * { word, line, after } of a view: each a sentence as [key, values], or people's own words. `brief`, beside other rooms:
 * what is longest is left out, and how old the plan is stands with the room that it is of.
 */
export function said(view, { words, calendar, now }, { brief = false } = {}) {
  const when = (iso) => calendar.when(instant(iso), now);
  const short = brief && view.current ? { ...view, current: { ...view.current, title: "" } } : view;
  const { line, after } = SAY[view.state](short, when, words, now);
  const old = brief && view.sure === "plan" && view.state !== "free" && view.as_of;
  const twice = view.state !== "unknown" && clash(view, { calendar, now });
  const aged = old && ["sure.plan", { time: when(view.as_of) }];
  const all = brief ? shortly(twice, aged, after) : [twice, ...after.filter((each) => each && !(twice && spared(each, twice)))];
  return { word: words.text(`state.${view.state}`), line: counted(view, now) ?? line, after: all.filter(Boolean) };
}

/** What is doubtful comes first in a row beside others, and in few words: what comes last may be cut. */
function shortly(twice, aged, after) {
  const said = after.filter((each) => each && each[0] !== "unknown.hint");
  const marks = said.filter(([key]) => key.startsWith("mark."));
  const few = marks.map((each) => (each[0] === "mark.not_confirmed" ? ["act.not_confirmed"] : each));
  return [twice && ["mark.twice"], ...few, aged, ...said.filter((each) => !marks.includes(each))];
}

/** Beside the one sentence about a conflict there is no room for what it says too, or for what the strip shows. */
const spared = ([key], [about]) => key.startsWith("next") || (key === "{who}" && about.startsWith("clash.refused"));

/** A line that counts: how long those inside have to answer, how long a meeting still goes on. */
export function counted(view, now) {
  if (view.ask) return ["asking", { left: countdown(instant(view.ask.until) - now) }];
  if (!view.ending) return null;
  return ["ending", { n: Math.max(1, Math.ceil((instant(view.current.end) - now) / 60_000)) }];
}

/** How much is left of the time that RESERVED waits: { text, share }, both empty where nothing runs. */
export function left(view, now) {
  const by = instant(view?.release?.until ?? view?.check_in_by);
  if (view?.state !== "reserved" || by === null || by <= now) return { text: "", share: 0 };
  const start = instant(view.release?.since ?? view.current?.start) ?? now;
  return { text: countdown(by - now), share: Math.min(1, (by - now) / Math.max(1, by - start)) };
}

/**
 * Two have the same time, today: the one sentence that says who has it and until when, or null. First what concerns the
 * meeting that is on, then what comes soonest. Where nobody has a name, it is not made up.
 */
export function clash(view, { calendar, now }) {
  const { current } = view;
  const open = (view.conflicts ?? []).filter(({ from, to }) => instant(to) > now && instant(from) < instant(view.day_to));
  const near = ({ booking, other }) => (current && [booking, other].includes(current.id) ? 0 : 1);
  const [first] = open.sort((a, b) => near(a) - near(b) || instant(a.from) - instant(b.from));
  if (!first) return null;
  const when = (iso) => calendar.when(instant(iso), now);
  const named = (key, host, time) => [host ? key : `${key}.nobody`, { host, time: when(time) }];
  if (current && first.booking === current.id) return named("clash.until", first.other_host, current.end);
  if (current && first.other === current.id) {
    if (current.here) return named("clash.kept", first.host, current.end);
    if (first.kind === "walk_in") return named("clash.refused", current.host, current.end);
  }
  const { host, other_host: other } = first;
  const key = other && host ? "clash.other" : other ? "clash.other.alone" : "clash.other.nobody";
  return [key, { from: when(first.from), to: when(first.to), other, host }];
}

/** What is to be said of how sure a booking is; nothing of one that the server has and that stands. */
function mark({ state, confirmed = true, synced = true }) {
  if (state === "at_risk") return ["mark.at_risk"];
  if (!confirmed) return ["mark.not_confirmed"];
  return synced ? null : ["mark.confirmed"];
}

/** Writes what is said: a sentence of ours as [key, values], or people's own words as they are. */
export function put(element, what, words) {
  // What is doubtful or confirmed has a sign before it, which the style sheet draws.
  element.dataset.mark = /^(mark|clash|next\.at_risk|act\.not_confirmed)\b/.test(what?.[0]) && Array.isArray(what) ? what[0].split(".").slice(0, 2).join("-") : "";
  if (Array.isArray(what)) words.write(element, ...what);
  else element.textContent = what;
}

function next({ next }, when) {
  if (!next) return ["next.none"];
  return [next.state === "at_risk" ? "next.at_risk" : "next", { time: when(next.start), host: next.host }];
}

const until = (view, when) => (view.until ? ["until", { time: when(view.until) }] : ["until.none"]);

const SAY = {
  free(view, when) {
    if (view.sure === "held") return { line: until(view, when), after: [view.as_of && ["sure.plan", { time: when(view.as_of) }], view.until && next(view, when)] };
    if (view.sure !== "plan") return { line: until(view, when), after: [view.until && next(view, when)] };
    return { line: ["by_plan", { time: when(view.as_of) }], after: [until(view, when), view.next && next(view, when)] };
  },
  busy(view, when) {
    const { current } = view;
    const who = [current?.host, current?.title].filter(Boolean).join(" · ");
    const asked = current?.state === "pending" && ["asked_for"];
    if (view.ask) return { line: null, after: [["asking.else", { time: when(view.ask.until) }], who && ["{who}", { who }]] };
    const ends = view.ending && until(view, when);
    const sure = current && mark(current);
    return { line: until(view, when), after: [ends, sure, who && ["{who}", { who }], asked, view.next && next(view, when)] };
  },
  reserved(view, when, words, now) {
    const { current, release } = view;
    const key = current?.host ? "waiting" : "waiting.nobody";
    const waits = [key, { host: current?.host, time: current ? when(current.start) : "" }];
    if (release?.phase === "released") {
      return { line: ["released"], after: [["released.held", { time: when(release.until) }], current?.host && ["{who}", { who: current.host }]] };
    }
    if (release?.phase === "warned") return { line: ["warned", { time: when(release.until) }], after: [waits] };
    if (release?.phase === "doubt") return { line: waits, after: [["released.doubt"]] };
    const by = instant(view.check_in_by) > now && ["check_in_by", { time: when(view.check_in_by) }];
    return { line: waits, after: [current && mark(current), by, !by && view.until && until(view, when)] };
  },
  closed(view, when) {
    const why = view.reason === "closure" && view.reason_text ? view.reason_text : [`closed.${view.reason}`];
    const open = view.opens ? ["opens", { time: when(view.opens) }] : view.until && until(view, when);
    return { line: why, after: [open, view.next && next(view, when)] };
  },
  unknown(view, when, words) {
    const key = `unknown.${view.reason}`;
    const last = view.as_of && ["last_plan", { time: when(view.as_of) }];
    return { line: [words.has(key) ? key : "unknown.other"], after: [["unknown.hint"], last] };
  },
};
