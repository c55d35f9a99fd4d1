import pytest

from events.categories import CATEGORIES
from scraping.categories import codes_of


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["Concert"], ["music"]),
        (["Live Music"], ["music"]),
        (["Konzert", "Jazz"], ["music"]),
        (["https://schema.org/MusicEvent"], ["music"]),
        (["MusicEvent", "Comedy Show"], ["music", "comedy"]),
        (["Nightlife & Parties"], ["nightlife"]),
        (["club"], ["nightlife"]),
        (["Dance Music"], ["nightlife"]),
        (["Théâtre"], ["theatre"]),
        (["Performing & Visual Arts"], ["theatre"]),
        (["Stand-up"], ["comedy"]),
        (["Film Festival"], ["film"]),
        (["Ausstellung"], ["art"]),
        (["exposición"], ["art"]),
        (["Lesung"], ["books"]),
        (["Spoken Word"], ["books"]),
        (["Vortrag"], ["talks"]),
        (["Workshop"], ["workshops"]),
        (["Food & Drink"], ["food"]),
        (["Farmers Market"], ["food"]),
        (["Weihnachtsmarkt"], ["festivals"]),
        (["Kids & Family"], ["family"]),
        (["SportsEvent"], ["sports"]),
        (["Community"], ["community"]),
        (["ΣΥΝΑΥΛΙΑ"], ["music"]),
        (["Event"], []),
        (["Featured", "", "2026"], []),
        (["Musicality"], []),
    ],
)
def test_the_words_of_sources_become_codes(words, expected):
    assert list(codes_of(words)) == expected


def test_codes_stay_what_they_are():
    assert codes_of(CATEGORIES) == tuple(CATEGORIES)
