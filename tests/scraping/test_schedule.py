"""Claims: one worker at a source, and none that was given up may write."""

import datetime as dt

import pytest
from django.db import transaction

from scraping import schedule
from scraping.models import Run, Schedule
from tests.factories import make_source

NOW = dt.datetime(2026, 12, 1, 12, tzinfo=dt.UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def source():
    source = make_source()
    schedule.ensure([source])
    Schedule.objects.update(next_at=NOW)
    return source


def test_a_source_is_claimed_once(source):
    assert schedule.claim(source.pk, NOW)
    assert schedule.claim(source.pk, NOW) is None
    assert schedule.claim(source.pk, NOW, due_only=False) is None


def test_what_is_not_due_is_claimed_only_on_request(source):
    early = NOW - dt.timedelta(minutes=1)
    assert schedule.claim(source.pk, early) is None
    assert schedule.claim(source.pk, early, due_only=False)


def test_a_paused_source_is_not_due(source):
    source.active = False
    source.save()
    assert schedule.due(NOW) == []


def test_a_source_without_a_schedule_is_due_at_once():
    source = make_source()
    assert schedule.due(NOW + dt.timedelta(days=30)) == [source.pk]


def test_the_claim_of_a_dead_worker_expires_and_its_worker_cannot_write(source):
    slow = schedule.claim(source.pk, NOW)
    later = NOW + schedule.CLAIM_FOR + dt.timedelta(seconds=1)
    quick = schedule.claim(source.pk, later)
    assert quick
    with transaction.atomic():
        quick.check()
    with pytest.raises(schedule.ClaimLost), transaction.atomic():
        slow.check()
    schedule.succeeded(slow, later)
    assert Schedule.objects.get().claim == quick.token  # the end of the slow one ends nothing


def test_a_page_that_kills_its_worker_does_not_loop(source):
    at = NOW
    for _ in range(schedule.MAX_ATTEMPTS):
        assert schedule.claim(source.pk, at)
        at += schedule.CLAIM_FOR + dt.timedelta(seconds=1)
    assert schedule.claim(source.pk, at) is None
    assert Run.objects.get().error == "worker.died"
    state = Schedule.objects.get()
    assert state.next_at > at
    assert (state.attempts, state.failures, state.claim) == (0, 1, None)


def test_failures_in_a_row_wait_longer_and_success_heals(source):
    waits = []
    for _ in range(4):
        schedule.failed(schedule.claim(source.pk, NOW, due_only=False), NOW)
        waits.append(Schedule.objects.get().next_at - NOW)
    assert waits == sorted(waits)
    assert waits[-1] >= dt.timedelta(hours=1)
    schedule.succeeded(schedule.claim(source.pk, NOW, due_only=False), NOW)
    assert Schedule.objects.get().failures == 0
