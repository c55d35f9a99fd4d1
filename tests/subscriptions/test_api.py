"""Subscriptions as JSON: asking, changing by the link of a mail, and what operators see."""

import json
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from nocturne.models import ApiKey
from subscriptions import links
from subscriptions.models import Subscriber, Subscription
from subscriptions.readers import readers
from tests.factories import make_city
from tests.subscriptions.people import make_subscription

pytestmark = pytest.mark.django_db
ASKED = {"email": "Ada@Example.org", "city_id": "de--berlin"}


@pytest.fixture(autouse=True)
def city() -> Any:
    cache.clear()
    return make_city()


def ask(body: Any, **headers: str) -> Any:
    return Client().post("/api/subscribe", body, content_type="application/json", headers=headers)


def test_asking_keeps_what_was_asked_until_it_is_confirmed() -> None:
    response = ask({**ASKED, "weekday": 4, "search": "category=music&when=tonight&x=y"})
    assert response.status_code == 202
    assert "ada@example.org" in response.json()["message"]
    assert "no-store" in response["Cache-Control"]
    row = Subscription.objects.get()
    assert (row.status, row.weekday, row.search, row.subscriber.email) == (
        "pending",
        4,
        "category=music",
        "ada@example.org",
    )
    assert ask(ASKED).json() == ask({**ASKED, "email": "ada@example.org"}).json()
    assert Subscription.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        *(({"email": text}, "email") for text in ("", "ada", "ada@", "a@b@c.example", "x" * 300 + "@example.org", 7)),
        *(({"city_id": text}, "city_id") for text in ("", "berlin", "de--nowhere", "de--sleepy", None)),
        *(({"weekday": value}, "weekday") for value in (-1, 7, "Monday", None, 1.5)),
        *(({"search": text}, "search") for text in ("x" * 6000, "a=1&" * 500, ["category=music"])),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(changes: dict[str, Any], field: str) -> None:
    make_city("sleepy", active=False)
    response = ask({**ASKED, **changes})
    assert response.status_code == 422
    assert [(error["where"], error["field"]) for error in response.json()["errors"]] == [("body", field)]
    assert not Subscriber.objects.exists()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://testserver"}, 202),
        ({"Origin": "https://friend.example", "Sec-Fetch-Site": "cross-site"}, 202),
        *(({"Sec-Fetch-Site": site}, 403) for site in ("cross-site", "same-site", "none")),
        *(({"Origin": origin}, 403) for origin in ("https://evil.example", "null", "https://friend.example.evil")),
    ],
)
def test_pages_of_other_sites_may_not_ask_unless_they_are_let_in(
    settings: Any, headers: dict[str, str], status: int
) -> None:
    settings.ALLOWED_ORIGINS = ["https://friend.example"]
    assert ask(ASKED, **headers).status_code == status
    assert Subscriber.objects.exists() == (status == 202)


def test_an_address_is_asked_for_five_times_an_hour() -> None:
    answers = [ask(ASKED) for _ in range(6)]
    assert [one.status_code for one in answers] == [202] * 5 + [429]
    assert answers[-1]["Content-Type"] == "application/problem+json"
    assert 0 < int(answers[-1]["Retry-After"]) <= 3600


def token_of(subscription: Subscription) -> str:
    return links.preferences_url(subscription.subscriber).rstrip("/").rpartition("/")[2]


def change(subscription: Subscription, **changes: Any) -> Any:
    path = f"/api/preferences/{token_of(subscription)}/{subscription.pk}"
    return Client().patch(path, changes, content_type="application/json")


def test_who_has_the_link_sees_and_changes_what_the_address_gets(client: Client) -> None:
    row = make_subscription(search="category=film", weekday=2)
    make_city("los-angeles")
    page = client.get(f"/api/preferences/{token_of(row)}")
    assert "no-store" in page["Cache-Control"]
    assert page.json() == {
        "email": row.subscriber.email,
        "subscriptions": [
            {
                "id": row.pk,
                "city": "de--berlin",
                "status": "active",
                "weekday": 2,
                "search": "category=film",
                "words": "Film",
            }
        ],
    }

    def now(response: Any) -> tuple[str, str, int, str]:
        assert response.status_code == 200, response.content
        row.refresh_from_db()
        [told] = response.json()["subscriptions"]
        assert (told["status"], told["city"], told["weekday"], told["search"]) == (
            row.status,
            row.city.code,
            row.weekday,
            row.search,
        )
        return told["status"], told["city"], told["weekday"], told["search"]

    assert now(change(row)) == ("active", "de--berlin", 2, "category=film")
    assert now(change(row, status="paused")) == ("paused", "de--berlin", 2, "category=film")
    assert now(change(row, weekday=5, search="")) == ("paused", "de--berlin", 5, "")
    assert now(change(row, city_id="ca--los-angeles", status="active")) == ("active", "ca--los-angeles", 5, "")
    assert now(change(row, status="ended")) == now(change(row, status="ended")) == ("ended", "ca--los-angeles", 5, "")


@pytest.mark.parametrize(
    "changes", [{"city_id": "de--nowhere"}, {"weekday": 9}, {"status": "pending"}, {"status": 1}, {"search": 1}]
)
def test_what_is_refused_changes_nothing(changes: dict[str, Any]) -> None:
    row = make_subscription(weekday=2)
    response = change(row, **{"weekday": 3, "status": "ended", **changes})
    assert response.status_code == 422
    row.refresh_from_db()
    assert (row.status, row.weekday) == ("active", 2)


@pytest.mark.parametrize("body", [[1, 2], [], "text", 5, None, {"weekday": False}, {"weekday": "5"}, {"weekday": 5.0}])
def test_a_body_that_is_no_object_or_of_other_types_is_refused(client: Client, body: Any) -> None:
    row = make_subscription(weekday=2)
    path = f"/api/preferences/{token_of(row)}/{row.pk}"
    response = client.patch(path, json.dumps(body), content_type="application/json")
    assert response.status_code == 422
    assert ("object" in response.json()["detail"]) is not isinstance(body, dict)
    row.refresh_from_db()
    assert row.weekday == 2


def test_a_link_lets_in_to_its_own_address_only(client: Client) -> None:
    mine, other = make_subscription(), make_subscription("bert@example.org")
    token = token_of(mine)
    response = client.patch(
        f"/api/preferences/{token}/{other.pk}", {"status": "ended"}, content_type="application/json"
    )
    assert response.status_code == 404
    other.refresh_from_db()
    assert other.status == "active"
    confirm = links.confirm_url(mine).rstrip("/").rpartition("/")[2]
    for bad in (confirm, token[:-1], token + "x", "x", "%00", "1.1.x.y", "x" * 290):
        for method in (client.get, client.delete):
            response = method(f"/api/preferences/{bad}")
            assert (response.status_code, response["Content-Type"]) == (410, "application/problem+json")


def test_an_address_can_be_erased_with_its_link(client: Client) -> None:
    row = make_subscription()
    path = f"/api/preferences/{token_of(row)}"
    assert client.delete(path).status_code == 204
    assert not Subscriber.objects.exists()
    assert client.delete(path).status_code == 410


def test_operators_see_who_gets_what(client: Client, django_assert_max_num_queries: Any) -> None:
    rows = [make_subscription(f"{n}@example.org", status="paused" if n else "active") for n in range(3)]
    may, may_not = (ApiKey.issue(scope, scopes=[scope])[1] for scope in ("mail", "read"))
    key = {"X-API-Key": may}
    assert client.get("/api/admin/subscriptions").status_code == 401
    assert client.get("/api/admin/subscriptions", headers={"X-API-Key": may_not}).status_code == 403
    client.get("/api/admin/subscriptions", headers=key)
    with django_assert_max_num_queries(2):
        page = client.get("/api/admin/subscriptions?limit=2", headers=key).json()
    assert [row["email"] for row in page["subscriptions"]] == ["2@example.org", "1@example.org"]
    assert page["subscriptions"][0]["city"] == "de--berlin"
    last = client.get(f"/api/admin/subscriptions?limit=2&cursor={page['next_cursor']}", headers=key).json()
    assert ([row["id"] for row in last["subscriptions"]], last["next_cursor"]) == ([rows[0].pk], None)
    active = client.get("/api/admin/subscriptions?status=active&city=de--berlin", headers=key).json()
    assert [row["id"] for row in active["subscriptions"]] == [rows[0].pk]
    assert (active["readers"], page["readers"]) == (1, None)
    assert cache.has_key(f"subscribers:{rows[0].city_id}")  # ids alone, and not by name
    assert readers(rows[0].city_id) == [rows[0].subscriber_id]
    assert client.get("/api/admin/subscriptions?city=%00", headers=key).json()["subscriptions"] == []
