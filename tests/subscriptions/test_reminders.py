"""The reminder of the day before: to whom, when, and never twice."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from events import rsvps
from events.models import Event
from nocturne import mail
from nocturne.models import EmailLog, Suppression
from quality.merging import merge, unmerge
from subscriptions import attending, reminders
from subscriptions.tasks import remind
from tests.factories import make_city, make_event
from tests.mailservers import MailServer

from .goers import ADA, BOB, goes, got_one_each, make_gig, make_user

pytestmark = pytest.mark.django_db

# The concert is on Saturday at eight, in Berlin. It is Thursday.
NOW = dt.datetime(2026, 12, 3, 8, tzinfo=dt.UTC)


@pytest.fixture
def at() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def friday(clock: str) -> dt.datetime:
    return dt.datetime.fromisoformat(f"2026-12-04T{clock}+01:00")


def test_it_comes_on_the_day_before_in_daytime_once(mail_server: MailServer, at: Any) -> None:
    goes(make_gig("Jazz & Blues"))
    for moment, count in (
        ("2026-12-03T20:00+01:00", 0),
        ("2026-12-04T09:59+01:00", 0),
        ("2026-12-04T10:00+01:00", 1),
        ("2026-12-04T10:05+01:00", 1),
        ("2026-12-04T15:00+01:00", 1),
        ("2026-12-05T10:00+01:00", 1),
    ):
        at.move_to(dt.datetime.fromisoformat(moment))
        remind()
        assert len(mail_server.received) == count, moment
    [message] = mail_server.messages
    assert message["To"] == ADA
    assert message["Subject"] == "Tomorrow: Jazz & Blues · Nocturne"
    for kind in ("plain", "html"):
        text = str(message.get_body((kind,)).get_content())  # type: ignore[union-attr]
        assert "Sat 5 Dec, 20:00 CET" in text
        assert f"https://nocturne.example{Event.objects.get().get_absolute_url()}" in text
    row = EmailLog.objects.get()
    assert (row.kind, row.state, row.matter) == ("reminder", "sent", f"reminder:{Event.objects.get().pk}:2026-12-05")


def test_the_day_before_is_that_of_the_night_by_the_clock_of_the_city(mail_server: MailServer, at: Any) -> None:
    goes(make_gig("Club", local="2026-12-05T01:00"))  # Friday's night
    goes(make_gig("Beach", local="2026-12-04T20:00", city=make_city("los-angeles")), BOB)
    at.move_to(dt.datetime.fromisoformat("2026-12-03T10:00+01:00"))
    remind()
    assert mail_server.recipients == [ADA]
    at.move_to(dt.datetime.fromisoformat("2026-12-03T10:00-08:00"))
    remind()
    assert mail_server.recipients == [ADA, BOB]


def test_what_is_moved_after_its_reminder_has_one_of_its_new_night(mail_server: MailServer, at: Any) -> None:
    event = make_gig()
    goes(event)
    at.move_to(friday("10:00"))
    remind()
    later = make_event("Elsewhere", local="2026-12-12T20:00")
    when = {"starts_at": later.starts_at, "night": later.night, "last_night": later.last_night}
    was = {name: getattr(event, name) for name in when}
    Event.objects.filter(pk=event.pk).update(**when)
    at.move_to(friday("12:00"))
    remind()
    assert mail_server.recipients == [ADA]
    Event.objects.filter(pk=event.pk).update(**was)  # moved back on the same day
    remind()
    assert mail_server.recipients == [ADA]
    Event.objects.filter(pk=event.pk).update(**when)
    for clock in ("10:00", "12:00"):
        at.move_to(dt.datetime.fromisoformat(f"2026-12-11T{clock}+01:00"))
        remind()
        assert mail_server.recipients == [ADA, ADA]
    assert "Sat 12 Dec, 20:00 CET" in str(mail_server.messages[1].get_body(("plain",)).get_content())


def test_what_was_missed_until_the_evening_comes_later_and_not_at_night(mail_server: MailServer, at: Any) -> None:
    goes(make_gig())
    at.move_to(friday("21:00"))
    remind()
    assert mail_server.received == []
    at.move_to(friday("20:59"))
    remind()
    assert mail_server.recipients == [ADA]


def test_it_is_for_those_who_go_and_want_it(mail_server: MailServer, at: Any) -> None:
    event = make_gig()
    goes(event)
    goes(event, "interested@example.org", "interested")
    goes(event, "no-mail@example.org")
    rsvps.choose(make_user("no-mail@example.org"), reminders=False)
    goes(event, "no-notices@example.org")
    rsvps.choose(make_user("no-notices@example.org"), notices=False)
    goes(event, "gone@example.org")
    user = make_user("gone@example.org")
    user.is_active = False
    user.save()
    goes(event, "suppressed@example.org")
    mail.suppress("suppressed@example.org", Suppression.Reason.COMPLAINT)
    at.move_to(friday("10:00"))
    goes(event, "just-now@example.org", answered_at=friday("10:01"))
    at.move_to(friday("10:05"))
    remind()
    assert sorted(mail_server.recipients) == [ADA, "no-notices@example.org"]


@pytest.mark.parametrize("columns", [{"status": "cancelled"}, {"status": "postponed"}, {"visibility": "hidden"}])
def test_what_is_off_or_out_of_sight_reminds_nobody(mail_server: MailServer, at: Any, columns: dict[str, Any]) -> None:
    goes(make_gig(**columns))
    goes(make_gig("Later"), BOB)
    at.move_to(friday("10:00"))
    reminders.queue_due()
    Event.objects.filter(title="Later").update(**columns)  # between queueing and sending
    reminders.send_queued()
    assert mail_server.received == []
    assert set(EmailLog.objects.values_list("state", flat=True)) == {"skipped"}


def test_what_publishers_no_longer_list_says_so(mail_server: MailServer, at: Any) -> None:
    goes(make_gig(status="not_listed"))
    at.move_to(friday("10:00"))
    remind()
    assert "No longer listed" in str(mail_server.messages[0].get_body(("plain",)))


def test_who_goes_no_more_gets_none(mail_server: MailServer, at: Any) -> None:
    answer = goes(make_gig())
    at.move_to(friday("10:00"))
    reminders.queue_due()
    rsvps.answer(answer.event, answer.user, "interested")
    reminders.send_queued()
    assert mail_server.received == []


class TestMerged:
    def test_two_that_are_one_remind_once(self, mail_server: MailServer, at: Any) -> None:
        first, second = make_gig(), make_gig("Jazz!")
        goes(first)
        goes(second)
        goes(second, BOB)
        merge(first, second)
        at.move_to(friday("10:00"))
        remind()
        assert sorted(mail_server.recipients) == [ADA, BOB]

    def test_merging_after_the_reminder_brings_no_second_one_nor_does_unmerging(
        self, mail_server: MailServer, at: Any
    ) -> None:
        first, second = make_gig(), make_gig("Jazz!")
        goes(second)
        at.move_to(friday("10:00"))
        remind()
        merge(first, second)
        remind()
        unmerge(Event.objects.get(pk=second.pk))
        remind()
        assert mail_server.recipients == [ADA]

    def test_merged_while_both_wait_they_remind_once(self, mail_server: MailServer, at: Any) -> None:
        first, second = make_gig(), make_gig("Jazz!")
        goes(first)
        goes(second)
        at.move_to(friday("10:00"))
        reminders.queue_due()
        merge(first, second)
        reminders.send_queued()
        assert mail_server.recipients == [ADA]
        assert sorted(EmailLog.objects.values_list("state", flat=True)) == ["sent", "skipped"]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.timeout(180)
def test_killed_at_any_line_nobody_gets_two_and_nobody_is_left_out(mail_server: MailServer, at: Any) -> None:
    people = {ADA, BOB}
    event = make_gig()
    for email in people:
        goes(event, email)
    at.move_to(friday("10:00"))

    got_one_each(remind, (reminders, attending), mail_server, people)


def test_the_hours_rate_holds(mail_server: MailServer, at: Any, settings: Any) -> None:
    settings.MAIL_RATE_PER_HOUR = 2
    event = make_gig()
    for number in range(3):
        goes(event, f"user-{number}@example.org")
    at.move_to(friday("10:00"))
    remind()
    remind()
    assert len(mail_server.recipients) == 2
    at.move_to(friday("11:05"))
    remind()
    assert len(set(mail_server.recipients)) == 3


def test_a_tick_with_nothing_new_asks_little_however_many_go(at: Any, django_assert_max_num_queries: Any) -> None:
    for number in range(5):
        event = make_gig(f"Gig {number}")
        for n in range(5):
            goes(event, f"user-{n}@example.org")
    at.move_to(friday("10:00"))
    reminders.queue_due()
    with django_assert_max_num_queries(4):
        reminders.queue_due()
    assert EmailLog.objects.count() == 25


def test_more_than_a_batch_go_in_one_task(mail_server: MailServer, at: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attending, "BATCH", 2)
    event = make_gig()
    for number in range(5):
        goes(event, f"user-{number}@example.org")
    at.move_to(friday("10:00"))
    assert remind() == 5
    assert len(set(mail_server.recipients)) == 5


def test_a_mail_server_that_refuses_all_is_left_alone_until_the_next_task(
    mail_server: MailServer, at: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attending, "MAX_ERRORS", 2)
    event = make_gig()
    for number in range(4):
        goes(event, f"user-{number}@example.org")
    at.move_to(friday("10:00"))
    mail_server.replies = [("RCPT", "451 later")] * 3
    remind()
    assert mail_server.received == []
    assert len(mail_server.replies) == 1  # the third was not tried
    mail_server.replies = []
    at.move_to(friday("11:00"))
    remind()
    assert len(set(mail_server.recipients)) == 4
