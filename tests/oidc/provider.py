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
        self.kind, self.proof = "RS256", "client_secret_basic"
        self.sparing, self.other, self.access = (
            False,
            "",
            "",
        )  # says little in the token; says it of another in the second answer
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
            places = {f"{name}_endpoint": f"{self.url}/{name}" for name in ("authorization", "token", "userinfo")}
            return jsonify({"issuer": self.issuer, "jwks_uri": f"{self.url}/keys", **places,
                            "token_endpoint_auth_methods_supported": [self.proof],
                            "id_token_signing_alg_values_supported": ["RS256", "ES256"]})  # fmt: skip

        @app.get("/keys")
        def keys() -> Response:
            return jsonify({"keys": [self.key.as_dict(private=False)]})

        @app.get("/userinfo")
        def userinfo() -> tuple[Response, int] | Response:
            if request.headers.get("Authorization") != f"Bearer {self.access}":
                return jsonify({"error": "invalid_token"}), 401
            return jsonify(self._known() | {"sub": self.other or self.user.subject})

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
        if not self._is_ours():
            return jsonify({"error": "invalid_client"}), 401
        digest = hashlib.sha256(request.form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            given is None
            or given["code_challenge"] != challenge
            or given["redirect_uri"] != request.form["redirect_uri"]
        ):
            return jsonify({"error": "invalid_grant"}), 400
        self.access = secrets.token_hex(8)
        told = {"access_token": self.access, "token_type": "Bearer", "expires_in": 60}
        return jsonify(told | {"id_token": self.identity(given["nonce"])})

    def _is_ours(self) -> bool:
        """Whether the client has proven itself in the way that was announced."""
        named = request.authorization
        if self.proof == "client_secret_basic":
            return named is not None and (named.username, named.password) == (CLIENT, SECRET)
        given = (request.form.get("client_id"), request.form.get("client_secret"))
        return named is None and given == (CLIENT, SECRET if self.proof == "client_secret_post" else None)

    def _known(self) -> dict[str, Any]:
        """What the provider knows of the user."""
        told: dict[str, Any] = {"name": self.user.name, self.groups_claim: list(self.user.groups), **self.user.more}
        if self.user.email:
            told |= {"email": self.user.email, "email_verified": self.user.verified}
        return told

    def claims(self, nonce: str) -> dict[str, Any]:
        """What the provider says of the user; wrong where asked."""
        now = int(self.now())
        claims: dict[str, Any] = {
            "iss": self.issuer, "sub": self.user.subject, "aud": CLIENT, "exp": now + 300, "iat": now, "nonce": nonce,
        } | ({} if self.sparing else self._known())  # fmt: skip
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
