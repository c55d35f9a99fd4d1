"""Subscribing: by form, by HTMX, by JSON."""

import json
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from kombu.exceptions import OperationalError

from events.models import City
from nocturne.models import EmailLog
from subscriptions.models import Subscriber, Subscription
from tests.factories import make_city
from tests.html import parsed, text_of, texts

from .people import ADA, make_subscription


def post(client: Client, capture: Any = None, **said: Any) -> Any:
    said = {"email": ADA, "city_id": "de--berlin", **said}
    if capture is None:
        return client.post("/subscribe", said)
    with capture(execute=True):
        return client.post("/subscribe", said)


def post_json(said: object) -> Any:
    body = said if isinstance(said, str) else json.dumps(said)
    return Client(enforce_csrf_checks=True).post("/subscribe", body, content_type="application/json")


def test_the_form_asks_by_mail_and_keeps_when_and_from_where(
    visitor: Client, berlin: City, asked: list[int], django_capture_on_commit_callbacks: Any
) -> None:
    response = post(visitor, django_capture_on_commit_callbacks, email=" Ada@Example.org ")
    assert response.status_code == 202
    tree = parsed(response)
    assert text_of(tree, "main h2") == "Look into your mailbox"
    assert ADA in text_of(tree, "main")
    assert not response.cookies
    row = Subscription.objects.get()
    assert (row.subscriber.email, row.city, row.status, row.weekday) == (ADA, berlin, "pending", 0)
    assert (row.requested_ip, row.confirmed_at, row.confirmed_ip) == ("127.0.0.1", None, None)
    assert row.confirmation
    assert (row.confirmation.kind, row.confirmation.state, row.confirmation.address) == ("confirmation", "queued", ADA)
    assert asked == [row.pk]


def test_htmx_gets_the_form_alone(visitor: Client, berlin: City) -> None:
    for said, status in (({}, 202), ({"email": "ada"}, 422)):
        response = visitor.post(
            "/subscribe", {"email": ADA, "city_id": "de--berlin", **said}, headers={"HX-Request": "true"}
        )
        assert response.status_code == status
        assert b"<html" not in response.content
    tree = parsed(response)
    assert "That is not a complete e-mail address." in text_of(tree, "#subscribe-email-error")
    assert tree.css_first("#subscribe-email").attributes["value"] == "ada"
    assert tree.css_first("[name=city_id]").attributes["value"] == "de--berlin"


def test_programs_send_json(berlin: City) -> None:
    response = post_json({"email": ADA, "city_id": "de--berlin", "weekday": 4, "category": ["music", "film"]})
    assert response.status_code == 202
    assert ADA in response.json()["message"]
    row = Subscription.objects.get()
    assert (row.weekday, row.search) == (4, "category=film,music")


@pytest.mark.parametrize("code", ["", "de--nowhere", "fr--paris", "de--berlin\0", "x" * 9000])
def test_a_city_that_is_not_served_is_refused(visitor: Client, berlin: City, code: str) -> None:
    make_city("paris", code="fr--paris", active=False)
    expected = 202 if code == "de--berlin\0" else 422
    assert post(visitor, city_id=code).status_code == expected
    response = post_json({"email": ADA, "city_id": code})
    assert response.status_code == expected
    if expected == 422:
        assert response.json() == {"errors": {"city_id": "Please choose a city of the list."}}
        assert not Subscriber.objects.exists()


@pytest.mark.parametrize("email", ["", "ada", "ada@localhost", "ada@example.org\nBcc: eve@example.org", "x" * 99_999])
def test_a_bad_address_is_refused_with_a_sentence(visitor: Client, berlin: City, email: str) -> None:
    response = post(visitor, email=email)
    assert response.status_code == 422
    tree = parsed(response)
    assert text_of(tree, ".wrong").endswith(".")
    assert tree.css_first("#subscribe-email").attributes["aria-describedby"] == "subscribe-email-error"
    assert tree.css_first("option[selected]").attributes["value"] == "de--berlin"
    answer = post_json({"email": email, "city_id": "de--berlin"})
    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == ["email"]
    assert not Subscriber.objects.exists()


@pytest.mark.parametrize("body", ["{", "[]", '"x"', "null", '{"email": {"a": 1}}', '{"email": [[1]]}', "\xff"])
def test_what_is_no_json_object_is_refused_with_a_sentence(berlin: City, body: str) -> None:
    response = post_json(body)
    assert response.status_code == 422
    assert "JSON object" in response.json()["errors"]["body"]


@pytest.mark.parametrize(
    "value",
    [
        '"\\ud800"',
        '"\\u0000"',
        "9" * 4000,
        "1e999",
        "NaN",
        "true",
        '["x", "\\udfff"]',
        '"%00%ff"',
        '"' + "x" * 9000 + '"',
    ],
)
def test_no_value_of_json_breaks_it(berlin: City, value: str) -> None:
    for name in ("email", "city_id", "weekday", "search", "category", "q", "price", "source", "website", "\\ud800"):
        given = {"email": f'"{ADA}"', "city_id": '"de--berlin"', name: value}
        body = "{" + ", ".join(f'"{key}": {each}' for key, each in given.items()) + "}"
        cache.clear()
        assert post_json(body).status_code in (202, 422), (name, value[:20])


def test_json_that_is_nested_deeply_is_refused(berlin: City) -> None:
    assert post_json("[" * 200_000).status_code == 422
    assert post_json('{"email": ' * 200_000).status_code == 422


@pytest.mark.parametrize("said", [{}, {"email": None}, {"email": 7, "city_id": True}, {"email": ADA, "weekday": "x"}])
def test_json_of_odd_values_is_refused(berlin: City, said: dict[str, object]) -> None:
    assert post_json(said).status_code == 422


def test_a_search_is_kept_without_its_nights(visitor: Client, berlin: City) -> None:
    post(visitor, search="when=tonight&category=music&price=20&q=jazz+trio&sort=price&page=3&unknown=x&source=7")
    assert Subscription.objects.get().search == "category=music&price=20&source=7&q=jazz+trio"


def test_a_search_may_come_as_fields_of_the_form(visitor: Client, berlin: City) -> None:
    post(visitor, category=["music", "film", "nonsense"], price="free", q="<b>", weekday="6")
    row = Subscription.objects.get()
    assert (row.search, row.weekday) == ("category=film,music&price=free&q=%3Cb%3E", 6)


def test_of_one_address_and_city_there_is_one(visitor: Client, berlin: City) -> None:
    make_city("los-angeles")
    for city_id, email in (("de--berlin", ADA), ("de--berlin", "ADA@example.org"), ("ca--los-angeles", ADA)):
        assert post(visitor, city_id=city_id, email=email).status_code == 202
    assert Subscriber.objects.count() == 1
    assert Subscription.objects.count() == 2
    # asked twice within ten minutes, mailed once
    assert EmailLog.objects.count() == 2


@pytest.mark.parametrize("status", ["", "pending", "active", "paused", "ended"])
def test_the_answer_is_the_same_whether_the_address_is_known_or_not(
    visitor: Client, berlin: City, status: str, django_capture_on_commit_callbacks: Any, asked: list[int]
) -> None:
    other = post(visitor, email="eve@example.org").content
    if status:
        make_subscription(status=status)
    with CaptureQueriesContext(connection) as queries:
        response = post(visitor, django_capture_on_commit_callbacks)
    assert response.status_code == 202
    assert response.content.replace(ADA.encode(), b"eve@example.org") == other
    # and takes the same steps; cities and savepoints included
    assert len(queries) == 13
    assert len(asked) == 1


def test_a_confirmed_subscription_is_not_changed_by_asking(visitor: Client, berlin: City) -> None:
    row = make_subscription(search="category=music", weekday=3)
    post(visitor, search="q=other", weekday="5")
    row.refresh_from_db()
    assert (row.status, row.search, row.weekday, row.requested_ip) == ("active", "category=music", 3, "192.0.2.7")
    assert row.confirmation


def test_who_fills_in_what_people_do_not_see_gets_the_same_answer_and_nothing_else(
    visitor: Client, berlin: City
) -> None:
    response = post(visitor, website="https://spam.example")
    assert response.content == post(visitor).content
    Subscriber.objects.all().delete()
    assert post(visitor, website="x").status_code == 202
    assert not Subscriber.objects.exists()


def test_an_address_is_asked_for_a_few_times_only(visitor: Client, berlin: City) -> None:
    for _ in range(5):
        assert post(visitor).status_code == 202
    response = post(visitor)
    assert response.status_code == 429
    assert 1 <= int(response["Retry-After"]) <= 3600
    assert "Please try again in" in text_of(parsed(response), ".wrong")
    answer = post_json({"email": ADA, "city_id": "de--berlin"})
    assert (answer.status_code, list(answer.json())) == (429, ["errors"])
    assert answer["Retry-After"]
    assert post(visitor, email="bob@example.org").status_code == 202


def test_an_ip_asks_for_some_addresses_only(visitor: Client, berlin: City) -> None:
    statuses = [post(visitor, email=f"ada-{number}@example.org").status_code for number in range(31)]
    assert statuses == [202] * 30 + [429]
    assert Subscriber.objects.count() == 30


def test_forms_of_other_sites_are_refused(berlin: City) -> None:
    for headers in ({}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        assert post(Client(headers=headers)).status_code == 403
    assert post(Client(headers={"Origin": "https://nocturne.example"})).status_code == 202
    assert Client().put("/subscribe").status_code == 405


def test_without_the_queue_the_request_is_kept(
    visitor: Client, berlin: City, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    def away(*args: object, **options: object) -> None:
        raise OperationalError("away")

    monkeypatch.setattr("subscriptions.tasks.send_confirmation.apply_async", away)
    assert post(visitor, django_capture_on_commit_callbacks).status_code == 202
    row = Subscription.objects.get()
    assert row.confirmation
    assert row.confirmation.state == "queued"


def test_the_page_is_public_and_takes_what_is_known_from_its_address(client: Client, berlin: City) -> None:
    make_city("los-angeles")
    make_city("paris", active=False)
    response = client.get("/subscribe?city_id=ca--los-angeles&category=music,film&q=%3Cjazz%3E&weekday=2&price=free")
    assert response.status_code == 200
    assert not response.cookies
    assert response["Cache-Control"] == "public, max-age=60"
    assert b"csrf" not in response.content
    tree = parsed(response)
    assert texts(tree, "#subscribe-city option") == ["Berlin, DE", "Los Angeles, CA"]
    assert texts(tree, "option[selected]") == ["Los Angeles, CA", "Wednesday"]
    checked = [node.attributes["value"] for node in tree.css("input[checked]")]
    assert sorted(checked) == ["film", "free", "music"]
    assert tree.css_first("#subscribe-words").attributes["value"] == "<jazz>"
    for node in tree.css("input:not([type=hidden]):not([type=checkbox]), select"):
        assert tree.css_first(f"label[for={node.attributes['id']}]")
    assert client.get("/subscribe/").status_code == 200


@pytest.mark.django_db
def test_without_a_city_the_page_says_so(client: Client) -> None:
    assert "No city is open yet" in text_of(parsed(client.get("/subscribe")), "main")


def test_queries_of_the_page_do_not_grow_with_cities(client: Client, berlin: City) -> None:
    with CaptureQueriesContext(connection) as few:
        client.get("/subscribe")
    for number in range(20):
        make_city(f"city-{number}")
    with CaptureQueriesContext(connection) as many:
        client.get("/subscribe")
    assert len(many) == len(few)
