"""A small real OpenID provider: its own thread and port on loopback, real RS256 keys, and wrong answers where asked.

It knows people by `subject`; whoever `user` names is signed in without being asked. `wrong` makes the next identity
token wrong in one of the ways of WRONG; `rotate` replaces the key, `down` closes all doors but those of the sockets.
"""

import base64
import hashlib
import hmac
import json
import logging
import secrets
import threading
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, jsonify, redirect, request
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from werkzeug.serving import make_server
from werkzeug.wrappers import Response as Answer

CLIENT, SECRET = "lintel", "the client's secret"
WRONG = (
    "expired", "audience", "other party", "issuer", "nonce", "no nonce", "unsigned", "signed by public key",
    "unknown key", "forged", "from the future", "no subject", "not a token",
)  # fmt: skip


@dataclass
class User:
    """Somebody whom the provider knows."""

    subject: str
    email: str = ""
    verified: bool = True
    name: str = ""
    groups: tuple[str, ...] = ()
    more: dict[str, Any] = field(default_factory=dict)


class Provider:
    """The provider; `url` is its issuer. `asked` counts requests by path."""

    def __init__(self) -> None:
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self._server = make_server("127.0.0.1", 0, self._app(), threaded=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.groups_claim = "groups"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.reset()

    def reset(self) -> None:
        """As new: a fresh key, Maria at the keyboard, every answer right."""
        self.user = User("m-1", "maria@example.org", True, "Maria Klein")
        self.wrong, self.issuer, self.down, self.deny, self.wait = "", self.url, False, False, 0.0
        self.kind = "RS256"
        self.asked: dict[str, int] = {}
        self.codes: dict[str, dict[str, str]] = {}
        self.now = time.time
        self.rotate()

    def rotate(self) -> None:
        """A new key; the old one is not published any more."""
        parameters: Any = {"kid": secrets.token_hex(4), "use": "sig"}
        if self.kind == "ES256":
            self.key: Any = ECKey.generate_key("P-256", parameters)
        else:
            self.key = RSAKey.generate_key(2048, parameters)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _app(self) -> Flask:
        app = Flask(__name__)

        @app.before_request
        def count() -> tuple[str, int] | None:
            self.asked[request.path] = self.asked.get(request.path, 0) + 1
            if self.wait:
                time.sleep(self.wait)
            return ("away", 503) if self.down else None

        @app.get("/.well-known/openid-configuration")
        def discovery() -> Response:
            places = {f"{name}_endpoint": f"{self.url}/{name}" for name in ("authorization", "token")}
            return jsonify({"issuer": self.issuer, "jwks_uri": f"{self.url}/keys", **places,
                            "id_token_signing_alg_values_supported": ["RS256", "ES256"]})  # fmt: skip

        @app.get("/keys")
        def keys() -> Response:
            return jsonify({"keys": [self.key.as_dict(private=False)]})

        app.get("/authorization")(self._authorize)
        app.post("/token")(self._token)
        return app

    def _authorize(self) -> Answer:
        asked = request.args
        assert asked["response_type"] == "code"
        assert "openid" in asked["scope"].split()
        assert asked["code_challenge_method"] == "S256"
        back = asked["redirect_uri"]
        if self.deny:
            return redirect(f"{back}?{urlencode({'error': 'access_denied', 'state': asked['state']})}")
        code = secrets.token_urlsafe(16)
        self.codes[code] = dict(asked)
        return redirect(f"{back}?{urlencode({'code': code, 'state': asked['state']})}")

    def _token(self) -> tuple[Response, int] | Response:
        given = self.codes.pop(request.form.get("code", ""), None)
        named = request.authorization
        if named is None or (named.username, named.password) != (CLIENT, SECRET):
            return jsonify({"error": "invalid_client"}), 401
        digest = hashlib.sha256(request.form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            given is None
            or given["code_challenge"] != challenge
            or given["redirect_uri"] != request.form["redirect_uri"]
        ):
            return jsonify({"error": "invalid_grant"}), 400
        told = {"access_token": secrets.token_hex(8), "token_type": "Bearer", "expires_in": 60}
        return jsonify(told | {"id_token": self.identity(given["nonce"])})

    def claims(self, nonce: str) -> dict[str, Any]:
        """What the provider says of the user; wrong where asked."""
        now, user = int(self.now()), self.user
        claims: dict[str, Any] = {
            "iss": self.issuer, "sub": user.subject, "aud": CLIENT, "exp": now + 300, "iat": now, "nonce": nonce,
            "name": user.name, self.groups_claim: list(user.groups), **user.more,
        }  # fmt: skip
        if user.email:
            claims |= {"email": user.email, "email_verified": user.verified}
        claims |= {
            "expired": {"exp": now - 300, "iat": now - 600}, "audience": {"aud": "another"},
            "other party": {"aud": [CLIENT, "another"], "azp": "another"}, "issuer": {"iss": "https://elsewhere.example"},
            "nonce": {"nonce": "another"}, "from the future": {"iat": now + 7200, "exp": now + 9000},
        }.get(self.wrong, {})  # fmt: skip
        for name in {"no nonce": ["nonce"], "no subject": ["sub"]}.get(self.wrong, []):
            del claims[name]
        return claims

    def identity(self, nonce: str) -> str:
        """The identity token."""
        claims = self.claims(nonce)
        if self.wrong == "not a token":
            return "not.a.token"
        if self.wrong == "unsigned":
            return f"{_part({'alg': 'none'})}.{_part(claims)}."
        if self.wrong == "signed by public key":
            head = f"{_part({'alg': 'HS256', 'kid': self.key.kid})}.{_part(claims)}"
            return f"{head}.{_text(hmac.digest(self.key.as_pem(private=False), head.encode(), 'sha256'))}"
        key = self.key
        if self.wrong in ("unknown key", "forged"):
            kid = self.key.kid if self.wrong == "forged" else "nobody"
            key = RSAKey.generate_key(2048, {"kid": kid})
        return jwt.encode({"alg": self.kind, "kid": key.kid}, claims, key)


def _part(value: dict[str, Any]) -> str:
    return _text(json.dumps(value).encode())


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
