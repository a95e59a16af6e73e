"""What is around every result: how many, of what, when it was asked, and whether the server left something out.

Decision: there is no cache of ten minutes; an entity tag over the results tells a client that nothing is new. When and
how it was asked is no part of it, so a client that signs every request anew is told so, too.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from pydantic import BaseModel, Field

from server.core.clock import epoch
from server.dialects.indico import formats
from server.dialects.indico.desk import Desk
from server.dialects.indico.parameters import yes
from server.dialects.kit.app import Call
from server.dialects.kit.conditional import tag_of
from server.dialects.kit.faults import Lost
from server.dialects.kit.route import Answer


class Result(BaseModel):
    """The envelope, of 2011 and of today in one."""

    count: int
    additionalInfo: dict[str, Any]
    complete: bool = Field(description="False where the server's own bound cut the list")
    ts: int = Field(description="When this was told, in seconds since 1970")
    url: str = Field(description="What was asked")
    results: Any
    type: str = Field(alias="_type", description="HTTPAPIResult")


def enveloped(
    desk: Desk, call: Call, results: Sequence[Any] | Mapping[str, Any], *, complete: bool = True,
    said: str | None = None,
) -> Answer:  # fmt: skip
    """The results in the format asked for. `said`: what was asked, where that is not the query."""
    value = {
        "count": 1 if isinstance(results, Mapping) else len(results), "additionalInfo": {}, "complete": complete,
        "ts": epoch(desk.now()), "url": asked(call, said), "results": results, "_type": "HTTPAPIResult",
    }  # fmt: skip
    request = call.request
    pretty = yes(request.args.get("pretty") or request.args.get("p"))
    kind = formats.asked(request)
    data, media = formats.written(kind, value, request, pretty=pretty)
    if request.method != "GET":
        return Answer(data, media=media)
    same = data
    for name in ("ts", "url"):
        same = same.replace(formats.inside(kind, str(value[name])), b"", 1)
    return Answer(data, headers={"ETag": tag_of(same)}, media=media)


def offered(kind: str, *types: str) -> None:
    """Raises Lost where an address does not have this type."""
    if kind not in types:
        raise Lost


def asked(call: Call, said: str | None = None) -> str:
    """The address that was asked, with its query as it was sent."""
    query = call.request.query_string.decode("ascii", "replace") if said is None else said
    return call.links.to(call.mount, "") + quote(call.request.path) + (f"?{query}" if query else "")
