"""What the panel keeps out of its memory, which is small: the libraries by which `requests` guesses encodings.

Decisions:
- They are 3 to 5 MB, loaded with `requests` whether anybody asks for a guess or not, and each that is installed adds
  to it. The panel never guesses: what it reads is JSON and event streams, both UTF-8 by their standards.
- `requests` is made to do without them, and then takes UTF-8. It only must not find them while it is imported.
  Afterwards they are there for whoever imports them.
"""

import importlib
import sys
import warnings

GUESSERS = ("chardet", "charset_normalizer")


def load_requests() -> None:
    """Import `requests` without them. Where it, or one of them, is loaded already, that stays as it is."""
    if "requests" in sys.modules:
        return
    hidden = [name for name in GUESSERS if name not in sys.modules]
    warnings.filterwarnings("ignore", message="Unable to find acceptable character detection")
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment]  # so Python says that it is not installed
    try:
        importlib.import_module("requests")
    finally:
        for name in hidden:
            del sys.modules[name]
