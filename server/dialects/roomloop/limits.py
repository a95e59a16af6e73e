"""How often a token may ask, and how its answers say so: one bucket per token, one per address where there is none.

Decisions:
- A bucket fills by so many a minute and holds a burst. In memory, for all requests are answered by one process (it is
  pinned to one core, serving.py): to count in the database would cost a durable write for each request that only reads,
  in the same turn that bookings wait for. Hosts that share a database each count for themselves.
- `Retry-After` (RFC 9110) always goes with a 429; with every answer to a token go the two fields of the draft
  draft-ietf-httpapi-ratelimit-headers: `RateLimit-Policy: "default";q=120;w=60` and `RateLimit: "default";r=39;t=1`,
  where r is what may be asked at once and t the seconds until the bucket is full.
- The key is a digest, so that no secret stays in memory because of it.
"""

from flask import Response, g

from server.core.errors import Later
from server.dialects.kit.rates import Buckets
from server.engine.rooms import digest
from server.engine.throttle import place_of

PER_MINUTE, BURST = 120, 40
WINDOW = 60


class Limits:
    """`per_minute` requests of one token, `burst` at once; 0 a minute: any number. Safe for many threads."""

    def __init__(self, per_minute: int = PER_MINUTE, burst: int = BURST) -> None:
        self._per_minute = per_minute
        self._buckets = Buckets(per_minute / WINDOW, burst)

    def take_token(self, secret: str) -> None:
        """One request of a token; Later(too_many) where its bucket is empty."""
        self._take(digest(secret))

    def take_address(self, address: str) -> None:
        """One request of somebody who has no token yet."""
        self._take(f"address:{place_of(address)}")

    def _take(self, key: str) -> None:
        wait = self._buckets.take(key)
        if not self._per_minute:
            return
        left, full = self._buckets.left(key)
        g.rate_limit = f'"default";r={left};t={full}'
        if wait:
            raise Later(wait, too_many=True)

    def told(self, answer: Response) -> Response:
        """The answer with what is left, where something was taken for it."""
        if (told := g.get("rate_limit")) is not None:
            answer.headers["RateLimit-Policy"] = f'"default";q={self._per_minute};w={WINDOW}'
            answer.headers["RateLimit"] = told
        return answer
