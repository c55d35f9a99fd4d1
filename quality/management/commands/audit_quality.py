"""Assess everything that is to come again, look for duplicates, and repair what is safe to repair."""

import json
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from events.models import City
from quality import audit, decline
from quality.tally import LINES, Tally, tens

ALWAYS = ("sources", "listings", "published", "held", "duplicates", "unsure")


class Command(BaseCommand):
    help = (
        "Assess everything that is to come again, look for duplicates over the whole database, and say what is wrong. "
        "Nothing is changed without --fix."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--city", metavar="CODE", help="only the area of this city")
        parser.add_argument(
            "--fix",
            action="store_true",
            help="write findings and scores, compose what drifted, merge what is surely one. Without --city this is "
            "the audit of the day, if that was not done yet: it is kept, and editors are told what got worse",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *, city: str | None, fix: bool, json: bool, **options: Any) -> None:
        where = _city(city)
        started = time.monotonic()
        tally, worse = Tally(), list[dict[str, str]]()
        of_the_day = audit.go_on(seconds=float("inf"), progress=self._progress) if fix and where is None else None
        if of_the_day:
            row, tally = of_the_day
            worse = row.worse
            decline.tell(row)
        else:
            tally = audit.look(city=where, fix=fix, progress=self._progress)
        if self.stderr.isatty():
            self.stderr.write("\r\033[K", ending="")
        seconds = round(time.monotonic() - started, 1)
        self.stdout.write(as_json(tally, worse, seconds) if json else as_text(tally, worse, seconds, fix=fix))

    def _progress(self, words: str) -> None:
        if self.stderr.isatty():
            self.stderr.write(f"\r\033[K{words[:100]}", ending="")
            self.stderr.flush()


def _city(code: str | None) -> City | None:
    if code is None:
        return None
    city = City.objects.select_related("area").filter(code=code).first()
    if city is None:
        raise CommandError(f"No city has the code {code!r}.")
    return city


def as_json(tally: Tally, worse: list[dict[str, str]], seconds: float) -> str:
    report = {
        "counts": {name: tally.counts[name] for name in LINES},
        "rules": dict(tally.rules.most_common()),
        "scores": {tens: tally.scores[tens] for tens in sorted(tally.scores, key=int)},
        "worse": worse,
        "notes": tally.notes,
        "seconds": seconds,
    }
    return json.dumps(report, ensure_ascii=False, indent=2)


def as_text(tally: Tally, worse: list[dict[str, str]], seconds: float, *, fix: bool) -> str:
    rows = [(words, tally.counts[name]) for name, words in LINES.items() if tally.counts[name] or name in ALWAYS]
    sections = [_table(rows)]
    if tally.rules:
        sections.append("Listings by rule\n" + _table(tally.rules.most_common()))
    if tally.scores:
        sections.append("Listings by score\n" + _table(tens(tally.scores)))
    if tally.notes:
        sections.append("\n".join(["Found", *(f"  {note}" for note in tally.notes)]))
    if worse:
        sections.append("\n".join(["Worse than at the audit before", *(f"  {one['words']}" for one in worse)]))
    done = "What is safe to repair was repaired." if fix else "Nothing was changed; --fix repairs what is safe."
    sections.append(f"{seconds:.1f} s. {done}")
    return "\n\n".join(sections)


def _table(rows: list[tuple[str, int]]) -> str:
    width = max(len(words) for words, _ in rows)
    return "\n".join(f"  {words:<{width}}  {count:>9,}" for words, count in rows)
