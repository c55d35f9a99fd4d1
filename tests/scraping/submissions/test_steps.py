"""Events that visitors send in: from the form to the list."""

import re
from typing import Any

import pytest
from django.core import mail as outbox
from django.test import Client

from events.models import Event, Listing, Source
from nocturne.models import EmailLog
from scraping import tasks
from scraping.models import Run, Submission
from scraping.submissions import links, mails, steps
from tests.factories import make_event, make_listing, make_venue
from tests.html import parsed, text_of
from tests.scraping.sending import ADA, DAY, NOW, confirmed, make_editor, make_submission, page_of, said

pytestmark = pytest.mark.django_db


def send(visitor: Client, **fields: Any) -> Any:
    return visitor.post("/submit/", said(**fields))


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

    def test_a_mail_that_still_waits_is_replaced_and_not_left_waiting(self, at: Any) -> None:
        row = make_submission()
        at.shift(11 * 60)
        assert make_submission().pk == row.pk
        assert list(EmailLog.objects.order_by("pk").values_list("state", flat=True)) == ["skipped", "queued"]
        assert mails.send(row.pk) == "sent"
        assert len(outbox.outbox) == 1

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
