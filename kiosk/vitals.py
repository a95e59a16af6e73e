"""How the machine is: heat, power, card, memory. Each part is left out where the machine does not say.

Read for every heartbeat, so cheap: a handful of small files of /proc and /sys, no process started, nothing written.
Sources: the kernel's sysfs-class-thermal and iostats documentation; the Raspberry Pi firmware's `get_throttled` bits
(0: under-voltage now, 16-19: under-voltage, capped, throttled, hot since boot); eMMC JESD84 DEVICE_LIFE_TIME_EST,
steps of 10 % from 1 (0-10 %) to 11 (beyond its life). An SD card says nothing of its wear.
"""

import os
import re
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any

SECTOR = 512  # bytes in /proc/diskstats, whatever the device
FULL = 16 * 1024 * 1024  # bytes free: below, a ledger of a bad day may not fit

PLAUSIBLE = range(-40, 151)  # °C; a sensor that is not there often says nonsense


class Vitals:
    """Of one machine. `root` stands for / in tests; `data` is the folder of the card."""

    def __init__(self, data: Path, *, root: Path = Path("/")) -> None:
        self._data, self._root = data, root
        self._failed = False
        self._lock = Lock()

    def wrote(self, well: bool) -> None:
        """Whoever writes on the card says how it went: a full or broken card may look healthy to statvfs."""
        with self._lock:
            self._failed = not well

    def read(self) -> dict[str, Any]:
        """As in docs/device-protocol.md, `vitals`."""
        found: dict[str, Any] = {
            "temperature": self._temperature(),
            **self._power(),
            **self._disk(),
            "written_mb": self._written(),
            "wear": self._wear(),
            "memory_mb": self._memory(),
            "uptime": self._number("proc/uptime"),
            "load": self._number("proc/loadavg", whole=False),
        }
        return {name: value for name, value in found.items() if value is not None}

    def _text(self, path: str | Path) -> str | None:
        try:
            return (self._root / path).read_text("ascii", "replace").strip()
        except OSError:
            return None

    def _number(self, path: str, *, whole: bool = True) -> float | None:
        try:
            value = float((self._text(path) or "").split()[0])
        except (ValueError, IndexError):
            return None
        return int(value) if whole else value

    def _temperature(self) -> float | None:
        """The hottest zone."""
        zones = sorted((self._root / "sys/class/thermal").glob("thermal_zone*/temp"))
        read = [_int(self._text(zone.relative_to(self._root))) for zone in zones]
        plausible = [round(value / 1000, 1) for value in read if value is not None and value // 1000 in PLAUSIBLE]
        return max(plausible, default=None)

    def _power(self) -> dict[str, Any]:
        bits = self._text("sys/devices/platform/soc/soc:firmware/get_throttled")
        with suppress(TypeError, ValueError):
            value = int(bits, 16)  # type: ignore[arg-type]  # None is among what is suppressed
            return {"undervoltage": bool(value & 1), "throttled": bool(value >> 16)}
        for chip in sorted((self._root / "sys/class/hwmon").glob("hwmon*")):
            inside = chip.relative_to(self._root)
            if self._text(inside / "name") == "rpi_volt":
                low = _int(self._text(inside / "in0_lcrit_alarm") or self._text(inside / "in1_lcrit_alarm"))
                return {} if low is None else {"undervoltage": bool(low)}
        return {}

    def _disk(self) -> dict[str, Any]:
        try:
            told = os.statvfs(self._data)
        except OSError:
            return {}
        free = told.f_bavail * told.f_frsize
        with self._lock:
            failed = self._failed
        state = "read_only" if told.f_flag & os.ST_RDONLY else "full" if failed or free < FULL else "good"
        return {"disk": state, "disk_free_mb": free // 1_000_000}

    def _device(self) -> tuple[int, int] | None:
        try:
            number = self._data.stat().st_dev
        except OSError:
            return None
        return os.major(number), os.minor(number)

    def _written(self) -> int | None:
        """Of the partition that the data folder is on, by everybody, since boot."""
        device = self._device()
        for line in (self._text("proc/diskstats") or "").splitlines():
            fields = line.split()
            if len(fields) >= 10 and (int(fields[0]), int(fields[1])) == device:
                return int(fields[9]) * SECTOR // 1_000_000
        return None

    def _wear(self) -> int | None:
        """Per cent of its life, the worse of the two an eMMC estimates."""
        for path in sorted((self._root / "sys/block").glob("mmcblk*/device/life_time")):
            steps = [
                int(one, 16) for one in re.findall(r"0x[0-9a-fA-F]+", self._text(path.relative_to(self._root)) or "")
            ]
            used = [step for step in steps if 1 <= step <= 11]
            if used:
                return min(100, max(used) * 10)
        return None

    def _memory(self) -> int | None:
        """Of this process, resident."""
        match = re.search(r"^VmRSS:\s+(\d+) kB", self._text("proc/self/status") or "", re.MULTILINE)
        return int(match[1]) // 1000 if match else None


def _int(text: str | None) -> int | None:
    try:
        return int(text or "")
    except ValueError:
        return None
