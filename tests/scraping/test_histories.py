"""What readings in a row leave behind: nothing that composing anew would change."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from events import places
from events.models import Event, Listing, Source
from quality import merging
from quality.models import Finding
from scraping import fetch, schedule
from scraping.assess import assess
from scraping.models import Run, Schedule
from tests.factories import make_city
from tests.scraping.feeds import Publisher, vevent
from tests.scraping.readings import HOUR, NOW, add, assert_settled, assert_sound, read, recomposed

pytestmark = pytest.mark.django_db

NOWHERE = {"geo": "10.5;10.5"}


def evenings(*days: int, **columns: str) -> list[str]:
    return [vevent(f"Konzert Nummer {n}", f"2026-12-{n:02}T20:00", **columns) for n in days]


def test_a_merged_event_that_one_source_drops_shows_that_at_once(publisher: Publisher) -> None:
    publisher.publish(*evenings(5, 6, 7))
    first = add(publisher)
    read(first)
    publisher.publish(
        vevent("Etwas ganz anderes", "2026-12-05T20:00", uid="other", location="Mühle, Weg 2, Berlin"),
        *evenings(7),
    )
    second = add(publisher, "?2")
    read(second)
    event = Event.objects.get(title="Konzert Nummer 5")
    root = merging.merge(event, Event.objects.get(title="Etwas ganz anderes"))
    assert root.source_count == 2
    publisher.publish(*evenings(7))
    read(second, NOW + HOUR)
    read(second, NOW + 8 * HOUR)
    root.refresh_from_db()
    assert root.source_count == 1
    assert recomposed().endswith(" 0 changed.")


def test_an_event_that_comes_back_without_a_place_is_listed_again(publisher: Publisher) -> None:
    publisher.publish(*evenings(5, 6))
    source = add(publisher)
    read(source)
    publisher.publish(*evenings(6))
    read(source, NOW + HOUR)
    read(source, NOW + 8 * HOUR)
    event = Event.objects.get(title="Konzert Nummer 5")
    assert event.status == "not_listed"
    publisher.publish(*evenings(5, **NOWHERE), *evenings(6))
    read(source, NOW + 9 * HOUR)
    event.refresh_from_db()
    assert (event.status, event.city.slug) == ("scheduled", "berlin")
    assert_settled(source, NOW + 10 * HOUR)


def test_a_new_id_without_a_place_is_adopted_once(publisher: Publisher) -> None:
    publisher.publish(*evenings(5, 6))
    source = add(publisher)
    read(source)
    publisher.publish(
        vevent("Konzert Nummer 5", "2026-12-05T20:00", uid="new", **NOWHERE),
        *evenings(6),
    )
    read(source, NOW + HOUR)
    assert Listing.objects.count() == 2
    assert_settled(source, NOW + 2 * HOUR)
    assert not Listing.objects.exclude(missing_since=None).exists()


def test_findings_follow_a_listing_to_its_new_id(publisher: Publisher) -> None:
    publisher.publish(vevent("NACHT", "2026-12-05T20:00", uid="old"))
    source = add(publisher)
    read(source)
    publisher.publish(vevent("NACHT", "2026-12-05T20:00", uid="new"))
    read(source, NOW + HOUR)
    assert set(Finding.objects.values_list("key", flat=True)) == {"new"}
    assert_settled(source, NOW + 2 * HOUR)


def festival(*parts: str) -> str:
    return "".join(f'<script type="application/ld+json">{part}</script>' for part in parts)


def test_a_festival_that_is_listed_after_its_parts_gets_them(publisher: Publisher) -> None:
    place = '"location": {"@type": "Place", "name": "Klub Null", "address": "Gasse 1, Berlin"}'
    part = (
        f'{{"@type": "Event", "@id": "part", "name": "Eröffnung mit Ada", "startDate": "2026-12-05T20:00", {place},'
        ' "superEvent": {"@type": "Festival", "@id": "whole", "name": "Winterfest"}}'
    )
    whole = (
        f'{{"@type": "Festival", "@id": "whole", "name": "Winterfest", "startDate": "2026-12-05", '
        f'"endDate": "2026-12-09", {place}}}'
    )
    publisher.body = festival(part)
    source = add(publisher)
    read(source)
    publisher.body = festival(part, whole)
    read(source, NOW + HOUR)
    assert Event.objects.get(title="Eröffnung mit Ada").part_of == Event.objects.get(title="Winterfest")
    assert_settled(source, NOW + 2 * HOUR)


def test_no_source_of_a_town_nearby_takes_an_event_away_from_its_city(publisher: Publisher) -> None:
    berlin = make_city()
    potsdam = make_city("potsdam", latitude=52.4, longitude=13.06, population=180_000, area=berlin)
    publisher.publish(vevent("Nachtmusik mit Ada Blum", "2026-12-05T21:00", url="https://klub.example/a", location=""))
    read(add(publisher, city=berlin))
    event = Event.objects.get()
    publisher.publish(
        vevent(
            "Nachtmusik mit Ada Blum",
            "2026-12-05T21:00",
            end="2026-12-05T23:00",
            url="https://klub.example/a",
            location="Klub Null, Gasse 1",
            geo="52.4;13.06",
        )
    )
    second = add(publisher, "?2", city=potsdam, trust=90)
    read(second)
    event.refresh_from_db()
    assert Event.objects.roots().count() == 1
    assert event.source_count == 2
    assert event.city == berlin
    assert_settled(second, NOW + HOUR)


def test_an_event_follows_its_only_listing_to_another_city(publisher: Publisher) -> None:
    make_city("los-angeles")
    publisher.publish(*evenings(5, geo="52.52;13.4"), *evenings(6))
    source = add(publisher)
    read(source)
    publisher.publish(*evenings(5, geo="34.05;-118.24"), *evenings(6))
    read(source, NOW + HOUR)
    assert Event.objects.get(title="Konzert Nummer 5").city.slug == "los-angeles"
    assert Event.objects.count() == 2
    assert_settled(source, NOW + 2 * HOUR)


def test_events_stay_when_their_city_is_served_no_more_and_go_on_when_it_is_again(publisher: Publisher) -> None:
    city = make_city()
    make_city("los-angeles")
    publisher.publish(*evenings(5, 6))
    source = add(publisher)
    read(source)
    before = list(Event.objects.order_by("pk").values_list("pk", "city", "status", "visibility"))
    places.deactivate([city])
    read(source, NOW + HOUR)
    assert list(Event.objects.order_by("pk").values_list("pk", "city", "status", "visibility")) == before
    assert_settled(source, NOW + 2 * HOUR)
    places.activate([city])
    read(source, NOW + 3 * HOUR)
    assert list(Event.objects.order_by("pk").values_list("pk", "city", "status", "visibility")) == before
    assert_settled(source, NOW + 4 * HOUR)
    assert_sound()


def test_the_same_answer_counts_as_a_good_reading_for_what_was_missing(publisher: Publisher) -> None:
    publisher.publish(*evenings(5, 6))
    source = add(publisher)
    read(source)
    publisher.publish(*evenings(6))
    read(source, NOW + HOUR)
    read(source, NOW + 8 * HOUR)
    assert publisher.asked[-1].headers["If-None-Match"]
    assert Event.objects.get(title="Konzert Nummer 5").status == "not_listed"
    assert_settled(source, NOW + 9 * HOUR)


def test_a_worker_that_was_given_up_writes_nothing(publisher: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
    publisher.publish(*evenings(5, 6))
    source = add(publisher)
    assessed = []

    def late(*args: object) -> list:
        """As long as it takes for another worker to take over and finish."""
        if not assessed:
            assessed.append(True)
            late_at = NOW + schedule.CLAIM_FOR + HOUR
            assert read(source, late_at).status == "changed"
        return assess(*args)  # type: ignore[arg-type]

    monkeypatch.setattr("scraping.pipeline.assess", late)
    outcome = read(source)
    assert (outcome.status, outcome.run.pk) == ("lost", None)
    assert Run.objects.count() == 1
    assert Event.objects.count() == Listing.objects.count() == 2
    assert Schedule.objects.get().last_read_at == NOW + schedule.CLAIM_FOR + HOUR


@pytest.mark.parametrize("validator", ['"ü"', 'W/"' + "x" * 3000 + '"', "\t", '"a" "b"'])
def test_a_strange_validator_does_no_harm(publisher: Publisher, validator: str) -> None:
    publisher.headers = {"ETag": validator, "Last-Modified": validator}
    publisher.publish(*evenings(5))
    source = add(publisher)
    assert read(source).status == "changed"
    assert read(source, NOW + HOUR).status == "unchanged"


def test_no_host_keeps_us_away_for_years(publisher: Publisher) -> None:
    publisher.robots = "User-agent: *\nCrawl-delay: 1e300"
    assert fetch._permitted(publisher.url) == fetch.LONGEST_DELAY
    source = add(publisher)
    schedule.postponed(schedule.claim(source.pk, NOW), NOW, fetch.LONGEST_DELAY)
    assert Schedule.objects.get().next_at == NOW + dt.timedelta(days=1)


def number_of_queries(source: Source, at: dt.datetime) -> int:
    with CaptureQueriesContext(connection) as queries:
        read(source, at, force=True)
    return len(queries)


def many(count: int) -> list[str]:
    return [
        vevent(
            f"Konzert {n} von Band {n * 7}",
            f"2026-12-{3 + n % 25:02}T{18 + n % 5}:00",
            uid=f"{n}",
            location=f"Haus {n % 40}, Berlin",
        )
        for n in range(count)
    ]


def test_the_number_of_queries_does_not_grow_with_the_items(publisher: Publisher) -> None:
    sources = {}
    new = {}
    for count in (50, 500):
        publisher.publish(*many(count))
        sources[count] = add(publisher, f"?{count}")
        new[count] = number_of_queries(sources[count], NOW)
    same = {}
    for count, source in sources.items():
        publisher.publish(*many(count))
        same[count] = number_of_queries(source, NOW + HOUR)
    assert same[50] == same[500] < 30
    assert new[500] <= new[50] + 10 < 75
