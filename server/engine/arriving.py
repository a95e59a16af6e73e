"""What it changes that people are here: a release that was under way is undone, and who asked "Nobody here?" is told.

All of it is written in the transaction of what they did, so that nobody who has said so is released or sent away.
"""

from dataclasses import replace
from datetime import datetime

from server.core.emergencies import suspends
from server.core.errors import Invalid, Objection, Refused, Stale
from server.core.model import Booking, Standing
from server.core.nobody_here import LEAST_LEFT
from server.core.presence import HOWS
from server.core.release import FINAL, Course, of_now, terms_of
from server.engine.scene import Scene
from server.store import askings, changes, emergencies, releases
from server.store.database import Note

CONFIRMED = "here_again"
"""The change that tells that somebody says so of whom it is known, while it could still be taken back."""


def how_of(scene_source: str, how: str | None) -> str:
    """By what it is known that they are here; raises Invalid for what says nothing about the room."""
    found = how or ("glass" if scene_source == "panel" else "api")
    if found not in HOWS or found == "inherited":
        raise Invalid({"how": f"{', '.join(HOWS[:-2])} or {HOWS[-2]}"})
    return found


def course_of(scene: Scene, it: Booking) -> Course | None:
    """How far the release of the booking as it stands has come."""
    return of_now(releases.courses(scene.tx, [it.id]).get(it.id), it.starts)


def meant(it: Booking, course: Course | None, version: int | None) -> None:
    """Raises Stale where the version that people saw was another, but for hours of theirs that were given away."""
    if version is None or version == it.version:
        return
    if course is None or not course.same_to_people(version, it.version):
        raise Stale(it.version)


def came(scene: Scene, it: Booking, course: Course | None, after: Booking) -> None:
    """Undoes the release that was under way; `after` is the booking as it will be."""
    if course is None or (course.outcome in FINAL and course.outcome != "called_off"):
        return
    if course.released_at is not None and course.outcome in ("released", "unknown"):
        tell(scene, "release_undone", it)
    releases.put(scene.tx, [replace(course, outcome="came", starts=after.starts, changed_at=scene.now)])


def kept(scene: Scene, it: Booking) -> bool:
    """Answers who asked whether anybody is here; False where nobody has, or it was answered."""
    if not askings.end(scene.tx, it.id, "kept", scene.now):
        return False
    tell(scene, "here_answered", it)
    return True


def confirmed(scene: Scene, it: Booking, since: datetime) -> bool:
    """Whether somebody else than the actor has said since then that people are here, or has answered who asked."""
    whats = (CONFIRMED, "here_answered")
    return changes.others(scene.tx, it.rooms[0], it.id, whats, since, scene.actor.name)


def gone_again(scene: Scene, it: Booking, after: Booking) -> None:
    """Somebody takes back that people are here: they are looked for as before."""
    if it.checked_in_at is not None and after.checked_in_at is None:
        releases.forget_came(scene.tx, it.id)


def askable(scene: Scene, it: Booking) -> None:
    """Raises Refused where nobody may ask whether its people are still here."""
    room, now = scene.rooms[0], scene.now
    within = frozenset().union(*(scene.house.rooms[number].within for number in it.rooms))
    if not all(each.policy.check_in and each.policy.nobody_here for each in scene.rooms):
        code = "no_asking"
    elif it.standing is not Standing.ACCEPTED:
        code = "not_approved"
    elif not it.period.holds(now):
        code = "not_started" if it.starts > now else "over"
    elif it.ends - now < LEAST_LEFT:
        code = "ends_soon"
    elif it.id in askings.of_bookings(scene.tx, [it.id]):
        code = "asked_already"
    elif suspends(emergencies.since(scene.tx, now), within, now, now):
        code = "emergency"
    elif it.checked_in_at is None and now < terms_of(it.period, scene.rooms, course_of(scene, it)).due:
        code = "not_started"  # its people have time to come until then: nobody takes it from them before
    else:
        return
    raise Refused((Objection(code, room.id),))


def tell(scene: Scene, what: str, it: Booking, codes: tuple[str, ...] = ()) -> None:
    """Notes what happened in all rooms that it concerns."""
    for room in scene.house.touched(it.rooms):
        scene.tx.note(Note(scene.now, what, room, it.id, scene.actor, codes=codes))
