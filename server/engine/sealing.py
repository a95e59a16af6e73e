"""The break-glass account: one administrator's, whose password still opens the house where local passwords are off."""

from dataclasses import dataclass, replace

from server.core.access import Actor, require
from server.core.clock import Clock, whole
from server.core.errors import Objection, Refused
from server.core.people import Account, Role, effective_role
from server.engine.passwords import Passwords, generated
from server.engine.people import found
from server.store import people, sessions
from server.store.database import Note, Store, Tx

LENGTH = 24


@dataclass(frozen=True, slots=True)
class Sealing:
    """The use case, for administrators. Raises Unknown, Barred, Refused, Later or Full."""

    store: Store
    clock: Clock
    passwords: Passwords

    def there(self) -> bool:
        """Whether there is one that could be used today."""
        with self.store.reading() as tx:
            return any(it.sealed and it.account is Account.ACTIVE for it in people.every(tx))

    def seal(self, number: int, actor: Actor) -> str:
        """Makes an account the sealed one, and no other; its new password is told this once.

        Refused("not_an_admin") where it could not do anything on the day it is needed.
        """
        require(actor, "people")
        secret = generated(LENGTH)
        kept = self.passwords.digest(secret)

        def work(tx: Tx) -> str:
            people.lock_admins(tx)
            it = found(tx, number)
            if effective_role(it) is not Role.ADMIN or it.account is not Account.ACTIVE:
                raise Refused((Objection("not_an_admin", ""),))
            others = [other for other in people.every(tx) if other.sealed and other.number != number]
            sealed = [*(replace(other, sealed=False, version=other.version + 1) for other in others)]
            people.update_all(tx, [*sealed, replace(it, sealed=True, version=it.version + 1)])
            people.set_secret(tx, number, "password", kept)
            sessions.delete_of(tx, number)
            tx.note(Note(whole(self.clock.now()), "person_sealed", None, number, actor))
            return secret

        return self.store.writing(work)
