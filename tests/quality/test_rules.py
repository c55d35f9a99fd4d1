import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from events.drafts import EventDraft, Price, Problem, When, Where
from events.models import City
from quality.rules import BY_CODE, RULES, Found, assess
from quality.score import as_sum, score
from scraping.normalise import normalise
from tests.factories import CITIES
from tests.scraping.arbitrary import DRAFTS

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


BERLIN = City(name="Berlin", **CITIES["berlin"])
LOS_ANGELES = City(name="Los Angeles", **CITIES["los-angeles"])


def draft(**changes: Any) -> EventDraft:
    """A draft that no rule finds anything in."""
    return EventDraft(
        **{
            "title": "The Wedding Present",
            "when": When(start=dt.datetime(2026, 12, 5, 20), end=dt.datetime(2026, 12, 5, 23)),
            "where": Where(venue="Klub Null", address="Am Wriezener Bahnhof 1"),
            "url": "https://klub-null.example/2026/12/05",
            "description": "Thirty years of Bizarro, played from the first song to the last.",
            **changes,
        }
    )


def found(one: EventDraft, *, city: Any = BERLIN, is_new: bool = True, home: Any = BERLIN) -> list[Found]:
    return assess(one, now=NOW, city=city, is_new=is_new, home=home)


def when(start: dt.datetime, **more: Any) -> dict[str, Any]:
    return {"when": When(start=start, **more)}


BROKEN: list[tuple[str, dict[str, Any]]] = [
    ("title.missing", {"title": " – "}),
    ("title.short", {"title": "Jazz"}),
    ("title.long", {"title": "la " * 70}),
    ("title.placeholder", {"title": "View details"}),
    ("title.placeholder", {"title": "Buy Tickets Now"}),
    ("title.placeholder", {"title": "TBA"}),
    ("title.placeholder", {"title": "Lorem ipsum"}),
    ("title.placeholder", {"title": "test"}),
    ("title.placeholder", {"title": "Busy"}),
    ("title.placeholder", {"title": "CLOSED tonight!"}),
    ("title.placeholder", {"title": "Wird noch bekannt gegeben"}),
    ("title.placeholder", {"title": "N.N."}),
    ("title.missing", {"title": "🎸🎸🎸 !!! 🎉"}),
    ("title.nonsense", {"title": "X" * 150}),
    ("title.nonsense", {"title": "aaaaa a"}),
    ("title.nonsense", {"title": "Woooooooooooooow!"}),
    ("title.button", {"title": "View The Wedding Present"}),
    ("title.button", {"title": "View LISBON! THE LIVE TOUR"}),
    ("title.button", {"title": "Buy tickets: The Wedding Present"}),
    ("title.address", {"title": "The Wedding Present https://example.org/tickets"}),
    ("title.shouting", {"title": "THE WEDDING PRESENT"}),
    ("description.short", {"description": ""}),
    ("description.short", {"description": "Come along!"}),
    ("description.stand_in", {"description": "Lorem ipsum dolor sit amet, consectetur adipiscing elit."}),
    ("description.stand_in", {"description": "Description goes here, please write something nice."}),
    ("description.shouting", {"description": "COME ONE, COME ALL AND BRING YOUR FRIENDS " * 3}),
    ("description.long", {"description": "la " * 2000}),
    ("date.unreadable", {"when": None}),
    ("date.past", when(dt.datetime(2026, 11, 20, 20))),
    ("date.far", when(dt.datetime(2029, 1, 1, 20))),
    ("date.end_before_start", when(dt.datetime(2026, 12, 5, 20), end=dt.datetime(2026, 12, 5, 2))),
    ("date.duration", when(dt.datetime(2026, 12, 5, 20), end=dt.datetime(2028, 3, 5, 2))),
    ("url.invalid", {"url": "javascript:alert(1)"}),
    ("url.invalid", {"url": "https://[broken"}),
    ("venue.unknown", {"where": Where()}),
    ("venue.unknown", {"where": Where(address="Location TBA")}),
    ("place.elsewhere", {"where": Where(venue="Klub Null", latitude=48.14, longitude=11.58)}),
    ("price.implausible", {"price": Price(minimum=Decimal(20_000), currency="EUR")}),
    ("price.implausible", {"price": Price(minimum=Decimal(-5), currency="EUR")}),
    ("price.implausible", {"price": Price(minimum=Decimal(20), maximum=Decimal(10))}),
    ("price.implausible", {"price": Price(minimum=Decimal(20), is_free=True)}),
    ("text.spam", {"description": "Best slot gacor tonight, deposit now and win big."}),
    ("text.links", {"description": " ".join(f"https://spam-{n}.example/page" for n in range(9))}),
    ("text.links", {"description": " ".join(f"the very best offers: https://shop-{n}.example" for n in range(16))}),
]


@pytest.mark.parametrize(("rule", "changes"), BROKEN, ids=lambda value: value if isinstance(value, str) else "")
def test_a_broken_rule_is_found_and_nothing_else(rule: str, changes: dict[str, Any]) -> None:
    codes = [one.rule for one in found(draft(**changes))]
    assert rule in codes
    assert set(codes) <= {rule, "title.shouting", "title.short"}


FINE: list[dict[str, Any]] = [
    {},
    {"title": "Testament"},
    {"title": "View from the Bridge"},
    {"title": "View From The Bridge"},
    {"title": "Viewfinder"},
    {"title": "Closed Eyes, Open Hearts"},
    {"title": "Testament and the Test Dept."},
    {"title": "ABBA"},
    {"title": "ZZZ"},
    {"title": "Aaaargh"},
    {"title": "1111"},
    {"title": "The Goooooooooooal Show with Nora"},
    {"where": Where(venue="Waschhaus", latitude=52.4, longitude=13.07)},  # Potsdam
    {"where": Where(online=True, latitude=48.14, longitude=11.58)},
    {"description": "Slides: https://a.example and https://b.example. Come and learn how to write programs with us."},
    {"title": "東京事変ライブ", "description": "閃光少女から最新作まで、全曲をバンドで演奏します。お楽しみに。"},
    {"description": "Casino night in the old town hall, with dinner and a band."},
    {"where": Where(online=True)},
    {"price": Price(minimum=Decimal(8_000), currency="JPY")},
    {"price": Price(minimum=Decimal(0), is_free=True)},
    when(dt.datetime(2026, 11, 1), end=dt.datetime(2026, 12, 24), all_day=True),  # an exhibition that still runs
    when(dt.datetime(2026, 11, 23, 1)),  # tonight's
]


@pytest.mark.parametrize("changes", FINE)
def test_what_is_fine_is_not_found(changes: dict[str, Any]) -> None:
    assert [one.rule for one in found(draft(**changes)) if one.rule != "title.short"] == []


def test_a_known_event_may_be_over() -> None:
    past = draft(when=When(start=dt.datetime(2026, 11, 20, 20)))
    assert found(past, is_new=False) == []


def test_a_club_night_that_began_yesterday_is_not_over_before_six() -> None:
    night = draft(when=When(start=dt.datetime(2026, 11, 21, 23)))
    five = dt.datetime(2026, 11, 22, 4, 59, tzinfo=dt.UTC)  # 05:59 in Berlin
    assert assess(night, now=five, city=BERLIN, is_new=True) == []
    later = assess(night, now=five + dt.timedelta(minutes=2), city=BERLIN, is_new=True)
    assert [one.rule for one in later] == ["date.past"]


def test_an_instant_is_over_when_the_citys_night_is() -> None:
    # 20:00 in Los Angeles, seen there at 23:30: after 06:00 in UTC
    concert = draft(when=When(start=dt.datetime(2026, 11, 26, 4), timezone="UTC"))
    late = dt.datetime(2026, 11, 26, 7, 30, tzinfo=dt.UTC)
    assert assess(concert, now=late, city=LOS_ANGELES, is_new=True) == []
    morning = assess(concert, now=late + dt.timedelta(hours=7), city=LOS_ANGELES, is_new=True)
    assert [one.rule for one in morning] == ["date.past"]


def test_no_city_is_an_error_with_the_place_in_it() -> None:
    [one] = found(draft(where=Where(venue="The Echo", locality="Los Angeles")), city=None)
    assert (one.rule, one.severity) == ("city.unknown", "error")
    assert "Los Angeles" in one.message


def test_an_unreadable_date_is_told_in_the_extractors_words() -> None:
    problem = Problem(code="date.unreadable", message="“next full moon” is no date.")
    [one] = found(draft(when=None, problems=(problem,)))
    assert (one.rule, one.message) == ("date.unreadable", "“next full moon” is no date.")


def test_other_problems_of_a_draft_are_warnings() -> None:
    problem = Problem(code="price.unreadable", message="“two sheep” is no price.")
    [one] = found(draft(problems=(problem,)))
    assert (one.rule, one.severity, one.message) == ("price.unreadable", "warning", "“two sheep” is no price.")


def test_the_score_is_what_the_findings_leave_of_100() -> None:
    assert score([]) == 100
    two = found(draft(title="THE WEDDING PRESENT", where=Where()))
    weights = {rule.code: rule.weight for rule in RULES}
    assert score(two) == 100 - weights["title.shouting"] - weights["venue.unknown"]
    assert score(found(draft(title="", when=None))) == 0


def test_each_rule_has_a_code_of_its_own_and_a_sentence() -> None:
    assert len({rule.code for rule in RULES}) == len(RULES)
    assert all(rule.sentence.endswith(".") and 0 < rule.weight <= 100 for rule in RULES)


def test_far_from_home_is_told_by_the_city_where_there_are_no_coordinates() -> None:
    here = draft(where=Where(venue="The Echo", locality="Los Angeles"))
    assert [one.rule for one in found(here, city=LOS_ANGELES)] == ["place.elsewhere"]
    assert found(here, city=LOS_ANGELES, home=LOS_ANGELES) == []
    assert found(here, city=LOS_ANGELES, home=None) == []  # a source of many cities has none


def test_what_is_really_bad_is_held_and_what_is_only_plain_is_not() -> None:
    plain = draft(title="JAZZ MIT VIEL GEFÜHL", description="", where=Where(), url="")
    assert score(found(plain)) >= 50
    for changes in ({"title": "Test"}, {"when": None}, {"description": "Best slot gacor tonight, deposit now."}):
        assert score(found(draft(**changes))) < 50


def test_a_text_with_a_few_links_is_a_text() -> None:
    line = "Chapter {}, about the history of the house and of the people in it: https://a.example/{}."
    text = " ".join(line.format(n, n) for n in range(9))
    assert found(draft(description=text)) == []


@given(one=DRAFTS, is_new=st.booleans(), city=st.sampled_from([BERLIN, LOS_ANGELES, None]))
@settings(max_examples=200, deadline=None)
def test_every_draft_can_be_assessed_and_its_score_is_what_the_findings_leave(one, is_new, city) -> None:
    seen = found(normalise(one), city=city, is_new=is_new)
    assert len({each.rule for each in seen}) == len(seen)
    assert all(len(each.message) <= 500 for each in seen)
    assert score(seen) == max(0, 100 - sum(each.weight for each in seen))
    assert as_sum(seen).startswith("100")


@pytest.mark.parametrize(
    ("raw", "rule"),
    [
        ({"when": When(start=dt.datetime(2026, 12, 5, 20), end=dt.datetime(2026, 12, 5, 2))}, "date.end_before_start"),
        ({"when": When(start=dt.datetime(2026, 12, 5, 20), end=dt.datetime(2036, 12, 5))}, "date.duration"),
        ({"url": "javascript:alert(1)"}, "url.invalid"),
        ({"title": "View details"}, "title.placeholder"),
    ],
)
def test_what_normalising_leaves_out_breaks_the_rule_all_the_same(raw: dict[str, Any], rule: str) -> None:
    [one] = [each for each in found(normalise(draft(**raw))) if each.rule == rule]
    assert one.weight == BY_CODE[rule].weight
