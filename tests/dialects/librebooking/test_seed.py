"""The examples of the documentation: each is served, each request fits, each answer's fields are ours, of their kinds.

seed.json holds the examples as they are documented. A placeholder there (null, "statusId", "Allowed values …") says
nothing of the kind.
"""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from server.dialects.kit.openapi import document
from server.dialects.kit.reading import fit
from server.dialects.librebooking.app import DIALECTS

DIALECT = DIALECTS["documented"]
SEED: list[dict[str, Any]] = json.loads((Path(__file__).parent / "seed.json").read_text("utf-8"))
NAMES = [f"{it['method']} {it['path']}" for it in SEED]
ROUTES = {re.sub(r"<[^>]+>", ":", f"{it.method} {it.path}"): it for it in DIALECT.all}
PLACEHOLDERS = {"statusId", "type", "categoryId"}
"""Fields whose example is a text that describes a number."""
UNHEEDED = {"creditsChargedAllSlots"}
"""Read over in requests: breaks never cost anything here."""


def route_of(name: str) -> Any:
    return ROUTES[re.sub(r":\w+", ":", name)]


@pytest.mark.parametrize("name", NAMES)
def test_every_documented_service_is_served(name: str) -> None:
    assert route_of(name).path


@pytest.mark.parametrize("it", [it for it in SEED if "request" in it], ids=lambda it: f"{it['method']} {it['path']}")
def test_every_documented_request_fits(it: dict[str, Any]) -> None:
    body = route_of(f"{it['method']} {it['path']}").body
    assert body is not None
    known = {info.alias or name for name, info in body.model_fields.items()}
    assert set(it["request"]) <= known | UNHEEDED
    fit(body, it["request"])


@pytest.mark.parametrize("it", [it for it in SEED if "response" in it], ids=lambda it: f"{it['method']} {it['path']}")
def test_every_documented_answer_is_one_of_ours(it: dict[str, Any]) -> None:
    route, whole = route_of(f"{it['method']} {it['path']}"), document(DIALECT)
    told = whole["paths"][route.template][it["method"].lower()]["responses"]
    schema = next(iter(told.values()))["content"]["application/json"]["schema"]
    validator = jsonschema.Draft202012Validator({**schema, "components": whole["components"]})
    wrong = [
        f"{'.'.join(map(str, error.absolute_path))}: {error.message}"
        for error in validator.iter_errors(it["response"])
        if error.validator != "required"
        and error.instance is not None
        and not PLACEHOLDERS & set(map(str, error.absolute_path))
    ]
    assert (wrong, sorted(unknown(it["response"], schema, whole["components"]["schemas"]))) == ([], [])


def unknown(value: Any, schema: dict[str, Any], models: dict[str, Any], where: str = "") -> set[str]:
    """The fields of the value that the schema does not know."""
    if "$ref" in schema:
        return unknown(value, models[schema["$ref"].rpartition("/")[2]], models, where)
    if "anyOf" in schema:
        return min((unknown(value, it, models, where) for it in schema["anyOf"]), key=len)
    if isinstance(value, list):
        return set().union(*(unknown(it, schema.get("items", {}), models, where) for it in value))
    if not isinstance(value, dict):
        return set()
    known, other = schema.get("properties", {}), schema.get("additionalProperties")
    found: set[str] = set()
    for name, inner in value.items():
        if name in known or isinstance(other, dict):
            found |= unknown(inner, known.get(name, other), models, f"{where}.{name}")
        else:
            found.add(f"{where}.{name}")
    return found
