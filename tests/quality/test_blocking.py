import datetime as dt
import random
from collections.abc import Iterable
from typing import Any

from quality import blocking
from quality.columns import Columns
from quality.meetings import FULL
from quality.records import Record


def record(title: str, day: int = 4, *, hour: int = 20, **more: Any) -> Record:
    night = dt.date(2026, 12, day)
    values = {"key": title, "source": object(), "area": 1, **more}
    return Record(title=title, start=dt.datetime.combine(night, dt.time(hour)), night=night, **values)


def pairs(records: Iterable[Record], *, new: Iterable[int] | None = None) -> list[tuple[int, int]]:
    parts = blocking.pairs(Columns(list(records)), new=new)
    found = [pair for left, right in parts for pair in zip(left.tolist(), right.tolist(), strict=True)]
    assert len(found) == len(set(found))
    return sorted(found)


def test_likely_titles_and_an_address_in_common_make_a_pair() -> None:
    url = "https://klub-null.example/events/1"
    records = [
        record("Mdou Moctar", url=url),
        record("Moctar, Mdou"),
        record("Agadez", url=url),
        record("Mdou Mocktar (live)"),
        record("Tinariwen"),
        record("Desert blues with Mdou Moctar and many, many guests from Niger"),
    ]
    assert pairs(records) == [(0, 1), (0, 2), (0, 3), (0, 5), (1, 3), (1, 5)]


def test_other_titles_at_one_place_make_a_pair_if_one_text_tells_of_the_other() -> None:
    text = "Desert blues: Mdou Moctar and his band play the songs of the new record."
    records = [
        record("Agadez night", venue="Klub Null", description=text),
        record("Mdou Moctar", venue="KLUB NULL"),
        record("Sahara lounge", venue="Hall", description=text),
        record("Tinariwen", venue="Klub Null"),
        record("Tinariwen", venue="Klub Null", area=2),
    ]
    assert pairs(records) == [(0, 1), (0, 2)]


def test_a_word_of_the_place_in_common_is_enough_for_a_text_that_tells_of_the_other() -> None:
    text = "Mdou Moctar and his band play the songs of the new record."
    there = record("Agadez night", venue="Goatlandia Animal Sanctuary", description=text)
    act = record("Mdou Moctar", venue="Goatlandia Farm")
    named = record("Goatlandia", venue="", description=text)
    assert pairs([there, act]) == [(0, 1)]
    assert pairs([named, act]) == [(0, 1)]
    assert pairs([there, record("Tinariwen", venue="Goatlandia Farm")]) == []


def test_a_word_that_many_titles_have_says_nothing_in_a_text_unless_the_title_has_no_other() -> None:
    text = "With food by the kitchen, and karaoke for all who stay."
    there = record("Agadez night", venue="Klub Null", description=text)
    assert pairs([there, record("Tinariwen karaoke", venue="Klub Null")]) == []
    assert pairs([there, record("Karaoke", venue="Klub Null")]) == [(0, 1)]


def test_the_name_of_the_city_is_nothing_in_common() -> None:
    one, other = record("Bloomington Pridefest", city="Bloomington"), record("Bloomington Fair", city="Bloomington")
    assert pairs([one, other]) == []
    assert pairs([one, record("PrideFest Programming", city="Bloomington")]) == [(0, 1)]


def test_a_time_in_a_text_is_seen_in_any_script() -> None:
    said = {"Doors – 14:00", "٨ pm", "What? At 8 pm!"}
    texts = ["", "No time", *said, "Room 12", "Türen um acht", ""]
    seen = Columns([record("Mdou Moctar", description=text) for text in texts])
    assert seen.says_time.tolist() == [text in said for text in texts]


def test_of_neighbouring_nights_only_what_a_mistake_may_have_moved_is_compared() -> None:
    late, in_utc, next_day = record("Mdou Moctar", hour=23), record("Mdou Moctar", 5, hour=7), record("Mdou Moctar", 5)
    assert pairs([late, in_utc, next_day, record("Mdou Moctar", area=2)]) == [(0, 1)]
    assert pairs([in_utc, late]) == [(0, 1)]
    assert pairs([record("Mdou Moctar", hour=23, description="The show is at 20:00."), next_day]) == [(0, 1)]
    assert pairs([record("Mdou Moctar", description="The show is at 21:00."), next_day]) == []
    midnight = record("Mdou Moctar", 5, hour=0, time_known=False, midnight=True)
    assert pairs([record("Mdou Moctar", hour=19), midnight]) == [(0, 1)]


def test_another_time_of_one_night_is_compared_only_if_a_mistake_or_a_text_may_explain_it() -> None:
    evening = record("Mdou Moctar")
    assert pairs([evening, record("Mdou Moctar", hour=14)]) == []
    assert pairs([evening, record("Mdou Moctar", hour=8)]) == [(0, 1)]
    assert pairs([evening, record("Mdou Moctar", hour=14, description="Doors 14:00, show 20:00")]) == [(0, 1)]
    assert pairs([evening, record("Mdou Moctar", hour=0, time_known=False)]) == [(0, 1)]


def test_what_one_source_shows_is_compared_only_as_the_same_row_twice() -> None:
    shown = [record("Mdou Moctar", source=1), record("Mdou Moctar", source=1)]
    gone = [record("Mdou Moctar", source=1), record("Mdou Moctar", source=1, live=False)]
    twice = [record("Mdou Moctar", source=1, fingerprint="abc") for _ in range(2)]
    assert [pairs(shown), pairs(gone), pairs(twice)] == [[], [(0, 1)], [(0, 1)]]


def test_titles_without_a_telling_word_meet_too() -> None:
    assert pairs([record("The The"), record("the the")]) == [(0, 1)]
    assert pairs([record("W.I.T.C.H."), record("Witch")]) == [(0, 1)]
    assert pairs([record("東京事変"), record("東京事変ライブ")]) == [(0, 1)]
    assert pairs([record("!!!"), record("!!!")]) == []


def test_only_pairs_with_something_new_if_asked() -> None:
    records = [record("Mdou Moctar") for _ in range(4)]
    assert pairs(records, new=[2, 3]) == [(0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]
    assert pairs(records) == [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]
    assert pairs([record("Mdou Moctar", hour=23), record("Mdou Moctar", 5, hour=7)], new=[1]) == [(0, 1)]


def test_what_too_many_share_makes_no_pairs() -> None:
    names = [f"Karaoke {chr(97 + n % 26) * 5}{chr(97 + n // 26) * 5}" for n in range(FULL + 1)]
    records = [*map(record, names), record("Karaoke with Ana Lovell"), record("Ana Lovell")]
    assert pairs(records) == [(FULL + 1, FULL + 2)]


def test_pairs_grow_no_faster_than_records() -> None:
    def count(records: int) -> int:
        rng = random.Random(1)
        syllables = ["ka", "lo", "mi", "ra", "to", "ne", "shu", "ber", "gan", "dil"]
        names = ["".join(rng.choices(syllables, k=3)) for _ in range(400)]
        return len(pairs([record(" ".join(rng.sample(names, 3)), area=n // 200) for n in range(records)]))

    assert 0 < count(4000) < 2.5 * count(2000)
