"""Workers that die, and workers that meet: the database is complete afterwards, and nothing is doubled."""

import datetime as dt
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence

import pytest
from django.conf import settings as django_settings
from django.db import connection

from events.models import Event, EventChange, Listing, Source, Venue
from quality.models import Finding
from scraping import schedule
from scraping.models import Schedule
from scraping.pipeline import scrape
from tests.factories import make_city
from tests.scraping.feeds import Publisher, vevent

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

# Kills the process at the nth call of a function, before or after it did its work.
DIE_AT = """
import importlib, os, signal, sys
import django
django.setup()
from django.core.management import call_command

module, name, call, moment = {module!r}, {name!r}, {call}, {moment!r}
place = importlib.import_module(module)
work, calls = getattr(place, name), 0

def mortal(*args, **kwargs):
    global calls
    calls += 1
    if moment == "after":
        answer = work(*args, **kwargs)
    if calls == call:
        os.kill(os.getpid(), signal.SIGKILL)
    return answer if moment == "after" else work(*args, **kwargs)

setattr(place, name, mortal)
call_command("scrape", source={source}, force=True)
"""


def add(publisher: Publisher, path: str = "") -> Source:
    source = Source.objects.create(name=f"Klub {path}", url=publisher.url + path, city=make_city())
    schedule.ensure([source])
    return source


def program(*arguments: str, publisher: Publisher) -> subprocess.Popen[bytes]:
    """Python in a process of its own, on the database of this test."""
    values = connection.settings_dict
    address = f"{values['USER']}@{values['HOST'] if not values['HOST'].startswith('/') else ''}:{values['PORT']}"
    url = f"postgresql://{address.rstrip(':')}/{values['NAME']}"
    if values["HOST"].startswith("/"):
        url += f"?host={values['HOST']}"
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=django_settings.BASE_DIR,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "nocturne.settings",
            "ENVIRONMENT": "development",
            "DATABASE_URL": url,
            "REDIS_URL": os.environ["REDIS_URL"],
            "FETCH_ALLOW": ",".join(django_settings.FETCH_ALLOW),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def coming(day: int, hour: int = 20) -> str:
    return f"{dt.datetime.now(dt.UTC).date() + dt.timedelta(days=day):%Y-%m-%d}T{hour}:00"


def evenings(count: int, prefix: str = "") -> list[str]:
    """Events of two areas, so that one reading commits twice."""
    berlin = {"location": "Klub Null, Gasse 1, Berlin", "geo": "52.52;13.40"}
    angeles = {"location": "Palace, Spring Street 1, Los Angeles", "geo": "34.05;-118.24"}
    return [
        vevent(
            f"Konzert Nummer {n}",
            coming(2 + n // 3, 18 + n % 3),
            uid=f"{prefix}{n}",
            **(berlin if n % 2 else angeles),
        )
        for n in range(count)
    ]


def world() -> dict[str, Sequence[object]]:
    """All that a reading leaves behind, without ids and times of writing."""
    return {
        "events": sorted(
            Event.objects.roots().values_list(
                "title", "starts_at", "city__slug", "venue__name", "status", "visibility", "source_count", "sequence"
            ),
            key=str,
        ),
        "listings": sorted(Listing.objects.values_list("external_id", "event__title", "content_hash"), key=str),
        "venues": sorted(Venue.objects.values_list("name", "city__slug")),
        "findings": sorted(Finding.objects.values_list("key", "rule")),
        "changes": sorted(EventChange.objects.values_list("event__title", "sequence")),
    }


def expire_claims() -> None:
    past = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=1)
    Schedule.objects.exclude(claim=None).update(claimed_until=past)


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize(
    ("module", "name", "call"),
    [
        ("scraping.pipeline", "fetch", 1),
        ("scraping.pipeline", "save", 1),
        ("scraping.save", "_listings", 1),
        ("scraping.save", "_save_group", 2),
        ("quality.findings", "record", 1),
        ("quality.matching", "match", 1),
        ("events.compose", "compose", 2),
        ("nocturne.cache", "bump", 1),
        ("scraping.health", "succeeded", 1),
        ("scraping.schedule", "succeeded", 1),
    ],
)
@pytest.mark.slow
def test_a_worker_killed_at_any_step_leaves_nothing_half_done(publisher, module, name, call, moment):
    make_city("los-angeles")
    publisher.publish(*evenings(12))
    source = add(publisher)
    script = DIE_AT.format(module=module, name=name, call=call, moment=moment, source=source.pk)
    dying = program("-c", script, publisher=publisher)
    output, _ = dying.communicate(timeout=50)
    assert dying.returncode == -signal.SIGKILL, output.decode()

    if Schedule.objects.exclude(claim=None).exists():  # all but the one that died after its last write
        assert scrape(source.pk, due_only=False).status == "busy"
    expire_claims()
    scrape(source.pk, due_only=False)
    after = world()
    assert len(after["events"]) == len(after["listings"]) == 12
    assert scrape(source.pk, force=True).status == "unchanged"
    assert world() == after


@pytest.mark.slow
def test_workers_killed_at_random_moments_lose_and_double_nothing(publisher):
    make_city("los-angeles")
    publisher.publish(*evenings(90))
    source = add(publisher)
    chance = random.Random(7)
    for _ in range(6):
        worker = program("manage.py", "scrape", "--source", str(source.pk), "--force", publisher=publisher)
        time.sleep(chance.uniform(0.8, 2.0))
        worker.kill()
        worker.wait()
        expire_claims()
    scrape(source.pk, due_only=False, force=True)
    after = world()
    assert len(after["events"]) == len(after["listings"]) == 90
    assert scrape(source.pk, force=True).status == "unchanged"


@pytest.mark.slow
def test_two_workers_in_one_area_at_once_make_one_event_of_two_listings(publisher):
    make_city("los-angeles")
    publisher.publish(*evenings(60))
    sources = [add(publisher, f"?{n}") for n in range(4)]
    workers = [program("manage.py", "scrape", "--source", str(source.pk), publisher=publisher) for source in sources]
    for worker in workers:
        output, _ = worker.communicate(timeout=100)
        assert worker.returncode == 0, output.decode()
        assert b"deadlock" not in output
    assert Listing.objects.count() == 240
    assert Event.objects.roots().count() == 60
    assert set(Event.objects.roots().values_list("source_count", flat=True)) == {4}
    assert Venue.objects.count() == 2


@pytest.mark.slow
def test_two_workers_on_one_source_at_once_read_it_once(publisher):
    publisher.publish(*evenings(30))
    source = add(publisher)
    workers = [program("manage.py", "scrape", "--source", str(source.pk), publisher=publisher) for _ in range(2)]
    outputs = [worker.communicate(timeout=100)[0].decode() for worker in workers]
    assert Listing.objects.count() == 30, outputs
    assert all(row.event_id for row in Listing.objects.filter(city__slug="berlin"))
