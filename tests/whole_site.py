"""A site with something of each kind, and the addresses of all that its visitors may open.

For tests that look at all pages alike. A page that is new in the URLconf must be named here, or they fail. What is data
is in letters that no word of ours has: Cyrillic ones.
"""

import datetime as dt
import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, get_resolver, path

from events.drafts import EventDraft, Price, When, Where
from events.models import City, Comment, Event, EventChange, Series, Source, Venue
from nocturne.limits import too_many
from nocturne.models import User
from nocturne.urls import urlpatterns as site
from scraping.models import Discovery, Health, Schedule
from scraping.submissions import steps
from scraping.submissions.links import url_of as submission_url
from subscriptions import attending, digests, links
from tests.factories import make_city, make_event, make_listing, make_source, make_venue
from tests.subscriptions.people import make_subscription, path_of

NOW = dt.datetime(2026, 11, 30, 8, tzinfo=dt.UTC)  # a Monday morning in Berlin
MONDAY = NOW.date()
APPS = ("events", "scraping", "subscriptions")
# Answers that nobody reads as a page, and what only those get who are signed in.
FILES = {
    *("image", "robots", "sitemap", "sitemap_site", "sitemap_city", "city_nearest", "event_ics", "export"),
    *(f"{what}_{form}" for what in ("city", "venue", "series") for form in ("ics", "atom", "json")),
    "digests_atom",
    *("my_comments", "comments_part", "delete_comment"),
    *("submit_paste", "submit_venues"),
    "imprint",  # only where an operator has written one
    *("answers", "answer", "my_events", "my_calendar", "renew_calendar", "choose_mail"),
}


def _broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("This is what a page of errors is for.")


def _too_often(request: HttpRequest) -> HttpResponse:
    return too_many(700)


# The site with two addresses more, at which its pages for trouble can be seen.
handler404 = "nocturne.pages.not_found"
urlpatterns: list[URLPattern | URLResolver] = [path("broken", _broken), path("too-often", _too_often), *site]


@dataclass
class WholeSite:
    """Paths by the name of their URL: `pages` for readers, `fragments` that are put into pages, `feeds`."""

    pages: dict[str, list[str]] = field(default_factory=dict)
    fragments: dict[str, list[str]] = field(default_factory=dict)
    feeds: list[str] = field(default_factory=list)


def names_of_pages() -> set[str]:
    """The names of all that visitors may open and read."""
    found = set()
    for app in APPS:
        patterns: list[Any] = get_resolver().namespace_dict[app][1].url_patterns
        found |= {pattern.name for pattern in patterns if pattern.name}
    return found - FILES


def make_whole_site() -> WholeSite:
    """Needs a clock that stands at NOW."""
    city = make_city(name="Жовква", population=3_000_000, folded="жовква", searched="жовква")
    make_city("potsdam", name="Потсдам", area=city, population=100_000)
    make_city("werder", name="Вердер", active=False, area=city, latitude=52.4, longitude=12.9, population=25_000)
    quiet = make_city("los-angeles", name="Ялта")
    for one in City.objects.all():
        one.save()
    venue = make_venue("Клуб", address="Вулиця 1", latitude=52.5, longitude=13.4)
    empty = make_venue("Пусто")
    series = Series.objects.create(source=make_source(name="Серия"), key="a", title="Вечер")
    events = _events(city, venue, series)
    make_event("Ночь на море", city=quiet, local="2026-12-20T20:00")
    _sources(city, events["full"])
    site = WholeSite()
    _name_lists(site, city, venue, empty, series)
    site.pages["event"] = [event.get_absolute_url() for event in events.values()]
    site.feeds += [f"{events['full'].get_absolute_url().rstrip('/')}.ics"]
    _name_comments(site, events)
    _name_mails(site, city)
    _name_submissions(site, city)
    site.pages["trouble"] = ["/nowhere/", "/too-often", "/broken"]
    return site


def _events(city: City, venue: Venue, series: Series) -> dict[str, Event]:
    tonight = f"{MONDAY}T20:00"
    price = {"price_min": Decimal("12.50"), "price_max": Decimal(18), "currency": "EUR"}
    words = {
        "description": "О вечере.\n\nИ ещё.",
        "performers": ["Ада"],
        "organizer": "Они",
        "url": "https://a.example/",
    }
    full = make_event("Полный вечер", local=tonight, venue=venue, category="music", series=series, **price, **words)
    found = {
        "full": full,
        "cancelled": make_event("Отменён", local=tonight, status="cancelled", category="film", is_free=True),
        "postponed": make_event("Позже", local=tonight, status="postponed", price_min=Decimal(5), currency="CHF"),
        "sold_out": make_event("Продано", local=tonight, status="sold_out", price_max=Decimal(9), currency="EUR"),
        "not_listed": make_event("Пропал", local=tonight, status="not_listed", address="Вулиця 2"),
        "late": make_event("После полуночи", local="2026-12-02T01:00", local_end="2026-12-02T04:00", online=True),
        "all_day": make_event("Весь день", local="2026-12-02T00:00", all_day=True, part_of=full, category="art"),
        "untimed": make_event("Когда-то", local="2026-12-03T00:00", time_known=False, series=series, venue=venue),
        "run": make_event("Выставка", local="2026-11-20T10:00", local_end="2026-12-24T18:00", venue=venue),
        "past": make_event("Прошлое", local="2026-11-02T20:00", series=series),
    }
    for number in range(52):
        make_event(f"Фильм {number}", local=f"2026-12-0{1 + number % 5}T21:00", category="film", venue=venue)
    before = {"starts_at": full.starts_at.isoformat(), "status": "scheduled", "venue": "", "online": False}
    after = {**before, "status": "postponed", "venue": "Клуб", "online": True}
    EventChange.objects.create(event=full, sequence=1, at=NOW, before=before, after=after)
    return found


def _sources(city: City, event: Event) -> None:
    """Two that say of the event what is not quite the same, one of them no longer."""
    source = make_source(name="Календарь", homepage="https://b.example/")
    Schedule.objects.create(source=source, format="ics", last_success_at=NOW - dt.timedelta(hours=2))
    Health.objects.create(source=source, state="degraded", since=NOW - dt.timedelta(days=2), reason="x")
    make_listing(event, source=source, first_seen_at=NOW - dt.timedelta(days=9), changed_at=NOW)
    other = make_listing(
        event, source=make_source(name="Другой"), missing_since=NOW, night=MONDAY - dt.timedelta(days=1)
    )
    draft = EventDraft(title="Иначе", when=None, price=Price(is_free=True), status="cancelled")
    type(other).objects.filter(pk=other.pk).update(draft=draft.to_json(), venue=make_venue("Бар"))


def _name_lists(site: WholeSite, city: City, venue: Venue, empty: Venue, series: Series) -> None:
    here, at = city.get_absolute_url(), venue.get_absolute_url()
    site.pages |= {
        "home": ["/", "/?q=вер", "/?q=щщщщ"],
        "about": ["/about/"],
        "bot": ["/bot/"],
        "privacy": ["/privacy/"],
        "sources": ["/sources/", "/sources/?city=los-angeles"],
        "city": [
            here,
            f"{here}?page=2",
            f"{here}?when=tonight&category=music&q=вечер&venue={venue.pk}&runs=no",
            f"{here}?q=выствка",
            f"{here}?q=щщщщ&price=free&online=1&source=7",
            f"{here}?sort=price&when=weekend",
            f"{here}?from=2026-13-01&to=2026-12-02&category=x&price=7&venue=x&online=x&sort=x&page=999",
            "/los-angeles/",
        ],
        "venue": [at, empty.get_absolute_url()],
        "series": [series.get_absolute_url()],
        "city_embed": [f"/embed{here}", f"/embed{here}?q=щщщщ&theme=dark", "/embed/nowhere/"],
        "venue_embed": [f"/embed{at}?theme=light&limit=2"],
        "series_embed": [
            f"/embed{series.get_absolute_url().removeprefix('/series')}".replace("/embed/", "/embed/series/")
        ],
    }
    site.fragments = {
        "city_list": [f"{here}list?q=выствка"],
        "city_more": [f"{here}more?page=2"],
        "city_options": ["/cities/options?q=ж", "/cities/options?q=щщщщ"],
    }
    site.feeds = [f"{here}{form}" for form in ("calendar.ics", "feed.atom", "feed.json")]


def _name_comments(site: WholeSite, events: dict[str, Event]) -> None:
    full, past = events["full"], events["past"]
    user = User.objects.create(email="ada@example.org", password="!")
    rows = [
        Comment.objects.create(
            event=full, user=user, name="Ада", text=f"Так {number}! https://c.example/", state="live"
        )
        for number in range(51)
    ]
    Comment.objects.create(event=full, user=user, name="Ада", text="Ні.", state="held")
    on = f"/comments/on/{full.pk}/"
    site.pages |= {
        "comments": [on, f"{on}?page=2", f"/comments/on/{events['late'].pk}/", f"/comments/on/{past.pk}/"],
        "report_comment": [f"/comments/{rows[0].pk}/report/"],
        "report_event": [f"/report/{full.pk}/", f"/report/{full.pk}/?kind=takedown"],
    }


def _name_submissions(site: WholeSite, city: City) -> None:
    """One of each state, a change that waits among them, and what was read at pasted links."""
    Source.objects.get_or_create(built_in="visitors", defaults={"name": "Visitors"})  # a flush takes it
    user, draft = User.objects.create(email="editor@example.org"), _draft(city)
    rows = {name: steps.ask(draft, city, email=f"{name}@example.org", now=NOW) for name in STATES}
    for name, row in rows.items():
        if name != "unconfirmed":
            steps.confirm(row, now=NOW)
        if name in ("listed", "changed", "cancelled"):
            steps.publish(row, by=user, now=NOW)
    steps.change(rows["changed"], draft.replace(title="Другое"), city, now=NOW)
    steps.withdraw(rows["cancelled"], now=NOW)
    steps.withdraw(rows["withdrawn"], now=NOW)
    steps.refuse(rows["refused"], by=user, reason="Нет.", now=NOW)
    found = [{"draft": draft.to_json(), "city": city.pk, "event": rows["listed"].listing and 1}]
    ended = {"finished_at": NOW, "attempts": 1}
    looks = [
        Discovery.objects.create(key=uuid.uuid4(), url="https://d.example/", **columns)
        for columns in ({}, {"state": "done", "found": found, **ended}, {"state": "failed", "message": "—", **ended})
    ]
    site.pages |= {
        "submit": [f"/submit/{query}" for query in ("", "?city=berlin", f"?link={looks[1].key}&event=0", "?link=x")],
        "submit_link": [f"/submit/link/{look.key}/" for look in looks],
        "submission": [*(path_of(submission_url(row)) for row in rows.values()), "/submit/x/"],
        "submission_change": [f"{path_of(submission_url(rows['listed']))}change/"],
    }
    site.fragments["submit_progress"] = [f"/submit/link/{looks[0].key}/progress/"]


STATES = ("unconfirmed", "queued", "listed", "changed", "cancelled", "withdrawn", "refused")


def _draft(city: City) -> EventDraft:
    start = dt.datetime.combine(MONDAY + dt.timedelta(days=9), dt.time(20))
    where = Where(venue="Клуб", locality=city.name, country=city.country)
    return EventDraft(title="Песни", when=When(start=start, timezone=city.timezone), where=where)


def _name_mails(site: WholeSite, city: City) -> None:
    issue = digests.draft(city, now=NOW)
    assert digests.release(issue, now=NOW)
    active = make_subscription(city=city, search="category=film")
    others = {}
    for status, name in (("pending", "Ровно"), ("paused", "Хуст"), ("ended", "Луцк")):
        others[status] = make_subscription(city=make_city(f"c-{status}", name=name), status=status)
    preferences = path_of(links.preferences_url(active.subscriber))
    reader = User.objects.create(email="reader@example.org")
    site.pages |= {
        "subscribe": ["/subscribe", "/subscribe?city_id=de--berlin&search=category%3Dfilm"],
        "confirm": [path_of(links.confirm_url(row)) for row in (active, *others.values())] + ["/subscribe/confirm/x/"],
        "preferences": [preferences, f"{preferences}?done=saved"],
        "unsubscribe": [path_of(links.unsubscribe_url(row)) for row in (active, others["ended"])],
        "end_mail": [path_of(attending.end_url(kind, reader)) for kind in attending.CHOICES]
        + ["/unsubscribe/events/x/"],
        "archive": [f"/{city.slug}/digest/", "/los-angeles/digest/"],
        "digest": [issue.get_absolute_url(), f"{issue.get_absolute_url()}?category=film"],
    }
