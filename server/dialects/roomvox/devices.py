"""What RoomVox lacks, in its manner: the panels and boards, how well they are, what is wanted of them, letting them in.

All of it is for those who run the devices: tokens of scope admin for all rooms, administrators and staff.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from server.core.access import require
from server.core.clock import from_epoch
from server.core.errors import Invalid, Unknown
from server.core.fleet import VERDICTS
from server.core.orders import FLASHING, WHATS, Order
from server.core.panel_settings import KINDS, Resolved
from server.dialects.kit.app import Call
from server.dialects.kit.route import Answer, Media, Routes
from server.dialects.kit.text import Line
from server.dialects.roomvox.bookings import FORMS
from server.dialects.roomvox.desk import Desk
from server.engine.escrow import Door
from server.engine.fleet import Standing
from server.engine.pairing import Waiting

routes = Routes("devices")
ERRORS = (404, 503, 507)
PNG = Media("image/png")
Code = Annotated[str, Field(max_length=20, description="The eight letters on the glass")]
Slug = Annotated[str, Field(max_length=64)]
Slugs = Annotated[list[Slug], Field(max_length=20)]
Number = Annotated[int, Field(ge=1, lt=1 << 31)]
Name = Annotated[str, Field(max_length=255)]


class WrongBody(BaseModel):
    """One thing that is wrong with a device."""

    what: str
    since: str


class OwnsBody(BaseModel):
    """What a device owns of a room, so that it can book there while it is cut off."""

    room: str
    until: str | None = Field(description="Up to when it may hold any of it")
    version: int
    acknowledged: int = Field(description="The version that the device last said it holds")
    forced: str | None = Field(description="Since when staff no longer wait for it")


class DeviceBody(BaseModel):
    """A device and how well it is. Instants are UTC."""

    number: int
    name: str
    kind: str = Field(description="panel or board")
    rooms: list[str] = Field(description="Ids, in the order in which the panel shows them")
    place: int | None = Field(description="Of a board: the number of its place")
    state: str = Field(description="good, waiting (for a room), quarantined or revoked")
    serial: str
    model: str
    fingerprint: str = Field(description="What both screens showed when it was let in")
    verdict: str = Field(description=f"The worst of what is wrong: {', '.join(VERDICTS)}")
    since: str | None
    wrong: list[WrongBody]
    seen: str | None = Field(description="When it was heard last")
    version: str
    planAge: int | None = Field(description="Seconds by which the oldest plan it shows was old when it last said so")
    unconfirmed: int = Field(description="What was done at its glass and has not reached the server")
    clock: str
    clockOffset: int | None = Field(description="Milliseconds by which its machine's own clock is ahead")
    browser: str
    touch: str
    vitals: dict[str, Any]
    owns: list[OwnsBody] | None = Field(default=None, description="Of one device; null in lists")


class OrderBody(BaseModel):
    """Something wanted of a device."""

    model_config = ConfigDict(populate_by_name=True)
    id: int
    what: str
    with_: dict[str, int] = Field(alias="with")
    state: str = Field(description="open, expired, done, failed or cannot")
    made: str
    expires: str
    done: str | None
    text: str = Field(description="What the device said to it; of a log only where one order is asked for")


class OrderAsk(BaseModel):
    """What is wanted."""

    what: str = Field(description=f"One of {', '.join(WHATS)}")
    seconds: int | None = Field(default=None, description=f"Of identify: for so long, {FLASHING[0]} to {FLASHING[1]}")


class SettingsAsk(BaseModel):
    """What the device itself is to set; what is absent or null comes from the levels above it."""

    model_config = ConfigDict(extra="allow")
    language: Line | None = None
    theme: Line | None = None
    density: float | None = None
    touch: bool | None = None
    large_type: bool | None = None
    hour_clock: Line | None = None
    night: Line | None = None


class SettingsBody(BaseModel):
    """What comes to a device, and the level that each value comes from; `own` is what it sets itself."""

    own: dict[str, Any]
    values: dict[str, Any]
    why: dict[str, str]


class WaitingBody(BaseModel):
    """A device that waits to be let in."""

    number: int
    fingerprint: str
    serial: str
    model: str
    version: str
    glass: str
    since: str
    expires: str
    rooms: list[str] = Field(description="What it is expected for")
    place: int | None
    name: str


class CodeAsk(BaseModel):
    """The device that shows this code."""

    code: Code


class ApproveAsk(CodeAsk):
    """As what it is let in: the panel of rooms, the board of a place, or in the stead of a broken device."""

    rooms: Slugs = []
    place: Number | None = None
    name: Name = ""
    replaces: Number | None = None
    fingerprint: Annotated[str, Field(max_length=20)] = Field(
        default="", description="What the glass shows; where it is given and differs, nothing is let in"
    )


class AssignAsk(BaseModel):
    """What a device is to be from now on."""

    rooms: Slugs | None = None
    place: Number | None = None
    name: Name | None = None


@routes("GET", "/devices", scope="admin", summary="Every device in use and how well it is",
        answers={200: list[DeviceBody]}, errors=ERRORS)  # fmt: skip
def list_devices(desk: Desk, call: Call) -> list[DeviceBody]:
    names = _names(desk)
    return [_device(it, names) for it in desk.engine.fleet.all(call.actor)]


@routes("GET", "/devices/waiting", scope="admin", summary="Devices that wait to be let in",
        answers={200: list[WaitingBody]}, errors=ERRORS)  # fmt: skip
def list_waiting(desk: Desk, call: Call) -> list[WaitingBody]:
    return [_waiting(it) for it in desk.engine.pairing.waiting(call.actor)]


@routes(
    "POST", "/devices/approve", scope="admin", summary="Let in the device that shows a code", answers={201: DeviceBody},
    errors=(*ERRORS, 422), takes=FORMS,
    detail="Without rooms, place and replaces it becomes what is expected of its serial number.",
)  # fmt: skip
def approve_device(desk: Desk, call: Call, body: ApproveAsk) -> Answer:
    if body.fingerprint:
        there = desk.engine.pairing.look(body.code, call.actor)
        if _letters(there.fingerprint) != _letters(body.fingerprint):
            raise Invalid({"fingerprint": "is not what the glass shows; somebody may sit in between"})
    made = desk.engine.pairing.approve(
        body.code, call.actor, rooms=tuple(body.rooms), place=body.place, name=body.name, replaces=body.replaces
    )
    return Answer(_one(desk, call, made.number), status=201)


@routes("POST", "/devices/refuse", scope="admin", summary="Do not let in the device that shows a code",
        answers={204: None}, errors=ERRORS, takes=FORMS)  # fmt: skip
def refuse_device(desk: Desk, call: Call, body: CodeAsk) -> Answer:
    desk.engine.pairing.refuse(body.code, call.actor)
    return Answer(status=204)


@routes("GET", "/devices/<device>", scope="admin", summary="One device", answers={200: DeviceBody}, errors=ERRORS)
def get_device(desk: Desk, call: Call, device: str) -> DeviceBody:
    return _one(desk, call, _number(call, device))


@routes("PATCH", "/devices/<device>", scope="admin", summary="Give a device other rooms, a place or a name",
        answers={200: DeviceBody}, errors=ERRORS, takes=FORMS)  # fmt: skip
def change_device(desk: Desk, call: Call, device: str, body: AssignAsk) -> DeviceBody:
    rooms = None if body.rooms is None else tuple(body.rooms)
    number = _number(call, device)
    desk.engine.devices.assign(number, call.actor, rooms=rooms, place=body.place, name=body.name)
    return _one(desk, call, number)


@routes("DELETE", "/devices/<device>", scope="admin", summary="End a device's key at once; again is fine",
        answers={200: DeviceBody}, errors=ERRORS)  # fmt: skip
def revoke_device(desk: Desk, call: Call, device: str) -> DeviceBody:
    number = _number(call, device)
    desk.engine.devices.revoke(number, call.actor)
    return _one(desk, call, number)


@routes(
    "POST", "/devices/<device>/release", scope="admin", summary="Take a quarantined device back",
    answers={200: DeviceBody}, errors=ERRORS, detail="Once somebody has seen that there is only one.",
)  # fmt: skip
def release_device(desk: Desk, call: Call, device: str) -> DeviceBody:
    number = _number(call, device)
    desk.engine.devices.release_quarantine(number, call.actor)
    return _one(desk, call, number)


@routes(
    "POST", "/devices/<device>/force-release", scope="admin", summary="No longer wait for a device's time",
    answers={200: DeviceBody}, errors=ERRORS,
    detail="Bookings into the time that it owns are made at risk at once, where they are asked for so.",
)  # fmt: skip
def force_device(desk: Desk, call: Call, device: str) -> DeviceBody:
    number = _number(call, device)
    desk.engine.escrow.force(number, call.actor)
    return _one(desk, call, number)


@routes("GET", "/devices/<device>/orders", scope="admin", summary="What was wanted of a device, newest first",
        answers={200: list[OrderBody]}, errors=ERRORS)  # fmt: skip
def list_orders(desk: Desk, call: Call, device: str) -> list[OrderBody]:
    found = desk.engine.fleet.orders(_number(call, device), call.actor)
    return [_order(it, desk.engine.clock.now()) for it in found]


@routes("POST", "/devices/<device>/orders", scope="admin", summary="Want something of a device",
        answers={201: OrderBody}, errors=(*ERRORS, 422), takes=FORMS)  # fmt: skip
def order_device(desk: Desk, call: Call, device: str, body: OrderAsk) -> Answer:
    told = {} if body.seconds is None else {"seconds": body.seconds}
    made = desk.engine.fleet.order(_number(call, device), body.what, call.actor, with_=told)
    return Answer(_order(made, desk.engine.clock.now()), status=201)


@routes("GET", "/devices/<device>/orders/<order>", scope="admin", summary="One order, with all that was said to it",
        answers={200: OrderBody}, errors=ERRORS)  # fmt: skip
def get_order(desk: Desk, call: Call, device: str, order: str) -> OrderBody:
    found = desk.engine.fleet.asked.one(_number(call, device), _number(call, order, "order"), call.actor)
    return _order(found, desk.engine.clock.now())


@routes("GET", "/devices/<device>/picture", scope="admin", summary="The newest picture of a device's glass",
        answers={200: PNG}, errors=ERRORS)  # fmt: skip
def picture(desk: Desk, call: Call, device: str) -> Answer:
    data = desk.engine.fleet.picture(_number(call, device), call.actor)
    if data is None:
        raise Unknown("picture", device)
    return Answer(data, headers={"Content-Type": PNG.type, "Cache-Control": "no-store"})


@routes("GET", "/devices/<device>/settings", scope="admin", summary="How a device's screen is to be, and why",
        answers={200: SettingsBody}, errors=ERRORS)  # fmt: skip
def get_settings(desk: Desk, call: Call, device: str) -> SettingsBody:
    number = _number(call, device)
    own = desk.engine.panel_settings.own("device", number, call.actor)
    return _settings(own.values, desk.engine.panel_settings.of_device(number, call.actor))


@routes(
    "PUT", "/devices/<device>/settings", scope="admin", summary="Say how a device's screen is to be",
    answers={200: SettingsBody}, errors=ERRORS,
    detail="In place of all that the device itself set before; it has them within 5 seconds.",
)  # fmt: skip
def put_settings(desk: Desk, call: Call, device: str, body: SettingsAsk) -> SettingsBody:
    number, screens = _number(call, device), desk.engine.panel_settings
    own = screens.change("device", number, body.model_dump(exclude_unset=True), call.actor, whole_=True)
    return _settings(own.values, screens.of_device(number, call.actor))


def _number(call: Call, text: str, what: Literal["device", "order"] = "device") -> int:
    """The number of a path; Barred before Unknown, so that nobody learns which there are."""
    require(call.actor, "devices")
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Unknown(what, text[:20])
    return int(text)


def _names(desk: Desk) -> dict[int, str]:
    return {number: it.slug for number, it in desk.engine.house.now().rooms.items()}


def _one(desk: Desk, call: Call, number: int) -> DeviceBody:
    names = _names(desk)
    found = _device(desk.engine.fleet.one(number, call.actor), names)
    found.owns = [_owns(it, names) for it in desk.engine.escrow.owns(number, call.actor)]
    return found


def _owns(it: Door, names: Mapping[int, str]) -> OwnsBody:
    grant, reserved = it.grant, it.grant.reserved
    return OwnsBody(
        room=names.get(it.room, ""), until=from_epoch(reserved[-1][1]).isoformat() if reserved else None,
        version=grant.version, acknowledged=grant.acknowledged,
        forced=None if grant.forced is None else from_epoch(grant.forced).isoformat(),
    )  # fmt: skip


def _device(it: Standing, names: Mapping[int, str]) -> DeviceBody:
    device, told = it.device, it.told
    plans = [plan.as_of for plan in told.rooms.values() if plan.as_of is not None]
    oldest = min(plans) if plans else told.as_of
    age = int((it.told_at - oldest).total_seconds()) if it.told_at is not None and oldest is not None else None
    return DeviceBody(
        number=device.number, name=device.name, kind=device.kind,
        rooms=[names[number] for number in device.rooms_in_order if number in names], place=device.place,
        state=device.state, serial=device.serial, model=device.model, fingerprint=device.fingerprint,
        verdict=it.verdict, since=_at(it.since),
        wrong=[WrongBody(what=each.word, since=each.since.isoformat()) for each in it.wrong], seen=_at(it.seen_at),
        version=told.version, planAge=None if age is None else max(0, age), unconfirmed=told.unconfirmed,
        clock=told.clock, clockOffset=told.clock_offset_ms, browser=told.browser, touch=told.touch,
        vitals=dict(told.vitals),
    )  # fmt: skip


def _order(it: Order, now: datetime) -> OrderBody:
    return OrderBody(
        id=it.number, what=it.what, with_=dict(it.told), state=it.state(now), made=it.made_at.isoformat(),
        expires=it.expires_at.isoformat(), done=_at(it.done_at), text=it.text,
    )  # fmt: skip


def _settings(own: Mapping[str, Any], it: Resolved) -> SettingsBody:
    known = {name: own[name] for name in KINDS if name in own}
    return SettingsBody(own=known, values=dict(it.values), why=dict(it.why))


def _waiting(it: Waiting) -> WaitingBody:
    return WaitingBody(
        number=it.number, fingerprint=it.fingerprint, serial=it.serial, model=it.model, version=it.version,
        glass=it.glass, since=it.since.isoformat(), expires=it.expires.isoformat(), rooms=list(it.rooms),
        place=it.place, name=it.name,
    )  # fmt: skip


def _letters(text: str) -> str:
    return "".join(char for char in text.upper() if char.isalnum())


def _at(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
