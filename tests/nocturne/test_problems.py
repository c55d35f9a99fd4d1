"""Whatever refuses, and wherever: what programs get is a problem of RFC 9457."""

from typing import Any

import pytest
from django.test import Client
from django.urls import path

from nocturne.problems import MAX_BYTES
from nocturne.urls import urlpatterns as site
from tests.factories import make_city

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.nocturne.test_problems")]


def _broken(request: Any) -> None:
    raise RuntimeError("secret of ours")


urlpatterns = [path("api/broken", _broken), *site]
NEAREST = "/api/locations/nearest-cities"


def send(client: Client, method: str, address: str, **rest: Any) -> Any:
    return client.generic(method, address, **rest)


@pytest.mark.parametrize(
    ("method", "address", "rest", "status"),
    [
        ("GET", "/api/nowhere", {}, 404),
        ("GET", "/api/", {}, 404),
        ("GET", "/api/events/berlin/", {}, 404),
        ("GET", "/api//events/berlin", {}, 404),
        ("GET", "/api/events/%ff", {}, 404),
        ("DELETE", "/api/nowhere", {}, 404),
        ("POST", "/api/events/berlin", {}, 405),
        ("GET", NEAREST, {}, 405),
        ("TRACE", "/api/categories", {}, 405),
        ("POST", NEAREST, {"data": b"x" * (MAX_BYTES + 1), "content_type": "application/json"}, 413),
        ("POST", "/api/nowhere", {"data": b"x" * 10_000_000, "content_type": "text/plain"}, 413),
        *(
            ("POST", NEAREST, {"data": b'{"latitude": 1, "longitude": 2}', "content_type": kind}, 415)
            for kind in ("text/plain", "", "application/x-www-form-urlencoded", "application/jsonx", "\xff")
        ),
        ("POST", NEAREST, {"content_type": "application/json", "HTTP_TRANSFER_ENCODING": "chunked"}, 411),
        ("POST", NEAREST, {"data": b"{", "content_type": "application/json"}, 400),
        ("POST", NEAREST, {"data": b"{}", "content_type": "application/json; charset=utf-8"}, 422),
        ("GET", "/api/events/berlin?" + "&".join(f"a{n}=1" for n in range(2000)), {}, 400),
        ("GET", "/api/admin/runs", {}, 401),
        ("GET", "/api/admin/runs", {"headers": {"X-API-Key": "x"}}, 401),
        ("GET", "/api/categories", {"headers": {"Host": "evil.example"}}, 400),
        ("GET", "/api/broken", {}, 500),
    ],
)
def test_every_refusal_is_a_problem(method: str, address: str, rest: Any, status: int) -> None:
    make_city()
    client = Client(raise_request_exception=False)
    response = send(client, method, address, **rest)
    assert (response.status_code, response["Content-Type"]) == (status, "application/problem+json")
    said = response.json()
    assert (said["type"], said["status"]) == ("about:blank", status)
    assert said["title"]
    assert said["detail"]
    assert "no-store" in response["Cache-Control"]
    assert "secret" not in response.content.decode()
    assert not response.cookies
    if status == 405:
        assert response["Allow"] in said["detail"]


def test_developers_read_problems_too(settings: Any) -> None:
    settings.DEBUG = True
    client = Client(raise_request_exception=False)
    for address, status in (("/api/broken", 500), ("/api/nowhere", 404)):
        assert client.get(address).json()["status"] == status


def test_what_is_not_of_the_api_is_not_touched(client: Client) -> None:
    assert client.get("/apis/").headers["Content-Type"].startswith("text/html")
    assert client.post("/subscribe", b"x" * (MAX_BYTES + 1), content_type="text/plain").status_code != 413


def test_too_often_is_a_problem_too(settings: Any) -> None:
    settings.RATE_LIMIT_REQUESTS_PER_MINUTE = 1
    client = Client(REMOTE_ADDR="203.0.113.7")
    answers = [client.get("/api/categories") for _ in range(2)]
    assert [one.status_code for one in answers] == [200, 429]
    assert answers[1]["Content-Type"] == "application/problem+json"
    assert int(answers[1]["Retry-After"]) > 0


def test_what_is_refused_for_its_head_counts_as_asked(settings: Any) -> None:
    settings.RATE_LIMIT_REQUESTS_PER_MINUTE = 1
    client = Client(REMOTE_ADDR="203.0.113.8")
    answers = [client.post("/api/nowhere", b"x", content_type="text/plain").status_code for _ in range(2)]
    assert answers == [415, 429]
