"""The document is valid, says what the declarations say, and can be read as a page."""

from html.parser import HTMLParser

from openapi_spec_validator import validate

from server.dialects.kit.docs import page
from tests.dialects.kit import toy


def test_the_document_is_valid_and_names_the_mount() -> None:
    client = toy.app().test_client()
    document = client.get("/openapi.json", environ_overrides={"SCRIPT_NAME": "/toy"}).json
    validate(document)
    assert document["openapi"] == "3.1.0"
    assert document["servers"] == [{"url": "https://rooms.example.org/toy"}]


def test_every_declared_route_is_in_it_with_scope_models_and_errors() -> None:
    document = toy.app().test_client().get("/openapi.json").json
    declared = {(route.template, route.method.lower()) for route in toy.routes.all}
    assert declared == {(path, method) for path, ways in document["paths"].items() for method in ways}
    one = document["paths"]["/things/{thing}"]["get"]
    assert one["security"] == [{"bearer": []}]
    assert {"200", "304", "401", "403", "404", "500"} <= set(one["responses"])
    several = document["paths"]["/things"]["get"]
    assert "security" not in several
    (limit,) = [p for p in several["parameters"] if p["in"] == "query"]
    assert (limit["schema"]["maximum"], limit["required"]) == (200, False)
    make = document["paths"]["/things"]["post"]
    assert "Thing" in make["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    assert {"201", "400", "413"} <= set(make["responses"])
    assert document["paths"]["/picture/{secret}"]["get"]["responses"]["200"]["content"] == {
        "image/png": {"schema": {"type": "string"}}
    }


def test_the_page_is_sound_fetches_nothing_and_escapes_what_it_shows() -> None:
    response = toy.app().test_client().get("/docs")
    assert response.mimetype == "text/html"
    assert response.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert b"<script" not in response.data
    document = toy.app().test_client().get("/openapi.json").json
    document["info"]["description"] = "<script>alert(1)</script> Send `a=<b>`."
    shown = page(document, "https://x/").decode()
    assert "Send <code>a=&lt;b&gt;</code>." in shown
    assert "<script" not in shown
    for path in document["paths"]:
        assert path in shown
    HTMLParser().feed(shown)
