"""Sixty ways out of the panel's browser, tried with our policy and its own flags: none leads to another origin (T01).

A real, visible Chromium on a virtual screen, begun by the very code that begins it on a wall. Keys and taps come from
outside as a keyboard's do, so that the browser's own shortcuts see them; the addresses are tried from within the page,
as if somebody had got a script of theirs in there. The policy lies in a mount of this test's own, where Chromium
looks for it; nothing of this machine is changed.
"""

import json
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from kiosk.browser import Browser, program, stray
from kiosk.pipe import Gone, Hung, Refused
from server.settings import environment

pytestmark = [pytest.mark.heavy, pytest.mark.browser, pytest.mark.timeout(300)]
POLICY = Path(__file__).parents[2] / "provisioning/chromium-policy.json"
TOOLS = ("Xvfb", "xdotool", "unshare")

KEYS = (
    *(f"F{number}" for number in range(1, 13)),
    *(f"ctrl+{key}" for key in "oplsntwjhudfgbekr"),
    *(f"ctrl+shift+{key}" for key in ("i", "j", "c", "n", "t", "o", "b", "Delete", "w")),
    "ctrl+Tab", "ctrl+1", "ctrl+plus", "ctrl+0", "alt+Left", "alt+Right", "alt+Home", "alt+d", "alt+f", "alt+e",
    "alt+space", "alt+Tab", "shift+Escape", "Escape", "Menu", "super", "Print", "BackSpace", "ctrl+alt+t",
)  # fmt: skip
ADDRESSES = (
    "file:///etc/passwd", "view-source:{here}", "view-source:file:///etc/passwd", "chrome://settings", "chrome://version",
    "chrome://policy", "devtools://devtools/bundled/inspector.html", "data:text/html,<h1>out</h1>", "about:about",
    "ftp://{there}/", "intent://x#Intent;scheme=http;end", "mailto:a@example.org", "tel:1", "ssh://x",
    "filesystem:{there}/t/x", "blob:{there}/x", "{there}/", "http://127.0.0.1.nip.io/", "http://[::1]:9/",
    "javascript:location='{there}/js'",
)  # fmt: skip
SCRIPTS = (
    "open('{there}/open')",
    "open('about:blank').location = '{there}/blank'",
    "fetch('{there}/fetch', {{mode: 'no-cors'}}).catch(() => 0)",
    "navigator.sendBeacon('{there}/beacon', 'x')",
    "new WebSocket('{there}/ws'.replace('http', 'ws'))",
    "new Image().src = '{there}/image'",
    "document.body.append(Object.assign(document.createElement('iframe'), {{src: '{there}/frame'}}))",
    "document.body.append(Object.assign(document.createElement('script'), {{src: '{there}/script'}}))",
    "(() => {{ const f = document.createElement('form'); f.method = 'post'; f.action = '{there}/form'; "
    "document.body.append(f); f.submit() }})()",
    "(() => {{ const a = document.createElement('a'); a.href = '{there}/down'; a.download = 'x'; a.click() }})()",
    "(() => {{ const i = document.createElement('input'); i.type = 'file'; i.click() }})()",
    "print()",
    "document.documentElement.requestFullscreen().catch(() => 0)",
    "navigator.registerProtocolHandler('web+x', '{here}?%s')",
    "new RTCPeerConnection({{iceServers: [{{urls: 'stun:127.0.0.1:9'}}]}}).createDataChannel('x')",
    "navigator.serviceWorker && navigator.serviceWorker.register('{there}/sw.js').catch(() => 0)",
)


ROWS = """(() => {
  const found = {}
  const inside = it => it.shadowRoot ? roots(it.shadowRoot) : []
  const roots = root => [root, ...[...root.querySelectorAll('*')].flatMap(inside)]
  for (const row of roots(document).flatMap(root => [...root.querySelectorAll('.policy.row')])) {
    const text = part => row.querySelector(part)?.textContent.trim()
    if (text('.name')) found[text('.name')] = [text('.level'), text('.messages')]
  }
  return JSON.stringify(found)
})()"""
"""What chrome://policy says of each: its level, and whether it is taken."""


@dataclass(slots=True)
class Site:
    """A web server that counts who comes."""

    asked: list[str] = field(default_factory=list)
    server: ThreadingHTTPServer | None = None

    def begin(self) -> str:
        asked = self.asked

        class Page(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                body = b"<!doctype html><meta charset=utf-8><title>Oak</title><body><p>Oak is free<p><a href=/x>x</a>"
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    missing = [it for it in TOOLS if shutil.which(it) is None]
    if missing or program() is None or os.geteuid() != 0:
        pytest.skip(f"needs root, a chromium and {', '.join(missing) or 'nothing else'}")
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x800x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=(write,), stderr=subprocess.DEVNULL)
    os.close(write)
    with os.fdopen(read) as said:
        number = said.readline().strip()
    yield f":{number}"
    server.terminate()
    server.wait(10)


def policies(folder: Path, page: str, *, also: tuple[str, ...] = ()) -> dict[str, Any]:
    """Our policy, with this test's page in the place of the agent's, as Chromium is to find it."""
    told: dict[str, Any] = json.loads(POLICY.read_text().replace("127.0.0.1:8090", page.removeprefix("http://")))
    told["URLAllowlist"] += also
    (folder / "managed").mkdir(parents=True, exist_ok=True)
    (folder / "managed/lintel.json").write_text(json.dumps(told))
    return told


def wrapped(folder: Path) -> str:
    """A chromium that finds the folder's policies where it looks for the machine's."""
    script = folder / "chromium"
    script.write_text(
        "#!/bin/sh\n"
        "exec unshare --mount sh -c 'mkdir -p /etc/chromium/policies && "
        f'mount --bind {folder} /etc/chromium/policies && exec {program()} "$@"\' chromium "$@"\n'
    )
    script.chmod(0o755)
    return str(script)


class Glass:
    """The browser on the screen, as the keeper has it, and somebody who wants to get out."""

    def __init__(self, folder: Path, display: str, page: str, policies: Path) -> None:
        self.display, self.page = display, page
        self.environ = environment(DISPLAY=display)
        self.browser = Browser(
            page=page, program=wrapped(policies), folder=folder, environ=self.environ, elapsed=time.monotonic,
            flags=("--no-sandbox", "--disable-gpu", "--window-size=1280,800"),
        )  # fmt: skip
        self.begin()

    def begin(self) -> None:
        self.browser.begin()
        assert self.browser.fault == ""
        self.browser.show()
        self.settle()

    def settle(self) -> None:
        """Until the page is there again, as the keeper would have it."""
        end = time.monotonic() + 20
        while time.monotonic() < end:
            self.browser.tend()
            if self.browser.fault in ("gone", "hung", "crashed"):
                self.begin()
                return
            if self.browser.fault == "strayed" or not self.at().startswith(self.page):
                self.browser.show()
            elif self.value("document.readyState") == "complete":
                return
            time.sleep(0.05)
        raise AssertionError(f"the page does not come back: {self.browser.fault} {self.at()}")

    def at(self) -> str:
        return str(self.value("location.href"))

    def value(self, script: str) -> Any:
        try:
            told = self.browser._ask("Runtime.evaluate", {"expression": script, "userGesture": True})
        except Refused:
            return ""
        return told.get("result", {}).get("value")

    def others(self) -> list[str]:
        """What every window but the panel's own really shows: of one that was kept away that is an error page."""
        told = []
        with suppress(Gone, Refused):
            for one in self.browser._call("Target.getTargets")["targetInfos"]:
                if stray(one, self.browser._target):
                    told.append(self._shown(one["targetId"]))
        return told

    def _shown(self, target: str) -> str:
        with suppress(Refused, Hung):  # Hung: it was closed while it was asked
            seen = self.browser._call("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
            told = self.browser._call("Page.getFrameTree", session=seen, within=1)["frameTree"]["frame"]
            return "chrome-error:" if "unreachableUrl" in told else str(told["url"])
        there = [one["targetId"] for one in self.browser._call("Target.getTargets")["targetInfos"]]
        return "it does not say" if target in there else "about:blank"

    def alone(self) -> None:
        """Until the keeper has closed every other window."""
        end = time.monotonic() + 10
        while self.others():
            assert time.monotonic() < end, f"{self.others()} stays"
            self.browser.tend()
            time.sleep(0.05)

    def does(self, *command: str) -> None:
        subprocess.run(["xdotool", *command], env=self.environ, capture_output=True, timeout=10, check=False)

    def close(self) -> None:
        self.browser.end()


@pytest.fixture(scope="module")
def sites() -> Iterator[tuple[str, str, Site]]:
    here, there = Site(), Site()
    yield here.begin(), there.begin(), there
    for each in (here, there):
        if each.server is not None:
            each.server.shutdown()


def test_no_way_out_leads_anywhere(display: str, sites: tuple[str, str, Site], tmp_path: Path) -> None:
    here, there, other = sites
    policies(tmp_path / "policies", here)
    glass = Glass(tmp_path / "profile", display, here, tmp_path / "policies")
    ways, out = 0, list[tuple[str, str]]()

    def look(way: str) -> None:
        nonlocal ways
        ways += 1
        shown = glass.others()
        assert other.asked == [], f"{way} reached another origin: {other.asked}"
        out.extend((way, it) for it in shown if it and not it.startswith(("chrome-error:", "about:")))
        glass.alone()
        glass.settle()

    try:
        for key in KEYS:
            glass.does("key", "--clearmodifiers", key)
            time.sleep(0.1)
            look(key)
            glass.does("key", "Escape")
        for button in ("1", "2", "3", "8", "9"):
            glass.does("mousemove", "640", "400", "click", button)
            time.sleep(0.1)
            look(f"button {button}")
            glass.does("key", "Escape")
        glass.does("mousemove", "600", "60", "mousedown", "1", "mousemove", "300", "700", "mouseup", "1")
        look("dragging")
        glass.does("type", "chrome://settings\n")
        look("typing an address")
        for address in ADDRESSES:
            aim = address.format(here=here, there=there)
            glass.value(f"location.href = {json.dumps(aim)}")
            glass.value(f"open({json.dumps(aim)})")
            time.sleep(0.1)
            look(aim)
        for script in SCRIPTS:
            glass.value(script.format(here=here, there=there))
            time.sleep(0.1)
            look(script)
        print(json.dumps({"gate": "breaking_out", "ways": ways, "reached": len(other.asked)}))
        assert out == []
        assert ways >= 60
    finally:
        glass.close()


def test_the_browser_takes_every_word_of_the_policy(display: str, sites: tuple[str, str, Site], tmp_path: Path) -> None:
    here, _, _ = sites
    told = policies(tmp_path / "policies", here, also=("chrome://policy",))
    glass = Glass(tmp_path / "profile", display, here, tmp_path / "policies")
    try:
        glass.browser._ask("Page.navigate", {"url": "chrome://policy"})
        end, found = time.monotonic() + 20, {}
        while not found.keys() >= told.keys() and time.monotonic() < end:
            time.sleep(0.2)
            found = json.loads(glass.value(ROWS) or "{}")
        assert {name: found.get(name) for name in told} == {name: ["Mandatory", "OK"] for name in told}
    finally:
        glass.close()


def test_without_the_policy_there_are_ways_out(display: str, sites: tuple[str, str, Site], tmp_path: Path) -> None:
    """That the test can fail: the same page without the policy reaches the other origin."""
    here, there, other = sites
    (tmp_path / "policies/managed").mkdir(parents=True)
    glass = Glass(tmp_path / "profile", display, here, tmp_path / "policies")
    try:
        glass.value(f"location.href = '{there}/out'")
        end = time.monotonic() + 10
        while not other.asked and time.monotonic() < end:
            time.sleep(0.05)
        assert other.asked[0] == "/out"  # and perhaps its icon
    finally:
        glass.close()
        other.asked.clear()
