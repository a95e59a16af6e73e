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
  const all = [old && ["sure.plan", { time: when(view.as_of) }], ...after];
  const kept = all.filter((each) => each && !(brief && each[0] === "unknown.hint"));
  return { word: words.text(`state.${view.state}`), line: counted(view, now) ?? line, after: kept };
}

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

/** Writes what is said: a sentence of ours as [key, values], or people's own words as they are. */
export function put(element, what, words) {
  if (Array.isArray(what)) words.write(element, ...what);
  else element.textContent = what;
}

const next = (view, when) =>
  view.next ? ["next", { time: when(view.next.start), host: view.next.host }] : ["next.none"];

const until = (view, when) => (view.until ? ["until", { time: when(view.until) }] : ["until.none"]);

const SAY = {
  free(view, when) {
    if (view.sure !== "plan") return { line: until(view, when), after: [view.until && next(view, when)] };
    return { line: ["by_plan", { time: when(view.as_of) }], after: [until(view, when), view.next && next(view, when)] };
  },
  busy(view, when) {
    const { current } = view;
    const who = [current?.host, current?.title].filter(Boolean).join(" · ");
    const asked = current?.state === "pending" && ["asked_for"];
    if (view.ask) return { line: null, after: [["asking.else", { time: when(view.ask.until) }], who && ["{who}", { who }]] };
    const ends = view.ending && until(view, when);
    return { line: until(view, when), after: [ends, who && ["{who}", { who }], asked, view.next && next(view, when)] };
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
    return { line: waits, after: [by, !by && view.until && until(view, when)] };
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
