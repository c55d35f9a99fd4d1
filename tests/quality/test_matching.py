import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from events.drafts import EventDraft, When, Where, instant
from events.models import City, Event, Listing, Source, Venue
from events.nights import night_of
from events.text import fold
from nocturne.models import User
from quality.matching import Match, match
from quality.models import Verdict
from quality.venues import resolve
from tests.factories import make_city, make_event, make_source

pytestmark = pytest.mark.django_db
FRIDAY = "2026-12-04T20:00"


def tell(
    title: str = "Mdou Moctar",
    local: str = FRIDAY,
    *,
    venue: str = "Klub Null",
    address: str = "",
    url: str = "",
    source: Source | None = None,
    event: Event | None = None,
    city: City | None = None,
    time_known: bool = True,
    **columns: Any,
) -> Listing:
    """A saved listing that says so, with the columns that saving fills in before it asks for a match."""
    city = city or make_city()
    source = source or make_source(city=city)
    start = dt.datetime.fromisoformat(local)
    draft = EventDraft(
        title=title,
        when=When(start=start, timezone=city.timezone, time_known=time_known),
        where=Where(venue=venue, address=address),
        url=url,
        description=columns.pop("description", ""),
    )
    place: Venue | None = resolve(city, [(venue, "")]).get(fold(venue))
    night = night_of(start, time_known=time_known)
    values = {
        "external_id": f"id-{Listing.objects.count()}",
        "content_hash": "",
        "title": title,
        "url": url,
        "canonical_url": url,
        "fingerprint": f"{fold(title)}|{local}|{fold(venue)}",
        "local_start": local,
        "timezone": city.timezone,
        "starts_at": instant(start, city.timezone),
        "night": night,
        "last_night": night,
        "city": city,
        "venue": place,
        "event": event,
        "draft": draft.to_json(),
    }
    return Listing.objects.create(source=source, **{**values, **columns})


def known(title: str = "Mdou Moctar", local: str = FRIDAY, **more: Any) -> Listing:
    """A listing that has an event."""
    city = more.setdefault("city", make_city())
    return tell(title, local, event=make_event(title, local=local, city=city), **more)


def match_one(listing: Listing) -> Match:
    return match([listing], area=make_city())[listing.pk]


def joins(listing: Listing, other: Listing) -> bool:
    assert other.event
    return match_one(listing).event_id == other.event.root_id


class TestTheSame:
    def test_alike_in_title_place_and_time(self) -> None:
        there = known("Mdou Moctar")
        found = match_one(tell("Mdou Moctar – live!", "2026-12-04T20:30"))
        assert (found.event_id, found.joined) == (there.event_id, True)
        assert found.score is not None
        assert found.score >= 80
        assert "times 30 min apart" in found.reasons

    def test_a_venue_under_a_longer_name(self) -> None:
        assert joins(tell(venue="Klub Null Berlin"), known())

    def test_the_same_address_of_the_web_whatever_the_venue_is_called(self) -> None:
        url = "https://klub-null.example/events/mdou-moctar"
        assert joins(tell("Mdou Moctar & Band", url=url, venue="Großer Saal"), known(url=url))

    def test_a_day_without_a_time(self) -> None:
        assert joins(tell(local="2026-12-04T00:00", time_known=False), known())

    def test_midnight_of_a_source_that_knows_only_days(self) -> None:
        assert joins(tell(local="2026-12-04T00:00"), known())

    def test_across_the_cities_of_one_area(self) -> None:
        suburb = make_city("potsdam", name="Potsdam", area=make_city())
        assert joins(tell(city=suburb), known())

    def test_new_listings_among_themselves(self) -> None:
        one, two, other = tell(), tell(), tell("Tinariwen", "2026-12-05T20:00")
        found = match([one, two, other], area=make_city())
        assert [found[row.pk].event_id for row in (one, two, other)] == [None] * 3
        assert found[one.pk].group == found[two.pk].group != found[other.pk].group
        assert not found[two.pk].joined

    def test_a_row_that_one_source_has_twice(self) -> None:
        source = make_source()
        assert joins(tell(source=source), known(source=source))

    def test_a_listing_keeps_its_event_whatever_it_says_by_now(self) -> None:
        there = known()
        Listing.objects.filter(pk=there.pk).update(title="Something else", night="2026-12-11")
        there.refresh_from_db()
        assert match_one(there) == Match(event_id=there.event_id, group=there.pk, joined=False)

    def test_a_merged_event_is_joined_at_its_root(self) -> None:
        root = make_event("Root")
        there = known()
        Event.objects.filter(pk=there.event_id).update(merged_into=None)
        Event.objects.filter(pk=root.pk).update(merged_into=None)
        older, younger = sorted((root.pk, there.event_id or 0))
        Event.objects.filter(pk=younger).update(merged_into=older, root=older)
        assert match_one(tell()).event_id == older


class TestDifferent:
    @pytest.mark.parametrize(
        ("one", "two"),
        [
            ({"local": "2026-12-04T19:00"}, {"local": "2026-12-04T21:30"}),  # early and late show
            ({"local": "2026-12-05T15:00"}, {"local": "2026-12-05T20:00"}),  # matinee and evening
            ({"title": "Open Mic"}, {"title": "Open Mic", "venue": "Bar Zwei"}),
            ({"title": "Open Mic", "venue": ""}, {"title": "Open Mic", "venue": "Bar Zwei"}),
            ({"title": "Der Ring, Teil 1"}, {"title": "Der Ring, Teil 2"}),
            ({"title": "Dune: Part One"}, {"title": "Dune: Part Two"}),
            ({"title": "12th Poetry Slam"}, {"title": "13th Poetry Slam"}),
            ({"local": "2026-12-04T20:00"}, {"local": "2026-12-05T20:00"}),  # two nights of one play
            ({"title": "Mdou Moctar"}, {"title": "Tinariwen"}),  # two stages of one house
        ],
    )
    def test_these_are_two(self, one: dict[str, Any], two: dict[str, Any]) -> None:
        known(**one)
        assert match_one(tell(**two)).event_id is None

    def test_early_and_late_show_under_one_address(self) -> None:
        url = "https://klub-null.example/events/mdou-moctar"
        known(url=url, local="2026-12-04T19:00")
        assert match_one(tell(url=url, local="2026-12-04T21:30")).event_id is None

    def test_weeks_of_a_series_under_one_address(self) -> None:
        url = "https://klub-null.example/series/jazz-monday"
        known("Jazz Monday", "2026-12-07T20:00", url=url)
        assert match_one(tell("Jazz Monday", "2026-12-14T20:00", url=url)).event_id is None

    def test_a_homepage_says_nothing(self) -> None:
        known("Mdou Moctar", url="https://klub-null.example", venue="")
        assert match_one(tell("Molam Disco", url="https://klub-null.example", venue="")).event_id is None

    def test_two_rooms_of_one_source_at_one_time(self) -> None:
        source = make_source()
        known("Family film", source=source, url="https://kino.example/film/1")
        assert match_one(tell("Family films", source=source, url="https://kino.example/film/2")).event_id is None

    def test_a_third_listing_does_not_bring_two_of_one_source_together(self) -> None:
        source = make_source()
        rows = [
            tell("Poetry Slam", "2026-12-04T20:00", source=source),
            tell("Poetry Slam!", "2026-12-04T20:45", source=source),
            tell("Poetry Slam", "2026-12-04T20:15"),
        ]
        found = match(rows, area=make_city())
        assert found[rows[0].pk].group != found[rows[1].pk].group
        assert found[rows[2].pk].group in (found[rows[0].pk].group, found[rows[1].pk].group)

    def test_a_festival_and_its_part(self) -> None:
        festival = known("Klangtage")
        part = known("Klangtage", "2026-12-04T20:30")
        assert festival.event
        assert part.event
        Event.objects.filter(pk=part.event_id).update(part_of=festival.event)
        assert match_one(part).event_id == part.event_id
        assert Event.objects.roots().count() == 2

    def test_another_area(self) -> None:
        known(city=make_city("los-angeles"))
        assert match_one(tell()).event_id is None


class TestEditors:
    def test_different_keeps_a_listing_out_of_all_that_is_one_with_the_other(self) -> None:
        there, also = known(), tell()
        also.event = there.event
        also.save()
        new = tell()
        say(new, also, "different")
        assert match_one(new).event_id is None

    def test_same_goes_before_everything(self) -> None:
        there = known("Mdou Moctar", "2026-12-04T20:00")
        new = tell("Touareg rock from Niger", "2026-12-18T21:00", venue="SO36")
        say(there, new, "same")
        assert joins(new, there)

    def test_a_likely_pair_waits_for_them_with_reasons(self) -> None:
        there = known("Open Mic", venue="")
        new = tell("Open Mic")
        assert match_one(new).event_id is None
        verdict = Verdict.objects.get()
        assert (verdict.first, verdict.second, verdict.outcome) == (there, new, "unsure")
        assert "one place is not known" in verdict.reasons

    def test_a_pair_waits_once_and_no_longer_than_there_is_doubt(self) -> None:
        there = known("Open Mic", venue="")
        new = tell("Open Mic")
        match_one(new)
        before = Verdict.objects.get().decided_at
        match_one(new)
        assert Verdict.objects.get().decided_at == before
        Listing.objects.filter(pk=there.pk).delete()
        there = known("Chess Club", venue="")
        match_one(new)
        assert not Verdict.objects.filter(outcome="unsure").exists()

    def test_their_word_is_not_written_over(self) -> None:
        there, new = known("Open Mic", venue=""), tell("Open Mic")
        say(there, new, "different")
        match_one(new)
        verdict = Verdict.objects.get()
        assert (verdict.outcome, verdict.by_editor) == ("different", True)

    def test_a_listing_that_moves_away_from_the_others_of_its_event_is_theirs_to_decide(self) -> None:
        there, also = known(), tell()
        also.event = there.event
        later = instant(dt.datetime(2026, 12, 11, 20), "Europe/Berlin")
        also.starts_at, also.night, also.local_start = later, dt.date(2026, 12, 11), "2026-12-11T20:00"
        also.save()
        assert match_one(also).event_id == there.event_id
        assert Verdict.objects.get().outcome == "unsure"


class TestBridges:
    def test_events_that_turn_out_to_be_one_are_merged(self) -> None:
        url = "https://klub-null.example/events/mdou-moctar"
        one = known("Mdou Moctar", venue="Klub Null")
        two = known("Desert blues with Mdou Moctar", url=url, venue="")
        found = match_one(tell("Mdou Moctar", venue="Klub Null", url=url))
        assert found.event_id == min(one.event_id or 0, two.event_id or 0)
        assert {row.root_id for row in Event.objects.all()} == {found.event_id}

    def test_on_weak_evidence_an_editor_decides(self) -> None:
        one = known("Mdou Moctar", "2026-12-04T19:15")
        two = known("Mdou Moctar Trio", "2026-12-04T20:45", source=make_source())
        found = match_one(tell("Mdou Moctar", "2026-12-04T20:00"))
        assert found.event_id in (one.event_id, two.event_id)
        assert Event.objects.roots().count() == 2

    def test_a_corrected_title_brings_two_events_together(self) -> None:
        one, two = known("Mdou Moctar"), known("A night in Agadez")
        Listing.objects.filter(pk=two.pk).update(title="Mdou Moctar")
        two.refresh_from_db()
        assert match_one(two).event_id == one.event_id


def say(one: Listing, two: Listing, outcome: str) -> None:
    first, second = sorted((one, two), key=lambda row: row.pk)
    editor = User.objects.filter(email="editor@nocturne.example").first()
    editor = editor or User.objects.create(email="editor@nocturne.example")
    Verdict.objects.create(first=first, second=second, outcome=outcome, by_editor=True, decided_by=editor)


def test_queries_do_not_grow_with_listings() -> None:
    def queries(count: int, day: int) -> int:
        for n in range(count):
            known(f"Known artist {n}", f"2026-12-{day}T20:00")
        new = [tell(f"Known artist {n}", f"2026-12-{day}T20:15") for n in range(count)]
        new += [tell(f"New artist {chr(97 + n)}", f"2026-12-{day}T21:00") for n in range(count)]
        with CaptureQueriesContext(connection) as context:
            found = match(new, area=make_city())
        assert sum(one.joined for one in found.values()) == count
        return len(context)

    assert queries(2, 10) == queries(12, 20)


def test_nothing_to_match_asks_nothing() -> None:
    with CaptureQueriesContext(connection) as context:
        assert match([], area=City()) == {}
    assert not context.captured_queries
