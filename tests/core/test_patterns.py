"""Patterns of the house's own: they say what Python's say, and no pattern and no value takes long."""

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.core.patterns import LENGTH, VALUE, matches, problem

LITERALS = st.sampled_from([*"abcXY01-_ ", r"\.", r"\\", r"\$", r"\(", "\\-", "é", "."])
CLASSES = st.sampled_from(
    ["[abc]", "[^abc]", "[a-c]", "[a-cX-Z_]", r"[\d_]", r"[^\d]", r"\d", r"\w", r"\s", r"\D", r"\W", "[]a]", "[a-]"]
)
COUNTS = st.sampled_from(["*", "+", "?", "{2}", "{1,}", "{0,2}", "{,2}", "*?", "+?", "{1,2}?"])
PARTS = st.recursive(
    LITERALS | CLASSES,
    lambda inner: st.one_of(
        st.tuples(inner, COUNTS).map(lambda it: f"(?:{it[0]}){it[1]}"),
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.lists(inner, min_size=2, max_size=3).map(lambda it: f"({'|'.join(it)})"),
    ),
    max_leaves=6,
)


@settings(max_examples=400)
@given(PARTS, st.text("abcXYZ01-_ .\\$(é\n", max_size=6), st.booleans())
def test_a_pattern_means_what_it_means_in_python(pattern: str, value: str, fold: bool) -> None:
    if problem(pattern) is not None:
        return  # repeats of repeats may come to more places than we follow
    asked = f"(?i){pattern}" if fold else pattern
    assert matches(asked, value) == (re.fullmatch(asked, value) is not None)


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        (r"^\d{3}-\d{4}$", "555-1234", "555-12345"),
        (r"[\w.+-]+@[\w-]+(\.[\w-]+)+", "maria.klein@example.org", "maria@example"),
        (r"(?i)[A-Z]{2}-\d+", "ab-7", "ab-"),
        (r"(yes|no)?", "", "maybe"),
        (r"[^/]*/[^/]*", "a/b", "a/b/c"),
        (r".{0,5}", "five!", "six..."),
        (r"\\", "\\", "\\\\"),
        (r"\$", "$", ""),
    ],
)  # fmt: skip
def test_the_whole_value_must_match(pattern: str, yes: str, no: str) -> None:
    assert problem(pattern) is None
    assert matches(pattern, yes)
    assert not matches(pattern, no)


@pytest.mark.parametrize(
    "pattern",
    [
        r"(a)\1", r"(?=a)a", r"(?!a)b", r"(?<=a)b", r"(?P<x>a)", r"(?P=x)", r"(?#note)", r"(?s).", r"\bword\b",
        r"\Aa\Z", r"\p{L}", r"\x41", r"a++", r"a*+", r"a**", "(", ")", "a)", "[a", "[]", "*a", "a|*", "{2}", "a{",
        "a{x}", "a{2,1}", "[c-a]", r"[a-\d]", "[[:alpha:]]", "a^b", "a$b", "\\", "(" * 30 + "a" + ")" * 30, "a{999}",
        "(a{20}){20}", "((((((x{9}){9}){9}){9}){9}){9}){9}", "((((){999}){999}){999}){999}" + "a" * 301,
        "a" * (LENGTH + 1),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_refused_when_it_is_defined(pattern: str) -> None:
    assert problem(pattern)


EXPLOSIVE = [
    (r"(a+)+b", "a"), (r"(a*)*b", "a"), (r"(a|a)*b", "a"), (r"(a|aa)+b", "a"), (r"(a|a?)+b", "a"), (r"(.*)*x", "a"),
    (r"(.*a){20}", "a"), (r"(.*a){12}b", "a"), (r"a*a*a*a*a*a*a*a*b", "a"), (r".*.*.*.*.*=.*", "a"),
    (r"([a-zA-Z]+)*$1".replace("$1", "1"), "a"), (r"^(([a-z])+.)+[A-Z]([a-z])+$", "a"), (r"(\w+\s?)+!", "a "),
    (r"(x+x+)+y", "x"), (r"((a?){30}){9}a{30}", "a"), (r"(a?){100}a{100}", "a"), (r"\d+\d+\d+\d+\d+x", "1"),
    (r"([0-9a-f]{1,4}:?)+z", "f"), (r"(([^;]*;)*)*x", ";"), (r"\s*\s*\s*\s*\s*$".replace("$", "x"), " "),
    (r"([\w.-]+@)*([\w.-]+)*!", "a.-"), (r"(a{1,10}){1,29}b", "a"), (r"(((a*)*)*)*b", "a"), (r"(?i)(k+)+\W", "K"),
    (r"(\\?.)*x", "\\"), (r"(((((){999}){999}){999}){999}){999}a", "a"), (r"((.|\s)*)*x", " "), (r"(é|e|[é])*x", "é"),
]  # fmt: skip


@pytest.mark.parametrize(("pattern", "piece"), EXPLOSIVE)
def test_no_pattern_takes_long_over_any_value(pattern: str, piece: str) -> None:
    if problem(pattern) is not None:
        return  # refused is as good
    value = (piece * VALUE)[:VALUE]
    began = time.process_time()
    matches(pattern, value)
    matches(pattern, value[: VALUE - 1] + "!")
    assert time.process_time() - began < 0.1  # for both


def test_a_value_that_is_too_long_does_not_match() -> None:
    assert matches("a*", "a" * VALUE)
    assert not matches("a*", "a" * (VALUE + 1))


@settings(max_examples=300)
@given(st.text("a(b)|*+?{}[]^$\\.,-0d1:w", max_size=40), st.text("ab01-\\", max_size=20))
def test_whatever_is_written_is_refused_or_answered(pattern: str, value: str) -> None:
    if problem(pattern) is None:
        matches(pattern, value)
