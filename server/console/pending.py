"""A sign-in at the provider that was begun and not yet finished; apart, so that a house without one loads nothing."""

from dataclasses import dataclass
from datetime import timedelta

LASTS = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Pending:
    """What must come back (state, nonce, the verifier's word), where to go then, when it was begun (epoch)."""

    state: str
    nonce: str
    verifier: str
    onward: str
    at: int
