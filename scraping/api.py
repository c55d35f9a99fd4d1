"""Sources and their readings, for operators' programs."""

import datetime as dt
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from kombu.exceptions import OperationalError
from ninja import Field, ModelSchema, Query, Router, Schema, Status
from ninja.errors import HttpError

from events.api.asked import active_city
from events.models import Source
from nocturne.answers import Answer, Cursor, Limit, PathId, wrong
from nocturne.cache import generation
from nocturne.cursors import cut
from nocturne.keys import OperatorKey
from nocturne.models import ApiKey

from . import views
from .health import words
from .models import Run
from .tasks import scrape_source

router = Router()
OPERATORS = ["Operators: sources"]
may_read, may_scrape = OperatorKey(ApiKey.Scope.READ), OperatorKey(ApiKey.Scope.SCRAPE)


class SourceOut(Schema):
    """`city` is a code; times and failures are null until the source was read."""

    id: int
    name: str
    url: str
    city: str | None = Field(None, alias="city.code")
    active: bool
    next_at: dt.datetime | None = Field(None, alias="schedule.next_at")
    last_success_at: dt.datetime | None = Field(None, alias="schedule.last_success_at")
    failures: int | None = Field(None, alias="schedule.failures", description="In a row.")
    health: str = Field(description="healthy, degraded, failing, paused, or new before the first reading.")
    reason: str = Field(description="Why it is so, for people.")

    @staticmethod
    def resolve_health(source: Source) -> str:
        return words(source)[0]

    @staticmethod
    def resolve_reason(source: Source) -> str:
        return words(source)[1]


class RunOut(ModelSchema):
    class Meta:
        model = Run
        fields = (
            "id",
            "source",
            "started_at",
            "seconds",
            "status",
            "error",
            "message",
            "fetched",
            "new",
            "changed",
            "unchanged",
            "merged",
            "held",
            "retired",
            "filtered",
            "upcoming",
        )


class Page(Schema):
    limit: int = Field(50, ge=1, le=200)
    offset: int = Field(0, ge=0, le=10_000)


class RunsQuery(Page):
    source: int | None = Field(None, ge=1, le=2**63 - 1)


class Queued(Schema):
    source: int
    queued: bool = True


class PublicSource(Schema):
    """A publisher's calendar, feed or page, as visitors may know it."""

    id: int
    name: str
    city: str | None = Field(description="The code of a city; null of those that tell of several.")
    url: str = Field(description="Where to learn more.")
    format: str = Field(description="What is read there, in words.")
    health: str = Field(description="healthy, degraded, failing, paused, or new before the first reading.")
    last_success_at: dt.datetime | None
    event_count: int = Field(description="What it lists that is to come and can be seen.")


class Sources(Schema):
    sources: list[PublicSource]
    next_cursor: str | None


class SourcesQuery(Schema):
    city: str | None = Field(None, max_length=140, description="Only its sources: a code or a slug.")
    limit: Limit = 50
    cursor: Cursor = None


@router.get("/sources", tags=["Catalogue"], response={200: Sources, 304: None}, summary="Who is read")
def public_sources(request: HttpRequest, query: Query[SourcesQuery]) -> HttpResponseBase:
    """Sources of the cities that are served, and those of no single city."""
    city = active_city(query.city) if query.city else None
    if query.city and city is None:
        raise wrong("query", "city", "There is no such city; /api/locations/search finds those that there are.")
    answer = Answer(request, "sources", repr(query), views.this_minute(), generation=generation())
    if answer.fresh:
        return answer.fresh
    found = views.public_sources(city).order_by("name", "pk")
    shown, more = cut(found, query.cursor, query.limit, order="sources")
    return answer.of({"sources": [_public(feed, row) for feed, row in views.feeds(shown)], "next_cursor": more})


def _public(feed: views.Feed, source: Source) -> dict[str, Any]:
    return {
        "id": source.pk,
        "name": feed.publisher,
        "city": source.city.code if source.city else None,
        "url": feed.url,
        "format": feed.format,
        "health": feed.state,
        "last_success_at": feed.read_at,
        "event_count": feed.upcoming,
    }


@router.get("/admin/sources", auth=may_read, tags=OPERATORS, response=list[SourceOut])
def list_sources(request: HttpRequest, page: Query[Page]) -> QuerySet[Source]:
    """Sources with an address, and when each was and will be read."""
    sources = Source.objects.exclude(url="").select_related("city", "schedule", "health").order_by("pk")
    return sources[page.offset : page.offset + page.limit]


@router.post("/admin/sources/{source_id}/scrape", auth=may_scrape, tags=OPERATORS, response={202: Queued, 503: None})
def start_scrape(request: HttpRequest, source_id: PathId) -> Status[Queued]:
    """Have a worker read a source now, in full. What changes something is in `/api/admin/runs?source=ID`."""
    source = Source.objects.exclude(url="").filter(pk=source_id).first()
    if source is None:
        raise HttpError(404, "There is no such source.")
    try:
        scrape_source.delay(source.pk, force=True)
    except OperationalError as error:
        raise HttpError(503, "The queue cannot be reached; try again in a minute.") from error
    return Status(202, Queued(source=source.pk))


@router.get("/admin/runs", auth=may_read, tags=OPERATORS, response=list[RunOut])
def list_runs(request: HttpRequest, query: Query[RunsQuery]) -> QuerySet[Run]:
    """Readings that changed something or failed, the newest first."""
    runs = Run.objects.order_by("-started_at", "-pk")
    if query.source:
        runs = runs.filter(source=query.source)
    return runs[query.offset : query.offset + query.limit]
