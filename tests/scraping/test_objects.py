import json

import pytest

from events.drafts import Price, Where
from tests.scraping.reading import drafts, reading


def one(item, **options):
    (draft,) = drafts(json.dumps(item), **options)
    return draft


def moment(draft):
    end = draft.when.end and draft.when.end.isoformat(timespec="minutes")
    return draft.when.start.isoformat(timespec="minutes"), end, draft.when.timezone


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (
            {
                "start": {"timezone": "Europe/London", "local": "2026-12-05T20:00:00", "utc": "2026-12-05T20:00:00Z"},
                "end": {"timezone": "Europe/London", "local": "2026-12-05T23:00:00"},
            },
            ("2026-12-05T20:00", "2026-12-05T23:00", "Europe/London"),
        ),
        (
            {"start": {"dateTime": "2026-12-05T20:00:00+01:00", "timeZone": "Europe/Berlin"}},
            ("2026-12-05T20:00", None, "Europe/Berlin"),
        ),
        (
            {"start_at": "2026-12-05T19:00:00.000Z", "end_at": "2026-12-05T22:00:00.000Z", "timezone": "Europe/Berlin"},
            ("2026-12-05T20:00", "2026-12-05T23:00", "Europe/Berlin"),
        ),
        ({"startDate": 1796500800000, "endDate": 1796508000000}, ("2026-12-05T20:00", "2026-12-05T22:00", "UTC")),
        ({"start_datetime": 1796500800}, ("2026-12-05T20:00", None, "UTC")),
        (
            {"start_date": "2026-12-05 20:00:00", "end_date": "2026-12-05 23:00:00", "timezone": "America/Mexico_City"},
            ("2026-12-05T20:00", "2026-12-05T23:00", "America/Mexico_City"),
        ),
        (
            {"start_date": "2026-12-05", "start_time": "20:00", "end_time": "23:00", "end_date": "2026-12-05"},
            ("2026-12-05T20:00", "2026-12-05T23:00", None),
        ),
        (
            {"dates": {"start": {"localDate": "2026-12-05", "localTime": "20:00:00"}, "timezone": "America/Chicago"}},
            ("2026-12-05T20:00", None, "America/Chicago"),
        ),
        ({"date": "2026-12-05", "time": "8:00 PM", "venue": "Blue Note"}, ("2026-12-05T20:00", None, None)),
    ],
)
def test_a_start_is_read_under_the_names_that_programs_give_it(item, expected):
    assert moment(one({"name": "Jazz", **item})) == expected


def test_a_time_that_is_to_be_announced_is_not_known():
    draft = one({"title": "Jazz", "datetime_local": "2026-12-05T03:30:00", "time_tbd": True})
    assert (draft.when.time_known, draft.when.start.isoformat()) == (False, "2026-12-05T00:00:00")
    draft = one({"title": "Jazz", "datetime_local": "2026-12-05T03:30:00", "date_tbd": True})
    assert (draft.when, draft.problems[0].code) == (None, "date.unreadable")


def test_days_are_all_day():
    draft = one(
        {"kind": "calendar#event", "summary": "Fair", "start": {"date": "2026-12-05"}, "end": {"date": "2026-12-07"}}
    )
    assert (draft.when.all_day, draft.when.end.day) == (True, 7)
    draft = one(
        {"title": "Fair", "all_day": True, "start_date": "2026-12-05 00:00:00", "end_date": "2026-12-06 23:59:59"}
    )
    assert (draft.when.all_day, draft.when.end.day) == (True, 7)


PLACE = Where(venue="Blue Note", address="Hauptstr. 1", locality="Berlin", latitude=52.5, longitude=13.4)


@pytest.mark.parametrize(
    "item",
    [
        {"venue": {"name": "Blue Note", "address": "Hauptstr. 1", "city": "Berlin", "lat": "52.5", "lng": "13.4"}},
        {
            "venue": {
                "name": "Blue Note",
                "address": {"address_1": "Hauptstr. 1", "city": "Berlin"},
                "latitude": 52.5,
                "longitude": 13.4,
            }
        },
        {
            "place": {
                "title": "Blue Note",
                "street": "Hauptstr. 1",
                "city": "Berlin",
                "location": {"lat": 52.5, "lon": 13.4},
            }
        },
        {
            "venues": [
                {
                    "name": "Blue Note",
                    "address": "Hauptstr. 1",
                    "city": "Berlin",
                    "location": {"lat": 52.5, "lng": 13.4},
                }
            ]
        },
        {
            "_embedded": {
                "venues": [
                    {
                        "name": "Blue Note",
                        "address": {"line1": "Hauptstr. 1"},
                        "city": {"name": "Berlin"},
                        "location": {"latitude": "52.5", "longitude": "13.4"},
                    }
                ]
            }
        },
        {
            "venue_name": "Blue Note",
            "venue_address": "Hauptstr. 1",
            "venue_city": "Berlin",
            "venue_lat": 52.5,
            "venue_lng": 13.4,
        },
    ],
)
def test_a_place_is_read_under_the_names_that_programs_give_it(item):
    assert one({"name": "Jazz", "start": "2026-12-05T20:00", **item}).where == PLACE


def test_a_place_around_the_events_is_theirs():
    data = {
        "data": {
            "club": {
                "name": "Blue Note",
                "address": "Hauptstr. 1",
                "events": [{"title": "A", "startTime": "2026-12-05T20:00"}],
            }
        }
    }
    assert one(data).where == Where(venue="Blue Note", address="Hauptstr. 1")


@pytest.mark.parametrize(
    ("item", "low", "high", "currency", "free"),
    [
        ({"price": "12.50", "currency": "EUR"}, 12.5, 12.5, "EUR", False),
        ({"cost": "$5 – $10"}, 5, 10, "", False),
        ({"cost": "Free"}, 0, 0, "", True),
        ({"cost": "$50", "cost_details": {"currency_code": "MXN"}}, 50, 50, "MXN", False),
        ({"priceRanges": [{"min": 20, "max": 45.5, "currency": "USD"}]}, 20, 45.5, "USD", False),
        ({"min_price": 0, "max_price": 0}, 0, 0, "", True),
        ({"price": None}, None, None, "", None),
        ({"is_free": False}, None, None, "", None),
    ],
)
def test_a_price_is_read_and_an_unknown_one_stays_unknown(item, low, high, currency, free):
    price = one({"name": "Jazz", "start": "2026-12-05T20:00", **item}).price
    found = [amount if amount is None else float(amount) for amount in (price.minimum, price.maximum)]
    assert (*found, price.currency, price.is_free) == (low, high, currency, free)


def test_free_is_what_says_so():
    assert one({"name": "Jazz", "start": "2026-12-05T20:00", "is_free": True}).price == Price(is_free=True)


@pytest.mark.parametrize(
    ("item", "status"),
    [
        ({"status": "canceled"}, "cancelled"),
        ({"dates": {"status": {"code": "postponed"}}}, "postponed"),
        ({"status": "sold-out"}, "sold_out"),
        ({"is_cancelled": True}, "cancelled"),
        ({"is_cancelled": False, "status": "live"}, "scheduled"),
    ],
)
def test_the_status_is_read(item, status):
    assert one({"name": "Jazz", "start": "2026-12-05T20:00", **item}).status == status


def test_texts_may_be_objects_and_lists():
    draft = one(
        {
            "name": {"text": "Jazz &amp; Blues", "html": "x"},
            "start": "2026-12-05T20:00",
            "description": {"html": "<p>x</p>"},
            "logo": {"original": {"url": "https://cdn.example/a.jpg"}, "url": "https://cdn.example/b.jpg"},
            "id": 17,
            "organizer": {"name": "Club e.V."},
            "artists": [{"name": "A"}, {"name": "B"}],
            "tags": ["Concert", {"name": "Jazz"}],
            "url": "https://venue.example/jazz",
            "slug": "jazz",
        }
    )
    assert (draft.title, draft.external_id, draft.url) == ("Jazz &amp; Blues", "17", "https://venue.example/jazz")
    assert (draft.image_url, draft.organizer, draft.performers) == (
        "https://cdn.example/b.jpg",
        "Club e.V.",
        ("A", "B"),
    )
    assert draft.categories == ("Concert", "Jazz")


def test_a_bare_slug_is_no_address():
    assert one({"name": "Jazz", "start": "2026-12-05T20:00", "url": "jazz-night"}).url == ""


@pytest.mark.parametrize(
    "data",
    [
        {"posts": [{"title": "News", "date": "2026-12-05T20:00:00", "slug": "news"}]},
        {"users": [{"name": "Jane", "created_at": "2026-12-05T20:00:00Z"}]},
        {"title": "Report", "year": 2026, "start": 5},
        {"name": "Jazz", "start": "2026-12-05T20:00", "status": "draft"},
        {"name": "Shift", "start": "20:00", "end": "23:00"},
        {"products": [{"title": "Shirt", "url": "/shirt", "dates": ["2026-12-05", "2026-12-06"]}]},
        {"name": "Chart", "dates": ["2026-12-05", "2026-12-06"], "values": [1, 2]},
        [],
        {},
    ],
)
def test_what_is_no_event_gives_nothing(data):
    assert reading(json.dumps(data)).drafts == ()


def test_activity_streams_are_read():
    activity = {
        "type": "Create",
        "published": "2026-11-01T00:00:00Z",
        "object": {
            "type": "Event",
            "id": "https://social.example/e/1",
            "name": "Jazz",
            "startTime": "2026-12-05T20:00:00+01:00",
            "location": {"type": "Place", "name": "Blue Note", "address": {"addressLocality": "Lyon"}},
        },
    }
    draft = one(activity)
    assert (draft.title, draft.external_id, draft.where) == (
        "Jazz",
        "https://social.example/e/1",
        Where(venue="Blue Note", locality="Lyon"),
    )


def test_a_platform_that_counts_cents_is_read_in_cents():
    dice = {
        "events": [
            {
                "name": "Jazz",
                "perm_name": "abc-jazz",
                "status": "sold-out",
                "price": {"amount": 1575, "currency": "GBP"},
                "dates": {"event_start_date": "2026-12-05T19:30:00Z", "timezone": "Europe/London"},
            }
        ]
    }
    draft = one(dice)
    assert (draft.url, float(draft.price.minimum), draft.status) == (
        "https://dice.fm/event/abc-jazz",
        15.75,
        "sold_out",
    )
    tailor = {
        "data": [
            {
                "object": "event",
                "id": "ev_1",
                "name": "Jazz",
                "currency": "gbp",
                "url": "https://www.tickettailor.com/events/x/1",
                "start": {"iso": "2026-12-05T20:00:00+00:00"},
                "ticket_types": [{"price": 0}, {"price": 850}],
            }
        ]
    }
    price = one(tailor).price
    assert (float(price.minimum), float(price.maximum), price.currency, price.is_free) == (0, 8.5, "GBP", False)
