"""Asks for a reboot of the machine, and remembers it, so that a fault that a reboot does not mend ends in no loop.

The agent has no rights: it writes one file into its runtime folder, and a path unit of systemd acts on it (see
systemd/lintel-kiosk-reboot.path). That folder is there only where the units are installed.

What has been asked for is kept on the card. Its instants are times that have certainly passed (`Clock.at_least`): a
machine whose date is wrong after the boot can make an hour longer, never shorter. One that seems to be still to come is
of a boot that knew more of the time than this one, and counts as well.
"""

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from kiosk import durable

log = logging.getLogger(__name__)

RUN = Path("/run/lintel-kiosk")
MOST, WITHIN = 2, 3600.0  # so many in so many seconds that the ladder may ask for
KEPT = 20


class Times(Protocol):
    def at_least(self) -> float: ...


class Reboots:
    """`folder` is the panel's data, `run` the folder that the path unit watches."""

    def __init__(self, folder: Path, times: Times, *, run: Path = RUN) -> None:
        self._file, self._times, self._run = folder / "reboots.json", times, run

    def possible(self) -> bool:
        """Whether anybody would act on it."""
        return self._run.is_dir()

    def may(self) -> bool:
        """Whether a machine that tries to mend itself may ask once more."""
        now = self._times.at_least()
        return self.possible() and sum(abs(now - at) < WITHIN for at in self._asked()) < MOST

    def ask(self, why: str) -> bool:
        """Ask, whoever wants it; False where nobody would act on it. It is written down before it is asked for."""
        if not self.possible():
            return False
        try:
            asked = [*self._asked(), self._times.at_least()][-KEPT:]
            durable.write(self._file, json.dumps(asked).encode())
            (self._run / "reboot").write_text(why + "\n", "utf-8")
        except OSError as error:
            log.error("reboot cannot_ask=%s", error.strerror)
            return False
        log.warning("reboot asked=%s", why)
        return True

    def mend(self, why: str) -> bool:
        """Ask, unless it has been asked too often lately."""
        return self.may() and self.ask(why)

    def _asked(self) -> list[float]:
        try:
            return [float(at) for at in json.loads(durable.read(self._file))]
        except (OSError, durable.Torn, ValueError, TypeError):
            return []


def silent(why: str) -> bool:
    """In place of `Reboots.mend` where nobody may ask."""
    return False


Mend = Callable[[str], bool]
