"""Comments as visitors see them: on an event's page, by its form, and by the pages behind it."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from events import comments
from events.models import Comment, CommentReport, Event, EventReport
from events.views import comments as views
from nocturne.models import User
from quality import merging
from tests.factories import make_event, make_listing, make_venue
from tests.html import parsed, text_of, texts

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 12, 1, 12, tzinfo=dt.UTC)
OURS = {"Sec-Fetch-Site": "same-origin"}
IN_PLACE = {**OURS, "X-In-Place": "1"}


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    cache.clear()
    with time_machine.travel(NOW, tick=False):
        yield


def make_user(name: str = "vi", **columns: Any) -> User:
    return User.objects.create(email=f"{name}@example.org", password="!", **columns)


def make_client(user: User | None = None) -> Client:
    client = Client(headers=OURS)
    if user:
        client.force_login(user)
    return client


def make_comment(event: Event, user: User, text: str = "Good.", **columns: Any) -> Comment:
    return Comment.objects.create(
        **{"event": event, "user": user, "name": "Vi", "text": text, "state": "live", **columns}
    )


def known(name: str = "vi") -> tuple[User, Client]:
    """Somebody of whom a comment was shown, and a browser that is signed in."""
    user = make_user(name)
    make_comment(make_event("Long ago"), user, "Hello.")
    return user, make_client(user)


def on(event: Event) -> str:
    return f"/comments/on/{event.pk}/"


class TestPage:
    def test_an_event_without_comments_has_the_form_and_no_cookie(self, client: Client) -> None:
        event = make_event()
        response = client.get(event.get_absolute_url())
        tree = parsed(response)
        assert "No comment yet." in text_of(tree, "#comments")
        form = tree.css_first("#comments form")
        assert (form.attributes["action"], form.attributes["method"]) == (on(event), "post")
        assert not response.cookies
        assert "csrf" not in response.content.decode()
        assert not tree.css_first("#comments details").attributes.get("open")

    def test_live_ones_are_shown_the_newest_first_in_the_citys_time(self, client: Client) -> None:
        event, user = make_event(), make_user()
        for number in range(3):
            make_comment(event, user, f"Number {number}.", created_at=NOW + dt.timedelta(hours=number), name="Ünal")
        make_comment(event, user, "Held.", state="held")
        make_comment(event, user, "Hidden.", state="hidden")
        section = parsed(client.get(event.get_absolute_url())).css_first("#comments")
        assert texts(section, ".words") == ["Number 2.", "Number 1.", "Number 0."]
        assert texts(section, ".by") == [f"Ünal Tue 1 Dec 2026, {hour}:00" for hour in (15, 14, 13)]
        assert "example.org" not in section.html

    def test_fifty_stand_on_a_page_and_the_others_behind_it(self, client: Client) -> None:
        event, user = make_event(), make_user()
        for number in range(53):
            make_comment(event, user, f"No {number}.", created_at=NOW - dt.timedelta(hours=100 - number))
        section = parsed(client.get(event.get_absolute_url())).css_first("#comments")
        assert len(section.css(".comments > li")) == 50
        older = section.css_first("nav a").attributes["href"].partition("#")[0]
        assert texts(parsed(client.get(older)), ".words") == ["No 2.", "No 1.", "No 0."]
        for bad in ("0", "-1", "x", "99999", "²"):
            assert client.get(f"{on(event)}?page={bad}").status_code == 404, bad

    def test_more_comments_take_no_more_queries(self, client: Client) -> None:
        event, user = make_event(), make_user()
        client.get(event.get_absolute_url())  # what is remembered of the city is the same for all pages
        counts = []
        for _ in range(2):
            for number in range(5):
                make_comment(event, user, f"No {number}.")
            cache.clear()
            with CaptureQueriesContext(
                connection,
            ) as queries:
                client.get(event.get_absolute_url())
            counts.append(len(queries))
        assert counts[0] == counts[1]

    def test_a_page_that_somebody_has_is_new_when_a_comment_comes_or_goes(
        self, client: Client, django_capture_on_commit_callbacks: Any
    ) -> None:
        event, (user, _), editor = make_event(), known(), make_user("editor")
        row: list[Comment] = []
        etags, shown = [], []
        for step in (
            lambda: None,
            lambda: row.append(comments.post(event, user, name="Vi", text="Here.")),
            lambda: comments.decide([row[0].pk], Comment.State.HIDDEN, by=editor),
            lambda: comments.decide([row[0].pk], Comment.State.LIVE, by=editor),
            lambda: comments.delete(row[0], user),
        ):
            with django_capture_on_commit_callbacks(execute=True):
                step()
            response = client.get(event.get_absolute_url(), headers={"If-None-Match": (etags or [""])[-1]})
            assert response.status_code == 200
            etags.append(response["ETag"])
            shown.append(texts(parsed(response), ".words"))
        assert shown == [[], ["Here."], [], ["Here."], []]

    def test_merged_events_show_the_comments_of_all_and_unmerged_ones_their_own(
        self, client: Client, django_capture_on_commit_callbacks: Any
    ) -> None:
        user, venue = make_user(), make_venue()
        one, two = (make_event(title, venue=venue) for title in ("Ada Blum", "Ada Blum live"))
        for event, text in ((one, "First."), (two, "Second.")):
            make_listing(event)
            make_comment(event, user, text)
        here, there = one.get_absolute_url(), two.get_absolute_url()

        def seen(path: str) -> list[str]:
            return sorted(texts(parsed(client.get(path, follow=True)), ".words"))

        assert (seen(here), seen(there)) == (["First."], ["Second."])
        with django_capture_on_commit_callbacks(execute=True):
            merging.merge(one, two)
        assert (seen(here), seen(there), seen(on(two))) == (["First.", "Second."],) * 3
        with django_capture_on_commit_callbacks(execute=True):
            known_client = known("ann")[1]
            known_client.post(on(two), {"name": "Ann", "text": "Third."})
        assert seen(here) == ["First.", "Second.", "Third."]
        with django_capture_on_commit_callbacks(execute=True):
            two.refresh_from_db()
            merging.unmerge(two)
        assert (seen(here), seen(there)) == (["First.", "Third."], ["Second."])

    @pytest.mark.parametrize("visibility", ["held", "hidden"])
    def test_what_is_not_shown_has_no_comments(self, visibility: str) -> None:
        event, user = make_event(visibility=visibility), make_user()
        row = make_comment(event, user)
        client = make_client(user)
        for path in (on(event), f"{on(event)}part", f"/comments/{row.pk}/report/", f"/report/{event.pk}/"):
            assert client.get(path).status_code == 404, path
        assert client.post(on(event), {"name": "Vi", "text": "x"}).status_code == 404


class TestWriting:
    def test_a_first_comment_waits_and_its_author_sees_it(self) -> None:
        event, user = make_event(), make_user()
        client = make_client(user)
        response = client.post(on(event), {"name": "Vi", "text": "See you."}, follow=True)
        assert response.redirect_chain[0][1] == 302
        tree = parsed(response)
        assert "An editor looks at it before it is shown." in text_of(tree, "[role=status]")
        assert text_of(tree, ".words") == "See you."
        assert "Only you see this" in text_of(tree, ".unseen")
        assert tree.css_first("textarea").text() == ""
        assert "no-store" in response["Cache-Control"]
        assert "See you." not in make_client().get(event.get_absolute_url()).content.decode()

    def test_a_later_one_is_there_for_everybody(self) -> None:
        event, (_, client) = make_event(), known()
        response = client.post(on(event), {"name": "Vi", "text": "Now."}, follow=True)
        assert "there for everybody" in text_of(parsed(response), "[role=status]")
        cache.clear()
        assert text_of(parsed(make_client().get(event.get_absolute_url())), ".words") == "Now."

    def test_in_place_the_section_comes_back(self) -> None:
        event, (_, client) = make_event(), known()
        response = client.post(on(event), {"name": "Vi", "text": "Now."}, headers=IN_PLACE)
        assert response.status_code == 200
        tree = parsed(response)
        assert [node.attributes.get("id") for node in tree.css("body > *")] == ["comments"]
        assert text_of(tree, ".words") == "Now."
        assert "no-store" in response["Cache-Control"]
        again = client.post(on(event), {"name": "", "text": "Now."}, headers=IN_PLACE)
        assert again.status_code == 422
        assert parsed(again).css_first("#comment-name").attributes["aria-invalid"] == "true"

    def test_what_is_wrong_is_said_and_nothing_is_lost(self) -> None:
        event, (_, client) = make_event(), known()
        response = client.post(on(event), {"name": "vi@example.org", "text": "<b>Keep</b> me & you"})
        assert response.status_code == 422
        tree = parsed(response)
        assert "without an address" in text_of(tree, "#comment-name-error")
        assert tree.css_first("textarea").text() == "<b>Keep</b> me & you"
        assert Comment.objects.filter(event=event).count() == 0

    def test_who_is_not_signed_in_is_led_to_it_and_loses_nothing(self) -> None:
        event, user = make_event(), make_user()
        client = make_client()
        response = client.post(on(event), {"name": "Vi", "text": "Kept words."})
        assert response.status_code == 302
        assert response["Location"].endswith(f"?next={on(event)}")
        assert Comment.objects.count() == 0
        assert text_of(parsed(client.get(on(event))), "textarea") == "Kept words."
        assert text_of(parsed(client.get(on(make_event("Other")))), "textarea") == ""
        client.force_login(user)
        tree = parsed(client.get(on(event)))
        assert text_of(tree, "textarea") == "Kept words."
        assert tree.css_first("#comment-name").attributes["value"] == "Vi"
        assert Comment.objects.count() == 0  # following a link changes nothing
        client.post(on(event), {"name": "Vi", "text": "Kept words."})
        assert Comment.objects.get().text == "Kept words."
        assert text_of(parsed(client.get(on(event))), "textarea") == ""

    def test_nobody_is_sent_away_with_what_cannot_be(self) -> None:
        event = make_event()
        response = make_client().post(on(event), {"name": "", "text": "x"})
        assert response.status_code == 422
        assert not response.cookies

    def test_three_a_minute_by_account_and_by_address(self) -> None:
        event, (user, client) = make_event(), known()
        other, third = known("other")[1], make_client()
        for number in range(3):
            assert client.post(on(event), {"name": "Vi", "text": f"No {number}."}).status_code == 302
        refused = client.post(on(event), {"name": "Vi", "text": "No 4."}, REMOTE_ADDR="198.51.100.7")
        assert refused.status_code == 429
        assert 0 < int(refused["Retry-After"]) <= 60
        tree = parsed(refused)
        assert "try again" in text_of(tree, "#comment-text-error")
        assert text_of(tree, "textarea") == "No 4."
        for browser in (other, third):
            assert browser.post(on(event), {"name": "O", "text": "Me too."}).status_code == 429
            assert browser.post(on(event), {"name": "O", "text": "Me."}, REMOTE_ADDR="198.51.100.8").status_code == 302
        assert Comment.objects.filter(event=event, user=user).count() == 3

    @pytest.mark.parametrize(("rate", "most"), [("20/h", 20), ("100/d", 100)])
    def test_twenty_an_hour_and_a_hundred_a_day(self, monkeypatch: pytest.MonkeyPatch, rate: str, most: int) -> None:
        assert set(views.RATES) == {"3/m", "20/h", "100/d"}
        monkeypatch.setattr(views, "RATES", (rate,))
        event, (_, client) = make_event(), known()
        statuses = [client.post(on(event), {"name": "Vi", "text": f"No {n}."}).status_code for n in range(most + 2)]
        assert statuses == [302] * most + [429] * 2

    def test_comments_end_a_month_after_the_night(self) -> None:
        event, (_, client) = make_event(local="2026-10-20T20:00"), known()
        section = parsed(client.get(event.get_absolute_url())).css_first("#comments")
        assert not section.css("form")
        assert "no more comments are taken" in text_of(section)
        assert client.post(on(event), {"name": "Vi", "text": "Late."}).status_code == 422
        assert not Comment.objects.filter(event=event).exists()

    def test_a_program_that_fills_all_fields_in_is_thanked_and_forgotten(self) -> None:
        event, (_, client) = make_event(), known()
        response = client.post(on(event), {"name": "Vi", "text": "Buy.", "website": "https://x.example"})
        assert "An editor looks at it" in text_of(parsed(response), "[role=status]")
        assert not Comment.objects.filter(event=event).exists()

    def test_only_our_own_pages_can_post(self) -> None:
        event, (user, _) = make_event(), known()
        row = make_comment(event, user)
        for headers in ({}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"}):
            client = Client(headers=headers)
            client.force_login(user)
            for path in (
                on(event),
                f"/comments/{row.pk}/report/",
                f"/comments/{row.pk}/delete/",
                f"/report/{event.pk}/",
            ):
                said = {"name": "Vi", "text": "Forged.", "reason": "other"}
                assert client.post(path, said).status_code == 403, (path, headers)
        assert Comment.objects.filter(event=event).count() == 1
        assert not CommentReport.objects.exists()
        assert not EventReport.objects.exists()


class TestOwn:
    def test_the_fragment_has_ones_own_and_says_nothing_to_others(self) -> None:
        event, (user, client) = make_event(), known()
        mine = make_comment(event, user, "Mine, held.", state="held")
        make_comment(event, make_user("other"), "Theirs.")
        make_comment(event, make_user("third"), "Theirs, held.", state="held")
        response = client.get(f"{on(event)}part")
        tree = parsed(response)
        assert set(texts(tree, ".words")) == {"Mine, held.", "Theirs."}
        assert [form.attributes["action"] for form in tree.css(".comments form")] == [f"/comments/{mine.pk}/delete/"]
        assert tree.css_first("#comment-name").attributes["value"] == "Vi"
        assert response["Cache-Control"] == "private, no-store"
        nobody = make_client().get(f"{on(event)}part")
        assert (nobody.status_code, nobody.content) == (204, b"")

    def test_one_deletes_ones_own_and_nobody_elses(self) -> None:
        event, (user, client) = make_event(), known()
        mine, theirs = make_comment(event, user), make_comment(event, make_user("other"), "Theirs.")
        response = client.post(f"/comments/{mine.pk}/delete/", follow=True)
        assert text_of(parsed(response), "[role=status]") == "Your comment is deleted."
        client.post(f"/comments/{mine.pk}/delete/")
        client.post(f"/comments/{theirs.pk}/delete/")
        assert client.get(f"/comments/{theirs.pk}/delete/").status_code == 405
        assert list(Comment.objects.filter(event=event)) == [theirs]
        assert make_client().post(f"/comments/{theirs.pk}/delete/").status_code == 302
        assert Comment.objects.filter(pk=theirs.pk).exists()
        another = make_comment(event, user)
        in_place = client.post(f"/comments/{another.pk}/delete/", headers=IN_PLACE)
        assert texts(parsed(in_place), ".words") == ["Theirs."]

    def test_all_of_ones_own_stand_on_one_page(self) -> None:
        user, client = known()
        assert texts(parsed(client.get("/comments/mine/")), ".words") == ["Hello."]
        make_comment(make_event("Ball"), user, "Why?", state="hidden", decided_by=make_user("editor"))
        tree = parsed(client.get("/comments/mine/"))
        assert texts(tree, ".by a") == ["Ball", "Long ago"]
        assert text_of(tree, ".unseen .quiet") == "An editor has hidden this. Only you see it."
        empty = make_client(make_user("new")).get("/comments/mine/")
        assert "You have written none" in text_of(parsed(empty), ".empty")
        assert make_client().get("/comments/mine/").status_code == 302


class TestReporting:
    def test_three_addresses_hide_a_comment(self) -> None:
        event, user = make_event(), make_user()
        row = make_comment(event, user, "Bad words.")
        for number in (1, 1, 2, 3):
            client = make_client()
            path = f"/comments/{row.pk}/report/"
            assert "Bad words." in text_of(parsed(client.get(path)), ".words")
            response = client.post(path, {"reason": "abuse", "text": "x"}, REMOTE_ADDR=f"198.51.100.{number}")
            assert response.status_code == 202
            assert "An editor looks at the comment" in text_of(parsed(response), "[role=status]")
        row.refresh_from_db()
        assert (row.state, CommentReport.objects.count()) == ("hidden", 3)
        assert client.get(path).status_code == 404
        assert "198.51.100" not in str(list(CommentReport.objects.values()))

    def test_a_reason_is_needed_and_traps_and_limits_hold(self) -> None:
        row = make_comment(make_event(), make_user())
        path = f"/comments/{row.pk}/report/"
        client = make_client()
        assert client.post(path, {"reason": "x"}).status_code == 422
        assert client.post(path, {"reason": "spam", "website": "x"}).status_code == 202
        assert CommentReport.objects.count() == 0
        statuses = [client.post(path, {"reason": "spam"}).status_code for _ in range(6)]
        assert statuses == [202] * 4 + [429] * 2
        assert CommentReport.objects.count() == 1
