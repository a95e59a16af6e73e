"""Where a setting's value comes from, and what is said about a wrong one."""

from pathlib import Path

import pytest

from kiosk.settings import BadSetting, Settings, listen_of, read

SERVER = "http://127.0.0.1:8080"


def chosen(tmp_path: Path, *, toml: str = "", environ: dict[str, str] | None = None, **flags: object) -> Settings:
    (tmp_path / "kiosk.toml").write_text(toml)
    return read({"data": str(tmp_path), "server": SERVER, **flags}, environ=environ or {})


def test_defaults_are_enough_beside_server_and_folder(tmp_path: Path) -> None:
    it = read({"data": str(tmp_path), "server": SERVER + "/"}, environ={})
    assert (it.server, it.host, it.port, it.language, it.token) == (SERVER, "127.0.0.1", 8090, "en", None)


def test_the_command_line_wins_over_the_environment_over_the_file_over_the_default(tmp_path: Path) -> None:
    toml, environ = 'room = "file"', {"LINTEL_KIOSK_ROOM": "environment"}
    assert chosen(tmp_path, toml=toml, environ=environ, room=("flag",)).rooms == ("flag",)
    assert chosen(tmp_path, toml=toml, environ=environ).rooms == ("environment",)
    assert chosen(tmp_path, toml=toml, environ={"LINTEL_KIOSK_ROOM": ""}).rooms == ("file",)
    assert chosen(tmp_path).rooms == ()


def test_the_token_may_come_from_a_file_and_never_shows(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("rvx_secret\n")
    it = chosen(tmp_path, environ={"LINTEL_KIOSK_TOKEN_FILE": str(tmp_path / "token")})
    assert it.token == "rvx_secret"
    assert "rvx_secret" not in repr(it)
    assert chosen(tmp_path, environ={"LINTEL_KIOSK_TOKEN": "rvx_other"}).token == "rvx_other"
    assert chosen(tmp_path, toml=f'token_file = "{tmp_path / "token"}"').token == "rvx_secret"


def test_the_folder_may_come_from_the_environment(tmp_path: Path) -> None:
    for name in ("LINTEL_KIOSK_DATA", "LINTEL_DATA"):
        assert read({"server": SERVER}, environ={name: str(tmp_path)}).data == tmp_path


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("langauge = 'de'", "did you mean language?"),
        ("weather = 1", "weather is not a setting"),
        ("density = 'much'", "density"),
        ("room = 5", "room"),
        ("listen = '0.0.0.0:80'", "listen"),
        ("room = ", "kiosk.toml"),
        ("token_file = '/nonexistent'", "token_file"),
        ("server = 'http://lintel.example'", "loopback"),
    ],
)
def test_what_is_wrong_in_the_file_is_named(tmp_path: Path, toml: str, said: str) -> None:
    (tmp_path / "kiosk.toml").write_text(toml)
    flags = {"data": str(tmp_path)} | ({} if toml.startswith("server") else {"server": SERVER})
    with pytest.raises(BadSetting, match=said):
        read(flags, environ={})


def test_an_empty_token_file_is_no_token(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("\n")
    with pytest.raises(BadSetting, match="empty"):
        chosen(tmp_path, environ={"LINTEL_KIOSK_TOKEN_FILE": str(tmp_path / "token")})


def test_a_folder_and_a_server_must_be_said() -> None:
    with pytest.raises(BadSetting, match="--data"):
        read({"server": SERVER}, environ={})
    with pytest.raises(BadSetting, match="--server"):
        read({"data": "/tmp"}, environ={})


def test_an_ipv6_loopback_address_is_accepted(tmp_path: Path) -> None:
    it = chosen(tmp_path, listen="[::1]:8090")
    assert (it.host, it.port) == ("::1", 8090)


def test_the_address_to_ask_needs_no_server(tmp_path: Path) -> None:
    assert listen_of({}, environ={}) == "127.0.0.1:8090"
    assert listen_of({"listen": "localhost:9000"}, environ={}) == "localhost:9000"
