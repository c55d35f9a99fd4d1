"""The API against wrong keys, wrong bodies and wrong numbers: refused in JSON, never a failure."""

from typing import Any

import pytest
from django.test import Client

from tests.factories import make_source

pytestmark = pytest.mark.django_db
KEY = "k" * 40


@pytest.fixture
def operator(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Client:
    settings.ADMIN_API_KEY = KEY
    monkeypatch.setattr("scraping.tasks.scrape_source.delay", lambda *args, **kwargs: None)
    return Client(headers={"X-API-Key": KEY})


@pytest.mark.parametrize(
    "headers",
    [
        *({}, {"X-API-Key": KEY[:-1]}, {"X-API-Key": f"{KEY} "[:-1].upper()}, {"X-API-Key": "\x00" * 40}),
        *({"Authorization": f"Bearer {KEY}"}, {"Cookie": f"X-API-Key={KEY}"}, {"X-API-Key": "k" * 10_000}),
    ],
)
def test_a_key_counts_in_its_header_only(operator: Client, headers: dict[str, str]) -> None:
    stranger = Client(headers=headers)
    for path in ("sources", "runs", f"sources?X-API-Key={KEY}&api_key={KEY}&x_api_key={KEY}"):
        response = stranger.get(f"/api/admin/{path}")
        assert response.status_code == 401
        assert response.json()["title"] == "Unauthorized"
    assert (
        stranger.post("/api/admin/sources/1/scrape", {"X-API-Key": KEY}, content_type="application/json").status_code
        == 401
    )


@pytest.mark.parametrize(
    ("path", "status"),
    [
        *((f"sources/{number}/scrape", 422) for number in ("0", "-1", "x", "1.5", str(2**63), "9" * 30, "9" * 5000)),
        *((f"sources/{number}/scrape", 404) for number in ("999999", str(2**63 - 1))),
        *((f"sources?{query}", 422) for query in ("limit=0", "limit=201", "limit=1e400", "limit=x", "offset=-1")),
        *((f"sources?{query}", 422) for query in ("offset=10001", "offset=" + "9" * 30, "limit=%00", "limit=NaN")),
        *((f"runs?source={number}", 422) for number in ("0", "x", str(2**63), "9" * 5000)),
        *(("nowhere", 404), ("sources/", 404), ("sources/1", 404), ("runs/%00", 404), ("../admin/", 404)),
    ],
)
def test_what_cannot_be_answered_is_refused_in_json(operator: Client, path: str, status: int) -> None:
    response = (
        operator.generic("POST", f"/api/admin/{path}") if "/scrape" in path else operator.get(f"/api/admin/{path}")
    )
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["detail"]


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000, b'{"a":' * 5000, b"\xff\x00" * 100, b"x" * 5_000_000])
@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data; boundary=x", "text/plain", "\xff"])
def test_no_body_breaks_it(operator: Client, body: bytes, kind: str) -> None:
    source = make_source()
    response = operator.post(f"/api/admin/sources/{source.pk}/scrape", body, content_type=kind)
    assert response.status_code in (202, 413, 415)


def test_what_is_only_read_is_not_written_to(operator: Client) -> None:
    for method in (operator.post, operator.put, operator.delete):
        assert method("/api/admin/sources", content_type="application/json").status_code == 405
    assert operator.get("/api/admin/sources/1/scrape").status_code == 405
