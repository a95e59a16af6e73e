"""Every setting of the server: its name, its default, what it is for, and where its value came from.

One TOML file (`--config`, else DIR/lintel.toml, else /etc/lintel/server.toml), then the environment (LINTEL_…), then a
file named by LINTEL_…_FILE for secrets. Reading never raises: what is wrong becomes a complaint with an id and a hint,
and `lintel doctor` shows all of it. The only module that reads the environment.
"""

import difflib
import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from server.core.people import LANGUAGES
from server.values import address as _address
from server.values import choice as _choice
from server.values import count as _count
from server.values import database as _database
from server.values import domain as _domain
from server.values import keep as _keep
from server.values import key as _key
from server.values import kinds as _kinds
from server.values import listed as _listed
from server.values import listen as _listen
from server.values import loopback as _loopback
from server.values import networks as _networks
from server.values import ports as _ports
from server.values import switch as _switch
from server.values import url as _url
from server.values import url_or_path as _url_or_path
from server.values import zone as _zone

SYSTEM_FILE = Path("/etc/lintel/server.toml")


def _setting(default: Any, about: str, read: Callable[[str], Any] = str, *, secret: bool = False) -> Any:
    return field(default=default, metadata={"about": about, "read": read, "secret": secret})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings as one value. A name with two underscores is a table in the file: `roomvox.words`."""

    database_url: str = _setting(
        "",
        "sqlite:////path/file.db or postgresql://user@host/name; empty: lintel.db in the data folder",
        _database,
        secret=True,
    )
    listen: str = _setting("127.0.0.1:8080", "address and port of the web server")
    public_url: str = _setting("", "how people's browsers reach the server; links are built from it", _url)
    threads: int = _setting(8, "threads that answer requests", _count(1, 64))
    connection_limit: int = _setting(2000, "connections kept open at once", _count(10, 20_000))
    pin_core: int = _setting(-1, "processor core the server stays on; -1: the last one, -2: any", _count(-2, 1023))
    rate: int = _setting(50, "requests a second that one key may make; 0: any number", _count(0, 100_000))
    burst: int = _setting(200, "requests that one key may make at once, before the rate counts", _count(1, 100_000))
    zone: str = _setting("UTC", "time zone of rooms that are added without one", _zone)
    series_months: int = _setting(24, "months ahead for which the dates of a series are booked", _count(1, 36))
    log_level: str = _setting("info", "debug, info, warning or error", _choice("debug", "info", "warning", "error"))
    native_roots: bool = _setting(True, "serve the vendors' own addresses at the root, too", _switch)
    trusted_proxy: str = _setting("", "address of the proxy before us whose word on the asker's address is believed")
    auth__local: bool = _setting(True, "local passwords; off: they open nothing but the sealed account", _switch)
    oidc__issuer: str = _setting("", "the sign-in provider's issuer URL; empty: none", _url)
    oidc__client_id: str = _setting("", "how the provider knows this server")
    oidc__client_secret: str = _setting("", "the secret that the provider gave this server", secret=True)
    oidc__name: str = _setting("single sign-on", "what the button of the sign-in page calls the provider")
    oidc__groups_claim: str = _setting("groups", "where the provider's tokens list somebody's groups")
    oidc__admin_group: str = _setting("", "whoever is in this group of the provider's is an administrator")
    oidc__staff_group: str = _setting("", "whoever is in this group of the provider's is staff")
    oidc__required_group: str = _setting("", "who is not in this group of the provider's is kept out")
    oidc__create: bool = _setting(True, "people whom the provider names and nobody knows get an account", _switch)
    retention__bookings_days: int = _setting(
        0, "days after which texts of past bookings go; 0: never", _count(0, 36_500)
    )
    retention__sign_ins_days: int = _setting(
        90, "days after which it is forgotten when somebody was last seen; 0: never", _count(0, 36_500)
    )
    retention__people_days: int = _setting(
        0, "days after which inactive people are erased; 0: never", _count(0, 36_500)
    )
    retention__tickets_days: int = _setting(
        365, "days after which closed tickets go, with what was written of them; 0: never", _count(0, 36_500)
    )
    retention__door_ops_days: int = _setting(
        400, "days for which it is kept what panels did while they were cut off", _count(400, 36_500)
    )
    retention__op_days: int = _setting(
        400, "days for which answers are kept for repeated requests", _count(400, 36_500)
    )
    tickets__request_hours: int = _setting(
        4, "working hours for which a request may wait for approval before staff are told", _count(1, 1_000)
    )
    mail__host: str = _setting("", "the mail server that letters go through; empty: no letters")
    mail__port: int = _setting(0, "its port; 0: 587 for starttls, 465 for tls, 25 for none", _count(0, 65_535))
    mail__security: str = _setting(
        "starttls", "how the way there is kept secret: starttls, tls or none", _choice("starttls", "tls", "none")
    )
    mail__user: str = _setting("", "the name that we sign in to it with; empty: without")
    mail__password: str = _setting("", "the password that belongs to it", secret=True)
    mail__ca: str = _setting("", "file with the authority that its certificate is by, where that is the house's own")
    mail__from: str = _setting("", "the address that letters come from", _address)
    mail__name: str = _setting("Lintel", "the name before that address")
    mail__reply_to: str = _setting("", "where answers go, if elsewhere", _address)
    mail__kinds: str = _setting(
        "usual", "which letters are sent: usual, or some of their kinds, as in: usual, digest", _kinds
    )
    mail__language: str = _setting("en", "language of letters to whom we do not know", _choice(*LANGUAGES))
    people__registration: str = _setting(
        "off",
        "accounts that people make themselves: off, awaiting (an administrator lets them in) or open",
        _choice("off", "awaiting", "open"),
    )
    audit__heads: str = _setting(
        "log", "where signed heads of the audit go: log, hook and mail, or none", _listed("log", "hook", "mail", "none")
    )
    audit__mail_to: str = _setting("", "e-mail addresses that heads are sent to, with commas")
    backup__folder: str = _setting("", "where backups that are taken by themselves go; empty: none are")
    backup__key: str = _setting("", "the public key they are sealed to (age1… or an SSH one)", _key)
    backup__keep: str = _setting(
        "48h 14d 8w 12m", "the newest of how many hours, days, weeks and months is kept", _keep
    )
    disk__ballast_mb: int = _setting(64, "MiB given up when the disk is full; 0: none", _count(0, 10_240))
    session__idle_minutes: int = _setting(30, "minutes after which a session that is not used ends", _count(5, 1440))
    hooks__allow: str = _setting("", "networks of ours that webhooks may reach (10.1.0.0/16, …); none else", _networks)
    hooks__ports: str = _setting("", "ports that webhooks may reach beside 443 and 80, separated by commas", _ports)
    hooks__http: bool = _setting(
        False, "webhooks may go to http:// addresses, which everybody on the way reads", _switch
    )
    devices__authorities: str = _setting(
        "", "file with the certificates of the authorities that devices shall believe (PEM); empty: their machines' own"
    )
    push__listen: str = _setting(
        "127.0.0.1:0", "address and port where devices hold a connection for news; port 0: any; empty: none", _listen
    )
    push__url: str = _setting(
        "", "where devices reach that: an address, or a path on this server as they reach it", _url_or_path
    )
    push__connections: int = _setting(5_000, "devices that hold a connection at once", _count(10, 50_000))
    reports__people: str = _setting(
        "off",
        "reports on who books: off, departments (of at least five people) or people",
        _choice("off", "departments", "people"),
    )
    metrics__listen: str = _setting(
        "", "loopback address and port where /metrics asks for no token, such as 127.0.0.1:9464; empty: none", _loopback
    )
    indico__mode: int = _setting(
        0, "Indico: 0 key, 1 only with key, 2 signed, 3 only with signed key, 4 everything signed", _count(0, 4)
    )
    indico__signature_ttl: int = _setting(600, "Indico: seconds for which a signature counts", _count(10, 86_400))
    indico__persistent: bool = _setting(
        False, "Indico: signatures without a time count, where the key allows it, too", _switch
    )
    indico__guests: bool = _setting(True, "Indico: rooms may be looked up by name without a key", _switch)
    indico__legacy: bool = _setting(False, "Indico: buildings are numbers, types and addresses as in 2011", _switch)
    indico__honest_status: bool = _setting(
        False, "Indico: a booking that is refused answers 409 or 400, not 200 with a message", _switch
    )
    indico__uid_domain: str = _setting("", "Indico: what follows the @ in calendars; empty: public_url's host", _domain)
    roomloop__rate: int = _setting(120, "RoomLoop: requests a minute of one token; 0: any number", _count(0, 100_000))
    roomloop__burst: int = _setting(40, "RoomLoop: requests of one token at once", _count(1, 100_000))
    roomloop__allow_http: bool = _setting(False, "RoomLoop: plain http from other machines is served, too", _switch)
    roomloop__google_clients: str = _setting("", "RoomLoop: our client ids at Google; empty: no sign-in with Google")
    roomloop__google_keys: str = _setting(
        "https://www.googleapis.com/oauth2/v3/certs", "RoomLoop: where Google's keys are, a URL or a file", _url_or_path
    )
    roomloop__google_domains: str = _setting("", "RoomLoop: Google Workspace domains that may sign in; empty: any")
    roomloop__google_create: bool = _setting(
        False, "RoomLoop: people whom Google names and nobody knows get an account", _switch
    )
    librebooking__shape: str = _setting(
        "documented",
        "shape of LibreBooking's answers at /Web/Services: documented or wire",
        _choice("documented", "wire"),
    )
    librebooking__session_minutes: int = _setting(
        30, "minutes after which a session of LibreBooking's clients that is not used ends", _count(5, 1440)
    )
    roomvox__words: str = _setting("documented", "status words: documented or wire", _choice("documented", "wire"))


@dataclass(frozen=True, slots=True)
class Complaint:
    """Something wrong with a setting: an id that stays the same, the setting, and what to do."""

    id: str
    name: str
    hint: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """The settings, where each value came from, and what is wrong."""

    settings: Settings
    sources: Mapping[str, str]
    complaints: tuple[Complaint, ...]
    data: Path


def shown(name: str) -> str:
    """The name as it stands in the file: roomvox__words is roomvox.words."""
    return name.replace("__", ".")


def load(data: Path, config: Path | None = None, environment: Mapping[str, str] | None = None) -> Loaded:
    """Reads the settings for a data folder; never raises."""
    env = os.environ if environment is None else environment
    complaints: list[Complaint] = []
    found = _from_file(config, data, complaints)
    found |= _from_environment(env, complaints)
    known = {shown(f.name): f for f in fields(Settings)}
    values: dict[str, Any] = {}
    sources = dict.fromkeys(known, "default")
    for name, (text, source) in found.items():
        if name not in known:
            close = difflib.get_close_matches(name, known, 1)
            hint = f"did you mean {close[0]}?" if close else "there is no such setting"
            complaints.append(Complaint("settings.unknown", name, f"{source}: {hint}"))
            continue
        try:
            values[known[name].name] = known[name].metadata["read"](text)
            sources[name] = source
        except ValueError as error:
            complaints.append(Complaint("settings.value", name, f"{source}: {error}"))
    settings = Settings(**values)
    if not settings.database_url:
        values["database_url"] = f"sqlite:///{data.absolute() / 'lintel.db'}"
        settings = Settings(**values)
    return Loaded(settings, sources, (*complaints, *together(settings)), data)


def together(it: Settings) -> list[Complaint]:
    """What is wrong with settings that are fine one by one: they would let nobody in, or secrets out."""
    found = []
    host = urlsplit(it.oidc__issuer).hostname
    if it.oidc__issuer.startswith("http://") and host not in ("127.0.0.1", "::1", "localhost"):
        found.append(Complaint("oidc.plain", "oidc.issuer", "must begin with https://; our secret is sent there"))
    if it.push__url.startswith("http://") and urlsplit(it.push__url).hostname not in ("127.0.0.1", "::1", "localhost"):
        found.append(Complaint("push.plain", "push.url", "must begin with https://; devices send their keys there"))
    if it.oidc__issuer and not it.oidc__client_id:
        found.append(Complaint("oidc.client", "oidc.client_id", "the provider at oidc.issuer knows us by one"))
    if it.oidc__issuer and not it.public_url and not it.listen.startswith(("127.", "[::1]", "localhost")):
        found.append(Complaint("oidc.address", "public_url", "the provider sends people back there"))
    plain = it.roomloop__google_keys.startswith("http://")
    if plain and urlsplit(it.roomloop__google_keys).hostname not in ("127.0.0.1", "::1", "localhost"):
        found.append(Complaint("roomloop.plain", "roomloop.google_keys", "must begin with https://"))
    if it.mail__host and not it.mail__from:
        found.append(Complaint("mail.from", "mail.from", "letters need an address that they come from"))
    if it.mail__password and it.mail__security == "none" and it.mail__host not in ("127.0.0.1", "::1", "localhost"):
        found.append(Complaint("mail.plain", "mail.security", "none, and there is a password that all could read"))
    if "mail" in it.audit__heads.split(",") and not it.audit__mail_to:
        found.append(Complaint("audit.mail", "audit.mail_to", "audit.heads says mail, and nobody is named here"))
    if it.backup__folder and not it.backup__key:
        found.append(Complaint("backup.key", "backup.key", "backups are sealed to one: lintel backup-key makes it"))
    if not it.auth__local and not it.oidc__issuer:
        found.append(Complaint("auth.nobody", "auth.local", "off, and there is no oidc.issuer: nobody could sign in"))
    return found


def _from_file(config: Path | None, data: Path, complaints: list[Complaint]) -> dict[str, tuple[str, str]]:
    for path in [config] if config is not None else [data / "lintel.toml", SYSTEM_FILE]:
        try:
            raw = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            if config is not None:
                complaints.append(Complaint("settings.file", str(path), "there is no such file"))
            continue
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            complaints.append(Complaint("settings.file", str(path), str(error)))
            continue
        return {name: (text, str(path)) for name, text in _flat(raw)}
    return {}


def _flat(raw: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    out: list[tuple[str, str]] = []
    for name, value in raw.items():
        if isinstance(value, Mapping):
            out += _flat(value, f"{prefix}{name}.")
        else:
            out.append((prefix + name, str(value).lower() if isinstance(value, bool) else str(value)))
    return out


def _from_environment(env: Mapping[str, str], complaints: list[Complaint]) -> dict[str, tuple[str, str]]:
    # LINTEL_ROOMVOX_WORDS could be roomvox.words or roomvox_words: the known names decide.
    names = {"LINTEL_" + f.name.replace("__", "_").upper(): shown(f.name) for f in fields(Settings)}
    out: dict[str, tuple[str, str]] = {}
    for variable, text in env.items():
        if not variable.startswith("LINTEL_") or variable.startswith("LINTEL_KIOSK_"):
            continue
        if variable in ("LINTEL_DATA", "LINTEL_CONFIG"):
            continue
        plain = variable.removesuffix("_FILE")
        if variable not in names and plain in names:
            try:
                out[names[plain]] = (Path(text).read_text(encoding="utf-8").strip(), variable)
            except (OSError, UnicodeDecodeError) as error:
                complaints.append(Complaint("settings.file", variable, str(error)))
        else:
            out[names.get(variable, variable)] = (text, variable)
    return out


@dataclass(frozen=True, slots=True)
class Supervisor:
    """Who looks after this process: where it listens for signs of life, how many seconds it waits for one; or None."""

    notify: str | None = None
    patience: float | None = None


def supervisor(env: Mapping[str, str] | None = None) -> Supervisor:
    """As sd_notify(3) and sd_watchdog_enabled(3) have it."""
    env = os.environ if env is None else env
    micros, mine = env.get("WATCHDOG_USEC", ""), env.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
    waits = micros.isdecimal() and mine and int(micros) > 0
    return Supervisor(env.get("NOTIFY_SOCKET") or None, int(micros) / 1e6 if waits else None)


def environment(**extra: str) -> dict[str, str]:
    """This process's environment with some names added, for processes that it starts."""
    return {**os.environ, **extra}
