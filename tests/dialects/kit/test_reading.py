"""What the kit reads of a body, and what it refuses with a reason."""

import json
from contextlib import suppress
from time import process_time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from server.core.errors import Invalid
from server.dialects.kit.reading import DEPTH, document, fit
from server.dialects.kit.text import Line, Prose

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**17), 10**17) | st.text(), lambda inner: st.lists(inner, max_size=3)
)


@given(st.dictionaries(st.text(), JSON, max_size=5))
def test_sound_json_is_read_as_it_is(value: dict[str, Any]) -> None:
    assert document(json.dumps(value).encode()) == value


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reading(data: bytes) -> None:
    with suppress(Invalid):
        assert isinstance(document(data), dict)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"{", "is not valid JSON"),
        (b"[]", "must be a JSON object"),
        (b'{"a":NaN}', "must not contain NaN"),
        (b'{"a":-Infinity}', "must not contain -Infinity"),
        (b'{"a":1e400}', "contains a number that is too large"),
        (b'{"a":12345678901234567890}', "contains a number that is too large"),
        (b"[" * 100_000, "is nested deeper than 32 levels"),
        (b"\xff", "must be UTF-8"),
    ],
)
def test_a_reason_is_given(data: bytes, why: str) -> None:
    with pytest.raises(Invalid) as found:
        document(data)
    assert found.value.fields == {"body": why}


def test_the_deepest_that_is_read() -> None:
    inner = "[" * (DEPTH - 1) + "]" * (DEPTH - 1)
    assert document(f'{{"a":{inner}}}'.encode())["a"]
    with pytest.raises(Invalid):
        document(f'{{"a":[{inner}]}}'.encode())


def test_brackets_in_texts_are_no_depth() -> None:
    assert document(json.dumps({"a": '[{"' * 500}).encode())["a"] == '[{"' * 500


def test_a_key_given_twice_is_named() -> None:
    with pytest.raises(Invalid) as found:
        document(b'{"title":"a","title":"b"}')
    assert found.value.fields == {"title": "is given more than once"}


def test_a_byte_order_mark_is_no_harm() -> None:
    assert document(b'\xef\xbb\xbf{"a":1}') == {"a": 1}


class Sample(BaseModel):
    line: Line = ""
    prose: Prose = ""
    size: int = Field(default=1, ge=1, le=9)
    flag: bool = False


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        ({"line": "a\nb"}, {"line": "must not contain control characters or line breaks"}),
        ({"line": "x" * 256}, {"line": "must be at most 255 characters long"}),
        ({"line": "\ud800"}, {"line"}),
        ({"prose": "a\x00"}, {"prose": "must not contain control characters"}),
        ({"size": "x"}, {"size": "must be a whole number"}),
        ({"size": 1.5}, {"size": "must be a whole number"}),
        ({"size": 10}, {"size": "must be at most 9"}),
        ({"size": None}, {"size": "must be a whole number"}),
        ({"flag": "perhaps"}, {"flag": "must be true or false"}),
        ({"size": 0, "flag": []}, {"size": "must be at least 1", "flag": "must be true or false"}),
    ],
)
def test_every_field_that_does_not_fit_is_named(raw: dict[str, Any], why: Any) -> None:
    with pytest.raises(Invalid) as found:
        fit(Sample, raw)
    assert found.value.fields == why or set(found.value.fields) == why


def test_several_lines_are_fine_where_prose_is_meant() -> None:
    assert fit(Sample, {"prose": "a\r\n\tb"}).prose == "a\r\n\tb"


@pytest.mark.parametrize(
    "data",
    [
        '"' + '\\"' * 400_000,
        '"' + '\\"' * 400_000 + "\\",
        "{" + ",".join(f'"k{n}":1' for n in range(80_000)) + ',"k79999":1}',
    ],
    ids=["a text without an end", "an escape without an end", "a name given twice among many"],
)
def test_no_body_costs_more_than_its_length(data: str) -> None:
    begun = process_time()
    with pytest.raises(Invalid):
        document(data.encode())
    assert process_time() - begun < 3
