"""How often somebody may do one thing, as subscribing: counted in the cache by django-ratelimit; while that is away
each process counts for itself. How often anything may be asked for is in nocturne/traffic.py.
"""

from collections.abc import Iterable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _, ngettext
from django_ratelimit.core import get_usage

from nocturne import metrics


def wait(request: HttpRequest, group: str, limits: Iterable[tuple[str, str]]) -> int:
    """Count a try of `group`; seconds to wait if one of its limits is exceeded, else 0.

    A limit is who (an address, say; "" for the request's IP) and a rate, as 5/h.
    """
    seconds = 0
    for who, rate in limits:
        key = (lambda _group, _request, who=who: who) if who else "ip"
        usage = get_usage(request, group=f"{group}:{'who' if who else 'ip'}", key=key, rate=rate, increment=True)
        if usage and usage["should_limit"]:
            seconds = max(seconds, usage["time_left"], 1)
    if seconds:
        metrics.limit_hits.labels(group).inc()
    return seconds


def too_many(seconds: int) -> HttpResponse:
    """The page of a limit that was exceeded."""
    context = {"site_name": settings.SITE_NAME, "wait": in_words(seconds)}
    return HttpResponse(render_to_string("429.html", context), status=429, headers={"Retry-After": str(seconds)})


def in_words(seconds: int) -> str:
    """How long to wait, never too short: a few seconds, a minute, 12 minutes, 2 hours."""
    if seconds <= 10:
        return _("a few seconds")
    minutes = -(-seconds // 60)
    if minutes <= 1:
        return _("a minute")
    if minutes < 120:
        return ngettext("%(number)s minute", "%(number)s minutes", minutes) % {"number": minutes}
    hours = -(-minutes // 60)
    return ngettext("%(number)s hour", "%(number)s hours", hours) % {"number": hours}
