"""What is tried first is refused, and what people make up with some thought is not."""

import time

import pytest

from server.core.guessing import easy


@pytest.mark.parametrize(
    "text",
    ["1234567890", "0987654321", "qwertyuiop", "qwertzuiop", "poiuytrewq", "asdfghjkl;", "abcdefghij", "1q2w3e4r5t",
     "1qaz2wsx3edc", "abcdef123456", "123456abcdef", "qwerty123456", "aaaaaaaaaa", "ababababab", "abc123abc123",
     "hallohallo", "password12", "passw0rd123", "p@ssw0rd2026", "password!!!!", "123password", "welcome2026!",
     "willkommen1", "iloveyou2026", "administrator", "adm1n12345", "letmein1234", "12-34-56-78-90", "changeme!!",
     "111222111222", "lintel2026!!"],
)  # fmt: skip
def test_what_comes_first_is_easy(text: str) -> None:
    assert easy(text)


@pytest.mark.parametrize(
    "text",
    ["correct horse battery", "a longer story", "zoë hat bücher", "mein hund heißt otto", "bprtbxc5cqbxacrnjnzz",
     "passwords are a bore", "qwerty ist kein wort", "4711 is the house", "welcome to the jungle", "k7#mq2!xv9",
     "1234 elephants", "パスワードは秘密です"],
)  # fmt: skip
def test_what_was_thought_of_is_not(text: str) -> None:
    assert not easy(text)


def test_a_long_one_takes_no_time() -> None:
    begun = time.process_time()
    for text in ("x" * 255 + "y", "abcdefghij" * 25 + "k", "0123456789" * 25 + "!"):
        easy(text)
    assert time.process_time() - begun < 0.5
