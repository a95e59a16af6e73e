"""Runs the process that reads a calendar file, and takes nothing from it on trust.

It gets no environment, no descriptor but its pipes, and folder / to stand in. Whatever becomes of it (too long, too
much, an answer that is none) the file is refused with a short sentence; nothing can have been written, as nothing but
its answer leaves it.
"""

import json
import os
import selectors
import signal
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from server.core.clock import epoch, monotonic
from server.core.errors import Invalid
from server.engine.calendar_files.item import Item, item_of
from server.engine.calendar_files.limits import MOST_ANSWER, MOST_BYTES, WALL_SECONDS
from server.engine.calendar_files.outline import TOO_LARGE

READER = ("-I", "-B", "-m", "server.engine.calendar_files.reader")
CHUNK = 64 * 1024
TOO_LONG = "takes too long to read"
FAILED = "cannot be read"


@dataclass(frozen=True, slots=True)
class Found:
    """The items of a file in its order; `ignored` counts the components that are no events, by name."""

    items: tuple[Item, ...]
    ignored: dict[str, int]


def refused(why: str) -> Invalid:
    """The one form in which a whole file is refused."""
    return Invalid({"file": why})


def read(data: bytes, now: datetime, horizon: timedelta, room: str) -> Found:
    """What the file holds, as seen from `now` in the zone `room`. Raises Invalid (field "file")."""
    if len(data) > MOST_BYTES:
        raise refused(TOO_LARGE)
    arguments = [str(epoch(now)), str(int(horizon.total_seconds())), room]
    reader = subprocess.Popen(
        [sys.executable, *READER, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        cwd="/", env={}, close_fds=True, start_new_session=True,
    )  # fmt: skip
    try:
        answer = _exchange(reader, data)
    finally:
        _end(reader)
    if reader.returncode == -signal.SIGXCPU:
        raise refused(TOO_LONG)
    return _found(answer)


def _exchange(reader: "subprocess.Popen[bytes]", data: bytes) -> bytes:
    """Writes the file and reads the answer at once, within the time and size that it has. Raises Invalid."""
    end, answer, left = monotonic() + WALL_SECONDS, bytearray(), memoryview(data)
    assert reader.stdin is not None
    assert reader.stdout is not None
    os.set_blocking(reader.stdin.fileno(), False)
    with selectors.DefaultSelector() as waiting:
        waiting.register(reader.stdin, selectors.EVENT_WRITE)
        waiting.register(reader.stdout, selectors.EVENT_READ)
        while reader.stdout in waiting.get_map():
            ready = waiting.select(end - monotonic()) if monotonic() < end else []
            if not ready:
                raise refused(TOO_LONG)
            for key, _ in ready:
                if key.fileobj is reader.stdout:
                    some = os.read(key.fd, CHUNK)
                    answer += some
                    if not some:
                        waiting.unregister(reader.stdout)
                else:
                    left = _write(key.fd, left)
                    if not left:
                        waiting.unregister(reader.stdin)
                        reader.stdin.close()
            if len(answer) > MOST_ANSWER:
                raise refused("has too much to say")
    return bytes(answer)


def _write(descriptor: int, data: memoryview) -> memoryview:
    try:
        return data[os.write(descriptor, data[:CHUNK]) :] if data else data
    except BlockingIOError:
        return data
    except BrokenPipeError:
        return data[:0]  # it wants no more; its answer says why


def _end(reader: "subprocess.Popen[bytes]") -> None:
    """Waits for the reader, which has closed its answer or is killed with all that it may have started."""
    for pipe in (reader.stdin, reader.stdout):
        if pipe is not None:
            pipe.close()
    try:
        reader.wait(0.5)
    except subprocess.TimeoutExpired:
        os.killpg(reader.pid, signal.SIGKILL)
        reader.wait()


def _found(answer: bytes) -> Found:
    """The answer's lines as items; one that is cut short, or not of the form agreed on, refuses the file."""
    *lines, rest = answer.split(b"\n")
    last = _last(lines.pop()) if lines and not rest else {}
    if "unreadable" in last:
        raise refused(str(last["unreadable"]))
    if "ignored" not in last:
        raise refused(FAILED)
    try:
        items = tuple(item_of(line.decode()) for line in lines)
        return Found(items, {str(name): int(many) for name, many in last["ignored"].items()})
    except (ValueError, TypeError, AttributeError, OverflowError, OSError, RecursionError) as error:
        raise refused(FAILED) from error


def _last(line: bytes) -> dict[str, Any]:
    try:
        last = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return last if isinstance(last, dict) else {}
