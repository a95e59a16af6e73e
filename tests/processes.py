"""The programs as they really run: server and panel as processes of their own, on loopback, ended by their starter."""

import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from server.settings import environment


def start_server(
    url: str,
    folder: Path,
    port: int,
    *,
    core: int = -2,
    level: str = "info",
    rate: int = 0,
    role: str = "all",
) -> subprocess.Popen[bytes]:
    """`lintel serve` on that database, ready to answer; its log is folder/server-PORT.log. A rate of 0 is no limit."""
    command = [sys.executable, "-m", "server", "serve", "--data", str(folder), "--role", role]
    command += ["--listen", f"127.0.0.1:{port}"]
    env = environment(
        LINTEL_DATABASE_URL=url, LINTEL_PIN_CORE=str(core), LINTEL_LOG_LEVEL=level, LINTEL_RATE=str(rate),
        LINTEL_ROOMLOOP_RATE="0",
    )  # fmt: skip
    with (folder / f"server-{port}.log").open("ab") as log:
        process = subprocess.Popen(command, env=env, stderr=log, stdout=log)
    wait_for(f"http://127.0.0.1:{port}/readyz", process)
    return process


def start_panel(server: int, folder: Path, port: int, key: str, room: str) -> subprocess.Popen[bytes]:
    """`lintel-kiosk run` with its page at that port; not waited for."""
    command = [
        sys.executable, "-m", "kiosk", "run", "--server", f"http://127.0.0.1:{server}", "--data", str(folder),
        "--listen", f"127.0.0.1:{port}", "--room", room,
    ]  # fmt: skip
    folder.mkdir(exist_ok=True, parents=True)
    with (folder.parent / f"panel-{port}.log").open("ab") as log:
        return subprocess.Popen(command, env=environment(LINTEL_KIOSK_TOKEN=key), stdout=log, stderr=log)


def wait_for(url: str, process: subprocess.Popen[bytes], *, seconds: float = 20) -> None:
    """Returns when the URL answers 200; raises RuntimeError where the process dies first or the time is up."""
    end = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < end:
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except (OSError, urllib.error.URLError):
            time.sleep(0.05)
    raise RuntimeError(f"{url} does not answer")


def stop(process: subprocess.Popen[bytes], *, hard: bool = False) -> None:
    """Ends a process and waits for it; `hard` is kill -9."""
    process.send_signal(signal.SIGKILL if hard else signal.SIGTERM)
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(5)
