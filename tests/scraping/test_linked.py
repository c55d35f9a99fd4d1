"""JSON-LD whose events say only together with the rest of the page what they mean."""

import json
from typing import Any

import pytest

from events.drafts import EventDraft, Where
from tests.scraping.reading import drafts, starts

START = "2026-12-05T20:00"
BLUE_NOTE = {
    "@type": "MusicVenue",
    "name": "Blue Note",
    "address": {"@type": "PostalAddress", "streetAddress": "Hauptstr. 1", "addressLocality": "Berlin"},
}
WHERE = Where(venue="Blue Note", address="Hauptstr. 1", locality="Berlin")


def read(*blocks: Any) -> tuple[EventDraft, ...]:
    return drafts("".join(f'<script type="application/ld+json">{json.dumps(block)}</script>' for block in blocks))


@pytest.mark.parametrize(
    "item",
    [
        {"@type": "schema:MusicEvent", "schema:name": "Jazz", "schema:startDate": START},
        {
            "@type": "http://schema.org/MusicEvent",
            "http://schema.org/name": "Jazz",
            "https://schema.org/startDate": START,
        },
        {"@type": "musicEvent", "Name": "Jazz", "StartDate": START},
        {"@type": "MusicEvent", "name": "Jazz", "start_date": START},
        {"@type": "MusicEvent", "name": "Jazz", "startDate": {"date": f"{START}:00.000000", "timezone_type": 3}},
        {"@type": ["Thing", "MusicEvent"], "name": [{"@value": "Jazz", "@language": "en"}], "startDate": [START]},
    ],
)
def test_names_are_understood_in_each_spelling(item: dict[str, Any]) -> None:
    (draft,) = read(item)
    assert (draft.title, starts((draft,))) == ("Jazz", [START])


def test_references_are_put_in_place_over_all_blocks_of_a_page() -> None:
    event = {
        "@id": "#e",
        "@type": "Event",
        "name": "Jazz",
        "startDate": START,
        "location": {"@id": "#place"},
        "organizer": {"@id": "#club"},
        "offers": [{"@id": "#offer"}],
        "performer": {"@id": "#unknown"},
    }
    rest = [
        {**BLUE_NOTE, "@id": "#place", "address": {"@id": "#address"}, "event": {"@id": "#e"}},
        {"@id": "#address", **BLUE_NOTE["address"]},  # type: ignore[dict-item]
        {"@id": "#club", "@type": "Organization", "name": "Club e.V.", "url": "https://venue.example"},
        {"@id": "#offer", "@type": "Offer", "price": "12", "priceCurrency": "EUR"},
    ]
    (draft,) = read({"@graph": [event]}, {"@graph": rest})
    assert (draft.where, draft.organizer, draft.performers) == (WHERE, "Club e.V.", ())
    assert (draft.price.minimum, draft.price.currency) == (12, "EUR")


def test_references_in_a_circle_end() -> None:
    (draft,) = read(
        {"@graph": [
            {"@id": "#e", "@type": "Event", "name": "Jazz", "startDate": START, "location": {"@id": "#a"}},
            {"@id": "#a", "@type": "Place", "name": "A", "containedInPlace": {"@id": "#b"}},
            {"@id": "#b", "@type": "Place", "name": "B", "containedInPlace": {"@id": "#a"}},
        ]}
    )  # fmt: skip
    assert draft.where.venue == "A"


def test_the_events_of_a_place_are_there() -> None:
    (draft,) = read({**BLUE_NOTE, "event": [{"@type": "Event", "name": "Jazz", "startDate": START}]})
    assert draft.where == WHERE


@pytest.mark.parametrize("kind", ["Organization", "Person", "MusicGroup"])
def test_the_events_of_a_band_are_not_at_its_office(kind: str) -> None:
    (draft,) = read({**BLUE_NOTE, "@type": kind, "event": [{"@type": "Event", "name": "Jazz", "startDate": START}]})
    assert draft.where == Where()


def test_dates_without_a_name_have_what_their_event_says() -> None:
    dates = [{"@type": "Event", "startDate": START}, {"@type": "Event", "startDate": "2026-12-06T20:00"}]
    found = read({"@type": "EventSeries", "name": "Hamlet", "location": BLUE_NOTE, "subEvent": dates})
    assert [draft.title for draft in found] == ["Hamlet", "Hamlet"]
    assert {draft.where for draft in found} == {WHERE}


def test_a_part_with_a_name_of_its_own_has_nothing_that_it_does_not_say() -> None:
    part = {"@type": "Event", "name": "Talk", "startDate": START}
    found = read(
        {"@type": "Festival", "name": "Fest", "startDate": "2026-12-05", "location": BLUE_NOTE, "subEvent": part}
    )
    assert [(draft.title, draft.where) for draft in found] == [("Fest", WHERE), ("Talk", Where())]


def test_the_dates_of_a_course_are_events() -> None:
    (draft,) = read(
        {"@type": "Course", "name": "Pottery", "hasCourseInstance": [{"@type": "CourseInstance", "startDate": START}]}
    )
    assert (draft.title, starts((draft,))) == ("Pottery", [START])


def test_a_game_without_a_name_has_those_of_its_teams() -> None:
    game = {"@type": "SportsEvent", "startDate": START, "homeTeam": {"name": "Lions"}, "awayTeam": {"name": "Bears"}}
    assert read(game)[0].title == "Lions – Bears"


def test_the_time_of_the_doors_may_be_a_whole_date() -> None:
    item = {"@type": "Event", "name": "Jazz", "startDate": "2026-12-05", "doorTime": "2026-12-05T19:00:00+01:00"}
    assert starts(read(item)) == ["2026-12-05T18:00"]
    assert starts(read({**item, "doorTime": "2027-01-05T19:00"})) == ["2026-12-05T00:00"]


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (
            {"name": "Blue Note, Hauptstr. 1, 10997 Berlin", "address": "Blue Note, Hauptstr. 1, 10997 Berlin"},
            Where(venue="Blue Note", address="Hauptstr. 1, 10997 Berlin", locality="Berlin"),
        ),
        (
            {"name": "Great hall", "containedInPlace": BLUE_NOTE},
            Where(venue="Great hall", address="Hauptstr. 1", locality="Berlin"),
        ),
        ({"name": "Hall, 2nd floor", "address": "Hauptstr. 1"}, Where(venue="Hall, 2nd floor", address="Hauptstr. 1")),
        ({"@id": "#place"}, Where()),
    ],
)
def test_a_place_is_taken_apart_where_it_is_plain_how(place: dict[str, Any], expected: Where) -> None:
    (draft,) = read({"@type": "Event", "name": "Jazz", "startDate": START, "location": {"@type": "Place", **place}})
    assert draft.where == expected


@pytest.mark.parametrize(
    ("offers", "low", "high"),
    [
        ({"priceRange": "€10 - €20"}, 10, 20),
        ({"priceSpecification": {"minPrice": 10, "maxPrice": "20", "priceCurrency": "EUR"}}, 10, 20),
        ({"price": "0", "priceCurrency": "EUR"}, None, None),
    ],
)
def test_a_price_is_found_where_sites_put_it_and_zero_is_not_free_against_their_word(
    offers: dict[str, Any], low: int | None, high: int | None
) -> None:
    (draft,) = read(
        {"@type": "Event", "name": "Jazz", "startDate": START, "isAccessibleForFree": False, "offers": offers}
    )
    assert (draft.price.minimum, draft.price.maximum, draft.price.is_free) == (low, high, False if high else None)


@pytest.mark.parametrize(
    ("change", "status", "online"),
    [
        (
            {"eventStatus": ["https://schema.org/EventRescheduled", "https://schema.org/EventMovedOnline"]},
            "scheduled",
            True,
        ),
        ({"eventStatus": {"@id": "https://schema.org/EventCancelled"}}, "cancelled", False),
        ({"offers": {"price": 5, "availability": "https://schema.org/OutOfStock"}}, "sold_out", False),
    ],
)
def test_what_became_of_it_is_read(change: dict[str, Any], status: str, online: bool) -> None:
    (draft,) = read({"@type": "Event", "name": "Jazz", "startDate": START, **change})
    assert (draft.status, draft.where.online) == (status, online)


def test_json_in_a_string_of_json_is_read() -> None:
    (draft,) = read(json.dumps({"@type": "Event", "name": "Jazz", "startDate": START}))
    assert draft.title == "Jazz"


@pytest.mark.parametrize(
    "around", ["var event = {};", "<!-- by a plugin -->{}<!-- end -->", "//<![CDATA[\n{}\n//]]>", "[{}]"]
)
def test_what_stands_around_the_json_of_a_block_costs_nothing(around: str) -> None:
    block = around.replace("{}", json.dumps({"@type": "Event", "name": "Jazz", "startDate": START}))
    (draft,) = drafts(f'<script type="application/ld+json">{block}</script>')
    assert draft.title == "Jazz"


def test_what_plugins_write_for_the_unknown_is_left_out() -> None:
    item = {"@type": "Event", "name": "Jazz", "startDate": START, "performer": "Organization", "description": "a\\nb"}
    (draft,) = read({**item, "offers": {"price": 20, "priceCurrency": "$"}})
    assert (draft.performers, draft.description, draft.price.currency) == ((), "a\nb", "")
