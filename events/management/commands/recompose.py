"""Compose events anew from their listings; a healthy database does not change."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone as clock

from events.compose import compose
from events.models import City, Event
from events.text import counted
from nocturne.cache import bump
from nocturne.locks import area_lock

BATCH = 500


class Command(BaseCommand):
    help = "Compose all events anew from their listings and the editors' values."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--city", metavar="CODE", help="only the events of this city")
        parser.add_argument("--dry-run", action="store_true", help="say what would change, and change nothing")

    def handle(self, *, city: str | None, dry_run: bool, **options: Any) -> None:
        cities = City.objects.filter(events__isnull=False).distinct()
        if city:
            cities = City.objects.filter(code=city)
            if not cities:
                raise CommandError(f"No city has the code {city!r}.")
        done = changed = 0
        for one in cities.order_by("pk"):
            roots = Event.objects.roots().in_city(one).order_by("pk")
            last = 0
            while ids := list(roots.filter(pk__gt=last).values_list("pk", flat=True)[:BATCH]):
                with transaction.atomic():
                    area_lock(one.area_id or one.pk)
                    result = compose(ids, now=clock.now(), write=not dry_run)
                changed += len(result.changed)
                for city_id in () if dry_run else sorted(result.cities):
                    bump(city_id)
                done, last = done + len(ids), ids[-1]
        self.stdout.write(f"{counted(done, 'event')}, {changed} {'would change' if dry_run else 'changed'}.")
