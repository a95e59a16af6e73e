"""What the pages work with: the engine, the sign-in provider, our address, and how an answer is drawn."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from werkzeug.wrappers import Response

from server.console import guard
from server.console.page import Visit
from server.console.words import LANGUAGES, words
from server.core.access import CLI
from server.core.errors import Barred, Later, LintelError, Unknown
from server.engine import Engine
from server.engine.identities import Terms

if TYPE_CHECKING:
    from server.console.oidc import Provider  # loads libraries that only a house with a provider needs

HTML = "text/html; charset=utf-8"
NOTHING: Mapping[str, str] = {}


def _environment() -> Environment:
    folder = Path(__file__).parent / "templates"
    return Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
                       auto_reload=False)  # fmt: skip  # an update lays new files beside a server that still runs


@dataclass(frozen=True, slots=True)
class Desk:
    """`base` is the scheme and host that people's browsers reach us by. `provider` None: local passwords only.

    `local`: whether others than the sealed account sign in by password. `registration`: off, awaiting or open.
    `feed` is where personal calendars are, with {} for the secret.
    """

    engine: Engine
    base: str
    provider: "Provider | None" = None
    provider_name: str = ""
    terms: Terms = field(default_factory=Terms)
    local: bool = True
    registration: str = "off"
    feed: str = ""
    cookies: guard.Cookies = field(init=False)
    drawn: Environment = field(default_factory=_environment)

    def __post_init__(self) -> None:
        object.__setattr__(self, "cookies", guard.Cookies(self.base))

    def form_cookie(self, visit: Visit) -> str:
        return self.cookies.read(visit.request, guard.FORM)

    def draw(
        self, visit: Visit, template: str, *, status: int = 200, said: str = "", tone: str = "good",
        here: str = "", again: Mapping[str, str] = NOTHING, **more: Any,
    ) -> Response:  # fmt: skip
        """A page in the visitor's language. Its forms carry the token of this browser and this session.

        `here` is where the same page is in another language, the path that was asked for unless said; `again` what the
        address there needs beside it.
        """
        cookie = self.form_cookie(visit)
        new = not guard.token(cookie, "")
        cookie = guard.fresh() if new else cookie
        body = self.drawn.get_template(template).render(
            w=words(visit.language), language=visit.language, languages=LANGUAGES, said=said, tone=tone,
            here=here or visit.request.path, again=f"{urlencode(again)}&" if again else "",
            token=guard.token(cookie, visit.secret), person=visit.person,
            open_conflicts=lambda: self.engine.conflicts.count(CLI), **more,
        )  # fmt: skip
        answer = Response(body, status=status, content_type=HTML)
        answer.headers["Referrer-Policy"] = "same-origin"
        answer.headers["Content-Language"] = visit.language
        answer.headers["Vary"] = "Cookie, Accept-Language"
        if new:
            self.cookies.give(answer, guard.FORM, cookie)
        if visit.request.args.get("lang") == visit.language:
            self.cookies.give(answer, guard.LANGUAGE, visit.language, seconds=12 * guard.MONTH)
        return answer

    def on(self, path: str) -> Response:
        """Sends the browser on, by a GET, to a path of ours."""
        return Response(status=303, headers={"Location": path})

    def ask_to_sign_in(self, visit: Visit) -> Response:
        """To the sign-in page, and back from there to what was wanted, where that was a page."""
        asked = visit.request
        more = asked.query_string.decode("latin-1")
        wanted = guard.local(f"{asked.path}?{more}" if more else asked.path) if asked.method == "GET" else "/you"
        return self.on(f"/sign-in?said=first&next={quote(wanted, safe='')}")

    def refusal(self, visit: Visit, status: int, name: str, **numbers: Any) -> Response:
        """What cannot be done, as a page, or as JSON for whoever does not ask for pages."""
        if not _wants_a_page(visit):
            phrase = HTTPStatus(status).phrase.capitalize()
            return Response(f'{{"error":"{phrase}"}}', status=status, content_type="application/json; charset=utf-8")
        w = words(visit.language)
        text = w[f"{name}_text"].format(**numbers)
        return self.draw(visit, "refusal.html", status=status, heading=w[f"{name}_heading"], text=text)

    def refused(self, visit: Visit, error: LintelError) -> Response:
        """Any of the engine's refusals that a page did not expect."""
        match error:
            case Later():
                answer = self.refusal(visit, 429 if error.too_many else 503, "later")
                answer.headers["Retry-After"] = str(error.retry_after)
                return answer
            case Barred():
                return self.refusal(visit, 403, "barred")
            case Unknown():
                return self.refusal(visit, 404, "lost")
        return self.refusal(visit, 503 if type(error).__name__ == "Full" else 422, "form")


def _wants_a_page(visit: Visit) -> bool:
    """Browsers say so; programs at a wrong address get what they can read."""
    return "text/html" in visit.request.headers.get("Accept", "") or visit.request.method == "POST"
