"""Word to those who go when an event is cancelled or moved: once a change, after it has settled."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from events import editing, rsvps
from events.models import Event, EventChange
from nocturne import mail
from nocturne.models import EmailLog
from quality.merging import merge
from subscriptions import attending, notices
from subscriptions.tasks import tell_of_changes
from tests.factories import make_venue
from tests.mailservers import MailServer

from .goers import ADA, BOB, goes, got_one_each, make_gig, make_user

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 12, 1, 12, tzinfo=dt.UTC)


@pytest.fixture
def at() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def gig(at: Any) -> Event:
    """An event on Saturday at eight to which Ada goes since an hour."""
    event = make_gig("Jazz", venue=make_venue("Klub Null"))
    goes(event, answered_at=NOW - dt.timedelta(hours=1))
    return event


def change(event: Event, **values: Any) -> None:
    """As a source or an editor does it: blank follows the source again."""
    editing.override([event.root_id], values, now=notices.clock.now())


def later(at: Any, minutes: float) -> None:
    at.shift(dt.timedelta(minutes=minutes))
    tell_of_changes()


def subjects(mail_server: MailServer) -> list[str]:
    return [str(message["Subject"]).removesuffix(" · Nocturne") for message in mail_server.messages]


def text(mail_server: MailServer) -> str:
    return str(mail_server.messages[-1].get_body(("plain",)).get_content())  # type: ignore[union-attr]


def test_a_cancellation_is_told_half_an_hour_later_once(mail_server: MailServer, at: Any, gig: Event) -> None:
    change(gig, status="cancelled")
    later(at, 29)
    assert mail_server.received == []
    later(at, 1)
    assert subjects(mail_server) == ["Cancelled: Jazz"]
    assert "status: takes place → cancelled" in text(mail_server)
    for _ in range(3):
        later(at, 60)
    assert mail_server.recipients == [ADA]
    row = EmailLog.objects.get()
    assert (row.kind, row.matter) == ("notice", f"notice:{EventChange.objects.get().pk}")


def test_notices_of_other_apps_are_left_to_them(mail_server: MailServer, at: Any, gig: Event) -> None:
    change(gig, status="cancelled")
    # as the ledger names what became of something sent in, and a proof of a digest
    sent_in = mail.queue("notice", ADA, matter=f"submission:7:{EventChange.objects.get().pk}")
    others = [sent_in, mail.queue("notice", BOB)]
    later(at, 30)
    assert subjects(mail_server) == ["Cancelled: Jazz"]
    assert {EmailLog.objects.get(pk=row.pk).state for row in others if row} == {"queued"}


def test_a_move_says_from_when_and_where_to_when_and_where(mail_server: MailServer, at: Any, gig: Event) -> None:
    change(gig, starts_at="2026-12-06T21:00", venue=make_venue("Säälchen").pk)
    later(at, 30)
    assert subjects(mail_server) == ["Moved: Jazz"]
    assert "start: Sat 5 Dec, 20:00 → Sun 6 Dec, 21:00" in text(mail_server)
    assert "venue: Klub Null → Säälchen" in text(mail_server)


def test_several_changes_within_the_time_are_one_mail(mail_server: MailServer, at: Any, gig: Event) -> None:
    for hour in (21, 22, 23):
        change(gig, starts_at=f"2026-12-05T{hour}:00")
        later(at, 20)
    assert mail_server.received == []
    later(at, 10)
    assert subjects(mail_server) == ["Moved: Jazz"]
    assert "20:00 → Sat 5 Dec, 23:00" in text(mail_server)


def test_what_was_changed_back_is_no_mail(mail_server: MailServer, at: Any, gig: Event) -> None:
    change(gig, starts_at="2026-12-05T21:00", status="postponed")
    later(at, 20)
    change(gig, starts_at="", status="")
    later(at, 30)
    later(at, 600)
    assert mail_server.received == []
    assert not EventChange.objects.filter(told_at=None).exists()


def test_what_never_settles_is_told_after_some_hours(mail_server: MailServer, at: Any, gig: Event) -> None:
    for number in range(13):
        change(gig, starts_at=f"2026-12-05T2{1 + number % 2}:00")
        later(at, 20)
    assert len(mail_server.received) == 1


def test_each_further_change_is_told_from_what_was_told_before(mail_server: MailServer, at: Any, gig: Event) -> None:
    change(gig, status="cancelled")
    later(at, 30)
    change(gig, status="")
    later(at, 30)
    assert subjects(mail_server) == ["Cancelled: Jazz", "Takes place after all: Jazz"]
    change(gig, starts_at="2026-12-05T21:00")
    later(at, 30)
    assert subjects(mail_server)[2:] == ["Moved: Jazz"]
    assert "status" not in text(mail_server)


@pytest.mark.parametrize(
    "values", [{"status": "sold_out"}, {"status": "not_listed"}, {"ends_at": "2026-12-05T23:30"}, {"title": "Jazz!"}]
)
def test_what_is_no_move_is_no_mail(mail_server: MailServer, at: Any, gig: Event, values: dict[str, str]) -> None:
    change(gig, **values)
    later(at, 30)
    assert mail_server.received == []


def test_a_place_or_an_hour_that_was_not_given_before_is_no_move(mail_server: MailServer, at: Any) -> None:
    event = make_gig("Jazz", local="2026-12-05T00:00", time_known=False)
    goes(event, answered_at=NOW - dt.timedelta(hours=1))
    change(event, venue=make_venue("Säälchen").pk, starts_at="2026-12-05T20:00")
    assert EventChange.objects.exists()
    later(at, 30)
    assert mail_server.received == []
    change(event, starts_at="2026-12-06T20:00")
    later(at, 30)
    assert subjects(mail_server) == ["Moved: Jazz"]


def test_who_answered_after_the_change_knows_of_it(mail_server: MailServer, at: Any, gig: Event) -> None:
    change(gig, starts_at="2026-12-05T21:00")
    at.shift(60)
    rsvps.answer(gig, make_user(BOB), "going")
    later(at, 40)
    assert mail_server.recipients == [ADA]


def test_it_is_for_those_who_go_and_want_it(mail_server: MailServer, at: Any, gig: Event) -> None:
    before = NOW - dt.timedelta(hours=1)
    goes(gig, "interested@example.org", "interested", answered_at=before)
    goes(gig, "no-notices@example.org", answered_at=before)
    rsvps.choose(make_user("no-notices@example.org"), notices=False)
    goes(gig, "no-reminders@example.org", answered_at=before)
    rsvps.choose(make_user("no-reminders@example.org"), reminders=False)
    change(gig, status="cancelled")
    later(at, 30)
    assert sorted(mail_server.recipients) == [ADA, "no-reminders@example.org"]


def test_who_goes_no_more_by_then_gets_none(mail_server: MailServer, at: Any, gig: Event) -> None:
    change(gig, status="cancelled")
    at.shift(dt.timedelta(minutes=30))
    notices.queue_due()
    rsvps.answer(gig, make_user(), None)
    notices.send_queued()
    assert mail_server.received == []
    assert EmailLog.objects.get().state == "skipped"


def test_while_the_mail_server_is_away_changes_gather(mail_server: MailServer, at: Any, gig: Event) -> None:
    change(gig, starts_at="2026-12-05T21:00")
    mail_server.replies = [("RCPT", "451 later")]
    later(at, 30)
    change(gig, starts_at="2026-12-05T22:00")
    later(at, 30)
    later(at, 10)
    assert subjects(mail_server) == ["Moved: Jazz"]
    assert "20:00 → Sat 5 Dec, 22:00" in text(mail_server)
    assert sorted(EmailLog.objects.values_list("state", flat=True)) == ["sent", "skipped"]


def test_what_was_changed_back_before_it_could_be_sent_is_told_to_nobody(
    mail_server: MailServer, at: Any, gig: Event
) -> None:
    change(gig, starts_at="2026-12-05T21:00")
    mail_server.replies = [("RCPT", "451 later")]
    later(at, 30)
    change(gig, starts_at="")
    for _ in range(5):
        later(at, 30)
    assert mail_server.received == []


@pytest.mark.parametrize("when", ["over", "hidden"])
def test_what_is_over_or_out_of_sight_is_told_to_nobody(
    mail_server: MailServer, at: Any, gig: Event, when: str
) -> None:
    change(gig, status="cancelled")
    if when == "hidden":
        change(gig, visibility="hidden")
    later(at, 30 if when == "hidden" else 60 * 24 * 6)
    assert mail_server.received == []
    assert not EventChange.objects.filter(told_at=None).exists()


def test_of_merged_events_each_hears_once_from_what_they_knew(mail_server: MailServer, at: Any, gig: Event) -> None:
    other = make_gig("Jazz!", venue=gig.venue)
    goes(other, answered_at=NOW - dt.timedelta(minutes=5))
    goes(other, BOB, answered_at=NOW - dt.timedelta(minutes=5))
    change(other, starts_at="2026-12-05T21:00")
    root = merge(gig, other)
    change(root, status="cancelled")
    later(at, 30)
    assert sorted(mail_server.recipients) == [ADA, BOB]
    assert set(subjects(mail_server)) == {"Cancelled: Jazz"}


def test_what_waits_while_its_event_is_merged_into_one_that_was_told_is_sent(
    mail_server: MailServer, at: Any, gig: Event
) -> None:
    other = make_gig("Jazz!", venue=gig.venue)
    goes(other, BOB, answered_at=NOW - dt.timedelta(hours=1))
    change(other, status="cancelled")
    at.shift(dt.timedelta(minutes=1))
    change(gig, status="cancelled")
    at.shift(dt.timedelta(minutes=40))
    notices.queue_due()
    merge(gig, other)
    notices.send_queued()
    assert sorted(mail_server.recipients) == [ADA, BOB]
    assert subjects(mail_server) == ["Cancelled: Jazz"] * 2
    later(at, 40)
    assert len(mail_server.recipients) == 2


@pytest.mark.slow
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.timeout(180)
def test_killed_at_any_line_nobody_gets_two_and_nobody_is_left_out(
    mail_server: MailServer, at: Any, gig: Event
) -> None:
    people = {ADA, BOB}
    goes(gig, BOB, answered_at=NOW - dt.timedelta(hours=1))
    change(gig, status="cancelled")
    at.shift(dt.timedelta(minutes=30))

    def begin() -> None:
        EventChange.objects.update(told_at=None)

    got_one_each(tell_of_changes, (notices, attending), mail_server, people, begin=begin)


def test_queries_do_not_grow_with_those_who_go(at: Any, gig: Event, django_assert_max_num_queries: Any) -> None:
    for number in range(20):
        goes(gig, f"user-{number}@example.org", answered_at=NOW - dt.timedelta(hours=1))
    change(gig, status="cancelled")
    at.shift(dt.timedelta(minutes=30))
    with django_assert_max_num_queries(14):
        notices.queue_due()
    assert EmailLog.objects.count() == 21
    with django_assert_max_num_queries(1):
        notices.queue_due()
