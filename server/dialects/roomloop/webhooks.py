"""Webhooks: other systems are told of what happens to reservations and accounts, in the shapes of this API.

Decisions:
- The page has the registration alone; the list, one, its end, a new secret, a try and what became of each message are
  ours. Only webhooks that were made here are shown here.
- A webhook is its maker's: it hears what they may see, and nothing once their account has ended. Of the whole school
  admin and staff register one; who manages some facilities, of these.
- Messages are signed by Standard Webhooks, `X-Hub-Signature-256` beside it where that is asked for (docs/webhooks.md).
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from server.core.addresses import LONGEST
from server.core.errors import Unknown
from server.core.hooks import DONE, MOST_PATTERNS, PARKED, Delivery
from server.dialects.kit.app import Call
from server.dialects.kit.route import Answer, Routes
from server.dialects.roomloop.desk import Desk
from server.dialects.roomloop.pages import Listed, Page, Strict, cursor
from server.dialects.roomloop.session import SOURCE
from server.dialects.roomloop.wire import stamp
from server.engine.hooks import MOST
from server.engine.hooks import Listed as Known

routes = Routes("webhooks")
ERRORS = (400, 404, 503, 507)
STATES = {"waiting": "pending", DONE: "delivered", PARKED: "failed", "dropped": "dropped"}
"""What becomes of a message: here, and what that is called in the house."""
ASKED = {told: state for state, told in STATES.items()}
Pattern = Annotated[str, StringConstraints(max_length=64)]


class NewHook(Strict):
    """A webhook to be registered."""

    url: str = Field(max_length=LONGEST, description="https://…; docs/webhooks.md says which may be reached")
    events: list[Pattern] = Field(
        description=f"1 to {MOST_PATTERNS}: a type such as reservation.created, reservation.*, account.*, or *"
    )
    facility_ids: list[Annotated[str, StringConstraints(max_length=64)]] = Field(
        default=[], max_length=1_000, description="Only of these facilities; then never of accounts"
    )
    github: bool = Field(default=False, description="Sign with X-Hub-Signature-256 beside")


class HookBody(BaseModel):
    """A webhook."""

    id: str
    url: str
    events: list[str]
    facility_ids: list[str]
    github: bool
    status: str = Field(description="active, paused (nothing but failures for three days) or ended (410)")
    pending: int = Field(description="Messages that wait")
    failed: int = Field(description="Messages that were given up and can be redelivered")
    created_at: str


class MadeHook(HookBody):
    """A new webhook."""

    secret: str = Field(description="What its messages are signed with: whsec_ and base64. Told this once")


class Rotated(BaseModel):
    """A new secret; the former one signs beside it for 24 hours."""

    id: str
    secret: str


class Sent(BaseModel):
    """A message that was queued."""

    id: str


class DeliveriesQuery(Page):
    """Which messages, the newest first."""

    status: Literal["pending", "delivered", "failed", "dropped"] | None = None


class DeliveryBody(BaseModel):
    """A message and what became of it."""

    id: str = Field(description="Its webhook-id, the same at every try")
    event: str
    status: str
    attempts: int
    response_status: int | None = Field(description="Of the last answer; null where there was none")
    error: str = Field(description="Why there was no answer, or why it was dropped")
    created_at: str
    next_attempt_at: str | None
    ended_at: str | None


@routes(
    "POST", "/webhooks", scope="admin", summary="Register a webhook", answers={201: MadeHook},
    errors=(400, 404, 422, 503, 507), detail=f"The secret is told this once. {MOST} of the house at most.",
)  # fmt: skip
def create_hook(desk: Desk, call: Call, body: NewHook) -> Answer:
    made, secret = desk.engine.hooks.add(
        body.url, tuple(body.events), call.actor, rooms=tuple(body.facility_ids), github=body.github, dialect=SOURCE
    )
    told = MadeHook(**_body(desk, Known(made, 0, 0)).model_dump(), secret=secret)
    return Answer(told, 201, {"Location": call.link("/webhooks/{}", made.id)})


@routes(
    "GET", "/webhooks", scope="admin", summary="The webhooks", answers={200: Listed[HookBody]}, errors=(400, 503)
)  # fmt: skip
def list_hooks(desk: Desk, call: Call) -> Listed[HookBody]:
    known = [it for it in desk.engine.hooks.all(call.actor) if it.hook.dialect == SOURCE]
    return Listed(data=[_body(desk, it) for it in known], next_cursor=None)


@routes(
    "GET", "/webhooks/<hook>", scope="admin", summary="One webhook", answers={200: HookBody}, errors=(400, 404, 503)
)
def get_hook(desk: Desk, call: Call, hook: str) -> HookBody:
    return _body(desk, ours(desk, call, hook))


@routes("DELETE", "/webhooks/<hook>", scope="admin", summary="End a webhook", answers={204: None}, errors=ERRORS)
def remove_hook(desk: Desk, call: Call, hook: str) -> Answer:
    ours(desk, call, hook)
    desk.engine.hooks.remove(hook, call.actor)
    return Answer(status=204)


@routes(
    "POST", "/webhooks/<hook>/rotate", scope="admin", summary="A new secret", answers={200: Rotated}, errors=ERRORS
)  # fmt: skip
def rotate_hook(desk: Desk, call: Call, hook: str) -> Rotated:
    ours(desk, call, hook)
    made, secret = desk.engine.hooks.rotate(hook, call.actor)
    return Rotated(id=made.id, secret=secret)


@routes(
    "POST", "/webhooks/<hook>/resume", scope="admin", summary="Send again to one that was paused or has ended",
    answers={200: HookBody}, errors=ERRORS,
)  # fmt: skip
def resume_hook(desk: Desk, call: Call, hook: str) -> HookBody:
    ours(desk, call, hook)
    desk.engine.hooks.resume(hook, call.actor)
    return get_hook(desk, call, hook)


@routes(
    "POST", "/webhooks/<hook>/test", scope="admin", summary="Queue a message of type hook.test", answers={202: Sent},
    errors=(*ERRORS, 422),
)  # fmt: skip
def test_hook(desk: Desk, call: Call, hook: str) -> Answer:
    ours(desk, call, hook)
    return Answer(Sent(id=desk.engine.hooks.test(hook, call.actor)), 202)


@routes(
    "GET", "/webhooks/<hook>/deliveries", scope="admin", summary="The messages of a webhook, the newest first",
    answers={200: Listed[DeliveryBody]}, errors=(404, 503),
)  # fmt: skip
def list_deliveries(desk: Desk, call: Call, hook: str, query: DeliveriesQuery) -> Listed[DeliveryBody]:
    ours(desk, call, hook)
    hooks, state = desk.engine.hooks, ASKED[query.status] if query.status else ""
    before = query.after[0] if query.after else None
    found = hooks.deliveries(hook, call.actor, before=before, limit=query.limit, state=state)
    last = found[-1].number if len(found) == query.limit else None
    more = last is not None and hooks.deliveries(hook, call.actor, before=last, limit=1, state=state)
    return Listed(data=[_delivery(it) for it in found], next_cursor=cursor((last, 0) if last and more else None))


@routes(
    "POST", "/webhooks/<hook>/deliveries/<message>/redeliver", scope="admin", summary="Send a message again",
    answers={202: Sent}, errors=(*ERRORS, 422), detail="Under the same id, within three days of its end.",
)  # fmt: skip
def redeliver(desk: Desk, call: Call, hook: str, message: str) -> Answer:
    ours(desk, call, hook)
    desk.engine.hooks.replay(hook, call.actor, event=message)
    return Answer(Sent(id=message), 202)


def ours(desk: Desk, call: Call, id_: str) -> Known:
    """The webhook of that id; Unknown where it was made at another door."""
    found = desk.engine.hooks.find(id_, call.actor)
    if found.hook.dialect != SOURCE:
        raise Unknown("webhook", id_)
    return found


def _body(desk: Desk, it: Known) -> HookBody:
    hook, rooms = it.hook, desk.engine.house.now().rooms
    return HookBody(
        id=hook.id, url=hook.url, events=list(hook.patterns), github=hook.github, status=hook.state,
        facility_ids=[rooms[number].slug for number in sorted(hook.rooms) if number in rooms], pending=it.waiting,
        failed=it.parked, created_at=stamp(hook.made_at),
    )  # fmt: skip


def _delivery(it: Delivery) -> DeliveryBody:
    return DeliveryBody(
        id=it.event, event=it.type, status=STATES[it.state], attempts=it.tries, response_status=it.status,
        error=it.error, created_at=stamp(it.made_at), ended_at=_stamp(it.ended_at),
        next_attempt_at=stamp(it.next_at) if it.state == "waiting" else None,
    )  # fmt: skip


def _stamp(at: datetime | None) -> str | None:
    return None if at is None else stamp(at)
