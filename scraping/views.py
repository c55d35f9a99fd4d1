"""What feeds the site, for visitors: who publishes, how fresh it is, and whether it can be read."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from urllib.parse import urlsplit

from django.db.models import Count, F, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils import timezone as clock
from django.utils.http import urlencode
from django.utils.timesince import timesince
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from events.models import City, Event, Listing, Source
from events.publishers import web_address
from events.views.site import reading_bounds
from nocturne.cache import generation
from nocturne.logs.masking import masked
from nocturne.origin import absolute
from nocturne.pages import etag_of, not_modified, public_page

from . import health

PAGE = 50
MAX_PAGE = 10_000
FORMATS = {
    "dice": _("page of an event platform"),
    "eventbrite": _("page of a ticket platform"),
    "feeds": _("news feed (RSS or Atom)"),
    "ics": _("calendar (iCalendar)"),
    "jsonld": _("web page (schema.org)"),
    "microdata": _("web page (schema.org)"),
    "microformats": _("web page (h-event)"),
    "meetup": _("page of an event platform"),
    "objects": _("interface for programs (JSON)"),
    "pagedata": _("web page (data that it is drawn from)"),
    "tickettailor": _("page of a box office"),
    "xcal": _("calendar (xCal)"),
}
STATES = {
    "healthy": _("is read without trouble"),
    "degraded": _("is read with trouble"),
    "failing": _("cannot be read"),
    "paused": _("is not read at the moment"),
    "new": _("is about to be read"),
}


@dataclass(frozen=True, slots=True)
class Feed:
    """A source as visitors see it; `trouble_since` where it is in trouble."""

    publisher: str
    url: str
    format: str
    upcoming: int
    read_at: dt.datetime | None
    read: str
    state: str
    state_words: str
    trouble_since: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Group:
    """The sources of a city, None for those of no single city; `more` says that it began on the page before."""

    city: City | None
    feeds: list[Feed]
    more: bool


@require_safe
def sources(request: HttpRequest) -> HttpResponseBase:
    number, slug = _number(request.GET.get("page", "")), request.GET.get("city", "")
    etag = etag_of("sources", number, slug, this_minute(), generation=generation())
    if (fresh := not_modified(request, etag)) is not None:
        return fresh
    city = None
    if slug:
        city = City.objects.active().filter(slug=slug).first() if slug.isprintable() else None
        if city is None:
            raise Http404
    now, rows = clock.now(), public_sources(city)
    counts = rows.aggregate(sources=Count("pk"), cities=Count("city", distinct=True))
    pages = max(1, -(-counts["sources"] // PAGE))
    page = min(number, pages)
    first = (page - 1) * PAGE
    # one row more than is shown: the one before, which says whether its city goes on here
    found = list(rows[max(first - 1, 0) : first + PAGE])
    before = found.pop(0) if first and found else None
    path = reverse("scraping:sources")
    context = {
        **counts,
        "city": city,
        "groups": _groups(found, before, now),
        "page": page,
        "pages": pages,
        "previous": _query(page - 1, slug) if page > 1 else None,
        "next": _query(page + 1, slug) if page < pages else None,
        "canonical": absolute(path + _query(page, slug)),
        **reading_bounds(),
    }
    return public_page("scraping/sources.html", context, etag=etag)


def this_minute() -> dt.datetime:
    """What an ETag of sources is made of, too: a reading that finds nothing new makes no page of a city new."""
    return clock.now().replace(second=0, microsecond=0)


def public_sources(city: City | None) -> QuerySet[Source]:
    """Sources of active cities and those of no city, by city and publisher."""
    rows = Source.objects.exclude(url="").select_related("city", "schedule", "health")
    rows = rows.filter(city=city) if city else rows.filter(Q(city=None) | Q(city__active=True))
    return rows.order_by(F("city__name").asc(nulls_last=True), "city", "name", "pk")


def feeds(found: list[Source]) -> list[tuple[Feed, Source]]:
    """These sources as visitors see them; what each lists is counted by one query."""
    now = clock.now()
    upcoming = _upcoming(found, now)
    return [(_feed(source, upcoming.get(source.pk, 0), now), source) for source in found]


def _groups(found: list[Source], before: Source | None, now: dt.datetime) -> list[Group]:
    upcoming = _upcoming(found, now)
    return [
        Group(
            city=rows[0].city,
            feeds=[_feed(source, upcoming.get(source.pk, 0), now) for source in rows],
            more=before is not None and before.city_id == rows[0].city_id,
        )
        for rows in (list(group) for _, group in groupby(found, key=lambda source: source.city_id))
    ]


def _upcoming(found: Iterable[Source], now: dt.datetime) -> dict[int, int]:
    """How many events to come each source lists that visitors can see."""
    shown = Listing.objects.live().filter(source__in=[source.pk for source in found], starts_at__gt=now)
    shown = shown.filter(event__root__visibility=Event.Visibility.PUBLISHED)
    return dict(shown.order_by().values_list("source").annotate(Count("event__root", distinct=True)))


def _told_of(address: str) -> str:
    """What visitors may know of an address that is read: the site alone of one that would let them in, too."""
    parts = urlsplit(address)
    if parts.username is None and "/private-" not in parts.path and masked(address) == address:
        return address
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/"


def _feed(source: Source, upcoming: int, now: dt.datetime) -> Feed:
    state = health.words(source)[0]
    at = getattr(source, "schedule", None)
    row = getattr(source, "health", None)
    format = at.format if at else ""
    read_at = at.last_success_at if at else None
    return Feed(
        publisher=source.publisher_name,
        url=web_address(source.homepage) or _told_of(web_address(source.url)),
        format=str(FORMATS.get(format) or format.replace("_", " ")),
        upcoming=upcoming,
        read_at=read_at,
        read=timesince(read_at, now, depth=1) if read_at else "",
        state=state,
        state_words=str(STATES[state]),
        trouble_since=row.since if row and state in ("degraded", "failing") else None,
    )


def _number(text: str) -> int:
    return min(max(int(text), 1), MAX_PAGE) if text.isascii() and text.isdigit() and len(text) < 9 else 1


def _query(page: int, slug: str) -> str:
    fields = ([("city", slug)] if slug else []) + ([("page", str(page))] if page > 1 else [])
    return f"?{urlencode(fields)}" if fields else ""
