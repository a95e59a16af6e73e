"""How answers are written, and how that is documented, where one set of views serves several shapes.

A dialect with one shape needs none of this: PLAIN is pydantic's own way. One with several builds a Dialect for each,
with a Writing of its own: the models stay the same, the context tells their serialisers which shape it is, `left_out`
says what a type does not have in that shape, and `schema` is what documents it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

LeftOut = dict[Any, Any]
"""What is not written, as pydantic's `exclude` wants it."""


@dataclass(frozen=True)
class Writing:
    """One way to write answers. `media` is the content type of JSON."""

    media: str = "application/json; charset=utf-8"
    context: Any = None
    left_out: Callable[[Any], LeftOut | None] = lambda kind: None
    schema: type[GenerateJsonSchema] = GenerateJsonSchema

    def writer(self, kind: Any) -> Callable[[Any], bytes]:
        """What writes values of that type."""
        adapter = _adapter(kind)
        left_out = self.left_out(kind)
        return lambda value: adapter.dump_json(value, by_alias=True, context=self.context, exclude=left_out)


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


PLAIN = Writing()
