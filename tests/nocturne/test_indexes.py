"""What the comments of indexes say: the code that asks is run, and PostgreSQL uses the index for its queries."""

import datetime as dt
import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from events import comments, illustration
from events.conversation import conversation
from events.models import City, Event, ImageAddress, Listing, Source
from nocturne import personal
from nocturne.accounts import tickets
from nocturne.dev import schema
from nocturne.models import User
from nocturne.watching import telling
from quality import matching, queues
from scraping import images, retire, schedule
from scraping.admin import history
from scraping.models import Schedule, Submission
from scraping.schedule import Claim
from scraping.submissions import retention
from subscriptions import consent, digests, notices, sending
from subscriptions.models import Digest
from tests.nocturne.seeded import BASE, NOW, seed

pytestmark = [pytest.mark.timeout(300), pytest.mark.django_db]


@pytest.fixture(scope="module")
def rows(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock():
        around = transaction.atomic()
        around.__enter__()
        seed()
        connection.check_constraints()  # once: else all is checked again after every test
    yield
    with django_db_blocker.unblock():
        transaction.set_rollback(True)
        around.__exit__(None, None, None)


@pytest.fixture(autouse=True)
def friday() -> Iterator[None]:
    cache.clear()
    with time_machine.travel(NOW, tick=False):
        yield


def staff() -> Client:
    client = Client()
    client.force_login(User.objects.create(email="editor@example.org", is_staff=True, is_superuser=True))
    return client


def listed(model: str) -> Callable[[], Any]:
    return lambda: staff().get(reverse(f"admin:{model}_changelist"))


def page(name: str) -> Callable[[], Any]:
    return lambda: staff().get(reverse(name))


def city() -> City:
    return City.objects.get(pk=BASE + 7)


def claimed() -> Claim:
    return Claim(uuid.uuid4(), Schedule.objects.select_related("source").get(pk=BASE + 7))


def area() -> Any:
    return matching._candidates(list(Listing.objects.filter(pk__in=[BASE + 7, BASE + 307])), frozenset(), city())


USES: dict[str, Callable[[], Any]] = {
    "alert_by_key": lambda: list(telling._open_and_untold(NOW)),
    "email_newest": listed("nocturne_emaillog"),
    "email_unfinished": lambda: sending.due(now=NOW),
    "email_by_address": lambda: personal.exported(User.objects.get(pk=BASE + 7)),
    "email_by_matter": lambda: sending.progress_of(Digest.objects.get(pk=BASE + 7)),
    "suppression_newest": listed("nocturne_suppression"),
    "change_of_object": lambda: staff().get(reverse("admin:events_source_history", args=[BASE + 7])),
    "change_newest": listed("nocturne_change"),
    "ticket_expires": lambda: tickets.forget(now=NOW),
    "ticket_address": lambda: tickets.issue_link("user-7@example.org", now=NOW),
    "image_to_delete": illustration.delete_taken_down,
    "image_address_next": lambda: list(ImageAddress.objects.due(NOW)[:100]),
    "image_address_host": lambda: images.claim("h7", NOW),
    "image_address_pending": lambda: illustration.illustrate(now=NOW),
    "city_coordinates": lambda: list(City.objects.with_distance(40, 50, within_km=50)),
    "city_active_by_population": lambda: Client().get("/"),
    "event_list": lambda: Client().get("/city-7/"),
    "event_runs": lambda: Client().get("/city-7/"),
    "event_venue": lambda: Client().get(Event.objects.get(pk=BASE + 7).venue.get_absolute_url()),
    "event_folded_trigrams": lambda: staff().get(reverse("admin:events_event_changelist"), {"q": "c9f0f895"}),
    "event_chosen_image": lambda: list(Event.objects.with_chosen_image("99")),
    "event_held": page("desk:held"),
    "event_change_untold": lambda: notices.queue_due(now=NOW),
    "comment_live": lambda: conversation(Event.objects.get(pk=BASE + 7)),
    "comment_held": lambda: staff().get(reverse("admin:events_comment_changelist"), {"state__exact": "held"}),
    "comment_newest": lambda: comments._seen_before(
        Event.objects.get(pk=BASE + 7), User.objects.get(pk=BASE + 7), "x" * 99, NOW
    ),
    "comment_report_open": page("desk:comments"),
    "event_report_open": page("desk:reports"),
    "decision_last": page("desk:comments"),
    "listing_source_future": lambda: retire.missing(
        claimed(), {"id-7"}, NOW, until=NOW + dt.timedelta(days=30), horizon=NOW + dt.timedelta(days=90)
    ),
    "listing_night": area,
    "listing_image_url": lambda: list(Listing.objects.with_image("https://p.example/7")),
    "listing_without_event": lambda: history.below(Source.objects.get(pk=BASE + 7)),
    "finding_by_rule": lambda: staff().get(reverse("admin:quality_finding_changelist"), {"rule": "rule-7"}),
    "verdict_unsure": lambda: list(queues.pairs()),
    "submission_queue": lambda: list(Submission.objects.queued()),
    "submission_by_address": lambda: retention.exported("user-7@example.org"),
    "submission_newest": listed("scraping_submission"),
    "submission_with_address": lambda: retention.tidy(now=NOW),
    "schedule_next": lambda: schedule.due(NOW, limit=100),
    "run_history": lambda: staff().get(reverse("admin:events_source_change", args=[BASE + 7])),
    "subscriber_newest": listed("subscriptions_subscriber"),
    "subscription_newest": listed("subscriptions_subscription"),
    "subscription_active": lambda: list(sending.recipients(Digest.objects.get(pk=BASE + 30), weekdays=range(1))),
    "subscription_unconfirmed": lambda: consent.forget(now=NOW),
    "digest_unfinished": lambda: digests.release_due(now=NOW),
    "digest_newest": listed("subscriptions_digest"),
}


def named() -> set[str]:
    models = [model for label in schema.OWN for model in schema.own_models(label)]
    return {index.name for model in models for index in model._meta.indexes}


def test_each_index_has_a_use() -> None:
    assert set(USES) == named()


@pytest.mark.slow
@pytest.mark.parametrize("name", USES)
def test_an_index_is_used_by_what_it_is_for(rows: None, name: str) -> None:
    with CaptureQueriesContext(connection) as queries:
        USES[name]()
    asked = [query["sql"] for query in queries if query["sql"].startswith(("SELECT", "UPDATE", "DELETE"))]
    used = {sql: indexes_of(sql) for sql in asked}
    assert name in set().union(*used.values()), "\n".join(f"{sorted(some)}: {sql}" for sql, some in used.items())


def indexes_of(sql: str) -> set[str]:
    """Those that PostgreSQL's plan for a query reads."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}")
        (plan,) = cursor.fetchone()
    return set(_names(plan if isinstance(plan, list) else json.loads(plan)))


def _names(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if "Index Name" in node:
            yield node["Index Name"]
        node = list(node.values())
    if isinstance(node, list):
        for one in node:
            yield from _names(one)
