"""Reading what was sent, strictly: a body that is not plainly one thing is refused with the reason.

JSON is stricter here than Python's own: no NaN or Infinity, no duplicate keys, no numbers too large for any
field, at most 32 levels deep (a recursion bomb is 1 MB of brackets), UTF-8 only. Every refusal is an
Invalid that names the field.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from flask import Request
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import RequestEntityTooLarge

from server.core.errors import Invalid
from server.dialects.kit.faults import TooLarge
from server.dialects.kit.route import Route
from server.dialects.kit.text import sound

DEPTH = 32
Raw = dict[str, Any]
Source = Callable[[Request, Route], tuple[Raw, Raw]]
Model = TypeVar("Model", bound=BaseModel)

# A text that never ends reaches to the end: to try each quote inside as another begin takes quadratic time.
_STRING = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\\?\Z)', re.DOTALL)
_BRACKET = re.compile(r"[\[\]{}]")
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def separate(request: Request, route: Route) -> tuple[Raw, Raw]:
    """The query for `query`, the JSON body for `body`."""
    return arguments(request), body(request, route) if route.body else {}


def forced(request: Request, route: Route) -> tuple[Raw, Raw]:
    """The query without its blanks, and the body read as JSON whatever it calls itself, for clients that call it
    nothing, or a form. An empty list is an empty object, which some languages cannot tell apart."""
    query = {name: value for name, value in arguments(request).items() if value.strip()}
    if route.body is None:
        return query, {}
    data = payload(request, route).strip()
    return query, {} if not data or data == b"[]" else document(data)


def merged(request: Request, route: Route) -> tuple[Raw, Raw]:
    """Query, form and JSON body as one, the body winning: for dialects that take parameters from anywhere."""
    if route.query is None and route.body is None:
        return {}, {}
    everything = arguments(request) | body(request, route)
    return everything, everything


def arguments(request: Request) -> Raw:
    """The query string; of a repeated name the last one counts. Invalid where a value is no sound text."""
    values = {name: found[-1] for name, found in request.args.lists()}
    for name, value in values.items():
        if not (sound(name) and sound(value)):
            raise Invalid({name if name.isprintable() else "query": "must not contain control characters"})
    return values


def body(request: Request, route: Route) -> Raw:
    """The body as names and values: {} where there is none; a form, or one JSON object. Invalid, TooLarge."""
    if request.mimetype in _FORMS:
        return _form(request, route)
    if request.mimetype in route.takes and request.mimetype != "application/json":
        return {}  # a file: the view reads it
    data = payload(request, route)
    if not data.strip():
        return {}
    if request.mimetype and request.mimetype != "application/json" and not request.mimetype.endswith("+json"):
        raise Invalid({"body": "must be application/json"})
    return document(data, request.mimetype_params.get("charset", "utf-8"))


def payload(request: Request, route: Route) -> bytes:
    """The body's bytes, never more than the route's limit, however they are sent. TooLarge."""
    try:
        data = request.get_data(cache=True)
    except RequestEntityTooLarge:
        raise TooLarge(route.limit) from None
    # Werkzeug cuts a body that does not tell its length at the limit, and says nothing.
    if request.content_length is None and len(data) >= route.limit:
        raise TooLarge(route.limit)
    return data


def document(data: bytes, charset: str = "utf-8") -> Raw:
    """One JSON object; Invalid({"body": why}) for anything else."""
    if charset.lower().replace("_", "-") not in ("utf-8", "utf8", "us-ascii"):
        raise Invalid({"body": "must be UTF-8"})
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid({"body": "must be UTF-8"}) from None
    if _depth(text) > DEPTH:
        raise Invalid({"body": f"is nested deeper than {DEPTH} levels"})
    try:
        value = json.loads(
            text,
            object_pairs_hook=_once,
            parse_constant=_constant,
            parse_int=_whole_number,
            parse_float=_number,
        )
    except (ValueError, RecursionError):
        raise Invalid({"body": "is not valid JSON"}) from None
    if not isinstance(value, dict):
        raise Invalid({"body": "must be a JSON object"})
    return value


def fit(model: type[Model], raw: Mapping[str, Any]) -> Model:
    """The values as the model wants them; Invalid with a sentence for each field that does not fit."""
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        why: dict[str, str] = {}
        for problem in error.errors(include_url=False, include_input=False, include_context=True):
            name = ".".join(str(part) for part in problem["loc"]) or "body"
            why.setdefault(name, _sentence(problem["type"], problem["msg"], problem.get("ctx", {})))
        raise Invalid(why) from None


def _form(request: Request, route: Route) -> Raw:
    payload(request, route)  # kept by the request, which reads the form from it
    try:
        return {name: found[-1] for name, found in request.form.lists()}
    except RequestEntityTooLarge:
        raise TooLarge(route.limit) from None


def _depth(text: str) -> int:
    depth = deepest = 0
    for bracket in _BRACKET.findall(_STRING.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        deepest = max(deepest, depth)
        if deepest > DEPTH:
            break
    return deepest


def _once(pairs: list[tuple[str, Any]]) -> Raw:
    out = dict(pairs)
    if len(out) < len(pairs):
        twice = Counter(name for name, _ in pairs).most_common(1)[0][0]
        raise Invalid({twice if twice.isprintable() and len(twice) < 50 else "body": "is given more than once"})
    return out


def _constant(name: str) -> Any:
    raise Invalid({"body": f"must not contain {name}"})


def _whole_number(digits: str) -> int:
    if len(digits.lstrip("-")) > 18:
        raise Invalid({"body": "contains a number that is too large"})
    return int(digits)


def _number(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise Invalid({"body": "contains a number that is too large"})
    return value


_SENTENCES = {
    "missing": "is required",
    "string_type": "must be text",
    "string_too_long": "must be at most {max_length} characters long",
    "string_too_short": "must be at least {min_length} characters long",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "int_parsing_size": "is too large",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "too_long": "must not be longer than {max_length}",
    "too_short": "must not be shorter than {min_length}",
    "list_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "extra_forbidden": "is not known",
    "literal_error": "must be one of {expected}",
    "enum": "must be one of {expected}",
}


def _sentence(kind: str, message: str, numbers: Mapping[str, Any]) -> str:
    return _SENTENCES[kind].format(**numbers) if kind in _SENTENCES else message
