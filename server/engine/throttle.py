"""Guessing made slow: who has been wrong too often waits, on every process and after a restart.

Decisions: a try is counted, in a transaction of its own, before it is judged, so that many at once gain nothing and a
crash forgives nothing. Names in the table are digests by the instance's key: what people type for a login is sometimes
their password, and addresses are nobody's business. Strangers who guess at an account make it wait for addresses from
which its owner has never signed in; where the owner has, only that address's own failures count.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network

from server.core.clock import Clock, whole
from server.core.errors import Later
from server.core.throttle import Bound, Tally, charged, locked, pause, refunded
from server.engine.instance import Instance
from server.store import throttles
from server.store.database import Note, Store, Tx

QUARTER = timedelta(minutes=15)
BOUNDS = {
    # Signing in: an account from one address, an account from wherever its owner is not known, an address at all.
    "pair": Bound(5, pause=timedelta(minutes=1), longest=timedelta(hours=1), most=100),
    "account": Bound(20, pause=timedelta(minutes=1), longest=timedelta(hours=1), most=100),
    "address": Bound(50, window=QUARTER),
    # PINs: somebody's at one door about one booking, somebody's wherever, any at one door.
    "pin": Bound(5, window=QUARTER),
    "holder": Bound(10, pause=QUARTER, most=100),
    "door": Bound(20, window=QUARTER),
    "badge": Bound(10, window=QUARTER),
    "register": Bound(10, window=timedelta(hours=1)),
    # Devices: codes that somebody types, those typed in the whole house; devices of an address that ask to be let in.
    "code": Bound(5, window=timedelta(minutes=1)),
    "codes": Bound(50, window=timedelta(hours=1)),
    "pairing": Bound(300, window=timedelta(minutes=10)),
}
SHARED = ("address:", "door:", "code:", "codes:")
KNOWN = timedelta(days=90)
"""So long an address from which somebody has signed in is theirs."""


@dataclass(frozen=True, slots=True)
class Throttle:
    """Counts tries and says when the next one is judged."""

    store: Store
    clock: Clock
    instance: Instance

    def name(self, kind: str, *parts: str) -> str:
        """The name of a count: the kind, and a digest of each thing it is about."""
        return ":".join([kind, *(self.instance.digest("throttle", part)[:24] for part in parts)])

    def charge(self, tries: Iterable[tuple[str, str]], actor: str) -> None:
        """Counts one more failure under each (kind, name); Later(too_many) where one of them must wait, uncounted."""
        wanted = {name: BOUNDS[kind] for kind, name in tries}
        now = whole(self.clock.now())

        def work(tx: Tx) -> None:
            found = throttles.look(tx, wanted, lock=True)
            _refuse(found, wanted, now)
            after = {name: charged(found[name], bound, now) for name, bound in wanted.items()}
            throttles.put(tx, after)
            for name, bound in wanted.items():
                if locked(after[name], bound):
                    tx.note(Note(now, "tries_locked", None, None, actor, codes=(name.partition(":")[0],)))

        self.store.writing(work)

    def refuse(self, tries: Iterable[tuple[str, str]]) -> None:
        """Later(too_many) where one of them must wait; counts nothing.

        Asked before `charge`, so that who hammers at a closed door takes no writers' turns.
        """
        wanted = {name: BOUNDS[kind] for kind, name in tries}
        with self.store.reading() as tx:
            _refuse(throttles.look(tx, wanted), wanted, whole(self.clock.now()))

    def right(self, tx: Tx, tries: Iterable[tuple[str, str]]) -> None:
        """Being right ends the counts of failures in a row, and takes its own try back from what many share."""
        wanted = {name: BOUNDS[kind] for kind, name in tries}
        shared = {name: it for name, it in throttles.look(tx, wanted, lock=True).items() if name.startswith(SHARED)}
        throttles.put(tx, {name: refunded(it, wanted[name]) for name, it in shared.items()})
        throttles.forget(tx, set(wanted) - set(shared))

    def know(self, tx: Tx, account: str, address: str) -> None:
        """Remembers that somebody has signed in from there."""
        throttles.put(tx, {self.name("known", account, address): Tally(since=whole(self.clock.now()))})

    def knows(self, account: str, address: str) -> bool:
        """Whether somebody has signed in from there in the last months."""
        name = self.name("known", account, address)
        with self.store.reading() as tx:
            found = throttles.look(tx, [name]).get(name)
        return found is not None and whole(self.clock.now()) - found.since < KNOWN

    def of(self, account: str) -> list[str]:
        """How the names of all counts of somebody's begin."""
        return [self.name(kind, account) for kind in ("pair", "account", "pin", "holder")]

    def forget(self, tx: Tx, names: Iterable[str]) -> int:
        """Forgets all counts whose names begin so; returns how many there were."""
        return sum(throttles.forget_all(tx, name) for name in names)

    def tidy(self) -> int:
        """Removes counts that no longer matter; returns how many."""
        now = whole(self.clock.now())

        def work(tx: Tx) -> int:
            gone = throttles.tidy(tx, "known:", now - KNOWN, None)
            for kind, bound in BOUNDS.items():
                # A window is over after its time; a row of failures is remembered for a month.
                age = timedelta(days=1) if bound.window else timedelta(days=30)
                gone += throttles.tidy(tx, f"{kind}:", now - age, bound.most)
            return gone

        return self.store.writing(work)


def _refuse(found: Mapping[str, Tally], wanted: Mapping[str, Bound], now: datetime) -> None:
    waits = [pause(tally, wanted[name], now) for name, tally in found.items()]
    if longest := max((wait for wait in waits if wait is not None), default=None):
        raise Later(max(1, int(longest.total_seconds())), too_many=True)


def place_of(address: str) -> str:
    """What is counted as one address: an IPv4 address, or the /64 of an IPv6 address, which one household has."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    mapped = getattr(found, "ipv4_mapped", None)
    return str(mapped or (found if found.version == 4 else ip_network(f"{found}/64", strict=False)))
