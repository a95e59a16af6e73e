"""This panel as a member of its house: its key, whom it believes, the settings it was given, and how that changes.

A panel that was started with a token of its own (a demo, a test) is none: it believes the machine's certificates or
`ca_file`, keeps no card, and never pairs.
"""

import logging
from collections.abc import Callable
from dataclasses import replace

import requests

from kiosk.card import Card, Cards, proven, renewed
from kiosk.clock import Clock
from kiosk.given import GivenFile
from kiosk.me import Me
from kiosk.screen.facts import Who
from kiosk.settings import Settings
from kiosk.trust import Trust

log = logging.getLogger(__name__)

REVOKED = 600.0  # seconds in which the server does not know our key, until we believe that it never will again


class NoKey(Exception):
    """There is neither a token nor a card that was let in."""


class Member:
    """`settings` are those in force. `told` is for the sync thread, the rest for all."""

    def __init__(self, settings: Settings, *, clock: Clock, changed: Callable[[Settings], None]) -> None:
        """`changed` is told the settings when the server gives others. Raises NoKey."""
        self._clock = clock
        self._server = settings.server
        self._cards = Cards(settings.data)
        self.card = self._cards.load() if settings.token is None else None
        if settings.token is None and (self.card is None or not self.card.let_in):
            raise NoKey
        self._given = GivenFile(settings.data, settings, changed=changed)
        self._state = "good"
        self._me: Me | None = None
        self._unknown_since: float | None = None
        self._trust = Trust(
            self.card.authorities if self.card else (),
            before=self.card.before if self.card else (),
            ca_file=settings.ca_file,
            trusted=lambda: clock.now() if clock.verified else None,
        )

    @property
    def settings(self) -> Settings:
        return replace(self._given.settings, token=self.card.token) if self.card else self._given.settings

    @property
    def who(self) -> Who:
        card = self.card
        if card is None:
            me = self._me
            return Who(me.number, me.name, me.kind, me.state) if me else Who()
        return Who(card.number, card.name, card.kind, self._state, card.fingerprint)

    def session(self) -> requests.Session:
        """For one thread; believes whom this panel believes at each moment."""
        return self._trust.session()

    def told(self, me: Me) -> None:
        """The server says who we are."""
        self._me, self._state = me, me.state
        self._given.take(me.said)
        if self.card is not None and me.number:
            self._renew(self.card, me)

    def known(self, heard: bool) -> None:
        """Whether the server knows our key, at each of its answers that says so."""
        if heard:
            self._unknown_since = None
        elif self._unknown_since is None:
            self._unknown_since = self._clock.elapsed()

    @property
    def revoked(self) -> bool:
        """Our key has been unknown for so long that it will stay so. Never of a token from the settings."""
        since = self._unknown_since
        return self.card is not None and since is not None and self._clock.elapsed() - since >= REVOKED

    def prove(self) -> None:
        """See whether the server is believed by the newest authorities alone: then those of before go. May wait."""
        if self.card is not None and self.card.before:
            self._become(self.card)

    def _renew(self, old: Card, me: Me) -> None:
        try:
            self._become(renewed(old, me))
        except (TypeError, ValueError):
            log.error("member authorities=unreadable")

    def _become(self, card: Card) -> None:
        old, card = self.card, proven(card, lambda authorities: self._trust.reaches(self._server, authorities))
        if old is None or card == old:
            return
        if (card.authorities, card.before) != (old.authorities, old.before):
            log.info("member authorities=%d before=%d", len(card.authorities), len(card.before))
            self._trust.become(card.authorities, before=card.before)
        self.card = card
        self._cards.keep(card)
