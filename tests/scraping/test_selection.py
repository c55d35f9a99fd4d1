"""Editors' rules of what is taken from a source."""

import pytest

from events.drafts import EventDraft
from events.models import Event, Listing, Source
from scraping import selection
from scraping.models import Health, RunItem
from scraping.normalise import normalise
from tests.scraping.feeds import Publisher, vevent
from tests.scraping.readings import HOUR, NOW, add, assert_settled, read


def rule_of(include: str = "", exclude: str = "", **columns: object) -> str:
    draft = EventDraft(when=None, **{"title": "Kinderkonzert im Hof", **columns})  # type: ignore[arg-type]
    source = Source(include=include, exclude=exclude)
    return next(iter(selection.refused(source, [draft], [normalise(draft, base_url="")]).values()), "")


@pytest.mark.parametrize(
    ("pattern", "columns"),
    [
        ("kinder", {}),
        ("KÍNDER", {}),
        ("konzert im", {}),
        ("kinder*hof", {}),
        ("*kinder*", {}),
        ("Yoga & Tanz", {"title": "Yoga und Tanz – Yoga & Tanz!"}),
        # the publisher's own words, our codes and what visitors read
        ("Für Familien", {"categories": ("für Familien",)}),
        ("family", {"categories": ("Kinder",)}),
        ("theatre & dance", {"categories": ("Theater",)}),
        # addresses, as they are written
        ("/kurse/", {"url": "https://klub.example/Kurse/7"}),
        ("klub.example/*/7", {"url": "https://klub.example/kurse/7"}),
        ("?", {"url": "https://klub.example/?event=7"}),
    ],
)
def test_a_pattern_stands_in_title_category_or_address(pattern: str, columns: dict[str, object]) -> None:
    assert rule_of(exclude=pattern, **columns) == pattern
    assert rule_of(include=pattern, **columns) == ""


@pytest.mark.parametrize(
    ("pattern", "columns"),
    [
        ("erwachsene", {}),
        ("hof*kinder", {}),
        ("k.nzert", {}),  # no regular expression
        ("/kurse/", {"title": "Kurse"}),  # an address is no word
        ("!", {}),  # nothing is left of it when it is folded
        ("family", {"categories": ("Konzert",)}),
    ],
)
def test_what_stands_nowhere_matches_nothing(pattern: str, columns: dict[str, object]) -> None:
    assert rule_of(exclude=pattern, **columns) == ""
    assert rule_of(include=pattern, **columns) == selection.NOT_INCLUDED


@pytest.mark.parametrize("text", ["", "\n \n", "*", " ** \n"])
def test_empty_lines_and_lone_stars_are_no_rules(text: str) -> None:
    assert rule_of(include=text, exclude=text) == ""


def test_one_line_of_several_is_enough_and_exclude_goes_first() -> None:
    assert rule_of(include="theater\nkinder") == ""
    assert rule_of(exclude="theater\n  kinder  ") == "kinder"
    assert rule_of(include="konzert", exclude="kinder") == "kinder"


def test_a_pattern_cannot_stall_a_worker() -> None:
    assert rule_of(exclude="*a" * 2000, title="a" * 300) == ""


# --- through the pipeline -------------------------------------------------------------------------


def programme(*extra: str) -> list[str]:
    evenings = [vevent(f"Konzert Nummer {n}", f"2026-12-{n:02}T20:00") for n in range(5, 10)]
    courses = [vevent(f"Yogakurs {n}", f"2026-12-{n:02}T10:00", categories="Kurse") for n in range(5, 17)]
    return [*evenings, *courses, *extra]


@pytest.mark.django_db
class TestReading:
    def test_what_is_left_out_is_counted_and_shown_and_not_saved(self, publisher: Publisher) -> None:
        publisher.publish(*programme())
        outcome = read(add(publisher, exclude="kurse"))
        assert (outcome.run.fetched, outcome.run.new, outcome.run.filtered, outcome.run.upcoming) == (17, 5, 12, 5)
        assert {row.title for row in Listing.objects.all()} == {f"Konzert Nummer {n}" for n in range(5, 10)}
        health = Health.objects.get()
        assert health.filtered == 12
        assert {"title": "Yogakurs 5", "rule": "kurse"} in health.left_out

    def test_new_rules_are_applied_to_the_same_bytes(self, publisher: Publisher) -> None:
        publisher.publish(*programme())
        source = add(publisher)
        read(source)
        source.include = "konzert"
        source.save()
        outcome = read(source, NOW + HOUR)
        assert "If-None-Match" not in publisher.asked[-1].headers
        assert outcome.run.filtered == 12

    def test_what_rules_leave_out_is_retired_at_the_second_reading_however_much_it_is(
        self, publisher: Publisher
    ) -> None:
        publisher.publish(*programme())
        source = add(publisher)
        read(source)
        source.exclude = "yoga"
        source.save()
        read(source, NOW + HOUR)
        assert RunItem.objects.filter(action="missing").count() == 12
        assert Health.objects.get().state == "healthy"  # an editor's rule is no drop
        read(source, NOW + 8 * HOUR)
        assert Event.objects.filter(status="not_listed").count() == 12
        assert Event.objects.filter(status="scheduled").count() == 5
        assert_settled(source, NOW + 9 * HOUR)

    def test_what_vanishes_beside_them_is_still_doubted(self, publisher: Publisher) -> None:
        publisher.publish(*programme())
        source = add(publisher)
        read(source)
        source.exclude = "yoga"
        source.save()
        left = [vevent("Konzert Nummer 9", "2026-12-09T20:00")]
        publisher.publish(*left, *programme()[5:])
        read(source, NOW + HOUR)
        # four of five are missing: not more than five, so they are believed
        assert Listing.objects.exclude(missing_since=None).count() == 16

    def test_rules_that_are_taken_back_bring_everything_back(self, publisher: Publisher) -> None:
        publisher.publish(*programme())
        source = add(publisher)
        read(source)
        for hours, exclude in ((1, "yoga"), (8, "yoga"), (9, "")):
            source.exclude = exclude
            source.save()
            read(source, NOW + hours * HOUR)
        assert not Listing.objects.exclude(missing_since=None).exists()
        assert Event.objects.filter(status="scheduled").count() == 17
        assert_settled(source, NOW + 10 * HOUR)

    def test_an_answer_of_which_nothing_is_taken_any_more_is_told(self, publisher: Publisher) -> None:
        many = [vevent(f"Konzert Nummer {n}", f"2026-12-{n:02}T20:00", categories="Live") for n in range(5, 15)]
        publisher.publish(*many)
        source = add(publisher, include="live")
        read(source)
        publisher.publish(*(event.replace("CATEGORIES:Live", "CATEGORIES:Bühne") for event in many))
        read(source, NOW + HOUR)
        assert Health.objects.get().reason == "0 events to come, where there are usually 10."
        assert not Listing.objects.exclude(missing_since=None).exists()
