"""The issues on the web: one, a city's archive, and a feed of them."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils import timezone as clock
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import escape
from django.utils.translation import get_language, gettext as _
from django.views.decorators.http import require_safe

from events.dates import span_words
from events.feeds import ATOM
from events.models import City
from nocturne.cache import generation
from nocturne.origin import absolute, host
from nocturne.pages import etag_of, not_modified, public_file, public_page
from subscriptions import digests, rendering, searches
from subscriptions.models import Digest, DigestItem

FEED, ARCHIVE, FIRST = 20, 260, 5


@require_safe
def digest(request: HttpRequest, slug: str, week: str) -> HttpResponseBase:
    """An issue as it was released, with what became of its events; of a search, as it stands in a mail, if asked."""
    found = _issues(slug).filter(week=_date(week)).first()
    if found is None:
        raise Http404
    query = searches.stored(request.GET, found.city)
    choices = digests.items_of(found).exclude(choice="").order_by("event").values_list("event", "choice")
    beside = _beside(found)
    says = (found.pk, found.released_at, found.intro, [*choices], query, [one and one.pk for one in beside.values()])
    etag = etag_of("digest", *says, generation=generation(found.city_id))
    if (fresh := not_modified(request, etag)) is not None:
        return fresh
    search = digests.search_of(found, query)
    now = found.released_at or clock.now()
    context = {
        **rendering.content(
            found, digests.plan_of(found, search, now=max(now, digests.due_on(found.city, found.week, 0)))
        ),
        "query": query,
        "words": searches.words(search),
        "whole_url": found.get_absolute_url(),
        "canonical": absolute(found.get_absolute_url()),
        "archive_url": reverse("subscriptions:archive", args=[slug]),
        **beside,
    }
    return public_page("subscriptions/digest/web.html", context, etag=etag)


@require_safe
def archive(request: HttpRequest, slug: str) -> HttpResponseBase:
    city = _city(slug)
    issues = list(_issues(slug)[:ARCHIVE])
    etag = etag_of("digests", [(one.pk, one.released_at) for one in issues], generation=generation(city.pk))
    if (fresh := not_modified(request, etag)) is not None:
        return fresh
    titles = _first_titles(issues)
    context = {
        "city": city,
        "issues": [(one, _span(one), titles.get(one.pk, [])) for one in issues],
        "feed_url": reverse("subscriptions:digests_atom", args=[slug]),
        "canonical": absolute(reverse("subscriptions:archive", args=[slug])),
    }
    return public_page("subscriptions/digest/archive.html", context, etag=etag)


@require_safe
def feed(request: HttpRequest, slug: str) -> HttpResponseBase:
    """An entry for each issue, with the first of its events."""
    city = _city(slug)
    issues = list(_issues(slug)[:FEED])
    etag = etag_of("digests.atom", [(one.pk, one.released_at) for one in issues], generation=generation(city.pk))
    if (fresh := not_modified(request, etag)) is not None:
        return fresh
    titles = _first_titles(issues)
    atom: Any = Atom1Feed(
        title=_("%(city)s: the weekly digest of %(site)s") % {"city": city.name, "site": settings.SITE_NAME},
        link=absolute(reverse("subscriptions:archive", args=[slug])),
        description=_("What is on in the next seven nights, once a week."),
        language=get_language(),
        feed_url=absolute(reverse("subscriptions:digests_atom", args=[slug])),
        author_name=settings.SITE_NAME,
    )
    for one in issues:
        atom.add_item(
            title=f"{city.name}, {_span(one)}",
            link=absolute(one.get_absolute_url()),
            description=escape(" · ".join(titles.get(one.pk, []))),  # readers take a summary for HTML
            unique_id=f"tag:{host()},{one.week:%Y-%m-%d}:digest-{one.pk}",
            pubdate=one.released_at,
            updateddate=one.released_at,
        )
    return public_file(atom.writeString("utf-8"), ATOM, etag=etag)


def _first_titles(issues: list[Digest]) -> dict[int, list[str]]:
    """The first events of issues as they are now, without those that are hidden since."""
    first = DigestItem.objects.filter(digest__in=issues, position__lt=FIRST).exclude(choice=DigestItem.Choice.DROPPED)
    first = first.filter(event__root__visibility__in=digests.SEEN).order_by("digest", "position")
    titles: dict[int, list[str]] = {}
    for digest_id, title in first.values_list("digest", "event__root__title"):
        if title not in titles.setdefault(digest_id, []):
            titles[digest_id].append(title)
    return titles


def _beside(one: Digest) -> dict[str, Digest | None]:
    """The issues of the city before and after one."""
    others = _issues(one.city.slug)
    return {
        "older": others.filter(week__lt=one.week).first(),
        "newer": others.filter(week__gt=one.week).order_by("week").first(),
    }


def _city(slug: str) -> City:
    found = City.objects.filter(slug=slug, active=True).first()
    if found is None:
        raise Http404
    return found


def _issues(slug: str) -> QuerySet[Digest]:
    """What was released, the last first; a hold does not take back what was."""
    rows = Digest.objects.filter(city__slug=slug, city__active=True, released_at__isnull=False)
    return rows.exclude(state=Digest.State.EMPTY).select_related("city").order_by("-week")


def _span(one: Digest) -> str:
    return span_words(one.week, one.week + dt.timedelta(days=6))


def _date(text: str) -> dt.date:
    """Of the one form that links have: 20261130 is a day, too, and no address."""
    try:
        found = dt.date.fromisoformat(text)
    except ValueError:
        raise Http404
    if found.isoformat() != text:
        raise Http404
    return found
