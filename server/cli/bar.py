"""A progress bar on stderr, where that is a terminal and there is enough to wait for."""

import sys
from typing import Any

import click

LONG = 50
"""Things to do from which on there is a bar."""


class Bar:
    """Shows how far something is; `tell` is what the engine calls."""

    def __init__(self, label: str) -> None:
        self.label = label
        self._bar: Any = None

    def __enter__(self) -> "Bar":
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.render_finish()

    def tell(self, done: int, of: int) -> None:
        """So many of so many are done."""
        if self._bar is None and of >= LONG and sys.stderr.isatty():
            self._bar = click.progressbar(length=of, label=self.label, file=sys.stderr)
        if self._bar is not None:
            self._bar.update(done - self._bar.pos)
