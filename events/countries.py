"""Countries and their regions under the spellings that addresses have, as ISO 3166 codes."""

import functools
import json
from pathlib import Path
from typing import TypedDict

from events.text import fold

DATA = Path(__file__).parent / "data"
# What people write and no table of official names has.
_SPOKEN = {
    "GB": "UK, U.K., England, Scotland, Wales, Northern Ireland, Great Britain",
    "US": "U.S., U.S.A., United States of America, America",
    "AE": "UAE, U.A.E.",
    "AT": "Österreich",
    "BE": "België, Belgique, Belgien",
    "BG": "България",
    "BR": "Brasil",
    "CH": "Schweiz, Suisse, Svizzera, Suiza",
    "CZ": "Czech Republic, Česko",
    "DE": "Deutschland, Allemagne",
    "DK": "Danmark",
    "DO": "República Dominicana",
    "EE": "Eesti",
    "ES": "España, Espagne, Spanien, Spagna",
    "FI": "Suomi",
    "FR": "Frankreich, Francia",
    "GR": "Ελλάδα, Hellas, Griechenland, Grèce",
    "HR": "Hrvatska",
    "HU": "Magyarország",
    "IE": "Republic of Ireland, Irland",
    "IS": "Ísland",
    "IT": "Italia, Italie, Italien",
    "JP": "日本, Nippon",
    "KR": "Korea, Republic of Korea, 대한민국",
    "LT": "Lietuva",
    "LV": "Latvija",
    "MX": "México",
    "NL": "Netherlands, The Netherlands, Nederland, Holland, Pays-Bas, Niederlande",
    "NO": "Norge",
    "NZ": "Aotearoa, Aotearoa New Zealand",
    "PH": "Pilipinas",
    "PL": "Polska",
    "RU": "Россия",
    "SE": "Sverige, Schweden",
    "SI": "Slovenija",
    "SK": "Slovensko",
    "TR": "Türkiye, Türkei",
    "UA": "Україна",
    "VN": "Viet Nam, Việt Nam",
}


class Country(TypedDict, total=False):
    """`regions` (name by code) is there for countries whose addresses name one: US, Canada, Australia."""

    name: str
    iso3: str
    currency: str
    language: str
    regions: dict[str, str]


@functools.cache
def countries() -> dict[str, Country]:
    """All countries by ISO 3166-1 alpha-2 code."""
    return json.loads((DATA / "countries.json").read_text(encoding="utf-8"))


@functools.cache
def names_in(language: str | None) -> dict[str, str]:
    """The names of countries by code in a language other than English; {} if there is no list of them."""
    path = DATA / f"countries.{language}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


@functools.cache
def _country_codes() -> dict[str, str]:
    codes: dict[str, str] = {}
    for code, country in countries().items():
        codes |= {fold(text): code for text in (country["name"], country["iso3"], code)}
    return codes | {fold(name): code for code, names in _SPOKEN.items() for name in names.split(", ")}


@functools.cache
def _region_codes() -> dict[str, dict[str, str]]:
    return {
        code: {fold(text): region for region, name in country["regions"].items() for text in (region, name)}
        for code, country in countries().items()
        if "regions" in country
    }


@functools.lru_cache(maxsize=2000)
def country_code(text: str) -> str:
    """ "Germany", "DEU", "Deutschland" and "de" are DE; what is no country that we know is empty."""
    return _country_codes().get(fold(text), "")


@functools.lru_cache(maxsize=2000)
def region_code(country: str, text: str) -> str:
    """The code of a region in a country: "Calif" is none, "California" and "ca" are CA in the US."""
    return _region_codes().get(country, {}).get(fold(text), "")


@functools.lru_cache(maxsize=2000)
def countries_with_region(text: str) -> tuple[str, ...]:
    """The countries that have a region of that name or code."""
    return tuple(country for country in _region_codes() if region_code(country, text))
