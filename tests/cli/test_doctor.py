"""What `lintel doctor` shows of the settings: enough to find a mistake, never a password."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from server.cli import main
from server.cli.doctor import addresses, without_password
from server.core.access import CLI
from server.core.escrow import Grant
from server.core.tickets import Receiver
from server.engine import post
from server.engine.examining import examine
from server.engine.vitals import FULL
from server.settings import Settings, load
from server.store import grants
from server.store.database import Tx
from server.store.grants import Door
from tests import make


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


@pytest.fixture
def house(fresh_sqlite: str) -> Iterator[make.House]:
    with make.opened(fresh_sqlite) as store:
        yield make.house(store)


def ids(house: make.House, folder: Path) -> list[str]:
    """What is wrong with a house whose data is in a folder."""
    return [it.id for it in examine(house.store, house.clock, folder, house.engine.vitals.now)]


def test_nothing_is_wrong_with_a_house_in_which_all_is_well(house: make.House, tmp_path: Path) -> None:
    house.book("11:00", "12:00")
    house.engine.alive.beat()
    assert ids(house, tmp_path) == []


def test_a_folder_that_others_can_look_into_is_complained_about(house: make.House, tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    assert ids(house, tmp_path) == ["data.rights"]
    tmp_path.chmod(0o700)


def test_a_disk_with_hardly_any_room_is_complained_about(
    house: make.House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.engine.examining.free", lambda folder: FULL - 1)
    assert ids(house, tmp_path) == ["disk.full"]
    monkeypatch.setattr("server.engine.examining.free", lambda folder: FULL + 1)
    assert ids(house, tmp_path) == ["disk.low"]


def test_settings_under_which_a_power_cut_takes_bookings_are_complained_about(
    house: make.House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = Tx.rows

    def careless(tx: Tx, sql: str, params: object = ()) -> object:
        return [(1,)] if sql == "PRAGMA synchronous" else rows(tx, sql, params)  # type: ignore[arg-type]

    monkeypatch.setattr(Tx, "rows", careless)
    assert ids(house, tmp_path) == ["database.unsafe"]


@pytest.mark.parametrize(
    ("later", "found"),
    [
        ({"seconds": 50}, []),
        ({"seconds": 70}, ["work.away"]),
        ({"hours": -1}, ["clock.wrong"]),
        ({"days": 8}, ["clock.wrong"]),
    ],
)
def test_rounds_that_nobody_makes_and_a_clock_that_is_wrong_are_complained_about(
    house: make.House, tmp_path: Path, later: dict[str, float], found: list[str]
) -> None:
    house.engine.alive.beat()
    house.clock.forward(**later)
    assert ids(house, tmp_path) == found


@pytest.mark.parametrize(
    ("harm", "found"),
    [
        ("INSERT INTO stuck (listener, act, tries, next_at, error) VALUES ('hooks', 1, 3, 0, 'X')", "outbox.stuck"),
        ("INSERT INTO outbox (listener, seq) VALUES ('slow', -20000)", "outbox.behind"),
        ("UPDATE change SET codes = 'other' WHERE seq = (SELECT max(seq) FROM change)", "audit.broken"),
        ("UPDATE change SET at = at + 1 WHERE seq = (SELECT max(seq) - 1 FROM change)", "audit.broken"),
        ("DELETE FROM change WHERE seq = (SELECT max(seq) FROM change)", "audit.broken"),
    ],
)
def test_what_is_stuck_and_a_trail_that_was_touched_are_complained_about(
    house: make.House, tmp_path: Path, harm: str, found: str
) -> None:
    house.book("11:00", "12:00")
    house.book("13:00", "14:00")
    house.store.writing(lambda tx: tx.run(harm))
    assert ids(house, tmp_path) == [found]


def test_doors_that_do_not_hold_what_they_own_are_complained_about(house: make.House, tmp_path: Path) -> None:
    one, two = (house.panel()[0].number for _ in range(2))
    owned = Grant(1, ((1, ((2_000_000_000, 2_000_003_600),)),))
    for number in (one, two):
        door = Door(0, number, house.oak.number, owned)
        house.store.writing(lambda tx, door=door: grants.put(tx, door, make.NOW), rooms=[house.oak.number])
    assert ids(house, tmp_path) == ["panels.dark", "doors.twice"]
    house.store.writing(lambda tx: tx.run("DELETE FROM hold WHERE grant_id IS NOT NULL"))
    assert ids(house, tmp_path) == ["panels.dark", "doors.unlaid", "doors.twice"]


def test_panels_that_are_not_heard_of_are_complained_about(house: make.House, tmp_path: Path) -> None:
    house.engine.devices.add("Panel", CLI, rooms=("oak",))
    assert ids(house, tmp_path) == ["panels.dark"]


def test_what_nobody_hears_of_is_complained_about(house: make.House, tmp_path: Path) -> None:
    house.engine.tickets.report("oak", "light", CLI)
    assert ids(house, tmp_path) == ["tickets.untold"]
    house.engine.receivers.add(Receiver(0, 1, "room_fault", "mail", "desk@example.org"), CLI)
    assert ids(house, tmp_path) == ["receivers.unreached"]
    post.arrange(house.store, ["ticket"], "en")
    assert ids(house, tmp_path) == []


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({}, []),
        ({"mail__host": "mail.example.org"}, ["public_url.missing"]),
        ({"public_url": "https://rooms.example.org"}, []),
        ({"public_url": "https://rooms.example.org/lintel"}, []),
        ({"public_url": "https://"}, ["public_url.form"]),
        ({"public_url": "https://ann:x@rooms.example.org"}, ["public_url.form"]),
        ({"public_url": "https://rooms.example.org?x=1"}, ["public_url.form"]),
        ({"public_url": "http://rooms.example.org"}, ["public_url.plain"]),
        ({"public_url": "http://127.0.0.1:8080"}, []),
        ({"public_url": "http://127.0.0.1:8080", "mail__host": "mail.example.org"}, ["public_url.loopback"]),
    ],
)
def test_an_address_that_nobody_can_reach_is_complained_about(settings: dict[str, str], found: list[str]) -> None:
    make_settings: Callable[..., Settings] = Settings
    assert [it.id for it in addresses(make_settings(**settings))] == found


def test_the_command_says_so_where_all_is_well(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    assert CliRunner().invoke(main, ["init", "--data", str(tmp_path)]).exit_code == 0
    done = CliRunner().invoke(main, ["doctor", "--data", str(tmp_path)])
    assert (done.exit_code, "Nothing is wrong" in done.stderr) == (0, True)
