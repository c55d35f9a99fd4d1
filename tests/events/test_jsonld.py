import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest

from events.jsonld import event_data, event_script
from tests.factories import make_city, make_event, make_venue

pytestmark = pytest.mark.django_db


def data(**columns: Any) -> dict[str, Any]:
    return event_data(make_event(**columns))


def test_an_event_has_what_search_engines_require_and_recommend() -> None:
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


def test_no_text_can_end_the_script_element() -> None:
    event = make_event("</script><!-- & \u2028", description="<script>")
    script = event_script(event)
    assert not {"<", ">", "&"} & set(script)
    assert json.loads(script) == event_data(event)
