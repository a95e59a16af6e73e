"""Whether a booking stands at once or waits for somebody's yes."""

from collections.abc import Iterable

from server.core.access import Actor, Level
from server.core.model import Room


def stands(places: Iterable[Room], actor: Actor, *, changing: bool = False, series: bool = False) -> bool:
    """Whether what the actor asks of these rooms is accepted at once.

    A person who manages a room needs nobody's yes there; one who may only ask always does. A key of the house waits
    like everybody when it books (RoomVox does so), but staff's keys (scope admin) may move what stands (`changing`).
    """
    return all(_stands(room, actor, changing=changing, series=series) for room in places)


def _stands(room: Room, actor: Actor, *, changing: bool, series: bool) -> bool:
    if actor.person is None:
        if changing and actor.scope == "admin":
            return True
    elif (level := actor.level(room.number)) is Level.MANAGE:
        return True
    elif level is not Level.BOOK:
        return False
    asked = not room.auto_accept or room.policy.approval or (series and room.policy.series == "approval")
    return not asked
