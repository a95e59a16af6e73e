"""Custom attributes: the house's own fields of reservations, users and resources.

Decisions:
- Category 5 (resource type) has no fields here: its list is empty, and none can be made.
- `secondaryCategoryId` 4 with `secondaryEntityIds`, of an attribute of reservations, are the resources whose
  reservations have it. Fields of users and resources are of all of them: `appliesToIds` of theirs is refused, and read
  over where the attribute is of reservations, for which it means nothing.
- Everything that is wrong with a request is told at once, a sentence for each field.
"""

from typing import Annotated, Any

from pydantic import BeforeValidator

from server.core.catalogue import attribute_problems
from server.core.errors import Unknown
from server.core.places import Attribute
from server.dialects.kit.app import Call
from server.dialects.kit.route import Answer, Routes
from server.dialects.librebooking.desk import Desk
from server.dialects.librebooking.errors import Unfit
from server.dialects.librebooking.links import links
from server.dialects.librebooking.shape import Choice, Flag, FlagText, Given, Id, Model, Number, Numbers, Said

routes = Routes("Attributes")
KINDS = {1: "line", 2: "lines", 3: "select", 4: "checkbox", 5: "moment"}
CATEGORIES = {1: "booking", 2: "person", 4: "room"}
RESOURCE_TYPE = 5
RESOURCE = 4
TYPE_OF = {word: number for number, word in KINDS.items()}
CATEGORY_OF = {word: number for number, word in CATEGORIES.items()}
NAMES = {"pattern": "regex", "choices": "possibleValues", "kind": "type", "category": "categoryId",
         "sort": "sortOrder", "rooms": "secondaryEntityIds"}  # fmt: skip


def _listed(value: Any) -> Any:
    """What a form says with commas, as a list; blanks are none."""
    told = value.split(",") if isinstance(value, str) else value
    return [it for it in told if str(it).strip()] if isinstance(told, list) else told


Values = Annotated[list[str], BeforeValidator(_listed)]


class AttributeAsk(Given):
    """A custom attribute as it is to be."""

    label: str | None = None
    type: Number = None
    categoryId: Number = None
    regex: str | None = None
    required: Choice = None
    possibleValues: Values | None = None
    sortOrder: Number = None
    appliesToIds: Numbers | None = None
    adminOnly: Choice = None
    isPrivate: Choice = None
    secondaryCategoryId: Number = None
    secondaryEntityIds: Numbers | None = None


class AttributeBody(Model):
    """A custom attribute."""

    id: Id
    label: str
    type: Id
    categoryId: Id
    regex: str | None
    required: FlagText
    possibleValues: list[str]
    sortOrder: int
    appliesToIds: list[Id]
    adminOnly: Flag
    isPrivate: bool
    secondaryCategoryId: Id | None
    secondaryEntityIds: list[Id]


class AttributeList(Model):
    """The attributes of a category, in their order."""

    attributes: list[AttributeBody]


class Created(Model):
    """An attribute that was made."""

    attributeId: int
    message: Said = "The attribute was created"


class Updated(Model):
    """An attribute that was changed."""

    attributeId: int
    message: Said = "The attribute was updated"


class Removed(Model):
    """It is not there any more."""

    message: str | None = "The item was deleted"


@routes(
    "GET", "/Attributes/Category/<category>", scope="read", summary="The custom attributes of a category",
    answers={200: AttributeList}, errors=(404,),
)  # fmt: skip
def get_category_attributes(desk: Desk, call: Call, category: int) -> AttributeList:
    if category not in CATEGORIES and category != RESOURCE_TYPE:
        raise Unknown("category", str(category))
    found = desk.engine.catalogue.all(Attribute, call.actor)
    mine = sorted((it for it in found if it.category == CATEGORIES.get(category)), key=lambda it: (it.sort, it.number))
    return AttributeList(attributes=[_body(call, it) for it in mine])


@routes(
    "GET", "/Attributes/<attribute>", scope="read", summary="One custom attribute", answers={200: AttributeBody},
    errors=(404,),
)  # fmt: skip
def get_attribute(desk: Desk, call: Call, attribute: int) -> AttributeBody:
    return _body(call, desk.engine.catalogue.get(Attribute, attribute, call.actor))


@routes("POST", "/Attributes", scope="admin", summary="Makes a custom attribute", answers={201: Created})
def create_attribute(desk: Desk, call: Call, body: AttributeAsk) -> Answer:
    made = desk.engine.catalogue.add(_wish(body, None), call.actor)
    return Answer(Created(attributeId=made.number, links=_links(call, made)), 201)


@routes(
    "POST", "/Attributes/<attribute>", scope="admin", summary="Changes a custom attribute", answers={201: Updated},
    errors=(404,), detail="What is left out is cleared, but for label, type and category; the category stays.",
)  # fmt: skip
def update_attribute(desk: Desk, call: Call, attribute: int, body: AttributeAsk) -> Answer:
    known = desk.engine.catalogue.get(Attribute, attribute, call.actor)
    wish = _wish(body, known)
    names = ("label", "kind", "required", "pattern", "choices", "private", "admin_only", "sort", "rooms")
    fields = {name: getattr(wish, name) for name in names if getattr(wish, name) != getattr(known, name)}
    if fields:
        desk.engine.catalogue.change(Attribute, attribute, call.actor, **fields)
    return Answer(Updated(attributeId=attribute, links=_links(call, known)), 201)


@routes(
    "DELETE", "/Attributes/<attribute>", scope="admin", summary="Deletes a custom attribute", answers={200: Removed},
    errors=(400,),
)  # fmt: skip
def delete_attribute(desk: Desk, call: Call, attribute: int) -> Removed:
    """One that is not there is fine, too."""
    if any(it.number == attribute for it in desk.engine.catalogue.all(Attribute, call.actor)):
        desk.engine.catalogue.remove(Attribute, attribute, call.actor)
    return Removed()


def _wish(ask: AttributeAsk, known: Attribute | None) -> Attribute:
    """The attribute that is asked for; Unfit with a sentence for each field that cannot be."""
    wrong = _wrong(ask, known)
    kind = KINDS.get(ask.type or 0, known.kind if known is not None else "line")
    category = CATEGORIES.get(ask.categoryId or 0, known.category if known is not None else "booking")
    rooms = ask.secondaryEntityIds or () if category == "booking" else ()
    choices = ask.possibleValues or () if kind == "select" else ()  # clients send some for any type
    label = (ask.label or "").strip() or (known.label if known is not None else "")
    wish = Attribute(
        known.number if known is not None else 0, category, label, kind, required=bool(ask.required),
        pattern=(ask.regex or "").strip() if kind == "line" else "", choices=tuple(it.strip() for it in choices),
        private=bool(ask.isPrivate), admin_only=bool(ask.adminOnly), sort=ask.sortOrder or 0, rooms=frozenset(rooms),
    )  # fmt: skip
    told = {NAMES.get(name, name): why for name, why in attribute_problems(wish).items()}
    wrong |= {name: f"{name} {why}" for name, why in told.items() if name not in wrong}
    if wrong:
        raise Unfit(*wrong.values())
    return wish


def _wrong(ask: AttributeAsk, known: Attribute | None) -> dict[str, str]:
    wrong = {}
    if ask.type not in KINDS and not (known is not None and ask.type is None):
        wrong["type"] = "type must be 1 (single line), 2 (multi line), 3 (select list), 4 (checkbox) or 5 (datetime)"
    if ask.categoryId not in CATEGORIES and not (known is not None and ask.categoryId is None):
        wrong["categoryId"] = "categoryId must be 1 (reservation), 2 (user) or 4 (resource)"
    elif known is not None and ask.categoryId not in (None, CATEGORY_OF[known.category]):
        wrong["categoryId"] = "categoryId cannot be changed"
    if ask.secondaryEntityIds and ask.secondaryCategoryId not in (None, 0, RESOURCE):
        wrong["secondaryCategoryId"] = "secondaryCategoryId must be 4 (resource)"
    if ask.appliesToIds and ask.categoryId not in (None, CATEGORY_OF["booking"]):
        wrong["appliesToIds"] = "appliesToIds must be empty: the attribute is of all of the category"
    return wrong


def _links(call: Call, it: Attribute) -> Any:
    found = links(call, "get_custom_attribute update_custom_attribute delete_custom_attribute", it.number)
    return [*links(call, "all_custom_attributes", CATEGORY_OF[it.category]), *found]


def _body(call: Call, it: Attribute) -> AttributeBody:
    return AttributeBody(
        links=_links(call, it), id=it.number, label=it.label, type=TYPE_OF[it.kind],
        categoryId=CATEGORY_OF[it.category], regex=it.pattern or None, required=it.required,
        possibleValues=list(it.choices), sortOrder=it.sort, appliesToIds=[], adminOnly=it.admin_only,
        isPrivate=it.private, secondaryCategoryId=RESOURCE if it.rooms else None, secondaryEntityIds=sorted(it.rooms),
    )  # fmt: skip
