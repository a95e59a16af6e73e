"""The pages' words in six languages, and which of them somebody is to read."""

import json
from functools import lru_cache
from pathlib import Path

LANGUAGES = {"en": "English", "de": "Deutsch", "fr": "Français", "es": "Español", "nl": "Nederlands", "ja": "日本語"}
HERE = Path(__file__).parent / "words"


@lru_cache(maxsize=8)
def words(language: str) -> dict[str, str]:
    """All words of a language."""
    found: dict[str, str] = json.loads((HERE / f"{language}.json").read_text(encoding="utf-8"))
    return found


def chosen(asked: str, usual: str) -> str:
    """The language that was asked for, else the first we speak of an Accept-Language header (or a single language)."""
    if asked in LANGUAGES:
        return asked
    weighed = []
    for place, part in enumerate(usual[:500].split(",")):
        tag, _, weight = part.partition(";q=")
        try:
            weighed.append((-float(weight or 1), place, tag.strip().lower().partition("-")[0]))
        except ValueError:
            continue
    return next((tag for _, _, tag in sorted(weighed) if tag in LANGUAGES), "en")
