"""The page behind a link in a letter: what is asked, and one button. Looking changes nothing; the button does, once.

Decision: the address of the page is the secret. So its Referrer-Policy names no more than our origin, even to ourselves
(with none at all browsers would send "Origin: null" with the form), it is in no log, and nothing is fetched from
elsewhere.
"""

from datetime import datetime

from werkzeug.wrappers import Response

from server.console.desk import Desk
from server.console.page import Pages, Visit
from server.console.words import LANGUAGES, words
from server.core.errors import Barred, Refused, Unknown
from server.core.zone import wall
from server.engine.answers import Asked

pages = Pages()
SECOND = frozenset({"decline", "decline_offer"})
LOCALES = {"en": "en_GB"}
REASONS = frozenset({"not_pending", "no_offer", "over", "not_yet", "blocked", "link_used", "link_expired"})


@pages("GET", "/answer/<secret>", who="anyone")
def look(desk: Desk, visit: Visit) -> Response:
    """What is asked."""
    try:
        it = desk.engine.answers.look(visit.given["secret"])
    except Unknown:
        return _nothing(desk, visit)
    return _shown(desk, visit, it, it.state, status=200 if it.state == "open" else 410)


@pages("POST", "/answer/<secret>", who="anyone")
def give(desk: Desk, visit: Visit) -> Response:
    """Does it."""
    secret = visit.given["secret"]
    try:
        return _shown(desk, visit, desk.engine.answers.give(secret), "done")
    except Unknown:
        return _nothing(desk, visit)
    except Refused as no:
        code = no.objections[0].code if no.objections else "taken"
        it = desk.engine.answers.look(secret)
        if code in ("link_used", "link_expired"):
            return _shown(desk, visit, it, it.state, status=410)
        return _shown(desk, visit, it, "refused", status=409, code=code)
    except Barred:
        return _shown(desk, visit, desk.engine.answers.look(secret), "barred", status=403)


def _shown(desk: Desk, visit: Visit, it: Asked, state: str, *, status: int = 200, code: str = "") -> Response:
    """The page, in the language that its reader asks for now, else in that of the letter."""
    if visit.request.args.get("lang", "") not in LANGUAGES and it.language in LANGUAGES:
        visit.language = it.language
    w = words(visit.language)
    reason = f"answer_no_{code}" if f"answer_no_{code}" in w else "answer_refused"
    heading = w[f"answer_{it.purpose}" if state == "open" else f"answer_{it.purpose}_key"]  # it asks only while it asks
    text = {"open": "", "done": w[f"answer_{it.purpose}_done"], "refused": w[reason], "used": w["answer_used"],
            "expired": w["answer_expired"], "barred": w["answer_barred"]}[state]  # fmt: skip
    answer = desk.draw(
        visit, "answer.html", status=status, state=state, heading=heading, text=text,
        button=w[f"answer_{it.purpose}_key"], second=it.purpose in SECOND, facts=_facts(it, w, visit.language),
    )  # fmt: skip
    return _closed(answer)


def _nothing(desk: Desk, visit: Visit) -> Response:
    w = words(visit.language)
    answer = desk.draw(visit, "answer.html", status=404, state="unknown", heading=w["lost_heading"],
                       text=w["answer_unknown"], button="", second=False, facts=[])  # fmt: skip
    return _closed(answer)


def _closed(answer: Response) -> Response:
    answer.headers["Referrer-Policy"] = "strict-origin"
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer


def _facts(it: Asked, w: dict[str, str], language: str) -> list[tuple[str, str]]:
    if it.starts is None or it.ends is None:
        return []
    start, end = wall(it.starts, it.zone), wall(it.ends, it.zone)
    between = " " if language == "ja" else ", "
    begin = f"{_day(start, language)}{between}{start:%H:%M}"
    until = f"{end:%H:%M}" if start.date() == end.date() else f"{_day(end, language)}{between}{end:%H:%M}"
    told = [
        (w["answer_what"], it.title), (w["answer_room"], " + ".join(it.rooms)),
        (w["answer_when"], f"{begin}\u2060–\u2060{until}"), (w["answer_who"], it.organizer),
    ]  # fmt: skip
    return [(label, value) for label, value in told if value]


def _day(at: datetime, language: str) -> str:
    from babel.dates import format_skeleton  # 10 MiB that a house without letters need not have

    return str(format_skeleton("yMMMEd", at, locale=LOCALES.get(language, language)))
