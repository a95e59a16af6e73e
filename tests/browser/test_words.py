"""The panel's words: every language has every sentence, with the same places to fill."""

import json
import re
from pathlib import Path

import pytest

SCREEN = Path(__file__).parents[2] / "kiosk" / "screen"
LANGUAGES = ("en", "de", "fr", "es", "nl", "ja")
STATES = ("free", "busy", "reserved", "closed", "unknown")


def words(language: str) -> dict[str, str]:
    return dict(json.loads((SCREEN / "words" / f"{language}.json").read_text(encoding="utf-8")))


def places(sentence: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", sentence))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_every_sentence_with_the_same_places(language: str) -> None:
    english, theirs = words("en"), words(language)
    assert list(theirs) == list(english)
    assert {key for key in english if places(english[key]) != places(theirs[key])} == set()
    assert [key for key, sentence in theirs.items() if not sentence.strip()] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_of_state_are_short_and_differ(language: str) -> None:
    states = [words(language)[f"state.{state}"] for state in STATES]
    assert len(set(states)) == len(STATES)
    for word in states:
        letters = word.replace(" ", "")
        assert len(letters) <= 7 or word == "RESERVED", word


def test_every_word_the_scripts_ask_for_exists() -> None:
    known = words("en")
    scripts = "\n".join(path.read_text(encoding="utf-8") for path in (SCREEN / "static").glob("*.js"))
    asked = set(re.findall(r'words\.text\("([\w.]+)"', scripts))
    assert len(asked) > 10
    assert asked - set(known) == set()


def test_no_word_is_left_that_no_script_uses() -> None:
    scripts = "\n".join(path.read_text(encoding="utf-8") for path in (SCREEN / "static").glob("*.js"))
    made_up = (
        "state.",
        "doing.",
        "done.",
        "no.",
        "why.",
        "closed.",
        "unknown.",
        "strip.",
        "thing.",
        "hint.",
        "clash.",
    )  # "state." + view.state
    unused = [key for key in words("en") if f'"{key}"' not in scripts and not key.startswith(made_up)]
    assert unused == []
