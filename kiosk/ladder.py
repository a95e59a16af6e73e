"""What to do about a screen that does not show: a pure function of what was seen and of what was done before.

One rung above the other, each only when the one below has not helped:
1. A page that has been silent for 20 s, a renderer that crashed, a browser that is gone, hangs or shows another
   address: the renderer is killed (or the browser begun anew) and the page is loaded again.
2. The third time within ten minutes the whole screen is restarted, compositor and graphics driver included.
3. Three times more within ten minutes of that, a reboot is asked for. Whether it is granted is for the agent to say
   (at most twice an hour, see reboots.py); where it is not, the screen is restarted instead.

What never counts: that the server is away (it is not even an input here), and that the agent is silent: then the page
itself shows that nothing is known, and the agent has a watchdog of its own; only a browser that is gone is begun anew.
Nothing is judged in the first 30 s, nor in the 20 s after a load or after the agent was silent, and a browser that ends
as soon as it begins is begun every 10 s.

Healthy screens are restarted, too: once a night, when nobody needs them, because browsers leak; and where the renderer
has grown over its limit, as soon as nobody needs it, or at twice the limit in any case.

Times are of the boot clock, in seconds.
"""

from dataclasses import dataclass, replace

SILENT = 20.0
GRACE = 30.0  # after a start
BREATH = 10.0  # between two begins of the browser
TIMES, WITHIN = 3, 600.0
LARGEST_MB = 400
NIGHTLY = 12 * 3600.0  # a screen that began later than this ago is fresh enough for tonight
AGAIN = 60.0  # between two loads for memory's sake: the page may simply need that much

WAIT, RENEW, RESTART, REBOOT = "wait", "renew", "restart", "reboot"


@dataclass(frozen=True, slots=True)
class Past:
    """What was done, oldest first. `began`: the screen's start; `loaded`: when the page was last loaded."""

    began: float
    loaded: float
    heard_since: float | None = None
    painted: bool = False  # whether the agent knew of a paint when it was last heard
    renewed: tuple[float, ...] = ()
    restarted: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Seen:
    """What there is to see now.

    `heard`: the agent answers. `painted_ago`: its word, None where nothing has painted since it began. `fault`: what
    the browser itself says: "" or gone, hung, crashed, strayed. `calm`, `night`: the agent's word, see keeping.py.
    """

    heard: bool
    painted_ago: float | None = None
    fault: str = ""
    calm: bool = False
    night: bool = False
    memory_mb: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    action: str
    why: str = ""


def step(past: Past, seen: Seen, now: float) -> tuple[Past, Step]:
    """What to do now, and the past with it done."""
    painted = seen.painted_ago is not None
    # Who knew of a paint and knows of none is another agent than a second ago.
    another = past.heard_since is None or (past.painted and not painted)
    since = now if another else past.heard_since
    past = replace(past, heard_since=since if seen.heard else None, painted=painted)
    if why := _failure(past, seen, now):
        return _climb(past, why, now) if seen.heard else (replace(past, loaded=now), Step(RENEW, why))
    if seen.heard and seen.calm and seen.night and now - past.began > NIGHTLY:
        return past, Step(RESTART, "nightly")
    if _grown(past, seen, now):
        return replace(past, loaded=now), Step(RENEW, "memory")
    return past, Step(WAIT)


def loaded(past: Past, now: float) -> Past:
    """The page was loaded just now, which takes a while."""
    return replace(past, loaded=now)


def silence(past: Past, seen: Seen, now: float) -> float:
    """For how long the page could have painted and has not, in seconds; 0 while nobody can know."""
    if not seen.heard or past.heard_since is None:
        return 0.0
    since = now - max(past.loaded, past.heard_since)
    return since if seen.painted_ago is None else min(since, seen.painted_ago)


def _failure(past: Past, seen: Seen, now: float) -> str:
    """Why the screen has failed, or "". A browser that is gone is missed at once, whoever else is silent."""
    if seen.fault in ("gone", "hung"):
        return seen.fault if now - past.loaded >= BREATH else ""
    if not seen.heard or now - past.began < GRACE:
        return ""
    if seen.fault:
        return seen.fault
    return "silent" if silence(past, seen, now) >= SILENT else ""


def _climb(past: Past, why: str, now: float) -> tuple[Past, Step]:
    renewed = tuple(at for at in past.renewed if now - at < WITHIN)
    if len(renewed) + 1 < TIMES:
        return replace(past, loaded=now, renewed=(*renewed, now)), Step(RENEW, why)
    recent = tuple(at for at in past.restarted if now - at < WITHIN)
    return replace(past, renewed=(), restarted=(*recent, now)), Step(REBOOT if recent else RESTART, why)


def _grown(past: Past, seen: Seen, now: float) -> bool:
    if not seen.heard or seen.memory_mb is None or now - past.loaded < AGAIN:
        return False
    return seen.memory_mb > (LARGEST_MB if seen.calm else 2 * LARGEST_MB)
