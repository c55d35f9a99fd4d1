"""A pasted link: a worker reads it, the page waits, and what was found can be chosen."""

import datetime as dt
import uuid
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone as clock
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from events.dates import day_words, moment_words
from events.drafts import EventDraft
from events.models import City, Event
from nocturne import honeypot, limits
from nocturne.origin import same_origin
from nocturne.pages import private, private_page
from scraping.addresses import readings
from scraping.discovery import Discovery
from scraping.submissions import clocks
from scraping.submissions.queue import read_soon

RATES = ("10/h", "30/d")
PAGE, ASK, PROGRESS = "submissions/link.html", "submissions/link_ask.html", "submissions/_progress.html"
# Of a link that no worker has taken for so long visitors are told.
SLOW = dt.timedelta(seconds=20)


@require_http_methods(["GET", "HEAD", "POST"])
@same_origin
def paste(request: HttpRequest) -> HttpResponseBase:
    if request.method != "POST":
        return HttpResponseRedirect(reverse("scraping:submit"))
    text, slug = request.POST.get("url", "").strip()[:2001], request.POST.get("city", "").replace("\0", "")
    try:
        if "\0" in text or len(text) > 2000:
            raise ValueError
        readings(text)
    except ValueError:
        why = _("That is no web address that could be read; it should look like https://example.org/event.")
        return _asked(text, slug, why, 422)
    if wait := limits.wait(request, "submit.link", [("", rate) for rate in RATES]):
        why = _("That was asked for very often. Please try again in %(time)s.") % {"time": limits.in_words(wait)}
        response = _asked(text, slug, why, 429)
        response["Retry-After"] = str(wait)
        return response
    key = uuid.uuid4()
    if not honeypot.is_filled(request.POST):
        city = City.objects.active().filter(slug=slug).first()
        read_soon(Discovery.objects.create(key=key, url=text, city=city))
    return private(HttpResponseRedirect(reverse("scraping:submit_link", args=[key]), status=303))


@require_safe
def link(request: HttpRequest, key: uuid.UUID) -> HttpResponseBase:
    """How far it is; then the events that were found."""
    found = discovery_of(key)
    if found is None:
        return private_page("submissions/link_gone.html", {}, status=404)
    return private_page(PAGE, _context(found))


@require_safe
def progress(request: HttpRequest, key: uuid.UUID) -> HttpResponseBase:
    """The fragment that the page asks for; nothing while nothing is new, the page when it is over."""
    found = discovery_of(key)
    if found is None:
        raise Http404
    if not found.is_open:
        return private(HttpResponse(headers={"HX-Refresh": "true"}))
    context = _context(found)
    if request.GET.get("seen") == context["seen"]:
        return private(HttpResponse(status=204))
    return private_page(PROGRESS, context)


def discovery_of(key: uuid.UUID | str | None) -> Discovery | None:
    try:
        known = key if isinstance(key, uuid.UUID) else uuid.UUID(key or "")
    except ValueError:
        return None
    return Discovery.objects.select_related("city").filter(key=known).first()


def _asked(text: str, slug: str, why: str, status: int) -> HttpResponse:
    return private_page(ASK, {"url": text.replace("\0", ""), "slug": slug, "why": why}, status=status)


def _context(found: Discovery) -> dict[str, Any]:
    slow = found.attempts == 0 and clock.now() - found.created_at > SLOW
    return {
        "found": found,
        "slow": slow,
        "seen": f"{len(found.looks)}-{found.attempts}-{slow:d}",
        "offers": _offers(found) if found.state == Discovery.State.DONE else [],
    }


def _offers(found: Discovery) -> list[dict[str, Any]]:
    cities = City.objects.in_bulk({one["city"] for one in found.found if one["city"]})
    known = Event.objects.shown().select_related("city").in_bulk({one["event"] for one in found.found if one["event"]})
    shown = []
    for number, one in enumerate(found.found):
        draft, city = EventDraft.from_json(one["draft"]), cities.get(one["city"])
        assert draft.when is not None
        timed, year = draft.when.time_known and not draft.when.all_day, clock.now().year
        start = draft.when.start
        if timed and city and draft.when.timezone:
            start = clocks.moved(start, draft.when.timezone, city.zone)
        shown.append(
            {
                "number": number,
                "title": draft.title,
                "when": moment_words(start, year=year) if timed else day_words(start.date(), year=year),
                "venue": draft.where.venue or draft.where.address,
                "city": city,
                "event": known.get(one["event"]),
            }
        )
    return shown
