"""Work that only one process may do is fenced: each of its transactions first looks whether it still is that one's.

Decision: the fence stands at the one way to write, and not in each sweep, so that none can forget it. A process that
was stopped for a while and goes on in the middle of a sweep is told so at its next write, before it has any effect.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

T = TypeVar("T")
Guard = Callable[[Any], None]
"""Raises within the transaction it is given (a Tx) unless the work may go on."""
_guard: ContextVar[Guard | None] = ContextVar("guard", default=None)


@contextmanager
def guarded(guard: Guard) -> Iterator[None]:
    """Whatever this thread writes inside is guarded."""
    token = _guard.set(guard)
    try:
        yield
    finally:
        _guard.reset(token)


def fenced(work: Callable[[Any], T]) -> Callable[[Any], T]:
    """The work behind the guard of whoever asks for it; the work itself where there is none."""
    guard = _guard.get()
    if guard is None:
        return work

    def behind(tx: Any) -> T:
        guard(tx)
        return work(tx)

    return behind
