"""Both installers in a clean Debian, as a technician runs them: once, again, as an upgrade, and where all is wrong."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.processes import wait_for
from tests.provisioning.trees import Tree, grown, inside, needed

pytestmark = [pytest.mark.soak]
ROOT = Path(__file__).parents[2]
SERVER = ("--public-url", "https://rooms.example.org", "--admin", "ada@example.org", "--zone", "Europe/Berlin")
NAMES = {"bookworm": "3.11", "trixie": "3.13"}


@pytest.fixture(scope="module", params=NAMES)
def suite(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def clean(suite: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    needed()
    return grown(tmp_path_factory.mktemp(suite) / "clean", suite)


@pytest.fixture(scope="module")
def bundle(suite: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    needed()
    out = tmp_path_factory.mktemp("bundle")
    make(ROOT, out, NAMES[suite])
    return next(out.glob("lintel-*/"))


@pytest.fixture
def tree(clean: Path, bundle: Path, tmp_path: Path) -> Iterator[Callable[[], Tree]]:
    with ExitStack() as ended:

        def give() -> Tree:
            root = tmp_path / "tree"
            subprocess.run(["cp", "-a", "--reflink=auto", str(clean), str(root)], check=True)
            shutil.copytree(bundle, root / "bundle")
            return ended.enter_context(inside(root))

        yield give


def make(source: Path, out: Path, python: str) -> None:
    command = [str(ROOT / "provisioning/make-bundle"), "--python", python, "--machine", "x86_64", "--out", str(out)]
    if source != ROOT:
        command[0] = str(source / "provisioning/make-bundle")
    subprocess.run(command, check=True, capture_output=True, env={"PATH": "/usr/bin:/bin", "PYTHON": sys.executable})


def test_a_server_is_installed_again_and_upgraded(tree: Callable[[], Tree], bundle: Path) -> None:
    it = tree()
    told = it.does("/bundle/provisioning/install-server", *SERVER)
    assert "is shown once" in told
    assert "Nothing is wrong" in told
    assert (it.rights("var/lib/lintel"), it.rights("var/lib/lintel/lintel.db")) == ("700", "600")
    assert (it.rights("etc/lintel/server.toml"), it.rights("etc/lintel/environment")) == ("640", "640")
    assert it.enabled() == {"lintel-server.service", "lintel-firewall.service"}
    assert "rooms.example.org {" in it.file("etc/caddy/lintel.caddy").read_text()
    it.does("caddy", "validate", "--config", "/etc/caddy/lintel.caddy", "--adapter", "caddyfile")
    it.does("lintel", "room", "add", "oak", "--name", "Oak")

    it.file("etc/lintel/server.toml").open("a").write("# ours\n")
    again = it.does("/bundle/provisioning/install-server")
    assert "shown once" not in again
    assert "release" in again
    assert "# ours" in it.file("etc/lintel/server.toml").read_text()

    key = it.does("lintel", "backup-key", "/var/lib/lintel/key").splitlines()[0]
    newer(it, bundle, "9.9.9")
    told = it.does("/newer/provisioning/install-server", "--backup-key", key)
    assert "Saving what is there before" in told
    assert it.file("opt/lintel/current").readlink() == Path("releases/9.9.9")
    assert len(list(it.file("var/backups/lintel").glob("before-9.9.9-*.db"))) == 1
    assert json.loads(it.does("lintel", "room", "list", "--json"))[0]["id"] == "oak"
    units = [each.name for each in it.file("etc/systemd/system").glob("lintel-*.*") if each.is_file()]
    verdict = it.does("systemd-analyze", "verify", "--man=no", *(f"/etc/systemd/system/{each}" for each in units))
    assert [line for line in verdict.splitlines() if "lintel" in line] == []


def newer(it: Tree, bundle: Path, version: str) -> None:
    """The bundle once more, as one of a later version."""
    old, new = bundle.name.removeprefix("lintel-"), it.root / "newer"
    shutil.copytree(bundle, new)
    for wheel in (new / "wheels").glob(f"lintel-{old}-*.whl"):
        unpacked = new / "unpacked"
        subprocess.run([sys.executable, "-m", "zipfile", "-e", str(wheel), str(unpacked)], check=True)
        wheel.unlink()
        info = (unpacked / f"lintel-{old}.dist-info").rename(unpacked / f"lintel-{version}.dist-info")
        meta = info / "METADATA"
        meta.write_text(meta.read_text().replace(f"Version: {old}", f"Version: {version}"))
        (info / "RECORD").write_text("")
        shutil.make_archive(str(new / "wheels/made"), "zip", unpacked)
        (new / "wheels/made.zip").rename(new / f"wheels/lintel-{version}-py3-none-any.whl")
        shutil.rmtree(unpacked)
    (new / "VERSION").write_text(f"{version}\n")
    (new / "SHA256SUMS").unlink()
    every = "find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum"
    sums = subprocess.run(every, shell=True, cwd=new, capture_output=True, check=True)
    (new / "SHA256SUMS").write_bytes(sums.stdout)


def test_the_server_that_was_installed_answers(tree: Callable[[], Tree], tmp_path: Path) -> None:
    it = tree()
    it.does("/bundle/provisioning/install-server", *SERVER)
    command = ["chroot", str(it.root), "runuser", "-u", "lintel", "--", "/opt/lintel/current/bin/lintel", "serve"]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen([*command, "--data", "/var/lib/lintel"], stdout=log, stderr=log)
    try:
        wait_for("http://127.0.0.1:8080/healthz", process, seconds=60)
    finally:
        process.terminate()
        process.wait(30)


def test_a_bundle_that_was_changed_installs_nothing(tree: Callable[[], Tree]) -> None:
    it = tree()
    with it.file("bundle/requirements/server.txt").open("a") as file:
        file.write("# one more byte\n")
    assert "not what was made" in it.does("/bundle/provisioning/install-server", *SERVER, fails=True)
    assert not it.file("opt/lintel").exists()
    assert not it.file("etc/lintel").exists()


def test_what_cannot_be_is_said_before_anything_is_changed(tree: Callable[[], Tree]) -> None:
    it = tree()
    for wrong, says in (
        ((), "--public-url is needed"),
        (("--public-url", "http://rooms", "--admin", "ada@example.org"), "must be like https://"),
        ((*SERVER, "--acme", "a@b.c", "--own-authority"), "choose one"),
        ((*SERVER, "--roles", "web"), "needs a PostgreSQL"),
        ((*SERVER, "--backup-folder", "/mnt"), "--backup-key is needed"),
        ((*SERVER, "--certificate", "/nowhere", "--key", "/nowhere"), "must both be files"),
    ):
        assert says in it.does("/bundle/provisioning/install-server", *wrong, fails=True)
    for wrong, says in (
        ((), "--server is needed"),
        (("--server", "http://rooms"), "must be like https://"),
        (("--server", "https://rooms.example.org", "--rotate", "45"), "must be 0, 90"),
        (("--server", "https://rooms.example.org", "--read-only"), "needs --data"),
    ):
        assert says in it.does("/bundle/provisioning/install-kiosk", *wrong, fails=True)
    assert not it.file("opt/lintel").exists()


def test_a_panel_is_installed_again_and_turned_back(tree: Callable[[], Tree]) -> None:
    it = tree()
    options = ("--server", "https://rooms.example.org", "--rotate", "90", "--density", "5.2")
    it.does("/bundle/provisioning/install-kiosk", *options)
    assert it.enabled() == {
        "lintel-kiosk.service", "lintel-screen.service", "lintel-kiosk-reboot.path", "lintel-updates.timer",
    }  # fmt: skip
    assert (it.rights("var/lib/lintel-kiosk"), it.rights("var/lib/lintel-kiosk/kiosk.toml")) == ("700", "600")
    assert it.file("etc/udev/rules.d/90-lintel-touch.rules").exists()
    policy = json.loads(it.file("etc/chromium/policies/managed/lintel.json").read_text())
    assert policy["URLBlocklist"][0] == "*"
    for masked in ("ctrl-alt-del.target", "getty@tty1.service", "systemd-networkd-wait-online.service"):
        assert it.file(f"etc/systemd/system/{masked}").readlink() == Path("/dev/null")
    it.does("/bundle/provisioning/install-kiosk")
    assert it.file("etc/udev/rules.d/90-lintel-touch.rules").exists()  # an upgrade turns nothing
    it.does("/bundle/provisioning/install-kiosk", "--rotate", "0", "--updates", "never")
    assert not it.file("etc/udev/rules.d/90-lintel-touch.rules").exists()
    assert "lintel-updates.timer" not in it.enabled()
    doctor = ("lintel-kiosk", "doctor", "--data", "/var/lib/lintel-kiosk")
    told = it.does("runuser", "-u", "lintel-kiosk", "--", *doctor, fails=True)
    assert "ok     screen.fonts" in told
    assert "ok     card.private" in told
