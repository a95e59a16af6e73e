"""The panel's settings: each one's name, type and default, and where its value comes from.

A value is taken from the command line, else from what the server gives this panel (kiosk/given.py), else from the
environment (`LINTEL_KIOSK_<NAME>`), else from `DIR/kiosk.toml`, else it is the default; `Settings.origins` remembers
which. The token may also come from a file (`LINTEL_KIOSK_TOKEN_FILE`, `token_file`), so that it need not stand in an
argument list. Everything wrong is said in one sentence that names the setting.
"""

import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from kiosk.client import check_server
from kiosk.trust import is_loopback

LANGUAGES = Path(__file__).parent / "screen" / "words"
FLAG, SERVER, ENVIRONMENT, WRITTEN, DEFAULT = "command line", "server", "environment", "kiosk.toml", "default"
ENROLMENT = "rk_enr_"  # how an enrolment key begins; anything else is the file that holds one
NIGHT = re.compile(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d", re.ASCII)


class BadSetting(ValueError):
    """A setting is missing or wrong; the text is for the person who sets it."""


@dataclass(frozen=True, slots=True)
class Settings:
    server: str
    data: Path
    host: str
    port: int
    token: str | None = field(repr=False)
    rooms: tuple[str, ...]
    language: str
    density: float | None
    theme: str
    ca_file: str | None
    touch: bool = True
    large_type: bool = False
    hour_clock: str = "24"
    night: str | None = None
    serial: str | None = None
    enrolment: str | None = field(default=None, repr=False)
    origins: Mapping[str, str] = field(default_factory=dict)


def _listen(value: Any) -> str:
    host, _, port = str(value).rpartition(":")
    bare = host.removeprefix("[").removesuffix("]")
    if not is_loopback(bare):
        raise ValueError("must be a loopback address with a port, such as 127.0.0.1:8090")
    if not port.isdecimal() or not 1 <= int(port) <= 65_535:
        raise ValueError("must end in a port from 1 to 65535")
    return f"{bare}:{port}"


def _language(value: Any) -> str:
    known = sorted(path.stem for path in LANGUAGES.glob("*.json")) or ["en"]
    if value not in known:
        raise ValueError("must be one of " + ", ".join(known))
    return str(value)


def _density(value: Any) -> float:
    density = float(value)
    if not 2 <= density <= 20:
        raise ValueError("must be pixels per millimetre, from 2 to 20")
    return density


def _theme(value: Any) -> str:
    if value not in ("light", "dark", "contrast"):
        raise ValueError("must be light, dark or contrast")
    return str(value)


def _flag(value: Any) -> bool:
    known = {"on": True, "true": True, "yes": True, "1": True, "off": False, "false": False, "no": False, "0": False}
    if isinstance(value, bool):
        return value
    if str(value).lower() not in known:
        raise ValueError("must be on or off")
    return known[str(value).lower()]


def _hours(value: Any) -> str:
    if str(value) not in ("12", "24"):
        raise ValueError("must be 12 or 24")
    return str(value)


def _night(value: Any) -> str:
    if not isinstance(value, str) or not NIGHT.fullmatch(value):
        raise ValueError("must be two times of the day, such as 22:00-06:00")
    return value


def _enrolment(value: Any) -> str:
    given = _text(value)
    if given.startswith(ENROLMENT):
        return given
    try:
        key = Path(given).read_text("utf-8").strip()
    except (OSError, ValueError) as error:
        raise ValueError(f"neither a key nor a file with one: {error}") from None
    if not key.startswith(ENROLMENT):
        raise ValueError("there is no enrolment key in that file")
    return key


def _serial(value: Any) -> str:
    serial = _text(value)
    if not SERIAL.fullmatch(serial):
        raise ValueError("must be up to 64 letters, digits, dots and dashes")
    return serial


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("must be a text")
    return value.strip()


def _rooms(value: Any) -> tuple[str, ...]:
    """One id or several: a list, or text with commas between."""
    given = value.split(",") if isinstance(value, str) else list(value)
    return tuple(dict.fromkeys(_text(one) for one in given))


SERIAL = re.compile(r"[0-9A-Za-z][0-9A-Za-z._:-]{0,63}", re.ASCII)

# name -> (reads a value or raises ValueError, default)
TABLE: Mapping[str, tuple[Callable[[Any], Any], Any]] = {
    "server": (lambda value: check_server(_text(value)), None),
    "listen": (_listen, "127.0.0.1:8090"),
    "token": (_text, None),
    "token_file": (_text, None),
    "room": (_rooms, None),
    "language": (_language, "en"),
    "density": (_density, None),  # None: the page takes the browser's own millimetres
    "theme": (_theme, "light"),
    "ca_file": (_text, None),
    "touch": (_flag, True),
    "large_type": (_flag, False),
    "hour_clock": (_hours, "24"),
    "night": (_night, None),
    "serial": (_serial, None),
    "enrolment": (_enrolment, None),
}


def read(flags: Mapping[str, Any], *, environ: Mapping[str, str] | None = None) -> Settings:
    """The settings. `flags` holds `data` and what the command line gave. Raises BadSetting."""
    environ = os.environ if environ is None else environ
    data = folder_of(flags.get("data"), environ=environ)
    if data is None:
        raise BadSetting("say where the panel keeps its data: --data DIR")
    values, origins = read_values(flags, data=data, environ=environ)
    if values["server"] is None:
        raise BadSetting("say which server this panel belongs to: --server URL")
    host, _, port = values.pop("listen").rpartition(":")
    token = values.pop("token") or _token_from(values.pop("token_file"))
    values.pop("token_file", None)
    rooms = values.pop("room") or ()
    return Settings(data=data, host=host, port=int(port), token=token, rooms=rooms, origins=origins, **values)


def read_values(
    flags: Mapping[str, Any], *, data: Path | None, environ: Mapping[str, str] | None = None
) -> tuple[dict[str, Any], dict[str, str]]:
    """Every setting of the table, checked, and where each came from. Raises BadSetting."""
    environ = os.environ if environ is None else environ
    written = _written(data / "kiosk.toml") if data else {}
    values, origins = {}, {}
    for name, (check, default) in TABLE.items():
        given = {
            FLAG: None if flags.get(name) == () else flags.get(name),
            ENVIRONMENT: environ.get(f"LINTEL_KIOSK_{name.upper()}") or None,
            WRITTEN: written.get(name),
            DEFAULT: default,
        }
        origin = next((one for one, value in given.items() if value is not None), DEFAULT)
        try:
            values[name] = None if given[origin] is None else check(given[origin])
        except (ValueError, TypeError) as error:
            raise BadSetting(f"{name}: {error}") from None
        origins[name] = origin
    return values, origins


def listen_of(flags: Mapping[str, Any], *, environ: Mapping[str, str] | None = None) -> str:
    """Where the agent's page is, for those who only ask it. Raises BadSetting."""
    environ = os.environ if environ is None else environ
    data = folder_of(flags.get("data"), environ=environ)
    return str(read_values(flags, data=data, environ=environ)[0]["listen"])


def folder_of(given: str | None, *, environ: Mapping[str, str] | None = None) -> Path | None:
    """Where the panel keeps its data; None where nobody says."""
    environ = os.environ if environ is None else environ
    said = given or environ.get("LINTEL_KIOSK_DATA") or environ.get("LINTEL_DATA")
    return Path(said) if said else None


@dataclass(frozen=True, slots=True)
class Around:
    """What the supervisor and the session that a command runs in have said; None where they said nothing."""

    notify: str | None  # where systemd listens for signs of life
    watchdog: float | None  # seconds that it waits for one
    run: Path | None  # our folder below /run
    wayland: str | None  # the display, where a compositor runs
    environ: Mapping[str, str] = field(repr=False)  # for a program that is started: nothing of ours in it


def around(environ: Mapping[str, str] | None = None) -> Around:
    """As sd_notify(3), sd_watchdog_enabled(3) and systemd.exec(5) have it."""
    environ = os.environ if environ is None else environ
    micros = environ.get("WATCHDOG_USEC", "")
    mine = environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
    run = environ.get("RUNTIME_DIRECTORY", "").partition(":")[0]
    private = ("LINTEL_", "NOTIFY_SOCKET", "WATCHDOG_", "CREDENTIALS_DIRECTORY", "STATE_DIRECTORY")
    return Around(
        notify=environ.get("NOTIFY_SOCKET") or None,
        watchdog=int(micros) / 1e6 if micros.isdecimal() and mine and int(micros) > 0 else None,
        run=Path(run) if run else None,
        wayland=environ.get("WAYLAND_DISPLAY") or None,
        environ={name: value for name, value in environ.items() if not name.startswith(private)},
    )


def _written(path: Path) -> dict[str, Any]:
    """The settings file. Raises BadSetting for what is no setting: a misspelt name must not go unnoticed."""
    try:
        written = tomllib.loads(path.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError) as error:
        raise BadSetting(f"{path.name}: {error}") from None
    for name in written:
        if name not in TABLE:
            near = get_close_matches(name, TABLE, n=1)
            hint = f", did you mean {near[0]}?" if near else ""
            raise BadSetting(f"{path.name}: {name} is not a setting{hint}")
    return written


def _token_from(file: str | None) -> str | None:
    if file is None:
        return None
    try:
        token = Path(file).read_text("utf-8").strip()
    except (OSError, ValueError) as error:
        raise BadSetting(f"token_file: {error}") from None
    if not token:
        raise BadSetting("token_file: the file is empty")
    return token
