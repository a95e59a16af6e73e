"""Who asks at Indico's door: by a bearer token, by an API key, signed or not, or as nobody in particular.

Decisions:
- A bearer token is one of Lintel's own (`rvx_…`); where a client insists on Indico's beginnings, `indp_…` and `indo_…`
  with the same letters mean the same token. Its scope bounds it: read for GET, book for POST.
- A key acts as its person, with all that they may. Its name and its parameters come by the query of a GET and by the
  form of a POST. A signature that is sent is verified in every mode; who sends a wrong one is nobody's guest.
- The signed text has names in small letters, so a time counts however its name is written: else who finds a request
  whose time is over could write `TIMESTAMP`, and have one without a time.
- A signed request may be sent again until its time is over: that is the protocol, which has nothing to use up.
- Session cookies open nothing here: `cookieauth` is ignored, so no page of another site can ask in somebody's name.
- Whoever is refused here counts as a stranger of their address, who may not ask more often than any other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import IntEnum
from uuid import UUID

from flask import Request

from server.core.access import Actor
from server.core.clock import epoch
from server.core.errors import Later, Unnamed
from server.dialects.indico import signature
from server.dialects.indico.desk import GUEST, Desk
from server.dialects.indico.parameters import FORMS, yes
from server.dialects.kit.auth import bearer
from server.engine.api_keys import Opened

NO_GUESTS = "Guest access to this resource is forbidden."
BAD_TOKEN = "OAuth error: the token is unknown, revoked or expired"
AS_TOKENS = ("indp_", "indo_")
LONGEST = 64
"""Characters of a key's name and of a signature; longer ones are neither."""
Given = Mapping[str, Sequence[str]]


class Mode(IntEnum):
    """What is asked of whoever comes: each line of the table is one of Indico's modes of security."""

    KEY = 0
    ONLY_KEY = 1
    SIGNED = 2
    ONLY_KEY_SIGNED = 3
    ALL_SIGNED = 4


KEY_NEEDED = frozenset({Mode.ONLY_KEY, Mode.ONLY_KEY_SIGNED, Mode.ALL_SIGNED})
UNSIGNED_IS_GUEST = frozenset({Mode.SIGNED, Mode.ONLY_KEY_SIGNED})


class Stranger(Unnamed):
    """Who is not let in, in the words and with the status that Indico has for it."""

    def __init__(self, text: str, status: int = 403) -> None:
        super().__init__(missing=False)
        self.text = text
        self.status = status


def who(desk: Desk, request: Request) -> Actor:
    """Who asks; a guest, where nobody is named and the mode allows it. Raises Stranger."""
    given = parameters(request)
    actor = _bearer(desk, request) or _holder(desk, request, given)
    if actor is not None and not yes(first(given, "op", "onlypublic")):
        return actor
    if yes(first(given, "oa", "onlyauthed")):
        raise Stranger("Not authenticated")
    if not desk.terms.guests:
        raise Stranger(NO_GUESTS)
    return replace(GUEST, name=f"guest:{request.remote_addr}")


def counted(desk: Desk, request: Request) -> Actor:
    """As `who`, for what is open to guests: nobody may ask too often there either. Raises Stranger, Later."""
    try:
        actor = who(desk, request)
    except Stranger:
        if wait := desk.rates.take(f"address:{request.remote_addr}"):
            raise Later(wait, too_many=True) from None
        raise
    if wait := desk.rates.take(actor.name):
        raise Later(wait, too_many=True)
    return actor


def parameters(request: Request) -> Given:
    """What a signature is over: the query, or of a POST the form."""
    if request.method != "POST":
        return dict(request.args.lists())
    if request.mimetype not in FORMS:
        return {}
    request.get_data(cache=True)  # the form is read from what is kept, so that it can be read again
    return dict(request.form.lists())


def first(given: Given, *names: str) -> str:
    """The first value of the first of the names that has one, else ""."""
    return next((value for name in names for value in given.get(name, ()) if value), "")


def _bearer(desk: Desk, request: Request) -> Actor | None:
    """The actor of a bearer token; None where none was sent."""
    try:
        secret = bearer(request)
    except Unnamed:
        return None
    for begin in AS_TOKENS:
        secret = f"rvx_{secret.removeprefix(begin)}" if secret.startswith(begin) else secret
    try:
        return desk.engine.tokens.actor(secret, source=GUEST.source)
    except Unnamed:
        raise Stranger(BAD_TOKEN, 400) from None


def _holder(desk: Desk, request: Request, given: Given) -> Actor | None:
    """The person of the API key; None where the mode takes the request for a guest's."""
    ak, mode = first(given, "ak", "apikey"), Mode(desk.terms.mode)
    if not ak:
        if mode in KEY_NEEDED:
            raise Stranger("API key is missing")
        return None
    opened = _opened(desk, ak)
    if sent := first(given, "signature"):
        _verify(desk, request, given, opened, sent)
    elif mode is Mode.ALL_SIGNED:
        raise Stranger("Signature missing")
    elif mode in UNSIGNED_IS_GUEST:
        return None
    return desk.engine.api_keys.actor(opened, source=GUEST.source)


def _opened(desk: Desk, ak: str) -> Opened:
    """What the key of that name opens."""
    try:
        name = str(UUID(hex=ak if len(ak) <= LONGEST else ""))
    except ValueError:
        raise Stranger("Malformed API key", 400) from None
    try:
        opened = desk.engine.api_keys.by_ak(name)
    except Unnamed:
        raise Stranger("Invalid API key") from None
    if opened.key.blocked:
        raise Stranger("API key is blocked")
    return opened


def _verify(desk: Desk, request: Request, given: Given, opened: Opened, sent: str) -> None:
    """Raises Stranger unless the request was signed with the key's secret, and when it is allowed to have been."""
    times = [it for name, values in given.items() if name.lower() == "timestamp" for it in values if it]
    if not times and not (opened.key.persistent and desk.terms.persistent):
        raise Stranger("Signature invalid (no timestamp)")
    if any(abs(_seconds(it) - epoch(desk.now())) > desk.terms.ttl for it in times):
        raise Stranger("Signature invalid (bad timestamp)")
    paths = dict.fromkeys((request.path, request.script_root + request.path))
    if not signature.right(sent[:LONGEST], opened.secret, paths, given):
        raise Stranger("Signature invalid")


def _seconds(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < LONGEST):
        raise Stranger("timestamp must be whole seconds since 1970", 400)
    return int(text)
