"""Heartbeats, and the receipts of orders: what a device says of itself, and what it is told in return.

Decisions:
- A heartbeat is never refused for what a later version may say: unknown fields are ignored, and a vital that makes no
  sense is left out. What is kept of it is written anew from what was understood, so its size is bounded.
- What people read of it is printable: no word steers a terminal or the direction of writing, or spoils an answer.
- Of rooms the first `KEPT_ROOMS` are kept one by one; of a board's others only how old the oldest plan is.
- Version 1 named one room (`room`, `seq`) and is answered with `seq`.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field

from server.core.errors import Invalid, Unknown
from server.core.orders import LARGEST_PICTURE, LONGEST_TEXT, Order
from server.dialects.device.instants import instant, precise
from server.dialects.device.wire import ERRORS, LIMIT, Count, Instant, Seconds, Where, Word
from server.dialects.kit.app import Call
from server.dialects.kit.route import MIB, Routes
from server.engine import Engine
from server.engine.hearing import Beat
from server.engine.orders import device_of

routes = Routes("device")
MOST_ROOMS = 500
KEPT_ROOMS = 20
"""As many as a panel may have."""
LONGEST = 4096
"""Characters of a heartbeat that are kept."""
Offset = Annotated[int, Field(strict=True, ge=-(2**53), le=2**53)]
Yes = Annotated[bool, Field(strict=True)]
NUMBERS = {
    "temperature": (-100, 300), "disk_free_mb": (0, 10**9), "written_mb": (0, 10**9), "wear": (0, 100),
    "memory_mb": (0, 10**6), "uptime": (0, 10**10), "load": (0, 10**4),
}  # fmt: skip
FLAGS = ("undervoltage", "throttled")
WORDS = ("disk",)


def printable(text: str) -> str:
    """The text with a sign in place of each character that shows nothing itself."""
    return "".join(char if char.isprintable() else "\ufffd" for char in text)


Short = Annotated[str, Field(max_length=64), AfterValidator(printable)]


def sensible(value: Any) -> dict[str, Any]:
    """Of what a machine says of itself all that makes sense."""
    found: dict[str, Any] = {}
    for name, it in value.items() if isinstance(value, dict) else ():
        if name in NUMBERS and isinstance(it, int | float) and not isinstance(it, bool):
            low, high = NUMBERS[name]
            if low <= it <= high:
                found[name] = it
        elif (name in FLAGS and isinstance(it, bool)) or (
            name in WORDS and isinstance(it, str) and len(it) <= 16 and it.isprintable()
        ):
            found[name] = it
    return found


class RoomSaid(BaseModel):
    """What a device shows of one room."""

    id: Word
    seq: Count = 0
    state: Short = ""
    as_of: Instant | None = None


class Heartbeat(Where):
    """What a device says of itself.

    `painted_ago`, `painted_for`: seconds since its page last painted, and for how long till then without a break.
    `heard`: the `time` of the last answer it had got; with `settled` nothing done at the glass was owed by then.
    """

    rooms: Annotated[list[RoomSaid], Field(max_length=MOST_ROOMS)] | None = None
    seq: Count = 0
    state: Short = ""
    as_of: Instant | None = None
    life: Short = ""
    version: Short = ""
    unconfirmed: Count = 0
    clock: Short = ""
    clock_source: Short = ""
    clock_offset_ms: Offset | None = None
    painted_ago: Seconds | None = None
    painted_for: Seconds | None = None
    touch: Short = ""
    touched_ago: Seconds | None = None
    settled: Yes = False
    heard: Instant | None = None
    browser: Short = ""
    me: Short = ""
    vitals: Annotated[dict[str, Any], BeforeValidator(sensible)] = Field(default_factory=dict)


class OrderOut(BaseModel):
    """Something wanted of the device."""

    id: int
    what: str
    with_: dict[str, int] = Field(alias="with")


class PulseOut(BaseModel):
    """The answer to a heartbeat: `rooms` says the newest change of each, `orders` what is wanted of the device, and
    `grants` the newest version of what it owns of each room."""

    time: str
    clock: str
    incarnation: str
    rooms: dict[str, int]
    me: str
    orders: list[OrderOut]
    grants: dict[str, int]


class OldPulseOut(BaseModel):
    """The same to version 1, whose one room has its newest change in `seq`."""

    time: str
    clock: str
    incarnation: str
    seq: int
    me: str
    orders: list[OrderOut]
    grants: dict[str, int]


class Receipt(BaseModel):
    """What came of an order."""

    outcome: Literal["done", "failed", "cannot"]
    text: Annotated[str, Field(max_length=LONGEST_TEXT)] = ""
    picture: Annotated[str, Field(max_length=LARGEST_PICTURE * 4 // 3 + 4)] | None = None


class ReceiptOut(BaseModel):
    """It is taken."""

    time: str


@routes(
    "POST", "/heartbeat", scope="read", summary="A device lives", answers={200: PulseOut | OldPulseOut}, errors=ERRORS,
    limit=LIMIT,
)  # fmt: skip
def heartbeat(engine: Engine, call: Call, body: Heartbeat) -> PulseOut | OldPulseOut:
    old = body.rooms is None
    slugs = [engine.devices.room_of(body.room, call.actor)] if old else [it.id for it in body.rooms or ()]
    if old:
        engine.rooms.get(slugs[0], call.actor, "read")
    beat = Beat("", body.painted_ago, body.painted_for, body.touch, _settled(body), body.life)
    if (number := device_of(call.actor)) is not None and not call.actor.barred:
        engine.lives.note(number, body.life)
    pulse = engine.fleet.heartbeat(slugs, call.actor, beat, lambda rooms: said(body, rooms))
    told: dict[str, Any] = {
        "time": precise(engine.clock.now()), "clock": certainty(engine), "incarnation": pulse.incarnation,
        "me": engine.devices.me(call.actor).digest, "orders": [order_out(it) for it in pulse.orders],
        "grants": dict(pulse.grants),
    }  # fmt: skip
    return OldPulseOut(seq=pulse.rooms[slugs[0]], **told) if old else PulseOut(rooms=dict(pulse.rooms), **told)


@routes(
    "POST", "/orders/<number>", scope="read", summary="What came of an order", answers={200: ReceiptOut},
    errors=(*ERRORS, 507), limit=3 * MIB // 2, detail="A receipt that comes again changes nothing.",
)  # fmt: skip
def receipt(engine: Engine, call: Call, number: str, body: Receipt) -> ReceiptOut:
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        raise Unknown("order", number[:20])
    engine.fleet.receipt(call.actor, int(number), body.outcome, body.text, _picture(body.picture))
    return ReceiptOut(time=precise(engine.clock.now()))


def certainty(engine: Engine) -> str:
    """Whether anybody may set their clock by ours."""
    return "sure" if engine.clock_trusted() else "unsure"


def order_out(it: Order) -> OrderOut:
    return OrderOut(id=it.number, what=it.what, **{"with": dict(it.told)})


def said(body: Heartbeat, rooms: Mapping[str, int]) -> str:
    """A heartbeat as it is kept; rooms of which the numbers are known, by those."""
    plain = body.model_dump(mode="json", exclude_unset=True, exclude={"room", "rooms", "heard", "settled", "as_of"})
    if body.rooms is None:
        return _kept(plain | {"as_of": _at(body.as_of)})
    mine = [it for it in body.rooms if it.id in rooms]
    each = [
        {"number": rooms[it.id], "seq": it.seq, "state": it.state, "as_of": _at(it.as_of)} for it in mine[:KEPT_ROOMS]
    ]
    others = [it.as_of for it in mine[KEPT_ROOMS:] if it.as_of is not None]
    return _kept(plain | {"rooms": each} | ({"as_of": _at(min(others))} if others else {}))


def _kept(it: Mapping[str, Any]) -> str:
    text = json.dumps(it, separators=(",", ":"))
    if len(text) > LONGEST:
        raise Invalid({"body": "says more than 4 kB"})
    return text


def _at(moment: datetime | None) -> str | None:
    return None if moment is None else instant(moment)


def _settled(body: Heartbeat) -> datetime | None:
    return body.heard if body.settled and body.unconfirmed == 0 else None


def _picture(text: str | None) -> bytes | None:
    if text is None:
        return None
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Invalid({"picture": "must be base64"}) from None
