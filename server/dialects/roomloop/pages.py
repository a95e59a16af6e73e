"""Lists by pages: `{"data": […], "next_cursor": null}`; the cursor of a page leads to the next one."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from server.dialects.kit.app import Call
from server.dialects.kit.text import sound
from server.dialects.roomloop.errors import wrong

Item = TypeVar("Item")
Place = tuple[int, int]
MOST = 200


class Strict(BaseModel):
    """A query or a body in which what is not known is refused."""

    model_config = ConfigDict(extra="forbid")


def plain(call: Call) -> None:
    """Raises Invalid where a parameter comes twice, or at a route that takes none: never is one simply left out."""
    for name, values in call.request.args.lists():
        if len(values) > 1 or call.route.query is None:
            why = "is given more than once" if len(values) > 1 else "is not known"
            raise wrong(**{name if sound(name) else "query": why})


class Page(Strict):
    """Which page of a list."""

    limit: int = Field(default=100, ge=1, le=MOST, description="So many at most")
    cursor: str = Field(default="", description="next_cursor of the page before")

    @property
    def after(self) -> Place | None:
        """The place that the cursor means; a 400 where it is none of ours."""
        if not self.cursor:
            return None
        try:
            text = urlsafe_b64decode(self.cursor + "=" * (-len(self.cursor) % 4)).decode("ascii")
            first, second = (int(part) for part in text.split(":"))
        except ValueError:
            first, second = 0, -1
        if abs(first) > 10**12 or not 0 <= second < 2**62:
            raise wrong(cursor="is not one that was given here")
        return first, second


class Listed(BaseModel, Generic[Item]):
    """A page of a list; `next_cursor` null: it is the last."""

    data: list[Item]
    next_cursor: str | None


def cursor(place: Place | None) -> str | None:
    """The cursor that leads on from a place; None where there is nothing more."""
    if place is None:
        return None
    return urlsafe_b64encode("{}:{}".format(*place).encode()).decode().rstrip("=")
