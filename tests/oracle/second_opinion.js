// A judge in another language: ICU (Intl) for zones, rrule.js for rules. One JSON line in, one JSON line out.
// Wall times and instants travel as whole seconds since 1970; a wall time is written as if it were UTC.
'use strict'

const vm = require('node:vm')
let RRule, RRuleSet

// A question that takes longer is broken off, also where nobody listens any more: then the end of the input comes next.
const LIMIT_MS = Number(process.argv[2])

function load ({ path }) {
  ({ RRule, RRuleSet } = require(path))
  return null
}

const date = seconds => new Date(seconds * 1000)
const seconds = date => Math.round(date.getTime() / 1000)

/** The rule from its text, anchored at a wall time, ended before another. Where nothing is found it looks on for a year
 * at most: the day it counts from may lie later than the first of its period. */
function ruleOf (text, start, before) {
  const options = RRule.parseString(text)
  options.dtstart = date(start)
  const last = date(before - 1)
  if (!options.until || options.until > last) options.until = last
  globalThis.STOP = (before + (options.freq <= RRule.DAILY ? 366 * 86400 : 0)) * 1000
  return new RRule(options, true)
}

/** The first dates of a rule for each of several starts. */
function rule ({ asks, most }) {
  return asks.map(([text, start, before]) => {
    const found = []
    ruleOf(text, start, before).all(wall => found.push(seconds(wall)) < most)
    return found
  })
}

/** All dates of a set of content lines (RRULE, EXRULE, RDATE, EXDATE). */
function lines ({ lines, start, before }) {
  const set = new RRuleSet(true)
  for (const line of lines) {
    const [name, value] = line.split(':')
    if (name === 'RRULE') set.rrule(ruleOf(value, start, before))
    else if (name === 'EXRULE') set.exrule(ruleOf(value, start, before))
    else {
      for (const wall of value.split(',')) {
        const [, y, mo, d, h, mi, s] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)$/.exec(wall)
        set[name.toLowerCase()](new Date(Date.UTC(y, mo - 1, d, h, mi, s)))
      }
    }
  }
  return set.all().map(seconds).filter(wall => wall < before)
}

const clocks = new Map()

/** The wall time that ICU shows in a zone at an instant; undefined where ICU does not know the zone. */
function shown (zone, instant) {
  if (!clocks.has(zone)) {
    let clock
    try {
      clock = new Intl.DateTimeFormat('en-US', {
        timeZone: zone, calendar: 'gregory', numberingSystem: 'latn', hourCycle: 'h23',
        year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit'
      })
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
    }
    clocks.set(zone, clock)
  }
  const clock = clocks.get(zone)
  if (!clock) return undefined
  const [, mo, d, y, h, mi, s] = /^(\d+)\/(\d+)\/(\d+), (\d+):(\d+):(\d+)$/.exec(clock.format(date(instant)))
  return Date.UTC(y, mo - 1, d, h, mi, s) / 1000
}

/** What the clock in a zone shows at each of the instants. */
const read = ({ zone, instants }) => instants.map(instant => shown(zone, instant))

/** A zone's offsets: [valid from, seconds east of UTC], each change found to the second; null for an unknown zone. */
function zone ({ zone, from, to, step }) {
  const offset = instant => shown(zone, instant) - instant
  if (shown(zone, from) === undefined) return null
  const out = [[from, offset(from)]]
  for (let low = from; low < to;) {
    let high = Math.min(low + step, to)
    const next = high
    if (offset(high) !== out[out.length - 1][1]) {
      while (high - low > 1) {
        const middle = Math.floor((low + high) / 2)
        if (offset(middle) !== out[out.length - 1][1]) high = middle
        else low = middle
      }
      out.push([high, offset(high)])
    }
    low = next
  }
  return out
}

const about = () => ({ node: process.version, tz: process.versions.tz })

const answers = { load, rule, lines, read, zone, about }

require('node:readline').createInterface({ input: process.stdin }).on('line', line => {
  let answer
  try {
    globalThis.question = () => { const { ask, ...rest } = JSON.parse(line); return answers[ask](rest) }
    answer = { answer: vm.runInThisContext('question()', { timeout: LIMIT_MS }) }
  } catch (error) {
    answer = { error: String(error.stack) }
  }
  process.stdout.write(JSON.stringify(answer) + '\n')
})
