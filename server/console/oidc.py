"""Sign-in by OpenID Connect: code flow with PKCE, and an identity token that is believed only where all of it is right.

Decisions:
- What the provider says of itself is read once an hour; where it is away, what it said last is good for a day.
- Its keys are read once an hour, and at once where a token names one that we do not know (at most once a minute), so
  that a provider may change its keys whenever it likes.
- What was asked (state, nonce, verifier, where to go then) lies sealed in the browser that asked, for ten minutes: the
  answer is taken from no other, and any of several servers can take it.
- Only RS256 and ES256 are taken, so no token is believed that is unsigned or signed with what everybody can read.
"""

import hmac
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jwt import ClaimsOption

from server.console import outbound
from server.console.pending import LASTS, Pending
from server.core.clock import Clock, epoch, monotonic
from server.core.errors import Barred, Later
from server.core.people import parted
from server.engine.identities import Told

ALGORITHMS = ["RS256", "ES256"]
LEEWAY = 60
FRESH, STALE, AGAIN, AFTER_FAILURE = 3600.0, 86_400.0, 60.0, 10.0
SCOPE = "openid email profile"
MOST_GROUPS = 1000


@dataclass(frozen=True, slots=True)
class Client:
    """How we are known to the provider, and what its claims are called."""

    issuer: str
    client_id: str
    client_secret: str
    groups_claim: str = "groups"
    scope: str = SCOPE


class Kept:
    """A document of the provider: read when it is old, kept where it cannot be read; not asked for in vain again."""

    def __init__(self, read: Callable[[], Any], timer: Callable[[], float]) -> None:
        self._read, self._timer = read, timer
        self._value: Any = None
        self._at, self._failed, self._wanted = -STALE, -AFTER_FAILURE, -AGAIN
        self._lock = threading.Lock()

    def get(self, *, anew: bool = False) -> Any:
        """The document, read anew where it is old, or where that is wanted, but so at most once a minute.

        Raises Later where there is none at all.
        """
        with self._lock:
            now = self._timer()
            wanted = anew and now - self._wanted >= AGAIN
            if wanted:
                self._wanted = now
            if (wanted or now - self._at >= FRESH) and now - self._failed >= AFTER_FAILURE:
                try:
                    self._value, self._at = self._read(), self._timer()
                except Later:
                    self._failed = self._timer()
            if self._value is None or self._timer() - self._at >= STALE:
                raise Later(int(AFTER_FAILURE))
            return self._value


@dataclass(frozen=True, slots=True)
class Provider:
    """The provider, as one client of it. Raises Barred("identity", need=code) for what cannot be believed, or Later."""

    client: Client
    clock: Clock
    timer: Callable[[], float] = monotonic
    _about: list[Kept] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._about.append(Kept(self._discover, self.timer))
        self._about.append(Kept(self._read_keys, self.timer))

    def begin(self, back: str, onward: str) -> tuple[str, Pending]:
        """Where to send the browser, and what to keep in it. `back` is our own address for the answer."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        pending = Pending(state, nonce, verifier, onward, epoch(self.clock.now()))
        session = outbound.Session(
            self.client.client_id, scope=self.client.scope, redirect_uri=back, code_challenge_method="S256"
        )
        url, _ = session.create_authorization_url(
            self._endpoint("authorization_endpoint"),
            state=pending.state, nonce=pending.nonce, code_verifier=pending.verifier,
        )  # fmt: skip
        return str(url), pending

    def finish(self, pending: Pending | None, answer: Mapping[str, str], back: str) -> Told:
        """Whom the provider names, by the answer that the browser brought."""
        now = self.clock.now()
        if pending is None or not timedelta() <= _since(pending, now) <= LASTS:
            raise Barred("identity", need="took_too_long")
        if not hmac.compare_digest(answer.get("state", "").encode(), pending.state.encode()):
            raise Barred("identity", need="state")
        if answer.get("iss", self._issuer) != self._issuer:  # RFC 9207
            raise Barred("identity", need="issuer")
        if "error" in answer or not answer.get("code"):
            raise Barred("identity", need="denied" if answer.get("error") == "access_denied" else "provider")
        client = (self.client.client_id, self.client.client_secret)
        try:
            tokens = outbound.exchange(
                self._endpoint("token_endpoint"), client, method=self._method(), code=answer["code"], redirect_uri=back,
                code_verifier=pending.verifier,
            )  # fmt: skip
        except outbound.Rejected as error:
            raise Barred("identity", need="code") from error
        claims = self.claims(tokens.get("id_token"), pending.nonce, now)
        return self._told({**self._more(claims, tokens), **claims})

    def claims(self, token: object, nonce: str, now: datetime) -> Mapping[str, Any]:
        """What an identity token says; Barred where any of it is not as it must be."""
        if not isinstance(token, str) or len(token) > outbound.LARGEST:
            raise Barred("identity", need="token")
        there: ClaimsOption = {"essential": True}
        issuer: ClaimsOption = {"essential": True, "value": self._issuer}
        party: ClaimsOption = {"essential": True, "value": self.client.client_id}
        wanted = jwt.JWTClaimsRegistry(
            now=epoch(now), leeway=LEEWAY, iss=issuer, aud=party, exp=there, iat=there, sub=there, nonce=there
        )
        try:
            claims = jwt.decode(token, self._key(token), algorithms=ALGORITHMS).claims
            wanted.validate(claims)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise Barred("identity", need="token") from error
        parties = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
        named = claims.get("azp", self.client.client_id if len(parties) == 1 else None)
        if named != self.client.client_id:
            raise Barred("identity", need="token")
        if not hmac.compare_digest(str(claims["nonce"]).encode(), nonce.encode()):
            raise Barred("identity", need="nonce")
        return claims

    def _more(self, claims: Mapping[str, Any], tokens: Mapping[str, Any]) -> Mapping[str, Any]:
        """What the provider says where it is asked once more, if its token left out address or groups.

        It is of the same person, or nothing.
        """
        place, bearer = self._about[0].get().get("userinfo_endpoint"), tokens.get("access_token")
        if {"email", self.client.groups_claim} <= set(claims) or not place or not isinstance(bearer, str):
            return {}
        told = outbound.fetch(place, bearer=bearer)
        return told if told.get("sub") == claims["sub"] else {}

    def _told(self, claims: Mapping[str, Any]) -> Told:
        first, last = _text(claims, "given_name"), _text(claims, "family_name")
        if not (first or last):
            first, last = parted(_text(claims, "name"))
        return Told(
            issuer=self._issuer, subject=_text(claims, "sub"), email=_text(claims, "email"),
            verified=claims.get("email_verified") in (True, "true"), first_name=first, last_name=last,
            groups=_groups(claims, self.client.groups_claim),
        )  # fmt: skip

    def _key(self, token: str) -> Any:
        """The key that the token names; the keys are read anew where we do not know it."""
        kid = jws.extract_compact(token.encode()).headers().get("kid")
        for anew in (False, True):
            keys: KeySet = self._about[1].get(anew=anew)
            found = [key for key in keys if key.kid == kid or (kid is None and len(keys.keys) == 1)]
            if found:
                return found[0]
        raise Barred("identity", need="key")

    @property
    def _issuer(self) -> str:
        return str(self._about[0].get()["issuer"])

    def _endpoint(self, name: str) -> str:
        return outbound.safe(self._about[0].get().get(name))

    def _method(self) -> str:
        """How we prove who we are; a client without a secret is told by its verifier alone."""
        if not self.client.client_secret:
            return "none"
        known = self._about[0].get().get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        return "client_secret_basic" if "client_secret_basic" in known else "client_secret_post"

    def _discover(self) -> dict[str, Any]:
        found = outbound.fetch(f"{self.client.issuer}/.well-known/openid-configuration")
        # An issuer may end in a slash, which settings leave off; but it must be the one we were told.
        if str(found.get("issuer", "")).rstrip("/") != self.client.issuer:
            raise Later(outbound.RETRY)
        return found

    def _read_keys(self) -> KeySet:
        found = outbound.fetch(self._endpoint("jwks_uri"))
        try:
            usable = [
                key for key in found["keys"] if key.get("use", "sig") == "sig" and key.get("kty") in ("RSA", "EC")
            ]
            return KeySet.import_key_set({"keys": usable})
        except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise Later(outbound.RETRY) from error


def _since(pending: Pending, now: datetime) -> timedelta:
    return timedelta(seconds=epoch(now) - pending.at)


def _text(claims: Mapping[str, Any], name: str) -> str:
    found = claims.get(name)
    return found.strip() if isinstance(found, str) else ""


def _groups(claims: Mapping[str, Any], name: str) -> frozenset[str] | None:
    """The groups told; None where the provider says that they are too many to tell (Entra's overage)."""
    told = claims.get(name)
    if told is None:
        return None if name in (claims.get("_claim_names") or {}) else frozenset()
    listed = [told] if isinstance(told, str) else told if isinstance(told, list) else []
    return frozenset(each for each in listed[:MOST_GROUPS] if isinstance(each, str) and 0 < len(each) <= 255)
