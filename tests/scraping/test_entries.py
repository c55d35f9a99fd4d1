"""Entries of feeds in the words of the programs that write them."""

import datetime as dt

import pytest

from events.drafts import EventDraft, When
from tests.scraping.reading import drafts, starts


def feed(
    item: str, title: str = "Jazz Night", published: str = "Tue, 01 Dec 2026 10:00:00 GMT"
) -> tuple[EventDraft, ...]:
    return drafts(
        '<?xml version="1.0"?><rss version="2.0"><channel><title>Blue Note</title>'
        f"<item><title>{title}</title><link>https://venue.example/1</link><pubDate>{published}</pubDate>{item}</item>"
        "</channel></rss>"
    )


@pytest.mark.parametrize(
    "item",
    [
        "<libcal:date>2026-12-05</libcal:date><libcal:start>20:00:00</libcal:start><libcal:end>23:00:00</libcal:end>",
        "<startDate>2026-12-05</startDate><startTime>20:00</startTime><endTime>23:00</endTime>",
        "<m:startDate>2026-12-05</m:startDate><m:startHour>8:00 pm</m:startHour><m:endHour>11:00 pm</m:endHour>",
        "<c:EventDates>December 5, 2026</c:EventDates><c:EventTimes>08:00 PM - 11:00 PM</c:EventTimes>",
        "<bc:start_date_local>2026-12-05T20:00:00</bc:start_date_local><bc:end_date_local>2026-12-05T23:00</bc:end_date_local>",
        "<ev:startdate>2026-12-05T20:00</ev:startdate><ev:enddate>2026-12-05T23:00</ev:enddate>",
        "<description>&lt;p&gt;Date: December 5, 2026&lt;br&gt;Time: 8pm - 11pm&lt;/p&gt;</description>",
        "<description>5.12.2026 20:00 - 23:00&lt;br/&gt;Blue Note</description>",
    ],
)
def test_day_and_time_are_put_together(item: str) -> None:
    (draft,) = feed(item)
    assert draft.when
    assert draft.when.end
    assert (draft.when.start.isoformat()[:16], draft.when.end.isoformat()[:16]) == (
        "2026-12-05T20:00",
        "2026-12-05T23:00",
    )


@pytest.mark.parametrize(
    "item",
    [
        "<x-trumba:utcstart>2026-12-05T19:00:00Z</x-trumba:utcstart>",
        "<description>&lt;i class='date-display-single' content='2026-12-05T20:00+01:00'&gt;x&lt;/i&gt;</description>",
    ],
)
def test_an_instant_is_one(item: str) -> None:
    found = feed(item)
    assert starts(found) == ["2026-12-05T19:00"]
    assert found[0].when == When(start=dt.datetime(2026, 12, 5, 19), timezone="UTC")


def test_an_end_after_midnight_is_of_the_next_day() -> None:
    (draft,) = feed("<startDate>2026-12-05</startDate><startTime>22:00</startTime><endTime>03:00</endTime>")
    assert draft.when
    assert str(draft.when.end or "") in ("", "2026-12-06 03:00:00")


@pytest.mark.parametrize(
    ("title", "start"),
    [
        ("Jazz Night (5 December 2026)", "2026-12-05T00:00"),
        ("[Sat, Dec 5] Jazz Night", "2026-12-05T00:00"),
        ("05.12.2026 20:00 Jazz Night", "2026-12-05T20:00"),
        ("2026-12-05 Jazz Night", "2026-12-05T00:00"),
    ],
)
def test_a_date_in_brackets_or_before_the_name_is_the_events_if_it_is_to_come(title: str, start: str) -> None:
    found = feed("", title)
    assert ([draft.title for draft in found], starts(found)) == (["Jazz Night"], [start])
    assert feed("", title, published="Sun, 06 Dec 2026 10:00:00 GMT") == ()


def test_a_place_is_found_in_its_parts_and_in_a_labelled_line() -> None:
    (draft,) = feed(
        "<bc:start_date_local>2026-12-05T20:00</bc:start_date_local><bc:is_cancelled>true</bc:is_cancelled>"
        "<bc:location><bc:name>Main Library</bc:name><bc:street>1 Main St</bc:street><bc:city>Austin</bc:city>"
        "</bc:location>"
    )
    assert (draft.where.venue, draft.where.address, draft.status) == ("Main Library", "1 Main St, Austin", "cancelled")
    (draft,) = feed(
        "<description>Wann: 5.12.2026, 20 Uhr&lt;br&gt;Ort: Blue Note, Hauptstr. 1, 10997 Berlin</description>"
    )
    assert (draft.where.venue, draft.where.locality) == ("Blue Note", "Berlin")


def test_a_price_is_found_in_a_line_of_the_text() -> None:
    (draft,) = feed("<description>Wann: 5.12.2026, 20 Uhr&lt;br&gt;Eintritt: 12 €</description>")
    assert (draft.price.minimum, draft.price.currency) == (12, "EUR")


@pytest.mark.parametrize(
    "item",
    [
        "<description>December 1, 2026 8:00 pm&lt;br/&gt;Posted by Ada</description>",
        "<description>On 5 December 2026 at 20:00 we had a concert.</description>",
        "<description>December 5, 2026&lt;br/&gt;News of the week</description>",
        "<start>20:00</start>",
        "<dc:date>2026-12-05T20:00:00Z</dc:date>",
    ],
)
def test_a_post_is_no_event(item: str) -> None:
    assert feed(item) == ()
