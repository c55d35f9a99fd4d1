"""The whole way of the data, from a publisher's server to the rows that pages show."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from events.models import Event, EventChange, Listing, Source
from nocturne.cache import generation
from quality.models import Finding
from scraping import schedule
from scraping.models import Run, RunItem, Schedule
from scraping.pipeline import scrape
from tests.factories import make_city
from tests.scraping.feeds import Publisher, vevent

NOW = dt.datetime(2026, 12, 1, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
pytestmark = pytest.mark.django_db


def add(publisher: Publisher, path: str = "", **columns: object) -> Source:
    source = Source.objects.create(
        **{"name": f"Klub {path}", "url": publisher.url + path, "city": make_city(), **columns}
    )
    schedule.ensure([source])
    return source


def read(source: Source, at: dt.datetime = NOW, **options: object):
    return scrape(source.pk, now=at, **{"due_only": False, **options})


def writes(queries: CaptureQueriesContext) -> list[str]:
    """Statements that write, the state of the schedule left out."""
    return [
        query["sql"]
        for query in queries
        if re.match(r"(INSERT|UPDATE|DELETE)", query["sql"]) and "scraping_schedule" not in query["sql"]
    ]


def test_a_feed_becomes_events_that_the_city_shows(publisher):
    publisher.publish(
        vevent("Nachtmusik mit Ada", "2026-12-05T21:00", end="2026-12-05T23:30", uid="a", url="https://klub.example/a"),
        vevent("Nach Mitternacht", "2026-12-06T01:00", uid="b"),
    )
    outcome = read(add(publisher))
    assert (outcome.status, outcome.run.fetched, outcome.run.new) == ("changed", 2, 2)
    facts = Run.objects.get().http
    assert (facts["status"], facts["bytes"]) == (200, len(publisher.body))
    assert facts["content-type"] == "text/calendar; charset=utf-8"
    assert facts["etag"]

    first, second = Event.objects.public().in_city(make_city()).order_by("starts_at")
    assert first.title == "Nachtmusik mit Ada"
    assert first.starts_at == dt.datetime(2026, 12, 5, 20, tzinfo=dt.UTC)
    assert first.venue.name == "Klub Null"
    assert first.url == "https://klub.example/a"
    assert (first.night, second.night) == (dt.date(2026, 12, 5), dt.date(2026, 12, 5))
    assert Listing.objects.get(external_id="a").local_start == "2026-12-05T21:00:00"


@pytest.mark.parametrize("force", [False, True])
def test_the_same_input_again_writes_nothing(publisher, force):
    publisher.publish(*(vevent(f"Konzert Nummer {n}", f"2026-12-{n:02}T20:00") for n in range(5, 20)))
    source = add(publisher)
    read(source)
    runs = Run.objects.count()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        outcome = read(source, NOW + HOUR, force=force)
    assert outcome.status == "unchanged"
    assert writes(queries) == []
    assert Run.objects.count() == runs


def test_unchanged_bytes_are_not_even_sent_again(publisher):
    publisher.publish(vevent("Nachtmusik mit Ada", "2026-12-05T21:00"))
    source = add(publisher)
    read(source)
    read(source, NOW + HOUR)
    assert publisher.asked[1].headers["If-None-Match"]


def test_a_week_old_reading_is_made_in_full_so_that_series_go_on(publisher):
    publisher.publish(vevent("Offene Bühne", "2026-12-02T20:00", rrule="FREQ=WEEKLY"))
    source = add(publisher)
    read(source)
    last = Event.objects.order_by("night").last().night
    outcome = read(source, NOW + dt.timedelta(days=8))
    assert "If-None-Match" not in publisher.asked[1].headers
    assert outcome.status == "changed"
    assert Event.objects.order_by("night").last().night == last + dt.timedelta(days=7)


def test_a_series_has_one_event_a_date_up_to_the_horizon(publisher):
    publisher.publish(
        vevent("Offene Bühne", "2026-12-02T20:00", rrule="FREQ=WEEKLY", uid="s"),
        vevent("Offene Bühne", "2026-12-10T21:00", uid="s").replace(
            "SUMMARY", "RECURRENCE-ID;TZID=Europe/Berlin:20261209T200000\r\nSUMMARY"
        ),
    )
    read(add(publisher))
    nights = list(Event.objects.order_by("night").values_list("night", flat=True))
    assert nights[:3] == [dt.date(2026, 12, 2), dt.date(2026, 12, 10), dt.date(2026, 12, 16)]
    assert NOW.date() + dt.timedelta(days=173) <= nights[-1] <= NOW.date() + dt.timedelta(days=180)
    assert len({event.series_id for event in Event.objects.all()}) == 1


def test_a_new_time_moves_the_event_and_tells_what_changed(publisher):
    publisher.publish(vevent("Nachtmusik mit Ada", "2026-12-05T21:00", uid="a"))
    source = add(publisher)
    read(source)
    event = Event.objects.get()
    publisher.publish(vevent("Nachtmusik mit Ada", "2026-12-06T19:00", uid="a"))
    outcome = read(source, NOW + HOUR)
    assert (outcome.run.changed, outcome.run.new) == (1, 0)
    event.refresh_from_db()
    assert event.night == dt.date(2026, 12, 6)
    assert event.sequence == 1
    assert "starts_at" in EventChange.objects.get(event=event).after
    assert [item.action for item in RunItem.objects.filter(run=outcome.run)] == ["changed"]


def test_what_is_missing_twice_six_hours_apart_is_no_longer_listed(publisher):
    evenings = [vevent(f"Konzert Nummer {n}", f"2026-12-{n:02}T20:00") for n in range(5, 12)]
    publisher.publish(*evenings)
    source = add(publisher)
    read(source)
    publisher.publish(*evenings[1:])
    gone = Event.objects.get(title="Konzert Nummer 5")

    def status_at(hours: int) -> str:
        read(source, NOW + hours * HOUR)
        gone.refresh_from_db()
        return gone.status

    assert [status_at(hours) for hours in (1, 5, 8)] == ["scheduled", "scheduled", "not_listed"]
    assert Listing.objects.count() == 7  # marked, never deleted
    publisher.publish(*evenings)
    assert status_at(9) == "scheduled"


def test_what_lies_after_the_last_event_of_the_page_is_not_missing(publisher):
    publisher.publish(*(vevent(f"Konzert Nummer {n}", f"2026-12-{n:02}T20:00") for n in range(5, 12)))
    source = add(publisher)
    read(source)
    publisher.publish(*(vevent(f"Konzert Nummer {n}", f"2026-12-{n:02}T20:00") for n in range(5, 9)))
    read(source, NOW + HOUR)
    assert not Listing.objects.exclude(missing_since=None).exists()


def test_when_too_much_is_missing_the_answer_is_doubted(publisher):
    publisher.publish(*(vevent(f"Konzert Nummer {n}", f"2026-12-{n:02}T20:00") for n in range(5, 25)))
    source = add(publisher)
    read(source)
    publisher.publish(*(vevent(f"Konzert Nummer {n}", f"2026-12-{n:02}T20:00") for n in (5, 6, 24)))
    for hours in (1, 8, 16):
        read(source, NOW + hours * HOUR)
    assert not Listing.objects.exclude(missing_since=None).exists()


def test_an_empty_or_failed_answer_retires_nothing(publisher):
    publisher.publish(vevent("Nachtmusik mit Ada", "2026-12-05T21:00"))
    source = add(publisher)
    read(source)
    publisher.publish()
    assert read(source, NOW + HOUR).status == "empty"
    publisher.status = 500
    assert read(source, NOW + 9 * HOUR).status == "failed"
    assert not Listing.objects.exclude(missing_since=None).exists()
    assert Schedule.objects.get().failures == 2


def test_four_publishers_of_one_night_are_one_event(publisher):
    titles = ("Nachtmusik mit Ada", "NACHTMUSIK MIT ADA", "Nachtmusik mit Ada (live)", "Nachtmusik mit Ada @ Klub Null")
    for number, title in enumerate(titles):
        publisher.publish(vevent(title, "2026-12-05T21:00", uid=f"{number}"))
        read(add(publisher, f"?{number}"))
    event = Event.objects.roots().get()
    assert event.source_count == 4
    assert Listing.objects.of_event(event).count() == 4


def test_an_unreadable_date_costs_only_its_item_and_is_recorded(publisher):
    bad = vevent("Irgendwann im Winter", "2026-12-05T21:00", uid="bad").replace("20261205T210000", "Irgendwann")
    publisher.publish(bad, vevent("Nachtmusik mit Ada", "2026-12-05T21:00", uid="good"))
    outcome = read(add(publisher))
    assert [event.title for event in Event.objects.all()] == ["Nachtmusik mit Ada"]
    assert outcome.run.held == 1
    assert Finding.objects.filter(rule="date.unreadable").count() == 1


def test_an_event_keeps_its_city_when_another_city_is_scraped(publisher):
    berlin, angeles = make_city(), make_city("los-angeles")
    publisher.publish(vevent("Nachtmusik mit Ada", "2026-12-05T21:00", uid="a", url="https://klub.example/a"))
    read(add(publisher))
    publisher.publish(
        vevent("Nachtmusik mit Ada", "2026-12-05T21:00", uid="a", url="https://klub.example/a", location="Klub Null")
    )
    read(add(publisher, "?2", city=angeles))
    assert Event.objects.get(listings__source__city=berlin).city == berlin


def test_one_page_that_is_reused_each_week_makes_a_new_event_each_week(publisher):
    publisher.publish(vevent("Offene Bühne", "2026-12-02T20:00", uid="page", url="https://klub.example/buehne"))
    source = add(publisher)
    read(source)
    publisher.publish(vevent("Offene Bühne", "2026-12-09T20:00", uid="page", url="https://klub.example/buehne"))
    read(source, NOW + dt.timedelta(days=3))
    assert [event.night.day for event in Event.objects.order_by("night")] == [2, 9]
    publisher.publish(vevent("Offene Bühne", "2026-12-10T20:00", uid="page", url="https://klub.example/buehne"))
    read(source, NOW + dt.timedelta(days=4))
    assert [event.night.day for event in Event.objects.order_by("night")] == [2, 10]  # a future date moves


def test_new_ids_for_known_events_are_adopted_and_in_the_end_not_believed(publisher):
    source = add(publisher)
    for fetch in range(4):
        publisher.publish(
            *(vevent(f"Konzert Nummer {n}", f"2026-12-{n:02}T20:00", uid=f"{fetch}-{n}") for n in range(5, 12))
        )
        read(source, NOW + fetch * 7 * HOUR)
    assert Listing.objects.count() == Event.objects.count() == 7
    assert not Listing.objects.exclude(missing_since=None).exists()
    source.refresh_from_db()
    assert source.ids_stable is False


def test_a_change_renews_the_pages_of_its_city_and_of_no_other(publisher):
    berlin, angeles = make_city(), make_city("los-angeles")
    before = generation(berlin.pk), generation(angeles.pk)
    publisher.publish(vevent("Nachtmusik mit Ada", "2026-12-05T21:00"))
    source = add(publisher)
    read(source)
    after = generation(berlin.pk), generation(angeles.pk)
    assert after[0] != before[0]
    assert after[1] == before[1]
    read(source, NOW + HOUR, force=True)
    assert generation(berlin.pk) == after[0]


def test_robots_that_refuse_are_obeyed(publisher):
    publisher.robots = "User-agent: *\nDisallow: /"
    outcome = read(add(publisher))
    assert (outcome.status, outcome.run.error) == ("failed", "robots")
    assert publisher.asked == []


def test_after_a_failure_the_next_try_waits_as_the_server_asks(publisher):
    publisher.status, publisher.headers = 429, {"Retry-After": "86000"}
    source = add(publisher)
    outcome = read(source)
    assert (outcome.run.error, outcome.run.status) == ("http.429", "failed")
    assert Run.objects.get().http == {"retry-after": 86000}
    assert Schedule.objects.get().next_at >= NOW + dt.timedelta(seconds=86000)


def test_a_crash_in_one_source_is_an_outcome_and_no_exception(publisher, monkeypatch):
    publisher.publish(vevent("Nachtmusik mit Ada", "2026-12-05T21:00"))
    monkeypatch.setattr("scraping.pipeline.read", lambda *args: 1 / 0)
    outcome = read(add(publisher))
    assert (outcome.status, outcome.run.error) == ("failed", "crash")
    assert "ZeroDivisionError" in Run.objects.get().message


def test_a_single_event_far_ahead_is_listed_and_only_series_end_at_the_horizon(publisher, settings):
    weekly = vevent("Quizabend im Keller", "2026-12-02T20:00", uid="quiz", rrule="FREQ=WEEKLY")
    publisher.publish(vevent("Nachtmusik mit Ada", "2027-09-04T21:00", uid="a"), weekly)
    source = add(publisher)
    read(source)
    horizon = NOW + dt.timedelta(days=settings.SERIES_HORIZON_DAYS)
    assert Event.objects.get(title="Nachtmusik mit Ada").visibility == "published"
    series = Event.objects.filter(title="Quizabend im Keller")
    assert 24 <= series.count() <= 26
    assert not series.filter(starts_at__gt=horizon).exists()


def test_an_event_that_moves_beyond_the_horizon_of_series_has_moved(publisher):
    publisher.publish(vevent("Nachtmusik mit Ada", "2026-12-05T21:00", uid="a"), vevent("Tanz", "2026-12-06T20:00"))
    source = add(publisher)
    read(source)
    publisher.publish(vevent("Nachtmusik mit Ada", "2027-09-04T21:00", uid="a"), vevent("Tanz", "2026-12-06T20:00"))
    for hours in (1, 9):
        read(source, NOW + hours * HOUR)
    event = Event.objects.get(title="Nachtmusik mit Ada")
    assert (event.status, event.night) == ("scheduled", dt.date(2027, 9, 4))


def test_a_shorter_horizon_takes_no_date_of_a_series_away(publisher, settings):
    weekly = vevent("Quizabend im Keller", "2026-12-02T20:00", uid="quiz", rrule="FREQ=WEEKLY")
    far = vevent("Nachtmusik mit Ada", "2027-09-04T21:00", uid="a")
    publisher.publish(far, weekly)
    source = add(publisher)
    read(source)
    settings.SERIES_HORIZON_DAYS = 150
    for hours in (1, 9):
        read(source, NOW + hours * HOUR, force=True)
    assert not Listing.objects.exclude(missing_since=None).exists()
