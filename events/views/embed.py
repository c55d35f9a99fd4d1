"""Lists for other people's pages, in a frame: the only pages of ours that another site may frame."""

import functools
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponseBase, QueryDict
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_safe

from events.cards import by_night, card, dated_card
from events.models import City, Event
from events.taking import MAX_EVENTS, Found, Taking, found_at, found_by, found_of, of_search, of_series, of_venue
from events.views.feeds import in_city, search_now, search_of, series_of, venue_of
from nocturne.origin import absolute
from nocturne.pages import moved, public_page
from nocturne.pagestore import page

THEMES = ("auto", "light", "dark")
LIMIT = 50  # unless `limit` asks for another number
KEPT = (5, 10, 20, LIMIT)  # by which frames are kept, so that numbers do not multiply them
CSP: dict[str, Any] = {**settings.SECURE_CSP, "frame-ancestors": ["*"]}


def framed[**P](view: Callable[P, HttpResponseBase]) -> Callable[P, HttpResponseBase]:
    """A view whose answer any site may frame: also that there is nothing, which browsers would not show otherwise."""

    @require_safe
    @xframe_options_exempt
    @csp_override(CSP)
    @functools.wraps(view)
    def answered(*args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        try:
            response = view(*args, **kwargs)
        except Http404:
            response = public_page("events/embed.html", {"theme": "auto", "gone": True}, status=404)
        response["X-Robots-Tag"] = "noindex"
        return response

    return answered


@framed
def city(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Takes the parameters of a city's page, and of its own `theme` (auto, light, dark) and `limit`."""
    search = search_of(request, slug)
    theme, limit = _theme(request.GET), _limit(request.GET)

    def render(etag: str) -> HttpResponseBase:
        now = search_now(request, slug)
        return _page(of_search(now), found_by(now, limit, list), now.city, theme, etag=etag, by_time=not now.sort)

    parts = ("embed", theme, limit, search.query(page=1), search.nights)
    keep = search.is_common and limit in KEPT
    return page(request, search.key, *parts, city_id=search.city.pk, render=render, keep=keep)


@framed
def venue(request: HttpRequest, city_slug: str, slug: str, pk: int) -> HttpResponseBase:
    theme, limit = _theme(request.GET), _limit(request.GET)

    def render(etag: str) -> HttpResponseBase:
        found = venue_of(pk)
        taking = of_venue(found)
        if (elsewhere := _moved(request, taking)) is not None:
            return elsewhere
        return _page(taking, found_at(found, found.city.tonight(), limit, list), found.city, theme, etag=etag)

    return in_city(request, f"venue:{pk}", city_slug, render, theme, limit, keep=limit in KEPT)


@framed
def series(request: HttpRequest, slug: str, pk: int) -> HttpResponseBase:
    found, last = series_of(pk)
    taking, theme, limit = of_series(found, found.title or last.title), _theme(request.GET), _limit(request.GET)
    if (elsewhere := _moved(request, taking)) is not None:
        return elsewhere
    tonight = last.city.tonight()

    def render(etag: str) -> HttpResponseBase:
        return _page(taking, found_of(found, tonight, limit, list), last.city, theme, etag=etag)

    parts = ("embed", theme, limit, taking.name, tonight)
    keep = limit in KEPT
    return page(request, f"series:{pk}", *parts, city_id=last.city_id, render=render, keep=keep)


def _page(
    taking: Taking, found: Found[Event], city: City, theme: str, *, etag: str, by_time: bool = True
) -> HttpResponseBase:
    """By night, or in another order with the day on each card."""
    tonight = city.tonight()
    context = {
        "take": taking,
        "theme": theme,
        "page": absolute(taking.page_path),
        "canonical": absolute(taking.page),
        "nights": by_night(found.one_off, tonight=tonight) if by_time else [],
        "cards": [] if by_time else [dated_card(event, tonight=tonight) for event in found.one_off],
        "runs": [card(event, tonight=tonight) for event in found.runs],
        "count": len(found.events),
        "more": found.more,
    }
    return public_page("events/embed.html", context, etag=etag)


def _moved(request: HttpRequest, taking: Taking) -> HttpResponseBase | None:
    """Where else it is, looking the same there."""
    elsewhere = moved(request, taking.embed)
    if elsewhere is not None and (query := request.META.get("QUERY_STRING")):
        elsewhere["Location"] += f"?{query}"
    return elsewhere


def _theme(query: QueryDict) -> str:
    asked = query.get("theme", "")
    return asked if asked in THEMES else THEMES[0]


def _limit(query: QueryDict) -> int:
    asked = query.get("limit", "")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 0
    return min(number, MAX_EVENTS) or LIMIT
