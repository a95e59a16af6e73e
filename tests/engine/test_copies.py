"""Backups that are taken by themselves: sealed, read again, proven, old ones removed; missed when they stay away."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from server.core.errors import Refused
from server.core.keeping import Keep
from server.engine.backup import Backup
from server.engine.copies import CATEGORY, Copies, Terms, found, unwell, watch
from server.settings import environment
from server.store import holds, sealed_copy
from server.store.sqlite_copy import CopyFailed
from tests import make
from tests.engine.test_backup import bookings, code, furnished, life, quiet


@pytest.fixture
def key(tmp_path: Path) -> Path:
    return tmp_path / "private.key"


@pytest.fixture
def clock() -> make.Clock:
    return make.Clock()


@pytest.fixture
def copies(database_url: str, tmp_path: Path, key: Path, clock: make.Clock) -> Copies:
    furnished(database_url)
    data = tmp_path / "data"
    data.mkdir()
    terms = Terms(tmp_path / "kept", sealed_copy.new_key(key), Keep(h=2, d=1, w=0, m=0))
    return Copies(Backup(database_url, clock, environment(), data), data, terms)


def left_behind(it: Copies) -> list[str]:
    return sorted(file.name for folder in (it.folder, it.terms.folder) for file in folder.iterdir())


def test_what_was_sealed_is_put_back_with_its_key_and_no_other(copies: Copies, key: Path, tmp_path: Path) -> None:
    done = copies.take(quiet, prove=True)
    assert done.proven is not None
    assert done.proven.bookings == 1
    assert sealed_copy.sealed(done.file)
    assert done.file.stat().st_mode & 0o777 == 0o600
    assert left_behind(copies) == [".backup.lock", done.file.name]
    before = life(copies.backup.url)
    sealed_copy.new_key(tmp_path / "other.key")
    for identity, why in ((None, "backup_sealed"), (tmp_path / "other.key", "backup_identity")):
        with pytest.raises(Refused) as no:
            copies.backup.restore(done.file, quiet, identity=identity)
        assert code(no) == why
        assert life(copies.backup.url) == before
    assert copies.backup.restore(done.file, quiet, identity=key).bookings == bookings(copies.backup.url) == 1
    assert life(copies.backup.url) != before


def test_old_ones_go_when_the_new_one_is_there_and_nothing_else_does(copies: Copies, clock: make.Clock) -> None:
    copies.terms.folder.mkdir()
    (copies.terms.folder / "lintel-notes.age").write_text("mine")
    taken = []
    for _ in range(4):
        taken.append(copies.take(quiet).file)
        clock.forward(hours=1)
    assert sorted(it.name for it in taken[2:]) == sorted(it.name for it in found(copies.terms.folder).values())
    assert (copies.terms.folder / "lintel-notes.age").exists()


def test_a_file_that_does_not_open_to_what_was_copied_is_none(copies: Copies, monkeypatch: pytest.MonkeyPatch) -> None:
    first = copies.take(quiet)
    copies.backup.clock.forward(hours=1)  # type: ignore[attr-defined]
    monkeypatch.setattr(sealed_copy, "_digest", lambda _: b"another")
    with pytest.raises(Refused) as no:
        copies.take(quiet)
    assert code(no) == "backup_damaged"
    assert left_behind(copies) == [".backup.lock", first.file.name]


def test_a_copy_that_does_not_prove_itself_is_not_kept(copies: Copies, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holds, "overlapping", lambda _: [1])
    with pytest.raises(Refused) as no:
        copies.take(quiet, prove=True)
    assert code(no) == "backup_overlapping"
    assert left_behind(copies) == [".backup.lock"]


def test_one_is_taken_at_a_time_and_a_bad_key_is_said(copies: Copies) -> None:
    with copies._alone(), pytest.raises(Refused) as no:
        copies.take(quiet)
    assert code(no) == "backup_under_way"
    with pytest.raises(Refused) as no:
        replace(copies, terms=replace(copies.terms, key="age1nonsense")).take(quiet)
    assert code(no) == "backup_key"


def test_backups_that_stay_away_are_missed_until_they_are_there_again(copies: Copies, clock: make.Clock) -> None:
    folder = copies.terms.folder
    with make.opened(copies.backup.url) as store:
        assert watch(store, clock.now(), folder) == {"late": 0, "unproven": 0}
        clock.forward(hours=4)
        assert watch(store, clock.now(), folder) == {"late": 1, "unproven": 0}
        clock.forward(hours=47)
        assert watch(store, clock.now(), folder) == {"late": 1, "unproven": 1}
        assert unwell(store) == ["taken", "proven"]
        copies.take(quiet)
        assert watch(store, clock.now(), folder) == {"late": 0, "unproven": 1}
        clock.forward(minutes=1)
        copies.take(quiet, prove=True)
        assert watch(store, clock.now(), folder) == {"late": 0, "unproven": 0}
        assert unwell(store) == []
        with store.reading() as tx:
            assert tx.rows("SELECT count(*) FROM ticket WHERE category = ?", (CATEGORY,)) == [(2,)]


def test_an_ssh_key_opens_what_was_sealed_to_it(tmp_path: Path) -> None:
    plain, target = tmp_path / "plain", tmp_path / "sealed"
    plain.write_bytes(b"all there is" * 100_000)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "id")], check=True)
    sealed_copy.seal(plain, target, (tmp_path / "id.pub").read_text())
    sealed_copy.opened(target, tmp_path / "again", tmp_path / "id")
    assert (tmp_path / "again").read_bytes() == plain.read_bytes()
    with pytest.raises(CopyFailed, match="identity"):
        sealed_copy.opened(target, tmp_path / "more", tmp_path / "plain")


def test_a_new_key_never_writes_over_one(key: Path) -> None:
    public = sealed_copy.new_key(key)
    assert sealed_copy.readable(public)
    assert not sealed_copy.readable("age1nonsense")
    assert key.stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        sealed_copy.new_key(key)
