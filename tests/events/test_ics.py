import datetime as dt

import icalendar
import pytest
from django.test import Client
from hypothesis import given, settings as hypothesis, strategies as st

from events.ics import calendar
from events.models import City, Event
from tests.factories import make_city, make_event, make_venue

CHANGED = dt.datetime(2026, 11, 30, 12, 30, tzinfo=dt.UTC)


def read(text: str) -> icalendar.Event:
    [event] = icalendar.Calendar.from_ical(text).walk("VEVENT")
    return event


@pytest.mark.django_db
class TestOneEvent:
    def test_a_client_reads_what_the_event_is(self) -> None:
        venue = make_venue("Klub Null; hinten", address="Warschauer Str. 10")
        event = make_event(
            "Jazz, live",
            local="2026-12-05T20:00",
            local_end="2026-12-05T23:00",
            venue=venue,
            category="music",
            description="One\n\nTwo; three",
            updated_at=CHANGED,
            sequence=3,
        )
        one = read(calendar([event]))
        assert one["UID"] == f"event-{event.pk}@127.0.0.1"
        assert one["SUMMARY"] == "Jazz, live"
        assert one["LOCATION"] == "Klub Null; hinten, Warschauer Str. 10, Berlin"
        assert one["DTSTART"].dt == dt.datetime(2026, 12, 5, 19, tzinfo=dt.UTC)
        assert one["DTEND"].dt == dt.datetime(2026, 12, 5, 22, tzinfo=dt.UTC)
        assert (one["SEQUENCE"], one["STATUS"]) == (3, "CONFIRMED")
        assert one["LAST-MODIFIED"].dt == one["DTSTAMP"].dt == CHANGED
        assert one["DESCRIPTION"].startswith("One\n\nTwo; three\n\nhttp")
        assert one["URL"].endswith(event.get_absolute_url())
        assert one["CATEGORIES"].cats == ["Music"]

    def test_an_address_that_names_the_city_is_not_told_it_again(self) -> None:
        venue = make_venue("Klub Null", address="Warschauer Str. 10, 10243 Berlin")
        assert read(calendar([make_event(venue=venue)]))["LOCATION"] == "Klub Null, Warschauer Str. 10, 10243 Berlin"

    @pytest.mark.parametrize(
        ("status", "written"),
        [
            ("cancelled", "CANCELLED"),
            ("postponed", "TENTATIVE"),
            ("sold_out", "CONFIRMED"),
            ("not_listed", "TENTATIVE"),
        ],
    )
    def test_status_is_written_in_the_words_of_calendars(self, status: str, written: str) -> None:
        assert read(calendar([make_event(status=status)]))["STATUS"] == written

    def test_days_are_dates_with_the_exclusive_end(self) -> None:
        night = dt.date(2026, 12, 5)
        days = {"local": "2026-12-05T00:00", "local_end": "2026-12-08T00:00", "night": night, "all_day": True}
        for event, end in (
            (make_event(**days), dt.date(2026, 12, 8)),
            (make_event(local="2026-12-05T00:00", time_known=False), dt.date(2026, 12, 6)),
        ):
            one = read(calendar([event]))
            assert (one["DTSTART"].dt, one["DTEND"].dt) == (night, end)

    def test_after_midnight_the_true_date_is_written(self) -> None:
        one = read(calendar([make_event(local="2026-12-06T01:00")]))
        assert one["DTSTART"].dt == dt.datetime(2026, 12, 6, 0, 0, tzinfo=dt.UTC)
        assert "DTEND" not in one

    def test_the_same_event_gives_the_same_bytes_and_is_offered_for_saving(self, client: Client) -> None:
        event = make_event()
        url = event.get_absolute_url()[:-1] + ".ics"
        first, second = client.get(url), client.get(url)
        assert first.content == second.content
        assert first["Content-Type"] == "text/calendar; charset=utf-8"
        assert first["Content-Disposition"] == f'attachment; filename="berlin-{event.pk}.ics"'
        assert client.get(url, headers={"If-None-Match": first["ETag"]}).status_code == 304


@pytest.mark.django_db
def test_a_subscribed_calendar_has_a_name_and_says_how_often_to_look() -> None:
    city = make_city()
    events = [make_event(city=city), make_event(city=city)]
    read_back = icalendar.Calendar.from_ical(calendar(events, name="Berlin: tonight"))
    assert read_back["X-WR-CALNAME"] == "Berlin: tonight"
    assert read_back["REFRESH-INTERVAL"].dt == dt.timedelta(hours=4)
    assert len({event["UID"] for event in read_back.walk("VEVENT")}) == 2


@given(st.text(max_size=300), st.text(max_size=300))
@hypothesis(deadline=None)
def test_any_text_survives_in_lines_of_75_octets(title: str, description: str) -> None:
    city = City(pk=1, slug="berlin", name="Berlin")
    start = dt.datetime(2026, 12, 5, 19, tzinfo=dt.UTC)
    event = Event(
        pk=1,
        root_id=1,
        city=city,
        title=title,
        slug="x",
        description=description,
        starts_at=start,
        timezone="Europe/Berlin",
    )
    text = calendar([event])
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert not {c for c in text if c < " "} - {"\r", "\n", "\t"}
    one = read(text)
    kept = "".join(c for c in title.replace("\r\n", "\n").replace("\r", "\n") if c in "\n\t" or c >= " ")
    assert one["SUMMARY"] == kept.replace("\x7f", "")
