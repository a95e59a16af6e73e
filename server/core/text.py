"""What a text may contain: bounded, encodable, without control characters. Shared by everything people type."""

import re
import unicodedata
from collections.abc import Mapping

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")


def problem(value: str, limit: int, *, lines: bool = False) -> str | None:
    """Why the text is refused ("too long (max N characters)", "control characters"), or None. `lines` allows breaks."""
    if len(value) > limit:
        return f"too long (max {limit} characters)"
    allowed = "\n\r\t" if lines else ""
    for char in value:
        kind = unicodedata.category(char)
        if kind == "Cs" or (kind == "Cc" and char not in allowed) or char in "\u2028\u2029":
            return "control characters are not allowed"
    return None


def problems(texts: Mapping[str, tuple[str, int]], *, lines: tuple[str, ...] = ()) -> dict[str, str]:
    """The refused ones among {name: (value, limit)}."""
    found = {name: problem(value, limit, lines=name in lines) for name, (value, limit) in texts.items()}
    return {name: why for name, why in found.items() if why is not None}
