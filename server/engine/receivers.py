"""Who is told of tickets: receivers of a category in a place, by mail or by webhook."""

import re
from dataclasses import dataclass, replace
from typing import Any

from server.core.access import Actor, require
from server.core.clock import Clock, whole
from server.core.errors import Invalid, Objection, Refused, Unknown
from server.core.people import EMAIL, LANGUAGES
from server.core.tickets import CATEGORIES, EVERY, KINDS, LONGEST_DELAY, Receiver, quiet_of
from server.engine.house import House
from server.store import hooks, tickets
from server.store.database import Note, Store, Tx

MOST = 2_000
LONGEST_TARGET, LONGEST_QUIET = 255, 40
CHANGES = ("language", "delay_minutes", "quiet")


@dataclass(frozen=True, slots=True)
class Receivers:
    """The use cases of receivers. All raise Invalid, Unknown, Barred, Refused, Later or Full."""

    store: Store
    clock: Clock
    house: House

    def all(self, actor: Actor) -> tuple[Receiver, ...]:
        """Every receiver, in the order of their making. For those who run the places, as all of this."""
        require(actor, "places")
        with self.store.reading() as tx:
            return tuple(tickets.receivers(tx))

    def add(self, wish: Receiver, actor: Actor) -> Receiver:
        """A new receiver; its number is given here. Refused("receiver_taken") where there is the same already."""
        require(actor, "places")
        wish = replace(wish, target=wish.target.strip(), quiet=_quiet(wish.quiet))
        _check(wish)

        def work(tx: Tx) -> Receiver:
            if wish.place not in self.house.at(tx).places:
                raise Unknown("place", f"#{wish.place}")
            if wish.kind == "hook" and hooks.by_id(tx, wish.target) is None:
                raise Unknown("hook", wish.target)
            if len(tickets.receivers(tx)) >= MOST:
                raise Refused((Objection("too_many_receivers", "", {"most": MOST}),))
            number = tickets.insert_receiver(tx, wish)
            if number is None:
                raise Refused((Objection("receiver_taken", wish.category),))
            return self._noted(tx, "receiver_added", replace(wish, number=number, version=1), actor)

        return self.store.writing(work)

    def change(self, number: int, actor: Actor, **fields: Any) -> Receiver:
        """Sets language, delay_minutes (None: what the category asks for) or quiet of a receiver."""
        require(actor, "places")
        if unknown := set(fields) - set(CHANGES):
            raise Invalid(dict.fromkeys(unknown, "cannot be changed"))

        def work(tx: Tx) -> Receiver:
            wish = replace(_known(tx, number), **fields)
            wish = replace(wish, quiet=_quiet(wish.quiet), version=wish.version + 1)
            _check(wish)
            tickets.update_receiver(tx, wish)
            return self._noted(tx, "receiver_changed", wish, actor)

        return self.store.writing(work)

    def remove(self, number: int, actor: Actor) -> Receiver:
        """It is told of nothing any more."""
        require(actor, "places")

        def work(tx: Tx) -> Receiver:
            it = _known(tx, number)
            tickets.delete_receiver(tx, number)
            return self._noted(tx, "receiver_removed", it, actor)

        return self.store.writing(work)

    def _noted(self, tx: Tx, what: str, it: Receiver, actor: Actor) -> Receiver:
        # The address is somebody's: it is not for the feed.
        codes = (it.category, it.kind, f"place={it.place}")
        tx.note(Note(whole(self.clock.now()), what, None, it.number, actor, codes=codes))
        return it


def _known(tx: Tx, number: int) -> Receiver:
    it = tickets.receiver(tx, number)
    if it is None:
        raise Unknown("receiver", str(number))
    return it


def _quiet(text: str) -> str:
    return "".join(text.lower().split())


def _check(it: Receiver) -> None:
    """Raises Invalid for a receiver that cannot be."""
    bad = {}
    if it.category != EVERY and it.category not in CATEGORIES:
        bad["category"] = f"one of {', '.join(CATEGORIES)}, or * for all"
    if it.kind not in KINDS:
        bad["kind"] = "mail or hook"
    if it.kind == "mail" and (len(it.target) > LONGEST_TARGET or not EMAIL.fullmatch(it.target)):
        bad["target"] = "an e-mail address"
    if it.kind == "hook" and not re.fullmatch(r"hook_[A-Za-z0-9_-]{1,64}", it.target):
        bad["target"] = "the id of a webhook"
    if it.language and it.language not in LANGUAGES:
        bad["language"] = f"one of {', '.join(LANGUAGES)}"
    if it.delay_minutes is not None and not 0 <= it.delay_minutes <= LONGEST_DELAY:
        bad["delay_minutes"] = f"0 to {LONGEST_DELAY}"
    if len(it.quiet) > LONGEST_QUIET:
        bad["quiet"] = "too long"
    else:
        try:
            quiet_of(it.quiet)
        except ValueError as error:
            bad["quiet"] = str(error)
    if bad:
        raise Invalid(bad)
