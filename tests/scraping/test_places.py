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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Tote, 67-71 Johnston St, Collingwood VIC 3066, Australia", ("Collingwood", "VIC", "AU")),
        ("12 Smith St, Fitzroy VIC 3065", ("Fitzroy", "VIC", "AU")),
        ("The Tote, 67 Johnston St, Collingwood, VIC 3066", ("Collingwood", "VIC", "AU")),
        ("Opera House, Bennelong Point, Sydney NSW 2000", ("Sydney", "NSW", "AU")),
        ("Opera House, Bennelong Point, Sydney, New South Wales 2000, Australia", ("Sydney", "NSW", "AU")),
        ("Bar, 1 Main St, Perth, Western Australia, Australia", ("Perth", "WA", "AU")),
        ("Bar, Melbourne, Victoria, Australia", ("Melbourne", "VIC", "AU")),
        ("Folklore Hoxton, 186 Hackney Rd, London E2 7QL, UK", ("London", "", "GB")),
        ("Pub, 95 Cheetham Hill Rd, Cheetham Hill, Manchester M8 8PY", ("Manchester", "", "GB")),
        ("Pub, 95 Cheetham Hill Rd, Manchester, M8 8PY", ("Manchester", "", "GB")),
        ("Pub, 95 Cheetham Hill Rd, Manchester, M8 8PY, United Kingdom", ("Manchester", "", "GB")),
        ("Blue Note, 130 S Main St, Portland, OR 97205, USA", ("Portland", "OR", "US")),
        ("Blue Note, 28 Bathurst St, Toronto, ON M5V 0C6, Canada", ("Toronto", "ON", "CA")),
        ("Blue Note, 28 Bathurst St, Toronto ON M5V 0C6", ("Toronto", "ON", "CA")),
        ("Blue Note, 130 S Main St, Portland OR 97205", ("Portland", "OR", "US")),
        ("Blue Note, 130 S Main St, Austin, TX", ("Austin", "TX", "US")),
        ("Blue Note, 21 Park Street, Montclair, 07042, United States", ("", "", "US")),
        ("Edgewood Country Club, 100 Churchill Rd, Pittsburgh, PA 15235, USA", ("Pittsburgh", "PA", "US")),
        ("Klub, Hauptstr. 1, 10997 Berlin", ("Berlin", "", "")),
        ("Klub, Hauptstr. 1, D-10997 Berlin, Deutschland", ("Berlin", "", "DE")),
        ("Klub, Damrak 1, 1012 LG Amsterdam, Netherlands", ("Amsterdam", "", "NL")),
        ("Sala, Rua A 1, 1200-109 Lisboa, Portugal", ("Lisboa", "", "PT")),
        ("Klub, ul. Nowa 1, 00-001 Warszawa", ("Warszawa", "", "")),
        ("Klub, Gatan 1, 111 22 Stockholm, Sweden", ("Stockholm", "", "SE")),
        ("Θέατρο, Οδός 1, 105 53 Αθήνα", ("Αθήνα", "", "")),
        ("Klub, Ulice 1, 110 00 Praha 1, Czechia", ("Praha", "", "CZ")),
        ("Teatro, Calle 1, Centro, 64000 Monterrey, N.L., México", ("Monterrey", "", "MX")),
        ("Casa, Rua 1, São Paulo - SP, 01310-100, Brasil", ("São Paulo", "", "BR")),
        ("Casa, Rua 1, São Paulo - SP, Brasil", ("São Paulo", "", "BR")),
        ("Bar, 1 Queen St, Auckland 1010, New Zealand", ("Auckland", "", "NZ")),
        ("Bar, 1 Queen St, Dublin 2, Ireland", ("Dublin", "", "IE")),
        ("Bar, 1 Queen St, Dublin, D02 XY45, Ireland", ("Dublin", "", "IE")),
        ("Hall, MG Road, Bengaluru 560001, India", ("Bengaluru", "", "IN")),
        ("Hall, MG Road, Bengaluru, Karnataka 560001, India", ("Karnataka", "", "IN")),
        ("Club, Unter den Linden 1, Berlin, Germany", ("", "", "DE")),
        ("Theatre, Rome and More", ("", "", "")),
        ("Room 12, Building 4", ("", "", "")),
        ("Dublin Castle, 94 Parkway, London NW1 7AN", ("London", "", "GB")),
        ("Bar, Level 2, 123 Swanston St, Melbourne Victoria 3000", ("Melbourne", "VIC", "AU")),
        ("Bar, 5 Mary Street", ("", "", "")),
        ("Bar, Washington", ("", "", "")),
        ("Bar, Perth WA", ("", "", "")),
        ("Hall, Springfield IL", ("", "", "")),
        ("Hall, 1 A St, Salt Lake City UT 84101", ("Salt Lake City", "UT", "US")),
        ("Blue Note\nHauptstr. 1\n10997 Berlin\nDeutschland", ("Berlin", "", "DE")),
    ],
)
def test_the_locality_is_told_in_the_order_of_each_country(text: str, expected: tuple[str, str, str]) -> None:
    where = place_of(text)
    assert (where.locality, where.region, where.country) == expected
