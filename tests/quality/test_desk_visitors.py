"""The editors' desk: comments that wait, and what visitors report of events."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client

from events import comments, reports
from events.models import Comment, CommentReport, Event
from nocturne.models import Alert, User
from tests.factories import make_city, make_event
from tests.html import text_of, texts
from tests.quality.desk import COMMENTS, NOW, REPORTS, get, make_editor, make_listed, press

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]


def make_comment(text: str, *, event: Event | None = None, by: str = "vi", **columns: Any) -> Comment:
    user, _ = User.objects.get_or_create(email=f"{by}@example.org", defaults={"password": "!"})
    return Comment.objects.create(event=event or make_event("Ball"), user=user, name=by.title(), text=text, **columns)


def state_of(comment: Comment) -> str:
    return Comment.objects.values_list("state", flat=True).get(pk=comment.pk)


class TestComments:
    def test_the_reported_ones_come_first_then_the_oldest(self, ada: Client) -> None:
        make_comment("Held.", why="It is the first comment of this account.")
        make_comment("Fine.", by="a", state="live")
        reported = make_comment("Rude.", by="b", state="live")
        CommentReport.objects.create(comment=reported, hashed="1", reason="abuse", text="He insults me.")
        page = get(ada, COMMENTS)
        assert text_of(page, ".desk-left") == "2 comments left."
        assert text_of(page, ".desk-said") == "Rude."
        assert "Reported, and shown until you decide." in text_of(page, ".desk-why")
        assert "Insults or hate: He insults me." in text_of(page, ".relations")
        page = press(ada, page, COMMENTS, "Leave it")
        assert text_of(page, ".desk-said") == "Held."
        assert "It is the first comment of this account." in text_of(page, ".desk-why")
        assert "vi@example.org : 0 other comments shown, 0 hidden, 0 held" in text_of(page, ".relations")
        assert state_of(reported) == "live"

    def test_a_key_or_button_shows_hides_skips_and_undoes(self, ada: Client) -> None:
        first, second = make_comment("First."), make_comment("Second.", by="b")
        page = get(ada, COMMENTS)
        keys = {node.attributes["data-key"]: text_of(node) for node in page.css("[data-key]")}
        assert keys == {"s": "Show S", "h": "Hide H", "k arrowright": "Skip K →"}
        skipped = get(ada, f"{COMMENTS}{page.css_first('a[data-key]').attributes['href']}")
        assert text_of(skipped, ".desk-said") == "Second."
        assert "2 comments left, 1 of them skipped" in text_of(skipped, ".desk-left")
        page = press(ada, skipped, COMMENTS, "Hide H")
        assert text_of(page, "h2.desk-pair") == "1 comment skipped"
        page = press(ada, page, COMMENTS, "Undo", ".desk-decisions")
        assert text_of(page, ".desk-said") == "Second."
        page = press(ada, page, COMMENTS, "Show")
        assert (state_of(first), state_of(second)) == ("held", "live")
        assert text_of(page, ".desk-said") == "First."
        assert set(LogEntry.objects.values_list("change_message", flat=True)) == {
            "Made hidden.",
            "Undone.",
            "Made live.",
        }

    def test_all_of_an_account_are_hidden_and_come_back(self, ada: Client) -> None:
        rows = [make_comment(f"No {n}.", state=state) for n, state in enumerate(("held", "live", "live"))]
        other = make_comment("Fine.", by="b", state="live")
        page = press(ada, get(ada, COMMENTS), COMMENTS, "Hide all")
        assert [state_of(row) for row in (*rows, other)] == ["hidden", "hidden", "hidden", "live"]
        assert "Hidden: 3 comments." in text_of(page, ".messagelist")
        press(ada, page, COMMENTS, "Undo", ".desk-decisions")
        assert [state_of(row) for row in rows] == ["held", "live", "live"]

    def test_who_comes_second_is_told(self, ada: Client) -> None:
        row = make_comment("First.")
        page = get(ada, COMMENTS)
        comments.decide([row.pk], Comment.State.LIVE, by=User.objects.get(email="ada@example.org"), now=NOW)
        page = press(ada, page, COMMENTS, "Hide")
        assert "Somebody was quicker: the comment is live now." in text_of(page, ".messagelist")
        assert state_of(row) == "live"
        gone = make_comment("Second.", by="b")
        page = get(ada, COMMENTS)
        comments.delete(gone, gone.user)
        assert "its author has deleted it" in text_of(press(ada, page, COMMENTS, "Show"), ".messagelist")

    def test_who_may_only_look_decides_nothing(self, looker: Client) -> None:
        row = make_comment("First.")
        assert not get(looker, COMMENTS).css(".desk-decide button")
        said = {"comment": row.pk, "state": "held", "do": "show"}
        assert looker.post(f"{COMMENTS}decide/", said).status_code == 403
        assert looker.get(f"{COMMENTS}decide/").status_code == 405
        assert state_of(row) == "held"

    def test_an_empty_queue_says_so(self, ada: Client) -> None:
        assert text_of(get(ada, COMMENTS), "h2.desk-pair") == "No comment waits"
        for odd in ("skip=x,,9,99999999999999999999", "comment=x", "comment=99"):
            assert text_of(get(ada, f"{COMMENTS}?{odd}"), "h2.desk-pair"), odd


class TestReports:
    def test_the_date_of_an_event_is_that_of_its_city(self, ada: Client) -> None:
        event = make_event("Ball", city=make_city("los-angeles"), local="2026-12-05T19:00")  # which is the 6th in UTC
        reports.take(event, kind="mistake", reason="when", text="", email="", now=NOW)
        assert "Sat 5 Dec 2026, Los Angeles" in text_of(get(ada, REPORTS), ".desk-rows th small")

    def test_takedowns_come_first_and_one_click_hides_and_settles(self, ada: Client) -> None:
        event = make_listed("Ball").event
        assert event
        reports.take(event, kind="mistake", reason="when", text="At nine.", now=NOW)
        reports.take(event, kind="takedown", reason="rights", text="My poster.", email="eve@example.org", now=NOW)
        page = get(ada, REPORTS)
        assert ["My poster." in row for row in texts(page, ".desk-rows tbody tr")] == [True, False]
        page = press(ada, page, REPORTS, "Hide the event")
        event.refresh_from_db()
        assert event.visibility == "hidden"
        assert Alert.objects.get().resolved_at == NOW
        assert "An answer is wanted at eve@example.org." in text_of(page, ".messagelist")
        assert len(page.css(".desk-rows tbody tr")) == 1
        page = press(ada, page, REPORTS, "Settle")
        assert "Nothing is reported." in text_of(page, ".desk-main")
        press(ada, page, REPORTS, "Undo", ".desk-decisions")
        event.refresh_from_db()
        assert event.visibility == "published"

    def test_who_comes_second_is_told(self, ada: Client) -> None:
        row = reports.take(make_event(), kind="mistake", reason="when", text="At nine.", now=NOW)
        page = get(ada, REPORTS)
        reports.settle([row.pk], by=User.objects.get(email="ada@example.org"), now=NOW)
        assert "settled that report already" in text_of(press(ada, page, REPORTS, "Settle"), ".messagelist")

    def test_who_may_not_hide_events_settles(self) -> None:
        client = make_editor("few@example.org", is_superuser=False)
        names = ("view_eventreport", "change_eventreport")
        User.objects.get(email="few@example.org").user_permissions.add(*Permission.objects.filter(codename__in=names))
        row = reports.take(make_event(), kind="mistake", reason="when", text="At nine.", now=NOW)
        page = get(client, REPORTS)
        assert texts(page, ".act button") == ["Settle"]
        assert client.post(REPORTS, {"hide": row.pk}).status_code == 403
        row.refresh_from_db()
        assert row.settled_at is None
        press(client, page, REPORTS, "Settle")
        row.refresh_from_db()
        assert row.settled_at == NOW

    def test_the_list_of_reports_hides_and_settles_too(self, ada: Client) -> None:
        event = make_listed("Ball").event
        assert event
        row = reports.take(event, kind="takedown", reason="other", text="x", email="eve@example.org", now=NOW)
        address = f"/admin/events/eventreport/{row.pk}/change/"
        page = get(ada, address)
        assert "eve@example.org" in text_of(page, "#content")
        ada.post("/admin/events/eventreport/", {"action": "hide", "_selected_action": row.pk})
        event.refresh_from_db()
        row.refresh_from_db()
        assert (event.visibility, row.settled_at) == ("hidden", NOW)
