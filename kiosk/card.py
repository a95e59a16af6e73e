"""What the card holds of the pairing: the panel's own key, who it is to the server, and whose word counts for it.

Decisions:
- The key is drawn here and is on the card before its digest is sent: a panel that restarts while it waits goes on
  waiting. Nobody but this panel's user can read the file.
- New authorities replace the old ones only when the server has been reached by the new ones alone; till then both are
  believed. A server that is told of a spare long before it shows its certificate never loses a panel.
- The fingerprint is of the day of the pairing and stays, whatever certificates follow: it is what staff have written
  down.
- Who is no longer let in keeps nothing of the house: plans, settings and what was owned leave the card. Ledger and
  journal stay, for what was done at this glass is owed to the server, whoever brings it; they name nobody.
"""

import hashlib
import json
import logging
import secrets
import string
import zlib
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from kiosk import durable
from kiosk.me import Me
from kiosk.trust import MOST, certificates, digest_of

log = logging.getLogger(__name__)

FILE, PREVIOUS = "pairing.json", "pairing.previous.json"
REVOKED = "revoked"  # a mark: a key of this panel was taken away, so it lets itself in no more
HOUSE = (
    "plan*.json",
    "heard.json",
    "given.json",
    "orders.json",
    "grants.json",
)  # what of the folder is the house's, not the panel's
LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
WORDS = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True)
class Card:
    """`let_in`: the server knows the key. `before`: authorities that are believed as well, until the new ones do."""

    token: str = field(repr=False)
    server: str
    let_in: bool = False
    number: int = 0
    name: str = ""
    kind: str = "panel"
    rooms: tuple[str, ...] = ()
    push: str | None = None
    fingerprint: str = ""
    authorities: tuple[str, ...] = field(default=(), repr=False)
    before: tuple[str, ...] = field(default=(), repr=False)

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.token.encode()).hexdigest()

    @property
    def prefix(self) -> str:
        """The part of the key by which staff may name it."""
        return self.token[: len("rk_dev_") + 8]


def draw_key() -> str:
    """A new device's key, 256 bits of it drawn: `rk_dev_` ID `_` SECRET `_` CRC."""
    body = f"rk_dev_{secrets.token_hex(4)}_" + "".join(secrets.choice(WORDS) for _ in range(43))
    return f"{body}_{zlib.crc32(body.encode()):08x}"


def fingerprint(digest: str, authorities: Iterable[str]) -> str:
    """What both screens show: BCDF-GHJK-LMNP. Of the key's digest (hex) and the authorities (PEM)."""
    text = "\n".join(["lintel pairing 1", digest, *sorted(digest_of(one) for one in authorities)])
    number = int.from_bytes(hashlib.sha256(text.encode()).digest(), "big")
    letters = ""
    for _ in range(12):
        number, digit = divmod(number, len(LETTERS))
        letters += LETTERS[digit]
    return f"{letters[:4]}-{letters[4:8]}-{letters[8:]}"


def renewed(card: Card, me: Me) -> Card:
    """The card as `/me` says. Raises ValueError for authorities that are none: then the old ones stay."""
    told = certificates(me.said.get("authorities") or ())
    before = card.before
    if set(told) != set(card.authorities):
        # Those that have been proven come first: they are the last that may be dropped.
        before = tuple(one for one in dict.fromkeys((*card.before, *card.authorities)) if one not in told)[:MOST]
    return replace(
        card,
        let_in=True,
        number=me.number,
        name=me.name,
        kind=me.kind,
        rooms=me.rooms,
        push=me.push,
        authorities=told,
        before=before,
    )


class Cards:
    """The file in the data folder, and the one before it: a torn card must not cost a walk to the door."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self) -> Card | None:
        """None where there is none, or none that can be read: then the panel is paired anew."""
        return next((card for card in map(self._read, (FILE, PREVIOUS)) if card is not None), None)

    def _read(self, name: str) -> Card | None:
        try:
            return _card_from(json.loads(durable.read(self._folder / name)))
        except FileNotFoundError:
            return None
        except (OSError, durable.Torn, KeyError, TypeError, ValueError, RecursionError) as error:
            log.error("card file=%s unreadable=%s", name, type(error).__name__)
            return None

    def keep(self, card: Card) -> bool:
        """False where the card does not take it."""
        try:
            newest = self._folder / FILE
            keep = self._folder / PREVIOUS if self._read(FILE) else None
            durable.write(newest, json.dumps(asdict(card)).encode(), keep=keep)
        except OSError as error:
            log.error("card file=%s cannot_write=%s", FILE, error.strerror)
            return False
        return True

    @property
    def revoked(self) -> bool:
        """Whether staff have taken a key of this panel away, and nobody at the panel has begun it anew since."""
        return (self._folder / REVOKED).exists()

    def forget(self, *, revoked: bool = False) -> None:
        """The key and all that the house has told us leave the card. What is owed stays. Raises OSError.

        `revoked`: because staff took the key away; it stays on record, for such a panel is let in by people alone.
        """
        if revoked:
            durable.replace(self._folder / REVOKED, b"")
        else:
            (self._folder / REVOKED).unlink(missing_ok=True)
        for pattern in (FILE, PREVIOUS, *HOUSE):
            for path in [*self._folder.glob(pattern), *self._folder.glob(pattern + ".new")]:
                path.unlink(missing_ok=True)
        durable.sync_folder(self._folder)
        log.info("card forgotten=yes")


def proven(card: Card, reached: Callable[[tuple[str, ...]], bool]) -> Card:
    """Without the authorities of before, where `reached` says that the server is believed by the new ones alone."""
    return replace(card, before=()) if card.before and reached(card.authorities) else card


def _card_from(data: dict[str, Any]) -> Card:
    push = data["push"]
    return Card(
        token=str(data["token"]),
        server=str(data["server"]),
        let_in=data["let_in"] is True,
        number=int(data["number"]),
        name=str(data["name"]),
        kind=str(data["kind"]),
        rooms=tuple(str(one) for one in data["rooms"]),
        push=None if push is None else str(push),
        fingerprint=str(data["fingerprint"]),
        authorities=certificates(data["authorities"]),
        before=certificates(data["before"]),
    )
