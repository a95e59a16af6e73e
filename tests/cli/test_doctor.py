"""What `lintel doctor` shows of the settings: enough to find a mistake, never a password."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from server.cli import main, without_password
from server.settings import load


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://ann:secret@db/lintel", "postgresql://ann:…@db/lintel"),
        ("postgresql://:secret@db/lintel", "postgresql://:…@db/lintel"),
        ("postgresql://ann@db/lintel?sslmode=require&password=secret", "postgresql://ann@db/lintel?sslmode=require&password=…"),
        ("postgresql://db/lintel?password=secret&sslmode=require", "postgresql://db/lintel?password=…&sslmode=require"),
        ("postgresql://ann:s@cret@db/lintel", "postgresql://ann:…@db/lintel"),
        ("postgresql://ann:s/cret@db/lintel", "postgresql://ann:…@db/lintel"),
        ("sqlite:////var/lib/lintel/lintel.db", "sqlite:////var/lib/lintel/lintel.db"),
        ("127.0.0.1:8080", "127.0.0.1:8080"),
    ],
)  # fmt: skip
def test_no_password_is_shown(url: str, shown: str) -> None:
    assert without_password(url) == shown


def test_each_setting_says_where_it_came_from(tmp_path: Path) -> None:
    (tmp_path / "lintel.toml").write_text('listen = "127.0.0.1:9000"\nlistn = "x"\n', encoding="utf-8")
    done = CliRunner().invoke(main, ["doctor", "--data", str(tmp_path), "--json"])
    told = json.loads(done.stdout)
    assert {"name": "listen", "value": "127.0.0.1:9000", "source": str(tmp_path / "lintel.toml")} in told["settings"]
    assert {"settings.unknown", "database.migration"} == {complaint["id"] for complaint in told["complaints"]}
    assert done.exit_code == 1


def test_the_secret_that_the_provider_gave_us_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "lintel.toml").write_text('[oidc]\nclient_secret = "sesame"\nclient_id = "lintel"\n', encoding="utf-8")
    done = CliRunner().invoke(main, ["doctor", "--data", str(tmp_path), "--json"])
    told = {row["name"]: row["value"] for row in json.loads(done.stdout)["settings"]}
    assert (told["oidc.client_secret"], told["oidc.client_id"]) == ("…", "lintel")
    assert "sesame" not in done.output


@pytest.mark.parametrize(
    ("lines", "ids"),
    [
        ('[oidc]\nissuer = "http://login.example.org"\nclient_id = "x"\n', ["oidc.plain"]),
        ('[oidc]\nissuer = "http://127.0.0.1:9"\nclient_id = "x"\n', []),
        ('[oidc]\nissuer = "https://login.example.org"\n', ["oidc.client"]),
        ('listen = "0.0.0.0:80"\n[oidc]\nissuer = "https://login.example.org"\nclient_id = "x"\n', ["oidc.address"]),
        ('[auth]\nlocal = "off"\n', ["auth.nobody"]),
        ('[auth]\nlocal = "off"\n[oidc]\nissuer = "https://login.example.org"\nclient_id = "x"\n', []),
    ],
)
def test_settings_that_would_let_nobody_in_are_complained_about(tmp_path: Path, lines: str, ids: list[str]) -> None:
    (tmp_path / "lintel.toml").write_text(lines, encoding="utf-8")
    assert [complaint.id for complaint in load(tmp_path, environment={}).complaints] == ids
