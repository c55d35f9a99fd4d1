"""Archiving what is long over."""

import datetime as dt
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from events import archive as archiving
from events.archive import archive
from events.compose import compose
from events.models import Event, Listing, Rsvp
from events.tasks import cleanup_events
from nocturne.models import User
from quality.models import Verdict
from quality.verdicts import pair_of
from scraping.models import Run, RunItem
from tests.factories import make_city, make_event, make_listing, make_source

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _now(time_machine):
    time_machine.move_to(NOW, tick=False)


def night(day: str, **columns) -> Event:
    """An event that says what its one listing says."""
    event = make_event(f"Night of {day}", local=f"{day}T20:00", **columns)
    make_listing(event)
    compose([event.pk], now=NOW)
    event.refresh_from_db()
    return event


def shown(*events: Event) -> list[str]:
    found = Event.objects.in_bulk([event.pk for event in events])
    return [found[event.pk].visibility for event in events]


def clean(*args: str) -> str:
    out = StringIO()
    call_command("cleanup_events", *args, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_what_was_over_more_than_thirty_days_ago_is_archived():
    old, recent, coming = night("2026-10-22"), night("2026-10-23"), night("2026-12-05")
    assert "1 event archived." in clean("--days", "30")
    assert shown(old, recent, coming) == ["archived", "published", "published"]


def test_what_ended_lately_is_not_however_long_ago_it_began():
    exhibition = night("2026-06-01", local_end="2026-11-15T18:00")
    archive()
    assert shown(exhibition) == ["published"]


def test_the_number_of_days_is_free():
    old = night("2026-11-10")
    clean("--days", "10")
    assert shown(old) == ["archived"]
    with pytest.raises(CommandError, match="1 or more"):
        clean("--days", "0")


def test_a_dry_run_says_it_and_does_nothing():
    old = night("2026-10-01")
    assert "1 event would be archived." in clean("--dry-run")
    assert shown(old) == ["published"]


def test_it_can_be_repeated_and_composing_changes_nothing_after_it():
    old = night("2026-10-01")
    archive()
    before = list(Event.objects.values())
    assert archive().events == 0
    out = StringIO()
    call_command("recompose", stdout=out)
    assert "0 changed" in out.getvalue()
    assert list(Event.objects.values()) == before
    assert shown(old) == ["archived"]


def test_what_was_held_or_hidden_stays_so():
    held, hidden = night("2026-10-01"), night("2026-10-02")
    Listing.objects.filter(event=held).update(score=10)
    Event.objects.filter(pk=hidden.pk).update(overrides={"visibility": "hidden"})
    compose([held.pk, hidden.pk], now=NOW)
    archive()
    assert shown(held, hidden) == ["held", "hidden"]


def test_what_an_editor_shows_stays_also_if_the_word_was_said_of_an_event_that_was_merged():
    own, merged_into = night("2026-10-01"), night("2026-10-02")
    member = night("2026-10-02")
    Event.objects.filter(pk__in=[own.pk, member.pk]).update(overrides={"visibility": "published"})
    Event.objects.filter(pk=member.pk).update(merged_into=merged_into, root=merged_into)
    compose([own.pk, merged_into.pk], now=NOW)
    assert archive().events == 0
    assert shown(own, merged_into) == ["published", "published"]


def test_it_leaves_the_lists_and_keeps_its_page_and_all_that_hangs_on_it(client: Client):
    old = night("2026-10-01")
    Rsvp.objects.create(event=old, user=User.objects.create_user("ada@example.org"))
    day = f"{old.city.get_absolute_url()}?when=2026-10-01"
    assert old.title in client.get(day).content.decode()
    archive()
    assert old.title not in client.get(day).content.decode()
    answer = client.get(old.get_absolute_url())
    assert answer.status_code == 200
    assert old.listings.get().url in answer.content.decode()
    assert (old.rsvps.count(), old.listings.count()) == (1, 1)


def test_an_event_that_is_put_off_comes_back():
    old = night("2026-10-01")
    archive()
    listing = old.listings.get()
    listing.draft["when"]["start"] = "2026-12-24T20:00:00"
    listing.starts_at += dt.timedelta(days=84)
    listing.save()
    compose([old.pk], now=NOW)
    assert shown(old) == ["published"]


def test_more_than_a_batch_and_more_than_a_city(monkeypatch):
    monkeypatch.setattr(archiving, "BATCH", 2)
    there = make_city("los-angeles")
    events = [night(f"2026-10-{day:02}") for day in range(1, 6)] + [night("2026-10-01", city=there)]
    assert archive().events == 6
    assert set(shown(*events)) == {"archived"}


def test_old_readings_go_and_the_last_of_each_source_stays():
    source, quiet = make_source(), make_source()
    listing = make_listing(night("2026-12-05"), source=source)
    ages = {"old": 200, "older": 300, "recent": 80}
    runs = {
        name: Run.objects.create(source=source, status="changed", started_at=NOW - dt.timedelta(days=days))
        for name, days in ages.items()
    }
    last = Run.objects.create(source=quiet, status="empty", started_at=NOW - dt.timedelta(days=400))
    RunItem.objects.create(run=runs["old"], listing=listing, action="new")
    assert "2 readings would be thrown away." in clean("--dry-run")
    assert "2 readings thrown away." in clean()
    assert set(Run.objects.all()) == {runs["recent"], last}
    assert not RunItem.objects.exists()
    assert Listing.objects.filter(pk=listing.pk).exists()


def test_open_questions_about_what_is_long_over_go_and_decisions_stay():
    old, coming = [night("2026-06-01").listings.get() for _ in range(3)], night("2026-12-05").listings.get()
    pairs = [(old[0], old[1], "unsure", False), (old[0], old[2], "same", False), (old[1], old[2], "unsure", True)]
    for one, other, outcome, by_editor in [*pairs, (old[0], coming, "unsure", False)]:
        first, second = pair_of(one.pk, other.pk)
        Verdict.objects.create(first_id=first, second_id=second, outcome=outcome, by_editor=by_editor)
    assert "1 open questions thrown away." in clean()
    assert Verdict.objects.count() == 3


def test_the_task_does_what_the_command_does():
    old = night("2026-10-01")
    cleanup_events()
    assert shown(old) == ["archived"]
