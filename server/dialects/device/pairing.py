"""Pairing, and who a device is: how one that nobody knows is let in, and what one that is known is told of itself.

Decision: where the server has no public address the link to where people let a device in is a path, for what a request
says of its host anybody may write.
"""

from dataclasses import asdict
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from server.dialects.device.fleet import certainty
from server.dialects.device.instants import instant, precise
from server.dialects.device.wire import ERRORS
from server.dialects.kit.app import Call
from server.dialects.kit.route import Routes
from server.engine import Engine
from server.engine.pairing import LENGTHS, Told

routes = Routes("device")
LIMIT = 8 * 1024
Secret = Annotated[str, Field(max_length=200)]


class Asking(BaseModel):
    """A device that asks to be let in: the digest of the key that it has drawn, how the key begins, what it is."""

    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    prefix: Annotated[str, Field(pattern=r"^rk_dev_[0-9a-f]{8}$")]
    serial: Annotated[str, Field(max_length=LENGTHS["serial"])] = ""
    model: Annotated[str, Field(max_length=LENGTHS["model"])] = ""
    version: Annotated[str, Field(max_length=LENGTHS["version"])] = ""
    glass: Annotated[str, Field(max_length=LENGTHS["glass"])] = ""
    enrolment: Secret = ""


class BegunOut(BaseModel):
    """What came of asking. `code`, `expires` and `url` are empty unless it waits."""

    state: Literal["waiting", "paired", "refused"]
    code: str
    expires: str
    url: str
    authorities: list[str]
    time: str


class StateOut(BaseModel):
    """What became of who asked."""

    state: Literal["waiting", "paired", "refused"]
    time: str


class MeOut(BaseModel):
    """Who a device is and how it is to be."""

    number: int
    name: str
    kind: Literal["panel", "board"]
    rooms: list[str]
    state: Literal["good", "waiting", "quarantined"]
    settings: dict[str, Any]
    why: dict[str, str]
    authorities: list[str]
    push: str | None
    digest: str
    incarnation: str
    time: str
    clock: str


@routes(
    "POST", "/pairing", scope="public", summary="A device asks to be let in", answers={200: BegunOut},
    errors=(400, 429, 503, 507), limit=LIMIT,
    detail="Asking again makes a new code; the one before is void. The key itself is never sent before it is good.",
)  # fmt: skip
def begin(engine: Engine, call: Call, body: Asking) -> BegunOut:
    told = Told(body.serial, body.model, body.version, body.glass, call.request.remote_addr or "")
    begun = engine.pairing.begin(body.digest, body.prefix, told, body.enrolment)
    waits = begun.state == "waiting"
    out: dict[str, Any] = {
        "state": begun.state,
        "code": begun.code,
        "expires": instant(begun.expires) if waits else "",
        "url": call.links.to("", "/pair", query={"code": begun.code.replace("-", "")}) if waits else "",
        "authorities": list(engine.pairing.authorities()),
        "time": precise(engine.clock.now()),
    }
    return BegunOut(**out)


@routes(
    "GET", "/pairing/<digest>", scope="public", summary="What became of who asked", answers={200: StateOut},
    errors=(404, 503),
)  # fmt: skip
def state(engine: Engine, call: Call, digest: str) -> StateOut:
    out: dict[str, Any] = {"state": engine.pairing.state(digest), "time": precise(engine.clock.now())}
    return StateOut(**out)


@routes(
    "GET", "/me", scope="read", summary="Who the device is and how it is to be", answers={200: MeOut}, errors=ERRORS
)
def me(engine: Engine, call: Call) -> MeOut:
    it = engine.devices.me(call.actor)
    return MeOut(**asdict(it), time=precise(engine.clock.now()), clock=certainty(engine))
