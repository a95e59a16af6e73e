"""The declaration of a route: all that the app, the OpenAPI document and the tests need to know of it.

Decision: the decorator and the view's signature together are the declaration. Path variables, `query` and
`body` are keyword arguments of the view, and the models of the last two are read off its annotations, so
that a route cannot say one thing and do another. A route without a scope is refused when the app is built.
"""

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, get_type_hints

from pydantic import BaseModel

MIB = 1024 * 1024
SCOPES = ("public", "read", "book", "admin")
_VARIABLE = re.compile(r"<(?:[^:>]+:)?([^>]+)>")

View = TypeVar("View", bound=Callable[..., object])


class Undeclared(RuntimeError):
    """A route is not declared as it must be; the app does not start."""


@dataclass(frozen=True, slots=True)
class Media:
    """An answer that is not JSON: its content type."""

    type: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a view hands back where a plain value will not do. `body` bytes go out as they are, an
    iterable of bytes as it comes (it is closed where nobody takes the rest).

    `media`: the content type of a body (bytes) that the dialect has written itself; one of those its route declares.
    """

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    media: str = ""


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one URL. `answers` maps each good status to a type, a Media or None.

    `also`: further media types, beside JSON, in which the same answers and refusals may come.
    """

    method: str
    path: str
    scope: str
    summary: str
    detail: str
    tag: str
    view: Callable[..., object]
    answers: Mapping[int, Any]
    errors: tuple[int, ...]
    headers: tuple[str, ...]
    takes: tuple[str, ...]
    limit: int
    hints: Mapping[str, type[Any]]
    also: tuple[str, ...] = ()

    @property
    def variables(self) -> tuple[str, ...]:
        """The names of the path's variables, in order."""
        return tuple(_VARIABLE.findall(self.path))

    @property
    def template(self) -> str:
        """The path as OpenAPI writes it: /rooms/{room}."""
        return _VARIABLE.sub(r"{\1}", self.path)

    @property
    def query(self) -> type[BaseModel] | None:
        return self.hints.get("query")

    @property
    def body(self) -> type[BaseModel] | None:
        return self.hints.get("body")


class Routes:
    """The routes of one resource: `@routes("GET", "/rooms", scope="read", …)` over a view."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.all: list[Route] = []

    def __call__(
        self,
        method: str,
        path: str,
        *,
        summary: str,
        answers: Mapping[int, Any],
        scope: str | None = None,
        detail: str = "",
        errors: tuple[int, ...] = (),
        headers: tuple[str, ...] = (),
        takes: tuple[str, ...] = ("application/json",),
        limit: int = MIB,
        also: tuple[str, ...] = (),
    ) -> Callable[[View], View]:
        """Declares the view below. `takes`: media types of the body; `headers`: request headers it heeds."""

        def declare(view: View) -> View:
            hints = get_type_hints(view)
            route = Route(
                method,
                path,
                scope or "",
                summary,
                detail,
                self.tag,
                view,
                answers,
                errors,
                headers,
                takes,
                limit,
                hints,
                also,
            )
            check(route)
            self.all.append(route)
            return view

        return declare


def check(route: Route) -> None:
    """Raises Undeclared where the declaration is not whole."""
    where = f"{route.method} {route.path}"
    if route.scope not in SCOPES:
        raise Undeclared(f"{where}: no scope declared (one of {', '.join(SCOPES)})")
    if not route.answers or not route.summary:
        raise Undeclared(f"{where}: answers and summary must be declared")
    wanted = set(route.variables) | ({"query", "body"} & set(route.hints))
    given = list(inspect.signature(route.view).parameters)[2:]
    if set(given) != wanted:
        raise Undeclared(f"{where}: the view takes {given}, the declaration gives {sorted(wanted)}")
    for model in (route.query, route.body):
        if model is not None and not issubclass(model, BaseModel):
            raise Undeclared(f"{where}: query and body must be pydantic models")
