"""The JSON that pages are drawn from: read where there is no markup, and what the markup leaves out where there is."""

import json
from typing import Any

import pytest

from events.drafts import EventDraft
from tests.scraping.reading import drafts, reading, starts

JAZZ = {
    "id": "1",
    "perm_name": "jazz-night",
    "name": "Jazz Night",
    "status": "sold-out",
    "dates": {"event_start_date": "2026-12-05T20:00:00+01:00", "timezone": "Europe/Berlin"},
    "price": {"amount": 1500, "currency": "EUR"},
    "venue": "Blue Note",
}
MARKUP = {"@type": "Event", "name": "Jazz Night", "startDate": "2026-12-05", "url": "https://dice.fm/event/jazz-night"}


def page(
    data: Any, *markup: dict[str, Any], script: str = '<script id="__NEXT_DATA__" type="application/json">{}</script>'
) -> str:
    blocks = "".join(f'<script type="application/ld+json">{json.dumps(item)}</script>' for item in markup)
    return f"<!DOCTYPE html><html><head>{blocks}</head><body>{script.replace('{}', json.dumps(data))}</body></html>"


def one(text: str, format: str) -> EventDraft:
    found = reading(text)
    assert (found.format, found.problems) == (format, ())
    (draft,) = found.drafts
    return draft


@pytest.mark.parametrize(
    "script",
    [
        '<script id="__NEXT_DATA__" type="application/json">{}</script>',
        "<script>window.__SERVER_DATA__ = {};</script>",
        '<script>window["__INITIAL_STATE__"]={};(function(){var s;}())</script>',
        "<script>self.__PRELOADED_STATE__ = {}\n</script>",
    ],
)
def test_a_page_without_markup_is_read_from_its_data(script: str) -> None:
    draft = one(page({"props": {"pageProps": {"events": [JAZZ]}}}, script=script), "pagedata")
    assert (draft.title, draft.status, draft.where.venue) == ("Jazz Night", "sold_out", "Blue Note")
    assert (draft.price.minimum, draft.url) == (15, "https://dice.fm/event/jazz-night")


def test_the_data_tells_what_the_markup_leaves_out() -> None:
    draft = one(page({"events": [JAZZ]}, MARKUP), "jsonld")
    assert draft.when
    assert (draft.when.time_known, draft.when.start.hour, draft.when.timezone) == (True, 20, "Europe/Berlin")
    assert (draft.status, draft.price.minimum, draft.where.venue) == ("sold_out", 15, "Blue Note")


def test_what_the_markup_says_itself_stays() -> None:
    markup = {
        **MARKUP,
        "startDate": "2026-12-05T21:00",
        "eventStatus": "EventCancelled",
        "location": {"@type": "Place", "name": "Red Note"},
        "offers": {"price": 20, "priceCurrency": "EUR"},
    }
    draft = one(page({"events": [JAZZ]}, markup), "jsonld")
    assert (starts((draft,)), draft.status) == (["2026-12-05T21:00"], "cancelled")
    assert (draft.where.venue, draft.price.minimum) == ("Red Note", 20)


def test_other_events_of_the_data_are_not_those_of_the_markup() -> None:
    other = {**JAZZ, "name": "Techno", "perm_name": "techno"}
    next_week = {**JAZZ, "perm_name": "x", "dates": {"event_start_date": "2026-12-12T20:00:00+01:00"}}
    draft = one(page({"events": [other, next_week]}, MARKUP), "jsonld")
    assert (draft.status, draft.price.minimum) == ("scheduled", None)


def test_references_of_a_normalised_store_are_followed() -> None:
    store = {
        "ROOT_QUERY": {"__typename": "Query", "events": [{"__ref": "Event:1"}]},
        "Event:1": {
            "__typename": "Event",
            "id": "1",
            "title": "Jazz Night",
            "dateTime": "2026-12-05T20:00:00+01:00",
            "startTime": "2026-12-05T20:00:00+01:00",
            "eventUrl": "https://meet.example/1",
            "venue": {"__ref": "Venue:2"},
            "group": {"__ref": "Group:3"},
        },
        "Venue:2": {"__typename": "Venue", "name": "Blue Note", "city": "Berlin", "events": [{"__ref": "Event:1"}]},
        "Group:3": {"__typename": "Group", "name": "Jazz Berlin"},
    }
    draft = one(page({"props": {"pageProps": {"__APOLLO_STATE__": store}}}), "pagedata")
    assert (draft.title, draft.where.venue, draft.organizer) == ("Jazz Night", "Blue Note", "Jazz Berlin")


@pytest.mark.parametrize(
    "data",
    [
        {"posts": [{"title": "News", "date": "2026-12-05T20:00:00"}]},
        {"post": {"title": "Fire", "date": "2026-12-05", "location": "Berlin"}},
        {"campaigns": [{"name": "Sale", "startDate": "2026-12-05", "url": "/sale"}]},
        {"user": {"name": "Jane", "start": 5}},
        [],
    ],
)
def test_a_page_whose_data_has_no_events_gives_nothing(data: Any) -> None:
    assert drafts(page(data)) == ()


def test_broken_data_costs_nothing() -> None:
    text = page({}, {**MARKUP, "startDate": "2026-12-05T20:00"}).replace(
        "{}</script>", '{"events": [{"name": </script>'
    )
    assert one(text, "jsonld").title == "Jazz Night"
