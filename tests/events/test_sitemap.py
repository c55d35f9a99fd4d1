"""What search engines are told of: pages of what is still on, and no others."""

import datetime as dt
import xml.etree.ElementTree as ET
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from events.models import Event, Series
from tests.factories import make_city, make_event, make_source, make_venue

pytestmark = pytest.mark.django_db
ORIGIN = "http://127.0.0.1:8000"
NAMES = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}


@pytest.fixture(autouse=True)
def friday(settings: Any) -> Any:
    settings.SITE_URL = ORIGIN
    with time_machine.travel("2026-12-04T18:00:00+01:00", tick=False):
        yield


def addresses(client: Client, url: str) -> list[str]:
    response = client.get(url)
    assert response["Content-Type"] == "application/xml; charset=utf-8"
    return [
        (loc.text or "").removeprefix(ORIGIN) for loc in ET.fromstring(response.content).iterfind(".//s:loc", NAMES)
    ]


def test_robots_lead_to_the_index_and_that_to_each_active_city(client: Client) -> None:
    make_city()
    make_city("los-angeles", active=False)
    assert f"Sitemap: {ORIGIN}/sitemap.xml" in client.get("/robots.txt").content.decode()
    maps = addresses(client, "/sitemap.xml")
    assert maps == ["/sitemap/site.xml", "/sitemap/cities/berlin.xml"]
    pages = [page for url in maps for page in addresses(client, url)]
    assert pages == ["/", "/about/", "/privacy/", "/bot/", "/sources/", "/berlin/"]
    assert [client.get(page).status_code for page in pages] == [200] * 6
    assert client.get("/sitemap/cities/los-angeles.xml").status_code == 404


def test_a_city_lists_what_visitors_can_see_and_is_not_over(client: Client) -> None:
    venue, merged = make_venue("Klub Null"), make_venue("Club Zero", merged_into=make_venue("Club 0"))
    tonight = make_event("Jazz", local="2026-12-04T20:00", venue=venue)
    run = make_event("Ausstellung", local="2026-11-04T10:00", local_end="2026-12-24T20:00", venue=merged)
    make_event("Over", local="2026-12-03T20:00", venue=make_venue("Quiet"))
    make_event("Hidden", local="2026-12-05T20:00", visibility="hidden")
    Event.objects.filter(pk=make_event("Merged").pk).update(merged_into=tonight, root=tonight)
    pages = ["/berlin/", venue.get_absolute_url(), run.get_absolute_url(), tonight.get_absolute_url()]
    assert addresses(client, "/sitemap/cities/berlin.xml") == pages


def test_is_not_sent_again_and_asks_no_more_for_more(client: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as context:
            assert client.get("/sitemap/cities/berlin.xml").status_code == 200
        return len(context)

    make_event("Jazz", venue=make_venue("Klub Null"))
    few = queries()
    for number in range(20):
        make_event(f"Event {number}", venue=make_venue(f"Venue {number}"))
    assert queries() <= few
    etag = client.get("/sitemap/cities/berlin.xml")["ETag"]
    assert client.get("/sitemap/cities/berlin.xml", headers={"If-None-Match": etag}).status_code == 304


def test_says_when_what_it_leads_to_has_changed(client: Client) -> None:
    """The last change of what is to come; of a list at least when tonight began."""
    make_city("los-angeles")
    at = dt.datetime(2026, 12, 4, 16, 30, tzinfo=dt.UTC)
    event = make_event("Jazz", local="2026-12-04T20:00", venue=make_venue("Klub Null"), updated_at=at)
    make_event("Over", local="2026-12-03T20:00", updated_at=at + dt.timedelta(minutes=9))

    def stamps(url: str) -> dict[str, str | None]:
        tree = ET.fromstring(client.get(url).content)
        return {
            (one.findtext("s:loc", "", NAMES)).removeprefix(ORIGIN): one.findtext("s:lastmod", None, NAMES)
            for one in tree
        }

    assert stamps("/sitemap/cities/berlin.xml") == dict.fromkeys(
        ["/berlin/", f"/berlin/venues/klub-null-{event.venue_id}/", event.get_absolute_url()], "2026-12-04T16:30:00Z"
    )
    index = stamps("/sitemap.xml")
    assert index["/sitemap/cities/berlin.xml"] == "2026-12-04T16:39:00Z"
    # 09:00 in Los Angeles: its night began at 06:00 there
    assert index["/sitemap/cities/los-angeles.xml"] == "2026-12-04T14:00:00Z"
    assert stamps("/sitemap/cities/los-angeles.xml")["/los-angeles/"] == "2026-12-04T14:00:00Z"


def test_names_series_with_more_than_one_date_to_come(client: Client) -> None:
    source = make_source()
    many, one = (Series.objects.create(source=source, key=key, title=key.title()) for key in ("jam", "once"))
    for date in ("2026-12-05", "2026-12-12"):
        make_event("Jam", local=f"{date}T20:00", series=many)
    make_event("Once", local="2026-12-05T20:00", series=one)
    found = addresses(client, "/sitemap/cities/berlin.xml")
    assert [path for path in found if path.startswith("/series/")] == [many.get_absolute_url()]
    assert client.get(many.get_absolute_url()).status_code == 200
