"""Reading a publisher at fixed times, and what a healthy database looks like after it."""

import datetime as dt
import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO

from django.core.management import call_command
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from events.models import Event, Listing, Source
from scraping import schedule
from scraping.pipeline import Outcome, scrape
from tests.factories import make_city
from tests.scraping.feeds import Publisher

NOW = dt.datetime(2026, 12, 1, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


def add(publisher: Publisher, path: str = "", **columns: object) -> Source:
    source = Source.objects.create(
        **{"name": f"Klub {path}", "url": publisher.url + path, "city": make_city(), **columns}
    )
    schedule.ensure([source])
    return source


def read(source: Source, at: dt.datetime = NOW, **options: object) -> Outcome:
    return scrape(source.pk, now=at, **{"due_only": False, **options})


@contextmanager
def written() -> Iterator[list[str]]:
    """The statements that write while this lasts, the state of the schedule left out."""
    found: list[str] = []
    with CaptureQueriesContext(connection) as queries:
        yield found
    found += [
        query["sql"]
        for query in queries
        if re.match(r"(INSERT|UPDATE|DELETE)", query["sql"]) and "scraping_schedule" not in query["sql"]
    ]


def recomposed() -> str:
    out = StringIO()
    call_command("recompose", stdout=out)
    return out.getvalue().strip()


def assert_settled(source: Source, at: dt.datetime) -> None:
    """The same answer, read in full again, writes nothing; and composing anew changes nothing."""
    with written() as statements:
        outcome = read(source, at, force=True)
    assert (outcome.status, statements) == ("unchanged", [])
    assert recomposed().endswith(" 0 changed.")


def assert_sound() -> None:
    """What holds of every database, whatever was read and whatever editors did."""
    loops = Event.objects.filter(merged_into=None).exclude(root=F("pk"))
    assert not loops.exists()
    assert not Event.objects.exclude(merged_into=None).filter(root__merged_into__isnull=False).exists()
    placed = Listing.objects.exclude(starts_at=None).exclude(city=None)
    assert not placed.filter(event=None).exists()
    homes = set(Listing.objects.values_list("event__root", flat=True))
    assert set(Event.objects.roots().values_list("pk", flat=True)) <= homes
