"""Lists by pages, where `limit` asks for them; without it a list is RoomVox's bare array.

The body stays a bare array: the way on is in the headers `Link: <…>; rel="next"` and `X-Next-Cursor`.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import TypeVar

from pydantic import BaseModel, Field

from server.dialects.kit.app import Call
from server.dialects.roomvox.errors import Unfit

Item = TypeVar("Item")
Place = tuple[int, int]


class Page(BaseModel):
    """One page of a list."""

    limit: int | None = Field(default=None, ge=1, le=200, description="At most so many; without it, no pages")
    cursor: str | None = Field(default=None, description="X-Next-Cursor of the page before")

    @property
    def fetch(self) -> int | None:
        """How many to look up: one more than is shown, to know whether there is more."""
        return None if self.limit is None else self.limit + 1

    @property
    def after(self) -> Place | None:
        """The place that the cursor means; Unfit where it is none of ours."""
        if not self.cursor:
            return None
        try:
            text = urlsafe_b64decode(self.cursor + "=" * (-len(self.cursor) % 4)).decode("ascii")
            first, second = (int(part) for part in text.split(":"))
        except ValueError:
            first, second = -1, -1
        if abs(first) > 10**12 or not 0 <= second < 2**62:
            raise Unfit("Invalid cursor", {"cursor": "is not one that was given here"})
        return first, second


def paged(
    call: Call, query: Page, found: Sequence[Item], place: Callable[[Item], Place]
) -> tuple[Sequence[Item], dict[str, str]]:
    """The page of what was found (one more than the limit where there is more), and the headers that lead on."""
    if query.limit is None or len(found) <= query.limit:
        return found, {}
    shown = found[: query.limit]
    cursor = urlsafe_b64encode("{}:{}".format(*place(shown[-1])).encode()).decode().rstrip("=")
    asked = {name: values[-1] for name, values in call.request.args.lists()}
    link = call.here({**asked, "limit": str(query.limit), "cursor": cursor})
    return shown, {"Link": f'<{link}>; rel="next"', "X-Next-Cursor": cursor}
