"""What `/me` says of the device, as far as the agent's core needs it: which rooms, whether it may act, where push is.

The whole answer is kept beside it (`said`): settings and authorities are read from there by those whose they are.
"""

from dataclasses import dataclass, field
from typing import Any

ROOMS = 500  # of a board; more than any screen shows
STATES = ("good", "waiting", "quarantined")


@dataclass(frozen=True, slots=True)
class Me:
    """`number` is 0 where the token is no device. `push` is None where there is none."""

    number: int
    name: str
    kind: str
    rooms: tuple[str, ...]
    state: str
    push: str | None
    digest: str
    said: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)


def me_from(data: dict[str, Any]) -> Me:
    """Raises KeyError, TypeError or ValueError for what the protocol does not say."""
    rooms, push = data["rooms"], data.get("push")
    if not isinstance(rooms, list) or not all(isinstance(one, str) and one for one in rooms) or len(rooms) > ROOMS:
        raise ValueError("rooms that are none")
    if push is not None and not isinstance(push, str):
        raise TypeError("no address")
    state = data.get("state", "good")
    return Me(
        number=int(data["number"]),
        name=str(data.get("name", "")),
        kind=str(data.get("kind", "panel")),
        rooms=tuple(dict.fromkeys(rooms)),
        state=state if state in STATES else "good",
        push=push,
        digest=str(data["digest"]),
        said=data,
    )
