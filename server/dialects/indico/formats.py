"""Answers in the format that the address ends with: JSON, JSONP, XML, and refusals in the same.

Values are what JSON has: None, bool, int, float, str, list and dict, and Moment for a date with its time.

Decisions:
- JSON has every slash escaped, as there; parsers do not mind.
- XML: the element is the lower-case `_type`, `collection` where there is none; `id` and `_fossil` (without the dash)
  are attributes; what XML cannot hold (control characters) is a question mark. Moments have their true offset.
- Nobody's page: a 404, a 405 and a 500 have the format that was asked for, and JSON where none of ours was, while
  Indico sends HTML.
- JSONP functions have the name of one, or of one of another (`a.b[0].c`), at most 100 characters; any other is `read`.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from flask import Request

JSON, JSONP, XML, ICS = "application/json", "application/javascript", "text/xml", "text/calendar"
MEDIA = {"json": JSON, "jsonp": JSONP, "xml": XML, "ics": ICS}
TEXTS = (JSONP, XML)
"""What a route's answers come in beside JSON, and those with a calendar."""
MARKS = (("fossil", "_fossil"), ("id", "id"))
APART = frozenset({"_type", "_fossil", "id"})
FUNCTION = "read"
_TYPE = re.compile(r"\.(\w+)/?$")
_FUNCTION = re.compile(r"(?=.{1,100}\Z)[A-Za-z_$][\w$]*(\.[A-Za-z_$][\w$]*|\[\d+\])*", re.ASCII)
_NOT_IN_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NAME = re.compile(r"[A-Za-z_][\w.-]*", re.ASCII)
_PLAIN = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode
_PRETTY = json.JSONEncoder(ensure_ascii=True, indent=4, separators=(",", ":")).encode


class Moment(dict[str, str]):
    """A wall time with its zone's name: an object in JSON, ISO 8601 with its offset (`text`) in XML."""

    def __init__(self, at: datetime, zone: str) -> None:
        self.text = at.isoformat()
        super().__init__(date=self.text[:10], tz=zone, time=self.text[11:19])


def asked(request: Request) -> str:
    """The type at the end of the address; "" where there is none."""
    found = _TYPE.search(request.path)
    return found[1] if found else ""


def written(kind: str, value: Mapping[str, Any], request: Request, *, pretty: bool = False) -> tuple[bytes, str]:
    """The value in a format (JSON for one that is none of ours, or holds no such values) and its content type."""
    if kind == "xml":
        return xml(value, pretty=pretty), f"{XML}; charset=utf-8"
    data = as_json(value, pretty=pretty)
    if kind != "jsonp":
        return data, JSON
    name = request.args.get("jsonp", FUNCTION)
    function = name if _FUNCTION.fullmatch(name) else FUNCTION
    return b"// fetched from Indico\n%b(%b);" % (function.encode(), data), f"{JSONP}; charset=utf-8"


def as_json(value: Mapping[str, Any], *, pretty: bool = False) -> bytes:
    """ASCII, every slash escaped; pretty: indented by four."""
    text = (_PRETTY if pretty else _PLAIN)(value)
    return text.replace("/", "\\/").encode("ascii")


def inside(kind: str, text: str) -> bytes:
    """A text as it stands in an answer of that format."""
    return escape(_text(text)).encode() if kind == "xml" else _PLAIN(text)[1:-1].replace("/", "\\/").encode("ascii")


def xml(value: Mapping[str, Any], *, pretty: bool = False) -> bytes:
    """A whole document; pretty: indented by two."""
    parts: list[str] = []
    _element(parts.append, value, "\n" if pretty else "")
    return ("<?xml version='1.0' encoding='utf-8'?>\n" + "".join(parts).lstrip("\n") + "\n").encode()


def _element(put: Callable[[str], None], value: Mapping[str, Any], gap: str) -> None:
    """One mapping as an element; `gap` stands before it."""
    tag = str(value.get("_type", "collection")).lower()
    marks = "".join(f" {mark}={quoteattr(_text(value[name]))}" for mark, name in MARKS if name in value)
    fields = [(name, it) for name, it in value.items() if name not in APART]
    if not fields:
        put(f"{gap}<{tag}{marks}/>")
        return
    put(f"{gap}<{tag}{marks}>")
    inner = gap + "  " if gap else ""
    for name, it in fields:
        _field(put, name, it, inner)
    put(f"{gap}</{tag}>")


def _field(put: Callable[[str], None], name: str, value: Any, gap: str) -> None:
    tag = name if _NAME.fullmatch(name) else "item"
    inner = gap + "  " if gap else ""
    if isinstance(value, Mapping) and not isinstance(value, Moment):
        put(f"{gap}<{tag}>")
        _element(put, value, inner)
        put(f"{gap}</{tag}>")
    elif isinstance(value, list | tuple):
        _listed(put, tag, value, gap)
    elif value is None or value == "":
        put(f"{gap}<{tag}/>")
    else:
        put(f"{gap}<{tag}>{escape(_text(value))}</{tag}>")


def _listed(put: Callable[[str], None], tag: str, values: Iterable[Any], gap: str) -> None:
    values, inner = list(values), gap + "  " if gap else ""
    if not values:
        put(f"{gap}<{tag}/>")
        return
    put(f"{gap}<{tag}>")
    for it in values:
        if isinstance(it, Mapping):
            _element(put, it, inner)
        else:
            put(f"{inner}<item>{escape(_text(it))}</item>")
    put(f"{gap}</{tag}>")


def _text(value: Any) -> str:
    if isinstance(value, Moment):
        return value.text
    return _NOT_IN_XML.sub("?", str(value))
