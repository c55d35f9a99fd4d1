"""Pages about the site itself."""

import datetime as dt
import re
from email.utils import parseaddr
from urllib.parse import urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.timesince import timesince
from django.views.decorators.http import require_safe

from nocturne import personal
from nocturne.origin import absolute
from nocturne.pages import public_file, public_page


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    return public_page("events/about.html", {"canonical": absolute(request.path)})


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """What is kept of visitors and for how long: what the apps say, and what the operator adds."""
    context = {
        "canonical": absolute(request.path),
        "parts": personal.told(),
        "own": settings.PRIVACY_NOTE,
        "contact": settings.REPLY_TO_EMAIL or parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
        "days": settings.BACKUP_KEEP if settings.BACKUP_DIR else 0,
        "cdn": urlsplit(settings.STATIC_CDN_URL).hostname,
        "offline": settings.OFFLINE_PAGES,
    }
    return public_page("events/privacy.html", context)


@require_safe
def imprint(request: HttpRequest) -> HttpResponse:
    """Who runs the site, in the operator's words; not there without them."""
    if not settings.IMPRINT:
        raise Http404
    return public_page("events/imprint.html", {"canonical": absolute(request.path), "text": settings.IMPRINT})


@require_safe
def bot(request: HttpRequest) -> HttpResponse:
    """What our User-Agent points to."""
    agent = settings.FETCH_USER_AGENT
    context = {
        "canonical": absolute(request.path),
        "user_agent": agent,
        "token": re.split(r"[/\s(]", agent.strip())[0],
        "contact": settings.FETCH_CONTACT or parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
        "pause": settings.FETCH_HOST_SECONDS,
        **reading_bounds(),
    }
    return public_page("events/bot.html", context)


def reading_bounds() -> dict[str, str]:
    """How often a source is read, in words: at the most and at the least."""
    zero = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
    return {
        "shortest": timesince(zero, zero + dt.timedelta(minutes=settings.SCRAPE_MIN_MINUTES)),
        "longest": timesince(zero, zero + dt.timedelta(days=settings.SCRAPE_MAX_DAYS)),
    }


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Searches have no end; the pages that they are made of are open."""
    home = reverse("events:home")
    closed = ("account/", "admin/", "cities/", "comments/", "report/", "*/list", "*/more", "*?*q=")
    lines = ["User-agent: *", *(f"Disallow: {home}{path}" for path in closed)]
    lines += ["", f"Sitemap: {absolute(reverse('events:sitemap'))}"]
    return public_file("\n".join([*lines, ""]), "text/plain; charset=utf-8")
