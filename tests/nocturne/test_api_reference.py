"""/api/docs: every route of the document, readable without a script, from this origin alone."""

import json
from typing import Any

import pytest
from django.test import Client

from nocturne.api import api
from tests.html import parsed, text_of, texts

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client: Client) -> Any:
    response = client.get("/api/docs")
    assert response.status_code == 200
    return parsed(response)


def test_each_route_is_there_with_what_it_asks(page: Any) -> None:
    document = json.loads(json.dumps(api.get_openapi_schema(), default=str))
    wanted = {
        f"{method.upper()} {path}": operation
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }
    assert set(texts(page, "section h3")) == set(wanted)
    for section in page.css("section"):
        operation = wanted[text_of(section, "h3")]
        asked = (
            {name.split()[0] for name in (row.text() for row in section.css("table")[0].css("tbody th"))}
            if (operation.get("parameters"))
            else set()
        )
        assert {one["name"] for one in operation.get("parameters", [])} <= asked
        assert set(texts(section, "dt")) == set(operation["responses"])
        assert text_of(section, "pre").startswith("curl ")
        assert ("X-API-Key" in text_of(section, "pre")) == ({"OperatorKey": []} in operation.get("security", []))


def test_ticks_are_code_and_markup_is_text(page: Any) -> None:
    assert "`" not in text_of(page, ".reference")
    assert "next_cursor" in texts(page, "td code")


def test_each_link_leads_to_its_route(page: Any) -> None:
    ids = {node.attributes["id"] for node in page.css("[id]")}
    links = [node.attributes["href"] for node in page.css(".routes a")]
    assert len(links) >= 24
    assert {link.removeprefix("#") for link in links} <= ids


def test_nothing_is_loaded_from_elsewhere_and_nothing_runs_in_the_page(page: Any, client: Client) -> None:
    assert not page.css("script:not([src]), style, [style], [onclick], iframe")
    for node in page.css("[src], link[href]:not([rel=canonical])"):
        address = node.attributes.get("src") or node.attributes["href"]
        assert address.startswith("/"), address
    response = client.get("/api/docs")
    assert "unsafe" not in response["Content-Security-Policy"]
    assert not response.cookies
    assert client.get("/api/docs", headers={"If-None-Match": response["ETag"]}).status_code == 304


def test_the_document_is_served(client: Client) -> None:
    document = client.get("/api/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    assert document["paths"]["/api/events/{city_id}"]["get"]["responses"]["422"]["content"].keys() == {
        "application/problem+json"
    }
