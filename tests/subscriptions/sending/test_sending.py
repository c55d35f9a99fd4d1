"""The digest as it arrives at a real SMTP server."""

import datetime as dt
import re
from collections import Counter
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from events.models import Event, EventChange
from nocturne.cache import bump
from nocturne.models import EmailLog
from nocturne.smtp import EmailBackend
from subscriptions import consent, rendering, sending, writing
from subscriptions.models import Digest
from subscriptions.tasks import digests_due
from tests.factories import make_city
from tests.mailservers import MailServer

from ..issues import EARLIER, MONDAY, NINE, body, make_night, make_week, released
from ..people import ADA, make_subscription, subscribe

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
BOB = "bob@example.org"
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


def test_it_goes_by_itself_on_monday_once_to_each(mail_server: MailServer, at: Any) -> None:
    make_week()
    subscribe(23)
    at.move_to(NINE - dt.timedelta(hours=12, minutes=1))
    digests_due()
    assert not Digest.objects.exists()
    at.move_to(NINE - 12 * HOUR)
    digests_due()
    [digest] = Digest.objects.all()
    assert (digest.week, digest.state) == (MONDAY, "drafted")
    at.move_to(NINE - dt.timedelta(minutes=1))
    digests_due()
    assert mail_server.received == []
    at.move_to(NINE)
    for _ in range(3):
        digests_due()
    assert Counter(mail_server.recipients) == {f"reader-{n}@example.org": 1 for n in range(23)}
    assert mail_server.connections == 3  # one a batch of ten
    assert sending.progress_of(digest) == {"sent": 23}


def test_a_mail_has_what_programs_read_and_links_of_its_reader(mail_server: MailServer, at: Any) -> None:
    make_week()
    rows = [make_subscription(), make_subscription(BOB)]
    at.move_to(NINE)
    sending.send(released().pk)
    assert len(mail_server.received) == 2
    for row, raw, message in zip(rows, mail_server.received, mail_server.messages, strict=True):
        lines = raw.partition(b"\r\n\r\n")[0].decode("ascii").split("\r\n")
        assert "List-Id: <digest.berlin.nocturne.example>" in lines
        assert lines.count("List-Unsubscribe-Post: List-Unsubscribe=One-Click") == 1
        [url] = [match[1] for line in lines if (match := re.fullmatch(r"List-Unsubscribe: <(https://[^>\s]+)>", line))]
        assert url in body(message)
        assert url in body(message, "html")
        assert re.search(r"preferences-[0-9a-f]{8}|unsubscribe-[0-9a-f]{8}", body(message, "html")) is None
        provider = Client(enforce_csrf_checks=True, headers={"Sec-Fetch-Site": "cross-site"})
        said = "List-Unsubscribe=One-Click"
        form = "application/x-www-form-urlencoded"
        assert provider.post(urlsplit(url).path, said, content_type=form).status_code == 200
        row.refresh_from_db()
        assert row.status == "ended"


def test_each_day_has_its_readers_and_tells_of_what_is_then_to_come(mail_server: MailServer, at: Any) -> None:
    make_week(7)
    make_night("Next Tuesday", 8)
    make_subscription()
    make_subscription(BOB, weekday=4)
    at.move_to(NINE)
    digests_due()
    assert mail_server.recipients == [ADA]
    assert "Next Tuesday" not in body(mail_server.messages[0])
    at.move_to(NINE + 4 * DAY)
    digests_due()
    assert mail_server.recipients == [ADA, BOB]
    text = body(mail_server.messages[1])
    assert "Next Tuesday" in text
    assert "Evening 3" not in text
    at.move_to(NINE + 6 * DAY)
    digests_due()
    [digest] = Digest.objects.all()
    assert digest.state == "sent"
    assert digest.finished_at == NINE + 6 * DAY


def test_nine_is_nine_in_a_city_that_changes_its_clock(mail_server: MailServer, at: Any) -> None:
    city = make_city("los-angeles")
    for weekday in (0, 6):
        make_subscription(f"{weekday}@example.org", city=city, weekday=weekday, confirmed_at=EARLIER - 60 * DAY)
    # clocks go back on Sunday, 1 November, at 02:00
    for night in ("2026-10-28", "2026-11-02"):
        make_night(f"On {night}", 0, city=city, local=f"{night}T20:00")
    for instant, count in (
        ("2026-10-26T15:59Z", 0),
        ("2026-10-26T16:00Z", 1),
        ("2026-11-01T16:59Z", 1),
        ("2026-11-01T17:00Z", 2),
        ("2026-11-02T16:59Z", 2),
    ):
        at.move_to(dt.datetime.fromisoformat(instant))
        digests_due()
        assert len(mail_server.received) == count, instant
    assert all("20:00" in body(message) for message in mail_server.messages)
    assert "Times are those of Los Angeles." in body(mail_server.messages[1])


def test_who_confirms_between_draft_and_sending_gets_it_and_who_comes_later_the_next(
    mail_server: MailServer, at: Any
) -> None:
    make_week()
    make_subscription()
    at.move_to(NINE - HOUR)
    digests_due()
    make_subscription(BOB)
    at.move_to(NINE)
    digests_due()
    at.move_to(NINE + HOUR)
    make_subscription("cat@example.org")
    digests_due()
    assert mail_server.recipients == [ADA, BOB]


def test_a_city_whose_first_reader_came_after_monday_waits_for_the_next(mail_server: MailServer, at: Any) -> None:
    make_week()
    at.move_to(NINE + DAY)
    make_subscription()
    digests_due()
    assert not Digest.objects.exists()


def test_what_was_missed_is_made_up_for(mail_server: MailServer, at: Any) -> None:
    make_week(7)
    make_subscription()
    at.move_to(NINE + 2 * DAY)
    digests_due()
    assert mail_server.recipients == [ADA]
    assert "Evening 1" not in body(mail_server.messages[0])


def test_who_unsubscribes_while_it_is_sent_gets_none(
    mail_server: MailServer, at: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_week()
    rows = subscribe(3)
    at.move_to(NINE)
    digest = released()
    hand_over = EmailBackend._hand_over

    def hand_over_and_lose_one(self: EmailBackend, wire: bytes) -> None:
        hand_over(self, wire)
        consent.end(rows[1])

    monkeypatch.setattr(EmailBackend, "_hand_over", hand_over_and_lose_one)
    sending.send(digest.pk)
    assert mail_server.recipients == ["reader-0@example.org", "reader-2@example.org"]
    [skipped] = EmailLog.objects.filter(state="skipped")
    assert (skipped.address, skipped.why) == ("reader-1@example.org", writing.NOT_ASKED)


def test_who_is_erased_and_subscribes_again_gets_no_second(mail_server: MailServer, at: Any) -> None:
    make_week()
    row = make_subscription()
    at.move_to(NINE)
    digest = released()
    sending.send(digest.pk)
    consent.erase(row.subscriber)
    make_subscription()
    sending.send(digest.pk, everybody=True)
    assert mail_server.recipients == [ADA]


def test_a_merge_and_a_cancellation_between_release_and_sending_show(mail_server: MailServer, at: Any) -> None:
    stays, goes, off, hidden = [make_night(title, 3) for title in ("Stays", "Doubled", "Off", "Hidden")]
    make_subscription()
    at.move_to(NINE)
    digest = released()
    goes.merged_into = stays
    goes.root = stays
    goes.save()
    EventChange.objects.create(event=off, sequence=1, before={"status": "scheduled"}, after={"status": "cancelled"})
    off.status = Event.Status.CANCELLED
    off.save()
    hidden.visibility = Event.Visibility.HIDDEN
    hidden.save()
    sending.send(digest.pk)
    text = body(mail_server.messages[0])
    assert text.count("Stays") == 2  # its title and its venue
    assert "Doubled" not in text
    assert "Hidden" not in text
    assert "Cancelled: Off" in text


def test_what_changes_while_it_is_sent_shows_in_the_mails_after(
    mail_server: MailServer, at: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_week(3)
    subscribe(2)
    at.move_to(NINE)
    digest = released()
    hand_over = EmailBackend._hand_over

    def hand_over_and_cancel(self: EmailBackend, wire: bytes) -> None:
        hand_over(self, wire)
        Event.objects.filter(title="Evening 1").update(status="cancelled")
        bump(digest.city_id)

    monkeypatch.setattr(EmailBackend, "_hand_over", hand_over_and_cancel)
    monkeypatch.setattr(writing, "FRESH", 0)
    sending.send(digest.pk)
    first, second = (body(message) for message in mail_server.messages)
    assert "Cancelled" not in first
    assert "Cancelled: Evening 1" in second


def test_each_gets_what_matches_their_search_and_nobody_an_empty_mail(mail_server: MailServer, at: Any) -> None:
    make_night("A concert", 1, category="music")
    make_night("A film", 2, category="film")
    make_subscription(search="category=music")
    make_subscription(BOB, search="category=books")
    at.move_to(NINE)
    digest = released()
    sending.send(digest.pk)
    [message] = mail_server.messages
    assert message["To"] == ADA
    assert "A concert" in body(message)
    assert "A film" not in body(message)
    row = EmailLog.objects.get(address=BOB)
    assert (row.state, row.why) == ("skipped", writing.NOTHING_ON)


def test_where_nothing_is_on_nothing_is_sent(mail_server: MailServer, at: Any) -> None:
    make_subscription()
    at.move_to(NINE)
    digests_due()
    digests_due()
    [digest] = Digest.objects.all()
    assert (digest.state, digest.why) == ("empty", "Nothing is on in these days.")
    assert mail_server.received == []


def test_queries_are_asked_by_the_batch_and_not_by_the_mail(
    mail_server: MailServer, at: Any, settings: Any, django_assert_max_num_queries: Any
) -> None:
    settings.DIGEST_BATCH = 100
    make_week(40)
    subscribe(30)
    at.move_to(NINE)
    digest = released()
    # besides these each mail is claimed by a statement of its own, which says of the one before that it was sent
    with django_assert_max_num_queries(26):
        sending.send(digest.pk)
    assert len(mail_server.received) == 30
    assert sending.progress_of(digest) == {"sent": 30}


def test_an_odd_address_and_a_provider_by_api_get_the_same_mail(mail_server: MailServer, at: Any) -> None:
    make_week()
    plain, odd = make_subscription(), make_subscription('"a b"@example.org')
    at.move_to(NINE)
    digest = released()
    sending.send(digest.pk)
    assert sorted(mail_server.recipients) == ['"a b"@example.org', ADA]
    by_address = {message["To"].addresses[0].addr_spec: message for message in mail_server.messages}
    links = [re.escape(f"{kind}/") + r"[^/]+/" for kind in ("unsubscribe", "preferences")]
    one, other = (
        [re.sub("|".join(links), "", body(by_address[row.subscriber.email], kind)) for kind in ("plain", "html")]
        for row in (plain, odd)
    )
    assert one == other
    assert sorted(by_address[ADA].keys()) == sorted(by_address['"a b"@example.org'].keys())


def test_each_search_is_rendered_once_however_many_have_it(
    mail_server: MailServer, at: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_week()
    searches = ["", "q=Evening", "runs=no"]
    for n in range(12):
        make_subscription(f"reader-{n}@example.org", search=searches[n % 3])
    at.move_to(NINE)
    digest = released()
    rendered: list[str] = []
    issue = rendering.issue
    monkeypatch.setattr(rendering, "issue", lambda *args: (rendered.append(args[-1]), issue(*args))[1])
    monkeypatch.setattr(writing, "MAX_ISSUES", 1)
    sending.send(digest.pk)
    assert sorted(rendered) == searches
    assert len(mail_server.received) == 12
