import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest

from events.jsonld import breadcrumbs, event_data, script_text
from events.models import EventChange, Image
from tests.factories import make_city, make_event, make_venue

pytestmark = pytest.mark.django_db


def data(**columns: Any) -> dict[str, Any]:
    return event_data(make_event(**columns))


# What Google's guide for events names (developers.google.com/search/docs/appearance/structured-data/event), and the
# places where it stands. Left out on purpose, because nobody tells us: offers.validFrom, organizer.url.
REQUIRED = ("name", "startDate", "location.name", "location.address")
RECOMMENDED = (
    "description",
    "endDate",
    "eventStatus",
    "image",
    "location.address.streetAddress",
    "location.address.addressLocality",
    "location.address.addressRegion",
    "location.address.addressCountry",
    "offers.availability",
    "offers.price",
    "offers.priceCurrency",
    "offers.url",
    "organizer.name",
    "performer.name",
    "previousStartDate",
)


def value(told: Any, path: str) -> Any:
    for name in path.split("."):
        told = (told[0] if isinstance(told, list) else told).get(name)
    return told


def test_it_has_all_that_google_requires_and_recommends() -> None:
    city = make_city("los-angeles")
    image = Image.objects.create(hash="a" * 64, width=1600, height=900, bytes=9)
    event = make_event(
        city=city,
        venue=make_venue(city=city, address="Main St 1"),
        local_end="2026-12-05T23:00",
        description="Text",
        image=image,
        price_min=Decimal(12),
        currency="USD",
        status="sold_out",
        url="https://tickets.example/1",
        organizer="Club",
        performers=["Trio"],
    )
    moved = EventChange(event=event, sequence=1, before={"starts_at": "2026-12-04T04:00:00+00:00"}, after={})
    told = event_data(event, [moved])
    assert [path for path in (*REQUIRED, *RECOMMENDED) if not value(told, path)] == []
    # of the least that an event can be, all that is required is there
    assert [path for path in REQUIRED if not value(data(time_known=False), path)] == []
    assert told["image"][0].startswith("http")


def test_an_event_is_told_as_it_is() -> None:
    venue = make_venue("Klub Null", address="Warschauer Str. 10")
    told = data(
        title="Concert",
        local="2026-12-06T01:00",
        local_end="2026-12-06T04:00",
        venue=venue,
        price_min=Decimal("12.00"),
        price_max=Decimal(18),
        currency="EUR",
        url="https://tickets.example/1",
        performers=["Trio"],
        organizer="Verein",
        description="Text",
    )
    assert told["@type"] == "Event"
    assert told["name"] == "Concert"
    # the true date, not the night's
    assert (told["startDate"], told["endDate"]) == ("2026-12-06T01:00+01:00", "2026-12-06T04:00+01:00")
    assert told["location"]["name"] == "Klub Null"
    assert told["location"]["address"] == {
        "@type": "PostalAddress",
        "streetAddress": "Warschauer Str. 10",
        "addressLocality": "Berlin",
        "addressCountry": "DE",
    }
    assert told["offers"] == {
        "@type": "Offer",
        "url": "https://tickets.example/1",
        "price": "12.00",
        "priceCurrency": "EUR",
    }
    assert told["performer"][0]["name"] == "Trio"
    assert told["organizer"]["name"] == "Verein"


def test_nothing_is_said_of_what_is_not_known() -> None:
    told = data(local="2026-12-05T00:00", time_known=False)
    assert told["startDate"] == "2026-12-05"
    assert not {"endDate", "offers", "isAccessibleForFree", "description", "organizer"} & told.keys()
    # a price without its currency is none
    assert "offers" not in data(price_min=Decimal(12))


def test_days_end_on_their_last_day() -> None:
    told = data(local="2026-12-05T00:00", local_end="2026-12-08T00:00", all_day=True, night=dt.date(2026, 12, 5))
    assert (told["startDate"], told["endDate"]) == ("2026-12-05", "2026-12-07")


@pytest.mark.parametrize(
    ("status", "written"),
    [("cancelled", "EventCancelled"), ("postponed", "EventPostponed"), ("sold_out", "EventScheduled")],
)
def test_status_is_written_in_the_words_of_the_vocabulary(status: str, written: str) -> None:
    told = data(status=status)
    assert told["eventStatus"] == f"https://schema.org/{written}"
    sold_out = told.get("offers", {}).get("availability") == "https://schema.org/SoldOut"
    assert sold_out == (status == "sold_out")


def test_free_is_an_offer_of_nothing_and_online_has_no_place() -> None:
    told = data(is_free=True, online=True, city=make_city("los-angeles"))
    assert told["isAccessibleForFree"] is True
    assert (told["offers"]["price"], told["offers"]["priceCurrency"]) == ("0", "USD")
    assert told["location"]["@type"] == "VirtualLocation"
    assert told["eventAttendanceMode"].endswith("OnlineEventAttendanceMode")


def test_what_takes_place_here_and_online_has_both_places() -> None:
    told = data(online=True, venue=make_venue(), url="https://stream.example/1")
    assert told["eventAttendanceMode"] == "https://schema.org/MixedEventAttendanceMode"
    assert [place["@type"] for place in told["location"]] == ["Place", "VirtualLocation"]
    assert told["location"][1]["url"] == "https://stream.example/1"


@pytest.mark.parametrize(
    ("columns", "before", "written"),
    [
        ({}, {"starts_at": "2026-12-04T19:00:00+00:00"}, ("EventRescheduled", "2026-12-04T20:00+01:00")),
        ({}, {"venue": "Kino"}, ("EventScheduled", None)),
        # the time became known: the day is the same
        ({}, {"starts_at": "2026-12-04T23:00:00+00:00", "time_known": False}, ("EventScheduled", None)),
        ({}, {"starts_at": "2026-12-03T23:00:00+00:00", "time_known": False}, ("EventRescheduled", "2026-12-04")),
        ({"status": "cancelled"}, {"starts_at": "2026-12-04T19:00:00+00:00"}, ("EventCancelled", None)),
        (
            {"status": "sold_out"},
            {"starts_at": "2026-12-04T19:00:00+00:00"},
            ("EventRescheduled", "2026-12-04T20:00+01:00")),
    ],
)  # fmt: skip
def test_what_was_moved_says_from_when(columns: Any, before: Any, written: tuple[str, str | None]) -> None:
    event = make_event(local="2026-12-05T20:00", **columns)
    told = event_data(event, [EventChange(event=event, sequence=1, before=before, after={})])
    status = told["eventStatus"].removeprefix("https://schema.org/")
    assert (status, told.get("previousStartDate")) == written


def test_the_last_move_counts_and_coming_back_is_none() -> None:
    event = make_event(local="2026-12-05T20:00")
    starts = ("2026-12-05T19:00:00+00:00", "2026-12-09T19:00:00+00:00")
    rows = [EventChange(event=event, sequence=n, before={"starts_at": at}, after={}) for n, at in enumerate(starts)]
    assert event_data(event, rows)["previousStartDate"] == "2026-12-09T20:00+01:00"
    assert "previousStartDate" not in event_data(event, rows[:1])


def test_the_way_to_a_page_is_told_in_steps() -> None:
    told = breadcrumbs(make_city(), "Klub Null", "/berlin/venues/klub-null-1/")
    assert told["@type"] == "BreadcrumbList"
    assert [(one["position"], one["name"], one["item"]) for one in told["itemListElement"]] == [
        (1, "Nocturne", "http://127.0.0.1:8000/"),
        (2, "Berlin", "http://127.0.0.1:8000/berlin/"),
        (3, "Klub Null", "http://127.0.0.1:8000/berlin/venues/klub-null-1/"),
    ]


def test_no_text_can_end_the_script_element() -> None:
    event = make_event("</script><!-- & \u2028", description="<script>")
    script = script_text(event_data(event))
    assert not {"<", ">", "&"} & set(script)
    assert json.loads(script) == event_data(event)
