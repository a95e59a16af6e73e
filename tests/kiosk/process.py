"""A panel's agent as its own process, started the way a person starts it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests

from .server_double import TOKEN

ROOT = Path(__file__).parents[2]


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "kiosk", *arguments]


def environment(**more: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "PYTHONPATH": str(ROOT), **more}


def once(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        command(*arguments), env=environment(**more), capture_output=True, text=True, timeout=20, check=False
    )


class Panel:
    """`lintel-kiosk run`, until closed."""

    def __init__(self, folder: Path, server: str, port: int, *, token: str = TOKEN) -> None:
        self.folder, self.server, self.port = folder, server, port
        self.url = f"http://127.0.0.1:{port}"
        self.session = requests.Session()
        self.session.trust_env = False
        self.log = (folder.parent / "panel.log").open("ab")
        self.process = subprocess.Popen(
            command("run", "--server", server, "--data", str(folder), "--room", "oak", "--listen", f"127.0.0.1:{port}"),
            env=environment(LINTEL_KIOSK_TOKEN=token),
            stderr=self.log,
            cwd=folder.parent,
        )

    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = self.session.get(self.url + "/state.json", timeout=5).json()
        return state

    def until(self, wanted: Callable[[dict[str, Any]], bool], *, within: float = 10) -> dict[str, Any]:
        """The first state that is wanted."""
        end = time.monotonic() + within
        state: Any = None
        while time.monotonic() < end:
            try:
                state = self.state()
                if wanted(state):
                    return dict(state)
            except requests.ConnectionError:
                assert self.process.poll() is None, (self.folder.parent / "panel.log").read_text()
            time.sleep(0.01)
        raise AssertionError(f"not within {within} s, last: {state}")

    def tap(self, **body: Any) -> dict[str, Any]:
        secret = self.session.get(self.url + "/", timeout=5).text.partition('name="secret" content="')[2]
        headers = {"Origin": self.url, "X-Lintel-Secret": secret.partition('"')[0]}
        answer = self.session.post(self.url + "/act", json=body, headers=headers, timeout=10)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def status(self, name: str) -> int:
        """A number of /proc/PID/status: VmRSS in kB, Threads."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(name + ":"):
                return int(line.split()[1])
        raise KeyError(name)

    def open_files(self) -> int:
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))

    def cpu(self) -> float:
        """Seconds of processor time so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send the signal; the exit code."""
        self.session.close()
        self.process.send_signal(number)
        code = self.process.wait(10)
        self.log.close()
        return code

    def close(self) -> None:
        if self.process.poll() is None:
            self.end(signal.SIGKILL)
