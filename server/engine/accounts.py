"""Everything about accounts put together: they share the hashing queue, the throttle and the installation's key."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from server.core.clock import Clock
from server.engine.api_keys import ApiKeys
from server.engine.credentials import Credentials
from server.engine.groups import Groups
from server.engine.instance import Instance
from server.engine.passwords import Passwords
from server.engine.people import People
from server.engine.rights import Rights
from server.engine.sign_in import IDLE, SignIn
from server.engine.throttle import Throttle
from server.engine.tokens import Aside
from server.store.database import Store


@dataclass(frozen=True, slots=True)
class AccountTerms:
    """What the house decides about accounts. `registration`: off, awaiting or open. `local`: passwords open doors.

    `idle`: so long a session lasts that is not used; `idles`: the same for sessions that began at certain doors.
    """

    registration: str = "off"
    idle: timedelta = IDLE
    local: bool = True
    idles: Mapping[str, timedelta] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Accounts:
    """The use cases of accounts and of what opens the house to them."""

    people: People
    groups: Groups
    sign_in: SignIn
    credentials: Credentials
    api_keys: ApiKeys

    def flush(self) -> None:
        """Writes what is only remembered: when sessions and keys were last used."""
        self.sign_in.flush()
        self.api_keys.flush()

    def tidy(self) -> dict[str, int]:
        """Removes what has ended by itself: sessions, and counts of wrong tries; says how many of each."""
        return {"sessions": self.sign_in.tidy(), "tries": self.sign_in.throttle.tidy()}


def accounts_of(store: Store, clock: Clock, rights: Rights, aside: Aside, terms: AccountTerms) -> Accounts:
    """The use cases over a store."""
    instance, passwords = Instance(store), Passwords()
    throttle = Throttle(store, clock, instance)
    return Accounts(
        people=People(store, clock, passwords, throttle, terms.registration),
        groups=Groups(store, clock),
        sign_in=SignIn(store, clock, passwords, throttle, rights, aside, terms.idle, terms.local, terms.idles),
        credentials=Credentials(store, clock, instance, passwords, throttle),
        api_keys=ApiKeys(store, clock, instance, rights, aside),
    )
