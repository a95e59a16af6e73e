"""The JavaScript library rrule, of exactly the version that `rrule.pin` names, fetched by npm once.

The archive is kept beside the virtual environment's own files and checked against the pin at each use; what runs is
unpacked anew from the checked bytes. One line of it is changed: rrule.js looks at UNTIL only when it has a date to
give, and walks on to the year 9999 where it has none; it is made to stop at a moment that the script sets. Which dates
it gives is not touched.
"""

import base64
import hashlib
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory

PIN = Path(__file__).with_name("rrule.pin")
KEPT = Path(sys.prefix) / "oracle"
BUNDLE = "package/dist/es5/rrule.js"
ENDLESS = "if (counterDate.year > MAXYEAR) {"
STOPPING = "if (counterDate.year > MAXYEAR || counterDate.getTime() > globalThis.STOP) {"


class NoRrule(Exception):
    """The library cannot be had here, and why."""


class AnotherRrule(Exception):
    """What was fetched is not what is pinned."""


def unpacked(folder: Path) -> Path:
    """Puts the library's bundle into the folder and gives its path; raises NoRrule and AnotherRrule."""
    name, version, wanted = PIN.read_text().split()
    archive = KEPT / f"{name}-{version}.tgz"
    if not archive.exists():
        _fetch(name, version, archive)
    found = integrity(archive.read_bytes())
    if found != wanted:
        archive.unlink()
        raise AnotherRrule(f"{archive.name} is {found}, pinned is {wanted}")
    with tarfile.open(archive) as files:
        bundle = files.extractfile(BUNDLE)
        assert bundle is not None
        text = bundle.read().decode()
    assert text.count(ENDLESS) == 1
    target = folder / "rrule.js"
    target.write_text(text.replace(ENDLESS, STOPPING))
    return target


def integrity(content: bytes) -> str:
    """The content's digest, written as npm writes it: sha512-<base64>."""
    return "sha512-" + base64.b64encode(hashlib.sha512(content).digest()).decode()


def _fetch(name: str, version: str, archive: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise NoRrule("no npm in PATH")
    KEPT.mkdir(exist_ok=True)
    with TemporaryDirectory(dir=KEPT) as folder:
        command = [
            npm,
            "pack",
            f"{name}@{version}",
            "--loglevel=error",
            "--fetch-retries=0",
            "--pack-destination",
            folder,
        ]
        try:
            done = subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=60)
        except subprocess.TimeoutExpired as error:
            raise NoRrule("npm did not fetch it within a minute") from error
        fetched = Path(folder, archive.name)
        if done.returncode or not fetched.exists():
            why = next((line for line in done.stderr.splitlines() if line.startswith("npm error")), "npm error")
            raise NoRrule(f"{why}, no {name} {version}")
        # At once, so that who runs the tests at the same time never reads half of it.
        fetched.replace(archive)
