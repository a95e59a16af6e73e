"""What opens the house to a person, as values: sessions, keys of vendors' shapes, badges. Never a secret."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Session:
    """One sign-in. `id` is the digest of its secret; `source` the door; `label` what the person was using.

    `ends_at` is when it ends whatever happens.
    """

    id: str
    person: int
    source: str
    label: str
    made_at: datetime
    seen_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key of a person's. `kind` names whose shape it has; `prefix` is its visible beginning.

    `sealed`: the secret that requests are signed with, where there is one, as the instance's key seals it.
    `persistent`: signatures without a time are taken. `blocked`: kept, but opens nothing until it is unblocked.
    """

    number: int
    person: int
    kind: str
    name: str
    prefix: str
    sealed: str | None
    persistent: bool
    blocked: bool
    made_at: datetime
    last_used_at: datetime | None = None
    expires_at: datetime | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Badge:
    """A badge of a person's; `id` is the beginning of its digest."""

    id: str
    person: int
    label: str
    made_at: datetime
