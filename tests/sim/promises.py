"""What glasses said to people, and that it was not kept."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.sim.door import Unit


class Violation(Exception):
    """An invariant does not hold."""

    def __init__(self, law: str, what: str) -> None:
        super().__init__(f"{law}: {what}")
        self.law, self.what = law, what


@dataclass(slots=True)
class Promise:
    """What a glass said. `sure`: it said confirmed. `excused`: why it may be broken after all; "" where it may not.
    `broken`: why it was.

    `taken`: the server has it. `base`: the op of the booking that it extends, its own otherwise. `ended`: people gave
    the rest of it up at the glass.
    """

    op: str
    act: str
    unit: "Unit" = field(repr=False)
    room: int
    start: int
    end: int
    sure: bool
    base: str
    life: str
    excused: str = ""
    taken: bool = False
    uid: int = 0
    broken: str = ""
