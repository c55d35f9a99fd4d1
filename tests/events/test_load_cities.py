"""The cities of the data file and how they come into the database."""

import io
from zoneinfo import available_timezones

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from events.countries import countries, country_code, region_code
from events.management.commands.load_cities import read_cities
from events.models import City
from events.text import fold
from tests.factories import make_city


def load(*arguments: str) -> str:
    out = io.StringIO()
    call_command("load_cities", *arguments, stdout=out, stderr=io.StringIO())
    return out.getvalue().strip()


def test_the_data_is_fit_for_the_columns() -> None:
    rows = read_cities()
    assert len({row["code"] for row in rows}) == len({row["slug"] for row in rows}) == len(rows) > 6000
    zones = available_timezones()
    for row in rows:
        assert row["slug"].isascii(), row
        assert fold(row["slug"]).replace(" ", "-") == row["slug"], row
        assert row["timezone"] in zones, row
        assert len(row["currency"]) == 3, row
        assert row["language"], row
        assert len(row["aliases"]) <= 8, row
        assert max(map(len, row["exonyms"]), default=0) <= 40, row
        assert -90 <= row["latitude"] <= 90, row
        assert -180 <= row["longitude"] <= 180, row


def test_the_cities_that_people_look_for_have_the_short_names() -> None:
    rows = {row["code"]: row for row in read_cities()}
    slugs = {
        "ca--los-angeles": "los-angeles",
        "de--berlin": "berlin",
        "au--melbourne": "melbourne",
        "or--portland": "portland",
        "me--portland": "portland-me",
        "gb--london": "london",
        "ca--london": "london-ca",
        "ny--new-york": "new-york",
    }
    assert {code: rows[code]["slug"] for code in slugs} == slugs
    assert rows["ca--london"]["region"] == "ON"
    assert "München" in rows["de--munich"]["aliases"]
    assert "東京" in rows["jp--tokyo"]["aliases"]
    assert {"Colonia", "Köln", "ケルン"} & set(rows["de--koln"]["exonyms"]) == {"Colonia", "ケルン"}  # not its own name
    american = [row for row in rows.values() if row["country"] == "US" and row["population"] > 300_000]
    assert len(american) >= 40


@pytest.mark.django_db
def test_all_cities_are_loaded_and_a_second_time_writes_nothing() -> None:
    known = len(read_cities())
    assert load() == f"{known:,} cities known, {known:,} new, 0 changed."
    assert not City.objects.active().exists()
    assert City.objects.get(slug="koln").folded == "koln | cologne | koeln | keulen"
    with CaptureQueriesContext(connection) as queries:
        assert load() == f"{known:,} cities known, 0 new, 0 changed."
    assert not [q for q in queries if q["sql"].startswith(("INSERT", "UPDATE"))]


@pytest.mark.django_db
def test_only_a_country_and_only_large_cities() -> None:
    load("--country", "germany", "--min-population", "1000000")
    assert set(City.objects.values_list("slug", flat=True)) == {"berlin", "hamburg", "munich", "koln"}


@pytest.mark.django_db
def test_an_editors_columns_stay_and_empty_ones_are_filled() -> None:
    load("--country", "DE", "--min-population", "1000000")
    City.objects.filter(code="de--munich").update(name="Minga", aliases=[], currency="", active=True)
    assert load("--country", "DE", "--min-population", "1000000") == "4 cities known, 0 new, 1 changed."
    munich = City.objects.get(code="de--munich")
    assert (munich.name, munich.aliases, munich.currency) == ("Minga", ["München", "Muenchen"], "EUR")
    assert munich.active
    assert munich.folded == "minga | munchen | muenchen"
    assert load("--country", "DE", "--min-population", "1000000", "--update").endswith("1 changed.")
    munich.refresh_from_db()
    assert (munich.name, munich.active) == ("Munich", True)


@pytest.mark.django_db
def test_a_slug_that_is_taken_gives_way() -> None:
    make_city("berlin", code="de--neu-berlin")
    load("--country", "DE", "--min-population", "3000000")
    assert City.objects.get(code="de--berlin").slug == "de--berlin"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--country", "XX"), "XX is no country"),
        (("--country", "TV"), "no city of Tuvalu"),
        (("--country", "DE", "--min-population", "9000000"), "no city of Germany"),
    ],
)
def test_what_cannot_be_loaded_gets_a_sentence(arguments: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        load(*arguments)
    assert not City.objects.exists()


def test_countries_and_regions_are_read_in_many_spellings() -> None:
    assert {country_code(text) for text in ("DE", "de", "DEU", "Germany", "Deutschland")} == {"DE"}
    assert country_code("UK") == country_code("U.K.") == "GB"
    assert country_code("Atlantis") == ""
    assert region_code("US", "california") == region_code("US", "CA") == "CA"
    assert region_code("US", "Bavaria") == region_code("DE", "CA") == ""
    assert countries()["JP"]["currency"] == "JPY"
