"""Entity tags (RFC 9110): seen before, and changed since."""

from time import process_time

import pytest
from flask import Flask, request

from server.core.errors import Invalid, Stale
from server.dialects.kit.conditional import seen, tag_of, wanted_version

APP = Flask("test")


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ('"a"', True),
        ('W/"a"', True),
        ('"b", W/"a"', True),
        ("*", True),
        ('"b"', False),
        ("a", False),
        ("", False),
        (None, False),
        ('"a', False),
        ('W/"A"', False),
    ],
)
def test_seen_compares_weakly(header: str | None, expected: bool) -> None:
    headers = {} if header is None else {"If-None-Match": header}
    with APP.test_request_context("/", headers=headers):
        assert seen(request, 'W/"a"') is expected


@pytest.mark.parametrize(
    ("header", "version"),
    [(None, None), ("*", None), (" * ", None), ('"3"', 3), ('"7"', 7), ('"5", "3"', 3), ('W/"3", "3"', 3)],
)
def test_the_version_that_is_insisted_on(header: str | None, version: int | None) -> None:
    headers = {} if header is None else {"If-Match": header}
    with APP.test_request_context("/", headers=headers):
        assert wanted_version(request, lambda: 3) == version


@pytest.mark.parametrize("header", ['W/"3"', '"4", "5"', '"three"', '"99999999999999999999"', '"3x"', '""'])
def test_a_tag_that_cannot_be_the_present_one_is_stale(header: str) -> None:
    with APP.test_request_context("/", headers={"If-Match": header}), pytest.raises(Stale) as found:
        wanted_version(request, lambda: 3)
    assert found.value.current == 3


@pytest.mark.parametrize("header", ["3", "abc", "", '"', "W/3"])
def test_a_header_that_cannot_be_read_is_said_so(header: str) -> None:
    with APP.test_request_context("/", headers={"If-Match": header}), pytest.raises(Invalid):
        wanted_version(request, lambda: 3)


def test_tags_differ_where_bytes_do() -> None:
    assert tag_of(b"a") == tag_of(b"a") != tag_of(b"b")


@pytest.mark.parametrize("header", ["x" + " " * 60_000 + "x", '"a"' + " " * 60_000 + "x", '"a" ' * 15_000])
def test_no_header_costs_more_than_its_length(header: str) -> None:
    begun = process_time()
    with APP.test_request_context("/", headers={"If-None-Match": header}):
        assert not seen(request, 'W/"b"')
    assert process_time() - begun < 1
