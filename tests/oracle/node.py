"""One node process that answers for ICU and for rrule.js, spoken to in JSON lines (`second_opinion.js`)."""

import json
import shutil
import subprocess
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).with_name("second_opinion.js")
LIMIT = 20.0  # seconds for one question; the script breaks it off by itself
GRACE = 10.0  # seconds after which it is killed where it did not


class NoNode(Exception):
    """There is no node here that could answer, and why."""


def stamp(wall: datetime) -> int:
    """A naive wall time as seconds since 1970, as if it were UTC."""
    return int(wall.replace(tzinfo=UTC).timestamp())


def wall_of(seconds: int) -> datetime:
    """The naive wall time back from its seconds."""
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)


class Node:
    """The process. It ends with `stop`, and by itself when its parent is gone, at the latest after `limit` seconds."""

    def __init__(self, limit: float = LIMIT) -> None:
        """Starts it. Raises NoNode."""
        program = shutil.which("node") or shutil.which("nodejs")
        if program is None:
            raise NoNode("no node in PATH")
        self._limit = limit
        command = [program, str(SCRIPT), str(round(limit * 1000))]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.pid = self._process.pid
        self.about: dict[str, str] = self._ask("about")

    def stop(self) -> None:
        """Ends the process: at once where it waits for a question, killed where it does not go."""
        try:
            self._process.communicate(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()

    def load(self, library: Path) -> None:
        """Takes rrule.js from its bundle; before that it answers for ICU alone."""
        self._ask("load", path=str(library))

    def walls(self, asks: list[tuple[str, datetime, datetime]], most: int) -> list[list[datetime]]:
        """What rrule.js gives for each (RRULE's text, start, before), at most `most` walls each."""
        given = [(text, stamp(start), stamp(before)) for text, start, before in asks]
        return [[wall_of(each) for each in found] for found in self._ask("rule", asks=given, most=most)]

    def component_walls(self, lines: list[str], start: datetime, before: datetime) -> list[datetime]:
        """What RRULE, EXRULE, RDATE and EXDATE lines (floating) give; the start only where one of them does."""
        return [wall_of(each) for each in self._ask("lines", lines=lines, start=stamp(start), before=stamp(before))]

    def shown(self, zone: str, instants: list[int]) -> list[int]:
        """The wall times that ICU's clock in the zone shows at the instants."""
        read: list[int] = self._ask("read", zone=zone, instants=instants)
        return read

    def offsets(self, zone: str, start: int, end: int, step: int) -> list[tuple[int, int]] | None:
        """(valid from, seconds east of UTC) by ICU, looked for each `step` seconds; None for a zone it has not."""
        found = self._ask("zone", zone=zone, **{"from": start, "to": end, "step": step})
        return None if found is None else [(at, offset) for at, offset in found]

    def send(self, ask: str, **rest: Any) -> None:
        """Puts a question without waiting for the answer."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps({"ask": ask, **rest}) + "\n")
        self._process.stdin.flush()

    def _ask(self, ask: str, **rest: Any) -> Any:
        """The answer; raises ValueError where it fails or takes longer than the limit."""
        assert self._process.stdout
        watch = threading.Timer(self._limit + GRACE, self._process.kill)
        watch.start()
        try:
            self.send(ask, **rest)
            line = self._process.stdout.readline()
        finally:
            watch.cancel()
        if not line.endswith("\n"):
            raise ValueError(f"node ended with status {self._process.wait(5)} at {ask}")
        answer = json.loads(line)
        if "error" in answer:
            raise ValueError(answer["error"])
        return answer["answer"]
