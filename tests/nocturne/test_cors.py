"""Pages of other sites: who may read the API, and what caches between learn of it."""

from typing import Any

import pytest
from django.test import Client

from tests.factories import make_city

pytestmark = pytest.mark.django_db
FRIEND, OTHER = "https://friend.example", "https://evil.example"
CREDENTIALS = "Access-Control-Allow-Credentials"


@pytest.fixture(autouse=True)
def city(settings: Any) -> None:
    settings.ALLOWED_ORIGINS = [FRIEND, "http://127.0.0.1:3000"]
    make_city()


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        (FRIEND, True),
        ("http://127.0.0.1:3000", True),
        *((origin, False) for origin in (OTHER, "null", "", "*", "https://friend.example.evil.example")),
        *(
            (origin, False)
            for origin in ("http://friend.example", "https://friend.example:444", "https://FRIEND.example")
        ),
        *((origin, False) for origin in (f"{FRIEND}, {OTHER}", f"{FRIEND}/", "https://x.friend.example")),
    ],
)
@pytest.mark.parametrize(
    ("path", "status"), [("events/berlin", 200), ("events/nowhere", 404), ("nowhere", 404), ("admin/runs", 401)]
)
def test_only_sites_of_the_list_may_read(client: Client, path: str, status: int, origin: str, allowed: bool) -> None:
    response = client.get(f"/api/{path}", headers={"Origin": origin})
    assert response.status_code == status
    assert response.get("Access-Control-Allow-Origin") == (origin if allowed else None)
    assert response["Vary"] == "Origin"
    assert CREDENTIALS not in response


def test_what_a_program_gets_is_not_handed_on_to_a_page(client: Client) -> None:
    response = client.get("/api/events/berlin")
    assert response["Vary"] == "Origin"
    again = client.get("/api/events/berlin", headers={"If-None-Match": response["ETag"], "Origin": FRIEND})
    assert (again.status_code, again["Access-Control-Allow-Origin"], again["Vary"]) == (304, FRIEND, "Origin")


def test_without_a_list_no_answer_depends_on_who_asks(client: Client, settings: Any) -> None:
    settings.ALLOWED_ORIGINS = []
    response = client.get("/api/events/berlin", headers={"Origin": FRIEND})
    assert "Vary" not in response
    assert not [name for name in response.headers if name.startswith("Access-Control")]


def test_pages_say_nothing_of_it(client: Client) -> None:
    response = client.get("/berlin/", headers={"Origin": FRIEND})
    assert not [name for name in response.headers if name.startswith("Access-Control")]
    assert "Vary" not in response


@pytest.mark.parametrize(
    ("path", "origin", "status", "methods"),
    [
        ("events/berlin", FRIEND, 204, "GET"),
        ("locations/nearest-cities", FRIEND, 204, "POST"),
        ("nowhere", FRIEND, 404, None),
        ("events/berlin", OTHER, 405, None),
    ],
)
def test_browsers_are_told_before_they_ask(
    client: Client, path: str, origin: str, status: int, methods: str | None
) -> None:
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    response = client.options(f"/api/{path}", headers=asked)
    assert (response.status_code, response.get("Access-Control-Allow-Methods")) == (status, methods)
    if status == 204:
        assert "X-API-Key" in response["Access-Control-Allow-Headers"]
        assert response["Access-Control-Max-Age"]
        assert response.content == b""


def test_a_page_can_read_that_it_asked_too_often(settings: Any) -> None:
    settings.RATE_LIMIT_REQUESTS_PER_MINUTE = 1
    client = Client(REMOTE_ADDR="203.0.113.9")
    answers = [client.get("/api/categories", headers={"Origin": FRIEND}) for _ in range(2)]
    assert [one.status_code for one in answers] == [200, 429]
    assert answers[1]["Access-Control-Allow-Origin"] == FRIEND
    assert "Retry-After" in answers[1]["Access-Control-Expose-Headers"]
    assert client.options("/api/categories", headers={"Origin": FRIEND}).status_code == 429
