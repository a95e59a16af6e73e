"""The page at the mount: every service with its route, who may ask, and a request and an answer as they look.

Made from the document, so it shows the shape that is served here. Values in the examples are of the right kind and mean
nothing else.
"""

import json
import re
from html import escape
from typing import Any

from server.dialects.kit.docs import STYLE

_NAMED: dict[str, str | None] = {
    "message": None,
    "startDateTime": "2026-03-08T09:56:04+0000", "endDateTime": "2026-03-08T10:56:04+0000",
    "sessionExpires": "2026-03-08T09:56:04+0000", "timezone": "America/Chicago", "language": "en_us",
    "emailAddress": "user@example.org", "color": "#ffffff", "href": "https://rooms.example.org/…",
}  # fmt: skip
"""Examples that would say little as plain text, by the name of the field."""
_CODE = re.compile("`([^`]+)`")
_STEPS = (
    "POST your <code>username</code> and <code>password</code> to <code>Authentication/Authenticate</code>, as JSON.",
    "Keep <code>sessionToken</code> and <code>userId</code> of the answer.",
    "Send them with every secure call in the headers <code>X-Booked-SessionToken</code> and "
    "<code>X-Booked-UserId</code>.",
)


def page(document: dict[str, Any], base: str) -> bytes:
    """The document as LibreBooking shows its services: by name, what is posted and what is read."""
    services: dict[str, list[tuple[str, str, dict[str, Any]]]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            services.setdefault(operation["tags"][0], []).append((method, path, operation))
    schemas = document["components"]["schemas"]
    index = "".join(_entry(name, found) for name, found in sorted(services.items()))
    body = "".join(_service(name, found, base, schemas) for name, found in sorted(services.items()))
    steps = "".join(f"<li>{step}</li>" for step in _STEPS)
    title = escape(document["info"]["title"])
    about = _CODE.sub(r"<code>\1</code>", escape(document["info"]["description"]))
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style>'
        f"<h1>{title}</h1><p>{about}</p>"
        f"<p>Base: <code>{escape(base)}</code> · <a href='{escape(base)}/openapi.json'>openapi.json</a></p>"
        f"<h2>Signing in</h2><ol>{steps}</ol><h2>Services</h2><nav><ul>{index}</ul></nav>{body}</html>"
    ).encode()


def _entry(name: str, found: list[tuple[str, str, dict[str, Any]]]) -> str:
    entries = "".join(f"<li><a href='#{_name(it)}'>{escape(_name(it))}</a></li>" for _, _, it in found)
    return f"<li>{escape(name)}<ul>{entries}</ul></li>"


def _service(name: str, found: list[tuple[str, str, dict[str, Any]]], base: str, schemas: dict[str, Any]) -> str:
    parts = [f"<h2>{escape(name)}</h2>"]
    for title, wanted in (("POST services", ("post",)), ("GET services", ("get",)), ("DELETE services", ("delete",))):
        those = [it for it in found if it[0] in wanted]
        if those:
            parts.append(f"<h3 class='quiet'>{title}</h3>")
            parts += [_operation(method, base + path, operation, schemas) for method, path, operation in those]
    return "".join(parts)


def _operation(method: str, path: str, operation: dict[str, Any], schemas: dict[str, Any]) -> str:
    name, about = _name(operation), f"{operation['summary']}. {operation['description'].rpartition('Scope:')[0]}"
    asked = [f"<code>{escape(it['name'])}</code>" for it in operation["parameters"] if it["in"] == "query"]
    query = f"<p>Optional query string parameters: {', '.join(asked)}</p>" if asked else ""
    parts = [
        f"<h3 id='{name}'>{escape(name)}</h3><p>{escape(about)}</p>{query}",
        f"<p><span class='method'>{method.upper()}</span> <span class='path'>{escape(path)}</span></p>",
        _who(operation),
    ]
    sent = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if sent:
        parts.append(_shown("Request", example(sent["schema"], schemas)))
    for status, response in operation["responses"].items():
        told = response.get("content", {}).get("application/json")
        if int(status) < 300:
            parts.append(_shown(f"Response {status}", example(told["schema"], schemas) if told else None))
    return "".join(parts)


def _who(operation: dict[str, Any]) -> str:
    if "security" not in operation:
        return ""
    only = "Scope: admin" in operation["description"]
    return "<p class='quiet'>This service is secure and requires authentication" + (
        ", and is only available to administrators.</p>" if only else ".</p>"
    )


def _name(operation: dict[str, Any]) -> str:
    """GetAllUsers: the operation as LibreBooking writes such names."""
    return "".join(part.capitalize() for part in operation["operationId"].split("_")[1:])


def _shown(title: str, value: Any) -> str:
    if value is None:
        return f"<p>{escape(title)}: nothing</p>"
    text = escape(json.dumps(value, indent=2, ensure_ascii=False))
    return f"<details><summary>{escape(title)}</summary><pre>{text}</pre></details>"


def example(schema: dict[str, Any], schemas: dict[str, Any], name: str = "", around: tuple[str, ...] = ()) -> Any:
    """A value of the schema; of a model that holds itself, the inner one is null."""
    if "$ref" in schema:
        model = schema["$ref"].rpartition("/")[2]
        return None if model in around else example(schemas[model], schemas, name, (*around, model))
    if options := schema.get("anyOf"):
        best = next((it for it in options if it.get("type") != "null"), options[0])
        return example(best, schemas, name, around)
    if "enum" in schema or "const" in schema:
        return schema.get("const", schema.get("enum", [None])[-1])
    match schema.get("type"):
        case "object" if "properties" in schema:
            return {key: example(it, schemas, key, around) for key, it in schema["properties"].items()}
        case "object" if isinstance(inner := schema.get("additionalProperties"), dict):
            return {"1": example(inner, schemas, name, around)}
        case "array":
            inner = example(schema["items"], schemas, name, around) if "items" in schema else None
            return [] if inner is None or name == "links" else [inner]
        case "integer" | "number":
            return 1
        case "boolean":
            return True
        case "string":
            return _NAMED.get(name, "1" if name.endswith(("Id", "id")) else name)
    return None
