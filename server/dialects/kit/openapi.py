"""OpenAPI 3.1 out of the declared routes: what is served is what is documented, by one declaration."""

from __future__ import annotations

from functools import lru_cache
from http import HTTPStatus
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from server.dialects.kit.route import Media, Route

if TYPE_CHECKING:
    from server.dialects.kit.app import Dialect

REF = "#/components/schemas/{model}"

HEADERS = {
    "Idempotency-Key": "1 to 255 visible ASCII characters: one effect and one answer per key",
    "If-Match": 'The version that was seen, such as "3"; 412 where the booking has changed since',
    "If-None-Match": "An entity tag; 304 where the answer is still the same",
}


@lru_cache(maxsize=32)
def document(dialect: Dialect[Any]) -> dict[str, Any]:
    """The document of all the dialect's routes, not to be changed (the servers are filled in per mount)."""
    routes = dialect.all
    schemas, definitions = _schemas(dialect, routes)
    paths: dict[str, Any] = {}
    for route in routes:
        paths.setdefault(route.template, {})[route.method.lower()] = _operation(dialect, route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": dialect.title, "version": _version(), "description": dialect.about},
        "paths": paths,
        "components": {
            "schemas": definitions,
            "securitySchemes": {name: dict(scheme) for name, scheme in dialect.security.items()},
        },
    }


_PATH: dict[Any, str] = {int: "integer"}
Key = tuple[str, str]
FAILURE: Key = ("failure", "")


def _schemas(dialect: Dialect[Any], routes: list[Route]) -> tuple[dict[Key, Any], dict[Any, Any]]:
    """A schema for each model, keyed by its use, and the definitions that they refer to."""
    wanted: dict[Key, tuple[JsonSchemaMode, Any]] = {FAILURE: ("serialization", dialect.failure)}
    for route in routes:
        name = f"{route.method} {route.path}"
        for status, kind in route.answers.items():
            if kind is not None and not isinstance(kind, Media):
                wanted[(name, str(status))] = ("serialization", kind)
        if route.body is not None:
            wanted[(name, "body")] = ("validation", route.body)
    inputs = [(key, mode, TypeAdapter(kind).core_schema) for key, (mode, kind) in wanted.items()]
    generator = dialect.writing.schema(by_alias=True, ref_template=REF)
    found, definitions = generator.generate_definitions(inputs)
    return {key: schema for (key, _), schema in found.items()}, dict(definitions.items())


def _operation(dialect: Dialect[Any], route: Route, schemas: dict[Key, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": route.summary,
        "operationId": f"{route.method.lower()}_{route.view.__name__}",
        "tags": [route.tag],
        "description": " ".join(filter(None, [route.detail, f"Scope: {route.scope}."])),
        "parameters": _parameters(route, schemas),
        "responses": {str(s): _response(route, s, schemas) for s in route.answers} | _failures(dialect, route, schemas),
    }
    if route.scope != "public":
        operation["security"] = [{name: [] for name in dialect.security}]
    if (content := _content(route, schemas)) is not None:
        operation["requestBody"] = {"content": content}
    return operation


def _content(route: Route, schemas: dict[Key, Any]) -> dict[str, Any] | None:
    """What a body may be: the model in each media type, or a file."""
    if route.body is not None:
        return {kind: {"schema": schemas[(f"{route.method} {route.path}", "body")]} for kind in route.takes}
    if "multipart/form-data" not in route.takes:
        return None
    part = {"type": "object", "properties": {"file": {"type": "string"}}, "required": ["file"]}
    return {kind: {"schema": part if kind.startswith("multipart") else {"type": "string"}} for kind in route.takes}


def _parameters(route: Route, schemas: dict[Key, Any]) -> list[dict[str, Any]]:
    out: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": _PATH.get(route.hints.get(name), "string")}}
        for name in route.variables
    ]
    if route.query is not None:
        model = TypeAdapter(route.query).json_schema(mode="validation")
        for name, schema in model.get("properties", {}).items():
            about = schema.pop("description", "")
            required = name in model.get("required", ())
            out.append({"name": name, "in": "query", "required": required, "description": about, "schema": schema})
    heeded = route.headers + (("If-None-Match",) if route.method == "GET" else ())
    out += [{"name": n, "in": "header", "description": HEADERS[n], "schema": {"type": "string"}} for n in heeded]
    return out


def _response(route: Route, status: int, schemas: dict[Key, Any]) -> dict[str, Any]:
    kind = route.answers[status]
    if kind is None:
        return {"description": _phrase(status)}
    if isinstance(kind, Media):
        content = {kind.type.partition(";")[0]: {"schema": {"type": "string"}}}
    else:
        content = {"application/json": {"schema": schemas[(f"{route.method} {route.path}", str(status))]}}
        content |= _texts(route)
    return {"description": _phrase(status), "content": content}


def _failures(dialect: Dialect[Any], route: Route, schemas: dict[Key, Any]) -> dict[str, Any]:
    statuses = {*route.errors, 500}
    if route.method == "GET":
        statuses.add(304)
    if route.scope != "public":
        statuses |= {401, dialect.barred, 429, 503}
    if route.query is not None or route.body is not None:
        statuses |= {400, 413}
    failure = {"application/json": {"schema": schemas[FAILURE]}} | _texts(route)
    return {
        str(status): {"description": _phrase(status)} | ({} if status == 304 else {"content": failure})
        for status in sorted(statuses)
    }


def _texts(route: Route) -> dict[str, Any]:
    return {kind: {"schema": {"type": "string"}} for kind in route.also}


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase


def _version() -> str:
    try:
        return version("lintel")
    except PackageNotFoundError:  # run from a tree that was never installed
        return "0"
