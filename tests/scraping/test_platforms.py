"""Answers of platforms in their own shapes: what each gives beyond a title and a start."""

import json
from typing import Any

import pytest

from events.drafts import EventDraft, Where
from tests.scraping.reading import drafts, reading


def one(data: Any, format: str) -> EventDraft:
    found = reading(json.dumps(data))
    assert (found.format, found.problems) == (format, ())
    (draft,) = found.drafts
    return draft


def moment(draft: EventDraft) -> str:
    assert draft.when
    return f"{draft.when.start.isoformat(timespec='minutes')} {draft.when.timezone}"


EVENTBRITE = {
    "events": [
        {
            "name": {"text": "Jazz Night", "html": "Jazz Night"},
            "description": {"text": "Three players"},
            "url": "https://www.eventbrite.de/e/jazz-1",
            "start": {"timezone": "Europe/Berlin", "local": "2026-12-05T20:00:00", "utc": "2026-12-05T19:00:00Z"},
            "end": {"timezone": "Europe/Berlin", "local": "2026-12-05T23:00:00", "utc": "2026-12-05T22:00:00Z"},
            "currency": "EUR",
            "status": "live",
            "is_free": False,
            "id": "1",
            "organizer": {"name": "Club e.V."},
            "venue": {"name": "Blue Note", "address": {"address_1": "Hauptstr. 1", "city": "Berlin", "country": "DE"}},
            "resource_uri": "https://www.eventbriteapi.com/v3/events/1/",
        }
    ]
}


def eventbrite(**changes: Any) -> EventDraft:
    return one({"events": [EVENTBRITE["events"][0] | changes]}, "eventbrite")


def money(cents: int) -> dict[str, Any]:
    return {"currency": "EUR", "value": cents, "major_value": f"{cents / 100:.2f}", "display": f"{cents / 100} €"}


def test_the_api_of_eventbrite() -> None:
    draft = eventbrite()
    assert (draft.title, moment(draft), draft.organizer) == (
        "Jazz Night",
        "2026-12-05T20:00 Europe/Berlin",
        "Club e.V.",
    )
    assert draft.where == Where(venue="Blue Note", address="Hauptstr. 1", locality="Berlin", country="DE")
    assert (draft.price.minimum, draft.price.is_free) == (None, None)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"ticket_availability": {"minimum_ticket_price": money(1050), "maximum_ticket_price": money(2000)}},
            (10.5, 20, False),
        ),
        ({"ticket_availability": {"is_free": True, "minimum_ticket_price": money(0)}, "is_free": True}, (0, 0, True)),
        # paid by donation: not free, and nobody knows how much
        ({"ticket_availability": {"is_free": False, "minimum_ticket_price": money(0)}}, (None, None, None)),
        ({"is_free": True}, (None, None, True)),
        ({"ticket_classes": [{"cost": money(1000)}, {"cost": money(1500)}]}, (10, 15, False)),
        ({"ticket_classes": [{"cost": money(1000)}, {"cost": money(1), "hidden": True}]}, (10, 10, False)),
        ({"ticket_classes": [{"free": True}, {"cost": money(1500)}]}, (0, 15, False)),
        ({"ticket_classes": [{"donation": True}]}, (None, None, None)),
    ],
)  # fmt: skip
def test_prices_of_eventbrite(changes: dict[str, Any], expected: tuple[object, ...]) -> None:
    price = eventbrite(**changes).price
    low, high = (None if amount is None else float(amount) for amount in (price.minimum, price.maximum))
    assert (low, high, price.is_free) == expected


def test_what_the_search_of_eventbrite_gives() -> None:
    draft = one(
        {
            "events": {
                "results": [
                    {
                        "_type": "destination_event",
                        "id": "1",
                        "name": "Jazz Night",
                        "summary": "Three players",
                        "start_date": "2026-12-05",
                        "start_time": "20:00",
                        "end_date": "2026-12-05",
                        "end_time": "23:00",
                        "timezone": "Europe/Berlin",
                        "url": "https://www.eventbrite.de/e/jazz-1",
                        "is_online_event": False,
                        "primary_venue": {
                            "name": "Blue Note",
                            "address": {"address_1": "Hauptstr. 1", "city": "Berlin"},
                        },
                        "primary_organizer": {"name": "Club e.V.", "url": "https://www.eventbrite.de/o/1"},
                        "tags": [{"prefix": "EventbriteCategory", "display_name": "Music"}],
                        "ticket_availability": {"is_sold_out": True, "minimum_ticket_price": money(1200)},
                    }
                ]
            }
        },
        "eventbrite",
    )
    assert (moment(draft), draft.status, draft.organizer) == ("2026-12-05T20:00 Europe/Berlin", "sold_out", "Club e.V.")
    assert (draft.where.venue, draft.where.locality, draft.categories[0]) == ("Blue Note", "Berlin", "Music")
    assert (draft.price.minimum, draft.price.currency) == (12, "EUR")


def test_the_api_of_meetup() -> None:
    item = {
        "id": "1",
        "name": "Jazz talk",
        "time": 1796500800000,
        "duration": 7200000,
        "utc_offset": 3600000,
        "status": "upcoming",
        "event_url": "https://www.meetup.com/jazz/events/1/",
        "group": {"name": "Jazz Berlin", "urlname": "jazz"},
        "venue": {"name": "Blue Note", "address_1": "Hauptstr. 1", "city": "Berlin", "lat": 52.5, "lon": 13.4},
        "fee": {"amount": 5, "currency": "EUR", "accepts": "cash"},
    }
    draft = one([item], "meetup")
    assert draft.when
    assert (moment(draft), draft.when.end and draft.when.end.hour) == ("2026-12-05T20:00 UTC", 22)
    assert (draft.organizer, draft.price.minimum, draft.where.latitude) == ("Jazz Berlin", 5, 52.5)
    assert draft.url == "https://www.meetup.com/jazz/events/1/"
    free = one([{**item, "fee": None}], "meetup")
    assert (free.price.minimum, free.price.is_free) == (None, None)


def test_the_club_of_resident_advisor() -> None:
    event = {
        "id": "1",
        "title": "[CANCELLED] Techno",
        "startTime": "2026-12-05T23:00:00.000",
        "endTime": "2026-12-06T06:00:00.000",
        "contentUrl": "/events/1",
    }
    data = {
        "data": {"venue": {"id": "9", "name": "Blue Note", "address": "Hauptstr. 1, 10997 Berlin", "events": [event]}}
    }
    draft = one(data, "objects")
    assert (moment(draft), draft.url) == ("2026-12-05T23:00 None", "/events/1")
    assert draft.where == Where(venue="Blue Note", address="Hauptstr. 1, 10997 Berlin", locality="Berlin")


def test_the_json_of_squarespace() -> None:
    item = {
        "id": "1",
        "recordType": 12,
        "title": "Jazz Night",
        "fullUrl": "/events/jazz",
        "startDate": 1796500800123,
        "endDate": 1796508000123,
        "assetUrl": "https://static1.squarespace.com/a.jpg",
        "location": {
            "mapLat": 40.7207559,
            "mapLng": -74.0007613,
            "addressTitle": "Blue Note",
            "addressLine1": "21 Park Street",
            "addressLine2": "Montclair, NJ, 07042",
            "addressCountry": "United States",
        },
    }
    draft = one({"upcoming": [item], "past": []}, "objects")
    assert (moment(draft), draft.url, draft.where.venue) == ("2026-12-05T20:00 UTC", "/events/jazz", "Blue Note")
    assert (draft.where.locality, draft.where.region) == ("Montclair", "NJ")
    # where no address is given, the map shows New York: that is the program's and not the event's
    nowhere = one({"upcoming": [{**item, "location": {"mapLat": 40.7207559, "mapLng": -74.0007613}}]}, "objects")
    assert nowhere.where == Where()


def test_the_events_calendar() -> None:
    item = {
        "id": 7,
        "title": "Jazz &#8211; live",
        "url": "https://venue.example/event/jazz/",
        "all_day": False,
        "start_date": "2026-12-05 20:00:00",
        "end_date": "2026-12-05 23:00:00",
        "timezone": "Europe/Berlin",
        "cost": "12€",
        "cost_details": {"currency_symbol": "€", "currency_code": "EUR", "values": ["12"]},
        "image": {"url": "https://venue.example/a.jpg"},
        "categories": [{"name": "Concert", "slug": "concert"}],
        "venue": {"venue": "Blue Note", "address": "Hauptstr. 1", "city": "Berlin", "country": "Germany"},
        "organizer": [{"organizer": "Club e.V."}],
    }
    draft = one({"events": [item], "total": 1}, "objects")
    assert (moment(draft), draft.price.minimum, draft.price.currency) == ("2026-12-05T20:00 Europe/Berlin", 12, "EUR")
    assert (draft.where.venue, draft.where.locality) == ("Blue Note", "Berlin")
    assert one({"events": [{**item, "venue": []}]}, "objects").where == Where()


def test_gancio_and_mobilizon() -> None:
    gancio = {
        "id": 1,
        "title": "Jazz Night",
        "slug": "jazz-night",
        "start_datetime": 1796500800,
        "end_datetime": 1796508000,
        "tags": ["jazz"],
        "place": {"id": 2, "name": "Blue Note", "address": "Hauptstr. 1, Berlin"},
    }
    draft = one([gancio], "objects")
    assert (moment(draft), draft.where.venue) == ("2026-12-05T20:00 UTC", "Blue Note")
    activity = {
        "@context": ["https://www.w3.org/ns/activitystreams"],
        "type": "Create",
        "actor": "https://social.example/@club",
        "object": {
            "type": "Event",
            "id": "https://social.example/events/1",
            "name": "Jazz Night",
            "startTime": "2026-12-05T20:00:00+01:00",
            "url": "https://social.example/events/1",
            "location": {
                "type": "Place",
                "name": "Blue Note",
                "address": {"type": "PostalAddress", "streetAddress": "Hauptstr. 1", "addressLocality": "Berlin"},
            },
        },
    }
    draft = one(activity, "objects")
    assert (draft.where.venue, draft.where.locality) == ("Blue Note", "Berlin")


def test_seatgeek() -> None:
    item = {
        "id": 1,
        "title": "Lions at Bears",
        "type": "nfl",
        "datetime_utc": "2026-12-05T19:00:00",
        "datetime_local": "2026-12-05T14:00:00",
        "time_tbd": False,
        "date_tbd": False,
        "url": "https://seatgeek.com/lions/1",
        "venue": {
            "name": "Stadium",
            "address": "1 Main St",
            "city": "Boston",
            "state": "MA",
            "country": "US",
            "timezone": "America/New_York",
            "location": {"lat": 42.3, "lon": -71.0},
        },
        "stats": {"lowest_price": 50},
        "taxonomies": [{"name": "sports"}],
    }
    draft = one({"events": [item]}, "objects")
    assert (moment(draft), draft.where.locality) == ("2026-12-05T14:00 America/New_York", "Boston")
    assert (draft.where.latitude, draft.categories) == (42.3, ("nfl", "sports"))


def test_meetings_of_a_city() -> None:
    meeting = {
        "EventId": 1,
        "EventBodyName": "Board of Commissioners",
        "EventDate": "2026-12-05T00:00:00",
        "EventTime": "3:30 PM",
        "EventLocation": "Board Room",
        "EventInSiteURL": "https://city.legistar.com/1",
    }
    draft = one([meeting], "objects")
    assert (draft.title, draft.where.venue, draft.url) == (
        "Board of Commissioners",
        "Board Room",
        "https://city.legistar.com/1",
    )
    assert moment(draft) == "2026-12-05T15:30 None"


@pytest.mark.parametrize(
    "dates",
    [
        {
            "event_dates": [
                {"id": 1, "date": "2026-12-05T20:00:00+01:00"},
                {"id": 2, "date": "2026-12-06T20:00:00+01:00"},
            ]
        },
        {"sessions": [{"start": "2026-12-05T20:00:00+01:00"}, {"start": "2026-12-06T20:00:00+01:00"}]},
        {"dates": ["2026-12-05T20:00:00+01:00", "2026-12-06T20:00:00+01:00"]},
    ],
)
def test_an_event_that_lists_its_dates_is_there_on_each(dates: dict[str, Any]) -> None:
    item = {"title": "Hamlet", "link": "https://venue.example/hamlet", "venue": {"name": "Globe"}, **dates}
    found = drafts(json.dumps([item]))
    assert [moment(draft) for draft in found] == ["2026-12-05T19:00 UTC", "2026-12-06T19:00 UTC"]
    assert {(draft.title, draft.url, draft.where.venue) for draft in found} == {
        ("Hamlet", "https://venue.example/hamlet", "Globe")
    }
    assert drafts(json.dumps([{**item, "active": False}])) == ()


def test_a_time_that_stands_in_a_list_of_one_is_found() -> None:
    item = {
        "title": "Walk",
        "location": "Park",
        "date": "2026-12-05",
        "times": [{"timeStart": "9:00 PM", "timeEnd": "1:00 AM"}],
    }
    draft = one([item], "objects")
    assert draft.when
    assert (draft.when.start.isoformat(), str(draft.when.end)) == ("2026-12-05T21:00:00", "2026-12-06 01:00:00")


@pytest.mark.parametrize(
    "item",
    [
        {
            "subject": "Jazz",
            "start": {"dateTime": "2026-12-05T20:00:00.0000000", "timeZone": "W. Europe Standard Time"},
            "location": {"displayName": "Blue Note"},
            "isAllDay": False,
        },
        {
            "title": "Jazz",
            "location_name": "Blue Note",
            "event_instances": [{"event_instance": {"start": "2026-12-05T20:00:00+01:00", "all_day": False}}],
            "localist_url": "https://calendar.example/jazz",
        },
        {"title": {"rendered": "Jazz"}, "acf": {"event_date": "20261205", "event_time": "8pm", "venue": "Blue Note"}},
        {
            "title": {"fr": "Jazz"},
            "timings": [{"begin": "2026-12-05T20:00:00+01:00"}],
            "location": {"name": "Blue Note"},
        },
        {
            "displayName": "Jazz",
            "start": {"date": "2026-12-05", "time": "20:00:00"},
            "venue": {"displayName": "Blue Note"},
        },
        {"name": "Jazz", "startDate": "/Date(1796497200000)/", "venueName": "Blue Note"},
        {"title": "Jazz", "event_start_stamp": 1796497200, "venue_name": "Blue Note"},
        {
            "name": "Jazz",
            "start_at": "2026-12-05T19:00:00.000Z",
            "timezone": "Europe/Berlin",
            "geo_address_info": {"address": "Blue Note", "full_address": "Blue Note, Hauptstr. 1, 10997 Berlin"},
        },
    ],
)
def test_other_interfaces_are_read_by_the_same_names(item: dict[str, Any]) -> None:
    draft = one({"results": [item]}, "objects")
    assert draft.when
    hour = draft.when.start.hour + (1 if draft.when.timezone == "UTC" else 0)
    assert (draft.title, draft.where.venue, draft.when.start.day, hour) == ("Jazz", "Blue Note", 5, 20)


def test_what_is_said_of_an_event_in_parts_is_put_together() -> None:
    item = {
        "name": "Jazz",
        "start": "2026-12-05T20:00",
        "address_name": "Blue Note",
        "address_street": "Hauptstr. 1",
        "address_city": "Berlin",
        "pricing": {"minimumPrice": 10, "maximumPrice": 20},
        "currency": "EUR",
        "classifications": [{"segment": {"name": "Music"}, "genre": {"name": "Jazz"}}],
        "_embedded": {"attractions": [{"name": "Ada Blum"}]},
        "coordinate": {"latitude": 52.5, "longitude": 13.4},
    }
    draft = one([item], "objects")
    assert draft.where == Where(
        venue="Blue Note", address="Hauptstr. 1", locality="Berlin", latitude=52.5, longitude=13.4
    )
    assert (draft.price.minimum, draft.price.maximum, draft.categories, draft.performers) == (
        10,
        20,
        ("Music",),
        ("Ada Blum",),
    )
