import datetime as dt
from zoneinfo import ZoneInfo

import icalendar
import pytest
from django.test import Client
from hypothesis import given, settings as hypothesis, strategies as st
from ical.calendar_stream import IcsCalendarStream

from events.ics import calendar
from events.models import City, Event
from events.vtimezone import vtimezone
from nocturne.cache import bump
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
        assert one["DTSTART"].params["TZID"] == "Europe/Berlin"
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


@pytest.mark.django_db
def test_two_parsers_read_the_calendar_alike(client: Client) -> None:
    """icalendar, and the strict one of Home Assistant."""
    venue = make_venue("Klub; Null, hinten", address="Gasse 1", latitude=52.5, longitude=13.4)
    city = venue.city
    night = city.tonight() + dt.timedelta(days=1)
    make_event("Jazz, live; now\\n", local=f"{night}T20:00", venue=venue, description="Zwölf\n\n" + "Boxkämpfer " * 30)
    make_event(
        "Off 🕺🏽" * 20, local=f"{night}T21:00", local_end=f"{night}T23:00", status="cancelled", category="music"
    )
    make_event("Days", local=f"{night}T00:00", time_known=False, status="postponed")
    make_event("Far", local=f"{night}T22:00", timezone="America/New_York")
    text = client.get("/berlin/calendar.ics").content.decode()
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    ours = icalendar.Calendar.from_ical(text).walk("VEVENT")
    theirs = IcsCalendarStream.calendar_from_ics(text).events
    assert len(ours) == len(theirs) == 4
    for one, other in zip(ours, theirs, strict=True):
        assert (one["UID"], one["SUMMARY"], one["SEQUENCE"]) == (other.uid, other.summary, other.sequence)
        assert (one.get("LOCATION", ""), one["DESCRIPTION"]) == (other.location or "", other.description)
        assert (one["STATUS"], one["URL"]) == (other.status, str(other.url))
        assert one["DTSTART"].dt == other.dtstart
        assert one["DTSTAMP"].dt.replace(tzinfo=None) == other.dtstamp.replace(tzinfo=None)
        assert one["TRANSP"] == "TRANSPARENT"
    assert sorted(one["STATUS"] for one in ours) == ["CANCELLED", "CONFIRMED", "CONFIRMED", "TENTATIVE"]
    assert [one["GEO"].to_ical() for one in ours if "GEO" in one] == ["52.5;13.4"]  # the venue's
    zones = {str(zone["TZID"]) for zone in icalendar.Calendar.from_ical(text).walk("VTIMEZONE")}
    assert zones == {"Europe/Berlin", "America/New_York"}


@pytest.mark.django_db
class TestAMergedEvent:
    def test_is_one_under_the_id_of_the_one_that_stays_and_two_again_when_undone(self, client: Client) -> None:
        night = make_city().tonight()
        first, second = (make_event(title, local=f"{night}T20:00") for title in ("Jazz", "Jazz again"))

        def ids() -> list[str]:
            bump(first.city_id)
            text = client.get("/berlin/calendar.ics").content.decode()
            return [str(event["UID"]) for event in icalendar.Calendar.from_ical(text).walk("VEVENT")]

        both = [f"event-{event.pk}@127.0.0.1" for event in (first, second)]
        assert ids() == both
        Event.objects.filter(pk=second.pk).update(merged_into=first, root=first)
        assert ids() == both[:1]
        Event.objects.filter(pk=second.pk).update(merged_into=None, root=second)
        assert ids() == both


class TestTimesInTheirZone:
    @pytest.mark.parametrize(
        "zone", ["Europe/Berlin", "America/Los_Angeles", "Asia/Kathmandu", "Europe/Dublin", "Africa/Casablanca",
                 "Australia/Lord_Howe", "America/Sao_Paulo", "Pacific/Chatham"]
    )  # fmt: skip
    def test_the_zone_that_is_told_has_the_offsets_of_the_real_one(self, zone: str) -> None:
        text = "\r\n".join(
            ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x", *vtimezone(zone, 2026, 2027), "END:VCALENDAR"]
        )
        [told] = icalendar.Calendar.from_ical(text).walk("VTIMEZONE")
        onsets = sorted((part["DTSTART"].dt, part["TZOFFSETTO"].td) for part in told.subcomponents)
        real = ZoneInfo(zone)
        for days in range(730):
            local = dt.datetime(2026, 1, 1, 12) + dt.timedelta(days=days)
            offset = [after for onset, after in onsets if onset <= local][-1]
            assert offset == local.replace(tzinfo=real).utcoffset(), local

    def test_clocks_change_at_the_second_that_they_do(self) -> None:
        lines = vtimezone("Europe/Berlin", 2026, 2026)
        assert [line for line in lines if line.startswith("DTSTART")] == [
            "DTSTART:20251231T010000",
            "DTSTART:20260329T020000",
            "DTSTART:20261025T030000",
        ]

    @pytest.mark.django_db
    @pytest.mark.parametrize(
        ("instant", "written"),
        [
            ("2026-10-25T00:30Z", "DTSTART;TZID=Europe/Berlin:20261025T023000"),
            # the second 02:30 of that night, which a local time cannot tell from the first
            ("2026-10-25T01:30Z", "DTSTART:20261025T013000Z"),
            ("2026-03-29T01:00Z", "DTSTART;TZID=Europe/Berlin:20260329T030000"),
        ],
    )
    def test_where_clocks_change_the_instant_is_kept(self, instant: str, written: str) -> None:
        event = make_event(local="2026-10-25T02:30", starts_at=dt.datetime.fromisoformat(instant))
        assert written in calendar([event]).split("\r\n")
        assert read(calendar([event]))["DTSTART"].dt.timestamp() == event.starts_at.timestamp()


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
