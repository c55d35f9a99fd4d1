"""The preferences behind the signed link."""

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from nocturne import mail
from subscriptions import links
from subscriptions.models import Subscription
from tests.factories import make_city, make_event, make_source, make_venue
from tests.html import links as links_of, parsed, text_of, texts

from .people import ADA, make_subscription, path_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def row() -> Subscription:
    return make_subscription()


@pytest.fixture
def path(row: Subscription) -> str:
    return path_of(links.preferences_url(row.subscriber))


def act(visitor: Client, path: str, row: Subscription, action: str, **said: Any) -> Any:
    response = visitor.post(path, {"subscription": row.pk, "action": action, **said}, follow=True)
    row.refresh_from_db()
    return response


def test_the_page_says_what_comes_and_what_matches_now(visitor: Client, path: str, row: Subscription) -> None:
    tonight = row.city.tonight()
    make_event("Jazz", local=f"{tonight}T20:00", category="music")
    make_event("Play", local=f"{tonight}T20:00", category="theatre")
    make_event("Later", local=f"{tonight + dt.timedelta(days=8)}T20:00", category="music")
    page = parsed(visitor.get(path))
    assert ADA in text_of(page, ".said")
    assert "Everything that is on. 2 events in the next seven nights" in text_of(page, "section p")
    Subscription.objects.update(search="category=music")
    page = parsed(visitor.get(path))
    assert "Only what matches: Music. 1 event in the next seven nights" in text_of(page, "section p")
    assert links_of(page, "section p a")["1 event in the next seven nights"] == "/berlin/?category=music"


def test_it_is_private_and_carries_no_state(visitor: Client, path: str) -> None:
    response = visitor.get(path)
    assert response["Cache-Control"] == "private, no-store"
    assert not response.cookies
    assert b"csrf" not in response.content


def test_search_and_day_can_be_changed(visitor: Client, path: str, row: Subscription) -> None:
    response = act(
        visitor, path, row, "save", city_id="de--berlin", weekday="5",
        category=["music", "film"], price="50", q=" jazz  trio ", runs="no",
    )  # fmt: skip
    assert response.redirect_chain == [(f"{path}?done=saved", 303)]
    page = parsed(response)
    assert text_of(page, "[role=status]") == "Your changes are saved."
    assert (row.weekday, row.search) == (5, "category=film,music&price=50&runs=no&q=jazz+trio")
    assert texts(page, "option[selected]") == ["Berlin, DE", "Saturday", "Under €50"]
    assert {node.attributes["value"] for node in page.css("input[checked]")} == {"music", "film", "no"}
    # all of it sent again as the page has it changes nothing
    act(visitor, path, row, "save", city_id="de--berlin", weekday="5", category=["film", "music"], price="50",
        q="jazz trio", runs="no")  # fmt: skip
    assert row.search == "category=film,music&price=50&runs=no&q=jazz+trio"


def test_publishers_and_venues_of_the_search_are_named_and_can_be_left(
    visitor: Client, path: str, row: Subscription
) -> None:
    venue, source = make_venue("<Klub>"), make_source(name="Listings")
    Subscription.objects.update(search=f"source={source.pk}&venue={venue.pk}")
    page = parsed(visitor.get(path))
    assert "at <Klub>, listed by Listings" in text_of(page, "section p")
    act(visitor, path, row, "save", city_id="de--berlin", venue=str(venue.pk))
    assert row.search == f"venue={venue.pk}"
    make_city("los-angeles")
    act(visitor, path, row, "save", city_id="ca--los-angeles", venue=str(venue.pk), q="x")
    assert (row.city.slug, row.search) == ("los-angeles", "q=x")


def test_a_city_that_is_taken_or_not_served_is_refused(visitor: Client, path: str, row: Subscription) -> None:
    make_subscription(city=make_city("los-angeles"))
    make_city("paris", active=False)
    for code, why in (
        ("ca--los-angeles", "You get a mail about Los Angeles already; change or end that one."),
        ("de--paris", "Please choose a city of the list."),
        ("", "Please choose a city of the list."),
    ):
        response = act(visitor, path, row, "save", city_id=code)
        assert response.status_code == 422
        assert text_of(parsed(response), "[role=alert]") == why
        assert row.city.slug == "berlin"


def test_a_city_that_was_closed_may_stay(visitor: Client, path: str, row: Subscription) -> None:
    make_city("los-angeles")
    row.city.active = False
    row.city.save()
    act(visitor, path, row, "save", city_id="de--berlin", weekday="2")
    assert row.weekday == 2


@pytest.mark.parametrize(
    ("before", "action", "after", "said"),
    [
        ("active", "pause", "paused", "You get no mail until you resume it."),
        ("paused", "resume", "active", "You get the mail again."),
        ("pending", "resume", "active", "You get the mail again."),
        ("ended", "resume", "active", "You get the mail again."),
        ("active", "end", "ended", "You get no more mail about this city."),
    ],
)
def test_a_mail_can_be_paused_resumed_and_ended(
    visitor: Client, before: str, action: str, after: str, said: str
) -> None:
    row = make_subscription(status=before)
    path = path_of(links.preferences_url(row.subscriber))
    assert action in [node.attributes.get("value") for node in parsed(visitor.get(path)).css(".inline button")]
    for _ in range(2):  # safe to repeat
        response = act(visitor, path, row, action)
        assert row.status == after
        assert text_of(parsed(response), "[role=status]") == said


@pytest.mark.parametrize("subscription", ["", "x", "0", "9" * 30, "٣", "other"])
def test_nobody_elses_subscription_can_be_changed(visitor: Client, path: str, subscription: str) -> None:
    other = make_subscription("bob@example.org")
    said = {"subscription": other.pk if subscription == "other" else subscription, "action": "end"}
    response = visitor.post(path, said)
    assert response.status_code == 422
    assert text_of(parsed(response), "[role=alert]")
    assert set(Subscription.objects.values_list("status", flat=True)) == {"active"}


def test_what_is_no_action_is_refused(visitor: Client, path: str, row: Subscription) -> None:
    assert act(visitor, path, row, "explode").status_code == 422
    assert Client().post(path, {"subscription": row.pk, "action": "end"}).status_code == 403


def test_all_that_is_kept_can_be_downloaded(visitor: Client, path: str, row: Subscription) -> None:
    mail.queue("digest", ADA, matter="digest:7")
    mail.queue("digest", "bob@example.org")
    mail.suppress(ADA, "complaint")
    response = visitor.get(f"{path}data.json")
    assert response["Content-Type"] == "application/json"
    assert response["Content-Disposition"] == 'attachment; filename="subscriptions.json"'
    assert response["Cache-Control"] == "private, no-store"
    data = response.json()
    assert data["email"] == ADA
    assert [(one["city"], one["confirmed_ip"]) for one in data["subscriptions"]] == [("de--berlin", "192.0.2.7")]
    assert [one["kind"] for one in data["mails"]] == ["digest"]
    assert [one["reason"] for one in data["suppressed"]] == ["complaint"]
    assert "bob" not in response.content.decode()
    assert visitor.get("/subscribe/preferences/x/data.json").status_code == 410


def test_the_link_is_valid_for_ninety_days(visitor: Client) -> None:
    with time_machine.travel("2026-12-01T12:00:00Z", tick=False) as at:
        path = path_of(links.preferences_url(make_subscription().subscriber))
        at.shift(dt.timedelta(days=90))
        assert visitor.get(path).status_code == 200
        at.shift(1)
        for response in (visitor.get(path), visitor.post(path), visitor.get(f"{path}data.json")):
            assert response.status_code == 410


def test_every_field_has_a_label_of_its_own(visitor: Client, path: str) -> None:
    make_subscription(city=make_city("los-angeles"), search="category=music")
    tree = parsed(visitor.get(path))
    ids = [node.attributes["id"] for node in tree.css("[id]")]
    assert len(ids) == len(set(ids))
    for node in tree.css("input:not([type=hidden]):not([type=checkbox]), select"):
        assert tree.css_first(f"label[for={node.attributes['id']}]")
    for node in tree.css("input[type=checkbox]"):
        assert node.parent
        assert node.parent.tag == "label"


def test_queries_grow_by_subscription_only_as_their_searches_are_counted(visitor: Client, path: str) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert visitor.get(path).status_code == 200
        return len(queries)

    one = count()
    make_subscription(city=make_city("los-angeles"))
    two = count()
    for number in range(10):
        make_city(f"city-{number}")
        make_event(f"Event {number}", local="2026-12-05T20:00")
        make_subscription(f"b{number}@example.org")
    assert count() == two
    assert two - one == 2
