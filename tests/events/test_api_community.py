"""Who goes, and comments, as JSON: read by everybody, said by who has signed in on a page of ours."""

from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client

from events.models import Comment, CommentReport, Event, Rsvp
from nocturne.models import User
from tests.factories import make_city, make_event

pytestmark = pytest.mark.django_db
OURS = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture(autouse=True)
def friday() -> Any:
    cache.clear()
    with time_machine.travel("2026-12-04T18:00:00+01:00", tick=False):
        yield


@pytest.fixture
def event() -> Event:
    return make_event("Jazz")


@pytest.fixture
def ada() -> User:
    return User.objects.create_user("ada@example.org", display_name="Ada")


def signed_in(user: User) -> Client:
    client = Client(headers=OURS)
    client.force_login(user)
    return client


def send(client: Client, method: str, path: str, body: Any = None, **rest: Any) -> Any:
    return getattr(client, method)(f"/api/{path}", body, content_type="application/json", **rest)


def test_answers_are_counted_and_one_s_own_is_told(event: Event, ada: User) -> None:
    path = f"events/berlin/{event.pk}/rsvp"
    client = signed_in(ada)
    for said, counts in (("going", (1, 0)), ("going", (1, 0)), ("interested", (0, 1)), (None, (0, 0)), (None, (0, 0))):
        page = send(client, "put", path, {"answer": said}).json()
        assert (page["going"], page["interested"], page["answer"]) == (*counts, said)
    send(client, "put", path, {"answer": "going"})
    stranger = Client().get(f"/api/{path}")
    assert stranger.json() == {"going": 1, "interested": 0, "answer": None}
    assert "no-store" in stranger["Cache-Control"]


def test_what_is_over_takes_no_answers(ada: User) -> None:
    over = make_event(local="2026-11-20T20:00")
    response = send(signed_in(ada), "put", f"events/berlin/{over.pk}/rsvp", {"answer": "going"})
    assert (response.status_code, response["Content-Type"]) == (409, "application/problem+json")
    assert not Rsvp.objects.exists()


def writes(event: Event, comment: int = 1) -> list[tuple[str, str, Any]]:
    return [
        ("put", f"events/berlin/{event.pk}/rsvp", {"answer": "going"}),
        ("post", f"events/berlin/{event.pk}/comments", {"text": "Nice."}),
        ("delete", f"comments/{comment}", None),
    ]


def test_nobody_says_anything_without_a_session(event: Event) -> None:
    for method, path, body in writes(event):
        response = send(Client(), method, path, body)
        assert (response.status_code, response["Content-Type"]) == (401, "application/problem+json"), path


@pytest.mark.parametrize(
    "headers",
    [
        *({"Sec-Fetch-Site": site} for site in ("cross-site", "same-site", "none", "")),
        *({"Origin": origin} for origin in ("https://evil.example", "null", "https://friend.example")),
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"},
    ],
)
def test_pages_of_other_sites_say_nothing_in_anybody_s_name(
    settings: Any, event: Event, ada: User, headers: dict[str, str]
) -> None:
    settings.ALLOWED_ORIGINS = ["https://friend.example"]
    row = Comment.objects.create(event=event, user=ada, name="Ada", text="Hello.", state="live")
    client = Client(headers=headers)
    client.force_login(ada)
    for method, path, body in [*writes(event, row.pk), ("post", f"comments/{row.pk}/report", {"reason": "other"})]:
        assert send(client, method, path, body).status_code == 403, path
    assert not Rsvp.objects.exists()
    assert list(Comment.objects.all()) == [row]


def test_a_form_of_another_site_is_no_json(event: Event, ada: User) -> None:
    client = Client()
    client.force_login(ada)
    assert client.post(f"/api/events/berlin/{event.pk}/comments", {"text": "x"}).status_code == 415


def test_a_first_comment_waits_and_later_ones_are_there_for_all(event: Event, ada: User) -> None:
    client, path = signed_in(ada), f"events/berlin/{event.pk}/comments"
    first = send(client, "post", path, {"text": "I look forward.\nAda"})
    assert (first.status_code, first.json()["state"], first.json()["name"]) == (201, "held", "Ada")
    assert send(client, "post", path, {"text": "I look forward.\nAda"}).json()["id"] == first.json()["id"]
    seen = Client().get(f"/api/{path}")
    assert seen.json() == {"comments": [], "next_cursor": None}
    Comment.objects.update(state="live")
    second = send(client, "post", path, {"name": "A.", "text": "Write to me: ada@example.org"})
    assert second.json()["state"] in ("live", "held")
    Comment.objects.update(state="live")
    page = Client().get(f"/api/{path}?limit=1").json()
    rest = Client().get(f"/api/{path}?limit=1&cursor={page['next_cursor']}").json()
    assert [row["name"] for row in page["comments"] + rest["comments"]] == ["A.", "Ada"]
    assert "ada@example.org" not in str(page)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"text": ""}, "text"),
        ({"text": "x" * 5000}, "text"),
        ({"text": "x" * 50_000}, "text"),
        ({"text": "fine", "name": "Admin"}, "name"),
        ({"text": "fine", "name": "x" * 201}, "name"),
        ({"text": 1}, "text"),
        ({}, "text"),
    ],
)
def test_what_cannot_be_a_comment_is_refused_by_its_field(event: Event, ada: User, body: Any, field: str) -> None:
    response = send(signed_in(ada), "post", f"events/berlin/{event.pk}/comments", body)
    assert (response.status_code, response.json()["errors"][0]["field"]) == (422, field)
    assert not Comment.objects.exists()


def test_comments_have_the_limits_of_the_pages(event: Event, ada: User) -> None:
    client = signed_in(ada)
    path = f"events/berlin/{event.pk}/comments"
    answers = [send(client, "post", path, {"text": f"Number {n}."}) for n in range(4)]
    assert [one.status_code for one in answers] == [201, 201, 201, 429]
    assert int(answers[-1]["Retry-After"]) > 0


def test_one_s_own_comment_can_be_deleted_and_nobody_else_s(event: Event, ada: User) -> None:
    row = Comment.objects.create(event=event, user=ada, name="Ada", text="Hello.", state="live")
    bert = User.objects.create_user("bert@example.org")
    assert send(signed_in(bert), "delete", f"comments/{row.pk}").status_code == 204
    assert Comment.objects.exists()
    for _ in range(2):
        assert send(signed_in(ada), "delete", f"comments/{row.pk}").status_code == 204
    assert not Comment.objects.exists()


def test_anybody_may_report_a_comment_once(event: Event, ada: User) -> None:
    row = Comment.objects.create(event=event, user=ada, name="Ada", text="Hello.", state="live")
    for _ in range(2):
        assert send(Client(), "post", f"comments/{row.pk}/report", {"reason": "other"}).status_code == 202
    assert CommentReport.objects.count() == 1
    assert send(Client(), "post", f"comments/{row.pk}/report", {"reason": "x"}).status_code == 422
    assert send(Client(), "post", "comments/999999/report", {"reason": "other"}).status_code == 404


def test_merged_events_are_one_and_hidden_ones_are_none(event: Event, ada: User) -> None:
    other, hidden = make_event("B"), make_event("C", visibility="hidden")
    Event.objects.filter(pk=other.pk).update(merged_into=event, root=event)
    send(signed_in(ada), "put", f"events/berlin/{other.pk}/rsvp", {"answer": "going"})
    assert Client().get(f"/api/events/berlin/{event.pk}/rsvp").json()["going"] == 1
    make_city("los-angeles")
    for path in (f"events/berlin/{hidden.pk}", f"events/los-angeles/{event.pk}", "events/berlin/999999"):
        for part in ("rsvp", "comments"):
            assert Client().get(f"/api/{path}/{part}").status_code == 404
