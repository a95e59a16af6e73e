"""What a machine says of itself, by the files of one; and that what it does not say is not made up."""

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from kiosk.vitals import FULL, Vitals


class Machine:
    """A / with the files that matter, and a card."""

    def __init__(self, folder: Path) -> None:
        self.root, self.card = folder / "root", folder / "card"
        self.root.mkdir()
        self.card.mkdir()
        self.vitals = Vitals(self.card, root=self.root)

    def say(self, path: str, text: object) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(f"{text}\n")

    def read(self) -> dict[str, Any]:
        return self.vitals.read()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_a_machine_that_says_nothing_has_a_card_and_nothing_else(machine: Machine) -> None:
    assert sorted(machine.read()) == ["disk", "disk_free_mb"]


def test_a_real_machine_says_what_linux_always_says(tmp_path: Path) -> None:
    read = Vitals(tmp_path).read()
    assert read["disk"] in ("good", "full")
    assert read["uptime"] > 0 and read["load"] >= 0 and 5 < read["memory_mb"] < 1000  # noqa: PT018


def test_the_hottest_zone_counts_and_a_sensor_that_says_nonsense_does_not(machine: Machine) -> None:
    for number, millidegrees in enumerate([48_312, 61_950, 2_147_483_647, -273_000]):
        machine.say(f"sys/class/thermal/thermal_zone{number}/temp", millidegrees)
    machine.say("sys/class/thermal/thermal_zone9/temp", "")
    assert machine.read()["temperature"] == 62.0


@pytest.mark.parametrize(
    ("bits", "now", "ever"),
    [("0", False, False), ("50005", True, True), ("50000", False, True), ("1", True, False), ("0x80000", False, True)],
)
def test_the_firmware_says_whether_the_power_is_enough(machine: Machine, bits: str, now: bool, ever: bool) -> None:
    machine.say("sys/devices/platform/soc/soc:firmware/get_throttled", bits)
    read = machine.read()
    assert (read["undervoltage"], read["throttled"]) == (now, ever)


@pytest.mark.parametrize(("alarm", "short"), [("0", False), ("1", True)])
def test_without_it_the_voltage_sensor_says_so(machine: Machine, alarm: str, short: bool) -> None:
    machine.say("sys/class/hwmon/hwmon0/name", "cpu_thermal")
    machine.say("sys/class/hwmon/hwmon1/name", "rpi_volt")
    machine.say("sys/class/hwmon/hwmon1/in0_lcrit_alarm", alarm)
    read = machine.read()
    assert (read["undervoltage"], "throttled" in read) == (short, False)


@pytest.mark.parametrize(
    ("said", "wear"), [("0x01 0x03", 30), ("0x0b 0x01", 100), ("0x00 0x00", None), ("nonsense", None)]
)
def test_a_card_that_knows_its_wear_says_the_worse_half(machine: Machine, said: str, wear: int | None) -> None:
    machine.say("sys/block/mmcblk0/device/life_time", said)
    assert machine.read().get("wear") == wear


def test_what_was_written_is_that_of_the_card_s_own_partition(machine: Machine) -> None:
    number = machine.card.stat().st_dev
    ours = f"{os.major(number)} {os.minor(number)}"
    machine.say(
        "proc/diskstats", f" 240 7 x 1 0 1 0 9 0 999999999 0 0 0 0\n {ours} mmcblk0p2 5 0 40 0 9 0 200000 0 0 0 0\n"
    )
    assert machine.read()["written_mb"] == 102
    machine.say("proc/diskstats", "nonsense\n")
    assert "written_mb" not in machine.read()


def test_memory_uptime_and_load_are_numbers(machine: Machine) -> None:
    machine.say("proc/self/status", "Name:\tx\nVmRSS:\t   41234 kB\nThreads:\t9")
    machine.say("proc/uptime", "86400.51 3333.1")
    machine.say("proc/loadavg", "0.42 0.1 0.0 1/99 1234")
    read = machine.read()
    assert (read["memory_mb"], read["uptime"], read["load"]) == (41, 86_400, 0.42)


class Told:
    """What statvfs would say."""

    def __init__(self, *, free: int, read_only: bool = False) -> None:
        self.f_bavail, self.f_frsize, self.f_flag = free // 4096, 4096, os.ST_RDONLY if read_only else 0


@pytest.mark.parametrize(
    ("told", "state"),
    [
        (Told(free=FULL), "good"),
        (Told(free=FULL - 4096), "full"),
        (Told(free=10**9, read_only=True), "read_only"),
        (Told(free=0, read_only=True), "read_only"),
    ],
)
def test_a_full_card_and_one_that_became_read_only_are_told(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, told: Told, state: str
) -> None:
    monkeypatch.setattr(os, "statvfs", lambda path: told)
    assert machine.read()["disk"] == state


def test_a_card_that_refused_a_write_is_not_good_until_it_takes_one(machine: Machine) -> None:
    machine.vitals.wrote(well=False)
    assert machine.read()["disk"] == "full"
    machine.vitals.wrote(well=True)
    assert machine.read()["disk"] == "good"


def test_a_card_that_is_gone_is_no_reason_to_fall_over(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(path: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "statvfs", gone)
    assert "disk" not in machine.read()
