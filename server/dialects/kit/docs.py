"""A plain page of a dialect's document: no script, nothing fetched, readable in a text browser."""

import re
from html import escape
from typing import Any

STYLE = """
:root { color-scheme: light dark; --ink: #17252a; --ground: #fff; --line: #cfd9db; --quiet: #55666b; --mark: #0b5f6b;
  --code: #f2f6f7 }
@media (prefers-color-scheme: dark) { :root { --ink: #e4ecee; --ground: #10191c; --line: #33454a; --quiet: #9db0b5;
  --mark: #6cc5d3; --code: #18252a } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: var(--ink);
  background: var(--ground) }
h2 { border-bottom: 1px solid var(--line); text-transform: capitalize; margin-top: 2.5rem } h3 { margin-bottom: 0 }
h1 { line-height: 1.2 } a { color: var(--mark) }
code, .path, pre { font-family: ui-monospace, monospace } code, .path { overflow-wrap: anywhere }
.method { font-weight: 700; color: var(--mark) } .quiet { color: var(--quiet) }
pre { background: var(--code); border: 1px solid var(--line); border-radius: 6px; padding: .6rem .8rem; overflow: auto;
  font-size: .85rem; line-height: 1.4 }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 }
h1, h3, p, td { overflow-wrap: break-word }
td { padding: .2rem .8rem .2rem 0; border-bottom: 1px solid var(--line); vertical-align: top }
@media (max-width: 40rem) { tr { display: flex; flex-wrap: wrap; border-bottom: 1px solid var(--line) }
  td { border: 0; max-width: 100% } td:last-child { flex-basis: 100% } td:empty { display: none } }
nav ul { list-style: none; margin: 0; padding: 0 } nav > ul { columns: 4 11rem }
nav > ul > li { break-inside: avoid; padding-bottom: 1rem; font-weight: 700 } nav ul ul { font-weight: 400 }
details { margin: .4rem 0 } summary { cursor: pointer }
"""
"""The one stylesheet of all such pages."""
VIEW = '<meta name="viewport" content="width=device-width, initial-scale=1">'
_CODE = re.compile("`([^`]+)`")


def page(document: dict[str, Any], base: str) -> bytes:
    """The document as HTML, grouped by tag; `base` is the URL its paths hang under."""
    tags: dict[str, list[str]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            tags.setdefault(operation["tags"][0], []).append(_operation(method, path, operation))
    body = "".join(f"<h2>{escape(tag)}</h2>{''.join(parts)}" for tag, parts in tags.items())
    models = "".join(_model(name, schema) for name, schema in sorted(document["components"]["schemas"].items()))
    info = document["info"]
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8">{VIEW}<title>{escape(info["title"])}</title>'
        f"<style>{STYLE}</style><h1>{escape(info['title'])}</h1><p>{worded(info['description'])}</p>"
        f"<p>Base: <code>{escape(base)}</code> · <a href='openapi.json'>openapi.json</a></p>"
        f"{body}<h2>Shapes</h2>{models}</html>"
    ).encode()


def worded(text: str) -> str:
    """A sentence of the document, with what stands between backticks as code."""
    return _CODE.sub(r"<code>\1</code>", escape(text))


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(p['name'])}</code><td>{escape(p['in'])}<td>{escape(_kind(p['schema']))}"
        f"<td>{worded(p.get('description', ''))}"
        for p in operation["parameters"]
    )
    for content in operation.get("requestBody", {}).get("content", {}).items():
        rows += f"<tr><td>body<td>{escape(content[0])}<td>{escape(_kind(content[1]['schema']))}<td>"
    for status, response in operation["responses"].items():
        if int(status) < 300:
            shape = next((_kind(c["schema"]) for c in response.get("content", {}).values()), "")
            rows += f"<tr><td>{escape(status)}<td>{escape(response['description'])}<td>{escape(shape)}<td>"
    refusals = ", ".join(status for status in operation["responses"] if int(status) >= 300)
    rows += f"<tr><td>else<td colspan=3>{escape(refusals)}"
    return (
        f'<h3><span class="method">{method.upper()}</span> <span class="path">{escape(path)}</span></h3>'
        f"<p>{escape(operation['summary'])}. {worded(operation['description'])}</p><table>{rows}</table>"
    )


def _model(name: str, schema: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(field)}</code><td>{escape(_kind(kind))}<td>{worded(kind.get('description', ''))}"
        for field, kind in schema.get("properties", {}).items()
    )
    about = worded(schema.get("description", ""))
    return f'<h3 id="{escape(name)}">{escape(name)}</h3><p>{about}</p><table>{rows}</table>'


def _kind(schema: dict[str, Any]) -> str:
    """A schema in a few words: "list of RoomBody", "integer or null"."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(_kind(option) for option in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    return str(schema.get("format") or schema.get("type", "anything"))
