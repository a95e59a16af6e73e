"""Accessories: what can be reserved with resources, and with which of them.

A resource that the asker is not shown is not among an accessory's, but counted.
"""

from typing import Annotated

from server.core.places import Accessory
from server.dialects.kit.app import Call
from server.dialects.kit.route import Routes
from server.dialects.librebooking.desk import Desk
from server.dialects.librebooking.links import links
from server.dialects.librebooking.resource_body import PER_RESERVATION, PER_SLOT, Credits
from server.dialects.librebooking.rooms import rooms_of
from server.dialects.librebooking.shape import DOCUMENTED_ONLY, NOTHING, WHOLE, Id, Model, Shaped

routes = Routes("Accessories")

Quantity = Annotated[
    int | None,
    Shaped(
        lambda it: it,
        lambda it: None if it is None else str(it),
        {"anyOf": [WHOLE, NOTHING]},
        {"anyOf": [{"type": "string"}, NOTHING]},
    ),
]
"""How many there are, null for any number; in the wire's list a text."""


class AccessoryItem(Model):
    """An accessory; credit amounts are for each piece, per slot (1) or per reservation (2)."""

    id: Id
    name: str
    quantityAvailable: Quantity
    associatedResourceCount: int
    creditCount: Annotated[Credits, DOCUMENTED_ONLY]
    peakCreditCount: Annotated[Credits, DOCUMENTED_ONLY]
    creditApplicability: Annotated[int, DOCUMENTED_ONLY]
    creditsChargedAllSlots: Annotated[bool | None, DOCUMENTED_ONLY]


class AccessoryList(Model):
    """All accessories by name."""

    accessories: list[AccessoryItem]


class Association(Model):
    """A resource that the accessory can be reserved with, and how many of it at least and at most (null: no bound)."""

    resourceId: Id
    minQuantity: int | None
    maxQuantity: int | None


class AccessoryBody(Model):
    """An accessory with its resources; none are named where it goes with all of them."""

    id: Id
    name: str
    quantityAvailable: int | None
    associatedResources: list[Association]
    creditCount: Annotated[Credits, DOCUMENTED_ONLY]
    peakCreditCount: Annotated[Credits, DOCUMENTED_ONLY]
    creditApplicability: Annotated[int, DOCUMENTED_ONLY]


@routes("GET", "/Accessories", scope="read", summary="All accessories", answers={200: AccessoryList})
def get_all_accessories(desk: Desk, call: Call) -> AccessoryList:
    found = desk.engine.catalogue.all(Accessory, call.actor)
    return AccessoryList(accessories=[_item(call, it) for it in found])


@routes(
    "GET", "/Accessories/<accessory>", scope="read", summary="One accessory", answers={200: AccessoryBody},
    errors=(404,),
)  # fmt: skip
def get_accessory(desk: Desk, call: Call, accessory: int) -> AccessoryBody:
    it = desk.engine.catalogue.get(Accessory, accessory, call.actor)
    shown = {room.number for room in rooms_of(desk, call.actor)} if it.rooms else set()
    return AccessoryBody(
        links=links(call, "get_accessory", it.number), id=it.number, name=it.name, quantityAvailable=it.stock,
        associatedResources=[
            Association(resourceId=number, minQuantity=least, maxQuantity=most)
            for number, (least, most) in sorted(it.rooms.items()) if number in shown
        ],
        creditCount=it.credits, peakCreditCount=it.peak_credits, creditApplicability=applicability(it),
    )  # fmt: skip


def applicability(it: Accessory) -> int:
    """Whether its credits are per slot or per reservation."""
    return PER_RESERVATION if it.credit_per == "booking" else PER_SLOT


def _item(call: Call, it: Accessory) -> AccessoryItem:
    return AccessoryItem(
        links=links(call, "get_accessory", it.number), id=it.number, name=it.name, quantityAvailable=it.stock,
        associatedResourceCount=len(it.rooms), creditCount=it.credits, peakCreditCount=it.peak_credits,
        creditApplicability=applicability(it), creditsChargedAllSlots=None,
    )  # fmt: skip
