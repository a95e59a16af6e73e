"""What people did at this glass, on disk before it is sent: a tap is never lost without a trace.

`ledger.jsonl` is only appended to: one line for the act (synced before anything is sent), one for its outcome. A
lost outcome line does no harm: the act is asked for again with the same `op`, and the protocol gives the same
answer. Lines carry a checksum. What cannot be read (a torn last line, a bad block) is set aside in a file of its
own, never deleted and never a reason not to start. Settled acts are dropped when the file is next rewritten.
No names, titles or tokens are in it.
"""

import contextlib
import errno
import json
import logging
import os
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from kiosk import durable

log = logging.getLogger(__name__)

REWRITE_AT = 64 * 1024  # bytes
SET_ASIDE = 5  # torn files kept; more than that is a card to be replaced, and the log has said so


class CannotSave(Exception):
    """The card does not take it, so nothing may be promised."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An act: `body` is what is sent, the same at every try. `expires`: until when nothing else is done meanwhile."""

    op: str
    act: str
    expires: int
    body: dict[str, Any]


class Ledger:
    """The unsettled acts at all doors of this agent, in the order of the taps. Safe to use from several threads."""

    def __init__(self, folder: Path) -> None:
        """Raises OSError when the folder cannot be read."""
        self._path = folder / "ledger.jsonl"
        self._lock = Lock()
        # Replaced, never changed: reading it must not wait for a card that is being written.
        self._unsettled: dict[str, Entry] = {}
        self._size = 0
        self._load()

    def unsettled(self) -> list[Entry]:
        return list(self._unsettled.values())

    def rooms(self) -> set[str]:
        """Of all unsettled acts."""
        return {str(entry.body.get("room", "")) for entry in self.unsettled()}

    def append(self, entry: Entry) -> None:
        """Returns when the act is on the card. Raises CannotSave, and then nothing of it is there."""
        with self._lock:
            self._write(_line(_entry_json(entry)), sync=True)
            self._unsettled = {**self._unsettled, entry.op: entry}

    def settle(self, op: str, outcome: str) -> None:
        """The outcome is known; `outcome` is done or refused."""
        with self._lock:
            self._unsettled = {key: entry for key, entry in self._unsettled.items() if key != op}
            with contextlib.suppress(CannotSave):
                self._write(_line({"kind": "outcome", "op": op, "outcome": outcome}), sync=False)
            if self._size > REWRITE_AT:
                self._rewrite()

    def _load(self) -> None:
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return
        records = [_record(line) for line in content.splitlines(keepends=True)]
        readable = [record for record in records if record is not None]
        self._unsettled = _unsettled(readable)
        self._size = len(content)
        if len(readable) < len(records):
            self._set_aside(content)
        if len(records) > len(self._unsettled):
            self._rewrite()

    def _set_aside(self, content: bytes) -> None:
        log.error("ledger torn=yes bytes=%d unsettled=%d", len(content), len(self._unsettled))
        names = (self._path.with_name(f"ledger.torn-{number}.jsonl") for number in range(1, SET_ASIDE + 1))
        free = next((path for path in names if not path.exists()), None)
        if free is None:
            return
        try:
            durable.replace(free, content)
        except OSError as error:
            log.error("ledger cannot_write=%s", error.strerror)

    def _write(self, line: bytes, *, sync: bool) -> None:
        new = not self._path.exists()
        try:
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                self._write_to(handle, line, sync=sync)
            finally:
                os.close(handle)
            if new:
                durable.sync_folder(self._path.parent)
        except OSError as error:
            log.error("ledger cannot_write=%s", error.strerror)
            raise CannotSave(str(error.strerror)) from None
        self._size += len(line)

    def _write_to(self, handle: int, line: bytes, *, sync: bool) -> None:
        """All of the line or nothing; and never behind a torn one, which would swallow it."""
        before = os.fstat(handle).st_size
        if before and os.pread(handle, 1, before - 1) != b"\n":
            line = b"\n" + line
        try:
            if os.write(handle, line) != len(line):
                raise OSError(errno.ENOSPC, "short write")
            if sync:
                os.fsync(handle)
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(handle, before)
            raise

    def _rewrite(self) -> None:
        """Only the unsettled acts stay; the old file stays whole when this fails."""
        content = b"".join(_line(_entry_json(entry)) for entry in self._unsettled.values())
        try:
            durable.replace(self._path, content)
        except OSError as error:
            log.error("ledger cannot_write=%s", error.strerror)
            return
        self._size = len(content)


class LedgerView:
    """What of the ledger is one room's; all of it for a door that has no name yet (`room` is "")."""

    def __init__(self, ledger: Ledger, room: str) -> None:
        self._ledger, self.room = ledger, room

    def unsettled(self) -> list[Entry]:
        entries = self._ledger.unsettled()
        return [entry for entry in entries if entry.body.get("room") == self.room] if self.room else entries


def _line(record: dict[str, Any]) -> bytes:
    """The record as JSON whose last member is the CRC-32 of the rest."""
    body = json.dumps(record, separators=(",", ":")).encode()
    return body[:-1] + b',"crc":"%08x"}\n' % zlib.crc32(body)


def _record(line: bytes) -> dict[str, Any] | None:
    """None for a line that is not whole, its end included."""
    head, mark, tail = line.rpartition(b',"crc":"')
    if not mark or tail != b'%08x"}\n' % zlib.crc32(head + b"}"):
        return None
    record: dict[str, Any] = json.loads(head + b"}")
    return record


def _entry_json(entry: Entry) -> dict[str, Any]:
    return {"kind": "act", "op": entry.op, "act": entry.act, "expires": entry.expires, "body": entry.body}


def _unsettled(records: Iterable[dict[str, Any]]) -> dict[str, Entry]:
    entries: dict[str, Entry] = {}
    for record in records:
        if record["kind"] == "act":
            entries[record["op"]] = Entry(record["op"], record["act"], record["expires"], record["body"])
        else:
            entries.pop(record["op"], None)
    return entries
