"""A disk that fills up under a running server: writes are refused, reads go on, nothing is half there, and it recovers.

Twice over: a file that must not grow any more, which every machine can do, and a real file system, small and in memory,
which only root can mount.
"""

import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests import make
from tests.race.clients import Site, site

MOST = 3_000
Switch = Callable[[bool], None]


def book(place: Site, number: int) -> requests.Response:
    """Asks for one slot under a key of its own."""
    starts = make.at("00:00", 400 + number // 40) + (number % 40) * (make.at("10:30") - make.at("10:00"))
    body = {"title": f"slot {number}", "organizer": "ann@example.com", "start": starts.isoformat(),
            "end": (starts + (make.at("10:30") - make.at("10:00"))).isoformat(), "description": "x" * 900}  # fmt: skip
    return requests.post(
        f"http://127.0.0.1:{place.ports[0]}/api/v1/rooms/oak/bookings", json=body, timeout=20,
        headers={"Authorization": f"Bearer {place.token}", "Idempotency-Key": f"k{number}"},
    )  # fmt: skip


def read(place: Site) -> int:
    answer = requests.get(f"http://127.0.0.1:{place.ports[0]}/api/v1/rooms/oak", timeout=20,
                          headers={"Authorization": f"Bearer {place.token}"})  # fmt: skip
    return answer.status_code


def stored(place: Site) -> tuple[set[str], int, int]:
    """The titles of what is booked, and how many holds and changes tell of bookings."""
    with make.opened(place.url) as store, store.reading() as tx:
        titles = {row[0] for row in tx.rows("SELECT title FROM occurrence")}
        ((holds,),) = tx.rows("SELECT count(*) FROM hold WHERE active = 1")
        ((told,),) = tx.rows("SELECT count(*) FROM change WHERE what = 'booked'")
    return titles, holds, told


def hold(place: Site, full: Switch) -> None:
    """Fills the disk in the middle of bookings, looks at what is said, and makes room again."""
    confirmed = set()
    for number in range(30):
        assert book(place, number).status_code == 201
        confirmed.add(f"slot {number}")
    full(True)
    refused = []
    for number in range(30, MOST):
        answer = book(place, number)
        if answer.status_code == 201:
            confirmed.add(f"slot {number}")
            continue
        assert answer.status_code == 507, answer.text
        refused.append(number)
        if len(refused) == 10:
            break
    assert len(refused) == 10
    for _ in range(5):
        assert read(place) == 200
    full(False)
    for number in refused:
        assert book(place, number).status_code == 201
        confirmed.add(f"slot {number}")
    assert read(place) == 200
    assert stored(place) == (confirmed, len(confirmed), len(confirmed))
    process = place.processes[0]
    assert process.poll() is None


@contextmanager
def mounted(folder: Path) -> Iterator[Path]:
    """A small file system, where this machine lets us have one."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small file system")
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96m", "tmpfs", str(folder)], capture_output=True)
    if done.returncode:
        pytest.skip("no small file system can be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.race
def test_a_file_that_cannot_grow_refuses_writes_and_nothing_else(tmp_path: Path) -> None:
    with site(f"sqlite:///{tmp_path / 'lintel.db'}", tmp_path) as place:
        usual = resource.prlimit(place.processes[0].pid, resource.RLIMIT_FSIZE)

        def full(now: bool) -> None:
            sizes = [(tmp_path / name).stat().st_size for name in ("lintel.db", "lintel.db-wal")]
            limit = (max(sizes) + 60_000, usual[1]) if now else usual
            resource.prlimit(place.processes[0].pid, resource.RLIMIT_FSIZE, limit)

        hold(place, full)


@pytest.mark.heavy
def test_a_full_disk_refuses_writes_and_nothing_else(tmp_path: Path) -> None:
    with mounted(tmp_path / "small") as folder, site(f"sqlite:///{folder / 'lintel.db'}", folder) as place:
        filler = folder / "filler"

        def full(now: bool) -> None:
            if not now:
                filler.unlink()
                return
            left = os.statvfs(folder)
            with filler.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, left.f_bavail * left.f_frsize - 100_000)

        hold(place, full)
