"""The queue of what visitors send in, on the editors' desk, and the pages of submissions and listings."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from events.models import Event, Listing
from nocturne.models import User
from scraping.models import Submission
from scraping.submissions import steps
from tests.factories import make_event, make_listing, make_venue
from tests.html import parsed, text_of, texts
from tests.scraping.sending import ADA, confirmed, make_submission

pytestmark = pytest.mark.django_db
QUEUE, DECIDE = "/admin/desk/submissions/", "/admin/desk/submissions/decide/"


def test_the_desk_says_how_much_waits_and_shows_the_one_that_waits_longest(editor: Client) -> None:
    assert text_of(parsed(editor.get(QUEUE)), "h2") == "Nothing waits"
    make_submission(title="An unconfirmed one")
    confirmed()
    confirmed(title="Otto Klang plays", email="otto@example.org")
    page = parsed(editor.get(QUEUE))
    assert text_of(page, "h2#sent") == "Ada Blum plays"
    assert text_of(page, ".desk-tabs [aria-current]") == "Sent in 2"
    assert text_of(page, "#left") == "2 wait."
    assert ADA in text_of(page, ".desk-sent")
    assert "Nothing on the list is like it." in text_of(page, ".desk-sent")
    assert "Score 100" in text_of(page, ".desk-sent")
    assert "of the same address: 1 waiting for its sender" in text_of(page, ".desk-sent")
    skip = page.css_first("a[data-key~=k]").attributes["href"]
    page = parsed(editor.get(f"{QUEUE}{skip}"))
    assert text_of(page, "h2#sent") == "Otto Klang plays"
    assert text_of(page, "#left").startswith("2 wait, 1 of them skipped")


def test_it_says_what_the_rules_find_and_what_it_would_join(editor: Client) -> None:
    event = make_event("Ada Blum plays", local="2026-12-05T20:00", venue=make_venue())
    make_listing(event)
    confirmed(title="Ada Blum plays!", description="The best online casino bonus.", url="")
    page = parsed(editor.get(QUEUE))
    said = text_of(page, ".desk-sent")
    assert f"On the list already : publishing adds one more source to #{event.pk}" in said
    assert "It reads like an advertisement" in said
    assert "Score 40 : 100 − 60 = 40" in said


def test_publishing_and_refusing_lead_to_the_next_one_and_queue_a_mail(editor: Client) -> None:
    first = confirmed()
    second = confirmed(title="Otto Klang plays", email="otto@example.org")
    response = editor.post(DECIDE, {"submission": first.pk, "publish": "1"}, follow=True)
    assert text_of(parsed(response), "h2#sent") == "Otto Klang plays"
    assert Event.objects.get().visibility == "published"
    response = editor.post(DECIDE, {"submission": second.pk, "refuse": "2"}, follow=True)
    assert text_of(parsed(response), "h2") == "Nothing waits"
    second.refresh_from_db()
    assert (second.state, second.decided_by) == ("refused", User.objects.get())
    assert second.reason == "It reads like an advertisement and not like an event."
    assert [row.mails for row in Submission.objects.order_by("pk")] == [2, 2]


def test_own_words_go_over_the_reasons_and_there_must_be_some(editor: Client) -> None:
    row = confirmed()
    response = editor.post(DECIDE, {"submission": row.pk, "refuse": "", "reason": " "}, follow=True)
    assert "Say why it is refused" in text_of(parsed(response), ".messagelist")
    row.refresh_from_db()
    assert row.state == "queued"
    editor.post(DECIDE, {"submission": row.pk, "refuse": "1", "reason": "Only for members."})
    row.refresh_from_db()
    assert (row.state, row.reason) == ("refused", "Only for members.")


def test_whoever_comes_second_is_told_what_the_first_one_did(editor: Client) -> None:
    row = confirmed()
    editor.post(DECIDE, {"submission": row.pk, "publish": "1"})
    for decision in ({"publish": "1"}, {"refuse": "2"}):
        response = editor.post(DECIDE, {"submission": row.pk, **decision}, follow=True)
        assert "It is listed by now." in text_of(parsed(response), ".messagelist")
    assert Listing.objects.count() == 1
    assert "not there any more" in text_of(parsed(editor.post(DECIDE, {"submission": "7x"}, follow=True)))


def test_what_its_sender_changes_while_an_editor_reads_is_not_published_unseen(editor: Client) -> None:
    row = confirmed()
    field = "input[name=seen]"
    seen = parsed(editor.get(QUEUE)).css_first(field).attributes["value"]
    steps.change(row, row.as_draft().replace(title="Ada Blum sells watches"), row.city)
    page = parsed(editor.post(DECIDE, {"submission": row.pk, "seen": seen, "publish": "1"}, follow=True))
    assert "changed it meanwhile" in text_of(page, ".messagelist")
    assert text_of(page, "h2#sent") == "Ada Blum sells watches"
    assert not Event.objects.exists()
    seen = page.css_first(field).attributes["value"]
    editor.post(DECIDE, {"submission": row.pk, "seen": seen, "publish": "1"})
    assert Event.objects.get().title == "Ada Blum sells watches"


def test_an_advertisement_that_an_editor_publishes_all_the_same_is_shown(editor: Client) -> None:
    row = confirmed(title="Casino night", description="Not an online casino bonus, but cards for buttons.")
    editor.post(DECIDE, {"submission": row.pk, "publish": "1"})
    event = Event.objects.get()
    assert (event.score, event.visibility) == (40, "published")


def test_a_change_is_shown_beside_what_stands(editor: Client) -> None:
    row = steps.publish(confirmed(), by=User.objects.get())
    draft = row.as_draft().replace(title="Otto Klang steps in")
    steps.change(row, draft, row.city)
    page = parsed(editor.get(QUEUE))
    assert text_of(page, "h2#sent") == "Otto Klang steps in wants to be changed"
    cells = [text_of(cell) for cell in page.css(".desk-sent tbody tr > *")]
    assert cells == ["title", "Ada Blum plays", "Otto Klang steps in"]


def test_the_page_as_visitors_will_see_it_is_framed_by_the_desk_and_writes_nothing(editor: Client) -> None:
    row = confirmed(venue="A new place", price="10–15")
    response = editor.get(f"{QUEUE}{row.pk}/page/")
    page = parsed(response)
    assert text_of(page, "h1") == "Ada Blum plays"
    assert "A new place" in text_of(page, "main")
    assert "€10–15" in text_of(page, "main")
    assert not page.css("#comments")  # there is no event yet to ask for them
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in response["Content-Security-Policy"]
    assert response["Cache-Control"].startswith("private, no-store")
    assert (Event.objects.count(), Listing.objects.count()) == (0, 0)
    assert editor.get(f"{QUEUE}{row.pk + 1}/page/").status_code == 404


def test_who_may_not_decide_sees_no_buttons_and_who_may_not_look_nothing(editor: Client) -> None:
    row = confirmed()
    assert Client().get(QUEUE).status_code == 302
    user = User.objects.create(email="reader@example.org", is_staff=True)
    reader = Client()
    reader.force_login(user)
    for path in (QUEUE, f"{QUEUE}{row.pk}/page/"):
        assert reader.get(path).status_code == 403
    assert reader.post(DECIDE, {"submission": row.pk, "publish": "1"}).status_code == 403
    assert not Listing.objects.exists()


def test_a_longer_queue_asks_no_more_queries(editor: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as found:
            editor.get(QUEUE)
        return len(found)

    confirmed()
    editor.get(QUEUE)
    before = queries()
    for number in range(5):
        confirmed(title=f"Evening {number} of songs", email=f"someone{number}@example.org")
    assert queries() == before


def test_the_list_the_row_and_the_listing_say_where_it_came_from(editor: Client) -> None:
    row = steps.publish(confirmed(), by=User.objects.get())
    page = parsed(editor.get("/admin/scraping/submission/"))
    assert "Ada Blum plays" in texts(page, "#result_list tbody th")[0]
    page = parsed(editor.get(f"/admin/scraping/submission/{row.pk}/change/"))
    assert ADA in text_of(page, "#content")
    page = parsed(editor.get(f"/admin/events/listing/{row.listing_id}/change/"))
    assert ADA in text_of(page, "#submission-group")


def test_a_listing_that_nobody_sent_in_shows_no_submission(editor: Client) -> None:
    listing = make_listing(make_event())
    page = parsed(editor.get(f"/admin/events/listing/{listing.pk}/change/"))
    assert page.css_first("#submission-group")
    assert "waiting" not in text_of(page, "#submission-group")


def test_what_was_refused_by_mistake_waits_again(editor: Client) -> None:
    row = steps.refuse(confirmed(), by=User.objects.get(), reason="A mistake.")
    actions = {"action": "reopen", "_selected_action": [row.pk]}
    editor.post("/admin/scraping/submission/", actions)
    row.refresh_from_db()
    assert (row.state, row.reason) == ("queued", "")
    response = editor.post("/admin/scraping/submission/", actions, follow=True)
    assert "It is waiting for an editor." in text_of(parsed(response), ".messagelist")


def test_an_address_is_forgotten_by_an_action(editor: Client) -> None:
    row = steps.publish(confirmed(), by=User.objects.get())
    confirmed(title="Otto Klang plays")
    editor.post("/admin/scraping/submission/", {"action": "erase", "_selected_action": [row.pk]})
    assert list(Submission.objects.values_list("email", "state")) == [("", "listed")]
