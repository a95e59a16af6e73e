"""Which passwords come first to whoever guesses: runs of keys, one piece over and over, common words with a number.

A list of a million leaked ones would know more; this knows what nearly all of those of ten characters and more are made
of, needs no file, and can say no within a microsecond.
"""

import re

RUNS = (
    "01234567890123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm", "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p", "1q2w3e4r5t6y7u8i9o0p",
    "q1w2e3r4t5y6u7i8o9p0",
)  # fmt: skip
WORDS = frozenset([
    "password", "passwort", "passwd", "motdepasse", "contrasena", "wachtwoord", "pass", "secret", "geheim", "welcome",
    "willkommen", "bienvenue", "welkom", "letmein", "changeme", "default", "admin", "administrator", "root", "user",
    "guest", "test", "tester", "testing", "login", "master", "qwerty", "qwertz", "azerty", "iloveyou", "sunshine",
    "princess", "football", "baseball", "dragon", "monkey", "superman", "batman", "starwars", "pokemon", "trustno",
    "whatever", "hello", "hallo", "bonjour", "summer", "winter", "spring", "autumn", "sommer", "herbst", "monday",
    "january", "office", "meeting", "company", "internet", "computer", "samsung", "google", "lintel", "room", "rooms",
])  # fmt: skip
LEET = str.maketrans("0134578@$!", "oieastbasi")
AFFIX = re.compile(r"^[\W\d_]+|[\W\d_]+$")


def easy(text: str) -> bool:
    """Whether a password (case-folded) is among what is tried first."""
    plain = re.sub(r"[\W_]", "", text)
    if len(set(text)) < 4 or any(_of(run, plain) for run in RUNS):
        return True
    if any(
        len(text) % size == 0 and text == text[:size] * (len(text) // size) for size in range(1, len(text) // 2 + 1)
    ):
        return True
    return any(
        AFFIX.sub("", form) in WORDS for form in (text, text.translate(LEET), AFFIX.sub("", text).translate(LEET))
    )


def _of(run: str, text: str) -> bool:
    """Whether the text is a stretch of the run, either way round, or that and one of any run: "abcdef123456"."""
    either = (run, run[::-1])
    if any(text in way for way in either):
        return True
    halves = ((text[:cut], text[cut:]) for cut in range(4, len(text) - 3))
    return any(
        any(one in way for way in either) and any(other in way for each in RUNS for way in (each, each[::-1]))
        for one, other in halves
    )
