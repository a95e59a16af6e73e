"""Entity tags: answering 304 to who has seen it already, and refusing a change made on an old view.

Lists and computed answers carry a weak tag over their bytes; a booking's tag is its version, `"3"`.
"""

import hashlib
import re
from collections.abc import Callable

from flask import Request

from server.core.errors import Invalid, Stale

TIME = re.compile(rb'"time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"')
"""Where an answer tells the present time, for clients that set their clock by it."""

# No white space in front: looked for from each of 60,000 blanks it would take a minute, and it is not needed.
_TAGS = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"\s*(?:,|$)')


def tag_of(data: bytes) -> str:
    """A weak tag over an answer's bytes, but for the present time: an answer that differs in that alone is the same."""
    return f'W/"{hashlib.blake2b(TIME.sub(b"", data, count=1), digest_size=12).hexdigest()}"'


def version_tag(version: int) -> str:
    return f'"{version}"'


def seen(request: Request, tag: str) -> bool:
    """True where If-None-Match names the tag (weak comparison, RFC 9110 section 13.1.2) or is `*`."""
    header = request.headers.get("If-None-Match")
    if header is None:
        return False
    plain = tag.removeprefix("W/").strip('"')
    return header.strip() == "*" or any(value == plain for _, value in _TAGS.findall(header))


def wanted_version(request: Request, current: Callable[[], int]) -> int | None:
    """The version that If-Match insists on; None where it is absent or `*`.

    `current` is asked only where several tags or none that could be a version are given; Stale where none
    fits (a weak tag never does, RFC 9110 section 13.1.1), Invalid where the header cannot be read.
    """
    header = request.headers.get("If-Match")
    if header is None or header.strip() == "*":
        return None
    tags = _TAGS.findall(header)
    if not tags:
        raise Invalid({"If-Match": 'must be an entity tag such as "3"'})
    versions = [int(value) for weak, value in tags if not weak and value.isdecimal() and len(value) < 10]
    if len(tags) == 1 and versions:
        return versions[0]
    now = current()
    if now not in versions:
        raise Stale(now)
    return now
