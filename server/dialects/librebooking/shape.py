"""Two shapes from one set of models: as the API is documented, and as the 2.8 server really writes it.

How to write a model. Sub-class `Model` (every object begins with `links` and `message`) or, for the few small objects
that have neither, `Part`; name the fields as they travel; say with the types below what differs between the shapes:

    class ResourceBody(Model):
        resourceId: Id                                   # 7             "7"
        requiresApproval: Flag                           # true          1
        allowMultiday: FlagText                          # true          "1"
        minLength: Interval                              # "2 minutes"   "0d0h2m"; None: null or ""
        lastLogin: Stamp                                 # null          ""; else in the zone of the datetime given
        groups: Keyed[GroupBody]                         # [{…}, …]      {"3": {…}, …} by `id`
        adminGroup: Where                                # "https://…"   "/…"
        participants: Names                              # ["Ada"]       {"2": "Ada"}, [] where there are none
        resources: Nested[AvailabilityBody]              # [{…}]         [[{…}]]
        message: Said = "The group was created"          # null          the text
        credits: Annotated[int, DOCUMENTED_ONLY]         # there         absent
    Shaped(documented, wire, schema, schema) makes another.

Views build models and never ask for the shape. Ids that were just made are numbers in both shapes: `int`. Models of
requests are sub-classes of `Given`: unknown fields, and numbers for texts or texts for numbers, are all right there.

Decision: pydantic's own machinery. The shape is the context of the serialisation, what one shape lacks is an `exclude`,
and the schema of each shape comes from the same marks, so that a document cannot say other than what is written.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, GetCoreSchemaHandler
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

from server.dialects.kit.writing import LeftOut, Writing

SHAPES = ("documented", "wire")
T = TypeVar("T")
Schema = dict[str, Any]
TEXT: Schema = {"type": "string"}
WHOLE: Schema = {"type": "integer"}
NOTHING: Schema = {"type": "null"}


@dataclass(frozen=True, eq=False)
class Shaped:
    """A mark on a type: what is made of a value in each shape, and the schema of that.

    Where `deep`, the functions get the value as it is written already, and the schemas are made of its schema.
    """

    documented: Callable[[Any], Any]
    wire: Callable[[Any], Any]
    schema_documented: Any
    schema_wire: Any
    deep: bool = False

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        inner: Any = dict(handler(source))
        if self.deep:
            write = core_schema.wrap_serializer_function_ser_schema(_Deep(self), info_arg=True, schema=inner)
            return core_schema.no_info_after_validator_function(_as_it_is, inner, serialization=write)
        inner["serialization"] = core_schema.plain_serializer_function_ser_schema(_Flat(self), info_arg=True)
        return inner  # type: ignore[no-any-return]

    def written_in(self, shape: str) -> Callable[[Any], Any]:
        return self.wire if shape == "wire" else self.documented

    def written(self, value: Any, shape: str) -> Any:
        return self.written_in(shape)(value)

    def schema(self, shape: str) -> Any:
        return self.schema_wire if shape == "wire" else self.schema_documented


@dataclass(frozen=True)
class _Flat:
    mark: Shaped

    def __call__(self, value: Any, info: Any) -> Any:
        # As `written`, without a step more: this runs for each such field of each row of a list.
        return self.mark.wire(value) if info.context == "wire" else self.mark.documented(value)


@dataclass(frozen=True)
class _Deep:
    mark: Shaped

    def __call__(self, value: Any, handler: Callable[[Any], Any], info: Any) -> Any:
        return self.mark.written(handler(value), info.context)


@dataclass(frozen=True)
class _Ready(_Deep):
    def __call__(self, value: Any, handler: Callable[[Any], Any], info: Any) -> Any:
        return value


class Ready:
    """A mark on a list: its rows are written already, by `row_marks`; the schema is the type's own."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        inner: Any = dict(handler(source))
        as_it_is = _Ready(Shaped(_as_it_is, _as_it_is, _as_it_is, _as_it_is, deep=True))
        write = core_schema.wrap_serializer_function_ser_schema(as_it_is, info_arg=True, schema=inner)
        return core_schema.no_info_after_validator_function(_as_it_is, inner, serialization=write)


@dataclass(frozen=True)
class Only:
    """A mark on a field: one shape has it, the other does not."""

    shape: str

    def __get_pydantic_json_schema__(self, schema: core_schema.CoreSchema, handler: Any) -> Schema:
        return {**handler(schema), "x-only": self.shape}


DOCUMENTED_ONLY, WIRE_ONLY = Only("documented"), Only("wire")


def stamp(instant: datetime) -> str:
    """2026-11-23T11:00:00-0500, in the zone that the datetime has."""
    return _in_utc(instant) if instant.tzinfo is UTC else _stamp(instant)


def _stamp(instant: datetime) -> str:
    text = instant.isoformat(timespec="seconds")
    return text[:22] + text[23:25]


_in_utc = lru_cache(maxsize=4096)(_stamp)  # bookings begin and end at the same few times; buffers repeat them


@lru_cache(maxsize=1024)  # most reservations are as long as many others
def in_words(length: timedelta) -> str:
    """1 hours 30 minutes; days, hours and minutes, without those that are nought."""
    named = zip(_parts(length), ("days", "hours", "minutes"), strict=True)
    parts = [f"{count} {name}" for count, name in named if count]
    return " ".join(parts) or "0 minutes"


def in_letters(length: timedelta) -> str:
    """0d1h30m."""
    return "{}d{}h{}m".format(*_parts(length))


def _parts(length: timedelta) -> tuple[int, int, int]:
    hours, minutes = divmod(int(length.total_seconds()) // 60, 60)
    return (*divmod(hours, 24), minutes)


def _as_it_is(value: Any) -> Any:
    return value


def _or(missing: Any, write: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: missing if value is None else write(value)


def _optional(schema: Schema) -> Schema:
    return {"anyOf": [schema, NOTHING]}


Id = Annotated[int, Shaped(_as_it_is, str, WHOLE, TEXT)]
"""The number of a thing: a number, or on the wire a text. Any other figure that is so, too."""

Flag = Annotated[bool, Shaped(_as_it_is, int, {"type": "boolean"}, {"enum": [0, 1]})]
"""true or false; on the wire 1 or 0."""

FlagText = Annotated[bool, Shaped(_as_it_is, lambda it: str(int(it)), {"type": "boolean"}, {"enum": ["0", "1"]})]
"""true or false; on the wire "1" or "0"."""

Stamp = Annotated[datetime | None, Shaped(_or(None, stamp), _or("", stamp), _optional(TEXT), TEXT)]
"""An instant in the zone that the datetime has; none is null, on the wire "". An aware datetime, in UTC or local."""

Interval = Annotated[timedelta | None, Shaped(_or(None, in_words), _or("", in_letters), _optional(TEXT), TEXT)]
"""A length of time: "2 minutes", on the wire "0d0h2m"; none is null, on the wire ""."""

Said = Annotated[str, Shaped(lambda it: None, _as_it_is, NOTHING, TEXT)]
"""What only the wire says."""

Where = Annotated[str, Shaped(_as_it_is, lambda url: urlsplit(url).path, TEXT, TEXT)]
"""A URL; on the wire its path alone."""

Names = Annotated[
    dict[int, str],
    Shaped(
        lambda it: list(it.values()),
        lambda it: {str(number): name for number, name in it.items()} or [],
        {"type": "array", "items": TEXT},
        {"anyOf": [{"type": "array", "maxItems": 0}, {"type": "object", "additionalProperties": TEXT}]},
    ),
]
"""People by number: a list of their names; on the wire an object by number, or an empty list."""

Keyed = Annotated[
    list[T],
    Shaped(
        _as_it_is,
        lambda items: {str(it["id"]): it for it in items},
        _as_it_is,
        lambda inner: {"type": "object", "additionalProperties": inner["items"]},
        deep=True,
    ),
]
"""A list; on the wire an object by `id`."""

Nested = Annotated[
    list[T],
    Shaped(_as_it_is, lambda items: [items], _as_it_is, lambda inner: {"type": "array", "items": inner}, deep=True),
]
"""A list; on the wire a list with that list in it."""


class Part(BaseModel):
    """A small object that has neither links nor a message of its own."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)


class Link(Part):
    """Where to go on; `title` is the name of the route there."""

    href: str
    title: str


class Model(Part):
    """An object as it travels; it begins with `links` and `message`."""

    links: list[Link] = []
    message: str | None = None


class Deleted(Model):
    """It is gone."""

    message: str | None = "The item was deleted"


def _no_blank(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


def _no_blanks(value: Any) -> Any:
    """Without the zeros and blanks that forms send for nothing."""
    if value is None or value == "":
        return []
    return [it for it in value if str(it).strip() not in ("", "0", "None")] if isinstance(value, list) else value


MOST = 2**53
Number = Annotated[Annotated[int, Field(ge=-MOST, le=MOST)] | None, BeforeValidator(_no_blank)]
"""A number or a text that is one; null and blanks are none."""

Numbers = Annotated[list[Annotated[int, Field(ge=1, le=MOST)]], BeforeValidator(_no_blanks), Field(max_length=2_000)]
"""Numbers of things; zeros and blanks are left out."""

Choice = Annotated[bool | None, BeforeValidator(_no_blank)]
"""true, false, 1, 0, or one of these as text; null and blanks are none."""


class Given(BaseModel):
    """What a client sends: unknown fields are passed over, a number may stand for a text."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)


class _Document(GenerateJsonSchema):
    shape = SHAPES[0]

    def ser_schema(self, schema: Any) -> Any:
        """What a marked value is written as in this shape."""
        function = schema.get("function")
        if isinstance(function, _Flat):
            return dict(function.mark.schema(self.shape))
        if isinstance(function, _Deep):
            return function.mark.schema(self.shape)(self.generate_inner(schema["schema"]))
        return super().ser_schema(schema)

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> Schema:
        """Without the default where it is written: it may be another value in this shape."""
        return self.generate_inner(schema["schema"]) if self.mode == "serialization" else super().default_schema(schema)

    def model_schema(self, schema: core_schema.ModelSchema) -> Schema:
        """A model without the fields that this shape lacks."""
        found = super().model_schema(schema)
        properties = found.get("properties", {})
        gone = {name for name, it in properties.items() if it.pop("x-only", self.shape) != self.shape}
        if gone:
            found["properties"] = {name: it for name, it in properties.items() if name not in gone}
            found["required"] = [name for name in found.get("required", ()) if name not in gone]
        return found


class _OnTheWire(_Document):
    shape = SHAPES[1]


def left_out(kind: Any, shape: str, around: tuple[Any, ...] = ()) -> LeftOut | None:
    """What values of the type lack in a shape, as pydantic's `exclude`; None where it is nothing."""
    origin = get_origin(kind)
    if origin is Annotated:
        return left_out(get_args(kind)[0], shape, around)
    if origin in (Union, UnionType):
        found: LeftOut = {}
        for option in get_args(kind):
            found |= left_out(option, shape, around) or {}
        return found or None
    if origin is list:
        inner = left_out(get_args(kind)[0], shape, around)
        return {"__all__": inner} if inner else None
    if not (isinstance(kind, type) and issubclass(kind, BaseModel)) or kind in around:
        return None
    lacks: LeftOut = {}
    for name, field in kind.model_fields.items():
        if any(isinstance(mark, Only) and mark.shape != shape for mark in field.metadata):
            lacks[name] = True
        elif inner := left_out(field.annotation, shape, (*around, kind)):
            lacks[name] = inner
    return lacks or None


@cache
def row_marks(kind: type[BaseModel], shape: str) -> tuple[tuple[str, Callable[[Any], Any]], ...]:
    """The fields of a flat model that are not written as they are, each with what is made of its value.

    For long lists: a dict of the fields, so treated, is written several times as fast as a model. TypeError where the
    model has deep marks or lacks fields in the shape.
    """
    found = []
    for name, field in kind.model_fields.items():
        inner = [each for option in get_args(field.annotation) for each in getattr(option, "__metadata__", ())]
        for mark in (*field.metadata, *inner):
            if isinstance(mark, Only) or (isinstance(mark, Shaped) and mark.deep):
                raise TypeError(f"{kind.__name__}.{name} is not flat")
            write = mark.written_in(shape) if isinstance(mark, Shaped) else _as_it_is
            if write is not _as_it_is:
                found.append((name, _or(None, write) if mark in inner else write))
    return tuple(found)


def writing(shape: str) -> Writing:
    """How answers are written in a shape; ValueError for one that is none."""
    if shape not in SHAPES:
        raise ValueError(f"shape must be one of {', '.join(SHAPES)}, not {shape!r}")
    document = _OnTheWire if shape == "wire" else _Document
    return Writing("application/json", shape, lambda kind: left_out(kind, shape), document)
