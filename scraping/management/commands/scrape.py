"""manage.py scrape [--city CODE] [--source ID] [--all] [--force]"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q
from django.utils import timezone as clock

from events.models import City, Source
from scraping import schedule
from scraping.pipeline import Outcome, scrape

COLUMNS = ("fetched", "new", "changed", "unchanged", "merged", "held", "retired")


class Command(BaseCommand):
    help = "Read the sources that are due; or those of a city, one, or all, whether due or not."

    def add_arguments(self, parser: CommandParser) -> None:
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--city", help="code or slug: the sources of this city")
        which.add_argument("--source", type=int, help="the id of one source")
        which.add_argument("--all", action="store_true", help="every source that is not paused")
        parser.add_argument("--force", action="store_true", help="read in full, also what has not changed")

    def handle(self, *args: Any, force: bool, **options: Any) -> None:
        sources, due_only = self._sources(**options)
        schedule.ensure(sources)
        if not sources:
            self.stdout.write("No source is due." if due_only else "There is no such source; see manage.py add_source.")
            return
        outcomes: list[tuple[Source, Outcome]] = []
        for number, source in enumerate(sources, start=1):
            self.stderr.write(f"[{number}/{len(sources)}] {source.name} ", ending="")
            self.stderr.flush()
            outcome = scrape(source.pk, due_only=due_only, force=force)
            self.stderr.write(f"{outcome.status}, {outcome.run.seconds:.1f} s {outcome.message}".rstrip())
            outcomes.append((source, outcome))
        self.stdout.write(_table(outcomes))

    def _sources(self, *, city: str | None, source: int | None, all: bool, **options: Any) -> tuple[list[Source], bool]:
        """The sources asked for, and whether only those that are due."""
        sources = Source.objects.scraped().order_by("pk")
        if source is not None:
            found = list(Source.objects.filter(pk=source).exclude(url=""))
            if not found:
                raise CommandError(f"There is no source {source} with an address to read.")
            return found, False
        if city:
            if not City.objects.filter(Q(code=city) | Q(slug=city)).exists():
                raise CommandError(f"No city has the code {city!r}. Codes look like ca--los-angeles.")
            return list(sources.filter(Q(city__code=city) | Q(city__slug=city))), False
        if all:
            return list(sources), False
        return list(sources.filter(pk__in=schedule.due(clock.now()))), True


def _table(outcomes: list[tuple[Source, Outcome]]) -> str:
    """source, fetched, new, changed, unchanged, merged, held, retired, seconds"""
    head = ("source", "status", *COLUMNS, "seconds")
    rows = [
        (
            source.name[:40],
            outcome.status,
            *(getattr(outcome.run, c) for c in COLUMNS),
            f"{outcome.run.seconds:.1f}",
        )
        for source, outcome in outcomes
    ]
    sums = [sum(getattr(outcome.run, c) for _, outcome in outcomes) for c in COLUMNS]
    rows.append(("together", "", *sums, f"{sum(outcome.run.seconds for _, outcome in outcomes):.1f}"))
    widths = [max(len(str(row[i])) for row in (head, *rows)) for i in range(len(head))]
    lines = []
    for row in (head, *rows):
        cells = [f"{row[0]:<{widths[0]}}", f"{row[1]:<{widths[1]}}"]
        cells += [f"{cell!s:>{width}}" for cell, width in zip(row[2:], widths[2:], strict=True)]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)
