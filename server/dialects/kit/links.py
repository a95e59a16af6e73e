"""The one builder of URLs: the public address from the settings, the mount of the request, and a path.

Never from the request's Host, which anybody may write.
"""

from collections.abc import Mapping
from urllib.parse import quote, urlencode


class Links:
    """`public_url` such as https://rooms.example.org (or "" for URLs relative to the host)."""

    def __init__(self, public_url: str = "") -> None:
        self._base = public_url.rstrip("/")

    def to(self, mount: str, path: str, *parts: str, query: Mapping[str, str] | None = None) -> str:
        """`to("/api/v1", "/rooms/{}/bookings/{}", room, uid)`: each part percent-encoded into its braces."""
        filled = path.format(*(quote(part, safe="") for part in parts))
        return self._base + quote(mount) + filled + (f"?{urlencode(query)}" if query else "")
