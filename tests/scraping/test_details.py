"""Pages of single events are read where the list lacks the facts, and never again without reason."""

import datetime as dt
import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from events.models import Event, EventChange, Source
from scraping import details, schedule
from scraping.details import AGAIN_AFTER, FRUITLESS, MAX_PAGES
from scraping.models import Detail
from scraping.pipeline import Outcome, scrape
from tests.factories import make_city
from tests.scraping.sites import NOW, Site, page

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def event(number: int, **facts: Any) -> dict[str, Any]:
    return {"@type": "MusicEvent", "name": f"Evening number {number}", "url": f"/night/{number}", **facts}


def marked(*events: dict[str, Any]) -> str:
    data = json.dumps({"@context": "https://schema.org", "@graph": list(events)})
    return page(f'<script type="application/ld+json">{data}</script>')


def listed(number: int, **facts: Any) -> dict[str, Any]:
    """An item of a list: a title, an address and a day."""
    return event(number, startDate=f"2026-12-{4 + number:02}", **facts)


def told(number: int, **facts: Any) -> dict[str, Any]:
    """The same on its own page, with all facts."""
    return event(
        number,
        **{
            "startDate": f"2026-12-{4 + number:02}T21:00:00+01:00",
            "location": {"@type": "Place", "name": "Klub Null", "address": "Gasse 1, 10997 Berlin"},
            "offers": {"@type": "Offer", "price": "12", "priceCurrency": "EUR"},
            "description": "A long evening with music, told on its own page.",
            **facts,
        },
    )


def publish(site: Site, count: int, **facts: Any) -> Source:
    """A site with a list of nights and a page for each; the source that reads the list."""
    site.pages["/"] = marked(*(listed(number, **facts) for number in range(1, count + 1)))
    for number in range(1, count + 1):
        site.pages[f"/night/{number}"] = marked(told(number))
    source = Source.objects.create(name="Klub", url=f"{site.url}/", city=make_city())
    schedule.ensure([source])
    return source


def read(source: Source, at: dt.datetime = NOW) -> Outcome:
    return scrape(source.pk, now=at, due_only=False)


def pages(site: Site) -> list[str]:
    """The pages of single events that were asked since last time."""
    asked = [path for path in site.asked if path.startswith("/night/")]
    site.asked.clear()
    return asked


def test_a_list_without_times_and_places_is_completed_from_its_pages(site: Site) -> None:
    outcome = read(publish(site, 2))
    assert (outcome.status, outcome.run.new) == ("changed", 2)
    first, second = Event.objects.order_by("starts_at")
    assert first.starts_at == dt.datetime(2026, 12, 5, 20, tzinfo=dt.UTC)
    assert (first.venue.name, first.price_min, first.time_known) == ("Klub Null", 12, True)
    assert first.description.startswith("A long evening")
    assert second.starts_at == dt.datetime(2026, 12, 6, 20, tzinfo=dt.UTC)


def test_a_list_that_states_time_and_place_is_not_followed(site: Site) -> None:
    source = publish(site, 0)
    site.pages["/"] = marked(told(1), told(2))
    read(source)
    assert pages(site) == []
    assert not Detail.objects.exists()


def test_reading_again_asks_no_page_and_writes_nothing(site: Site) -> None:
    source = publish(site, 3)
    read(source)
    assert len(pages(site)) == 3
    site.pages["/"] += "<!-- another hash -->"
    with CaptureQueriesContext(connection) as queries:
        assert read(source, NOW + DAY).status == "unchanged"
    assert pages(site) == []
    assert [
        query["sql"] for query in queries if "scraping_detail" in query["sql"] and "SELECT" not in query["sql"]
    ] == []
    assert not EventChange.objects.exists()


def test_what_the_list_says_stays_as_it_is(site: Site) -> None:
    source = publish(
        site, 1, location={"@type": "Place", "name": "Saal Eins", "address": {"addressLocality": "Berlin"}}
    )
    read(source)
    one = Event.objects.get()
    assert one.venue.name == "Saal Eins"
    assert one.starts_at == dt.datetime(2026, 12, 5, 20, tzinfo=dt.UTC)


def test_no_more_pages_than_the_budget_and_the_rest_next_time(site: Site) -> None:
    source = publish(site, MAX_PAGES + 3)
    read(source)
    assert pages(site) == [f"/night/{number}" for number in range(1, MAX_PAGES + 1)]
    assert Event.objects.filter(time_known=False).count() == 3
    read(source, NOW + DAY)  # although the list is the same to the byte
    assert pages(site) == [f"/night/{MAX_PAGES + number}" for number in (1, 2, 3)]
    assert not Event.objects.filter(time_known=False).exists()
    read(source, NOW + 2 * DAY)
    assert pages(site) == []


def test_a_page_is_read_again_when_its_item_has_changed(site: Site) -> None:
    source = publish(site, 2)
    read(source)
    pages(site)
    moved = {"startDate": "2026-12-20"}
    site.pages["/"] = marked({**listed(1), **moved}, listed(2))
    site.pages["/night/1"] = marked(told(1, startDate="2026-12-20T19:00:00+01:00"))
    read(source, NOW + DAY)
    assert pages(site) == ["/night/1"]
    assert Event.objects.get(title__endswith="1").starts_at == dt.datetime(2026, 12, 20, 18, tzinfo=dt.UTC)


def test_facts_of_an_item_that_has_changed_are_not_those_of_before(site: Site) -> None:
    source = publish(site, 1)
    read(source)
    site.pages["/"] = marked({**listed(1), "startDate": "2026-12-20"})
    del site.pages["/night/1"]
    read(source, NOW + DAY)
    one = Event.objects.get()
    assert one.time_known is False
    assert one.night == dt.date(2026, 12, 20)


def test_what_is_still_lacking_is_looked_for_again_after_a_week_and_then_more_rarely(site: Site) -> None:
    source = publish(site, 1)
    site.pages["/night/1"] = page("Soon")
    site.pages["/"] = marked({**listed(1), "startDate": "2027-06-05"})
    asked = []
    for day in (1, 2, 7, 8, 9, 21, 22, 30, 49, 50, 60):
        site.pages["/"] += "<!-- -->"
        read(source, NOW + day * DAY)
        asked += [day for _ in pages(site)]
    assert asked == [1, 8, 22, 50]
    assert AGAIN_AFTER == 7 * DAY


def test_a_site_whose_pages_say_nothing_is_left_alone(site: Site) -> None:
    source = publish(site, 12)
    for number in range(1, 13):
        site.pages[f"/night/{number}"] = page("A picture")
    read(source)
    assert len(pages(site)) == FRUITLESS
    site.pages["/"] += "<!-- -->"
    read(source, NOW + DAY)
    assert pages(site) == []


def test_other_sites_and_pages_that_robots_refuses_are_not_asked(site: Site) -> None:
    source = publish(site, 2)
    site.robots = "User-agent: *\nDisallow: /night/2"
    site.pages["/"] = marked(listed(1), listed(2), {**listed(3), "url": "https://tickets.example/3"})
    assert read(source).run.new == 3
    assert pages(site) == ["/night/1"]


def test_a_page_of_another_event_on_the_same_night_is_not_believed(site: Site) -> None:
    source = publish(site, 1)
    site.pages["/night/1"] = marked(told(1, name="Something else", url="/night/other"))
    read(source)
    assert Event.objects.get().time_known is False


def test_of_many_dates_on_one_page_each_item_has_its_own(site: Site) -> None:
    source = publish(site, 0)
    site.pages["/"] = marked(*({**listed(number), "url": "/night/all", "name": "Residency"} for number in (1, 2)))
    hours = ("20:00", "22:00")
    site.pages["/night/all"] = marked(
        *(
            told(number, name="Residency", url="/night/all", startDate=f"2026-12-{4 + number:02}T{hour}:00+01:00")
            for number, hour in enumerate(hours, start=1)
        )
    )
    read(source)
    assert [f"{e.local_start:%d %H:%M}" for e in Event.objects.order_by("starts_at")] == ["05 20:00", "06 22:00"]
    assert pages(site) == ["/night/all"]


def test_items_that_the_rules_refuse_are_not_followed(site: Site) -> None:
    source = publish(site, 3)
    Source.objects.filter(pk=source.pk).update(exclude="number 2")
    read(source)
    assert pages(site) == ["/night/1", "/night/3"]


def test_a_server_that_fails_is_left_alone_until_the_next_reading(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    source = publish(site, 3)
    asked = []

    def away(url: str, **options: object) -> object:
        asked.append(url)
        raise details.FetchError("http.503", "Busy.")

    with monkeypatch.context() as patch:
        patch.setattr(details, "ask", away)
        assert read(source).run.new == 3
    assert len(asked) == 1
    read(source, NOW + DAY)
    assert len(pages(site)) == 3


def test_calendars_are_never_followed(site: Site, settings: Settings) -> None:
    lines = ("UID:1", "SUMMARY:All day long", "DTSTART;VALUE=DATE:20261205", f"URL:{site.url}/night/1")
    site.pages["/"] = "\r\n".join(("BEGIN:VCALENDAR", "BEGIN:VEVENT", *lines, "END:VEVENT", "END:VCALENDAR", ""))
    source = Source.objects.create(name="Klub", url=f"{site.url}/", city=make_city())
    schedule.ensure([source])
    assert read(source).run.new == 1
    assert pages(site) == []
