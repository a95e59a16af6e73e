"""Answers in each format: what a parser reads of them is what was to be said."""

import json
from datetime import datetime
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest
from flask import Request
from werkzeug.test import EnvironBuilder

from server.dialects.indico.formats import Moment, as_json, asked, written, xml


def request(path: str, query: str = "") -> Request:
    return Request(EnvironBuilder(path, query_string=query).get_environ())


@pytest.mark.parametrize(
    ("path", "kind"), [("/export/a.json", "json"), ("/export/a.b.xml", "xml"), ("/export/a", ""), ("/a.ics/", "ics")]
)
def test_the_type_is_at_the_end_of_the_address(path: str, kind: str) -> None:
    assert asked(request(path)) == kind


def test_json_escapes_slashes_and_stays_ascii() -> None:
    value = {"a": "x/y é \u2028", "b": [1, None, True, {}]}
    assert as_json(value) == b'{"a":"x\\/y \\u00e9 \\u2028","b":[1,null,true,{}]}'
    assert json.loads(as_json(value, pretty=True)) == value


@pytest.mark.parametrize(
    ("query", "function"),
    [
        ("", "read"), ("jsonp=show", "show"), ("jsonp=a.b[0]", "a.b[0]"), ("jsonp=alert(1)//", "read"),
        ("jsonp=%C3%A9", "read"), ("jsonp=a.b[0].$c", "a.b[0].$c"), ("jsonp=x[", "read"), ("jsonp=a..b", "read"),
        ("jsonp=a]b[", "read"), ("jsonp=a%0Ab", "read"), ("jsonp=a%0A", "read"), (f"jsonp={'a' * 101}", "read"),
    ],
)  # fmt: skip
def test_jsonp_calls_a_function_and_nothing_else(query: str, function: str) -> None:
    data, media = written("jsonp", {"count": 1}, request("/a.jsonp", query))
    assert data == b'// fetched from Indico\n%b({"count":1});' % function.encode()
    assert media.startswith("application/javascript")


def test_xml_says_types_numbers_lists_and_nothing() -> None:
    value = {
        "_type": "Room", "_fossil": "roomMetadata", "id": 7, "name": "<&>\x00\ud800", "none": None, "empty": [],
        "yes": True, "list": ["a", {"_type": "Thing", "id": '"'}], "odd name": {"x": 1},
    }  # fmt: skip
    for pretty in (False, True):
        root = ElementTree.fromstring(xml(value, pretty=pretty))
        assert (root.tag, root.attrib) == ("room", {"fossil": "roomMetadata", "id": "7"})
        assert root.findtext("name") == "<&>??"
        assert (root.findtext("none"), root.findtext("empty"), root.findtext("yes")) == ("", "", "True")
        assert root.findtext("list/item") == "a"
        thing = root.find("list/thing")
        assert thing is not None
        assert thing.get("id") == '"'
        assert root.findtext("item/collection/x") == "1"


def test_a_moment_has_its_true_offset_in_xml_and_its_parts_in_json() -> None:
    at = Moment(datetime(2026, 11, 20, 8, 30, tzinfo=ZoneInfo("Europe/Zurich")), "Europe/Zurich")
    assert b"<at>2026-11-20T08:30:00+01:00</at>" in xml({"at": at})
    assert json.loads(as_json({"at": at}))["at"] == {"date": "2026-11-20", "tz": "Europe/Zurich", "time": "08:30:00"}
