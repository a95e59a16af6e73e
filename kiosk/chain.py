"""What a door did by its own word, as a chain of entries: how it is written, checked, offered and let go. Pure.

Decisions:
- Each entry carries the hash of the one before and its own, so the chain is its checksum: what was torn, swapped or
  left out is noticed, here and by the server.
- A chapter is the entries of one epoch. An epoch ends only where the card lost something: the server knows numbers by
  epoch, so a number that was told once never names something else.
- What stands behind a tear is whole by itself or not. Whole entries are kept with their `op` and chained anew under the
  next epoch: the server takes each `op` once, so saying one twice is saying it once.
- An entry stays on the card for 30 days after the server took it, for a server that was put back from a backup asks
  again. The newest of the last chapter always stays: the next one is chained to it.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kiosk.instants import iso, parse

KEPT = 30 * 86_400  # seconds after an entry was taken
MOST = 100  # entries of one delivery


@dataclass(frozen=True, slots=True)
class Entry:
    """One act (docs/device-protocol.md). `booking` names one of the plan, `of` the `op` that made it here; "": neither.

    `incarnation` and `version` are of the grant, `mono` are seconds of the boot `boot`, `wall` is our time at the tap.
    """

    op: str
    act: str
    room: str
    start: int | None = None
    end: int | None = None
    booking: str = ""
    of: str = ""
    grade: str = "not_confirmed"
    incarnation: str = ""
    version: int = 0
    boot: str = ""
    mono: float = 0.0
    wall: int = 0
    clock: str = "unverified"
    seq: int = 0
    prev: str = ""
    hash: str = ""


@dataclass(frozen=True, slots=True)
class Chapter:
    """The entries of one epoch that are still kept, in order; never without any."""

    epoch: str
    entries: tuple[Entry, ...]

    @property
    def first(self) -> int:
        return self.entries[0].seq

    @property
    def head(self) -> int:
        return self.entries[-1].seq


@dataclass(frozen=True, slots=True)
class Found:
    """What a file holds. `epoch` is the one that the next entry is of; "" where none was begun.

    `whole`: all of it is chain; otherwise `loose` are the entries behind the tear that are whole by themselves.
    """

    chapters: tuple[Chapter, ...]
    epoch: str
    whole: bool = True
    loose: tuple[Entry, ...] = ()


def entry_json(entry: Entry) -> dict[str, Any]:
    """As it is sent and written; what an act does not have is left out."""
    said: dict[str, Any] = {
        "seq": entry.seq,
        "op": entry.op,
        "act": entry.act,
        "room": entry.room,
        "grade": entry.grade,
        "grant": {"incarnation": entry.incarnation, "version": entry.version},
        "boot": entry.boot,
        "mono": entry.mono,
        "wall": iso(entry.wall),
        "clock": entry.clock,
        "prev": entry.prev,
        "hash": entry.hash,
    }
    said |= {name: value for name in ("booking", "of") if (value := getattr(entry, name))}
    return said | {name: iso(value) for name in ("start", "end") if (value := getattr(entry, name)) is not None}


def entry_from(said: Mapping[str, Any]) -> Entry:
    """The entry of `entry_json`. Raises KeyError, TypeError or ValueError for what is none."""
    texts = {name: said[name] for name in ("op", "act", "room", "grade", "boot", "clock", "prev", "hash")}
    texts |= {name: said.get(name, "") for name in ("booking", "of")}
    if not all(isinstance(value, str) for value in texts.values()):
        raise TypeError("not a text")
    start, end = (parse(said[name]) if name in said else None for name in ("start", "end"))
    grant = said["grant"]
    return Entry(
        **texts,
        start=start,
        end=end,
        wall=parse(said["wall"]),
        incarnation=str(grant["incarnation"]),
        version=int(grant["version"]),
        mono=float(said["mono"]),
        seq=int(said["seq"]),
    )


def hashed(said: Mapping[str, Any]) -> str:
    """The SHA-256 in hex of what is said, without its own `hash`, as JSON with sorted keys and no spaces."""
    rest = {name: value for name, value in said.items() if name != "hash"}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def chained(entry: Entry, chapters: Sequence[Chapter], epoch: str) -> Entry:
    """The entry as the next of the epoch."""
    chapter = _of(chapters, epoch)
    seq, prev = (chapter.head + 1, chapter.entries[-1].hash) if chapter else (1, "")
    placed = replace(entry, seq=seq, prev=prev, hash="")
    return replace(placed, hash=hashed(entry_json(placed)))


def _of(chapters: Sequence[Chapter], epoch: str) -> Chapter | None:
    return chapters[-1] if chapters and chapters[-1].epoch == epoch else None


def _follows(entry: Entry, chapter: Chapter | None) -> bool:
    """Whether it may stand there in the file. What comes first may follow something that was let go."""
    last = chapter.entries[-1] if chapter else None
    return last is None or (entry.seq == last.seq + 1 and entry.prev == last.hash)


def with_entry(chapters: Sequence[Chapter], epoch: str, entry: Entry) -> tuple[Chapter, ...]:
    """The chapters with one more entry, of the last one or of a new epoch."""
    last = _of(chapters, epoch)
    if last is not None:
        return (*chapters[:-1], replace(last, entries=(*last.entries, entry)))
    return (*chapters, Chapter(epoch, (entry,)))


def line(said: Mapping[str, Any]) -> bytes:
    return json.dumps(said, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"


def epoch_line(epoch: str) -> bytes:
    """Stands before the entries of an epoch."""
    said = {"epoch": epoch}
    return line({**said, "hash": hashed(said)})


def written(chapters: Sequence[Chapter], epoch: str) -> bytes:
    """What `found` reads back; `epoch` is the one that the next entry is of, "" for none."""
    parts = [
        epoch_line(chapter.epoch) + b"".join(line(entry_json(entry)) for entry in chapter.entries)
        for chapter in chapters
    ]
    begun = b"" if not epoch or _of(chapters, epoch) else epoch_line(epoch)
    return b"".join(parts) + begun


def found(content: bytes) -> Found:
    """Reads a file: the chain from its beginning as far as it is whole, and what is whole behind that."""
    chapters: tuple[Chapter, ...] = ()
    loose: list[Entry] = []
    epoch, whole = "", True
    for part in content.splitlines(keepends=True):
        record = _record(part)
        if isinstance(record, str) and whole:
            epoch = record
        elif isinstance(record, Entry) and whole and epoch and _follows(record, _of(chapters, epoch)):
            chapters = with_entry(chapters, epoch, record)
        else:
            whole = False
            loose += [record] if isinstance(record, Entry) else []
    return Found(chapters, epoch, whole, tuple(loose))


def _record(part: bytes) -> Entry | str | None:
    """The entry or the epoch of a line; None for what is not what was written, its end included."""
    if not part.endswith(b"\n"):
        return None
    try:
        said = json.loads(part.decode("utf-8", "surrogatepass"))
        if said["hash"] != hashed(said):
            return None
        return str(said["epoch"]) if "epoch" in said else entry_from(said)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        return None


def offered(chapter: Chapter, applied: int, most: int = MOST) -> tuple[Entry, ...]:
    """What to bring next where the server has all up to `applied`."""
    return tuple(entry for entry in chapter.entries if entry.seq > applied)[:most]


def lost(chapter: Chapter, applied: int) -> bool:
    """Whether the server has what our card has not: then no number of this epoch may be used again."""
    return applied > chapter.head


def kept(
    chapters: Sequence[Chapter], taken: Mapping[str, Sequence[tuple[int, int]]], now: int
) -> tuple[Chapter, ...]:  # fmt: skip
    """Without what the server has had for 30 days. `taken`: by epoch, up to which number it was taken by when."""
    found_: list[Chapter] = []
    for chapter in chapters:
        marks = taken.get(chapter.epoch, ())
        upto = max((seq for seq, at in marks if at + KEPT <= now), default=0)
        if chapter is chapters[-1]:
            upto = min(upto, chapter.head - 1)
        rest = tuple(entry for entry in chapter.entries if entry.seq > upto)
        found_ += [replace(chapter, entries=rest)] if rest else []
    return tuple(found_)
