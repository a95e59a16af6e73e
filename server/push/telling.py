"""What a look has to say to whom: rooms' news, what a device is to ask of itself, and whose time is over.

Decision: what concerns everybody (a place that was moved may change what a thousand panels are told of themselves) is
said with each one's next beat, so that not all of them ask in the same moment.
"""

from collections.abc import Callable

from server.core.model import Change
from server.engine.pushing import Look
from server.push import words
from server.push.line import Line
from server.push.register import Register

ENDED = {"device_revoked": "device", "token_revoked": "token"}
OF_ITSELF = frozenset({"device_assigned", "device_quarantined", "device_released", "panel_settings"})
OF_ALL = frozenset({"panel_settings", "place_changed", "place_added", "place_removed", "type_changed"})
OF_PEOPLE = ("person_", "group_", "right_")
"""After these what a person's key opens may be something else."""
MATTERS = frozenset(ENDED) | OF_ITSELF | OF_ALL | {"order_made", "device_recalled"}
TO_DO = {"order_made": words.ORDERS, "device_recalled": words.GRANTS}
"""What a device has to do, and its key is what it was."""


class Telling:
    """Says it on the lines of the register. `verify` has a line's key looked at again."""

    def __init__(self, register: Register, verify: Callable[[Line], None]) -> None:
        self._lines = register
        self._verify = verify
        self.newest: dict[int, int] = {}
        """Of each room, what was told last."""
        self.mattered = 0
        """The newest change without a room that may have concerned somebody."""

    def look(self, it: Look) -> int:
        """Says all that a look found; to how many."""
        self.newest.update(it.rooms)
        for change in it.others or ():  # first: whoever is shut out hears nothing that came with it
            self._other(change)
        told = self._news(it)
        for number in it.settled:
            for line in self._lines.of_room(number):
                _later(line, words.ME)
        for number in it.removed:
            for line in tuple(self._lines.of_room(number)):
                self._verify(line)
        if it.settled:
            self._boards()
        if it.others is None:
            self.mattered = it.seq
            for line in self._lines.every():
                _later(line, words.ME)
                _later(line, words.ORDERS)
                _later(line, words.GRANTS)
                self._verify(line)
        return told

    def _news(self, it: Look) -> int:
        said: dict[Line, list[bytes]] = {}
        for number, seq in it.rooms.items():
            data = b""
            for line in self._lines.of_room(number):
                if not data and line.hearer is not None:
                    data = words.news(line.hearer.rooms[number], seq, it.seq)
                said.setdefault(line, []).append(data)
        for line, parts in said.items():
            line.write(b"".join(parts))
        return len(said)

    def _other(self, it: Change) -> None:
        if it.what.startswith(OF_PEOPLE):
            self.mattered = it.seq
            for line in self._lines.every():
                if line.hearer is not None and line.hearer.actor.person is not None:
                    self._verify(line)
        if it.what not in MATTERS:
            return
        self.mattered = it.seq
        if it.what in ENDED:
            for line in self._lines.named(f"{ENDED[it.what]}:{it.subject}"):
                line.end("revoked", words.end("revoked"))
        elif it.what in OF_ALL and (it.subject is None or it.what not in OF_ITSELF):
            for line in self._lines.every():
                _later(line, words.ME)
            self._boards()
        else:
            for line in self._lines.named(f"device:{it.subject}"):
                line.write(TO_DO.get(it.what, words.ME))
                if it.what not in TO_DO:
                    self._verify(line)

    def _boards(self) -> None:
        """Which rooms a board shows may be others now."""
        for line in self._lines.every():
            actor = line.hearer.actor if line.hearer is not None else None
            if actor is not None and actor.scope == "read" and actor.name.startswith("device:"):
                self._verify(line)


def _later(line: Line, word: bytes) -> None:
    """It is said with the next beat, once."""
    if word not in line.due:
        line.due += word
