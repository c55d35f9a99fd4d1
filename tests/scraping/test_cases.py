"""The cases that settled the design, each read from a publisher's calendar to what visitors get."""

import datetime as dt
from decimal import Decimal

import pytest

from events import editing
from events.models import Event, EventChange, Listing
from quality import merging
from quality.models import Finding
from scraping.models import RunItem
from tests.factories import make_city
from tests.scraping.feeds import Publisher, vevent
from tests.scraping.readings import HOUR, NOW, add, assert_settled, assert_sound, read, recomposed

pytestmark = pytest.mark.django_db

NIGHT = "2026-12-05T21:00"


def page(*events: str) -> str:
    return "".join(f'<script type="application/ld+json">{event}</script>' for event in events)


def single(title: str, start: str, path: str, more: str = "") -> str:
    """An Event of schema.org on a page of its own."""
    return (
        f'{{"@type": "Event", "name": "{title}", "startDate": "{start}", "url": "https://magazin.example/{path}", '
        f'"location": {{"@type": "Place", "name": "Klub Null", "address": "Gasse 1, Berlin"}}{more}}}'
    )


class TestEvents:
    def test_a_weekly_series_of_one_source_and_three_single_pages_of_another_meet_night_by_night(
        self, publisher: Publisher
    ) -> None:
        publisher.publish(vevent("Quizabend im Keller", "2026-12-02T20:00", uid="quiz", rrule="FREQ=WEEKLY"))
        series = add(publisher, "?series")
        read(series)
        dates = Event.objects.count()
        publisher.body = page(
            *(single("Quizabend im Keller", f"2026-12-{day:02}T20:00", f"{day}") for day in (2, 9, 16))
        )
        pages = add(publisher, "?pages")
        outcome = read(pages)
        assert (outcome.run.new, outcome.run.merged) == (3, 3)
        assert Event.objects.count() == dates >= 24
        assert [event.night.day for event in Event.objects.filter(source_count=2).order_by("night")] == [2, 9, 16]

        # one date is cancelled on its page and moved in the series: both belong to that date alone
        off = ', "eventStatus": "https://schema.org/EventCancelled"'
        publisher.body = page(
            single("Quizabend im Keller", "2026-12-02T20:00", "2"),
            single("Quizabend im Keller", "2026-12-09T20:00", "9", off),
            single("Quizabend im Keller", "2026-12-16T20:00", "16"),
        )
        read(pages, NOW + HOUR)
        publisher.publish(
            vevent("Quizabend im Keller", "2026-12-02T20:00", uid="quiz", rrule="FREQ=WEEKLY"),
            vevent("Quizabend im Keller", "2026-12-16T21:00", uid="quiz").replace(
                "SUMMARY", "RECURRENCE-ID;TZID=Europe/Berlin:20261216T200000\r\nSUMMARY"
            ),
        )
        read(series, NOW + HOUR)
        assert Event.objects.count() == dates
        assert [event.night.day for event in Event.objects.filter(status="cancelled")] == [9]
        assert [event.night.day for event in Event.objects.filter(sequence__gt=0).order_by("night")] == [9, 16]
        assert_sound()
        assert_settled(series, NOW + 2 * HOUR)

    def test_a_series_of_the_second_source_joins_the_single_pages_that_were_there(self, publisher: Publisher) -> None:
        publisher.body = page(*(single("Quizabend im Keller", f"2026-12-{day:02}T20:00", f"{day}") for day in (9, 16)))
        read(add(publisher, "?pages"))
        publisher.publish(vevent("Quizabend im Keller", "2026-12-02T20:00", uid="quiz", rrule="FREQ=WEEKLY;COUNT=4"))
        assert read(add(publisher, "?series")).run.merged == 2
        assert [event.source_count for event in Event.objects.order_by("night")] == [1, 2, 2, 1]

    def test_a_festival_and_its_parts_are_never_the_same(self, publisher: Publisher) -> None:
        festival = (
            '{"@type": "Festival", "@id": "fest", "name": "Winterfest", "startDate": "2026-12-05T20:00", '
            '"location": {"@type": "Place", "name": "Klub Null", "address": "Gasse 1, Berlin"}}'
        )
        above = ', "superEvent": {"@type": "Festival", "@id": "fest", "name": "Winterfest"}'
        part = single("Winterfest", "2026-12-05T20:00", "a", above)
        publisher.body = page(festival, part)
        read(add(publisher))
        whole = Event.objects.get(part_of=None)
        assert Event.objects.get(part_of=whole).title == whole.title == "Winterfest"


class TestPlaces:
    def test_oakland_and_san_francisco_list_the_same_night(self, publisher: Publisher) -> None:
        columns = {"country": "US", "region": "CA", "timezone": "America/Los_Angeles", "currency": "USD"}
        city = make_city("san-francisco", latitude=37.77, longitude=-122.42, code="ca--san-francisco", **columns)
        oakland = make_city(
            "oakland", latitude=37.80, longitude=-122.27, code="ca--oakland", population=430_000, area=city, **columns
        )
        night = vevent("Ada Blum", NIGHT, zone="America/Los_Angeles", location="Fox", url="https://fox.example/ada")
        for town in (oakland, city):
            publisher.publish(night)
            read(add(publisher, f"?{town.slug}", city=town))
        event = Event.objects.get()
        assert (event.source_count, event.city) == (2, oakland)

    def test_the_same_title_in_two_cities_far_apart_is_two_events(self, publisher: Publisher) -> None:
        for city in (make_city(), make_city("los-angeles")):
            publisher.publish(vevent("Ada Blum", NIGHT, zone=city.timezone, location="Palast"))
            read(add(publisher, f"?{city.slug}", city=city))
        assert Event.objects.roots().count() == 2

    def test_without_a_place_an_event_is_held_with_the_reason_until_there_is_one(self, publisher: Publisher) -> None:
        publisher.publish(vevent("Nachtmusik mit Ada", NIGHT, location=""))
        source = add(publisher, city=None)
        assert read(source).run.held == 1
        assert not Event.objects.exists()
        assert Finding.objects.get(rule="city.unknown").listing == Listing.objects.get()
        source.city = make_city()
        source.save()
        read(source, NOW + HOUR)
        assert Event.objects.get().city == source.city
        assert not Finding.objects.filter(rule="city.unknown").exists()


class TestTime:
    def test_one_o_clock_on_sunday_is_saturdays_night(self, publisher: Publisher) -> None:
        publisher.publish(vevent("Nach Mitternacht", "2026-12-06T01:00"), vevent("Frühsport", "2026-12-06T06:00"))
        read(add(publisher))
        assert Event.objects.get(title="Nach Mitternacht").night == dt.date(2026, 12, 5)
        assert Event.objects.get(title="Frühsport").night == dt.date(2026, 12, 6)

    def test_a_day_without_a_time_is_that_day_and_no_midnight(self, publisher: Publisher) -> None:
        publisher.publish(vevent("Tag der offenen Tür", "2026-12-06"))
        read(add(publisher))
        event = Event.objects.get()
        assert (event.night, event.all_day, event.is_run) == (dt.date(2026, 12, 6), True, False)

    def test_an_exhibition_is_a_run_and_a_long_night_is_none(self, publisher: Publisher) -> None:
        publisher.publish(
            vevent("Ausstellung", "2026-12-05T10:00", end="2026-12-20T18:00", uid="a"),
            vevent("Lange Nacht", "2026-12-05T22:00", end="2026-12-06T05:30", uid="b"),
        )
        read(add(publisher))
        assert Event.objects.get(title="Ausstellung").is_run
        assert not Event.objects.get(title="Lange Nacht").is_run

    def test_a_time_without_a_zone_is_read_in_the_zone_of_its_city(self, publisher: Publisher) -> None:
        floating = vevent("Ada Blum", NIGHT, location="Palace").replace("DTSTART;TZID=Europe/Berlin", "DTSTART")
        publisher.publish(floating)
        read(add(publisher, city=make_city("los-angeles")))
        assert Event.objects.get().starts_at == dt.datetime(2026, 12, 6, 5, tzinfo=dt.UTC)

    def test_a_new_time_place_or_status_is_told_once_each_and_a_new_text_is_not(self, publisher: Publisher) -> None:
        said = {"title": "Nachtmusik mit Ada", "start": NIGHT, "uid": "a"}
        publisher.publish(vevent(**said))
        source = add(publisher)
        read(source)
        steps: list[dict[str, str]] = [
            {"start": "2026-12-05T22:00"},
            {"location": "Mühle, Weg 2, Berlin"},
            {"status": "CANCELLED"},
            {"description": "Sie spielt zwei Stunden lang und ohne Pause."},
        ]
        for hours, step in enumerate(steps, start=1):
            said |= step
            publisher.publish(vevent(**said))
            read(source, NOW + hours * HOUR)
        assert Event.objects.get().sequence == 3
        assert EventChange.objects.count() == 3


class TestComposition:
    def test_the_lowest_and_the_highest_price_never_come_from_different_sources(self, publisher: Publisher) -> None:
        offers = ', "offers": {{"@type": "Offer", "price": "{}", "priceCurrency": "EUR"}}'
        for price, trust in ((30, 40), (12, 60)):
            publisher.body = page(single("Nachtmusik mit Ada", NIGHT, "a", offers.format(price)))
            read(add(publisher, f"?{price}", trust=trust))
        event = Event.objects.get()
        assert (event.price_min, event.price_max) in ((Decimal(12), None), (Decimal(12), Decimal(12)))

    def test_an_unknown_price_is_not_free(self, publisher: Publisher) -> None:
        publisher.publish(vevent("Nachtmusik mit Ada", NIGHT))
        read(add(publisher))
        event = Event.objects.get()
        assert (event.is_free, event.price_min) == (None, None)

    def test_two_equal_sources_do_not_take_turns(self, publisher: Publisher) -> None:
        sources = []
        for title in ("Nachtmusik mit Ada", "Nachtmusik: Ada"):
            publisher.publish(vevent(title, NIGHT))
            sources.append((add(publisher, f"?{title[-3:]}{len(title)}"), title))
            read(sources[-1][0])
        assert Event.objects.get().title == "Nachtmusik mit Ada"
        for hours in range(1, 5):
            source, title = sources[hours % 2]
            publisher.publish(vevent(title, NIGHT))
            read(source, NOW + hours * HOUR, force=True)
            assert Event.objects.get().title == "Nachtmusik mit Ada"
        assert recomposed().endswith(" 0 changed.")

    def test_each_group_says_from_which_listing_it_comes(self, publisher: Publisher) -> None:
        publisher.publish(vevent("Nachtmusik mit Ada", NIGHT, location=""))
        read(add(publisher, "?trusted", trust=80, city=make_city()))
        publisher.publish(vevent("Nachtmusik mit Ada", NIGHT))
        read(add(publisher, "?other", trust=40))
        event = Event.objects.get()
        trusted, other = Listing.objects.order_by("-source__trust")
        assert (event.provenance["title"], event.provenance["where"]) == (trusted.pk, other.pk)

    def test_a_buttons_label_is_no_title_and_its_event_is_held(self, publisher: Publisher) -> None:
        publisher.publish(vevent("Buy tickets", NIGHT, uid="a"))
        read(add(publisher))
        assert Event.objects.get().visibility == "held"
        assert Finding.objects.filter(rule__startswith="title.").exists()


class TestEditors:
    def scene(self, publisher: Publisher, **said: str):
        publisher.publish(vevent(said.pop("title", "Nachtmusik mit Ada"), NIGHT, uid="a", **said))

    def test_what_they_hide_stays_hidden_whatever_is_read(self, publisher: Publisher) -> None:
        self.scene(publisher)
        source = add(publisher)
        read(source)
        editing.override([Event.objects.get().pk], {"visibility": "hidden"}, now=NOW)
        self.scene(publisher, title="Nachtmusik mit Ada Blum", description="Ganz neu und viel länger als zuvor.")
        read(source, NOW + HOUR)
        publisher.publish()
        read(source, NOW + 2 * HOUR)
        self.scene(publisher)
        read(source, NOW + 9 * HOUR)
        assert Event.objects.get().visibility == "hidden"

    def test_a_reading_never_touches_their_values_and_a_blank_follows_the_source(self, publisher: Publisher) -> None:
        self.scene(publisher)
        source = add(publisher)
        read(source)
        event = Event.objects.get()
        editing.override([event.pk], {"title": "Ada, endlich"}, now=NOW)
        self.scene(publisher, title="Nachtmusik mit Ada Blum")
        read(source, NOW + HOUR)
        event.refresh_from_db()
        assert event.title == "Ada, endlich"
        editing.override([event.pk], {"title": ""}, now=NOW)
        event.refresh_from_db()
        assert event.title == "Nachtmusik mit Ada Blum"

    def test_a_value_that_a_source_changes_beneath_theirs_is_told(self, publisher: Publisher) -> None:
        self.scene(publisher)
        source = add(publisher)
        read(source)
        event = Event.objects.get()
        editing.override([event.pk], {"starts_at": "2026-12-05T20:30"}, now=NOW)
        self.scene(publisher, title="Nachtmusik mit Ada Blum")  # nothing beneath it
        read(source, NOW + HOUR)
        told = Finding.objects.filter(rule="override.beneath")
        assert not told.exists()
        score = Listing.objects.get().score

        publisher.publish(vevent("Nachtmusik mit Ada Blum", "2026-12-05T22:00", uid="a"))
        read(source, NOW + 2 * HOUR)
        words = "The source has changed what an editor's value stands over: starts at."
        assert told.get().message == words
        assert told.get().listing == Listing.objects.get()
        assert Listing.objects.get().score == score  # it is no fault of the listing
        event.refresh_from_db()
        assert event.local_start.hour == 20

        # it stays told when something else changes, and goes when the value follows the source again
        publisher.publish(vevent("Nachtmusik mit Ada", "2026-12-05T22:00", uid="a"))
        read(source, NOW + 3 * HOUR)
        assert told.get().message == words
        assert_settled(source, NOW + 4 * HOUR)
        editing.override([event.pk], {"starts_at": ""}, now=NOW)
        publisher.publish(vevent("Nachtmusik mit Ada Blum", "2026-12-05T22:00", uid="a"))
        read(source, NOW + 5 * HOUR)
        assert not told.exists()

    def test_a_merge_outlives_the_next_import_and_is_undone_without_loss(self, publisher: Publisher) -> None:
        publisher.publish(
            vevent("Nachtmusik mit Ada", NIGHT, uid="a"),
            vevent("Überraschungsgast", NIGHT, uid="b", location="Klub Null, Hof"),
        )
        source = add(publisher)
        read(source)
        one, two = Event.objects.order_by("pk")
        merging.merge(one, two)
        read(source, NOW + HOUR, force=True)
        assert Event.objects.roots().get().pk == one.pk
        two.refresh_from_db()
        merging.unmerge(two)
        read(source, NOW + 2 * HOUR, force=True)
        assert set(Event.objects.roots().values_list("title", flat=True)) == {"Nachtmusik mit Ada", "Überraschungsgast"}
        assert_sound()


class TestListings:
    def test_they_are_marked_and_come_back_and_are_never_deleted_or_moved(self, publisher: Publisher) -> None:
        night, other = vevent("Nachtmusik mit Ada", NIGHT, uid="a"), vevent("Tanz", "2026-12-06T20:00", uid="b")
        publisher.publish(night, other)
        source = add(publisher)
        read(source)
        before = dict(Listing.objects.values_list("pk", "event"))
        for hours, events in ((1, [other]), (8, [other]), (9, [night, other])):
            publisher.publish(*events)
            read(source, NOW + hours * HOUR)
        assert dict(Listing.objects.values_list("pk", "event")) == before
        actions = RunItem.objects.filter(listing__external_id="a").order_by("pk").values_list("action", flat=True)
        assert list(actions) == ["new", "missing", "retired", "back"]

    def test_an_address_finds_the_listing_whose_id_has_changed_only_if_it_is_the_only_one(
        self, publisher: Publisher
    ) -> None:
        url = "https://klub.example/programm"
        publisher.publish(
            vevent("Nachtmusik mit Ada", NIGHT, uid="a", url=url), vevent("Tanz", "2026-12-06T20:00", uid="b", url=url)
        )
        source = add(publisher)
        read(source)
        publisher.publish(
            vevent("Ganz anderes", "2026-12-08T20:00", uid="x", url=url),
            vevent("Tanz", "2026-12-06T20:00", uid="b", url=url),
        )
        outcome = read(source, NOW + HOUR)
        assert outcome.run.new == 1
        assert not RunItem.objects.filter(action="adopted").exists()
