"""Events that visitors send in: from the form to the list, and what their link does then."""

import datetime as dt
import re
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.core import mail as outbox
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client
from pytest_django import Settings

from events import editing
from events.models import Event, Listing, Source
from nocturne import personal
from nocturne.models import EmailLog, User
from scraping import tasks
from scraping.models import Run, Submission
from scraping.submissions import links, mails, retention, steps, trust
from tests.factories import make_city, make_event, make_listing, make_venue
from tests.html import parsed, text_of
from tests.scraping.sending import ADA, NOW, make_editor, make_submission, said

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def at(settings: Settings) -> Iterator[Any]:
    settings.SITE_URL = "https://nocturne.example"
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
    cache.clear()
    make_city()
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller
    cache.clear()


@pytest.fixture(autouse=True)
def queued(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Ids of the submissions whose mail a worker was asked to send."""
    ids: list[int] = []
    monkeypatch.setattr("scraping.tasks.send_submission_mail.apply_async", lambda args, **options: ids.append(*args))
    return ids


@pytest.fixture
def visitor() -> Client:
    """A browser on a page of ours."""
    return Client(enforce_csrf_checks=True, headers={"Sec-Fetch-Site": "same-origin"})


def send(visitor: Client, **fields: Any) -> Any:
    return visitor.post("/submit/", said(**fields))


def page_of(submission: Submission) -> str:
    return f"/submit/{links.token_of(submission)}/"


def confirmed(**columns: Any) -> Submission:
    return steps.confirm(make_submission(**columns))


class TestTheWay:
    def test_from_the_form_to_the_list(
        self, visitor: Client, queued: list[int], django_capture_on_commit_callbacks: Any
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            response = send(visitor, email=" Ada@Example.org ")
        assert response.status_code == 202
        assert ADA in text_of(parsed(response), "[role=status]")
        assert (response["Cache-Control"], visitor.cookies) == ("private, no-store", {})
        row = Submission.objects.get()
        assert (row.state, row.email, queued) == ("unconfirmed", ADA, [row.pk])
        assert not Listing.objects.exists()

        assert tasks.send_submission_mail(row.pk) == "sent"
        [message] = outbox.outbox
        assert message.to == [ADA]
        [address] = re.findall(r"https://nocturne\.example(/submit/\S+)", str(message.body))
        assert "Ada Blum" not in f"{message.subject} {message.body} {message.alternatives}"

        page = parsed(visitor.get(address))  # following it changes nothing
        assert text_of(page, ".summary h2") == "Ada Blum plays"
        row.refresh_from_db()
        assert row.state == "unconfirmed"
        assert visitor.post(address, {"action": "confirm"}).status_code == 303
        row.refresh_from_db()
        assert (row.state, row.confirmed_at) == ("queued", NOW)
        assert not Listing.objects.exists()

        editor = make_editor()
        steps.publish(row, by=editor)
        listing = Listing.objects.get()
        assert listing.source == Source.objects.get(built_in="visitors")
        event = Event.objects.get()
        assert event.venue
        assert (event.title, event.visibility, event.venue.name) == ("Ada Blum plays", "published", "Klub Null")
        assert "Ada Blum plays" in visitor.get("/berlin/?when=2026-12-05").content.decode()
        tasks.send_submission_mail(row.pk)
        assert event.get_absolute_url() in str(outbox.outbox[-1].body)
        page = visitor.get(event.get_absolute_url()).content.decode()
        assert "Ada Blum plays" in page
        assert ADA not in page
        page = parsed(visitor.get(address))
        assert text_of(page, "h1") == "It is on the list"
        assert page.css_first("a.go").attributes["href"] == event.get_absolute_url()

    def test_each_step_can_be_repeated(self, visitor: Client) -> None:
        send(visitor)
        send(visitor)
        row = Submission.objects.get()
        assert (row.mails, EmailLog.objects.count()) == (1, 1)
        for _ in range(2):
            assert steps.confirm(row).state == "queued"
        steps.publish(row, by=make_editor())
        with pytest.raises(steps.Stale):
            steps.publish(row, by=make_editor("second@example.org"))
        assert steps.confirm(row).state == "listed"
        for _ in range(2):
            steps.withdraw(row)
        assert Event.objects.get().status == "cancelled"
        assert Run.objects.count() == 2  # the second time it said nothing new

    def test_who_sends_it_again_later_gets_the_same_link_again(self, at: Any) -> None:
        row = confirmed()
        at.shift(11 * 60)
        assert make_submission().pk == row.pk
        row.refresh_from_db()
        assert (row.state, row.mails) == ("queued", 2)
        assert mails.send(row.pk) == "sent"
        assert outbox.outbox[0].subject.startswith("The link to your event")

    def test_a_refusal_says_why_and_leaves_no_listing(self) -> None:
        row = confirmed()
        steps.refuse(row, by=make_editor(), reason="We list public events only.")
        row.refresh_from_db()
        assert (row.state, Listing.objects.count()) == ("refused", 0)
        mails.send(row.pk)
        assert "We list public events only." in str(outbox.outbox[-1].body)
        page = parsed(Client().get(page_of(row)))
        assert "We list public events only." in text_of(page, ".notice")
        assert not page.css("form[method=post] button")

    def test_what_was_never_listed_is_withdrawn_without_a_trace_on_the_site(self, visitor: Client) -> None:
        row = confirmed()
        visitor.post(page_of(row), {"action": "withdraw"})
        row.refresh_from_db()
        assert row.state == "withdrawn"
        with pytest.raises(steps.Stale):
            steps.publish(row, by=make_editor())
        assert make_submission().pk != row.pk  # and may be sent again

    def test_what_is_over_by_then_is_not_confirmed(self, visitor: Client, at: Any) -> None:
        row = make_submission()
        at.shift(6 * DAY)
        response = visitor.post(page_of(row), {"action": "confirm"})
        assert (response.status_code, text_of(parsed(response), "h1")) == (409, "It is over")

    def test_a_forged_or_shortened_link_opens_nothing(self, visitor: Client) -> None:
        row = make_submission()
        for token in (links.token_of(row)[:-1], f"{row.pk}.1", "x", f"{row.pk}.1.x.y"):
            assert visitor.get(f"/submit/{token}/").status_code == 410
            assert visitor.post(f"/submit/{token}/", {"action": "confirm"}).status_code == 410

    @pytest.mark.parametrize("path", ["/submit/", "/submit/link/"])
    @pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {}])
    def test_pages_of_others_can_send_nothing(self, path: str, headers: dict[str, str]) -> None:
        assert Client().post(path, said(), headers=headers).status_code == 403
        assert not Submission.objects.exists()


class TestMatching:
    def test_what_is_known_gets_one_more_source(self) -> None:
        event = make_event("Ada Blum plays", local="2026-12-05T20:00", venue=make_venue())
        known = make_listing(event)
        row = confirmed(title="Ada Blum plays!", url="")
        row = steps.publish(row, by=make_editor())
        assert row.listing
        assert row.listing.event_id == known.event_id
        event.refresh_from_db()
        assert event.source_count == 2

    def test_two_visitors_who_send_the_same_send_one_event(self) -> None:
        editor = make_editor()
        first = steps.publish(confirmed(), by=editor)
        second = steps.publish(confirmed(email="otto@example.org", title="ADA BLUM plays", url=""), by=editor)
        assert first.listing
        assert second.listing
        assert first.listing.pk != second.listing.pk
        assert first.listing.event_id == second.listing.event_id

    def test_two_visitors_need_not_spell_it_alike(self) -> None:
        editor = make_editor()
        steps.publish(confirmed(), by=editor)
        second = confirmed(email="otto@example.org", title="Ada Blum plays live", venue="Klub Null Berlin", url="")
        steps.publish(second, by=editor)
        assert Event.objects.roots().count() == 1

    def test_two_events_of_one_visitor_stay_two(self) -> None:
        editor = make_editor()
        steps.publish(confirmed(), by=editor)
        steps.publish(confirmed(title="Otto Klang", time="22:00", url="", email="otto@example.org"), by=editor)
        assert Event.objects.count() == 2

    def test_nothing_retires_what_visitors_list(self, at: Any) -> None:
        steps.publish(confirmed(), by=make_editor())
        at.shift(3 * DAY)
        assert tasks.scrape_due() == 0
        source = Source.objects.get(built_in="visitors")
        assert tasks.scrape_source(source.pk, force=True) in ("busy", "lost", "failed")
        listing = Listing.objects.get()
        assert (listing.missing_since, listing.retired_at) == (None, None)


class TestChanges:
    @pytest.fixture
    def row(self) -> Submission:
        return steps.publish(confirmed(), by=make_editor())

    def test_a_change_of_what_is_listed_is_shown_at_once(self, visitor: Client, row: Submission) -> None:
        page = parsed(visitor.get(f"{page_of(row)}change/"))
        form = {
            name: node.attributes.get("value") or ""
            for node in page.css("form input")
            if (name := node.attributes.get("name")) and node.attributes.get("type") != "checkbox"
        }
        assert (form["title"], form["date"], form["time"], form["price"]) == (
            "Ada Blum plays",
            "2026-12-05",
            "20:00",
            "12 EUR",
        )
        assert page.css_first("#submit-email") is None
        response = visitor.post(f"{page_of(row)}change/", said(time="21:30", price="", free="on", email=None))
        assert response.status_code == 303
        event = Event.objects.get()
        assert (event.local_start.hour, event.is_free, event.visibility) == (21, True, "published")
        assert event.changes.get().after["starts_at"].startswith("2026-12-05T20:30")

    @pytest.mark.parametrize(
        "fields",
        [
            {"title": "Cheap watches for everybody"},
            {"title": "Ada sells watches to everybody"},
            {"venue": "win-now.example"},
            {"venue": "Klub Null", "address": "see there...win-now.xn--p1ai"},
            {"url": "https://elsewhere.example/"},
            {"description": "Songs of the sea. Read more at win-now.example"},
            {"city": "los-angeles"},
            {"description": "The best online casino bonus of the year, with songs."},
        ],
    )
    def test_what_becomes_something_else_waits_for_an_editor(
        self, visitor: Client, row: Submission, fields: dict[str, str]
    ) -> None:
        make_city("los-angeles")
        before = Listing.objects.values().get()
        assert visitor.post(f"{page_of(row)}change/", said(**fields)).status_code == 303
        row.refresh_from_db()
        assert (row.state, row.is_change) == ("queued", True)
        assert Listing.objects.values().get() == before
        assert text_of(parsed(visitor.get(page_of(row))), "h1") == "Your change waits for an editor"

        steps.refuse(row, by=User.objects.get(), reason="That is another event.")
        row.refresh_from_db()
        assert (row.state, row.as_draft().title, row.city.slug) == ("listed", "Ada Blum plays", "berlin")
        assert Listing.objects.values().get() == before

    def test_a_change_that_an_editor_likes_is_shown(self, visitor: Client, row: Submission) -> None:
        visitor.post(f"{page_of(row)}change/", said(title="Otto Klang steps in"))
        steps.publish(row, by=User.objects.get())
        assert Event.objects.get().title == "Otto Klang steps in"

    def test_cancelling_says_so_on_the_list_and_can_be_taken_back(self, visitor: Client, row: Submission) -> None:
        visitor.post(page_of(row), {"action": "withdraw"})
        assert Event.objects.get().status == "cancelled"
        assert text_of(parsed(visitor.get(page_of(row))), "h1") == "It is listed as cancelled"
        visitor.post(f"{page_of(row)}change/", said(time="21:00"))
        assert Event.objects.get().status == "cancelled"  # a change of the time is no revival
        visitor.post(page_of(row), {"action": "restore"})
        assert Event.objects.get().status == "scheduled"

    def test_who_joins_an_event_is_no_other_event(self, visitor: Client, row: Submission) -> None:
        visitor.post(f"{page_of(row)}change/", said(title="Ada Blum plays with Otto Klang, see klub.example/otto"))
        row.refresh_from_db()
        assert row.state == "listed"

    def test_hosts_are_found_in_a_text_that_is_all_dots(self, row: Submission) -> None:
        draft = row.as_draft()
        assert not trust.is_other(draft, draft.replace(description="ab." * 1666 + "1"))
        assert trust.is_other(draft, draft.replace(description="ab." * 1600 + "example"))

    def test_cancelling_while_another_city_waits_leaves_it_where_it_is(self, visitor: Client, row: Submission) -> None:
        make_city("los-angeles")
        visitor.post(f"{page_of(row)}change/", said(city="los-angeles"))
        visitor.post(page_of(row), {"action": "withdraw"})
        event = Event.objects.get()
        assert (event.city.slug, event.status) == ("berlin", "cancelled")
        row.refresh_from_db()
        assert (row.state, row.city.slug) == ("queued", "los-angeles")

    def test_cancelling_and_taking_it_back_has_a_limit(self, visitor: Client, row: Submission) -> None:
        answers = [visitor.post(page_of(row), {"action": ("withdraw", "restore")[n % 2]}) for n in range(31)]
        assert {answer.status_code for answer in answers[:30]} == {303}
        assert (answers[30].status_code, answers[30]["Retry-After"].isdigit()) == (429, True)
        assert "try again" in text_of(parsed(answers[30]), ".notice")
        assert Event.objects.get().status == "scheduled"

    def test_cancelling_while_a_change_waits_cancels_what_is_shown(self, visitor: Client, row: Submission) -> None:
        visitor.post(f"{page_of(row)}change/", said(title="Otto Klang steps in"))
        visitor.post(page_of(row), {"action": "withdraw"})
        event = Event.objects.get()
        assert (event.title, event.status) == ("Ada Blum plays", "cancelled")
        row.refresh_from_db()
        assert (row.state, row.as_draft().title, row.as_draft().status) == (
            "queued",
            "Otto Klang steps in",
            "cancelled",
        )

    def test_what_is_over_is_not_changed(self, visitor: Client, row: Submission, at: Any) -> None:
        at.shift(6 * DAY)
        assert visitor.get(f"{page_of(row)}change/").status_code == 409
        assert visitor.post(f"{page_of(row)}change/", said(date="2026-12-20")).status_code == 409
        assert visitor.post(page_of(row), {"action": "withdraw"}).status_code == 409

    def test_what_an_editor_has_hidden_says_so_to_its_sender(self, visitor: Client, row: Submission) -> None:
        editing.show([Event.objects.get().pk], "hidden", by=User.objects.get(), now=NOW)
        page = parsed(visitor.get(page_of(row)))
        assert "not shown at the moment" in text_of(page, ".notice")
        visitor.post(f"{page_of(row)}change/", said(time="21:00"))
        assert Event.objects.get().visibility == "hidden"


class TestTrust:
    def publish(self, count: int, *, first: int = 0, email: str = ADA) -> None:
        editor = User.objects.first() or make_editor()
        for number in range(first, count):
            steps.publish(confirmed(title=f"Evening {number} of songs", time=f"1{number}:00", email=email), by=editor)

    def test_after_two_published_ones_an_address_is_trusted(self) -> None:
        self.publish(1)
        assert confirmed(title="Second song", time="22:00").state == "queued"
        self.publish(2, first=1)
        row = confirmed(title="Third song of the evening", time="23:00")
        assert (row.state, row.decided_by) == ("listed", None)
        assert confirmed(title="Another's song", email="otto@example.org").state == "queued"

    def test_what_is_listed_without_an_editor_does_not_make_trusted(self, settings: Settings) -> None:
        self.publish(2)
        for number in range(3):
            assert confirmed(title=f"Song {number} by the sea", time=f"2{number}:00").state == "listed"
        settings.SUBMISSIONS_TRUSTED_AFTER = 3
        assert confirmed(title="One song more").state == "queued"

    def test_a_refusal_or_a_hidden_event_ends_it(self) -> None:
        self.publish(2)
        editing.show([Event.objects.first().pk], "hidden", by=User.objects.get(), now=NOW)  # type: ignore[union-attr]
        assert confirmed(title="Third song of the evening").state == "queued"
        self.publish(2, email="otto@example.org")
        waiting = make_submission(title="The refused one", email="otto@example.org")
        Submission.objects.filter(pk=waiting.pk).update(state="queued", confirmed_at=NOW)
        steps.refuse(waiting, by=User.objects.get(), reason="Twice.")
        assert confirmed(title="Fourth song", email="otto@example.org").state == "queued"

    def test_what_looks_like_an_advertisement_waits_whoever_sends_it(self, settings: Settings) -> None:
        self.publish(2)
        assert confirmed(title="The online casino bonus night", time="23:00").state == "queued"
        settings.SUBMISSIONS_TRUSTED_AFTER = 0
        assert confirmed(title="Third song of the evening").state == "queued"


class TestRetention:
    def test_what_is_never_confirmed_is_deleted_after_a_week(self, at: Any) -> None:
        row = make_submission(date="2026-12-31")
        kept = confirmed(title="A confirmed one", date="2026-12-31")
        mails.send(row.pk)
        at.shift(7 * DAY - dt.timedelta(minutes=1))
        assert retention.tidy() == 0
        at.shift(dt.timedelta(minutes=2))
        assert retention.tidy() == 1
        assert list(Submission.objects.all()) == [kept]
        assert sorted(EmailLog.objects.values_list("address", flat=True)) == ["", ADA]

    def test_the_address_goes_90_days_after_the_event_and_the_event_stays(self, at: Any) -> None:
        row = steps.publish(confirmed(), by=make_editor())
        address = page_of(row)
        at.move_to(dt.datetime(2027, 3, 5, 23, tzinfo=dt.UTC))
        assert tasks.tidy_submissions() == 0
        at.shift(DAY)
        assert tasks.tidy_submissions() == 1
        row.refresh_from_db()
        assert (row.email, row.listing_id) == ("", Listing.objects.get().pk)
        assert not EmailLog.objects.exclude(address="").exists()
        assert Client().get(address).status_code == 410
        assert retention.tidy() == 0

    def test_who_wants_it_gets_all_of_it_and_is_forgotten(self) -> None:
        steps.publish(confirmed(), by=make_editor())
        make_submission(title="An unconfirmed one")
        make_submission(title="Somebody else's", email="otto@example.org")
        found = retention.exported(ADA)
        assert [(one["event"]["title"], one["state"]) for one in found] == [
            ("Ada Blum plays", "listed"),
            ("An unconfirmed one", "unconfirmed"),
        ]
        assert retention.erase(ADA) == 2
        assert sorted(Submission.objects.values_list("email", "state")) == [
            ("", "listed"),
            ("otto@example.org", "unconfirmed"),
        ]
        assert Event.objects.get().visibility == "published"
        assert not EmailLog.objects.filter(address=ADA).exists()

    @pytest.mark.django_db(transaction=True)
    def test_who_wants_to_be_forgotten_is_although_somebody_is_at_it(self) -> None:
        row, locked = make_submission(), threading.Event()

        def be_at_it() -> None:
            with transaction.atomic():
                Submission.objects.select_for_update(of=("self",)).get(pk=row.pk)
                locked.set()
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_sleep(0.3)")
            connection.close()

        thread = threading.Thread(target=be_at_it)
        thread.start()
        assert locked.wait(10)
        assert retention.erase(ADA) == 1
        thread.join()
        assert not Submission.objects.exists()

    def test_an_account_takes_what_its_address_sent_in_with_it(self) -> None:
        user = User.objects.create(email=ADA)
        make_submission()
        assert personal.exported(user)["submissions"][0]["event"]["title"] == "Ada Blum plays"
        personal.erase(user)
        assert not Submission.objects.exists()

    def test_a_mail_that_was_not_sent_is_asked_for_again(self, queued: list[int], at: Any) -> None:
        row = make_submission()
        tasks.tidy_submissions()
        assert queued == []
        at.shift(31)
        tasks.tidy_submissions()
        assert queued == [row.pk]

    def test_a_mail_of_what_was_forgotten_is_not_sent(self) -> None:
        row = make_submission()
        row.refresh_from_db()
        Submission.objects.update(email="otto@example.org")
        assert mails.send(row.pk) == "skipped"
        assert outbox.outbox == []
