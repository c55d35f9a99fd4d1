"""What each background job costs, in a world and in a tenth of it: make bench, or python -m tests.bench.jobs.

Cities are as full in both, so that what a job costs for each thing that it deals with should be the same in both. The
ratio is that of the larger world to the smaller, in seconds of CPU: ours, that of our connection's process of the
database, and that of programs that a job starts. Jobs that only look do so several times.
"""

import argparse
import datetime as dt
import gc
import io
import itertools
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from tests.bench.databases import database_seconds, use_settings
from tests.bench.results import record
from tests.bench.world import EVENTS, READERS, Place, cities_at, world

MOST = 1.2
ENOUGH = 0.3  # seconds of CPU of a measure, below which one that only looks is repeated
FEW = 4  # cities, of what is the same in each


class Job(NamedTuple):
    """`work` says with how many of `unit` it dealt; `looks` if it leaves all as it was."""

    name: str
    unit: str
    work: Callable[[], int]
    looks: bool = True
    once: bool = False


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="+", default=[""], metavar="WORDS", help="jobs with one of these in their name")
    options = parser.parse_args()
    scale = float(os.environ.get("SCALE", "1"))
    # each page is made anew, and asked for by one address
    os.environ |= {
        "PAGE_CACHE_SECONDS": "0",
        "RATE_LIMIT_REQUESTS_PER_MINUTE": "0",
        "RATE_LIMIT_REQUESTS_PER_HOUR": "0",
    }
    use_settings()
    found: dict[str, list[tuple[float, float]]] = {}  # µs of CPU each, and seconds, in the smaller world and the larger
    for cities in (cities_at(scale / 10), cities_at(scale)):
        began = time.monotonic()
        with world(cities) as places, tempfile.TemporaryDirectory(prefix="nocturne-bench-") as folder:
            print(
                f"{round(EVENTS * cities):,} events in {cities} cities, after {time.monotonic() - began:.0f} s",
                flush=True,
            )
            _one_process_a_query()
            for job in _jobs(places, Path(folder), options.rounds):
                if any(words in job.name for words in options.only):
                    found.setdefault(f"{job.name}, {job.unit}", []).append(_cost(job, options.rounds))
    print(f"{'µs of CPU':52}{'smaller':>10}{'larger':>10}{'ratio':>8}{'seconds':>9}")
    for name, ((small, _), (large, seconds)) in found.items():
        print(f"{name:52}{small:10.1f}{large:10.1f}{large / small:8.2f}{seconds:9.2f}")
        record(f"{name}, beside a smaller world", large / small, most=MOST)
    return 0


def _one_process_a_query() -> None:
    """Else what helps our connection's process would not be counted."""
    from django.db import connection

    name = connection.settings_dict["NAME"]
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER DATABASE {name} SET max_parallel_workers_per_gather = 0")
    connection.close()


def _cost(job: Job, rounds: int) -> tuple[float, float]:
    """Microseconds of CPU for each unit, and seconds by the clock of one call; medians of rounds."""
    if job.looks:
        job.work()  # what is read the first time is warm after it
    costs, clocks = [], []
    for _ in range(1 if job.once else rounds):
        gc.collect()
        began, before, units, calls = time.perf_counter(), _seconds(), 0, 0
        while not calls or (job.looks and _seconds() - before < ENOUGH and calls < 100):
            units, calls = units + job.work(), calls + 1
        if not job.looks:
            _settle()
        assert units, job.name
        costs.append((_seconds() - before) / units * 1e6)
        clocks.append((time.perf_counter() - began) / calls)
    print(f"  {job.name}: {statistics.median(costs):.1f} µs {job.unit}, {statistics.median(clocks):.2f} s", flush=True)
    return statistics.median(costs), statistics.median(clocks)


def _settle() -> None:
    """Do what indexes of words put off until there is more of it: else some rounds pay for the others."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT gin_clean_pending_list(indexrelid) FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid"
            " WHERE relam = (SELECT oid FROM pg_am WHERE amname = 'gin')"
        )


def _seconds() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime + database_seconds()


def _jobs(places: list[Place], folder: Path, rounds: int) -> Iterator[Job]:
    """In this order: what is over is archived before what is there is counted and dumped."""
    some = places[:: max(1, len(places) // FEW)][:FEW]
    yield from _readings(some)
    yield from _audits()
    yield from _digests(some)
    yield from _looks(places, some)
    yield from _archives(rounds)
    yield Job("back up", "an event", lambda: _backed_up(folder), looks=False, once=True)


# --- reading ---------------------------------------------------------------------------------------


def _readings(places: list[Place]) -> Iterator[Job]:
    turns = itertools.cycle(places)
    numbers = itertools.count(0, 20)
    yield Job("read a source's calendar", "a listing", lambda: _ingest(next(turns), next(numbers)), looks=False)
    yield Job("match a listing more", "a listing", lambda: _match(next(turns)))


def _ingest(place: Place, first: int) -> int:
    """A new source of the city, from the request to the new generation."""
    from events.models import Source
    from scraping import schedule
    from scraping.pipeline import scrape
    from tests.bench.ingestion import served
    from tests.bench.sources import events_of

    events = itertools.chain.from_iterable(events_of(number, 1) for number in range(first, first + 20))
    body = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n" + "".join(events) + "END:VCALENDAR\r\n"
    with served(body.encode()) as url:
        source = Source.objects.create(name=f"Bench {first}", url=f"{url}?{first}", city_id=place.pk)
        schedule.ensure([source])
        outcome = scrape(source.pk, due_only=False, force=True)
    assert outcome.status == "changed", outcome
    return int(outcome.run.new)


def _match(place: Place) -> int:
    """What another source says of ten events of the city, a listing at a time; nothing of it stays."""
    from django.db import transaction
    from django.utils import timezone as clock

    from events.models import City, Listing, Source
    from quality.matching import match

    city = City.objects.get(pk=place.pk)
    other = Source.objects.scraped().exclude(city=city).order_by("pk")[0]
    rows = list(Listing.objects.filter(city=city, night__gt=clock.now().date()).order_by("canonical_url")[:10])
    with transaction.atomic():
        for row in rows:
            row.pk, row.event, row.external_id = None, None, f"again-{row.external_id}"
            row.url = row.canonical_url = f"{row.url}/again"
            row.source, row.title, row.fingerprint = other, f"{row.title} (live)", row.fingerprint[::-1]
            row._state.adding = True
            row.save()
            matched = match([row], area=city)
            assert matched[row.pk].joined
        transaction.set_rollback(True)
    return len(rows)


# --- the audit -------------------------------------------------------------------------------------


def _audits() -> Iterator[Job]:
    from django.utils import timezone as clock

    from quality import audit

    parts = list(audit._parts(clock.now()))
    sources = [part for part in parts if part.kind == "source" and part.name.startswith("Source ")]
    areas = [part for part in parts if part.kind == "area"]

    def plan() -> int:
        assert len(list(audit._parts(clock.now()))) >= len(parts)
        return _events()

    def assess() -> int:
        chosen = sources[:: max(1, len(sources) // FEW)][:FEW]
        counts = [audit._work(part, clock.now(), fix=True).counts for part in chosen]
        assert not any(count["reassessed"] for count in counts)
        return sum(count["listings"] for count in counts)

    def repair() -> int:
        return audit._work(areas[-1], clock.now(), fix=True).counts["areas"]

    yield Job("audit: what is to be done", "an event", plan)
    yield Job("audit: a source", "a listing", assess)
    yield Job("audit: duplicates and pointers", "a city", repair)
    yield Job("recompose a city", "an event", _recompose)


def _recompose() -> int:
    from django.core.management import call_command

    said = io.StringIO()
    call_command("recompose", city="de--city-1", dry_run=True, stdout=said)
    events, _, changed = said.getvalue().split()[:3]
    assert changed == "0", said.getvalue()
    return int(events.replace(",", ""))


# --- the digest ------------------------------------------------------------------------------------


def _digests(places: list[Place]) -> Iterator[Job]:
    from django.utils import timezone as clock

    from events.models import City
    from subscriptions import digests, growth, sending

    cities = list(City.objects.filter(pk__in=[place.pk for place in places]))

    def compose() -> int:
        for city in cities:
            assert digests.candidates(digests.coming(city, clock.now()), clock.now())
        return len(cities)

    def draft() -> int:
        """All cities' at once, in the hour in which that of Monday is drafted."""
        from subscriptions.models import Digest

        Digest.objects.all().delete()
        drafted = digests.draft_due(now=digests.due_on(cities[0], digests.week_at(cities[0], clock.now()), 0))
        assert drafted == City.objects.active().count()
        return drafted

    def write() -> int:
        """The mails of one issue, as they would go."""
        from nocturne.models import EmailLog
        from subscriptions.models import Digest
        from tests.bench.sending import released, write_all

        EmailLog.objects.all().delete()
        Digest.objects.filter(city=cities[0]).delete()
        return write_all(released(cities[0]))[0]

    def tick() -> int:
        digests.draft_due()
        digests.release_due()
        sending.due()
        return City.objects.count()

    def chart() -> int:
        assert growth.chart(growth.weeks())
        return int(READERS * City.objects.count())

    yield Job("digest: what an issue holds", "a city", compose)
    yield Job("digest: draft all", "a city", draft)
    yield Job("digest: queue and write", "a mail", write, looks=False)
    yield Job("digest: what is due", "a city", tick)
    yield Job("chart of readers", "a reader", chart)


# --- what looks, and what is shown -----------------------------------------------------------------


def _looks(places: list[Place], some: list[Place]) -> Iterator[Job]:
    from django.test import Client
    from django.utils import timezone as clock

    from events.api import catalogue
    from nocturne import cache, mail
    from nocturne.watching import conditions
    from scraping import images, schedule
    from scraping.submissions import retention
    from subscriptions import confirmation, consent, notices, reminders

    client = Client(headers={"host": "localhost"})

    def get(path: str) -> bytes:
        answer = client.get(path)
        assert answer.status_code == 200, path
        return bytes(answer.content)

    def anew(path: str, *, city: int = cache.SITE) -> bytes:
        cache.bump(city)
        return get(path)

    def minute() -> int:
        """What beat asks each minute."""
        now = clock.now()
        schedule.due(now, limit=400)
        images.due_hosts(now)
        images.show()
        retention.tidy()
        confirmation.unsent()
        mail.settle()
        consent.forget()
        reminders.queue_due()
        notices.queue_due()
        return len(places)

    def watch() -> int:
        for condition in conditions.registered().values():
            list(condition(clock.now()))
        return len(places)

    def pages() -> int:
        return sum(bool(anew(f"/{place.slug}/", city=place.pk)) for place in some)

    def maps() -> int:
        return sum(anew(f"/sitemap/cities/{place.slug}.xml", city=place.pk).count(b"<url>") for place in some[:1])

    def index() -> int:
        assert anew("/sitemap.xml").count(b"<sitemap>") > len(places)
        return _events()

    def stats() -> int:
        assert catalogue._counted()["events"]
        return _events()

    def cities() -> int:
        assert anew("/api/locations/major-cities")
        return len(places)

    yield Job("what is due, each minute", "a city", minute)
    yield Job("look for alerts", "a city", watch)
    yield Job("a city's nights, anew", "a page", pages)
    yield Job("sitemap of a city", "an address", maps)
    yield Job("sitemap, its index", "an event", index)
    yield Job("statistics", "an event", stats)
    yield Job("list of cities", "a city", cities)


# --- what is over, and backups ---------------------------------------------------------------------


def _archives(rounds: int) -> Iterator[Job]:
    from django.utils import timezone as clock

    from events import archive

    nights = itertools.count()

    def over() -> int:
        """One night's, as if it were 30 days ago."""
        return archive.archive(now=clock.now() + dt.timedelta(days=archive.DAYS + 1 + next(nights))).events

    def nothing() -> int:
        assert not archive.archive().events
        return _events()

    yield Job("archive: nothing is over", "an event", nothing)
    yield Job("archive a night", "an event", over, looks=False)


def _backed_up(folder: Path) -> int:
    """By the pg_dump that is installed, or that of the wheel."""
    from nocturne import backups
    from nocturne.dev.engines import Postgres

    if Postgres.installed() and str(wheel := Postgres.package() / "pginstall" / "bin") not in os.environ["PATH"]:
        os.environ["PATH"] += f"{os.pathsep}{wheel}"
    return backups.back_up(folder, keep=1).rows["events_event"]


def _events() -> int:
    from events.models import Event

    return int(Event.objects.count())


if __name__ == "__main__":
    sys.exit(main())
