"""The journal on the card: what this door did by its own word, there before anybody is told, until the server has it.

Decisions:
- `journal.jsonl` is only appended to, and an entry counts from the moment its bytes are synced. After an append that
  failed nobody knows what the card holds, so the next one writes the whole file anew; a card that takes neither takes
  no promise (`CannotSave`).
- A card that cannot be read at all just now is read again later; until then there is no promise and no acknowledgement.
- A file that cannot be read whole is set aside as it is (`journal.torn-N.jsonl`, uploaded later, never deleted). The
  chain's whole beginning stays under its epoch, what is whole behind it is chained anew under the next (chain.py).
- How far the server is (`taken.py`) is its own word. A server that has more than our card, because the card lied, ends
  the epoch: no number that it knows is used again.
- The journal is the card's, not the identity's: whoever this panel becomes brings it. It holds no names.
"""

import contextlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from threading import RLock
from uuid import uuid4

from kiosk import chain, taken
from kiosk.chain import Chapter, Entry
from kiosk.ledger import CannotSave
from kiosk.storage import Card
from kiosk.taken import Taken

log = logging.getLogger(__name__)

FILE = "journal.jsonl"
TORN = tuple(f"journal.torn-{number}.jsonl" for number in range(1, 6))  # more than that is a card to be replaced
TORN_MOST = 700_000  # bytes of one that are uploaded
MADE_MOST = 50  # walk-ins whose bookings are remembered: all but the last few are over


@dataclass(frozen=True, slots=True)
class Batch:
    """What to bring next; `entries` may be empty where only the server's word is wanted."""

    epoch: str
    first: int
    entries: tuple[Entry, ...]


class Journal:
    """Of all doors of this agent. Safe to use from several threads.

    What it holds is replaced, never changed: reading it must not wait for a card that is being written.
    """

    def __init__(self, card: Card, *, draw: Callable[[], str] = lambda: str(uuid4())) -> None:
        """`draw` makes an epoch. Reads what is there; never fails for what it finds."""
        self._card, self._draw = card, draw
        self._lock = RLock()
        self._chapters: tuple[Chapter, ...] = ()
        self._epoch = ""  # of the next entry; "" where one is to be drawn
        self._aside: bytes | None = None  # a torn file that still has to be set aside
        self._anew = False  # the file may not be what we think: write all of it
        self._heard: frozenset[str] = frozenset()  # epochs of which the server has spoken since the start
        self._word = taken.load(card)
        self.readable = True  # otherwise nobody knows what is owed: nothing is promised, nothing acknowledged
        self.read()

    # What is there

    @property
    def chapters(self) -> tuple[Chapter, ...]:
        return self._chapters

    @property
    def newest(self) -> tuple[str, int]:
        """The epoch and the head that an acknowledgement speaks of; ("", 0) for an empty journal."""
        chapters = self._chapters
        return (chapters[-1].epoch, chapters[-1].head) if chapters else ("", 0)

    @property
    def made(self) -> Mapping[str, str]:
        """Of each of the last ops that the server told of, the id of its booking."""
        return self._word.made

    def entries(self) -> list[tuple[Entry, Taken | None]]:
        """All of them in order, each with the server's word where it has taken it."""
        found: list[tuple[Entry, Taken | None]] = []
        for chapter in self._chapters:
            word = self._word.of(chapter.epoch)
            found += [(entry, word if entry.seq <= word.applied else None) for entry in chapter.entries]
        return found

    def waiting(self) -> list[Entry]:
        """What the server has not got yet, as far as it has said."""
        return [entry for entry, word in self.entries() if word is None]

    def batch(self) -> Batch | None:
        """What to bring next, the oldest chapter first; None where the server has said that it has everything."""
        for chapter in self._chapters:
            entries = chain.offered(chapter, self._word.of(chapter.epoch).applied)
            if entries or chapter.epoch not in self._heard:
                return Batch(chapter.epoch, chapter.first, entries)
        return None

    # What happens to it

    def add(self, draft: Entry) -> Entry:
        """The entry as it stands in the chain, on the card. Raises CannotSave, and then nothing may be promised."""
        with self._lock:
            if not self.readable:
                raise CannotSave("the journal cannot be read")
            epoch = self._epoch or self._draw()
            entry = chain.chained(draft, self._chapters, epoch)
            chapters = chain.with_entry(self._chapters, epoch, entry)
            try:
                self._set_aside()
                if self._anew:
                    self._card.replace(FILE, chain.written(chapters, epoch))
                else:
                    head = b"" if self._epoch else chain.epoch_line(epoch)
                    self._card.append(FILE, head + chain.line(chain.entry_json(entry)))
            except OSError as error:
                self._anew = True
                log.error("journal cannot_write=%s", error.strerror)
                raise CannotSave(str(error.strerror)) from None
            self._anew, self._epoch, self._chapters = False, epoch, chapters
            return entry

    def took(
        self,
        epoch: str,
        incarnation: str,
        applied: int,
        *,
        seqs: Mapping[str, int],
        now: int,
        made: Mapping[str, str] | None = None,
        brought: int | None = None,
        after: int = 0,
    ) -> None:
        """The server's word on a delivery: it counts, whatever we remember. `now`: trusted seconds, else 0.

        `seqs`: how far its rooms were by then. `made`: the ids of bookings by the `op` that told of them.
        `brought`: up to which number this card itself has brought it, 0 for nothing; `after`: from behind which one.
        """
        with self._lock:
            chapter = next((one for one in self._chapters if one.epoch == epoch), None)
            if chapter is None:
                return
            books = {entry.op for entry in chapter.entries if entry.act == "book"}  # the others made none
            told = {**self.made, **{op: id_ for op, id_ in (made or {}).items() if op in books}}
            self._heard |= {epoch}
            if chain.lost(chapter, applied) and epoch == self._epoch:
                log.error("journal lost=yes head=%d applied=%d", chapter.head, applied)
                self._epoch = ""
            old = self._word.of(epoch)
            if brought is not None:  # what another card with our numbers has brought is not ours
                known = old.applied if old.incarnation == incarnation else 0  # after a restore all is brought again
                whole = after <= max(known, chapter.first - 1)  # not where it began behind what a restore took away
                applied = min(applied, max(brought if whole else 0, known))
            new = old.told(incarnation, applied, seqs, now)
            if new != old or told != self.made:
                lately = dict(list(told.items())[-MADE_MOST:])
                self._word = replace(self._word.with_epoch(epoch, new), made=lately)
                taken.keep(self._card, self._word)

    def reminded(self, epoch: str, incarnation: str, applied: int) -> None:
        """The server said in passing how far it is: it may have less than we thought, then it is brought again.

        More is told by a delivery alone, for only that says from which number of a plan on it is in there.
        """
        with self._lock:
            word = self._word.of(epoch)
            if applied < word.applied or (word.applied and incarnation != word.incarnation):
                self.took(epoch, incarnation, applied, seqs={}, now=0, brought=0)

    def forget_word(self) -> None:
        """Another incarnation: the server is to be asked how far it is."""
        with self._lock:
            self._heard = frozenset()

    def tidy(self, now: int) -> None:
        """Let go of what was taken 30 days ago. `now`: trusted seconds."""
        with self._lock:
            marks = {chapter.epoch: self._word.of(chapter.epoch).marks for chapter in self._chapters}
            rest = chain.kept(self._chapters, marks, now)
            if rest == self._chapters or self._aside is not None:
                return
            try:
                self._card.replace(FILE, chain.written(rest, self._epoch))
            except OSError as error:
                self._anew = True
                log.error("journal cannot_write=%s", error.strerror)
                return
            self._chapters, self._anew = rest, False
            epochs = {chapter.epoch for chapter in rest}
            left = {epoch: word for epoch, word in self._word.epochs.items() if epoch in epochs}
            self._word = replace(self._word, epochs=left)
            taken.keep(self._card, self._word)

    # What could not be read

    def torn(self) -> tuple[str, bytes] | None:
        """The name and the bytes of a file that was set aside and not uploaded yet."""
        for name in TORN:
            if name not in self._word.uploaded:
                with contextlib.suppress(OSError):
                    return name, self._card.read(name)[:TORN_MOST]
        return None

    def uploaded(self, name: str) -> None:
        with self._lock:
            self._word = replace(self._word, uploaded=(*self._word.uploaded, name))
            taken.keep(self._card, self._word)

    def read(self) -> None:
        """At the start, and again where the card did not let itself be read: what it holds is not written over."""
        with self._lock:
            try:
                content = self._card.read(FILE)
            except FileNotFoundError:
                self.readable = True
            except OSError as error:
                log.error("journal cannot_read=%s", error.strerror)
                self.readable = False
            else:
                self._load(content)
                self.readable = True

    def _load(self, content: bytes) -> None:
        found = chain.found(content)
        self._chapters, self._epoch = found.chapters, found.epoch
        if not found.whole:
            self._mend(content, found)
        last = self._chapters[-1] if self._chapters else None
        if last is not None and last.epoch == self._epoch and chain.lost(last, self._word.of(last.epoch).applied):
            self._epoch = ""

    def _mend(self, content: bytes, found: chain.Found) -> None:
        log.error("journal torn=yes bytes=%d kept=%d", len(content), sum(len(one.entries) for one in found.chapters))
        self._aside, self._anew, self._epoch = content, True, self._draw()
        for entry in found.loose:
            again = chain.chained(entry, self._chapters, self._epoch)
            self._chapters = chain.with_entry(self._chapters, self._epoch, again)
        try:
            self._set_aside()
            self._card.replace(FILE, chain.written(self._chapters, self._epoch))
            self._anew = False
        except OSError as error:
            log.error("journal cannot_write=%s", error.strerror)

    def _set_aside(self) -> None:
        """Raises OSError: what is not safe elsewhere is not written over."""
        if self._aside is None:
            return
        for name in TORN:
            try:
                if self._card.read(name) == self._aside:
                    break
            except FileNotFoundError:
                self._card.replace(name, self._aside)
                break
        self._aside = None
