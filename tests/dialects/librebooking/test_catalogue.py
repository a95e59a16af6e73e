"""Accessories and custom attributes, in both shapes."""

from typing import Any

import pytest

from server.core.access import CLI
from server.core.places import Accessory, Attribute
from tests.dialects.librebooking.door import BASE, Door

FIELD = {"label": "Purpose", "type": 1, "categoryId": 1}


def test_accessories_are_listed_and_shown_with_their_resources(door: Door) -> None:
    engine, number = door.house.engine, door.house.oak.number
    many = engine.catalogue.add(Accessory(0, "Cups"), CLI)
    few = engine.catalogue.add(Accessory(0, "Flipchart", 3, 100, 250, "booking", {number: (1, None)}), CLI)
    cups, chart = door.get("/Accessories/")["accessories"]
    assert (cups["id"], cups["quantityAvailable"], cups["associatedResourceCount"]) == (many.number, None, 0)
    assert chart == {
        "links": [{"href": f"{BASE}/Accessories/{few.number}", "title": "get_accessory"}], "message": None,
        "id": few.number, "name": "Flipchart", "quantityAvailable": 3, "associatedResourceCount": 1, "creditCount": 1,
        "peakCreditCount": 2.5, "creditApplicability": 2, "creditsChargedAllSlots": None,
    }  # fmt: skip
    one = door.get(f"/Accessories/{few.number}")
    assert one["associatedResources"] == [
        {"links": [], "message": None, "resourceId": number, "minQuantity": 1, "maxQuantity": None}
    ]
    door.get("/Accessories/99", status=404)
    engine.rooms.change("oak", CLI, status="hidden")
    assert door.get(f"/Accessories/{few.number}", "alice")["associatedResources"] == []


def test_accessories_on_the_wire(wire: Door) -> None:
    it = wire.house.engine.catalogue.add(Accessory(0, "Flipchart", 3), CLI)
    listed = wire.get("/Accessories")["accessories"][0]
    assert (listed["id"], listed["quantityAvailable"]) == (str(it.number), "3")
    assert "creditCount" not in listed
    assert wire.get(f"/Accessories/{it.number}")["quantityAvailable"] == 3


def test_an_attribute_is_made_read_changed_and_deleted(door: Door) -> None:
    asked = FIELD | {
        "type": "3",
        "possibleValues": ["a", "b"],
        "required": 1,
        "sortOrder": "5",
        "adminOnly": True,
        "isPrivate": False,
        "secondaryCategoryId": 4,
        "secondaryEntityIds": [door.house.oak.number],
    }
    made = door.post("/Attributes/", asked, status=201)
    number = made["attributeId"]
    assert (made["message"], made["links"][0]["title"]) == (None, "all_custom_attributes")
    it = door.get(f"/Attributes/{number}")
    told = {
        "id": number,
        "label": "Purpose",
        "type": 3,
        "categoryId": 1,
        "regex": None,
        "required": True,
        "possibleValues": ["a", "b"],
        "sortOrder": 5,
        "appliesToIds": [],
        "adminOnly": True,
        "isPrivate": False,
        "secondaryCategoryId": 4,
        "secondaryEntityIds": [door.house.oak.number],
    }
    assert {name: it[name] for name in told} == told
    assert door.get("/Attributes/Category/1")["attributes"] == [it]
    assert door.get("/Attributes/Category/1", "alice")["attributes"] == []
    door.post(f"/Attributes/{number}", {"label": "Why", "type": 3, "possibleValues": ["a", "b", "c"]}, status=201)
    it = door.get(f"/Attributes/{number}")
    assert (it["label"], it["categoryId"], it["required"], it["secondaryEntityIds"]) == ("Why", 1, False, [])
    for _ in range(2):
        assert door.delete(f"/Attributes/{number}")["message"] == "The item was deleted"
    door.get(f"/Attributes/{number}", status=404)


def test_attributes_on_the_wire(wire: Door) -> None:
    made = wire.post("/Attributes/", FIELD | {"required": True}, status=201)
    assert (made["attributeId"], made["message"]) == (made["attributeId"], "The attribute was created")
    it = wire.get(f"/Attributes/{made['attributeId']}")
    assert (it["id"], it["type"], it["required"], it["adminOnly"]) == (str(made["attributeId"]), "1", "1", 0)
    changed = wire.post(f"/Attributes/{made['attributeId']}", FIELD, status=201)
    assert changed["message"] == "The attribute was updated"


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({"type": 9, "categoryId": 8}, ["type must be", "categoryId must be"]),
        ({"type": None}, ["type must be"]),
        ({"categoryId": 5}, ["categoryId must be"]),
        ({"label": ""}, ["label is required"]),
        ({"type": 3}, ["possibleValues"]),
        ({"regex": "("}, ["regex"]),
        ({"secondaryEntityIds": [99]}, ["rooms"]),
        ({"secondaryCategoryId": 2, "secondaryEntityIds": [1]}, ["secondaryCategoryId"]),
        ({"categoryId": 4, "appliesToIds": [1]}, ["appliesToIds"]),
    ],
)  # fmt: skip
def test_bad_attributes_are_refused_with_a_sentence_for_each_field(
    shared: Door, fields: dict[str, Any], wanted: list[str]
) -> None:
    told = shared.errors("/Attributes/", FIELD | fields)
    assert [it[: len(text)] for it, text in zip(told, wanted, strict=True)] == wanted
    assert shared.get("/Attributes/Category/1")["attributes"] == []


def test_the_category_of_an_attribute_stays_and_those_of_others_are_not_found(shared: Door) -> None:
    shared.get("/Attributes/Category/3", status=404)
    assert shared.get("/Attributes/Category/5")["attributes"] == []
    shared.get("/Attributes/99", status=404)
    assert shared.ask("POST", "/Attributes/", "alice", json=FIELD).status_code == 401


def test_an_attribute_that_is_in_use_is_not_deleted(door: Door) -> None:
    it = door.house.engine.catalogue.add(Attribute(0, "room", "Cost center"), CLI)
    door.house.engine.rooms.change("oak", CLI, attributes={it.number: "4711"})
    assert "in use" in door.errors(f"/Attributes/{it.number}", method="DELETE")[0]
    assert door.errors(f"/Attributes/{it.number}", {"categoryId": 1}) == ["categoryId cannot be changed"]
