"""What operators' programs see of the site itself, and which key may what."""

import re
from typing import Any

import pytest
from django.test import Client

from nocturne import mail
from nocturne.api import api
from nocturne.cache import cached
from nocturne.models import ApiKey, EmailLog
from nocturne.valkey import Away

pytestmark = pytest.mark.django_db


def key(*scopes: str) -> dict[str, str]:
    return {"X-API-Key": ApiKey.issue(str(scopes), scopes=scopes)[1]}


def test_the_ledger_of_mail_is_told_to_who_may_see_addresses(client: Client) -> None:
    for name in ("ada", "bert", "ada"):
        mail.queue(EmailLog.Kind.CONFIRMATION, f"{name}@example.org")
    headers = key("mail")
    page = client.get("/api/admin/mails?limit=2", headers=headers).json()
    assert [row["address"] for row in page["mails"]] == ["ada@example.org", "bert@example.org"]
    last = client.get(f"/api/admin/mails?limit=2&cursor={page['next_cursor']}", headers=headers).json()
    assert (len(last["mails"]), last["next_cursor"]) == (1, None)

    def count(query: str) -> int:
        return len(client.get(f"/api/admin/mails?{query}", headers=headers).json()["mails"])

    mail.erase(["ada@example.org"])
    assert count("address=ADA@example.org") == 2
    assert count("address=%00") == count("matter=%00x") == count("state=sent") == count("kind=digest") == 0
    assert count("state=queued") == 1
    assert client.get("/api/admin/mails?state=x", headers=headers).status_code == 422


def test_metrics_are_those_of_prometheus(client: Client) -> None:
    response = client.get("/api/admin/metrics", headers=key("read"))
    assert response.status_code == 200
    assert "nocturne_request_seconds" in response.content.decode()
    assert "no-store" in response["Cache-Control"]


def operators_routes() -> list[tuple[str, str]]:
    return [
        (method, re.sub(r"{\w+}", "1", path))
        for path, operations in api.get_openapi_schema()["paths"].items()
        for method, operation in operations.items()
        if {"OperatorKey": []} in operation.get("security", [])
    ]


def test_each_route_of_operators_wants_a_key_and_its_scope(settings: Any) -> None:
    settings.ADMIN_API_KEY = ""
    routes = operators_routes()
    assert len(routes) >= 9
    assert all(path.startswith("/api/admin/") for _, path in routes)
    shut_out = key()
    for method, path in routes:
        answers = [
            Client().generic(method.upper(), path, headers=headers).status_code
            for headers in ({}, {"X-API-Key": ""}, {"X-API-Key": "x"}, shut_out)
        ]
        assert answers == [401, 401, 401, 403], path


def test_nothing_under_admin_is_open(client: Client) -> None:
    for path in api.get_openapi_schema()["paths"]:
        if path.startswith("/api/admin/"):
            assert client.get(re.sub(r"{\w+}", "1", path)).status_code in (401, 405)


def test_keys_are_in_no_log(caplog: Any, client: Client) -> None:
    caplog.set_level("DEBUG")
    secret = key("read")["X-API-Key"]
    for headers in ({"X-API-Key": secret}, {"X-API-Key": secret + "x"}):
        for path in ("/api/admin/mails", "/api/admin/runs", "/api/nowhere"):
            client.get(path, headers=headers)
    assert secret not in caplog.text
    assert caplog.records


def test_what_is_cached_can_be_forgotten(client: Client) -> None:
    made = []

    @cached(key_prefix="events")
    def count(city: int) -> int:
        made.append(city)
        return len(made)

    def forget(pattern: Any, scope: str = "cache") -> Any:
        body = {"pattern": pattern}
        return client.post(
            "/api/admin/cache/invalidate", body, content_type="application/json", headers=key(scope, pattern[:5])
        )

    assert [count(7), count(7), count(8)] == [1, 1, 2]
    response = forget("events:7*")
    assert (response.status_code, response.json()) == (200, {"deleted": 1})
    assert [count(8), count(7)] == [2, 3]
    assert forget("events:7*", "read").status_code == 403
    assert forget("").status_code == 422


def test_a_cache_that_is_away_is_said(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(pattern: str) -> int:
        raise Away

    monkeypatch.setattr("nocturne.cache.invalidate", away)
    response = client.post(
        "/api/admin/cache/invalidate", {"pattern": "*"}, content_type="application/json", headers=key("cache")
    )
    assert response.status_code == 503
