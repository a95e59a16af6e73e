"""What a signed request says, and who may have signed it: the protocol's own sample, and both ways to write a tilde."""

from urllib.parse import parse_qs

import pytest

from server.dialects.indico.signature import right, sign, texts

SECRET = "00000000-0000-0000-0000-000000000000"
SAMPLE = "/export/categ/1337.json"


def given(query: str) -> dict[str, list[str]]:
    return parse_qs(query, keep_blank_values=True)


def test_the_protocols_own_sample_is_signed_as_it_says() -> None:
    said = f"{SAMPLE}?apikey={SECRET}&limit=123&timestamp=1795187776"
    assert texts(SAMPLE, given(f"limit=123&timestamp=1795187776&apikey={SECRET}")) == (said,)
    assert sign(SECRET, said) == "61bcda3c287bf6bc5f0105936c13cc08c927b1c9"


@pytest.mark.parametrize(
    ("path", "query", "said"),
    [
        ("/export/room/CERN/1.json", "", "/export/room/CERN/1.json"),
        ("/a", "signature=x", "/a"),
        ("/a", "SIGNATURE=x&b=1", "/a?b=1"),
        ("/a", "to=&b=1&c=", "/a?b=1"),
        ("/a", "O=2&limit=1", "/a?limit=1&o=2"),
        ("/a", "b=2&b=1&A=3", "/a?a=3&b=1&b=2"),
        ("/a", "x=a+b%3Ac%2Fd%2Ce%2Af%2Bg", "/a?x=a+b%3Ac%2Fd%2Ce%2Af%2Bg"),
        ("/export/roomName/CERN/Room 01.json", "a=1", "/export/roomName/CERN/Room 01.json?a=1"),
        ("/a", "x=%C3%A4", "/a?x=%C3%A4"),
    ],
)  # fmt: skip
def test_a_request_says_its_path_and_its_parameters_in_order(path: str, query: str, said: str) -> None:
    assert texts(path, given(query)) == (said,)


def test_a_tilde_may_be_written_as_python_or_as_php_writes_it() -> None:
    assert texts("/a", given("x=~b")) == ("/a?x=~b", "/a?x=%7Eb")
    for said in ("/a?x=~b", "/a?x=%7Eb"):
        assert right(sign(SECRET, said), SECRET, ["/a"], given("x=~b"))


def test_the_order_of_the_parameters_does_not_matter_and_their_values_do() -> None:
    signed = sign(SECRET, "/a?b=1&c=2")
    assert right(signed, SECRET, ["/a"], given("c=2&b=1"))
    assert right(signed.upper(), SECRET, ["/a"], given("c=2&b=1"))
    assert right(signed, SECRET, ["/x", "/a"], given("c=2&b=1"))
    assert not right(signed, SECRET, ["/a"], given("c=2&b=2"))
    assert not right(signed, SECRET, ["/b"], given("c=2&b=1"))
    assert not right(signed, SECRET.replace("0", "1"), ["/a"], given("c=2&b=1"))


@pytest.mark.parametrize("sent", ["", "é", "0" * 40, "\ud800", "z" * 10_000])
def test_what_is_no_signature_is_not_right(sent: str) -> None:
    assert not right(sent, SECRET, ["/a"], {"x": ["\ud800", "ü"]})
