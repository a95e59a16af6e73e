"""The settings that the server gives this panel, and of each value where it comes from.

Staff set them for the house, a place, a room or one panel; the server says what that comes to and which level said so.
They count more than `kiosk.toml` and the environment, and less than the command line, with which somebody stands before
the machine. They stay on the card, so a panel without its server looks as it did before.

What this program does not know (a newer server) and what cannot be (a theme it has not got) is left out: the value
below it counts then.
"""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from kiosk import durable
from kiosk.screen.facts import Look
from kiosk.settings import FLAG, SERVER, TABLE, Settings

log = logging.getLogger(__name__)

FILE = "given.json"
NAMES = ("language", "theme", "density", "touch", "large_type", "hour_clock", "night")
WHY = 200  # letters of who said so


@dataclass(frozen=True, slots=True)
class Given:
    """`values` are checked; `why` names the level each comes from, as staff read it."""

    values: Mapping[str, Any] = field(default_factory=dict)
    why: Mapping[str, str] = field(default_factory=dict)


def given_from(said: Mapping[str, Any]) -> Given:
    """What `/me` says of settings."""
    values, why = said.get("settings"), said.get("why")
    values, why = values if isinstance(values, dict) else {}, why if isinstance(why, dict) else {}
    checked = {}
    for name in NAMES:
        if values.get(name) is None:
            continue
        try:
            checked[name] = TABLE[name][0](values[name])
        except (ValueError, TypeError) as error:
            log.warning("given setting=%s wrong=%s", name, error)
    return Given(checked, {name: str(why.get(name, ""))[:WHY] for name in checked})


def applied(settings: Settings, given: Given) -> Settings:
    """The settings with what the server gives, but for what the command line says."""
    counts = {name: value for name, value in given.values.items() if settings.origins.get(name) != FLAG}
    origins = {name: f"{SERVER}: {given.why[name]}" if given.why.get(name) else SERVER for name in counts}
    return replace(settings, **counts, origins={**settings.origins, **origins})


def look_of(settings: Settings) -> Look:
    """How the page is drawn."""
    return Look(
        language=settings.language,
        density=settings.density,
        theme=settings.theme,
        large_type=settings.large_type,
        hour_clock=int(settings.hour_clock),
        touch=settings.touch,
    )


def told(settings: Settings) -> dict[str, dict[str, Any]]:
    """Of each setting that the server may give its value, and where it comes from."""
    return {name: {"value": getattr(settings, name), "why": settings.origins.get(name, "default")} for name in NAMES}


class GivenFile:
    """On the card, written when it changed. `changed` is told the settings as they are from now on."""

    def __init__(
        self, folder: Path, settings: Settings, *, changed: Callable[[Settings], None] = lambda _: None
    ) -> None:
        self._path, self._own, self._changed = folder / FILE, settings, changed
        self._given = self._load()
        self.settings = applied(settings, self._given)

    def take(self, said: Mapping[str, Any]) -> None:
        """What `/me` says from now on."""
        given = given_from(said)
        if given == self._given:
            return
        self._given = given
        self.settings = applied(self._own, given)
        log.info("given settings=%d", len(given.values))
        self._keep()
        self._changed(self.settings)

    def _keep(self) -> None:
        try:
            body = {"settings": dict(self._given.values), "why": dict(self._given.why)}
            durable.write(self._path, json.dumps(body).encode())
        except OSError as error:
            log.error("given cannot_write=%s", error.strerror)

    def _load(self) -> Given:
        try:
            data = json.loads(durable.read(self._path))
            return given_from(data if isinstance(data, dict) else {})
        except FileNotFoundError:
            return Given()
        except (OSError, durable.Torn, ValueError, RecursionError) as error:
            log.warning("given unreadable=%s", type(error).__name__)
            return Given()
