"""manage.py add_source URL [--city CODE] [--dry-run] [--exact]"""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone as clock

from events.models import City, Source
from events.text import counted
from scraping.adding import add
from scraping.addresses import readings, source_with
from scraping.discover import Discovered, Look, discover
from scraping.outlook import Outlook

COLUMNS = ("publisher", "homepage", "timezone", "trust")


class Command(BaseCommand):
    help = (
        "Look for events at an address (a page, calendar or feed), show what was found, and add the best of it as a "
        "source. The same address again changes nothing; exit status 1 if nothing was found."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("url", help="the address of a page, calendar or feed, as you would paste it")
        parser.add_argument("--city", help="code or slug of the city: where events are whose place cannot be told")
        parser.add_argument("--name", default="", help="what editors call it; what it calls itself if left out")
        parser.add_argument("--publisher", default="", help="what visitors see; the name if left out")
        parser.add_argument("--homepage", default="", help="where visitors learn about the publisher")
        parser.add_argument("--timezone", default="", help="for times without a zone; the city's if left out")
        parser.add_argument("--trust", type=int, default=50, help="0 to 100: who is believed where sources differ")
        how = parser.add_mutually_exclusive_group()
        how.add_argument("--dry-run", action="store_true", help="only show what was found")
        how.add_argument("--exact", action="store_true", help="add the address as it is, without looking at it")

    def handle(self, *args: Any, url: str, city: str | None, exact: bool, dry_run: bool, **options: Any) -> None:
        place = _city(city) if city else None
        values = {name: options[name] for name in COLUMNS}
        try:
            addresses = readings(url)
        except ValueError as error:
            raise CommandError(str(error)) from error
        if known := next(filter(None, map(source_with, addresses)), None):
            self._tell(known, created=False)
            return
        name = options["name"]
        if exact:
            address = url if url in addresses else addresses[0]
        else:
            best = self._look(url, place)
            address, name = best.url, name or best.name
            place = place or (City.objects.get(pk=best.city) if best.city else None)
            values["homepage"] = values["homepage"] or best.homepage
        if not dry_run:
            self._add(address, place, name, values)

    def _look(self, url: str, city: City | None) -> Outlook:
        """Discover, and tell what there is; CommandError where there is nothing."""
        shown: list[Look] = []

        def report(looks: list[Look]) -> None:
            for each in looks[len(shown) :]:
                self.stderr.write(f"{each.url}\n  {each.why}: {each.said}")
            shown[:] = looks

        found: Discovered = discover(url, city=city, now=clock.now(), report=report)
        if not found.found:
            raise CommandError(f"{found.message} To add the address all the same: --exact.")
        for number, outlook in enumerate(found.found):
            self.stdout.write(_best(outlook) if number == 0 else f"Also: {outlook.url} ({_count(outlook)})")
        return found.found[0]

    def _add(self, url: str, city: City | None, name: str, values: dict[str, Any]) -> None:
        try:
            source, created = add(url, city=city, name=name[:200], **values)
        except ValidationError as error:
            raise CommandError("; ".join(f"{f}: {' '.join(m)}" for f, m in error.message_dict.items())) from error
        self._tell(source, created=created)

    def _tell(self, source: Source, *, created: bool) -> None:
        self.stdout.write(
            f"Source {source.pk}, {source.name}, was added. Read it now: manage.py scrape --source {source.pk}"
            if created
            else f"Source {source.pk}, {source.name}, has this address already; nothing was changed."
        )


def _best(outlook: Outlook) -> str:
    """The outlook of one address as lines of text."""
    facts = ", ".join(f"{count} with a {fact}" for fact, count in outlook.facts.items())
    lines = [f"{outlook.url}", f"{outlook.name}: {_count(outlook)}; {facts}.", ""]
    for row in outlook.rows:
        start = row["start"].replace("T", " ") if row["timed"] else row["start"][:10]
        parts = (row["title"], row["venue"], row["price"], "held" if row["held"] else "", row["outcome"])
        lines.append(f"  {start:<16}  {' · '.join(filter(None, parts))}")
    lines += ["", "Cities: " + ", ".join(f"{name or 'no active city'} {count}" for name, count in outlook.places) + "."]
    if outlook.followed:
        lines.append(f"{outlook.followed} lack a time or a place: their own pages are read for that, a few at a time.")
    if outlook.elsewhere:
        lines.append("No active city for: " + ", ".join(f"{place} {count}" for place, count in outlook.elsewhere) + ".")
    lines.append(f"Held for review: {outlook.held}.")
    lines += [f"  {count} × {asked} As {example}" for asked, count, example in outlook.reasons]
    lines.append(
        f"Of the first {outlook.compared} with a city: {outlook.known} are there already, {outlook.unsure} may be, "
        f"{outlook.new} are new."
    )
    lines += outlook.problems
    return "\n".join(lines)


def _count(outlook: Outlook) -> str:
    undated = f", {outlook.undated} without a readable date" if outlook.undated else ""
    return f"{counted(outlook.count, 'event')} to come, {outlook.first} to {outlook.last}, as {outlook.format}{undated}"


def _city(name: str) -> City:
    city = City.objects.filter(code=name).first() or City.objects.filter(slug=name).first()
    if city is None:
        raise CommandError(
            f"No city has the code {name!r}. Codes look like ca--los-angeles; see manage.py load_cities."
        )
    if not city.active:
        raise CommandError(f"{city} is not active: activate it in the admin first, so that it can hold events.")
    return city
