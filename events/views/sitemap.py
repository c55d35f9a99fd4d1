"""Sitemaps (sitemaps.org): an index, and one of each active city with what is still on there."""

import datetime as dt
from collections.abc import Iterable, Iterator
from xml.sax.saxutils import escape

from django.db.models import Count, Max
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils import timezone as clock
from django.views.decorators.http import require_safe

from events.known import known_city, read_city
from events.models import City, Event, Series
from events.models.event import EventQuerySet
from events.nights import NIGHT_ENDS, quarter_of
from nocturne.cache import SITE
from nocturne.origin import absolute
from nocturne.pages import not_modified, public_file
from nocturne.pagestore import page

# The protocol allows 50,000 addresses in a file.
MAX_EVENTS = 36_000
MAX_VENUES = 9_000
MAX_SERIES = 4_000
XML = "application/xml; charset=utf-8"

Row = tuple[str, dt.datetime | None]


@require_safe
def index(request: HttpRequest) -> HttpResponseBase:
    def render(etag: str) -> HttpResponseBase:
        return _answer(request, "sitemapindex", "sitemap", _maps(), etag=etag)

    return page(request, "cities:all", "sitemap", quarter_of(clock.now()), city_id=SITE, render=render)


def _maps() -> list[Row]:
    cities = list(City.objects.active().order_by("slug"))
    evenings = {city.pk: _night_began(city) for city in cities}
    public = Event.objects.public().filter(city__in=cities).order_by()
    changed = dict(public.values_list("city").annotate(Max("updated_at")))
    maps: list[Row] = [(reverse("events:sitemap_site"), None)]
    for city in cities:
        last = max(evenings[city.pk], changed.get(city.pk, evenings[city.pk]))
        maps.append((reverse("events:sitemap_city", args=[city.slug]), last))
    return maps


@require_safe
def site(request: HttpRequest) -> HttpResponseBase:
    names = ("events:home", "events:about", "events:privacy", "events:bot", "scraping:sources")
    rows: list[Row] = [(reverse(name), None) for name in names]
    return _answer(request, "urlset", "url", rows, etag="")


@require_safe
def city(request: HttpRequest, slug: str) -> HttpResponseBase:
    city = known_city(slug)

    def render(etag: str) -> HttpResponseBase:
        return _answer(request, "urlset", "url", _rows(read_city(slug)), etag=etag)

    return page(request, f"sitemap:{city.pk}", city.tonight(), city_id=city.pk, render=render)


def _rows(found: City) -> list[Row]:
    coming = Event.objects.public().in_city(found).from_night(found.tonight())
    changed = coming.aggregate(changed=Max("updated_at"))["changed"]
    began = _night_began(found)
    rows: list[Row] = [(found.get_absolute_url(), max(began, changed or began))]
    rows += [*_venues(coming, found), *_series(coming)]
    events = coming.order_by("night", "pk").only("slug", "updated_at", "city")[:MAX_EVENTS]
    for event in events:
        event.city = found
        rows.append((event.get_absolute_url(), event.updated_at))
    return rows


def _venues(coming: EventQuerySet, city: City) -> Iterator[Row]:
    venues = coming.filter(venue__city=city, venue__merged_into=None).order_by("venue")
    changes = venues.values_list("venue", "venue__slug").annotate(changed=Max("updated_at"))
    for pk, slug, changed in changes[:MAX_VENUES]:
        yield reverse("events:venue", args=[city.slug, slug, pk]), changed


def _series(coming: EventQuerySet) -> Iterator[Row]:
    """Those with more than one date to come."""
    named = coming.exclude(series=None).order_by("series").values("series", "series__title")
    for row in named.annotate(changed=Max("updated_at"), dates=Count("pk")).filter(dates__gt=1)[:MAX_SERIES]:
        yield Series(pk=row["series"], title=row["series__title"]).get_absolute_url(), row["changed"]


def _night_began(city: City) -> dt.datetime:
    """When tonight became tonight, at which each list of the city moved on by a night."""
    return dt.datetime.combine(city.tonight(), NIGHT_ENDS, tzinfo=city.zone)


def _answer(request: HttpRequest, root: str, item: str, rows: Iterable[Row], *, etag: str) -> HttpResponseBase:
    if (fresh := not_modified(request, etag)) is not None:
        return fresh
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<{root} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">']
    for path, changed in rows:
        stamp = f"<lastmod>{changed.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}</lastmod>" if changed else ""
        lines.append(f"<{item}><loc>{escape(absolute(path))}</loc>{stamp}</{item}>")
    return public_file("\n".join([*lines, f"</{root}>", ""]), XML, etag=etag)
