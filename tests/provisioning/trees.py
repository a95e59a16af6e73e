"""A clean Debian in a folder, to install into: made by debootstrap once a run, copied for each test."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PATH = "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
SYSTEM = "ca-certificates,systemd,systemd-sysv,udev,adduser,dbus"


def needed() -> None:
    """Skips where a tree cannot be made."""
    if os.geteuid() != 0 or shutil.which("debootstrap") is None:
        pytest.skip("needs root and debootstrap")


def grown(folder: Path, suite: str) -> Path:
    """A minimal Debian of that suite, where services are not started."""
    _run("debootstrap", "--variant=minbase", f"--include={SYSTEM}", suite, str(folder), _mirror())
    (folder / "usr/sbin/policy-rc.d").write_text("#!/bin/sh\nexit 101\n")
    (folder / "usr/sbin/policy-rc.d").chmod(0o755)
    for each in Path("/etc/apt/apt.conf.d").glob("99*"):  # how this machine reaches a mirror
        shutil.copy(each, folder / "etc/apt/apt.conf.d")
    return folder


def _mirror() -> str:
    """Where this machine itself has Debian from; skips where it has it from nowhere."""
    told = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(SITE) $(LABEL)", "Created-By: Packages"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    sites = [site for site, _, label in (line.partition(" ") for line in told.stdout.splitlines()) if label == "Debian"]
    if not sites:
        pytest.skip("this machine knows no mirror of Debian")
    return sites[0]


@contextmanager
def inside(tree: Path) -> Iterator["Tree"]:
    """The tree with what a system has around it."""
    for each in ("resolv.conf", "hosts"):
        shutil.copy(f"/etc/{each}", tree / "etc")
    mounts = [("proc", "proc"), ("sysfs", "sys"), ("devtmpfs", "dev"), ("devpts", "dev/pts")]
    done: list[Path] = []
    try:
        for kind, place in mounts:
            (tree / place).mkdir(exist_ok=True)
            _run("mount", "-t", kind, *(["-o", "ro"] if kind == "sysfs" else []), kind, str(tree / place))
            done.append(tree / place)
        yield Tree(tree)
    finally:
        for each in reversed(done):
            _run("umount", "--lazy", str(each))


class Tree:
    """A running tree, as far as one runs without a kernel of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def does(self, *command: str, fails: bool = False) -> str:
        """What a command in it says; the test fails where it does, or with `fails` where it does not."""
        told = subprocess.run(
            ["chroot", str(self.root), *command],
            env={"PATH": PATH, "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"},
            capture_output=True, text=True, timeout=900, check=False,
        )  # fmt: skip
        assert (told.returncode != 0) is fails, f"{command}\n{told.stdout[-3000:]}\n{told.stderr[-3000:]}"
        return told.stdout + told.stderr

    def file(self, place: str) -> Path:
        return self.root / place.lstrip("/")

    def rights(self, place: str) -> str:
        return oct(self.file(place).stat().st_mode & 0o777)[2:]

    def enabled(self) -> set[str]:
        wants = (self.root / "etc/systemd/system").glob("*.wants/lintel-*")
        return {each.name for each in wants}


def _run(*command: str) -> None:
    told = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    assert told.returncode == 0, f"{command}\n{told.stdout[-2000:]}\n{told.stderr[-2000:]}"
