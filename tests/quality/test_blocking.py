import datetime as dt
import random
from typing import Any

from quality.blocking import FULL, pairs, words
from quality.records import Record


def record(title: str, day: int = 4, **more: Any) -> Record:
    night = dt.date(2026, 12, day)
    values = {"key": title, "source": title, "area": 1, **more}
    return Record(title=title, start=dt.datetime.combine(night, dt.time(20)), night=night, **values)


def test_a_word_a_place_or_an_address_in_common_makes_a_pair() -> None:
    url = "https://klub-null.example/events/1"
    records = [
        record("Mdou Moctar", venue="Klub Null", url=url),
        record("Moctar, Mdou"),
        record("Desert blues", venue="KLUB NULL"),
        record("Agadez", url=url),
        record("Tinariwen"),
    ]
    assert set(pairs(records)) == {(0, 1), (0, 2), (0, 3)}


def test_only_one_area_and_neighbouring_nights_are_compared() -> None:
    records = [record("Mdou Moctar"), record("Mdou Moctar", 5), record("Mdou Moctar", 7), record("Mdou Moctar", area=2)]
    assert set(pairs(records)) == {(0, 1)}


def test_only_pairs_with_something_new_if_asked() -> None:
    records = [record("Mdou Moctar") for _ in range(4)]
    assert list(pairs(records, new=[2, 3])) == [(0, 2), (1, 2), (2, 3), (0, 3), (1, 3)]
    assert sorted(pairs(records)) == [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]


def test_what_too_many_share_makes_no_pairs() -> None:
    names = [f"Karaoke {chr(97 + n % 26) * 5}{chr(97 + n // 26) * 5}" for n in range(FULL + 1)]
    records = [*map(record, names), record("Karaoke with Ana Lovell"), record("Ana Lovell")]
    assert list(pairs(records)) == [(FULL + 1, FULL + 2)]


def test_scripts_without_spaces_have_words_too() -> None:
    assert set(words("東京事変ライブ")) & set(words("東京事変"))


def test_pairs_grow_no_faster_than_records() -> None:
    def count(records: int) -> int:
        rng = random.Random(1)
        syllables = ["ka", "lo", "mi", "ra", "to", "ne", "shu", "ber", "gan", "dil"]
        names = ["".join(rng.choices(syllables, k=3)) for _ in range(400)]
        found = [record(" ".join(rng.sample(names, 3)), area=n // 200) for n in range(records)]
        return sum(1 for _ in pairs(found))

    assert count(4000) < 2.5 * count(2000)
