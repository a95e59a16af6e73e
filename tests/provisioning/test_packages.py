"""The Debian packages: installed in a clean system they run, are removed without loss, and purged without a trace."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.provisioning.trees import Tree, grown, inside, needed

pytestmark = [pytest.mark.soak]
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Of this machine's own Debian: a package carries an environment for no other."""
    needed()
    version = Path("/etc/debian_version").read_text()
    if not version.startswith("12"):
        pytest.skip("the packages of this machine are for another Debian")
    out, env = (
        tmp_path_factory.mktemp("packages"),
        {"PATH": "/usr/bin:/bin", "PYTHON": sys.executable, "PIP": sys.executable},
    )
    make = [str(ROOT / "provisioning/make-bundle"), "--python", "3.11", "--machine", "x86_64", "--out", str(out)]
    subprocess.run(make, check=True, capture_output=True, env=env)
    bundle = next(out.glob("lintel-*/"))
    subprocess.run([str(ROOT / "provisioning/make-packages"), str(bundle)], check=True, capture_output=True, env=env)
    return {each.name.partition("_")[0]: each for each in out.glob("*.deb")}


@pytest.fixture
def tree(packages: dict[str, Path], tmp_path: Path) -> Iterator[Tree]:
    root = grown(tmp_path / "tree", "bookworm")
    for name, each in packages.items():
        (root / f"{name}.deb").write_bytes(each.read_bytes())
    with inside(root) as it:
        it.does("apt-get", "-qq", "update")
        yield it


def test_the_server_runs_is_removed_without_loss_and_purged_without_a_trace(tree: Tree) -> None:
    install = ("apt-get", "-qq", "install", "-y", "--no-install-recommends", "/lintel-server.deb")
    tree.does(*install)
    assert "lintel-server.service" in tree.enabled()
    assert tree.rights("var/lib/lintel") == "700"
    command = ("runuser", "-u", "lintel", "--", "lintel")
    tree.does(*command, "init", "--data", "/var/lib/lintel")
    tree.does(*command, "room", "add", "oak", "--name", "Oak", "--data", "/var/lib/lintel")
    tree.does("apt-get", "-qq", "remove", "-y", "lintel-server")
    assert tree.file("var/lib/lintel/lintel.db").exists()
    assert tree.enabled() == set()
    tree.does(*install)
    told = tree.does(*command, "room", "list", "--json", "--data", "/var/lib/lintel")
    assert [each["id"] for each in json.loads(told)] == ["oak"]
    tree.does("apt-get", "-qq", "purge", "-y", "lintel-server")
    traces = tree.does(
        "find",
        "/etc",
        "/opt",
        "/usr",
        "/var/lib",
        "-path",
        "/var/lib/apt",
        "-prune",
        "-o",
        "-name",
        "*lintel*",
        "-print",
    )
    assert [each for each in traces.splitlines() if "/info/" not in each] == []
    assert "lintel" not in tree.file("etc/passwd").read_text()


def test_the_panel_is_installed_and_purged(tree: Tree) -> None:
    tree.does("apt-get", "-qq", "install", "-y", "--no-install-recommends", "/lintel-kiosk.deb")
    assert {"lintel-kiosk.service", "lintel-screen.service"} <= tree.enabled()
    assert "run" in tree.does("lintel-kiosk", "--help")
    assert tree.file("etc/chromium/policies/managed/lintel.json").exists()
    tree.does("apt-get", "-qq", "purge", "-y", "lintel-kiosk")
    assert not tree.file("etc/chromium/policies/managed/lintel.json").exists()
    assert not tree.file("var/lib/lintel-kiosk").exists()
