"""Word of commits within this process: who writes tells, who listens wakes."""

import threading


class Ears:
    """All that listen. Safe for many threads; to tell costs next to nothing where nobody listens."""

    def __init__(self) -> None:
        self._all: set[Ear] = set()
        self._guard = threading.Lock()

    def one(self) -> "Ear":
        """A new one; `close` it."""
        made = Ear(self)
        with self._guard:
            self._all.add(made)
        return made

    def tell(self) -> None:
        """Something was committed."""
        if self._all:
            with self._guard:
                for it in self._all:
                    it.told.set()

    def without(self, it: "Ear") -> None:
        with self._guard:
            self._all.discard(it)


class Ear:
    """Waits for word; see `Listening` in database.py."""

    __slots__ = ("_of", "told")

    def __init__(self, of: Ears) -> None:
        self._of = of
        self.told = threading.Event()

    def wait(self, timeout: float) -> bool:
        found = self.told.wait(timeout)
        self.told.clear()
        return found

    def wake(self) -> None:
        self.told.set()

    def close(self) -> None:
        self._of.without(self)
