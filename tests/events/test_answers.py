"""Answering by buttons: what public pages show, the fragment, the address that takes answers, and the plain page."""

import datetime as dt
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from events.models import Event, Rsvp
from nocturne.models import User
from quality.merging import merge, unmerge
from tests.factories import make_event, make_listing, make_venue
from tests.html import links, parsed, text_of, texts

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 12, 1, 12, tzinfo=dt.UTC)
JSON = {"Accept": "application/json"}


@pytest.fixture(autouse=True)
def at() -> Iterator[Any]:
    cache.clear()
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def ada() -> User:
    return User.objects.create(email="ada@example.org")


@pytest.fixture
def visitor(ada: User) -> Client:
    """Ada's browser, signed in, on a page of ours."""
    client = Client(enforce_csrf_checks=True, headers={"Sec-Fetch-Site": "same-origin"})
    client.force_login(ada)
    return client


def buttons(tree: Any) -> list[str]:
    return texts(tree, ".rsvp button")


def say(client: Client, event: Event, said: str, **headers: str) -> Any:
    return client.post("/my/answers", {said: event.pk}, headers=headers)


class TestPublicPages:
    def test_each_card_has_buttons_and_how_many_go(self, client: Client, ada: User) -> None:
        venue = make_venue()
        event = make_event("Jazz & <Blues>", venue=venue, category="music")
        other = make_event("Soul", venue=venue, category="music", local="2026-12-04T20:00")
        run = make_event("Show", local="2026-12-01T10:00", local_end="2026-12-09T18:00", venue=venue)
        Rsvp.objects.create(event=event, user=ada, answer="going")
        Rsvp.objects.create(event=run, user=ada, answer="interested")
        for url in ("/berlin/", venue.get_absolute_url()):
            tree = parsed(client.get(url))
            assert buttons(tree) == ["Going", "Interested", "Going 1", "Interested", "Going", "Interested 1"]
            assert [group.attributes["aria-label"] for group in tree.css(".rsvp")] == ["Soul", "Jazz & <Blues>", "Show"]
            form = tree.css_first("form#rsvp")
            assert (form.attributes["method"], form.attributes["action"]) == ("post", "/my/answers")
            assert not tree.css("[aria-pressed]:not(.theme)")
        tree = parsed(client.get(other.get_absolute_url()))
        assert buttons(tree) == ["Going", "Interested", "Going 1", "Interested"]

    def test_a_search_marks_words_and_not_the_name_of_the_buttons(self, client: Client) -> None:
        make_event("Jazz & Blues")
        tree = parsed(client.get("/berlin/?q=jazz"))
        assert tree.css_first(".rsvp").attributes["aria-label"] == "Jazz & Blues"

    def test_a_page_is_the_same_for_everybody_and_sets_no_cookie(
        self, client: Client, visitor: Client, ada: User
    ) -> None:
        event = make_event()
        Rsvp.objects.create(event=event, user=ada, answer="going")
        for url in ("/berlin/", event.get_absolute_url()):
            known, unknown = visitor.get(url), client.get(url)
            assert known.content == unknown.content
            assert not known.cookies
            assert "Vary" not in known

    def test_pages_follow_within_a_minute(
        self, client: Client, visitor: Client, at: Any, django_capture_on_commit_callbacks: Any
    ) -> None:
        event = make_event()
        etags = {url: client.get(url)["ETag"] for url in ("/berlin/", event.get_absolute_url())}
        with django_capture_on_commit_callbacks(execute=True):
            say(visitor, event, "going")
        at.shift(61)
        for url, etag in etags.items():
            answer = client.get(url, headers={"If-None-Match": etag})
            assert buttons(parsed(answer)) == ["Going 1", "Interested"]

    @pytest.mark.parametrize("columns", [{"status": "cancelled"}, {"local": "2026-11-29T20:00"}])
    def test_what_takes_no_answer_has_no_buttons(self, client: Client, ada: User, columns: dict[str, Any]) -> None:
        event = make_event(**columns)
        Rsvp.objects.create(event=event, user=ada, answer="going")
        tree = parsed(client.get(event.get_absolute_url()))
        assert not buttons(tree)
        assert text_of(tree, ".attend p") == "1 is going"

    def test_queries_do_not_grow_with_events_and_answers(self, client: Client) -> None:
        users = [User.objects.create(email=f"user-{number}@example.org") for number in range(4)]

        def queries(url: str) -> int:
            cache.clear()
            with CaptureQueriesContext(connection) as captured:
                client.get(url)
            return len(captured)

        venue = make_venue()
        make_event(venue=venue)
        client.get("/berlin/")  # from then on the city is known
        Event.objects.update(title="Another title")  # so that one card is new, as there are several below
        few = [queries(url) for url in ("/berlin/", venue.get_absolute_url())]
        for _ in range(9):
            event = make_event(venue=venue)
            for user in users:
                Rsvp.objects.create(event=event, user=user, answer="going")
        assert [queries(url) for url in ("/berlin/", venue.get_absolute_url())] == few


class TestFragment:
    def test_it_has_counts_and_own_answers_of_all_events_asked_for(self, visitor: Client, ada: User) -> None:
        bob = User.objects.create(email="bob@example.org")
        first, second, hidden = make_event(), make_event(), make_event(visibility="hidden")
        for user in (ada, bob):
            Rsvp.objects.create(event=first, user=user, answer="going")
        Rsvp.objects.create(event=second, user=bob, answer="interested")
        response = visitor.get(f"/my/answers?events={first.pk},{second.pk},{hidden.pk},x,-1,{'9' * 40},999999")
        assert response.json() == {
            "signed_in": True,
            "events": {
                str(first.pk): {"going": 2, "interested": 0, "answer": "going"},
                str(second.pk): {"going": 0, "interested": 1, "answer": ""},
            },
        }
        assert response["Cache-Control"] == "private, no-store"

    def test_it_takes_as_many_queries_for_many_events(self, visitor: Client) -> None:
        events = [make_event() for _ in range(60)]
        visitor.get(f"/my/answers?events={events[0].pk}")

        def queries(number: int) -> int:
            with CaptureQueriesContext(connection) as captured:
                visitor.get(f"/my/answers?events={','.join(str(event.pk) for event in events[:number])}")
            return len(captured)

        assert queries(60) == queries(1) <= 5

    def test_without_a_session_it_takes_the_marker_away(self, client: Client) -> None:
        event = make_event()
        client.cookies["signed_in"] = "1"
        response = client.get(f"/my/answers?events={event.pk}")
        assert response.json()["signed_in"] is False
        assert response.cookies["signed_in"]["max-age"] == 0

    def test_an_event_that_was_merged_since_says_what_its_root_has(self, visitor: Client, ada: User) -> None:
        first, second = make_event(), make_event()
        Rsvp.objects.create(event=first, user=ada, answer="going")
        Event.objects.filter(pk=second.pk).update(merged_into=first, root=first)
        told = visitor.get(f"/my/answers?events={second.pk}").json()["events"]
        assert told == {str(second.pk): {"going": 1, "interested": 0, "answer": "going"}}


class TestAnswering:
    def test_a_script_gets_the_new_state(self, visitor: Client) -> None:
        event = make_event()
        for said, state in (("going", (1, 0, "going")), ("interested", (0, 1, "interested")), ("none", (0, 0, ""))):
            response = say(visitor, event, said, **JSON)
            told = response.json()["events"][str(event.pk)]
            assert (told["going"], told["interested"], told["answer"]) == state
            assert response["Cache-Control"] == "private, no-store"

    def test_a_form_leads_to_a_plain_page_and_back_to_the_list(self, visitor: Client) -> None:
        event = make_event("Jazz")
        response = say(visitor, event, "going", Referer="http://testserver/berlin/?q=jazz&page=1")
        assert response.status_code == 303
        page = visitor.get(response["Location"])
        tree = parsed(page)
        assert text_of(tree, "h1") == "Jazz"
        assert text_of(tree, "[role=status]") == "You are going."
        assert texts(tree, "#rsvp button") == ["I am interested", "Take it back"]
        assert links(tree, "main a")["Back to the list"] == "/berlin/?q=jazz&page=1"
        assert links(tree, "main a")["My events"] == "/my/events/"
        assert page["Cache-Control"] == "private, no-store"
        # what is pressed there leads to the same list
        field = tree.css_first("#rsvp input").attributes
        response = visitor.post("/my/answers", {"interested": event.pk, field["name"]: field["value"]})
        tree = parsed(visitor.get(response["Location"]))
        assert links(tree, "main a")["Back to the list"] == "/berlin/?q=jazz&page=1"
        say(visitor, event, "none")
        tree = parsed(visitor.get(f"/my/answers/{event.pk}/"))
        assert "You have not answered." in text_of(tree, "main")
        assert links(tree, "main a")["To the event"] == event.get_absolute_url()

    @pytest.mark.parametrize(
        "referer",
        [
            "https://evil.example/berlin/",
            "http://testserver//evil.example/",
            "http://testserver/my/events/",
            "http://testserver/admin/",
            "http://testserver/\\evil.example/",
            "http://testserver/\t/evil.example/berlin/",
            "http://testserver/\n/evil.example/berlin/",
            "",
        ],
    )
    def test_the_way_back_leads_to_lists_of_ours_only(self, visitor: Client, referer: str) -> None:
        event = make_event()
        assert say(visitor, event, "going", Referer=referer)["Location"] == f"/my/answers/{event.pk}/"
        tree = parsed(visitor.get(f"/my/answers/{event.pk}/", {"back": referer.removeprefix("http://testserver")}))
        assert "Back to the list" not in links(tree, "main a")

    def test_who_is_not_signed_in_signs_in_and_finds_the_same_answer_offered(self, ada: User) -> None:
        event = make_event()
        client = Client(enforce_csrf_checks=True, headers={"Sec-Fetch-Site": "same-origin"})
        to = urlsplit(say(client, event, "going")["Location"])
        assert (to.path, parse_qs(to.query)["next"]) == ("/account/login/", [f"/my/answers/{event.pk}/?answer=going"])
        client.force_login(ada)
        tree = parsed(client.get(f"/my/answers/{event.pk}/?answer=going"))
        assert not Rsvp.objects.exists()  # looking changes nothing
        assert "You were about to say that you are going." in text_of(tree, "main")
        [button] = tree.css("#rsvp button")
        client.post("/my/answers", {button.attributes["name"]: button.attributes["value"]})
        assert Rsvp.objects.get().answer == "going"
        # it is not offered a second time
        assert text_of(parsed(client.get(f"/my/answers/{event.pk}/?answer=going")), "[role=status]") == "You are going."

    def test_a_script_without_a_session_is_told_so(self) -> None:
        client = Client(headers={"Sec-Fetch-Site": "same-origin"})
        client.cookies["signed_in"] = "1"
        response = say(client, make_event(), "going", **JSON)
        assert response.status_code == 401
        assert response.cookies["signed_in"]["max-age"] == 0

    def test_what_is_closed_says_why(self, visitor: Client) -> None:
        event = make_event(status="cancelled")
        response = say(visitor, event, "going")
        assert response.status_code == 409
        assert text_of(parsed(response), "[role=alert]") == "This event is cancelled."
        assert say(visitor, event, "going", **JSON).status_code == 409
        assert not Rsvp.objects.exists()

    @pytest.mark.parametrize("fields", [{}, {"going": "x"}, {"going": "0"}, {"going": "9" * 30}, {"likes": "1"}])
    def test_what_names_no_event_is_404(self, visitor: Client, fields: dict[str, str]) -> None:
        assert visitor.post("/my/answers", fields).status_code == 404

    def test_what_is_hidden_is_404(self, visitor: Client) -> None:
        event = make_event(visibility="hidden")
        assert say(visitor, event, "going").status_code == 404
        assert visitor.get(f"/my/answers/{event.pk}/").status_code == 404

    def test_somebody_who_presses_without_end_is_slowed_down(self, visitor: Client) -> None:
        event = make_event()
        statuses = [say(visitor, event, "going", **JSON).status_code for _ in range(61)]
        assert statuses == [200] * 60 + [429]


def test_merging_and_unmerging_as_visitors_see_it(client: Client, visitor: Client, ada: User) -> None:
    first, second = make_event("Concert"), make_event("Concert!")
    for event in (first, second):
        make_listing(event)
    bob = User.objects.create(email="bob@example.org")
    Rsvp.objects.create(event=first, user=bob, answer="going")
    say(visitor, second, "interested")
    root = merge(first, second)
    cache.clear()
    assert buttons(parsed(client.get("/berlin/"))) == ["Going 1", "Interested 1"]
    assert client.get(second.get_absolute_url())["Location"] == root.get_absolute_url()
    assert texts(parsed(visitor.get("/my/events/")), ".card h3") == ["Concert"]
    # the address of the one that was merged still takes answers
    say(visitor, second, "going")
    assert buttons(parsed(client.get(root.get_absolute_url()))) == ["Going 2", "Interested"]
    unmerge(Event.objects.get(pk=second.pk))
    cache.clear()
    assert buttons(parsed(client.get("/berlin/"))) == ["Going 2", "Interested", "Going", "Interested 1"]
    assert texts(parsed(visitor.get("/my/events/")), ".card h3") == ["Concert", "Concert!"]
