import json

import pytest

from events.drafts import Price, Where
from scraping.lenient import loads
from tests.scraping.reading import drafts, reading, starts

EVENT = {
    "@context": "https://schema.org",
    "@type": "MusicEvent",
    "name": "Jazz Night",
    "startDate": "2026-12-05T20:00:00+01:00",
    "endDate": "2026-12-05T23:00:00+01:00",
    "url": "/jazz",
    "location": {
        "@type": "Place",
        "name": "Blue Note",
        "address": {
            "@type": "PostalAddress",
            "streetAddress": "Hauptstr. 1",
            "postalCode": "10997",
            "addressLocality": "Berlin",
            "addressCountry": {"@type": "Country", "name": "DE"},
        },
        "geo": {"latitude": "52.5", "longitude": 13.4},
    },
    "offers": [{"@type": "Offer", "price": "15.00", "priceCurrency": "EUR"}, {"@type": "Offer", "price": 25}],
    "organizer": {"@type": "Organization", "name": "Jazz e.V."},
    "performer": [{"@type": "PerformingGroup", "name": "The Trio"}, "Miles"],
    "image": [{"@type": "ImageObject", "url": "https://cdn.example/jazz.jpg"}],
    "description": "Three players.",
    "eventStatus": "https://schema.org/EventScheduled",
}


def page(*blocks, lang="en", type="application/ld+json"):
    scripts = "".join(
        f'<script type="{type}">{block if isinstance(block, str) else json.dumps(block)}</script>' for block in blocks
    )
    return f'<!doctype html><html lang="{lang}"><head>{scripts}</head><body><h1>Program</h1></body></html>'


def one(html, **options):
    (draft,) = drafts(html, **options)
    return draft


def event(**changes):
    return {**EVENT, **changes}


def test_an_event_is_read_with_all_that_it_states():
    draft = one(page(EVENT))
    assert draft.title == "Jazz Night"
    assert (draft.when.start.isoformat(), draft.when.end.isoformat(), draft.when.timezone) == (
        "2026-12-05T19:00:00", "2026-12-05T22:00:00", "UTC",
    )  # fmt: skip
    assert draft.where == Where(
        venue="Blue Note", address="Hauptstr. 1", locality="Berlin", country="DE", latitude=52.5, longitude=13.4
    )
    assert (draft.price.minimum, draft.price.maximum, draft.price.currency, draft.price.is_free) == (
        15,
        25,
        "EUR",
        False,
    )
    assert (draft.organizer, draft.performers) == ("Jazz e.V.", ("The Trio", "Miles"))
    assert (draft.url, draft.image_url) == ("/jazz", "https://cdn.example/jazz.jpg")
    assert draft.description == "Three players."
    assert "MusicEvent" in draft.categories


@pytest.mark.parametrize(
    "block",
    [
        '{"@type": "Event", "name": "Jazz\nNight", "startDate": "2026-12-05T20:00",}',
        '{"@type": "Event", "name": "Jazz Night", "startDate": "2026-12-05T20:00", "offers": [{"price": 5,},],}',
        '<!-- {"@type": "Event", "name": "Jazz Night", "startDate": "2026-12-05T20:00"} -->',
        '{"@type": "Event", "name": "Jazz Night",,"startDate": "2026-12-05T20:00", , "offers": []}',
        '//<![CDATA[\n{"@type": "Event", "name": "Jazz Night", "startDate": "2026-12-05T20:00"}\n//]]>',
        '/* plugin */ {"@type": "Event", // what it is\n "name": "Jazz Night", "startDate": "2026-12-05T20:00"};',
        '{"@type": "Event" "name": "Jazz Night" "startDate": "2026-12-05T20:00"}',
        "{'@type': 'Event', 'name': 'Jazz Night', 'startDate': '2026-12-05T20:00'}",
        '{"@type": "Event", "description": "The "best" night", "name": "Jazz Night", "startDate": "2026-12-05T20:00"}',
        '{"@type": "Event", "description": "C:\\x \\d", "name": "Jazz Night", "startDate": "2026-12-05T20:00"}',
        '{"@type": "Event", "name": "Jazz Night", "startDate": "2026-12-05T20:00"}'.replace('"', "&quot;"),
        '{"@type": "Event", "name": "Jazz Night", "startDate": "2026-12-05T20:00", "description": "cut he',
        '{"@type": "Event", "name": "Jazz Night", "startDate": "2026-12-05T20:00"}{"@type": "WebSite"}',
    ],
)  # fmt: skip
def test_json_with_the_usual_faults_is_read(block):
    found = drafts(page(block))
    assert starts(found) == ["2026-12-05T20:00"]
    assert found[0].title.split() == ["Jazz", "Night"]


@pytest.mark.parametrize(
    "block",
    [
        '{"@type": "Event", "name": "Jazz Night";;;"startDate": "2026-12-05T20:00"}',
        '{"@type": "Event", "name": "Jazz Night" - "startDate": "2026-12-05T20:00"}',
        '{"@type": "Event", "name": Jazz Night, "startDate": "2026-12-05T20:00"}',
        '{"@type": "Event", "startDate": "2026-12-05T20:00", "name": "Jazz Night, "url": "/jazz"}',
    ],
)  # fmt: skip
def test_what_only_a_guess_could_repair_is_a_problem(block):
    found = reading(page(block))
    assert found.drafts == ()
    assert [problem.code for problem in found.problems] == ["jsonld.unreadable"]


def test_what_is_no_json_at_all_is_a_problem_and_costs_only_itself():
    found = reading(page("Event: see below", EVENT))
    assert [draft.title for draft in found.drafts] == ["Jazz Night"]
    assert [problem.code for problem in found.problems] == ["jsonld.unreadable"]


@pytest.mark.parametrize(
    "wrapped",
    [
        [EVENT],
        {"@graph": [{"@type": "WebPage", "name": "Program"}, EVENT]},
        {"@type": "ItemList", "itemListElement": [{"@type": "ListItem", "position": 1, "item": EVENT}]},
        {"@type": "WebPage", "mainEntity": EVENT},
        {"@type": "Place", "name": "Blue Note", "event": [EVENT]},
        {"@type": "MusicGroup", "events": EVENT},
        event(**{"@type": ["Event", "https://schema.org/MusicEvent"]}),
        event(**{"@type": "http://schema.org/MusicEvent"}),
        event(name=["Jazz Night"], startDate=["2026-12-05T20:00:00+01:00"], endDate=["2026-12-05T23:00:00+01:00"]),
        event(name={"@language": "en", "@value": "Jazz Night"}),
    ],
)
def test_an_event_is_found_wherever_sites_put_it(wrapped):
    found = drafts(page(wrapped))
    assert [draft.title for draft in found] == ["Jazz Night"]
    assert starts(found) == ["2026-12-05T19:00"]


def test_the_same_block_twice_is_one_event():
    assert len(drafts(page(EVENT, EVENT))) == 1


@pytest.mark.parametrize(
    "item",
    [
        {"@type": "Person", "name": "Jane"},
        {"@type": "PublicationEvent", "startDate": "2026-12-05"},
        {"@type": "Product", "releaseDate": "2026-12-05"},
        {},
        [],
        "text",
        None,
    ],
)
def test_what_is_no_event_gives_nothing(item):
    assert drafts(page(item)) == ()


def test_a_page_without_markup_gives_nothing():
    found = reading("<html><body><h2>5 December 2026, 20:00: Jazz</h2></body></html>")
    assert (found.drafts, found.problems, found.format) == ((), (), "html")


def test_lists_of_dates_are_events_of_one_series():
    found = drafts(page(event(
        **{"@id": "x"},
        startDate=["28/12/2026 9:30:00 μμ", "5/1/2027 9:30:00 μμ"],
        endDate=["29/12/2026 12:30:00 πμ", "6/1/2027 12:30:00 πμ"],
    ), lang="el"), timezone="Europe/Athens")  # fmt: skip
    assert starts(found) == ["2026-12-28T21:30", "2027-01-05T21:30"]
    assert [draft.when.end.isoformat() for draft in found] == ["2026-12-29T00:30:00", "2027-01-06T00:30:00"]
    assert [(draft.series_key, draft.instance) for draft in found] == [("x", "2026-12-28"), ("x", "2027-01-05")]


def test_an_ambiguous_date_is_read_by_the_place_of_the_source():
    html = page(event(startDate="5/12/2026 20:00", endDate=None))
    assert starts(drafts(html, timezone="Europe/Berlin")) == ["2026-12-05T20:00"]
    assert starts(drafts(html, start="2026-05-01", timezone="America/New_York")) == ["2026-05-12T20:00"]
    (unsure,) = drafts(html, timezone="UTC")
    assert unsure.when is None
    assert [problem.code for problem in unsure.problems] == ["date.unreadable"]


@pytest.mark.parametrize("said", ["soon", "", None, "2026-99-99", "0000-00-00"])
def test_an_unreadable_date_is_none_and_says_so(said):
    draft = one(page(event(startDate=said)))
    assert draft.when is None
    assert draft.problems[0].code == "date.unreadable"


def test_a_day_without_a_time_has_no_known_time():
    draft = one(page(event(startDate="2026-12-05", endDate="2026-12-20")))
    assert (draft.when.time_known, draft.when.all_day, draft.when.timezone) == (False, False, None)
    assert draft.when.end.isoformat() == "2026-12-21T00:00:00"


def test_a_local_time_has_no_zone_and_a_duration_gives_the_end():
    draft = one(page(event(startDate="2026-12-05T20:00", endDate=None, duration="PT2H")))
    assert (draft.when.timezone, draft.when.end.isoformat()) == (None, "2026-12-05T22:00:00")


def test_a_time_that_stands_apart_is_found():
    draft = one(page(event(startDate="2026-12-05", startTime="20:00", endDate="2026-12-05", endTime="23:00")))
    assert (draft.when.start.hour, draft.when.end.hour, draft.when.time_known) == (20, 23, True)


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"eventStatus": "https://schema.org/EventCancelled"}, "cancelled"),
        ({"eventStatus": "EventPostponed"}, "postponed"),
        ({"eventStatus": {"@id": "http://schema.org/EventCancelled"}}, "cancelled"),
        ({"eventStatus": "EventRescheduled"}, "scheduled"),
        ({"offers": {"price": 5, "availability": "https://schema.org/SoldOut"}}, "sold_out"),
        ({"offers": [{"availability": "SoldOut"}, {"availability": "InStock"}]}, "scheduled"),
    ],
)
def test_the_status_is_read(changes, status):
    assert one(page(event(**changes))).status == status


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("Blue Note", Where(venue="Blue Note")),
        ("Blue Note, Hauptstr. 1, 10997 Berlin",
         Where(venue="Blue Note", address="Hauptstr. 1, 10997 Berlin", locality="Berlin")),
        ({"@type": "Place", "name": "Blue Note", "address": "Hauptstr. 1, 10997 Berlin"},
         Where(venue="Blue Note", address="Hauptstr. 1, 10997 Berlin", locality="Berlin")),
        ({"@type": "PostalAddress", "name": "Blue Note", "streetAddress": "1 Main St", "addressLocality": "Portland",
          "addressRegion": "OR"}, Where(venue="Blue Note", address="1 Main St", locality="Portland", region="OR")),
        ({"@type": "VirtualLocation", "url": "https://zoom.us/j/1"}, Where(online=True)),
        ([{"@type": "VirtualLocation", "url": "https://zoom.us/j/1"}, {"@type": "Place", "name": "Blue Note"}],
         Where(venue="Blue Note")),
        ([{"@type": "Place", "name": "Blue Note"}], Where(venue="Blue Note")),
        ("Online", Where(venue="Online", online=True)),
        (None, Where()),
        ([], Where()),
        (7, Where()),
    ],
)  # fmt: skip
def test_a_place_is_read_in_each_of_its_forms(location, expected):
    assert one(page(event(location=location))).where == expected


def test_the_attendance_mode_says_that_it_is_online():
    draft = one(page(event(eventAttendanceMode="https://schema.org/MixedEventAttendanceMode")))
    assert (draft.where.venue, draft.where.online) == ("Blue Note", True)


@pytest.mark.parametrize(
    ("offers", "low", "high", "currency", "free"),
    [
        (
            {"@type": "AggregateOffer", "lowPrice": "10", "highPrice": "25.50", "priceCurrency": "EUR"},
            10,
            25.5,
            "EUR",
            False,
        ),
        ({"price": "0", "priceCurrency": "USD"}, 0, 0, "USD", True),
        ({"price": "12,50 €"}, 12.5, 12.5, "EUR", False),
        ({"price": "10-15", "priceCurrency": "GBP"}, 10, 15, "GBP", False),
        ({"priceSpecification": {"price": 8, "priceCurrency": "EUR"}}, 8, 8, "EUR", False),
        ({"@type": "AggregateOffer", "offers": [{"price": 5}, {"price": 9}]}, 5, 9, "", False),
        ([{"price": "TBA"}], None, None, "", None),
        ({"url": "https://tickets.example/"}, None, None, "", None),
        (None, None, None, "", None),
    ],
)
def test_offers_become_one_range(offers, low, high, currency, free):
    price = one(page(event(offers=offers))).price
    found = [amount if amount is None else float(amount) for amount in (price.minimum, price.maximum)]
    assert (*found, price.currency, price.is_free) == (low, high, currency, free)


def test_free_is_what_says_so():
    assert one(page(event(offers=None, isAccessibleForFree=True))).price == Price(is_free=True)
    assert one(page(event(offers=None, isAccessibleForFree=False))).price == Price()


def test_parts_of_a_festival_point_to_it():
    festival = event(
        **{"@id": "fest", "@type": "Festival", "name": "Fest", "subEvent": [event(name="One"), event(name="Two")]}
    )
    found = {draft.title: draft.part_of_key for draft in drafts(page(festival))}
    assert found == {"Fest": "", "One": "fest", "Two": "fest"}
    alone = event(superEvent={"@type": "Festival", "@id": "fest", "name": "Fest", "startDate": "2026-12-01"})
    assert one(page(alone)).part_of_key == "fest"


def test_a_series_is_its_dates():
    series = {"@type": "EventSeries", "name": "Jazz Nights", "startDate": "2026-01-01", "subEvent": [EVENT]}
    assert [draft.title for draft in drafts(page(series))] == ["Jazz Night"]


def test_a_schedule_gives_the_dates_of_the_window():
    schedule = {
        "@type": "Schedule",
        "startDate": "2026-01-02",
        "startTime": "20:00",
        "endTime": "01:00",
        "repeatFrequency": "P1W",
        "byDay": "https://schema.org/Friday",
        "exceptDate": "2026-12-11",
        "endDate": "2026-12-20",
    }
    found = drafts(page(event(startDate=None, endDate=None, eventSchedule=schedule)))
    assert starts(found) == ["2026-12-04T20:00", "2026-12-18T20:00"]
    assert found[0].when.end.isoformat() == "2026-12-05T01:00:00"


def test_a_file_of_json_ld_is_read_too():
    found = reading(json.dumps({"@context": "https://schema.org", "@graph": [EVENT]}))
    assert (found.format, [draft.title for draft in found.drafts]) == ("jsonld", ["Jazz Night"])


def test_what_nests_without_end_is_no_json():
    with pytest.raises(ValueError):
        loads("[" * 100_000)
    assert drafts(page("[" * 100_000 + '{"@type":"Event"}')) == ()
