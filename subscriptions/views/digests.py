"""The issues on the web: one, a city's archive, and a feed of them."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone as clock
from django.utils.feedgenerator import Atom1Feed
from django.views.decorators.http import require_safe

from events.dates import span_words
from events.feeds import ATOM
from events.models import City
from nocturne.origin import absolute, host
from nocturne.pages import public_file, public_page
from subscriptions import digests, rendering, searches
from subscriptions.models import Digest, DigestItem

FEED, ARCHIVE = 20, 260


@require_safe
def digest(request: HttpRequest, slug: str, week: str) -> HttpResponse:
    """An issue as it was released, with what became of its events; of a search, as it stands in a mail, if asked."""
    found = _issues(slug).filter(week=_date(week)).first()
    if found is None:
        raise Http404
    query = searches.stored(request.GET, found.city)
    search = digests.search_of(found, query)
    now = found.released_at or clock.now()
    context = {
        **rendering.content(
            found, digests.plan_of(found, search, now=max(now, digests.due_on(found.city, found.week, 0)))
        ),
        "query": query,
        "words": searches.words(search),
        "canonical": absolute(found.get_absolute_url()),
        "archive_url": reverse("subscriptions:archive", args=[slug]),
    }
    return public_page("subscriptions/digest/web.html", context)


@require_safe
def archive(request: HttpRequest, slug: str) -> HttpResponse:
    city = _city(slug)
    issues = list(_issues(slug)[:ARCHIVE])
    path = reverse("subscriptions:archive", args=[slug])
    context = {
        "city": city,
        "issues": [(one, _span(one)) for one in issues],
        "feed_url": reverse("subscriptions:digests_atom", args=[slug]),
        "canonical": absolute(path),
    }
    return public_page("subscriptions/digest/archive.html", context)


@require_safe
def feed(request: HttpRequest, slug: str) -> HttpResponse:
    """An entry for each issue, with the first of its events."""
    city = _city(slug)
    issues = list(_issues(slug)[:FEED])
    first = DigestItem.objects.filter(digest__in=issues, position__lt=5).exclude(choice=DigestItem.Choice.DROPPED)
    titles: dict[int, list[str]] = {}
    for digest_id, title in first.order_by("position").values_list("digest", "event__root__title"):
        titles.setdefault(digest_id, []).append(title)
    atom: Any = Atom1Feed(
        title=f"{city.name}: the weekly digest of {settings.SITE_NAME}",
        link=absolute(reverse("subscriptions:archive", args=[slug])),
        description="",
        feed_url=absolute(reverse("subscriptions:digests_atom", args=[slug])),
        author_name=settings.SITE_NAME,
    )
    for one in issues:
        atom.add_item(
            title=f"{city.name}, {_span(one)}",
            link=absolute(one.get_absolute_url()),
            description=" · ".join(titles.get(one.pk, [])),
            unique_id=f"tag:{host()},{one.week:%Y-%m-%d}:digest-{one.pk}",
            pubdate=one.released_at,
            updateddate=one.released_at,
        )
    return public_file(atom.writeString("utf-8"), ATOM)


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
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise Http404
