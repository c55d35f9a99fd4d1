"""Find listings of one event: in a file, without a database, or over the whole database."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone as clock

from events.models import City, Listing
from quality.clusters import Cluster, find
from quality.matching import limits
from quality.models import Verdict
from quality.records import Record, of_listings
from quality.verdicts import pair_of


class Command(BaseCommand):
    help = "Print groups of duplicates, one JSON object a line: ids, score 0 to 100, and reasons."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--city", metavar="CODE", help="only the area of this city; with --input, only lines of this city"
        )
        parser.add_argument(
            "--input",
            metavar="FILE",
            help="JSON Lines with id, city, source, title, starts_at, venue, address, url, description; - is "
            "standard input. The database is not asked then.",
        )

    def handle(self, *, city: str | None, input: str | None, **options: Any) -> None:
        groups = _in_file(input, city) if input else _in_database(city)
        found = False
        for group in groups:
            found = True
            line = {"ids": group.keys, "score": group.score, "reasons": list(group.reasons)}
            self.stdout.write(json.dumps(line, ensure_ascii=False))
        if not found:
            self.stderr.write(f"No duplicates found{'' if input else ' that are not one event already'}.")


def _in_file(name: str, city: str | None) -> list[Cluster]:
    with sys.stdin if name == "-" else _open(name) as file:
        return find([record for record in _records(file) if city in (None, record.city)], limits())


def _open(name: str) -> TextIO:
    try:
        return Path(name).open(encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{name} cannot be read: {error.strerror}.")


def _records(file: TextIO) -> Iterator[Record]:
    """One bad line costs itself. Of lines with one id both are compared: sources may number alike."""
    lines: dict[str | int, int] = {}
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        try:
            record = _record(line)
        except (ValueError, TypeError) as error:
            print(f"line {number} left out: {error}", file=sys.stderr)
            continue
        first = lines.setdefault(record.key, number)
        if first != number:
            print(
                f"line {number} has the id of line {first}, {record.key}: groups do not tell them apart",
                file=sys.stderr,
            )
        yield record


def _record(line: str) -> Record:
    try:
        values = json.loads(line)
    except ValueError as error:
        raise ValueError(f"it is no JSON: {error}")
    if not isinstance(values, dict):
        raise ValueError("it is no JSON object")
    if missing := [name for name in ("id", "title", "starts_at") if values.get(name) in (None, "")]:
        raise ValueError(f"it has no {' and no '.join(missing)}")
    if not isinstance(values["id"], str | int):
        raise ValueError("its id is neither text nor a number")
    return Record.from_json(values)


def _in_database(code: str | None) -> Iterator[Cluster]:
    """Future listings, area by area, without those that are of one event already and those that editors keep apart."""
    areas = City.objects.filter(area_cities__listings__isnull=False).distinct()
    if code:
        areas = areas.filter(area_cities__code=code)
        if not City.objects.filter(code=code).exists():
            raise CommandError(f"No city has the code {code!r}.")
    for area in areas.order_by("pk"):
        yield from _in_area(area)


def _in_area(area: City) -> list[Cluster]:
    listings = Listing.objects.live().filter(event__isnull=False, city__area=area, starts_at__gt=clock.now())
    found, apart = of_listings(listings, area=area), _kept_apart(area)
    return find(found, limits(), lambda i, j: pair_of(found[i].key, found[j].key) in apart)


def _kept_apart(area: City) -> set[tuple[int, int]]:
    """The pairs of listings that editors called different."""
    said = Verdict.objects.filter(by_editor=True, outcome=Verdict.Outcome.DIFFERENT, first__city__area=area)
    return set(said.values_list("first", "second"))
