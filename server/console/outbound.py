"""Asking the sign-in provider over the network: bounded in time, size and number, so that it can hold up nobody else.

Decision: at most three requests are under way at once; whoever comes while they are is told to come again. All doors
share the threads of the web server, and a provider that hangs must not take them from the bookings.
"""

import io
import json
import threading
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session

from server.core.clock import monotonic
from server.core.errors import Later

CONNECT, SILENCE, TOTAL = 5.0, 5.0, 10.0
"""Seconds: to reach the provider, between two pieces of its answer, and for all of it."""
LARGEST = 1024 * 1024
RETRY = 10
_UNDER_WAY = threading.BoundedSemaphore(3)
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class Rejected(Exception):
    """The provider answered, and its answer is no; `args[0]` is the code of it."""


class Session(OAuth2Session):  # type: ignore[misc]  # Authlib has no types
    """Authlib's client with our bounds on every request."""

    def send(self, request: requests.PreparedRequest, **how: Any) -> requests.Response:
        """Sends and reads all of the answer; no redirects, for a provider's endpoints are where it says."""
        end = monotonic() + TOTAL
        how |= {"stream": True, "allow_redirects": False, "timeout": (CONNECT, SILENCE)}
        answer: requests.Response = super().send(request, **how)
        body = bytearray()
        for piece in answer.iter_content(16_384):
            body += piece
            if monotonic() > end or len(body) > LARGEST:
                answer.close()
                raise requests.Timeout("too long an answer")
        answer.raw = io.BytesIO(bytes(body))
        answer._content = bytes(body)
        return answer


def safe(url: object) -> str:
    """The URL, where it is one that secrets may be sent to: https, or this machine. Raises Later otherwise."""
    parts = urlsplit(url if isinstance(url, str) else "")
    if parts.hostname and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)):
        return str(url)
    raise Later(RETRY)


def fetch(url: str, *, bearer: str = "") -> dict[str, Any]:
    """The JSON object at a URL, asked for with an access token where there is one; raises Later where there is none."""
    headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {bearer}"} if bearer else {})
    with _turn(), Session() as session:
        try:
            answer = session.get(safe(url), withhold_token=True, headers=headers)
            found = answer.json() if answer.status_code == 200 else None
        except (requests.RequestException, ValueError):
            found = None
    if not isinstance(found, dict):
        raise Later(RETRY)
    return found


def exchange(url: str, client: tuple[str, str], *, method: str, **form: str) -> Mapping[str, Any]:
    """The tokens for a code. Raises Rejected where the provider refuses it, Later where it does not answer."""
    with _turn(), Session(*client, token_endpoint_auth_method=method) as session:
        try:
            found: Mapping[str, Any] = session.fetch_token(safe(url), grant_type="authorization_code", **form)
        except AuthlibBaseError as error:
            raise Rejected(str(error.error)[:40]) from error
        except (requests.RequestException, json.JSONDecodeError, ValueError) as error:
            raise Later(RETRY) from error
    return found


class _turn:
    """One of the few requests that may be under way; raises Later where all are."""

    def __enter__(self) -> None:
        if not _UNDER_WAY.acquire(timeout=1):
            raise Later(RETRY)

    def __exit__(self, *_: object) -> None:
        _UNDER_WAY.release()
