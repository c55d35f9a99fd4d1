"""What the link of a submission does once it is listed."""

from typing import Any

import pytest
from django.test import Client

from events import editing
from events.models import Event, Listing
from nocturne.models import User
from scraping.models import Submission
from scraping.submissions import steps, trust
from tests.factories import make_city
from tests.html import parsed, text_of
from tests.scraping.sending import DAY, NOW, confirmed, make_editor, page_of, said

pytestmark = pytest.mark.django_db


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
            {"url": "http://203.0.113.9/tickets"},
            {"url": "https://a.9elsewhere%2eexample/"},
            {"description": "Songs of the sea. Tickets: http://203.0.113.9/buy"},
            {"description": "Songs of the sea. More on _win-now.example_"},
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

    def test_nor_does_it_become_something_else_step_by_step(self, visitor: Client, row: Submission) -> None:
        for title in ("Ada Blum sells", "Ada Blum sells watches"):
            visitor.post(f"{page_of(row)}change/", said(title=title))
            assert Event.objects.get().title == title
        visitor.post(f"{page_of(row)}change/", said(title="Blum sells watches cheap"))
        row.refresh_from_db()
        assert (row.is_change, Event.objects.get().title) == (True, "Ada Blum sells watches")
        steps.publish(row, by=User.objects.get())
        visitor.post(f"{page_of(row)}change/", said(title="Blum sells watches"))
        assert Event.objects.get().title == "Blum sells watches"

    def test_what_was_listed_by_an_older_release_is_held_against_what_is_shown(
        self, visitor: Client, row: Submission
    ) -> None:
        Submission.objects.update(approved=None)
        visitor.post(f"{page_of(row)}change/", said(title="Ada Blum sells"))
        assert Event.objects.get().title == "Ada Blum sells"
        row.refresh_from_db()
        assert (row.approved or {})["title"] == "Ada Blum plays"

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
