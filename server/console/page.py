"""The declaration of a page: who may, and what its form may say. A page that is not declared whole is not served.

Decision: as with the dialects, the decorator is the declaration. `who` has no default, so nobody can forget it: the app
refuses to start.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import Request
from werkzeug.wrappers import Response

from server.core.people import Person, effective_role

WHO = ("anyone", "person", "staff", "admin")
METHODS = ("GET", "POST")


class Undeclared(RuntimeError):
    """A page is not declared as it must be; the app does not start."""


@dataclass(slots=True)
class Visit:
    """One request as a page sees it. `secret` is that of the session, "" where there is none.

    `given` is what stands in the URL in place of the names in angle brackets. `many` are the fields of a form of which
    it may hold several.
    """

    request: Request
    person: Person | None
    secret: str
    language: str
    form: dict[str, str] = field(default_factory=dict)
    given: dict[str, str] = field(default_factory=dict)
    many: dict[str, list[str]] = field(default_factory=dict)

    @property
    def you(self) -> Person:
        """Who is signed in, on a page that asks for somebody."""
        assert self.person is not None
        return self.person


View = Callable[[Any, Visit], Response]


@dataclass(frozen=True, slots=True)
class Page:
    """One method of one URL; `who`: anyone, person (signed in), staff (and admins) or admin."""

    method: str
    path: str
    who: str
    view: View
    takes: frozenset[str]
    many: frozenset[str] = frozenset()


class Pages:
    """The pages of one matter: `@pages("POST", "/sign-in", who="anyone", takes=("login", "password"))`."""

    def __init__(self) -> None:
        self.all: list[Page] = []

    def __call__(
        self, method: str, path: str, *, who: str | None = None, takes: tuple[str, ...] = (), many: tuple[str, ...] = ()
    ) -> Callable[[View], View]:
        """Declares the view below; of a form it gets the fields that it `takes`, as text, and no others.

        `many` are fields that a form may hold several times, such as ticked boxes.
        """

        def declare(view: View) -> View:
            page = Page(method, path, who or "", view, frozenset(takes), frozenset(many))
            check(page)
            self.all.append(page)
            return view

        return declare


def check(page: Page) -> None:
    """Raises Undeclared where the declaration is not whole."""
    where = f"{page.method} {page.path}"
    if page.who not in WHO:
        raise Undeclared(f"{where}: nobody said who may (one of {', '.join(WHO)})")
    if page.method not in METHODS:
        raise Undeclared(f"{where}: a page is asked for by GET or POST")
    if (page.takes or page.many) and page.method == "GET":
        raise Undeclared(f"{where}: only a POST takes a form")


def allowed(page: Page, person: Person | None) -> bool:
    """Whether that person (None: somebody unknown) may have that page."""
    if page.who == "anyone":
        return True
    if person is None:
        return False
    role = effective_role(person).value
    return page.who == "person" or role == "admin" or (page.who == "staff" and role == "staff")
