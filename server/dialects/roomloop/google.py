"""Google's ID tokens: who somebody is, believed only where all of it is right.

Decisions:
- RS256 alone, so no token is believed that is unsigned or signed with what everybody can read; the key is the one that
  the token names, or, where the keys have no names, any of them.
- `aud` is one of our client ids, `iss` Google in either of its spellings, `exp` and `iat` are there and fit, and where
  domains are named, `hd` is one of them. `azp` may be another app of the same house: so Google has it for phones.
- Somebody is (https://accounts.google.com, `sub`), the same as by the pages' sign-in where that is Google's, too. Roles
  and groups are the house's own; Google's tokens tell none.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwt import ClaimsOption

from server.core.clock import Clock, epoch
from server.core.errors import Barred, Unnamed
from server.core.people import parted
from server.dialects.roomloop.google_keys import Keys
from server.engine.identities import Terms, Told

ISSUER = "https://accounts.google.com"
ISSUERS = ["accounts.google.com", ISSUER]
LEEWAY = 60
LONGEST = 16_384


@dataclass(frozen=True, slots=True)
class Google:
    """Google, as one of its clients. `domains` empty: any. `terms`: whether unknown people get an account."""

    clients: frozenset[str]
    keys: Keys
    clock: Clock
    domains: frozenset[str] = frozenset()
    terms: Terms = field(default_factory=lambda: Terms(create=False))

    def told(self, token: str) -> Told:
        """Whom the token names. Unnamed where it cannot be believed, Barred for other domains, Later without keys."""
        claims = self._claims(token)
        if self.domains and str(claims.get("hd", "")).lower() not in self.domains:
            raise Barred("identity", need="domain")
        first, last = _text(claims, "given_name"), _text(claims, "family_name")
        if not (first or last):
            first, last = parted(_text(claims, "name"))
        verified = claims.get("email_verified") in (True, "true")
        return Told(ISSUER, _text(claims, "sub"), _text(claims, "email"), verified, first, last, groups=None)

    def _claims(self, token: str) -> Mapping[str, Any]:
        there: ClaimsOption = {"essential": True}
        issuer: ClaimsOption = {"essential": True, "values": ISSUERS}
        wanted = jwt.JWTClaimsRegistry(
            now=epoch(self.clock.now()), leeway=LEEWAY, iss=issuer, aud=there, exp=there, iat=there, sub=there
        )
        try:
            claims = self._signed(token)
            wanted.validate(claims)
        except (JoseError, ValueError, TypeError, KeyError, RecursionError) as error:
            raise Unnamed(missing=False) from error
        if not isinstance(claims["aud"], str) or claims["aud"] not in self.clients:
            raise Unnamed(missing=False)
        if not 0 < len(_text(claims, "sub")) <= 255:
            raise Unnamed(missing=False)
        return claims

    def _signed(self, token: str) -> dict[str, Any]:
        """What the token says, where one of the keys that it may mean has signed it. Raises JoseError and its like."""
        if len(token) > LONGEST or not token.isascii():
            raise ValueError("no token")
        headers = jws.extract_compact(token.encode()).headers()
        if headers.get("alg") != "RS256":
            raise ValueError("not signed as Google signs")
        kid = headers.get("kid")
        for key in self.keys.named(kid if isinstance(kid, str) else None):
            try:
                return jwt.decode(token, key, algorithms=["RS256"]).claims
            except JoseError:
                continue
        raise ValueError("signed with no key of Google's")


def _text(claims: Mapping[str, Any], name: str) -> str:
    found = claims.get(name)
    return found.strip() if isinstance(found, str) else ""
