"""Making an account for oneself, where the house allows it."""

from typing import Any

from werkzeug.wrappers import Response

from server.console.desk import Desk
from server.console.page import Pages, Visit
from server.console.pages.sign_in import label, signed_in
from server.console.words import words
from server.core.errors import Invalid, Later, Refused
from server.core.people import Account, Person

pages = Pages()
FIELDS = ("first_name", "last_name", "email", "password")


@pages("GET", "/register", who="anyone")
def form(desk: Desk, visit: Visit) -> Response:
    """The form; nothing is here where the house does not allow it."""
    if desk.registration == "off":
        return desk.refusal(visit, 404, "lost")
    return _shown(desk, visit)


@pages("POST", "/register", who="anyone", takes=FIELDS)
def register(desk: Desk, visit: Visit) -> Response:
    """Makes the account; whoever is active at once has signed in by it."""
    if desk.registration == "off":
        return desk.refusal(visit, 404, "lost")
    given, w = visit.form, words(visit.language)
    fresh = Person(
        0, given["email"].strip(), "", given["first_name"].strip(), given["last_name"].strip(), language=visit.language
    )
    try:
        made = desk.engine.people.register(fresh, given["password"], address=visit.request.remote_addr or "")
    except Invalid as error:
        bad = {
            name: w.get(f"bad_{name}" if name != "password" else "bad_fresh", w["bad_field"]) for name in error.fields
        }
        return _shown(desk, visit, status=422, said=w["check"], tone="bad", bad=bad)
    except Refused:
        return _shown(desk, visit, status=409, said=w["check"], tone="bad", bad={"email": w["bad_email_taken"]})
    except Later as error:
        if not error.too_many:
            raise
        said = w["later_minutes"].format(n=-(-error.retry_after // 60))
        answer = _shown(desk, visit, status=429, said=said, tone="bad")
        answer.headers["Retry-After"] = str(error.retry_after)
        return answer
    if made.account is not Account.ACTIVE:
        return _shown(desk, visit, done=True)
    _, secret = desk.engine.sign_in.open(made.number, source="console", label=label(visit), old=visit.secret)
    return signed_in(desk, secret, "/you")


def _shown(desk: Desk, visit: Visit, *, bad: dict[str, str] | None = None, done: bool = False, **more: Any) -> Response:
    kept = {name: visit.form.get(name, "") for name in FIELDS if name != "password"}
    marked = dict.fromkeys(FIELDS, "") | (bad or {})
    return desk.draw(visit, "register.html", form=kept, bad=marked, done=done, **more)
