"""Workers and an editor in one area at once, and a worker that is stopped for longer than its claim lasts."""

import datetime as dt
import os
import random
import signal
import time

import pytest

from events.editing import override
from events.models import Event, Listing
from nocturne.models import User
from quality import merging
from quality.models import Verdict
from scraping.models import Run, Schedule
from scraping.pipeline import scrape
from tests.scraping.feeds import Publisher, calendar, vevent
from tests.scraping.readings import add, assert_settled, assert_sound, recomposed
from tests.scraping.test_crashes import coming, expire_claims, program, world

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.slow,
    pytest.mark.timeout(200),
]

HOUSES = ("Klub Null", "Alte Mühle")


def evenings(count: int) -> list[str]:
    return [
        vevent(
            f"Konzert von Band {n * 7}", coming(2 + n // 3, 18 + n % 3), uid=f"{n}", location=f"{HOUSES[n % 2]}, Berlin"
        )
        for n in range(count)
    ]


def edit(chance: random.Random, by: User) -> None:
    """One thing that an editor does; what is one already, or is kept apart, is refused with a ValueError."""
    roots = list(Event.objects.roots().order_by("pk"))
    if len(roots) < 2:
        return
    first, second = chance.sample(roots, 2)
    match chance.choice(("override", "merge", "unmerge", "split")):
        case "override":
            override([first.pk], {"title": f"Von Hand {first.pk}"}, now=dt.datetime.now(dt.UTC))
        case "merge":
            merging.merge(first, second, by=by)
        case "unmerge":
            if merged := Event.objects.exclude(merged_into=None).order_by("?").first():
                merging.unmerge(merged, by=by)
        case "split":
            if listing := Listing.objects.filter(event__root=first).order_by("-pk").first():
                merging.split(listing, by=by)


def test_editors_and_workers_in_one_area_do_not_disturb_each_other(publisher: Publisher) -> None:
    publisher.body = calendar(*evenings(24))
    sources = [add(publisher, f"?{n}") for n in range(3)]
    by = User.objects.create(email="editor@example.org")
    chance = random.Random(5)
    edits = 0
    for reading in range(2):
        publisher.body = calendar(*(line.replace("Konzert", f"Konzert {'Neu ' * reading}") for line in evenings(24)))
        workers = [
            program("manage.py", "scrape", "--source", str(source.pk), "--force", publisher=publisher)
            for source in sources
        ]
        while any(worker.poll() is None for worker in workers):
            try:
                edit(chance, by)
                edits += 1
            except ValueError:
                pass
            time.sleep(0.02)
        for worker in workers:
            output, _ = worker.communicate(timeout=60)
            assert worker.returncode == 0, output.decode()
            assert b"deadlock" not in output
            assert b"failed" not in output, output.decode()
    assert edits > 5
    assert Listing.objects.count() == 72
    assert_sound()
    assert recomposed().endswith(" 0 changed.")
    for event in Event.objects.exclude(overrides={}).select_related("root"):
        assert event.root.title.startswith("Von Hand")
    roots = dict(Listing.objects.values_list("pk", "event__root"))
    for verdict in Verdict.objects.filter(by_editor=True, outcome="different"):
        assert roots[verdict.first_id] != roots[verdict.second_id]
    for source in sources:
        scrape(source.pk, force=True)
    for source in sources:
        assert_settled(source, dt.datetime.now(dt.UTC))


STOPPING = """
import os, signal
import django
django.setup()
from django.core.management import call_command
from scraping import pipeline

work = pipeline.{name}

def stopped(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGSTOP)
    return work(*args, **kwargs)

pipeline.{name} = stopped
call_command("scrape", source={source}, force=True)
"""


@pytest.mark.parametrize("name", ["fetch", "assess", "save"])
def test_a_worker_stopped_beyond_its_claim_writes_nothing_when_it_goes_on(publisher: Publisher, name: str) -> None:
    publisher.body = calendar(*evenings(12))
    source = add(publisher)
    worker = program("-c", STOPPING.format(name=name, source=source.pk), publisher=publisher)
    try:
        _, status = os.waitpid(worker.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)
        assert Schedule.objects.get().claim is not None
        expire_claims()
        publisher.body = calendar(*evenings(9))
        assert scrape(source.pk, due_only=False).status == "changed"
        after, runs, state = world(), Run.objects.count(), Schedule.objects.values().get()
        os.kill(worker.pid, signal.SIGCONT)
        output, _ = worker.communicate(timeout=50)
    finally:
        if worker.poll() is None:
            worker.kill()
            worker.wait()
    assert worker.returncode == 0, output.decode()
    assert b"taken over" in output
    assert (world(), Run.objects.count(), Schedule.objects.values().get()) == (after, runs, state)
    assert len(after["events"]) == 9
