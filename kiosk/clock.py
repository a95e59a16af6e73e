"""The panel's time, and the only place that reads the machine's clocks.

A door panel has no battery clock and anybody may set its date. So time is what the server said, carried on by
CLOCK_BOOTTIME (which nobody can set and which counts through sleep): one anchor (boot, boottime, server time) is
all there is to it, and once it stands, the system clock is not looked at any more.

- The anchor is saved: a restarted agent in the same boot has a verified clock with the server gone.
- After a reboot without the server the time is the latest of the system clock, the last time known for sure, and
  the day this program was made; it counts as unverified, and what it says is shown as such. A system clock that is
  further ahead of the last time known than any plan reaches is a fault, not a time: then that last time is taken.
- Half the round trip is added to the server's time, and half the round trip is the error. An answer moves the
  anchor only if it is at least as exact as the old anchor has become by drift, or contradicts it.
- Small corrections never turn the clock back: a boundary that has flipped does not flip again.
"""

import time
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Protocol

MADE = 1_793_491_200  # 2026-11-01: no panel with this program runs earlier
DRIFT = 100e-6  # of a quartz without care; a Pi's is about half of it
PLAUSIBLE = 31 * 86_400.0  # seconds: more than any plan reaches
STANDS_STILL = 5.0  # seconds: a correction back by less is waited out


class Machine(Protocol):
    """What the clock reads of the machine; seconds as floats."""

    def boottime(self) -> float: ...
    def wall(self) -> float: ...
    def boot_id(self) -> str: ...


class LinuxMachine:
    """The real one."""

    def boottime(self) -> float:
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    def wall(self) -> float:
        return time.time()

    def boot_id(self) -> str:
        """Changes at every boot; empty where it cannot be read, which equals no other."""
        try:
            return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        except OSError:
            return ""


@dataclass(frozen=True, slots=True)
class Anchor:
    """At `boottime` of boot `boot_id` the server's clock stood at `time`, give or take `error` seconds."""

    boot_id: str
    boottime: float
    time: float
    error: float


class Clock:
    """Seconds since 1970, UTC. Safe to use from several threads."""

    def __init__(self, machine: Machine, *, saved: Anchor | None = None, at_least: float = 0.0) -> None:
        """`saved` is the anchor of an earlier run, `at_least` a time that has certainly passed."""
        self._machine = machine
        self._boot_id = machine.boot_id()
        self._began = machine.boottime()
        self._floor = max(at_least, saved.time if saved else 0.0, float(MADE))
        self._anchor = self._saved = saved if saved and self._fits(saved) else None
        self._latest = 0.0
        self._lock = Lock()

    def _fits(self, saved: Anchor) -> bool:
        return bool(self._boot_id) and saved.boot_id == self._boot_id and saved.boottime <= self._began

    @property
    def verified(self) -> bool:
        return self._anchor is not None

    @property
    def boot(self) -> str:
        """Names this boot; "" where the machine does not say."""
        return self._boot_id

    @property
    def source(self) -> str:
        """Where the time is from: `server`, `saved` (an earlier run of this boot heard it) or `machine`."""
        if self._anchor is None:
            return "machine"
        return "saved" if self._anchor is self._saved else "server"

    def offset_ms(self) -> int | None:
        """How far the machine's own clock is ahead of the server's; None while that is not known. Told, never used."""
        with self._lock:
            if self._anchor is None:
                return None
            return round((self._machine.wall() - self._anchored(self._anchor, self._machine.boottime())) * 1000)

    @property
    def anchor(self) -> Anchor | None:
        return self._anchor

    def elapsed(self) -> float:
        """CLOCK_BOOTTIME: for measuring how long ago something was, never for dates."""
        return self._machine.boottime()

    def now(self) -> float:
        with self._lock:
            if self._anchor is None:
                wall, bound = self._machine.wall(), self._lower_bound()
                far = wall - bound > PLAUSIBLE and self._floor > MADE
                return bound if far else max(wall, bound)
            time_ = self._anchored(self._anchor, self._machine.boottime())
            if time_ < self._latest <= time_ + STANDS_STILL:
                return self._latest
            self._latest = time_
            return time_

    def at_least(self) -> float:
        """A time that has certainly passed, for the next start: nothing of it comes from the system clock."""
        with self._lock:
            if self._anchor is None:
                return self._lower_bound()
            return self._anchored(self._anchor, self._machine.boottime())

    def not_before(self, instant: float) -> None:
        """The time has certainly passed that instant: the server said so, in an earlier run."""
        with self._lock:
            self._floor = max(self._floor, instant - (self._machine.boottime() - self._began))

    def learn(self, server_time: float, *, sent: float, got: float) -> None:
        """Take the server's time from an authenticated answer; `sent` and `got` are boottimes of the round trip."""
        error = (got - sent) / 2
        fresh = Anchor(self._boot_id, got, server_time + error, error)
        with self._lock:
            old = self._anchor
            if old is None:
                self._anchor = fresh
                return
            age_error = old.error + (got - old.boottime) * DRIFT
            contradicts = abs(self._anchored(old, got) - fresh.time) > age_error + error
            if contradicts or error <= age_error:
                self._anchor = fresh

    def _lower_bound(self) -> float:
        return self._floor + (self._machine.boottime() - self._began)

    @staticmethod
    def _anchored(anchor: Anchor, boottime: float) -> float:
        return anchor.time + (boottime - anchor.boottime)
