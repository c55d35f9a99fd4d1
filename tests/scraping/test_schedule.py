"""Claims: one worker at a source, and none that was given up may write."""

import datetime as dt
import functools

import pytest
from django.db import transaction

from nocturne.models import Alert
from scraping import schedule
from scraping.models import OptOut, Run, Schedule
from scraping.pipeline import scrape
from tests.factories import make_source
from tests.scraping import readings
from tests.scraping.feeds import vevent

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


def test_a_source_waits_once_however_often_beat_asks(source):
    assert schedule.queue(NOW) == [source.pk]
    assert schedule.queue(NOW + dt.timedelta(minutes=1)) == []
    lost = NOW + schedule.QUEUED_FOR
    assert schedule.queue(lost) == [source.pk]
    schedule.failed(schedule.claim(source.pk, lost), lost)
    assert schedule.queue(lost + dt.timedelta(minutes=1)) == []
    assert schedule.queue(lost + dt.timedelta(minutes=30)) == [source.pk]


def test_the_longest_due_are_queued_first(source):
    late = make_source()
    schedule.ensure([late])
    Schedule.objects.filter(source=late).update(next_at=NOW - dt.timedelta(hours=1))
    assert schedule.queue(NOW, limit=1) == [late.pk]
    assert schedule.queue(NOW, limit=1) == [source.pk]


def test_the_claim_of_a_dead_worker_expires_and_its_worker_cannot_write(source):
    slow = schedule.claim(source.pk, NOW)
    later = NOW + schedule.CLAIM_FOR + dt.timedelta(seconds=1)
    quick = schedule.claim(source.pk, later)
    assert quick
    with transaction.atomic():
        quick.check()
    with pytest.raises(schedule.ClaimLost), transaction.atomic():
        slow.check()
    schedule.succeeded(slow, later, changed=True)
    assert Schedule.objects.get().claim == quick.token  # the end of the slow one ends nothing


def test_a_page_that_kills_its_worker_does_not_loop(source):
    at = NOW
    for _ in range(schedule.MAX_ATTEMPTS):
        assert not schedule.claim(source.pk, at).is_hopeless
        at += schedule.CLAIM_FOR + dt.timedelta(seconds=1)
    outcome = scrape(source.pk, now=at)  # nothing is asked: the address would fail the test
    assert (outcome.status, Run.objects.get().error) == ("failed", "worker.died")
    state = Schedule.objects.get()
    assert state.next_at > at
    assert (state.attempts, state.failures, state.claim) == (0, 1, None)
    assert Alert.objects.get(resolved_at=None).key == f"source:{source.pk}"


def test_an_editor_may_have_it_tried_all_the_same(source):
    Schedule.objects.update(attempts=schedule.MAX_ATTEMPTS)
    OptOut.objects.create(host="example")
    assert scrape(source.pk, now=NOW, force=True).run.error == "optout"  # it got as far as that


def test_failures_in_a_row_wait_longer_and_success_heals(source):
    waits = []
    for _ in range(4):
        schedule.failed(schedule.claim(source.pk, NOW, due_only=False), NOW)
        waits.append(Schedule.objects.get().next_at - NOW)
    assert waits == sorted(waits)
    assert waits[-1] >= dt.timedelta(hours=1)
    schedule.succeeded(schedule.claim(source.pk, NOW, due_only=False), NOW, changed=True)
    assert Schedule.objects.get().failures == 0


MINUTE, HOUR, DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)


@pytest.mark.parametrize(
    ("before", "changed", "next_event", "wait"),
    [
        # the first reading, and what is near
        (None, True, None, 6 * HOUR),
        (None, True, 2 * HOUR, 6 * HOUR),
        # news halve it, an answer without news adds a quarter
        (6 * HOUR, True, 20 * DAY, 3 * HOUR),
        (6 * HOUR, False, 20 * DAY, 7.5 * HOUR),
        (4 * DAY, False, 20 * DAY, 5 * DAY),
        (4 * DAY, False, None, 5 * DAY),
        # never more often than every half hour, never less often than once a week
        (40 * MINUTE, True, 20 * DAY, 30 * MINUTE),
        (30 * MINUTE, True, 1 * HOUR, 30 * MINUTE),
        (6 * DAY, False, 20 * DAY, 7 * DAY),
        (7 * DAY, False, None, 7 * DAY),
        # the nearer the next event, the sooner
        (6 * DAY, False, 7 * DAY + HOUR, 7 * DAY),
        (6 * DAY, False, 7 * DAY, 1 * DAY),
        (6 * DAY, False, 3 * DAY, 12 * HOUR),
        (6 * DAY, False, 1 * DAY, 6 * HOUR),
        (6 * DAY, True, 2 * HOUR, 6 * HOUR),
        (1 * HOUR, True, 2 * HOUR, 30 * MINUTE),
    ],
)
def test_how_often_follows_news_and_what_is_near(before, changed, next_event, wait):
    event = next_event and NOW + next_event
    assert schedule.interval(before, changed=changed, next_event=event, now=NOW) == wait


def test_the_bounds_are_settings(settings):
    settings.SCRAPE_MIN_MINUTES, settings.SCRAPE_MAX_DAYS, settings.SCRAPE_HOURS = 60, 2, 1.5
    wait = functools.partial(schedule.interval, next_event=None, now=NOW)
    assert wait(None, changed=True) == 90 * MINUTE
    assert wait(70 * MINUTE, changed=True) == HOUR
    assert wait(45 * HOUR, changed=False) == 2 * DAY


@pytest.mark.parametrize(("one_in", "wait"), [(3, 30 * MINUTE), (5, 7 * DAY)])
def test_it_settles_where_about_one_answer_in_four_has_news(one_in, wait):
    waits = [DAY]
    for look in range(200):
        waits.append(schedule.interval(waits[-1], changed=look % one_in == 0, next_event=None, now=NOW))
    assert wait in waits[-one_in:]


def test_a_source_is_read_sooner_after_news_and_later_without(publisher):
    publisher.publish(vevent("Nachtmusik mit Ada", "2026-12-25T21:00"))
    source, waits = readings.add(publisher), []
    for hours, title in enumerate(("Ada", "Ada", "Ada Blum")):
        publisher.publish(vevent(f"Nachtmusik mit {title}", "2026-12-25T21:00", uid="a"))
        readings.read(source, NOW + hours * HOUR)
        waits.append(Schedule.objects.get().interval)
    assert waits == [6 * HOUR, 7.5 * HOUR, 3.75 * HOUR]


def test_readings_of_many_sources_do_not_come_at_once():
    sources = [make_source() for _ in range(20)]
    schedule.ensure(sources)
    for source in sources:
        schedule.succeeded(schedule.claim(source.pk, NOW, due_only=False), NOW, changed=True)
    waits = {row.next_at - NOW for row in Schedule.objects.all()}
    assert len(waits) > 15
    assert all(0.9 * 6 * HOUR <= wait <= 1.1 * 6 * HOUR for wait in waits)
    assert {row.interval for row in Schedule.objects.all()} == {6 * HOUR}
