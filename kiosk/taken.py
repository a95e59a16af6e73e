"""How far the server is with the journal, by its own word, as it is kept on the card.

What is read from the card is only where the asking begins: the server's word counts, in each incarnation anew. So a
file that is lost or torn costs a question, and counts as absent.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from kiosk import chain
from kiosk.storage import Card

log = logging.getLogger(__name__)

FILE = "taken.json"


@dataclass(frozen=True, slots=True)
class Taken:
    """Of one epoch: in `incarnation` the server has all up to `applied`, its rooms' numbers being `seqs` by then.

    `marks`: up to which number it had it by when, for letting go.
    """

    incarnation: str = ""
    applied: int = 0
    seqs: Mapping[str, int] = field(default_factory=dict)
    marks: tuple[tuple[int, int], ...] = ()

    def told(self, incarnation: str, applied: int, seqs: Mapping[str, int], now: int) -> "Taken":
        """After another word of the server's. `now`: trusted seconds, 0 while there are none."""
        goes_on = incarnation == self.incarnation and applied >= self.applied
        marks = self.marks if goes_on else ()
        if now and applied and (not marks or marks[-1][0] < applied):
            marks = (*marks, (applied, now))
        return Taken(incarnation, applied, {**(self.seqs if goes_on else {}), **seqs}, marks)

    def shown(self, incarnation: str, seq: int, room: str) -> bool:
        """Whether a plan of that incarnation and number has all of this epoch that was taken."""
        return incarnation == self.incarnation and seq >= self.seqs.get(room, 0)


NOTHING = Taken()


@dataclass(frozen=True, slots=True)
class Word:
    """All of it. `uploaded`: names of torn files that the server has. `made`: of the last ops that the server told of,
    the ids of their bookings; without them an act that names a walk-in by its op is about nothing that the plan has."""

    epochs: Mapping[str, Taken] = field(default_factory=dict)
    uploaded: tuple[str, ...] = ()
    made: Mapping[str, str] = field(default_factory=dict)

    def of(self, epoch: str) -> Taken:
        return self.epochs.get(epoch, NOTHING)

    def with_epoch(self, epoch: str, taken: Taken) -> "Word":
        return replace(self, epochs={**self.epochs, epoch: taken})


def load(card: Card) -> Word:
    try:
        said = json.loads(card.read(FILE))
        if said["hash"] != chain.hashed(said):
            raise ValueError("the checksum does not match")
        made = {str(op): str(id_) for op, id_ in said.get("made", {}).items()}
        return Word({epoch: _from(one) for epoch, one in said["epochs"].items()}, tuple(said["uploaded"]), made)
    except FileNotFoundError:
        return Word()
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        log.warning("taken unreadable=%s", type(error).__name__)
        return Word()


def keep(card: Card, word: Word) -> None:
    """Losing it costs a question, so a card that does not take it is no fault."""
    epochs = {epoch: _json(one) for epoch, one in word.epochs.items()}
    said: dict[str, Any] = {"epochs": epochs, "uploaded": list(word.uploaded), "made": dict(word.made)}
    try:
        card.replace(FILE, chain.line({**said, "hash": chain.hashed(said)}))
    except OSError as error:
        log.error("taken cannot_write=%s", error.strerror)


def _json(taken: Taken) -> dict[str, Any]:
    marks = [list(mark) for mark in taken.marks]
    return {"incarnation": taken.incarnation, "applied": taken.applied, "seqs": dict(taken.seqs), "marks": marks}


def _from(said: dict[str, Any]) -> Taken:
    marks = tuple((int(seq), int(at)) for seq, at in said["marks"])
    seqs = {str(room): int(seq) for room, seq in said["seqs"].items()}
    return Taken(str(said["incarnation"]), int(said["applied"]), seqs, marks)
