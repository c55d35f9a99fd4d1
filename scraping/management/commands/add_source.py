"""manage.py add_source URL --city CODE"""

from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from events.models import City, Source
from scraping import schedule


class Command(BaseCommand):
    help = "Add a calendar, feed or page whose events are collected from now on. The same URL again changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("url", help="the address of the calendar, feed or page")
        parser.add_argument("--city", help="code or slug of the city: where events are whose place cannot be told")
        parser.add_argument("--name", default="", help="what editors call it; its host if left out")
        parser.add_argument("--publisher", default="", help="what visitors see; the name if left out")
        parser.add_argument("--homepage", default="", help="where visitors learn about the publisher")
        parser.add_argument("--timezone", default="", help="for times without a zone; the city's if left out")
        parser.add_argument("--trust", type=int, default=50, help="0 to 100: who is believed where sources differ")

    def handle(self, *args: Any, url: str, city: str | None, **options: Any) -> None:
        place = _city(city) if city else None
        values = {key: options[key] for key in ("publisher", "homepage", "timezone", "trust")}
        source = Source(url=url, city=place, name=options["name"] or urlsplit(url).netloc or url, **values)
        try:
            source.full_clean(validate_unique=False, validate_constraints=False)
        except ValidationError as error:
            raise CommandError("; ".join(f"{f}: {' '.join(m)}" for f, m in error.message_dict.items())) from error
        known, created = Source.objects.get_or_create(url=url, defaults={"city": place, "name": source.name, **values})
        schedule.ensure([known])
        self.stdout.write(
            f"Source {known.pk}, {known.name}, was added. Read it now: manage.py scrape --source {known.pk}"
            if created
            else f"Source {known.pk}, {known.name}, has this address already; nothing was changed."
        )


def _city(name: str) -> City:
    city = City.objects.filter(code=name).first() or City.objects.filter(slug=name).first()
    if city is None:
        raise CommandError(
            f"No city has the code {name!r}. Codes look like ca--los-angeles; see manage.py load_cities."
        )
    if not city.active:
        raise CommandError(f"{city} is not active: activate it in the admin first, so that it can hold events.")
    return city
