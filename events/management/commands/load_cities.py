"""Bring the cities of the data file into the database."""

import gzip
import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from events.countries import DATA, countries, country_code
from events.models import City
from events.places import assign_areas

FIELDS = (
    "name",
    "country",
    "region",
    "latitude",
    "longitude",
    "timezone",
    "population",
    "currency",
    "language",
    "aliases",
    "exonyms",
)
BATCH = 1000


def read_cities() -> list[dict[str, Any]]:
    """The rows of the data file, the largest first, with their country's currency and language."""
    with gzip.open(DATA / "cities.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    for row in rows:
        country = countries()[row["country"]]
        row |= {"currency": country["currency"], "language": country["language"]}
    return sorted(rows, key=lambda row: (-row["population"], row["code"]))


class Command(BaseCommand):
    help = (
        "Load the cities of the world into the database. They are inactive: an editor activates "
        "those that the site serves. Cities that are there keep what they have; what is empty is filled in."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--country", action="append", metavar="CODE", help="only this one, as US or DE")
        parser.add_argument("--min-population", type=int, default=0, metavar="N")
        parser.add_argument("--update", action="store_true", help="overwrite what is there, editors' changes too")

    @transaction.atomic
    def handle(
        self, *, country: list[str] | None, min_population: int, update: bool, verbosity: int, **options: Any
    ) -> None:
        rows = self.selected(country or [], min_population)
        known = {city.code: city for city in City.objects.filter(code__in=[row["code"] for row in rows])}
        changed = [city for row in rows if (city := known.get(row["code"])) and fill(city, row, update=update)]
        new = self.new_cities([row for row in rows if row["code"] not in known])
        for start in range(0, len(new), BATCH):
            City.objects.bulk_create(new[start : start + BATCH])
            if verbosity:
                self.stderr.write(f"{min(start + BATCH, len(new)):,} of {len(new):,} new cities")
        City.objects.bulk_update(changed, [*FIELDS, "folded", "searched"], batch_size=BATCH)
        if changed:
            assign_areas()
        if verbosity:
            self.stdout.write(f"{len(rows):,} cities known, {len(new):,} new, {len(changed):,} changed.")

    def selected(self, names: list[str], min_population: int) -> list[dict[str, Any]]:
        codes = {name: country_code(name) for name in names}
        if unknown := [name for name, code in codes.items() if not code]:
            raise CommandError(
                f"{', '.join(unknown)} is no country that we know; write it as ISO 3166 does: US, DE, JP."
            )
        chosen = set(codes.values())
        rows = [
            row
            for row in read_cities()
            if row["population"] >= min_population and (not chosen or row["country"] in chosen)
        ]
        if empty := sorted(chosen - {row["country"] for row in rows}):
            where = ", ".join(countries()[code]["name"] for code in empty)
            raise CommandError(f"The data has no city of {where} with that population.")
        return rows

    def new_cities(self, rows: list[dict[str, Any]]) -> list[City]:
        """Unsaved cities. A slug that an editor's own city holds already gives way to the code."""
        taken = set(City.objects.values_list("slug", flat=True))
        cities = []
        for row in rows:
            city = City(**row)
            if city.slug in taken:
                city.slug = city.code
            city.fold_names()
            cities.append(city)
        return cities


def fill(city: City, row: dict[str, Any], *, update: bool) -> bool:
    """Set the fields that are empty, all if `update`; whether any changed."""
    changed = False
    for field in FIELDS:
        value = getattr(city, field)
        if row[field] != value and (update or value in ("", 0, [])):
            setattr(city, field, row[field])
            changed = True
    if changed:
        city.fold_names()
    return changed
