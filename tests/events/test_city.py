import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from events import rendered
from events.models import Event
from nocturne.cache import bump
from tests.factories import make_city, make_event, make_listing, make_source, make_venue
from tests.html import links, parsed, text_of, texts

pytestmark = pytest.mark.django_db
FRIDAY = "2026-12-04T18:00:00+01:00"


@pytest.fixture(autouse=True)
def friday() -> Any:
    with time_machine.travel(FRIDAY, tick=False):
        yield


def page(client: Client, url: str = "/berlin/", status: int = 200) -> Any:
    response = client.get(url)
    assert response.status_code == status
    return parsed(response)


def test_nights_follow_each_other_from_tonight_with_runs_apart(client: Client) -> None:
    make_event("Late", local="2026-12-05T01:00")
    make_event("Concert", local="2026-12-04T20:00")
    make_event("Tomorrow's play", local="2026-12-05T19:30")
    make_event("Reading", local="2026-12-08T19:30")
    make_event("Over", local="2026-12-03T19:30")
    make_event("Too late", local="2026-12-11T19:30")
    make_event("Exhibition", local="2026-11-20T10:00", local_end="2026-12-13T18:00")
    make_event("Festival", local="2026-12-10T10:00", local_end="2026-12-20T18:00")
    tree = page(client)
    assert texts(tree, ".night h2") == ["Tonight Fri 4 Dec", "Tomorrow Sat 5 Dec", "Tuesday 8 Dec"]
    assert texts(tree, ".night h3") == ["Concert", "Late", "Tomorrow's play", "Reading"]
    assert texts(tree, "details.runs h3") == ["Exhibition", "Festival"]
    assert "open" not in tree.css_first("details.runs").attributes
    assert texts(tree, "details.runs .clock") == ["until Sun 13 Dec", "Thu 10 – Sun 20 Dec"]
    assert text_of(tree, "#said") == "4 events, next 7 nights: Fri 4 – Thu 10 Dec"


def test_before_six_it_is_still_last_evenings_night(client: Client) -> None:
    make_event("After hours", local="2026-12-05T05:00")
    with time_machine.travel("2026-12-05T04:00:00+01:00", tick=False):
        assert texts(page(client), ".night h2") == ["Tonight Fri 4 Dec"]
    with time_machine.travel("2026-12-05T06:00:00+01:00", tick=False):
        assert texts(page(client), ".night h2") == []


def test_a_card_says_when_where_how_much_and_from_how_many(client: Client) -> None:
    venue = make_venue("Klub Null")
    make_event(
        "Late",
        local="2026-12-05T01:00",
        venue=venue,
        price_min=Decimal(12),
        price_max=Decimal("18.50"),
        currency="EUR",
        category="nightlife",
        source_count=4,
    )
    card = page(client).css_first(".card")
    assert text_of(card, ".clock") == "01:00 Sat 5 Dec"
    assert card.css_first("time").attributes["datetime"] == "2026-12-05T01:00+01:00"
    assert links(card, ".where a") == {"Klub Null": f"/berlin/venues/klub-null-{venue.pk}/"}
    assert text_of(card, ".price") == "€12–18.50"
    assert texts(card, ".facts li") == ["Nightlife", "4 sources"]


def test_a_card_claims_nothing_that_is_not_known(client: Client) -> None:
    make_event("Some day", local="2026-12-04T00:00", time_known=False)
    card = page(client).css_first(".card")
    assert text_of(card, ".clock") == "time not given"
    assert card.css_first("time").attributes["datetime"] == "2026-12-04"
    assert card.css_first(".facts") is None


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("cancelled", "Cancelled"),
        ("sold_out", "Sold out"),
        ("postponed", "Postponed"),
        ("not_listed", "No longer listed"),
    ],
)
def test_status_is_a_word_and_what_is_cancelled_is_struck_through(client: Client, status: str, words: str) -> None:
    make_event("Concert", local="2026-12-04T20:00", status=status)
    card = page(client).css_first(".card")
    assert text_of(card, ".status") == words
    assert (text_of(card, "h3 s") == "Concert") == (status == "cancelled")


def test_filters_are_links_with_counts_and_lead_to_what_they_count(client: Client) -> None:
    make_event("Quartet", local="2026-12-04T20:00", category="music", is_free=True)
    make_event("Choir", local="2026-12-05T20:00", category="music")
    make_event("Film", local="2026-12-05T20:00", category="film")
    tree = page(client)
    whens = links(tree, ".whens a")
    assert whens == {
        "Tonight 1": "/berlin/?when=tonight",
        "Tomorrow 2": "/berlin/?when=tomorrow",
        "This weekend 3": "/berlin/?when=weekend",
        "7 nights 3": "/berlin/",
    }
    choices = links(tree, ".filters .choice")
    assert choices["Music 2"] == "/berlin/?category=music"
    assert choices["Film 1"] == "/berlin/?category=film"
    assert choices["Free 1"] == "/berlin/?price=free"
    music = page(client, choices["Music 2"])
    assert texts(music, ".card h3") == ["Quartet", "Choir"]
    assert links(music, ".whens a")["Tomorrow 1"] == "/berlin/?when=tomorrow&category=music"
    # the own filter does not count itself away
    assert links(music, ".filters .choice")["Film 1"] == "/berlin/?category=film,music"
    assert links(music, ".chosen a") == {"Remove Music ×": "/berlin/"}


def test_sources_are_counted_and_chosen_by_publisher(client: Client) -> None:
    city = make_city()
    one, two = (make_source(city=city, publisher=name) for name in ("Stadtmagazin", "Klubkalender"))
    both = make_event("Both", local="2026-12-04T20:00")
    for source in (one, two, one):
        make_listing(both, source=source)
    make_listing(make_event("Single", local="2026-12-04T21:00"), source=one)
    choices = links(page(client), ".filters .choice")
    assert choices["Stadtmagazin 2"] == f"/berlin/?source={one.pk}"
    tree = page(client, choices["Klubkalender 1"])
    assert texts(tree, ".card h3") == ["Both"]
    assert "unknown source 987654" in text_of(page(client, "/berlin/?source=987654"), ".chosen")


def test_prices_are_stepped_in_the_citys_currency(client: Client) -> None:
    city = make_city("osaka", country="JP", timezone="Asia/Tokyo", currency="JPY")
    make_event(local="2026-12-05T20:00", city=city, price_min=Decimal(1500), currency="JPY")
    labels = texts(page(client, "/osaka/"), ".filters .choice")
    assert labels == ["Under ¥2,000 1", "Under ¥5,000 1", "Under ¥10,000 1"]


def test_fifty_cards_make_a_page_and_pages_are_plain_links(client: Client) -> None:
    for number in range(103):
        make_event(f"Event {number}", local="2026-12-04T20:00", category="music")
    first = page(client, "/berlin/?category=music")
    assert len(first.css(".card")) == 50
    assert links(first, ".pages a") == {"Later": "/berlin/?category=music&page=2"}
    second = page(client, "/berlin/?category=music&page=2")
    assert links(second, ".pages a") == {
        "Earlier": "/berlin/?category=music",
        "Later": "/berlin/?category=music&page=3",
    }
    last = page(client, "/berlin/?category=music&page=9")
    assert len(last.css(".card")) == 3
    assert "this is the last one" in text_of(last, ".notices")
    shown = [texts(tree, ".card h3") for tree in (first, second, last)]
    assert len({title for titles in shown for title in titles}) == 103


@pytest.mark.parametrize("query", ["when=2026-02-30", "when=%00", "page=x", "source=x", "q=%00%ff", "price=-1"])
def test_nonsense_in_the_address_is_a_notice_on_the_usual_page(client: Client, query: str) -> None:
    make_event("Concert", local="2026-12-04T20:00")
    tree = page(client, f"/berlin/?{query}")
    assert texts(tree, ".card h3") == ["Concert"]
    assert tree.css_first(".notices li") or query.startswith("q=")


def test_an_empty_night_points_to_the_next_one_that_has_something(client: Client) -> None:
    make_event("Much later", local="2027-01-15T20:00", category="film")
    tree = page(client, "/berlin/?category=film&when=tonight")
    assert text_of(tree, ".empty h2") == "Nothing found, Fri 4 Dec"
    found = links(tree, ".empty a")
    assert found["Fri 15 Jan 2027"] == "/berlin/?when=2027-01-15&category=film"
    assert found["Everything on these nights"] == "/berlin/?when=tonight"
    assert texts(page(client, found["Fri 15 Jan 2027"]), ".card h3") == ["Much later"]


def test_a_city_without_any_event_says_so(client: Client) -> None:
    make_city()
    assert "Nothing is listed in Berlin" in text_of(page(client), ".empty")


def test_words_spelled_alike_are_announced_as_such(client: Client) -> None:
    make_event("Philharmonic night", local="2026-12-04T20:00")
    tree = page(client, "/berlin/?q=philharmnoic")
    assert texts(tree, ".card h3") == ["Philharmonic night"]
    assert "Nothing has “philharmnoic” as it is written" in text_of(tree, ".notice")


def test_titles_are_escaped(client: Client) -> None:
    make_event("<script>alert(1)</script>", local="2026-12-04T20:00")
    tree = page(client, "/berlin/?q=%3Cscript%3E")
    assert tree.css_first(".card h3").text() == "<script>alert(1)</script>"
    assert [node.attributes.get("src") for node in tree.css("script")] != []
    assert all("src" in node.attributes for node in tree.css("script"))


def test_the_fragment_has_an_address_of_its_own_and_names_the_pages(client: Client) -> None:
    make_event("Concert", local="2026-12-04T20:00", category="music")
    response = client.get("/berlin/list?category=music&q=&page=1")
    tree = parsed(response)
    assert texts(tree, "#results .card h3") == ["Concert"]
    assert tree.css_first("#said").attributes["hx-swap-oob"] == "innerHTML"  # the live region stays
    assert tree.css_first("main, header, footer") is None
    assert response["HX-Push-Url"] == "/berlin/?category=music"
    assert "HX" not in response.get("Vary", "")
    assert text_of(parsed(client.get("/berlin/?category=music")), "#results") == text_of(tree, "#results")


def test_every_link_of_the_list_has_its_fragment(client: Client) -> None:
    for number in range(60):
        make_event(f"Event {number}", local="2026-12-04T20:00", category="music")
    nodes = page(client, "/berlin/?q=event").css("#results [hx-get]")
    assert len(nodes) > 8
    for node in nodes:
        plain = node.attributes.get("href") or node.attributes["action"]
        form = "more" if node.attributes.get("rel") == "next" else "list"
        assert node.attributes["hx-get"] == plain.replace("/berlin/", f"/berlin/{form}")
        assert form == "more" or node.attributes.get("id") or node.parent.parent.attributes.get("class") == "chosen"


def test_forms_keep_the_other_filters(client: Client) -> None:
    make_city()
    tree = page(client, "/berlin/?from=2026-12-05&to=2026-12-06&category=music&q=jazz")
    kept = [
        {node.attributes["name"]: node.attributes["value"] for node in form.css("input[type=hidden]")}
        for form in tree.css("#results form:not(.subscribe)")
    ]
    assert kept == [
        {"from": "2026-12-05", "to": "2026-12-06", "category": "music"},
        {"category": "music", "q": "jazz"},
    ]
    assert tree.css_first("#q").attributes["value"] == "jazz"
    assert tree.css_first("#to").attributes["value"] == "2026-12-06"


def test_an_unknown_city_is_404_and_one_without_a_page_leads_to_where_its_events_are(client: Client) -> None:
    make_city("potsdam", active=False)
    page(client, "/atlantis/", 404)
    page(client, "/potsdam/list", 404)
    page(client, "/potsdam/calendar.ics", 404)
    response = client.get("/potsdam/")
    assert response.status_code == 302
    assert response["Location"] == "/?q=Potsdam"


def test_a_page_takes_few_queries_and_none_more_for_more_rows(client: Client) -> None:
    city = make_city()
    source = make_source(city=city)

    def queries(url: str) -> int:
        page(client, url)  # what is remembered of the city is the same for all pages
        rendered.MEMORY.clear()
        with CaptureQueriesContext(connection) as captured:
            page(client, url)
        return len(captured)

    def more(count: int) -> None:
        for number in range(count):
            venue = make_venue(f"Venue {Event.objects.count()}")
            make_listing(make_event(f"E {number}", local="2026-12-04T20:00", venue=venue), source=source)
            make_event(f"R {number}", local="2026-12-01T20:00", local_end="2026-12-09T20:00", venue=venue)

    more(3)
    few = queries("/berlin/")
    more(20)
    assert queries("/berlin/") == few <= 9
    assert queries("/berlin/?q=e+2&price=free&category=music") <= 10


class TestConditionalGet:
    def test_the_same_page_is_304_without_reading_events(self, client: Client) -> None:
        make_event("Concert", local="2026-12-04T20:00")
        etag = client.get("/berlin/?category=music&when=tonight")["ETag"]
        with CaptureQueriesContext(connection) as captured:
            # the same search spelled otherwise
            response = client.get("/berlin/?when=tonight&category=music&q=", headers={"If-None-Match": etag})
        assert response.status_code == 304
        assert response["ETag"] == etag
        assert not captured

    def test_a_new_generation_or_night_is_a_new_page(self, client: Client) -> None:
        city = make_city()
        etag = client.get("/berlin/")["ETag"]
        with time_machine.travel("2026-12-05T05:59:00+01:00"):
            assert client.get("/berlin/", headers={"If-None-Match": etag}).status_code == 304
        with time_machine.travel("2026-12-05T06:01:00+01:00"):
            assert client.get("/berlin/", headers={"If-None-Match": etag}).status_code == 200
        bump(city.pk)
        assert client.get("/berlin/", headers={"If-None-Match": etag}).status_code == 200

    def test_another_search_is_another_page(self, client: Client) -> None:
        make_city()
        urls = ("/berlin/", "/berlin/list", "/berlin/?page=2", "/berlin/?when=x", "/berlin/calendar.ics")
        assert len({client.get(url)["ETag"] for url in urls}) == len(urls)


def test_the_calendar_holds_the_search_with_runs_and_without_pages(client: Client) -> None:
    for number in range(60):
        make_event(f"Film {number}", local="2026-12-04T20:00", category="film")
    make_event("Show", local="2026-12-01T10:00", local_end="2026-12-09T18:00", category="film")
    make_event("Concert", local="2026-12-04T20:00", category="music")
    response = client.get("/berlin/calendar.ics?category=film&page=2")
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    text = response.content.decode()
    assert text.count("BEGIN:VEVENT") == 61
    assert "SUMMARY:Concert" not in text
    taken = links(parsed(client.get("/berlin/?category=film")), ".take a")
    assert taken["calendar (.ics)"] == "/berlin/calendar.ics?category=film"


def test_times_are_those_of_the_city(client: Client) -> None:
    city = make_city("los-angeles")
    make_event("Concert", local="2026-12-04T20:00", city=city)
    assert Event.objects.get().starts_at == dt.datetime(2026, 12, 5, 4, tzinfo=dt.UTC)
    tree = page(client, "/los-angeles/")
    assert texts(tree, ".night h2") == ["Tonight Fri 4 Dec"]
    assert text_of(tree, ".clock") == "20:00"


def test_another_order_is_one_list_with_the_day_of_each_event(client: Client) -> None:
    make_event("Dear", local="2026-12-04T20:00", price_min=40, currency="EUR")
    make_event("Cheap", local="2026-12-06T20:00", price_min=5, currency="EUR")
    tree = page(client, "/berlin/?sort=price")
    assert texts(tree, ".sorted h3") == ["Cheap", "Dear"]
    assert texts(tree, ".sorted .aside") == ["Sun 6 Dec", "Fri 4 Dec"]
    assert not tree.css(".night")
    assert links(tree, ".sorts a")["time"] == "/berlin/"
    assert tree.css_first(".sorts a[aria-current]").text() == "cheapest"


def test_runs_can_be_hidden_and_shown_again(client: Client) -> None:
    make_event("Show", local="2026-12-01T10:00", local_end="2026-12-09T18:00")
    hide = links(page(client, "/berlin/"), ".found a")["Hide exhibitions and runs"]
    tree = page(client, hide)
    assert not tree.css(".runs")
    assert links(tree, ".found a")["Show exhibitions and runs"] == "/berlin/"


def test_venues_can_be_chosen_and_left(client: Client) -> None:
    venue = make_venue("Klub Null")
    make_event("Jazz", local="2026-12-04T20:00", venue=venue)
    make_event("Film", local="2026-12-04T20:00")
    chosen = links(page(client, "/berlin/"), ".choices a")["Klub Null 1"]
    tree = page(client, chosen)
    assert texts(tree, ".night h3") == ["Jazz"]
    assert links(tree, ".chosen a")["Remove Klub Null ×"] == "/berlin/"


def test_more_is_the_next_page_below_the_one_before(client: Client) -> None:
    for number in range(103):
        make_event(f"Event {number}", local=f"2026-12-0{4 + number // 80}T20:00")
    first = page(client)
    more = page(client, "/berlin/more?page=2")
    last = page(client, "/berlin/more?page=3")
    # a night that began on the page before goes on under its heading there
    assert texts(more, ".night h2") == ["Tomorrow Sat 5 Dec"]
    assert [node.attributes["aria-labelledby"] for node in more.css(".night")] == [
        "night-2026-12-04",
        "night-2026-12-05",
    ]
    assert texts(last, ".night h2") == []
    shown = [texts(tree, ".card h3") for tree in (first, more, last)]
    assert [len(titles) for titles in shown] == [50, 50, 3]
    assert len({title for titles in shown for title in titles}) == 103
    assert links(more, ".pages a") == {"Later": "/berlin/?page=3"}
    assert links(last, ".pages a") == {}
    assert not page(client, "/berlin/more?page=4").css(".card")
    assert len(page(client, "/berlin/more?sort=new&page=2").css(".sorted .card")) == 50
    page(client, "/atlantis/more", 404)


def test_words_of_a_search_are_marked(client: Client) -> None:
    make_event("Café d’Été & <b>Jazz</b>", local="2026-12-04T20:00", venue=make_venue("Jazzclub"), folded="x jazz dete")
    card = page(client, "/berlin/?q=JAZZ+dete").css_first(".card")
    assert texts(card, "mark") == ["d’Été", "Jazz", "Jazz"]
    assert card.css_first("h3").text() == "Café d’Été & <b>Jazz</b>"
    assert not page(client).css("mark")


def test_nights_asked_for_by_date_can_be_left(client: Client) -> None:
    make_event("Concert", local="2026-12-05T20:00", category="music")
    tree = page(client, "/berlin/?from=2026-12-05&to=2026-12-06&category=music")
    assert links(tree, ".chosen a")["Remove Sat 5 – Sun 6 Dec ×"] == "/berlin/?category=music"


def test_the_best_match_is_an_order_of_a_text(client: Client) -> None:
    make_event("Quiz with the jazz society", local="2026-12-04T20:00")
    make_event("Jazz night", local="2026-12-05T20:00")
    tree = page(client, "/berlin/?q=jazz+night&sort=relevance&when=weekend")
    assert texts(tree, ".sorted h3") == ["Jazz night"]
    tree = page(client, "/berlin/?q=jazz&sort=relevance")
    assert [node.text() for node in tree.css(".sorted h3")] == ["Jazz night", "Quiz with the jazz society"]
    assert links(tree, ".chosen a")["Remove “jazz” ×"] == "/berlin/"
    assert "best match" not in links(page(client), ".sorts a")


def test_the_other_cities_of_the_area_stand_below(client: Client) -> None:
    berlin = make_city()
    make_city("potsdam", area=berlin)
    make_city("munich")
    make_city("spandau", area=berlin, active=False)
    make_event("Concert", local="2026-12-04T20:00")
    assert links(page(client), ".neighbours a") == {"Potsdam": "/potsdam/"}
    assert links(parsed(client.get("/")), ".near a")["Potsdam"] == "/potsdam/"
    assert not page(client, "/berlin/list").css(".neighbours")
