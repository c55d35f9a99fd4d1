import pytest

from events.drafts import Where
from scraping.places import place_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Blue Note", Where(venue="Blue Note")),
        ("", Where()),
        (
            "Blue Note, 21 Park Street, Montclair, 07042, United States",
            Where(venue="Blue Note", address="21 Park Street, Montclair, 07042, United States", country="US"),
        ),
        (
            "Blue Note, 130 S Main St, Portland, OR 97205, USA",
            Where(
                venue="Blue Note",
                address="130 S Main St, Portland, OR 97205, USA",
                locality="Portland",
                region="OR",
                country="US",
            ),
        ),
        (
            "Blue Note, 28 Bathurst St, Toronto, ON M5V 0C6, Canada",
            Where(
                venue="Blue Note",
                address="28 Bathurst St, Toronto, ON M5V 0C6, Canada",
                locality="Toronto",
                region="ON",
                country="CA",
            ),
        ),
        (
            "Nature Preserve, 2713 Mt. Sinai Rd., Chapel Hill, North Carolina, 27514, United States",
            Where(
                venue="Nature Preserve",
                address="2713 Mt. Sinai Rd., Chapel Hill, North Carolina, 27514, United States",
                locality="Chapel Hill",
                region="NC",
                country="US",
            ),
        ),
        (
            "Blue Note (420 1st St, Santa Rosa, CA 95401)",
            Where(
                venue="Blue Note",
                address="420 1st St, Santa Rosa, CA 95401",
                locality="Santa Rosa",
                region="CA",
                country="US",
            ),
        ),
        ("Blue Note - 12 Rue Haute", Where(venue="Blue Note", address="12 Rue Haute")),
        (
            "Hauptstr. 1, 10997 Berlin, Deutschland",
            Where(venue="Hauptstr. 1", address="10997 Berlin, Deutschland", locality="Berlin", country="DE"),
        ),
        (
            "3473 Main Ave, Portland, OR 97205",
            Where(address="3473 Main Ave, Portland, OR 97205", locality="Portland", region="OR", country="US"),
        ),
        (
            "1015 Folsom, 1015 Folsom St, San Francisco",
            Where(venue="1015 Folsom", address="1015 Folsom St, San Francisco"),
        ),
        ("<p>Blue Note</p>", Where(venue="Blue Note")),
        ("Online", Where(venue="Online", online=True)),
        ("Virtual Event", Where(venue="Virtual Event", online=True)),
        ("https://zoom.us/j/123", Where(online=True)),
        ("https://venue.example/event/1", Where()),
        ("Club Online", Where(venue="Club Online")),
    ],
)
def test_a_line_is_taken_apart_as_far_as_it_is_plain_how(text, expected):
    assert place_of(text) == expected
