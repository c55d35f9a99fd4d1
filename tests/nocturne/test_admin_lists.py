"""Every list of the admin, with many rows of everything behind it: 300, and 10,000 in the slow tests."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db import connection, models, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone as clock
from selectolax.lexbor import LexborHTMLParser

from events.drafts import EventDraft
from events.models import (
    City,
    Comment,
    CommentReport,
    Decision,
    Event,
    EventChange,
    EventReport,
    Image,
    ImageAddress,
    Listing,
    Rsvp,
    Series,
    Source,
    Venue,
    VenueAlias,
)
from nocturne.admin.pages import EstimatingPaginator
from nocturne.models import Alert, ApiKey, Change, EmailLog, Suppression, User
from quality.models import Audit, Finding, Verdict
from scraping.models import Health, OptOut, Run, RunItem, Schedule, Submission
from subscriptions.models import Digest, Subscriber, Subscription

pytestmark = pytest.mark.timeout(300)  # 200,000 rows take a while on a busy machine

QUERIES = 12
LISTS = sorted(admin.site._registry, key=lambda model: model._meta.label)
OURS = [model for model in LISTS if model._meta.app_label in ("events", "quality", "scraping", "subscriptions")]
OURS += [EmailLog, Suppression]


def make_everything(rows: int) -> None:
    """Each row points to other rows than the one before it, so that nothing is fetched once for all."""

    def make(model: type[models.Model], /, **columns: Any) -> list[Any]:
        """A column's value follows from the row's number."""
        return model._default_manager.bulk_create(
            [model(**{name: value(n) for name, value in columns.items()}) for n in range(rows)]
        )

    now = clock.now()
    night = now.date() + dt.timedelta(days=3)
    users = make(User, email=lambda n: f"user-{n}@example.org", password=lambda n: "!")
    make(Group, name=lambda n: f"Group {n}")
    make(
        Change,
        at=lambda n: now - dt.timedelta(seconds=n),
        actor=lambda n: f"user-{n}@example.org",
        kind=lambda n: Change.Kind.CHANGED,
        model=lambda n: ("events.Source", "nocturne.User")[n % 2],
        object_id=lambda n: n,
        field=lambda n: "name",
        after=lambda n: f"Name {n}",
    )
    make(ApiKey, name=lambda n: f"Key {n}", hashed=lambda n: f"{n:064d}")
    kind = ContentType.objects.get_for_model(User)
    make(
        LogEntry,
        user=lambda n: users[n],
        content_type=lambda n: kind,
        object_id=lambda n: str(users[n].pk),
        object_repr=lambda n: users[n].email,
        action_flag=lambda n: CHANGE,
    )
    cities = make(
        City,
        name=lambda n: f"City {n}",
        slug=lambda n: f"city-{n}",
        code=lambda n: f"de--city-{n}",
        country=lambda n: "DE",
        latitude=lambda n: 52.0,
        longitude=lambda n: 13.0,
        timezone=lambda n: "Europe/Berlin",
        folded=lambda n: f"city {n}",
        active=lambda n: True,
    )
    City.objects.update(area=models.F("id"))
    venues = make(Venue, city=lambda n: cities[n], name=lambda n: f"Venue {n}", slug=lambda n: f"venue-{n}")
    make(VenueAlias, city=lambda n: cities[n], venue=lambda n: venues[n], folded=lambda n: f"venue {n}")
    sources = make(
        Source, name=lambda n: f"Source {n}", url=lambda n: f"https://{n}.example/", city=lambda n: cities[n]
    )
    series = make(Series, source=lambda n: sources[n], key=lambda n: f"key-{n}")
    events = make(
        Event,
        city=lambda n: cities[n],
        venue=lambda n: venues[n],
        title=lambda n: f"Event {n}",
        slug=lambda n: f"event-{n}",
        folded=lambda n: f"event {n}",
        starts_at=lambda n: now + dt.timedelta(days=3),
        timezone=lambda n: "Europe/Berlin",
        night=lambda n: night,
        last_night=lambda n: night,
        series=lambda n: series[n],
        source_count=lambda n: 1,
        visibility=lambda n: "held" if n % 4 == 0 else "published",
    )
    draft = EventDraft(title="A listing", when=None).to_json()
    listings = make(
        Listing,
        source=lambda n: sources[n],
        event=lambda n: None if n % 5 == 4 else events[n],
        city=lambda n: cities[n],
        venue=lambda n: venues[n],
        series=lambda n: series[n],
        external_id=lambda n: f"id-{n}",
        title=lambda n: f"Listing {n}",
        draft=lambda n: draft,
        content_hash=lambda n: f"{n:064d}",
        starts_at=lambda n: now,
        night=lambda n: night,
    )
    # Half of the events are merged into another one.
    Event.objects.filter(pk__in=[event.pk for event in events[1::2]]).update(
        merged_into=models.F("id") - 1, root=models.F("id") - 1
    )
    make(Rsvp, event=lambda n: events[n], user=lambda n: users[n], answer=lambda n: "going")
    comments = make(
        Comment, event=lambda n: events[n], user=lambda n: users[n], name=lambda n: "A", text=lambda n: "Good."
    )
    make(CommentReport, comment=lambda n: comments[n], user=lambda n: users[-n], hashed=str)
    make(EventReport, event=lambda n: events[n], reason=lambda n: "when", settled_by=lambda n: users[n])
    images = make(
        Image,
        hash=lambda n: f"{n:064x}",
        width=lambda n: 800,
        height=lambda n: 500,
        bytes=lambda n: 9000,
        colour=lambda n: "#123456",
        taken_down_by=lambda n: users[n],
    )
    make(
        ImageAddress,
        url=lambda n: f"https://{n}.example/a.jpg",
        host=lambda n: f"{n}.example",
        image=images.__getitem__,
    )
    make(Decision, kind=lambda n: "pair", summary=lambda n: f"Pair {n}.", by=lambda n: users[n])
    make(EventChange, event=lambda n: events[n], sequence=lambda n: 1, before=lambda n: {}, after=lambda n: {})
    make(
        Finding,
        source=lambda n: sources[n],
        listing=lambda n: listings[n],
        key=lambda n: f"id-{n}",
        rule=lambda n: f"rule.{n % 30}",
        severity=lambda n: "warning",
        message=lambda n: "Odd.",
    )
    pairs = [(listings[n], listings[n + 1]) for n in range(rows - 1)] + [(listings[0], listings[2])]
    make(
        Verdict,
        first=lambda n: pairs[n][0],
        second=lambda n: pairs[n][1],
        outcome=lambda n: "unsure",
        decided_by=lambda n: users[n],
    )
    make(Audit, day=lambda n: now.date() - dt.timedelta(days=n), started_at=lambda n: now)
    make(Schedule, source=lambda n: sources[n], failures=lambda n: n % 7)
    make(Health, source=lambda n: sources[n], state=lambda n: "healthy", since=lambda n: now)
    make(OptOut, host=lambda n: f"{n}.example")
    mails = make(
        EmailLog,
        kind=lambda n: "confirmation",
        address=lambda n: f"{n}@example.org",
        hashed=lambda n: f"{n:064d}",
        queued_at=lambda n: now,
    )
    make(Suppression, hashed=lambda n: f"{n:064d}", address=lambda n: f"{n}@example.org")
    subscribers = make(Subscriber, email=lambda n: f"{n}@example.org")
    make(
        Subscription,
        subscriber=lambda n: subscribers[n],
        city=lambda n: cities[n],
        search=lambda n: "category=music",
        confirmation=lambda n: mails[n],
    )
    monday = now.date() - dt.timedelta(days=now.weekday())
    make(Digest, city=lambda n: cities[n], week=lambda n: monday, due_at=lambda n: now)
    make(Alert, key=lambda n: f"source:{n}", message=lambda n: "Look at it.")
    runs = make(Run, source=lambda n: sources[n], started_at=lambda n: now, status=lambda n: "changed")
    make(RunItem, run=lambda n: runs[n], listing=lambda n: listings[n], action=lambda n: "new")
    make(
        Submission,
        email=lambda n: f"{n}@example.org",
        hashed=lambda n: f"{n:064d}",
        digest=lambda n: f"{n:064d}",
        city=lambda n: cities[n],
        listing=lambda n: listings[n],
        draft=lambda n: draft,
        last_day=lambda n: night,
        state=lambda n: "listed",
        confirmed_at=lambda n: now,
        decided_by=lambda n: users[n],
    )


@pytest.fixture(scope="module", params=[300, pytest.param(10_000, marks=pytest.mark.slow)])
def rows(request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any) -> Iterator[int]:
    with django_db_blocker.unblock():
        around = transaction.atomic()
        around.__enter__()
        make_everything(request.param)
        connection.check_constraints()  # once: else all is checked again after every test
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")  # as a server does by itself: plans without statistics take minutes
    yield request.param
    with django_db_blocker.unblock():
        transaction.set_rollback(True)
        around.__exit__(None, None, None)


@pytest.fixture
def editor(rows: int, db: None) -> Client:
    user = User.objects.create(email="editor@example.org", password="!", is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(user)
    return client


def read(client: Client, model: type[models.Model], query: str = "") -> tuple[int, LexborHTMLParser]:
    """How many queries a list takes, and the page."""
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(f"{url}{query}")
    assert answer.status_code == 200
    return len(queries), LexborHTMLParser(answer.content)


@pytest.mark.parametrize("model", LISTS, ids=lambda model: model._meta.label)
def test_a_long_list_takes_few_queries(editor: Client, rows: int, model: type[models.Model]) -> None:
    queries, page = read(editor, model)

    assert model._default_manager.count() >= rows
    assert len(page.css("#result_list tbody tr")) == 100
    assert queries <= QUERIES


@pytest.mark.parametrize("model", LISTS, ids=lambda model: model._meta.label)
def test_queries_do_not_grow_with_the_rows_of_a_page(
    editor: Client, model: type[models.Model], monkeypatch: pytest.MonkeyPatch
) -> None:
    query = "?merged=all" if model is Event else ""
    few, _ = read(editor, model, query)
    monkeypatch.setattr(admin.site._registry[model], "list_per_page", 200)
    many, page = read(editor, model, query)

    assert len(page.css("#result_list tbody tr")) == 200
    assert many == few


@pytest.mark.parametrize("name", ["pairs", "held", "unplaced", "venues", "report"])
def test_a_page_of_the_desk_takes_few_queries(editor: Client, rows: int, name: str) -> None:
    with CaptureQueriesContext(connection) as queries:
        page = LexborHTMLParser(editor.get(reverse(f"desk:{name}")).content)

    [tab] = page.css(".desk-tabs [aria-current]")
    waiting = {"pairs": rows, "held": rows // 4, "unplaced": rows // 5, "venues": 0, "report": None}[name]
    assert [node.text() for node in tab.css(".count")] == ([] if waiting is None else [str(waiting)])
    assert len(queries) <= QUERIES


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_a_list_can_be_searched_and_filtered(editor: Client, model: type[models.Model]) -> None:
    queries, page = read(editor, model, "?q=zzz")

    assert page.css_first("#searchbar") is not None
    assert len(page.css("#changelist-filter details")) >= 2
    assert not page.css("#result_list tbody tr")
    assert queries <= QUERIES


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_every_foreign_key_that_can_be_edited_is_searched_in(model: type[models.Model]) -> None:
    page = admin.site._registry[model]
    edited = set(page.get_form_fields()) if hasattr(page, "get_form_fields") else set()
    keys = {field.name for field in model._meta.fields if isinstance(field, models.ForeignKey)}
    assert not (edited & keys) - set(page.autocomplete_fields)


def test_a_large_table_is_estimated_and_what_is_filtered_is_counted(
    editor: Client, rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EstimatingPaginator, "EXACT_UP_TO", 100)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE events_venue")
    Venue.objects.filter(aliases=None).delete()

    assert EstimatingPaginator(Venue.objects.order_by("pk"), 100).count == pytest.approx(rows, rel=0.05)
    assert EstimatingPaginator(Venue.objects.filter(name="Venue 7").order_by("pk"), 100).count == 1
