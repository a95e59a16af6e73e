"""`lintel backup` without a file, from the settings to what is put back, as an appliance's timer calls it."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from server.cli import main


def lintel(data: Path, *words: str) -> Result:
    return CliRunner().invoke(main, [*words, "--data", str(data)])


@pytest.fixture
def data(tmp_path: Path) -> Path:
    data = tmp_path / "data"
    assert lintel(data, "init").exit_code == 0
    assert lintel(data, "room", "add", "oak", "--name", "Oak").exit_code == 0
    return data


def test_the_settings_say_where_it_goes_and_the_key_elsewhere_opens_it(data: Path, tmp_path: Path) -> None:
    key, folder = tmp_path / "elsewhere.key", tmp_path / "kept"
    made = CliRunner().invoke(main, ["backup-key", str(key)])
    public = made.stdout.strip()
    assert public.startswith("age1")
    assert public not in made.stderr
    (data / "lintel.toml").write_text(f'[backup]\nfolder = "{folder}"\nkey = "{public}"\nkeep = "1h"\n')
    taken = lintel(data, "backup", "--prove")
    assert taken.exit_code == 0, taken.output
    assert "0 bookings proven" in taken.stdout
    (file,) = folder.iterdir()
    assert b"Oak" not in file.read_bytes()
    assert "sealed" in lintel(data, "restore", str(file)).stderr
    assert lintel(data, "restore", str(file), "--identity", str(key)).exit_code == 0
    assert "Oak" in lintel(data, "room", "list").stdout


def test_without_settings_or_with_half_of_them_it_says_what_is_missing(data: Path, tmp_path: Path) -> None:
    assert "name a FILE" in lintel(data, "backup").stderr
    assert "--prove is for" in lintel(data, "backup", str(tmp_path / "x"), "--prove").stderr
    (data / "lintel.toml").write_text(f'[backup]\nfolder = "{tmp_path}"\n')
    assert "backup.key" in lintel(data, "doctor").stderr
    (data / "lintel.toml").write_text('[backup]\nkey = "secret"\nkeep = "0h"\n')
    told = lintel(data, "doctor").stderr
    assert "must be a public key" in told
    assert "must keep something" in told
