"""A client that signs, written from the protocol: parameters in, the address to ask or the form to send out."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote_plus, urlencode

from server.core.access import CLI
from tests.make import House


@dataclass(frozen=True)
class Key:
    """An API key as its holder has it."""

    number: int
    ak: str
    secret: str

    def signed(self, path: str, params: Mapping[str, str], at: int | None, *, php: bool = False) -> dict[str, str]:
        """The parameters with the key, the time (None: a persistent signature) and the signature over `path`."""
        told = {**params, "ak": self.ak} | ({"timestamp": str(at)} if at is not None else {})
        inside = sorted(told.items(), key=lambda it: it[0].lower())
        text = "&".join(f"{name.lower()}={_plus(value, php=php)}" for name, value in inside)
        digest = hmac.new(self.secret.encode(), f"{path}?{text}".encode(), hashlib.sha1).hexdigest()
        return {**told, "signature": digest}

    def url(self, path: str, params: Mapping[str, str], at: int | None, *, php: bool = False) -> str:
        """What to ask."""
        return f"{path}?{urlencode(self.signed(path, params, at, php=php))}"


def _plus(value: str, *, php: bool) -> str:
    return quote_plus(value).replace("~", "%7E") if php else quote_plus(value)


def key_of(house: House, person: int, *, persistent: bool = False) -> Key:
    """A new key of somebody's."""
    made = house.engine.api_keys.create(person, "indico", CLI, persistent=persistent)
    return Key(made.key.number, made.ak, made.secret)
