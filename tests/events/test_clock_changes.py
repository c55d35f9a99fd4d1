"""Nights on which the clocks change: what is said of an event is right to the minute, on its page and in calendars."""

import datetime as dt
import json
from typing import Any

import icalendar
import pytest
import time_machine
from django.test import Client

from events.compose import compose
from events.models import City, Event
from tests.factories import make_city, make_event, make_listing
from tests.html import parsed, text_of, texts

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


def composed(local: str, local_end: str | None = None, city: City | None = None, **columns: Any) -> Event:
    """An event as its one listing makes it."""
    event = make_event(local=local, local_end=local_end, city=city or make_city(), **columns)
    make_listing(event)
    compose([event.pk], now=NOW)
    event.refresh_from_db()
    return event


def in_calendar(client: Client, event: Event) -> Any:
    content = client.get(f"{event.get_absolute_url()[:-1]}.ics").content
    [found] = icalendar.Calendar.from_ical(content).walk("VEVENT")
    return found


def when(client: Client, event: Event) -> str:
    return text_of(parsed(client.get(event.get_absolute_url())), ".said time")


@pytest.mark.parametrize(
    ("city", "local", "utc", "words", "night"),
    [
        # 02:30 is skipped in Berlin: clocks show 03:30
        ("berlin", "2026-03-29T02:30", "2026-03-29T01:30", "Sat night, 03:30 (Sun 29 Mar", "2026-03-28"),
        ("berlin", "2026-03-29T01:00", "2026-03-29T00:00", "Sat night, 01:00 (Sun 29 Mar", "2026-03-28"),
        # 02:30 is there twice: the first is meant
        ("berlin", "2026-10-25T02:30", "2026-10-25T00:30", "Sat night, 02:30 (Sun 25 Oct", "2026-10-24"),
        ("berlin", "2026-10-25T03:30", "2026-10-25T02:30", "Sat night, 03:30 (Sun 25 Oct", "2026-10-24"),
        ("los-angeles", "2026-11-01T01:30", "2026-11-01T08:30", "Sat night, 01:30 (Sun 1 Nov", "2026-10-31"),
        ("los-angeles", "2026-11-01T02:30", "2026-11-01T10:30", "Sat night, 02:30 (Sun 1 Nov", "2026-10-31"),
    ],
)
def test_a_start_in_the_hour_of_the_change(
    client: Client, city: str, local: str, utc: str, words: str, night: str
) -> None:
    event = composed(local, city=make_city(city))
    assert event.night == dt.date.fromisoformat(night)
    start = in_calendar(client, event)["DTSTART"].dt
    # as instants: Python holds no time of the hour that is there twice for equal to one of another zone
    assert start.astimezone(dt.UTC) == dt.datetime.fromisoformat(utc).replace(tzinfo=dt.UTC)
    assert when(client, event).startswith(words)


def length(event: Any) -> dt.timedelta:
    """What passes between start and end; not what clocks show."""
    return event["DTEND"].dt.astimezone(dt.UTC) - event["DTSTART"].dt.astimezone(dt.UTC)


def test_a_party_through_the_change_has_its_true_length(client: Client) -> None:
    longer = in_calendar(client, composed("2026-10-24T23:00", "2026-10-25T05:00"))
    assert length(longer) == dt.timedelta(hours=7)
    shorter = in_calendar(client, composed("2026-03-28T23:00", "2026-03-29T05:00"))
    assert length(shorter) == dt.timedelta(hours=5)


def test_a_day_and_a_night_through_the_change_is_one_night(client: Client) -> None:
    for local, local_end in (("2026-10-24T23:00", "2026-10-25T22:00"), ("2026-03-28T12:00", "2026-03-29T11:00")):
        assert not composed(local, local_end).is_run


@pytest.mark.parametrize(
    ("timezone", "day"),
    [
        ("America/Santiago", "2026-09-05"),
        ("Africa/Cairo", "2026-04-23"),
        ("Asia/Beirut", "2026-03-28"),
        ("America/Havana", "2026-03-07"),
        ("Europe/Berlin", "2026-03-28"),
        ("Europe/Berlin", "2026-10-24"),
    ],
)
def test_a_day_whose_last_midnight_is_skipped_is_one_day(client: Client, timezone: str, day: str) -> None:
    """In some places clocks go forward at midnight, so that the next day begins at 01:00."""
    first = dt.date.fromisoformat(day)
    after = first + dt.timedelta(days=1)
    city = make_city(timezone.split("/")[1].lower(), timezone=timezone)
    event = composed(f"{first}T00:00", f"{after}T00:00", city, all_day=True)
    assert (event.night, event.last_night, event.is_run) == (first, first, False)
    found = in_calendar(client, event)
    assert (found["DTSTART"].dt, found["DTEND"].dt) == (first, after)
    with time_machine.travel(NOW):
        assert when(client, event) == f"{first:%a} {first.day} {first:%b}, all day"
    script = parsed(client.get(event.get_absolute_url())).css_first("script[type]").text()
    data = json.loads(script)
    assert (data["startDate"], data["endDate"]) == (day, day)
    again = composed(f"{after}T00:00", f"{after + dt.timedelta(days=1)}T00:00", city, all_day=True)
    assert (again.night, again.last_night) == (after, after)


@pytest.mark.parametrize(
    ("city", "before", "after", "tonight"),
    [
        ("berlin", "2026-03-29T03:59:00", "2026-03-29T04:01:00", ("Sat 28 Mar", "Sun 29 Mar")),
        ("berlin", "2026-10-25T04:59:00", "2026-10-25T05:01:00", ("Sat 24 Oct", "Sun 25 Oct")),
        ("los-angeles", "2026-11-01T13:59:00", "2026-11-01T14:01:00", ("Sat 31 Oct", "Sun 1 Nov")),
        ("los-angeles", "2026-07-05T12:59:00", "2026-07-05T13:01:00", ("Sat 4 Jul", "Sun 5 Jul")),
    ],
)
def test_the_night_ends_at_six_by_the_clocks_of_the_city(
    client: Client, city: str, before: str, after: str, tonight: tuple[str, str]
) -> None:
    make_city(city)
    for now, words in zip((before, after), tonight, strict=True):
        with time_machine.travel(f"{now}+00:00", tick=False):
            said = text_of(parsed(client.get(f"/{city}/?when=tonight")), "#said")
        assert words in said


def test_a_run_over_the_change_is_listed_on_each_of_its_nights(client: Client) -> None:
    composed("2026-10-20T10:00", "2026-10-30T18:00", title="Show")
    for day in range(19, 32):
        tree = parsed(client.get(f"/berlin/?when=2026-10-{day}"))
        assert texts(tree, ".runs h3") == (["Show"] if 20 <= day <= 30 else []), day
