import datetime as dt
import json
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone as clock

from events import rendered
from events.drafts import Price
from events.models import Event, EventChange, Listing
from nocturne.cache import bump
from tests.factories import make_city, make_event, make_listing, make_source, make_venue
from tests.html import links, parsed, text_of, texts

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def friday() -> Any:
    with time_machine.travel("2026-12-04T18:00:00+01:00", tick=False):
        yield


def page(client: Client, event: Event) -> Any:
    response = client.get(event.get_absolute_url())
    assert response.status_code == 200
    return parsed(response)


def told(listing: Listing, **changes: Any) -> None:
    """Let a listing say something else than its event."""
    listing.draft = listing.as_draft().replace(**changes).to_json()
    listing.save()


def test_the_address_has_city_slug_and_id(client: Client) -> None:
    event = make_event("Café d’Été")
    assert event.get_absolute_url() == f"/berlin/events/cafe-dete-{event.pk}/"
    tree = page(client, event)
    assert text_of(tree, "h1") == "Café d’Été"
    assert tree.css_first("link[rel=canonical]").attributes["href"].endswith(event.get_absolute_url())


def test_a_title_in_another_script_has_a_page_at_its_own_address(client: Client) -> None:
    event = make_event("夜の音楽")
    assert text_of(page(client, event), "h1") == "夜の音楽"
    assert client.get(f"/berlin/events/夜の音楽-{event.pk}/").status_code == 200
    assert client.get(event.get_absolute_url()[:-1] + ".ics").status_code == 200


@pytest.mark.parametrize(
    ("local", "end", "columns", "words"),
    [
        ("2026-12-05T20:00", None, {}, "Sat 5 Dec, 20:00 CET"),
        ("2026-12-05T20:00", "2026-12-05T23:30", {}, "Sat 5 Dec, 20:00–23:30 CET"),
        ("2026-12-06T01:00", None, {}, "Sat night, 01:00 (Sun 6 Dec) CET"),
        ("2027-07-05T20:00", None, {}, "Mon 5 Jul 2027, 20:00 CEST"),
        ("2026-12-05T00:00", None, {"time_known": False}, "Sat 5 Dec, time not given"),
        (
            "2026-12-05T00:00",
            "2026-12-06T00:00",
            {"all_day": True, "night": dt.date(2026, 12, 5)},
            "Sat 5 Dec, all day",
        ),
        (
            "2026-12-05T00:00",
            "2026-12-08T00:00",
            {"all_day": True, "night": dt.date(2026, 12, 5)},
            "Sat 5 – Mon 7 Dec, all day",
        ),
        ("2026-12-05T10:00", "2026-12-20T18:00", {}, "Sat 5 Dec, 10:00 – Sun 20 Dec, 18:00 CET"),
    ],
)
def test_the_time_is_local_with_its_zone(
    client: Client, local: str, end: str | None, columns: dict[str, Any], words: str
) -> None:
    event = make_event(local=local, local_end=end, **columns)
    assert text_of(page(client, event), ".details dd time, .headline time") == words


def test_zones_without_a_name_show_their_offset(client: Client) -> None:
    city = make_city("kathmandu", country="NP", timezone="Asia/Kathmandu", currency="NPR")
    assert "20:00 UTC+05:45" in text_of(page(client, make_event(city=city)), ".headline")


def test_a_source_that_lists_an_event_twice_is_one_source(client: Client) -> None:
    event, source = make_event(), make_source()
    make_listing(event, source=source)
    make_listing(event, source=source)
    tree = page(client, event)
    assert text_of(tree, "#publishers") == "Listed by 1 source"
    assert len(tree.css(".publishers > li")) == 2


def test_each_publisher_is_named_with_link_price_and_dates(client: Client) -> None:
    event = make_event(price_min=Decimal(12), currency="EUR")
    seen = dt.datetime(2026, 11, 3, 12, tzinfo=dt.UTC)
    one = make_source(publisher="Stadtmagazin", trust=60)
    listing = make_listing(event, source=one, url="https://stadt.example/7", first_seen_at=seen)
    told(listing, price=Price(minimum=Decimal(15), currency="EUR"))
    merged = make_event("The same")
    Event.objects.filter(pk=merged.pk).update(merged_into=event, root=event)
    make_listing(
        merged,
        source=make_source(publisher="Klubkalender"),
        url="javascript:alert(1)",
        missing_since=seen + dt.timedelta(days=2),
    )
    tree = page(client, event)
    assert text_of(tree, "#publishers") == "Listed by 2 sources"
    first, second = tree.css(".publishers li")
    link = first.css_first("a")
    assert (text_of(link), link.attributes["href"]) == ("Stadtmagazin", "https://stadt.example/7")
    assert set(link.attributes["rel"].split()) == {"nofollow", "noopener"}
    assert text_of(first, ".price") == "from €15"
    assert "First seen 3 Nov 2026 , changed 4 Dec 2026" in text_of(first)
    assert text_of(second, "strong") == "Klubkalender"
    assert second.css_first("a") is None
    assert "no longer there since 5 Nov 2026" in text_of(second)


def test_where_a_listing_differs_the_page_says_so(client: Client) -> None:
    event = make_event("Concert", local="2026-12-05T20:00", status="cancelled")
    same = make_listing(event, source=make_source(trust=90))
    told(same, status="cancelled")
    other = make_listing(event, source=make_source(trust=10))
    other.starts_at += dt.timedelta(minutes=30)
    told(other, title="Concert & dance")
    agrees, differs = page(client, event).css(".publishers li")
    assert agrees.css_first(".differs") is None
    assert text_of(differs, ".differs") == "There: “Concert & dance”; 20:30; takes place"


def test_changes_are_told_the_latest_first(client: Client) -> None:
    event = make_event("Concert", local="2026-12-05T20:00", status="cancelled")
    steps = [
        (
            {"starts_at": "2026-12-05T18:00:00+00:00", "venue": "Kino"},
            {"starts_at": "2026-12-05T19:00:00+00:00", "venue": "Klub"},
        ),
        ({"status": "scheduled"}, {"status": "cancelled"}),
    ]
    for number, (before, after) in enumerate(steps, 1):
        EventChange.objects.create(event=event, sequence=number, before=before, after=after)
    assert texts(page(client, event), ".changes li") == [
        "Fri 4 Dec 2026, 18:00 status: takes place → cancelled",
        "Fri 4 Dec 2026, 18:00 start: Sat 5 Dec, 19:00 → Sat 5 Dec, 20:00; venue: Kino → Klub",
    ]


def test_the_description_is_paragraphs_with_links_and_nothing_else(client: Client) -> None:
    event = make_event(description="One.\n\nTwo <b>bold</b> https://example.org/?a=1&b=2\nthree")
    prose = page(client, event).css_first(".prose")
    assert texts(prose, "p") == ["One.", "Two <b>bold</b> https://example.org/?a=1&b=2 three"]
    link = prose.css_first("a")
    assert link.attributes == {"href": "https://example.org/?a=1&b=2", "rel": "nofollow"}


def test_place_has_venue_address_and_a_plain_link_to_a_map(client: Client) -> None:
    venue = make_venue("Klub Null", address="Warschauer Str. 10", latitude=52.5, longitude=13.45)
    tree = page(client, make_event(venue=venue))
    found = links(tree, ".details a")
    assert found["Klub Null"] == venue.get_absolute_url()
    assert found["Map"] == "https://www.openstreetmap.org/?mlat=52.50000&mlon=13.45000#map=17/52.50000/13.45000"
    by_address = links(page(client, make_event(address="Hauptstr. 1")), ".details a")
    assert by_address["Map"] == "https://www.openstreetmap.org/search?query=Hauptstr.+1%2C+Berlin"
    assert "Map" not in links(page(client, make_event()), ".details a")


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("cancelled", "This event is cancelled."),
        ("sold_out", "This event is sold out."),
        ("postponed", "This event is postponed; the date above may no longer hold."),
        ("not_listed", "Its publishers no longer list this event. Ask the venue before you go."),
    ],
)
def test_status_is_told_in_a_sentence(client: Client, status: str, words: str) -> None:
    tree = page(client, make_event(status=status))
    assert text_of(tree, ".notice") == words
    assert bool(tree.css_first("h1 s")) == (status == "cancelled")


def test_what_is_over_says_so(client: Client) -> None:
    tree = page(client, make_event(local="2026-12-03T20:00"))
    assert text_of(tree, ".notice").startswith("This is over.")
    assert "Add to calendar (.ics)" not in links(tree)
    assert page(client, make_event(local="2026-12-04T11:00")).css_first(".notice") is None


class TestWhereAnAddressLeads:
    def test_wrong_slug_or_city_leads_to_the_right_address(self, client: Client) -> None:
        event = make_event("Concert")
        for url in (f"/berlin/events/concerto-{event.pk}/", f"/paris/events/concert-{event.pk}/"):
            response = client.get(url)
            assert (response.status_code, response["Location"]) == (301, event.get_absolute_url())
        response = client.get(f"/paris/events/x-{event.pk}.ics")
        assert (response.status_code, response["Location"]) == (301, event.get_absolute_url()[:-1] + ".ics")

    def test_a_merged_event_leads_to_its_root_for_as_long_as_a_page_is_kept(self, client: Client) -> None:
        root, middle, leaf = (make_event(title) for title in ("Root", "Middle", "Leaf"))
        Event.objects.filter(pk=middle.pk).update(merged_into=root, root=root)
        Event.objects.filter(pk=leaf.pk).update(merged_into=middle, root=root)
        response = client.get(leaf.get_absolute_url())
        assert (response.status_code, response["Location"]) == (301, root.get_absolute_url())
        # a merge can be undone
        assert response["Cache-Control"] == "public, max-age=60"

    # 404 and not 410: what is held may be published tomorrow, and that something was hidden is nobody's business.
    @pytest.mark.parametrize("visibility", ["held", "hidden"])
    def test_what_is_held_or_hidden_is_not_there(self, client: Client, visibility: str) -> None:
        event = make_event(visibility=visibility)
        merged = make_event()
        Event.objects.filter(pk=merged.pk).update(merged_into=event, root=event)
        for one in (event, merged):
            assert client.get(one.get_absolute_url()).status_code == 404
            assert client.get(one.get_absolute_url()[:-1] + ".ics").status_code == 404

    def test_what_is_archived_stays_readable(self, client: Client) -> None:
        page(client, make_event(local="2025-12-05T20:00", visibility="archived"))

    @pytest.mark.parametrize("number", ["0", "99999999", "9" * 40])
    def test_an_id_that_nobody_has_is_404(self, client: Client, number: str) -> None:
        assert client.get(f"/berlin/events/x-{number}/").status_code == 404


class TestConditionalGet:
    def test_the_page_is_304_until_something_on_it_changes(self, client: Client) -> None:
        event = make_event()
        listing = make_listing(event)
        url = event.get_absolute_url()

        def status() -> int:
            return client.get(url, headers={"If-None-Match": etag}).status_code

        etag = client.get(url)["ETag"]
        assert status() == 304
        listing.missing_since = clock.now()
        listing.save()
        bump(event.city_id)
        assert status() == 200
        etag = client.get(url)["ETag"]
        with time_machine.travel("2026-12-06T12:00:00+01:00"):
            assert status() == 200  # it is over now


def test_queries_do_not_grow_with_listings(client: Client) -> None:
    event = make_event(venue=make_venue())
    make_listing(event)
    page(client, event)  # what is remembered of the city is the same for all pages
    rendered.MEMORY.clear()
    with CaptureQueriesContext(connection) as few:
        page(client, event)
    rendered.MEMORY.clear()
    for number in range(10):
        make_listing(event)
        EventChange.objects.create(event=event, sequence=number, before={}, after={})
    with CaptureQueriesContext(connection) as many:
        page(client, event)
    assert len(many) == len(few) <= 7


def test_the_page_holds_its_event_as_json_ld(client: Client) -> None:
    event = make_event("</script><script>alert(1)</script>")
    told, way = page(client, event).css("script:not([src])")
    assert told.attributes["type"] == way.attributes["type"] == "application/ld+json"
    assert json.loads(told.text())["name"] == event.title
    assert [step["name"] for step in json.loads(way.text())["itemListElement"]] == ["Nocturne", "Berlin", event.title]


def test_it_can_be_shared_by_its_one_address(client: Client) -> None:
    event = make_event("Jazz")
    tree = page(client, event)
    address = tree.css_first("link[rel=canonical]").attributes["href"]
    assert links(tree, ".share a") == {address: address}
    # the buttons are there for the script to show where the browser can share and copy
    share, copy = tree.css(".share button")
    assert (share.attributes["data-share"], share.attributes["data-title"]) == (address, "Jazz")
    assert text_of(tree, f"#{copy.attributes['data-copy']}") == address
    assert "hidden" in share.attributes
    assert "hidden" in copy.attributes


def test_a_part_leads_to_its_festival_if_that_may_be_seen(client: Client) -> None:
    festival = make_event("Festival", local="2026-12-04T10:00", local_end="2026-12-09T20:00")
    part = make_event("Opening", part_of=festival)
    assert links(page(client, part), ".details a")["Festival"] == festival.get_absolute_url()
    Event.objects.filter(pk=festival.pk).update(visibility="hidden")
    assert "Festival" not in links(page(client, part), ".details a")


def test_it_goes_into_calendars_on_the_web(client: Client) -> None:
    venue = make_venue("Klub Null", address="Gasse 1")
    event = make_event("Jazz & Blues", local="2026-12-05T20:00", local_end="2026-12-05T23:00", venue=venue)
    taken = links(page(client, event), ".details a")
    google = parse_qs(urlsplit(taken["Google"]).query)
    assert google["text"] == ["Jazz & Blues"]
    assert google["dates"] == ["20261205T190000Z/20261205T220000Z"]
    assert google["location"] == ["Klub Null, Gasse 1, Berlin"]
    outlook = parse_qs(urlsplit(taken["Outlook"]).query)
    assert (outlook["startdt"], outlook["enddt"]) == (["2026-12-05T19:00:00Z"], ["2026-12-05T22:00:00Z"])


def test_days_are_days_in_calendars_on_the_web(client: Client) -> None:
    night = dt.date(2026, 12, 5)
    event = make_event(local="2026-12-05T00:00", local_end="2026-12-07T00:00", night=night, all_day=True)
    taken = links(page(client, event), ".details a")
    assert parse_qs(urlsplit(taken["Google"]).query)["dates"] == ["20261205/20261207"]
    outlook = parse_qs(urlsplit(taken["Outlook"]).query)
    assert (outlook["allday"], outlook["enddt"]) == (["true"], ["2026-12-07"])


def test_more_like_it_is_at_its_venue_or_of_its_category_within_two_weeks(client: Client) -> None:
    venue = make_venue("Klub Null")
    event = make_event("Jazz", local="2026-12-05T20:00", category="music", venue=venue)
    make_event("Soul", local="2026-12-06T20:00", category="music")
    make_event("Lesung", local="2026-12-07T20:00", category="books", venue=venue)
    for night in ("2026-12-08", "2026-12-15"):
        make_event("Funk", local=f"{night}T20:00", category="music")
    make_event("Jazz", local="2026-12-12T20:00", category="music")
    make_event("Film", local="2026-12-06T20:00", category="film")
    make_event("Later", local="2026-12-30T20:00", category="music")
    make_event("Off", local="2026-12-06T20:00", category="music", status="cancelled")
    make_event("Hidden", local="2026-12-06T20:00", category="music", visibility="hidden")
    tree = page(client, event)
    assert texts(tree, ".similar h3") == ["Lesung", "Soul", "Funk"]
    assert texts(tree, ".similar .aside") == ["Mon 7 Dec", "Sun 6 Dec", "Tue 8 Dec"]


def test_what_is_like_nothing_shows_nothing_like_it(client: Client) -> None:
    make_event("Soul", category="music")
    assert not page(client, make_event("Jazz")).css(".similar")
