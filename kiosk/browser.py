"""The browser on the glass: begins it, loads the page, notices how it fares, takes a picture, and ends it.

Decisions:
- Commands go over a pipe (pipe.py); nothing listens anywhere.
- It has a folder of its own that is emptied at each begin: no history, no "restore pages?", nothing of a person stays,
  and a lock that a killed browser left behind does not keep the next one from starting.
- It can be ended for certain: a process group of its own and SIGKILL, which works on stopped processes, too.
- It resolves no name and reaches nothing but the agent.
- The page is loaded when the keeper says so, since an agent that is not up yet would leave an error page on the wall.
  Until then the glass shows a "?".

Not safe for several threads. The flags are Chromium's (chrome/common/chrome_switches.cc and others).
"""

import base64
import fcntl
import logging
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from kiosk.pipe import Gone, Hung, Pipe, Refused

log = logging.getLogger(__name__)

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
START = 25.0  # seconds for the first answer: a Pi begins from a slow card
PICTURE = 10.0
LARGEST = 1024 * 1024  # bytes of a picture that the server takes

FLAGS = (
    "--kiosk",
    "--no-first-run",
    "--no-default-browser-check",
    "--noerrdialogs",
    "--disable-infobars",
    "--hide-crash-restore-bubble",
    "--disable-features=Translate,OverscrollHistoryNavigation,SpareRendererForSitePerProcess,MediaRouter,OptimizationHints",
    "--overscroll-history-navigation=0",
    "--disable-pinch",
    "--disable-extensions",
    "--disable-default-apps",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-breakpad",
    "--disable-crash-reporter",
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    "--disable-quic",
    "--no-pings",
    "--password-store=basic",
    "--disk-cache-size=8388608",
    "--renderer-process-limit=1",
    "--remote-debugging-pipe",
)

WAITING = (
    "<!doctype html><meta charset=utf-8><title>Lintel</title><body style='margin:0;height:100vh;display:grid;"
    "place-items:center;background:#26292c;color:#9aa0a6;font:40vmin sans-serif'>?"
)


def program(path: str | None = None, *, names: Sequence[str] = PROGRAMS) -> str | None:
    """The browser to take, by its path; None where there is none. `path` is a PATH."""
    return next((found for name in names if (found := shutil.which(name, path=path))), None)


class Browser:
    """`folder` is emptied at each begin. `page` is the address that it may show, and no other."""

    def __init__(
        self,
        *,
        page: str,
        program: str,
        folder: Path,
        environ: Mapping[str, str],
        elapsed: Callable[[], float],
        wayland: bool = False,
        headless: bool = False,
        flags: Sequence[str] = (),
    ) -> None:
        self._page, self._program, self._folder = page, program, folder
        self._environ, self._elapsed, self._wayland = environ, elapsed, wayland
        kind = ["--ozone-platform=wayland"] if wayland else ["--headless"] if headless else []
        only = f"--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE {urlsplit(page).hostname}"
        self._flags = [*FLAGS, only, *kind, *flags]
        self.pid: int | None = None
        self._pipe: Pipe | None = None
        self._session: str | None = None
        self._target = ""
        self._frame = ""
        self._at = ""  # the address it shows, once the page has been asked for
        self._load: str | None = None  # names the load that was asked for; what was before it is no straying
        self.fault = "gone"

    def begin(self) -> None:
        """Start it, and end what was there. `fault` says whether it went well."""
        self.end()
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._tried(self._begin)
        log.info("browser begun pid=%s fault=%s", self.pid, self.fault or "none")

    def _begin(self) -> None:
        self.fault, self._at, self._load = "", "", None
        self._spawn()
        pages = self._call("Target.getTargets", within=START)["targetInfos"]
        target = next((one["targetId"] for one in pages if one["type"] == "page"), None)
        if target is None:
            target = self._call("Target.createTarget", {"url": "about:blank"})["targetId"]
        answer = self._call("Target.attachToTarget", {"targetId": target, "flatten": True})
        self._session, self._target = str(answer["sessionId"]), str(target)
        for domain in ("Page", "Inspector"):
            self._ask(f"{domain}.enable")
        self._frame = self._ask("Page.getFrameTree")["frameTree"]["frame"]["id"]
        with suppress(Refused):
            self._ask("Page.setDocumentContent", {"frameId": self._frame, "html": WAITING})

    def _spawn(self) -> None:
        """Descriptors 3 and 4 of the browser are the pipe's ends. Raises OSError."""
        ends = [_high(handle) for pair in (os.pipe(), os.pipe()) for handle in pair]
        its_read, our_write, our_read, its_write = ends
        arguments = [self._program, f"--user-data-dir={self._folder}", *self._flags, "--app=about:blank"]
        quiet = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in (0, 1, 2)]
        piped = [(os.POSIX_SPAWN_DUP2, its_read, 3), (os.POSIX_SPAWN_DUP2, its_write, 4)]
        try:
            self.pid = os.posix_spawn(
                self._program,
                arguments,
                dict(self._environ),
                file_actions=[*quiet, *piped],
                setpgroup=0,
                setsigdef=[signal.SIGPIPE],
            )
        finally:
            os.close(its_read)
            os.close(its_write)
            self._pipe = Pipe(our_read, our_write, elapsed=self._elapsed)

    def end(self) -> None:
        """Kill it and all of its processes, however they are, and wait until it is gone."""
        if self.pid is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
            with suppress(ChildProcessError):  # it may have been waited for
                os.waitpid(self.pid, 0)
        if self._pipe is not None:
            self._pipe.close()
        self.pid, self._pipe, self._session = None, None, None
        self.fault = "gone"

    # What the keeper asks of it

    def tend(self) -> None:
        """Look whether it is there and answers; afterwards `fault` holds."""
        if self.pid is None or _ended(self.pid):
            self.fault = "gone"
        elif self.fault not in ("gone", "hung"):
            self._tried(self._tend)

    def _tend(self) -> None:
        for one in self._call("Target.getTargets")["targetInfos"]:
            if stray(one, self._target):  # a shortcut, or a page that opened another
                log.warning("browser closed=%s", one["url"].partition("?")[0][:100])
                self._call("Target.closeTarget", {"targetId": one["targetId"]})
        for event in self._pipe.events() if self._pipe else ():
            if event["method"] in ("Inspector.targetCrashed", "Inspector.detached"):
                self.fault = "crashed"
            elif event["method"] == "Page.frameNavigated":
                self._moved(event["params"]["frame"])
        if self.fault in ("", "strayed"):
            # An error page is no straying: the agent was away as it was loaded.
            away = self._at and not self._at.startswith((self._page, "chrome-error:"))
            self.fault = "strayed" if away else ""

    def _moved(self, frame: dict[str, Any]) -> None:
        """The page is at another address now; what was on its way as ours was asked for does not count."""
        if "parentId" not in frame and self._load is not None and (self._at or frame["loaderId"] == self._load):
            self._at = frame["url"]

    def show(self) -> None:
        """Load the page in a new renderer."""
        self._tried(self._show)

    def _show(self) -> None:
        for one in self._renderers():
            with suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)
        self._wait_for_their_end()
        self.fault, self._at = "", ""
        self._load = str(self._ask("Page.navigate", {"url": self._page}).get("loaderId"))

    def reload(self) -> bool:
        """The same page anew, as staff want it."""
        return self._tried(lambda: self._ask("Page.reload", {"ignoreCache": True}))

    def memory_mb(self) -> int | None:
        """Of the largest renderer, resident."""
        sizes: list[int] = []
        self._tried(lambda: sizes.extend(_resident(pid) for pid in self._renderers()))
        return max(sizes, default=None)

    def picture(self) -> bytes:
        """A PNG of the glass: what the compositor shows where it can be asked, else what the page has drawn.

        Raises OSError, Gone, Hung or Refused.
        """
        for scale in ("1", "0.5", "0.25"):
            taken = self._grim(scale) if self._wayland and shutil.which("grim") else self._drawn(scale)
            if len(taken) <= LARGEST:
                return taken
        raise Refused("the picture is too large")

    def _grim(self, scale: str) -> bytes:
        try:
            done = subprocess.run(
                ["grim", "-s", scale, "-"], env=dict(self._environ), capture_output=True, timeout=PICTURE, check=True
            )
        except subprocess.SubprocessError as error:
            raise Refused(f"grim: {error}") from None
        return done.stdout

    def _drawn(self, scale: str) -> bytes:
        size = self._ask("Page.getLayoutMetrics")["cssVisualViewport"]
        clip = {"x": 0, "y": 0, "width": size["clientWidth"], "height": size["clientHeight"], "scale": float(scale)}
        taken = self._ask("Page.captureScreenshot", {"format": "png", "clip": clip}, within=PICTURE)
        return base64.b64decode(taken["data"])

    # How it is asked

    def _tried(self, work: Callable[[], Any]) -> bool:
        """Do it; where the browser fails at it, `fault` says how."""
        try:
            work()
        except (Gone, OSError) as error:
            self.fault = "gone"
            log.warning("browser gone=%s", error)
        except Hung as error:
            self.fault = "hung"
            log.warning("browser hung=%s", error)
        except (Refused, KeyError, ValueError) as error:
            self.fault = self.fault or "crashed"
            log.warning("browser refused=%s", error)
        else:
            return True
        return False

    def _call(self, method: str, params: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        if self._pipe is None:
            raise Gone("there is none")
        return self._pipe.call(method, params, **more)

    def _ask(self, method: str, params: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        """Of the page."""
        return self._call(method, params, session=self._session, **more)

    def _renderers(self) -> list[int]:
        told = self._call("SystemInfo.getProcessInfo")["processInfo"]
        return [int(one["id"]) for one in told if one["type"] == "renderer" and int(one["id"]) > 1]

    def _wait_for_their_end(self) -> None:
        """A second at most: a page that is loaded into a dying renderer would die with it."""
        for _ in range(20):
            if not self._renderers():
                break
            time.sleep(0.05)
        if self._pipe:
            self._pipe.events()  # that it crashed is no news


def stray(told: Mapping[str, Any], ours: str) -> bool:
    """Whether a target that the browser tells of is a window, and not ours. It has pages of its own in its frame."""
    return told["type"] == "page" and told["targetId"] != ours and ".top-chrome/" not in told["url"]


def _high(handle: int) -> int:
    """The same descriptor above 10, out of the way of 3 and 4."""
    try:
        return fcntl.fcntl(handle, fcntl.F_DUPFD_CLOEXEC, 10)
    finally:
        os.close(handle)


def _ended(pid: int) -> bool:
    """Whether a child of ours has ended, however often that is asked."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] != 0
    except ChildProcessError:
        return True


def _resident(pid: int) -> int:
    """In MB; 0 for one that is gone."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") // 1_000_000
