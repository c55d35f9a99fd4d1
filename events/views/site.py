"""Pages about the site itself."""

import datetime as dt
import re
from email.utils import parseaddr

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.timesince import timesince
from django.views.decorators.http import require_safe

from nocturne.origin import absolute
from nocturne.pages import public_file, public_page


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    return public_page("events/about.html", {"canonical": absolute(request.path)})


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
