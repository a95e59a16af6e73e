"""The settings that the server gives: over the file and the environment, under the command line, kept on the card."""

from pathlib import Path
from typing import Any

import pytest

from kiosk.given import FILE, GivenFile, applied, given_from, look_of, told
from kiosk.settings import BadSetting, Settings, read

SERVER = "http://127.0.0.1:8080"
SAID = {
    "settings": {"language": "de", "theme": "dark", "density": 6.5, "touch": False, "hour_clock": "12"},
    "why": {"language": "building Timber House", "theme": "device 7"},
}


def own(folder: Path, *, toml: str = "", environ: dict[str, str] | None = None, **flags: Any) -> Settings:
    (folder / "kiosk.toml").write_text(toml)
    return read({"data": str(folder), "server": SERVER, **flags}, environ=environ or {})


def test_the_server_counts_more_than_file_and_environment_and_less_than_the_command_line(tmp_path: Path) -> None:
    environ = {"LINTEL_KIOSK_LANGUAGE": "fr"}
    it = applied(own(tmp_path, toml="density = 5.2", environ=environ, theme="contrast"), given_from(SAID))
    assert (it.language, it.density, it.theme, it.touch, it.hour_clock) == ("de", 6.5, "contrast", False, "12")


def test_of_each_value_it_says_where_it_comes_from(tmp_path: Path) -> None:
    it = applied(own(tmp_path, toml="large_type = true", theme="contrast"), given_from(SAID))
    why = {name: (one["value"], one["why"]) for name, one in told(it).items()}
    assert why == {
        "language": ("de", "server: building Timber House"),
        "theme": ("contrast", "command line"),
        "density": (6.5, "server"),
        "touch": (False, "server"),
        "large_type": (True, "kiosk.toml"),
        "hour_clock": ("12", "server"),
        "night": (None, "default"),
    }


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"settings": None},
        {"settings": []},
        {"settings": {"language": "tlh", "theme": "pink", "density": 900, "touch": "perhaps", "night": "late"}},
        {"settings": {"weather": "fine", "language": None}},
        {"settings": {"token": "rvx_other", "server": "http://127.0.0.1:1", "ca_file": "/x", "listen": "127.0.0.1:1"}},
    ],
)
def test_what_is_not_known_or_cannot_be_is_left_out(said: dict[str, Any]) -> None:
    assert given_from(said).values == {}


def test_it_is_kept_on_the_card_and_told_once_for_each_change(tmp_path: Path) -> None:
    changes: list[Settings] = []
    settings = own(tmp_path)
    it = GivenFile(tmp_path, settings, changed=changes.append)
    it.take(SAID)
    it.take(SAID)
    assert [one.theme for one in changes] == ["dark"]
    assert GivenFile(tmp_path, settings).settings.theme == "dark"
    it.take({"settings": {}})
    assert (changes[-1].theme, GivenFile(tmp_path, settings).settings.theme) == ("light", "light")


def test_a_torn_file_counts_as_none(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"torn")
    assert GivenFile(tmp_path, own(tmp_path)).settings.language == "en"


def test_the_page_is_drawn_by_it(tmp_path: Path) -> None:
    look = look_of(applied(own(tmp_path), given_from(SAID)))
    assert (look.language, look.theme, look.density, look.touch, look.hour_clock) == ("de", "dark", 6.5, False, 12)


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ('touch = "perhaps"', "on or off"),
        ("hour_clock = 13", "12 or 24"),
        ('night = "late"', "22:00-06:00"),
        ('serial = "-"', "serial"),
        ('enrolment = "/nonexistent"', "neither a key nor a file"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, toml: str, said: str) -> None:
    with pytest.raises(BadSetting, match=said):
        own(tmp_path, toml=toml)


def test_an_enrolment_key_may_stand_in_a_file_and_never_shows(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("rk_enr_00aa11bb_canary\n")
    it = own(tmp_path, enrolment=str(tmp_path / "key"))
    assert it.enrolment == "rk_enr_00aa11bb_canary"
    assert "canary" not in repr(it)
    (tmp_path / "key").write_text("something else")
    with pytest.raises(BadSetting, match="no enrolment key"):
        own(tmp_path, enrolment=str(tmp_path / "key"))


@pytest.mark.parametrize(("said", "meant"), [("on", True), ("off", False), ("yes", True), ("0", False), ("TRUE", True)])
def test_on_and_off_may_be_said_in_the_environment(tmp_path: Path, said: str, meant: bool) -> None:
    assert own(tmp_path, environ={"LINTEL_KIOSK_LARGE_TYPE": said}).large_type is meant
