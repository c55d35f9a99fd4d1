"""Reporting a mistake, and asking that an event be taken down, as visitors do it."""

import datetime as dt
from collections.abc import Iterator

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client

from events.models import EventReport
from nocturne.models import Alert
from tests.factories import make_event
from tests.html import parsed, text_of, texts

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    cache.clear()
    with time_machine.travel(dt.datetime(2026, 12, 1, 12, tzinfo=dt.UTC), tick=False):
        yield


@pytest.fixture
def visitor() -> Client:
    """A browser on a page of ours."""
    return Client(headers={"Sec-Fetch-Site": "same-origin"})


def test_a_mistake_is_reported_without_an_account(client: Client, visitor: Client) -> None:
    event = make_event("Ball")
    page = parsed(client.get(event.get_absolute_url()))
    path = next(a.attributes["href"] for a in page.css("a") if text_of(a) == "Report a mistake")
    form = parsed(client.get(path))
    assert text_of(form, "h1") == "Report a mistake"
    assert "The place is wrong" in texts(form, ".ticks label")
    answer = visitor.post(path, {"kind": "mistake", "reason": "where", "text": "Moved.", "email": "Ada@Example.org"})
    assert answer.status_code == 202
    row = EventReport.objects.get()
    assert (row.event, row.kind, row.reason, row.text, row.email) == (
        event,
        "mistake",
        "where",
        "Moved.",
        "ada@example.org",
    )
    assert not Alert.objects.exists()
    assert not answer.cookies


def test_a_takedown_raises_an_alert_and_needs_an_address(visitor: Client) -> None:
    event = make_event("Ball")
    path = f"/report/{event.pk}/"
    tree = parsed(visitor.get(f"{path}?kind=takedown"))
    assert text_of(tree, "h1") == "Ask that an event be taken down"
    said = {"kind": "takedown", "reason": "rights", "text": "My poster."}
    refused = visitor.post(path, said)
    assert refused.status_code == 422
    tree = parsed(refused)
    assert text_of(tree, "#report-email-error") == "Please write your e-mail address."
    assert text_of(tree, "textarea") == "My poster."
    assert tree.css_first("input[value=rights]").attributes.get("checked", "no") != "no"
    assert visitor.post(path, {**said, "email": "ada@example.org"}).status_code == 202
    assert "Ball" in Alert.objects.get().message


def test_reports_are_limited_and_programs_are_not_heard(visitor: Client) -> None:
    path = f"/report/{make_event().pk}/"
    assert visitor.post(path, {"reason": "when", "website": "x"}).status_code == 202
    assert EventReport.objects.count() == 0
    statuses = [visitor.post(path, {"reason": "when", "text": f"{n}"}).status_code for n in range(6)]
    assert statuses == [202] * 4 + [429] * 2
    assert EventReport.objects.count() == 4
