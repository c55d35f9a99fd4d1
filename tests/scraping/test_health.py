"""No source dies in silence: what is noticed, who is told, and what heals it."""

import datetime as dt

import pytest

from events.models import Event, Listing
from nocturne.models import Alert
from scraping import breaker, health
from scraping.models import Health, Run, Schedule
from tests.factories import make_source
from tests.scraping.feeds import Publisher, vevent
from tests.scraping.readings import HOUR, NOW, add, read, written

pytestmark = pytest.mark.django_db


def evenings(*days: int, **columns: str) -> list[str]:
    return [vevent(f"Konzert Nummer {n}", f"2026-12-{n:02}T20:00", **columns) for n in days]


def alert() -> Alert | None:
    return Alert.objects.filter(resolved_at=None).first()


def state() -> tuple[str, str]:
    row = Health.objects.get()
    return row.state, row.reason


class TestMeasuring:
    def test_a_good_reading_is_healthy_and_measured(self, publisher: Publisher) -> None:
        publisher.publish(
            *evenings(5, 6),
            vevent("Ganztags", "2026-12-07", location=""),
            vevent("Gestern", "2026-12-01T10:00"),
        )
        read(add(publisher))
        row = Health.objects.get()
        assert (row.state, row.reason, row.since) == ("healthy", "", NOW)
        assert (row.upcoming, row.usual) == (3, None)
        assert (row.with_time, row.with_venue, row.with_price, row.with_image, row.placed) == (75, 75, 0, 0, 100)
        assert Run.objects.get().upcoming == 3

    def test_the_usual_yield_is_the_median_of_the_last_ten_readings(self) -> None:
        source = make_source()
        for hours, count in enumerate((900, 900, 900, 40, 41, 42, 43, 44, 5, 45, 46, 47, 48)):
            Run.objects.create(source=source, started_at=NOW + hours * HOUR, status="changed", upcoming=count)
        Run.objects.create(source=source, started_at=NOW + 20 * HOUR, status="failed")
        row = health.of(source, NOW + 13 * HOUR)
        row.compared_since = NOW
        assert health.usual(row, NOW + 13 * HOUR) == 44
        row.compared_since = NOW + 11 * HOUR
        assert health.usual(row, NOW + 13 * HOUR) == 48
        row.compared_since = NOW + 13 * HOUR
        assert health.usual(row, NOW + 13 * HOUR) is None

    def test_the_same_answer_writes_nothing(self, publisher: Publisher) -> None:
        publisher.publish(*evenings(5, 6, 7))
        source = add(publisher)
        read(source)
        for hours in (1, 2):
            with written() as statements:
                read(source, NOW + hours * HOUR, force=hours == 2)
            assert statements == []

    def test_events_that_cannot_be_placed_are_told(self, publisher: Publisher) -> None:
        publisher.publish(*evenings(5), *evenings(6, 7, geo="10.5;10.5"))
        read(add(publisher))
        assert state() == ("degraded", "Only 33 % of the events have a readable date and a city.")
        assert alert() is None


class TestFailures:
    def test_three_in_a_row_raise_an_alert_and_success_heals(self, publisher: Publisher) -> None:
        publisher.publish(*evenings(5, 6))
        source = add(publisher, name="Klub Null")
        read(source)
        publisher.status = 404
        for hours in (1, 2):
            read(source, NOW + hours * HOUR)
            assert state() == ("degraded", "The last reading failed: localhost answered 404 NOT FOUND.")
            assert alert() is None
        read(source, NOW + 3 * HOUR)
        assert state() == ("failing", "3 readings in a row failed: localhost answered 404 NOT FOUND.")
        told = alert()
        assert told
        assert told.message == (
            "Klub Null: 3 readings in a row failed: localhost answered 404 NOT FOUND. "
            "Look at the address in a browser, and correct it in the source."
        )
        assert (told.severity, told.path) == ("error", f"/admin/events/source/{source.pk}/change/")
        read(source, NOW + 4 * HOUR)
        assert Alert.objects.get().last_seen_at == NOW + 4 * HOUR
        publisher.status = 200
        assert read(source, NOW + 5 * HOUR).status == "unchanged"
        assert state() == ("healthy", "")
        assert Health.objects.get().since == NOW + 5 * HOUR
        assert Alert.objects.get().resolved_at == NOW + 5 * HOUR

    @pytest.mark.parametrize(
        ("kind", "words"),
        [
            ("http.404", "Look at the address"),
            ("http.410", "Look at the address"),
            ("http.429", "asked less often"),
            ("http.503", "Mostly this passes"),
            ("timeout", "Mostly this passes"),
            ("optout", "pause the source"),
            ("robots", "pause the source"),
            ("terms", "pause the source"),
            ("crash", "traceback"),
        ],
    )
    def test_each_kind_has_its_advice(self, kind: str, words: str) -> None:
        assert words in health.advice_for(kind)


class TestEmptyAnswers:
    def test_one_where_there_used_to_be_events_raises_an_alert_and_retires_nothing(self, publisher: Publisher) -> None:
        publisher.publish(*evenings(5, 6))
        source = add(publisher)
        read(source)
        publisher.publish()
        read(source, NOW + HOUR)
        assert state() == ("failing", "The last answer had no events, where there used to be some.")
        assert alert()
        read(source, NOW + 9 * HOUR)
        assert not Listing.objects.exclude(missing_since=None).exists()
        publisher.publish(*evenings(5, 6))
        read(source, NOW + 10 * HOUR)
        assert state() == ("healthy", "")
        assert alert() is None

    def test_a_season_that_is_over_is_no_alarm(self, publisher: Publisher) -> None:
        publisher.publish(*evenings(5, 6))
        source = add(publisher)
        read(source)
        publisher.publish()
        outcome = read(source, NOW + dt.timedelta(days=10))
        assert outcome.status == "empty"
        assert state() == ("healthy", health.NOTHING_TO_COME)
        assert alert() is None


class TestDrops:
    def test_a_drop_by_more_than_half_raises_an_alert_and_stops_retirement(self, publisher: Publisher) -> None:
        publisher.publish(*evenings(*range(5, 25)))
        source = add(publisher)
        read(source)
        # what is left are the last ones: without the drop, five missing ones would be marked
        publisher.publish(*evenings(*range(5, 9), 24))
        outcome = read(source, NOW + HOUR)
        sentence = "5 events to come, where there are usually 20."
        assert state() == ("degraded", sentence)
        assert sentence in outcome.message
        told = alert()
        assert told
        assert told.severity == "warning"
        assert "Believe it as it is" in told.message
        read(source, NOW + 9 * HOUR)
        assert not Listing.objects.exclude(missing_since=None).exists()
        assert alert()

        publisher.publish(*evenings(*range(6, 25)))
        read(source, NOW + 10 * HOUR)
        assert state() == ("healthy", "")
        assert alert() is None
        assert Listing.objects.exclude(missing_since=None).count() == 1

    @pytest.mark.parametrize(("before", "after"), [(20, 10), (8, 4), (6, 1), (4, 1)])
    def test_half_of_them_or_a_few_are_no_drop(self, before: int, after: int) -> None:
        row = Health(source=make_source(), usual=before, upcoming=after)
        assert health.drop(row, NOW) == ""

    @pytest.mark.parametrize(("before", "after"), [(20, 9), (8, 2), (13, 6), (1000, 0)])
    def test_more_than_half_of_more_than_a_few_is(self, before: int, after: int) -> None:
        row = Health(source=make_source(), usual=before, upcoming=after)
        assert (
            health.drop(row, NOW).replace("event to", "events to")
            == f"{after} events to come, where there are usually {before}."
        )

    def test_a_source_that_was_quiet_until_its_runs_were_pruned_is_measured_too(self, publisher: Publisher) -> None:
        publisher.publish(*evenings(*range(5, 25)))
        source = add(publisher)
        read(source)
        Run.objects.all().delete()
        publisher.publish(*evenings(5, 24))
        read(source, NOW + HOUR)
        assert state() == ("degraded", "2 events to come, where there are usually 20.")

    def test_an_editor_who_believes_it_ends_the_doubt(self, publisher: Publisher) -> None:
        publisher.publish(*evenings(*range(5, 25)))
        source = add(publisher)
        read(source)
        publisher.publish(*evenings(5, 24))
        read(source, NOW + HOUR)
        assert alert()
        health.believe(source, NOW + 2 * HOUR)
        assert alert() is None
        for hours in (3, 10):
            read(source, NOW + hours * HOUR, force=True)
        assert state() == ("healthy", "")
        assert Event.objects.filter(status="not_listed").count() == 18
        row = Health.objects.get()
        assert row.usual is None
        assert health.believed(row, NOW + 49 * HOUR)
        assert not health.believed(row, NOW + 51 * HOUR)

    def test_a_doubt_about_what_is_missing_is_told_and_after_two_days_with_an_alert(self, publisher: Publisher) -> None:
        publisher.publish(*evenings(*range(5, 25)))
        source = add(publisher)
        read(source)
        publisher.publish(*evenings(*range(13, 25)))
        sentence = "8 of 20 events are missing at once: nothing was retired."
        read(source, NOW + HOUR)
        assert state() == ("degraded", sentence)
        publisher.status = 500
        read(source, NOW + 2 * HOUR)
        publisher.status = 200
        assert read(source, NOW + 3 * HOUR).status == "unchanged"
        assert state() == ("degraded", sentence)
        assert alert() is None
        assert read(source, NOW + 50 * HOUR).status == "unchanged"
        told = alert()
        assert told
        assert f"{sentence} There was trouble at each reading since 1 Dec." in told.message
        read(source, NOW + 51 * HOUR, force=True)
        assert alert() == told
        health.believe(source, NOW + 52 * HOUR)
        assert alert() is None
        read(source, NOW + 53 * HOUR, force=True)
        assert (state(), alert()) == (("healthy", ""), None)

    def test_a_new_address_starts_anew(self, publisher: Publisher) -> None:
        publisher.publish(*evenings(*range(5, 25)))
        source = add(publisher)
        read(source)
        source.url = publisher.url + "?programme=2"
        source.save()
        publisher.publish(*evenings(5, 6))
        read(source, NOW + HOUR)
        assert state() == ("healthy", "")


def open_alerts() -> list[str]:
    return sorted(Alert.objects.filter(resolved_at=None).values_list("key", flat=True))


def test_a_source_whose_host_rests_for_days_is_told(publisher: Publisher) -> None:
    publisher.publish(*evenings(5, 6))
    source = add(publisher)
    read(source)
    for _ in range(breaker.THRESHOLD):
        breaker.record(source.url, NOW, health.FetchError("timeout", "", retry_after=7 * 86_400))
    assert read(source, NOW + 2 * 24 * HOUR).status == "later"
    assert state()[0] == "healthy"
    assert read(source, NOW + 4 * 24 * HOUR).status == "later"
    assert state() == ("failing", "No good answer since 1 Dec 2026: its host is down or wants to be left alone.")
    assert alert()
    assert Schedule.objects.get().failures == 0
    breaker.record(source.url, NOW, None)
    read(source, NOW + 5 * 24 * HOUR)
    assert state() == ("healthy", "")
    assert alert() is None


def test_a_host_that_is_down_for_an_hour_is_one_alert_and_not_one_a_source(publisher: Publisher) -> None:
    publisher.publish(*evenings(5, 6))
    source = add(publisher)
    other = make_source(url=f"{publisher.url}?other=1")
    down = health.FetchError("timeout", "It did not answer.")
    for minutes in range(breaker.THRESHOLD):
        breaker.record(source.url, NOW + dt.timedelta(minutes=minutes), down)
    health.failed(source, 3, down, NOW + HOUR / 2)
    assert open_alerts() == [f"source:{source.pk}"]
    for each in (source, other):
        health.failed(each, 1, down, NOW + 2 * HOUR)
        health.failed(each, 3, down, NOW + 3 * HOUR)
    (key,) = open_alerts()
    assert key == breaker.alert_key(source.url)
    assert "its 2 sources wait" in Alert.objects.get(key=key).message
    breaker.record(other.url, NOW + 4 * HOUR, None)
    assert open_alerts() == []


@pytest.mark.parametrize(
    ("columns", "schedule", "row", "words"),
    [
        ({}, None, None, ("new", "It has not been read yet.")),
        ({"active": False}, {"failures": 4}, {"state": "failing"}, ("paused", "Its events stay; it is not read.")),
        ({}, {"last_success_at": NOW}, {"state": "degraded", "reason": "Few."}, ("degraded", "Few.")),
        ({}, {"last_success_at": NOW}, None, ("healthy", "")),
        ({}, {"failures": 4}, None, ("failing", "")),
    ],
)
def test_the_state_is_told_in_words(columns: dict, schedule: dict, row: dict, words: tuple[str, str]) -> None:
    source = make_source(**columns)
    if schedule is not None:
        Schedule.objects.create(source=source, **schedule)
    if row is not None:
        Health.objects.create(source=source, since=NOW, **row)
    assert health.words(source) == words
