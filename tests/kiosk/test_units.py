"""The units of systemd: they are read without complaint, locked as far as promised, and name what is there."""

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from kiosk.keeper import AGAIN
from kiosk.reboots import RUN
from kiosk.screen.keeping import SECRET

UNITS = Path(__file__).parents[2] / "systemd"
OURS = sorted(each.name for each in UNITS.glob("lintel-*") if each.suffix in (".service", ".path", ".timer"))


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze here (Debian's package systemd)")
    return subprocess.run(
        ["systemd-analyze", *arguments], cwd=UNITS, capture_output=True, text=True, timeout=30, check=False
    )


def settings(unit: str) -> configparser.ConfigParser:
    read = configparser.ConfigParser(strict=False, interpolation=None)
    read.optionxform = str  # type: ignore[assignment,method-assign]
    read.read(UNITS / unit)
    return read


def test_systemd_reads_them_without_a_complaint() -> None:
    told = analyze("verify", "--man=no", *OURS)
    # What they start is installed later than this test runs.
    complaints = [line for line in told.stderr.splitlines() if "is not executable: No such file" not in line]
    assert [line for line in complaints if any(unit.partition(".")[0] in line for unit in OURS)] == []


@pytest.mark.parametrize(
    ("unit", "most"),
    [("lintel-kiosk.service", 20), ("lintel-screen.service", 25), ("lintel-kiosk-reboot.service", 20)],
)
def test_they_are_locked(unit: str, most: int) -> None:
    told = analyze("security", "--offline=true", "--no-pager", f"--threshold={most}", unit)
    print(told.stdout.splitlines()[-1])
    assert told.returncode == 0, told.stdout


def test_the_agent_waits_for_no_network_and_no_time() -> None:
    text = (UNITS / "lintel-kiosk.service").read_text()
    assert not re.search(r"^(After|Wants|Requires)=.*(network|time-sync|nss-lookup)", text, re.MULTILINE)
    agent = settings("lintel-kiosk.service")["Service"]
    assert (agent["Type"], agent["WatchdogSec"], agent["WatchdogSignal"]) == ("notify", "10", "SIGKILL")
    assert (agent["Restart"], agent["RestartSec"]) == ("always", "1")


@pytest.mark.parametrize("unit", ["lintel-kiosk.service", "lintel-screen.service"])
def test_a_panel_is_never_given_up(unit: str) -> None:
    both = settings(unit)
    assert both["Unit"]["StartLimitIntervalSec"] == "0"
    assert both["Service"]["Restart"] == "always"
    assert str(AGAIN) not in both["Service"].get("RestartPreventExitStatus", "")


def test_the_browser_reads_nothing_of_the_agent_but_the_secret_it_speaks_by() -> None:
    agent, screen = settings("lintel-kiosk.service")["Service"], settings("lintel-screen.service")["Service"]
    assert agent["User"] != screen["User"]
    assert (agent["StateDirectoryMode"], agent["UMask"]) == ("0700", "0077")
    assert screen["LoadCredential"] == f"{SECRET}:/var/lib/{agent['StateDirectory']}/{SECRET}"
    assert (screen["IPAddressDeny"], screen["IPAddressAllow"]) == ("any", "localhost")
    assert "--no-sandbox" not in screen["ExecStart"]


def test_a_reboot_is_asked_for_where_it_is_looked_for() -> None:
    assert settings("lintel-kiosk-reboot.path")["Path"]["PathExists"] == str(RUN / "reboot")
    assert settings("lintel-kiosk.service")["Service"]["RuntimeDirectory"] == RUN.name
    reboot = settings("lintel-kiosk-reboot.service")["Service"]
    assert reboot["ExecStartPre"].endswith(f"rm -f {RUN / 'reboot'}")
