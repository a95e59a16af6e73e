"""The installers' scripts: read without complaint, agreed with the units, and documented option by option."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from kiosk.settings import TABLE

ROOT = Path(__file__).parents[2]
HERE = ROOT / "provisioning"
SCRIPTS = sorted(it for it in HERE.rglob("*") if it.is_file() and re.match(rb"#!/bin/(ba)?sh\n", it.read_bytes()))
INSTALLERS = [HERE / "install-server", HERE / "install-kiosk"]


def test_a_shell_finds_nothing_wrong_with_them() -> None:
    if shutil.which("shellcheck") is None:
        pytest.skip("no shellcheck here (Debian's package shellcheck)")
    command = ["shellcheck", "-x", *map(str, SCRIPTS)]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert told.stdout == ""
    assert len(SCRIPTS) >= 4


@pytest.mark.parametrize("script", INSTALLERS, ids=lambda it: it.name)
def test_every_option_is_in_its_own_help_and_in_the_manual(script: Path) -> None:
    text, manual = script.read_text(), (ROOT / "docs/install.md").read_text()
    taken = set(re.findall(r"^        (--[a-z-]+)\)", text, re.MULTILINE))
    help_ = text[: text.index("set -euo")]
    assert taken
    assert [it for it in sorted(taken) if it not in help_ or f"`{it}" not in manual] == []


@pytest.mark.parametrize("script", INSTALLERS, ids=lambda it: it.name)
def test_every_unit_that_it_lays_is_there_and_none_is_forgotten(script: Path) -> None:
    named = set(re.findall(r"lintel-[a-z-]+\.(?:service|timer|path)", script.read_text()))
    units = {each.name for each in (ROOT / "systemd").iterdir()}
    assert {it for it in named if it not in units} == set()
    both = set().union(*(re.findall(r"lintel-[a-z-]+\.(?:service|timer|path)", it.read_text()) for it in INSTALLERS))
    assert {it for it in units if it.endswith((".service", ".timer", ".path"))} - both == set()


def test_the_settings_that_a_panel_is_given_are_settings_of_panels() -> None:
    text = (HERE / "install-kiosk").read_text()
    given = set(re.findall(r'echo "([a-z_]+) = ', text))
    assert given >= {"server", "ca_file", "enrolment", "density"}
    assert given <= set(TABLE)


def test_the_page_that_the_policy_allows_is_the_one_that_the_agent_serves() -> None:
    policy = json.loads((HERE / "chromium-policy.json").read_text())
    assert policy["URLBlocklist"][:2] == ["*", "chrome://*"]
    assert policy["ProxySettings"]["ProxyBypassList"] == f"<-loopback>;{TABLE['listen'][1]}"
    assert policy["URLAllowlist"] == [f"http://{TABLE['listen'][1]}", "about:blank"]
