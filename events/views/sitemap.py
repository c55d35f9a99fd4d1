"""Sitemaps (sitemaps.org): an index, and one of each active city with what is still on there."""

import datetime as dt
from collections.abc import Iterable
from xml.sax.saxutils import escape

from django.db.models import Max
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_safe

from events.models import City, Event
from nocturne.cache import generation
from nocturne.origin import absolute
from nocturne.pages import etag_of, not_modified, public_file

# The protocol allows 50,000 addresses in a file.
MAX_EVENTS = 40_000
MAX_VENUES = 9_000
XML = "application/xml; charset=utf-8"

Row = tuple[str, dt.datetime | None]


@require_safe
def index(request: HttpRequest) -> HttpResponseBase:
    slugs = list(City.objects.active().order_by("slug").values_list("slug", flat=True))
    maps: list[Row] = [(reverse("events:sitemap_site"), None)]
    maps += [(reverse("events:sitemap_city", args=[slug]), None) for slug in slugs]
    return _answer(request, "sitemapindex", "sitemap", maps, etag=etag_of("sitemap", slugs, generation=generation()))


@require_safe
def site(request: HttpRequest) -> HttpResponseBase:
    names = ("events:home", "events:about", "events:bot", "scraping:sources")
    rows: list[Row] = [(reverse(name), None) for name in names]
    return _answer(request, "urlset", "url", rows, etag="")


@require_safe
def city(request: HttpRequest, slug: str) -> HttpResponseBase:
    found = City.objects.active().filter(slug=slug).first()
    if found is None:
        raise Http404
    tonight = found.tonight()
    etag = etag_of("sitemap", found.pk, tonight, generation=generation(found.pk))
    if (fresh := not_modified(request, etag)) is not None:
        return fresh
    coming = Event.objects.public().in_city(found).from_night(tonight)
    rows: list[Row] = [(found.get_absolute_url(), None)]
    venues = coming.filter(venue__city=found, venue__merged_into=None).order_by("venue")
    for pk, name, changed in venues.values_list("venue", "venue__slug").annotate(changed=Max("updated_at"))[
        :MAX_VENUES
    ]:
        rows.append((reverse("events:venue", args=[slug, name, pk]), changed))
    events = coming.order_by("night", "pk").only("slug", "updated_at", "city")[:MAX_EVENTS]
    for event in events:
        event.city = found
        rows.append((event.get_absolute_url(), event.updated_at))
    return _answer(request, "urlset", "url", rows, etag=etag)


def _answer(request: HttpRequest, root: str, item: str, rows: Iterable[Row], *, etag: str) -> HttpResponseBase:
    if (fresh := not_modified(request, etag)) is not None:
        return fresh
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<{root} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">']
    for path, changed in rows:
        stamp = f"<lastmod>{changed.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}</lastmod>" if changed else ""
        lines.append(f"<{item}><loc>{escape(absolute(path))}</loc>{stamp}</{item}>")
    return public_file("\n".join([*lines, f"</{root}>", ""]), XML, etag=etag)
