"""A private PostgreSQL for one test run: made by initdb in a temporary folder, gone afterwards.

It listens on one loopback port with a password nobody else knows. PostgreSQL refuses to run as root, so root
hands the folder to an unprivileged account. A small shell stands between: when the test run ends in any way,
also by `kill -9`, the shell's input closes and it stops the server it started. It waits for no disk unless it is to
be `durable`: what a killed process has written the system keeps, so only a power cut would tell the difference.
"""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import psycopg

OWNERS = ("postgres", "nobody")
START_SECONDS = 20
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "32MB",
    "log_min_messages": "fatal",  # a refused booking is no news
    "log_min_error_statement": "fatal",
}
HURRIED = {"fsync": "off", "full_page_writes": "off"}
WATCH = 'exec 3<&0; "$@" </dev/null 3<&- & read -r _ <&3; kill -INT $!; wait $!'


class NoCluster(Exception):
    """This machine has no PostgreSQL to run; the text says why. One that fails to start is an error."""


def programs() -> Path:
    """The folder that holds `initdb` and `postgres`, the newest version first; raises NoCluster."""
    places = [Path(found).resolve().parent] if (found := shutil.which("initdb")) else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)
    for place in places:
        if (place / "initdb").exists() and (place / "postgres").exists():
            return place
    raise NoCluster("no PostgreSQL here (initdb neither in PATH nor in /usr/lib/postgresql)")


def _version(place: Path) -> int:
    return int(place.parent.name) if place.parent.name.isdigit() else 0


def _account() -> dict[str, Any]:
    """Arguments for subprocess that make the program run as somebody who is not root."""
    if os.geteuid() != 0:
        return {}
    for name in OWNERS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise NoCluster("PostgreSQL refuses root, and there is neither an account 'postgres' nor 'nobody'")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Cluster:
    """A running server; `url(name)` gives the address of one database. `durable`: it waits for the disk, as in use."""

    def __init__(self, *, durable: bool = False) -> None:
        self._settings = SETTINGS if durable else SETTINGS | HURRIED
        self._bin = programs()
        self._account = _account()
        self._password = secrets.token_hex(16)
        self._made = 0
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="lintel-postgres-"))
        try:
            self._make()
            self._shell = self._start()
            self._wait()
        except BaseException:
            self.stop()
            raise

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://lintel:{self._password}@127.0.0.1:{self.port}/{database}"

    def create(self, *, like: str = "") -> str:
        """Make a new database and give its URL; its owner is superuser and may create extensions.

        It is empty, or `like` another that nobody is connected to.
        """
        self._made += 1
        name = f"test_{self._made}"
        with psycopg.connect(self.url(), autocommit=True) as connection:
            # To copy the files is quicker than to log each page, where nobody waits for the disk.
            how = "STRATEGY file_copy" if connection.info.server_version >= 150_000 else ""
            template = f"TEMPLATE {like.rpartition('/')[2]}" if like else ""
            connection.execute(f"CREATE DATABASE {name} {template} {how}".encode())
        return self.url(name)

    def drop(self, url: str) -> None:
        """Remove a database made by `create`, whoever is still connected."""
        self._admin(f"DROP DATABASE IF EXISTS {url.rpartition('/')[2]} WITH (FORCE)")

    def stop(self) -> None:
        """End the server that was started here and remove its folder."""
        self.halt()
        shutil.rmtree(self.folder, ignore_errors=True)

    def halt(self) -> None:
        """End the server and keep what it holds."""
        shell = getattr(self, "_shell", None)
        if shell is not None and shell.poll() is None:
            shell.stdin.close()
            try:
                shell.wait(timeout=20)
            except subprocess.TimeoutExpired:
                os.killpg(shell.pid, signal.SIGKILL)
                shell.wait()

    def resume(self) -> None:
        """Start the server again after `halt`."""
        self._shell = self._start()
        self._wait()

    def _make(self) -> None:
        secret = self.folder / "password"
        secret.write_text(self._password)
        if self._account:
            for path in (self.folder, secret):
                os.chown(path, self._account["user"], self._account["group"])
        command = [str(self._bin / "initdb"), "-D", str(self.folder / "data"), "-U", "lintel"]
        command += ["-E", "UTF8", "--no-locale"]
        command += ["--auth=scram-sha-256", f"--pwfile={secret}", "--no-sync", "--no-instructions"]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, **self._account)
        if done.returncode:
            raise RuntimeError(f"initdb failed: {done.stderr.strip()[-300:]}")

    def _start(self) -> "subprocess.Popen[bytes]":
        server = [str(self._bin / "postgres"), "-D", str(self.folder / "data"), "-p", str(self.port)]
        for name, value in self._settings.items():
            server += ["-c", f"{name}={value}"]
        log = self.folder / "log"
        with log.open("wb") as out:
            return subprocess.Popen(
                ["sh", "-c", WATCH, "sh", *server],
                cwd=self.folder,
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=out,
                start_new_session=True,  # so that Ctrl-C reaches the tests first, the database last
                **self._account,
            )

    def _wait(self) -> None:
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            try:
                psycopg.connect(self.url(), connect_timeout=2).close()
                return
            except psycopg.OperationalError:
                time.sleep(0.03)
        raise RuntimeError(f"PostgreSQL did not start: {(self.folder / 'log').read_text()[-300:]}")

    def _admin(self, statement: str) -> None:
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(statement.encode())
