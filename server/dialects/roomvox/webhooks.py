"""Webhooks, in RoomVox's manner: who is told of what happens, and what became of each message. Scope admin.

Decision: a secret is told when it is made and never again; a list of webhooks holds none.
"""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints

from server.core.addresses import LONGEST
from server.core.hooks import MOST_PATTERNS, Delivery
from server.dialects.kit.app import Call
from server.dialects.kit.route import Answer, Routes
from server.dialects.roomvox.desk import Desk
from server.dialects.roomvox.pages import Page, paged
from server.dialects.roomvox.wire import Done
from server.engine.hooks import PAGE, Listed

routes = Routes("webhooks")
ERRORS = (404, 503, 507)
Url = Annotated[str, Field(description=f"https://…, at most {LONGEST} characters; docs/webhooks.md says which")]
Pattern = Annotated[str, StringConstraints(max_length=64)]
Events = Annotated[list[Pattern], Field(description=f"1 to {MOST_PATTERNS}: booking.created, booking.*, or *")]
Rooms = Annotated[list[Annotated[str, StringConstraints(max_length=64)]], Field(max_length=1_000)]


class NewHook(BaseModel):
    """A webhook to be made."""

    url: Url
    events: Events
    rooms: Rooms = Field(default=[], description="Only of these rooms, by id; empty: of the whole house")
    github: bool = Field(default=False, description="Also sign in GitHub's way")


class HookEdit(BaseModel):
    """What to change of a webhook; what is absent stays."""

    url: Url | None = None
    events: Events | None = None
    rooms: Rooms | None = None
    github: bool | None = None
    paused: bool | None = Field(default=None, description="true: send nothing for now; false: send (again)")


class HookBody(BaseModel):
    """A webhook. Times are UTC."""

    id: str
    url: str
    events: list[str]
    rooms: list[str] = Field(description="By id; empty: the whole house")
    github: bool
    state: str = Field(description="active, paused or ended")
    why: str = Field(description="asked, failing or gone; empty while it is active")
    failingSince: str | None = Field(description="Nothing but failures since then")
    waiting: int = Field(description="Messages that wait")
    parked: int = Field(description="Messages that were given up and can be sent again")
    created: str


class MadeHook(HookBody):
    """A new webhook, and what its messages are signed with."""

    secret: str = Field(description="Told this once")


class Rotated(BaseModel):
    """A new secret; the former one signs beside it for 24 hours."""

    id: str
    secret: str


class DeliveriesQuery(Page):
    """Which messages."""

    state: Literal["waiting", "done", "parked", "dropped"] | None = None


class DeliveryBody(BaseModel):
    """A message, and what became of it."""

    id: str = Field(description="Its webhook-id")
    event: str
    state: str
    tries: int
    status: int | None = Field(description="Of the last answer; null where there was none")
    error: str = Field(description="Why there was no answer, or why it was dropped")
    created: str
    next: str | None = Field(description="When it is tried next")
    ended: str | None


class Replayed(BaseModel):
    """How many messages are sent again."""

    status: str = "ok"
    replayed: int


class Sent(BaseModel):
    """A message that was queued."""

    id: str


@routes("GET", "/webhooks", scope="admin", summary="The webhooks", answers={200: list[HookBody]}, errors=(503,))
def list_hooks(desk: Desk, call: Call) -> Answer:
    return Answer([HookBody(**_told(desk, it)) for it in desk.engine.hooks.all(call.actor)])


@routes(
    "POST", "/webhooks", scope="admin", summary="Tell another system of what happens", answers={201: MadeHook},
    errors=(*ERRORS, 422), detail="The answer holds the secret, this once.",
)  # fmt: skip
def create_hook(desk: Desk, call: Call, body: NewHook) -> Answer:
    made, secret = desk.engine.hooks.add(
        body.url, tuple(body.events), call.actor, rooms=tuple(body.rooms), github=body.github
    )
    told = MadeHook(**_told(desk, Listed(made, 0, 0)), secret=secret)
    return Answer(told, 201, {"Location": call.link("/webhooks/{}", made.id)})


@routes("GET", "/webhooks/<hook>", scope="admin", summary="One webhook", answers={200: HookBody}, errors=(404, 503))
def get_hook(desk: Desk, call: Call, hook: str) -> Answer:
    return Answer(HookBody(**_told(desk, desk.engine.hooks.find(hook, call.actor))))


@routes(
    "PATCH", "/webhooks/<hook>", scope="admin", summary="Change, pause or resume a webhook", answers={200: HookBody},
    errors=ERRORS,
)  # fmt: skip
def change_hook(desk: Desk, call: Call, hook: str, body: HookEdit) -> Answer:
    hooks, actor = desk.engine.hooks, call.actor
    if body.model_fields_set - {"paused"}:
        hooks.change(
            hook, actor, url=body.url, patterns=tuple(body.events) if body.events is not None else None,
            rooms=tuple(body.rooms) if body.rooms is not None else None, github=body.github,
        )  # fmt: skip
    if body.paused is not None:
        hooks.pause(hook, actor) if body.paused else hooks.resume(hook, actor)
    return get_hook(desk, call, hook)


@routes("DELETE", "/webhooks/<hook>", scope="admin", summary="End a webhook", answers={200: Done}, errors=ERRORS)
def remove_hook(desk: Desk, call: Call, hook: str) -> Done:
    desk.engine.hooks.remove(hook, call.actor)
    return Done()


@routes(
    "POST", "/webhooks/<hook>/rotate", scope="admin", summary="A new secret", answers={200: Rotated}, errors=ERRORS,
)  # fmt: skip
def rotate_hook(desk: Desk, call: Call, hook: str) -> Rotated:
    made, secret = desk.engine.hooks.rotate(hook, call.actor)
    return Rotated(id=made.id, secret=secret)


@routes(
    "POST", "/webhooks/<hook>/test", scope="admin", summary="Queue a message of type hook.test", answers={202: Sent},
    errors=(*ERRORS, 422),
)  # fmt: skip
def test_hook(desk: Desk, call: Call, hook: str) -> Answer:
    return Answer(Sent(id=desk.engine.hooks.test(hook, call.actor)), 202)


@routes(
    "GET", "/webhooks/<hook>/deliveries", scope="admin", summary="Messages of a webhook, the newest first",
    answers={200: list[DeliveryBody]}, errors=(404, 503),
)  # fmt: skip
def list_deliveries(desk: Desk, call: Call, hook: str, query: DeliveriesQuery) -> Answer:
    before = query.after[0] if query.after is not None else None
    most = min(query.fetch or PAGE, PAGE)
    found = desk.engine.hooks.deliveries(hook, call.actor, before=before, limit=most, state=query.state or "")
    shown, headers = paged(call, query, found, lambda it: (it.number, 0))
    return Answer([_delivery(it) for it in shown], headers=headers)


@routes(
    "POST", "/webhooks/<hook>/replay", scope="admin", summary="Send again all messages that are parked",
    answers={200: Replayed}, errors=ERRORS,
)  # fmt: skip
def replay_all(desk: Desk, call: Call, hook: str) -> Replayed:
    return Replayed(replayed=desk.engine.hooks.replay(hook, call.actor))


@routes(
    "POST", "/webhooks/<hook>/deliveries/<message>/replay", scope="admin", summary="Send a message again",
    answers={200: Replayed}, errors=(*ERRORS, 422), detail="Under the same webhook-id, within three days of its end.",
)  # fmt: skip
def replay_one(desk: Desk, call: Call, hook: str, message: str) -> Replayed:
    return Replayed(replayed=desk.engine.hooks.replay(hook, call.actor, event=message))


def _told(desk: Desk, it: Listed) -> dict[str, Any]:
    hook, rooms = it.hook, desk.engine.house.now().rooms
    return {
        "id": hook.id, "url": hook.url, "events": list(hook.patterns), "github": hook.github, "state": hook.state,
        "rooms": [rooms[number].slug for number in sorted(hook.rooms) if number in rooms], "why": hook.why,
        "failingSince": _utc(hook.failing_since), "waiting": it.waiting, "parked": it.parked,
        "created": _utc(hook.made_at),
    }  # fmt: skip


def _delivery(it: Delivery) -> DeliveryBody:
    return DeliveryBody(
        id=it.event, event=it.type, state=it.state, tries=it.tries, status=it.status, error=it.error,
        created=_utc(it.made_at) or "", next=_utc(it.next_at) if it.state == "waiting" else None,
        ended=_utc(it.ended_at),
    )  # fmt: skip


def _utc(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
