"""Text that people type: what may not be in it, and how long it may be.

Control characters are refused rather than stripped (they break calendars, logs and databases, and a silent
change is a lie); so are halves of surrogate pairs, which no database stores.
"""

import re
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

_NEVER = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]")
_NOT_IN_A_LINE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]")


def sound(text: str) -> bool:
    """True where the text has no control characters besides tab and line ends, and no lone surrogates."""
    return _NEVER.search(text) is None


def one_line(text: str) -> bool:
    """As `sound`, without tabs and line ends too."""
    return _NOT_IN_A_LINE.search(text) is None


def _line(text: str) -> str:
    if not one_line(text):
        raise PydanticCustomError("text", "must not contain control characters or line breaks")
    return text


def _prose(text: str) -> str:
    if not sound(text):
        raise PydanticCustomError("text", "must not contain control characters")
    return text


Line = Annotated[str, Field(max_length=255), AfterValidator(_line)]
"""One line of at most 255 characters."""

Prose = Annotated[str, Field(max_length=10_000), AfterValidator(_prose)]
"""Several lines, at most 10,000 characters."""
