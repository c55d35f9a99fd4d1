"""My events: the page, its private calendar, and the choice of mail."""

import datetime as dt
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import icalendar
import pytest
import time_machine
from django.core.cache import cache
from django.test import Client

from events.models import Attendee, Event, Rsvp
from nocturne import personal
from nocturne.models import User
from tests.factories import make_city, make_event
from tests.html import parsed, text_of, texts

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 12, 1, 12, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    cache.clear()
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def ada() -> User:
    return User.objects.create(email="ada@example.org")


@pytest.fixture
def visitor(ada: User) -> Client:
    client = Client(enforce_csrf_checks=True, headers={"Sec-Fetch-Site": "same-origin"})
    client.force_login(ada)
    return client


def goes(user: User, event: Event, answer: str = "going") -> Event:
    Rsvp.objects.create(event=event, user=user, answer=answer)
    return event


def calendar_of(client: Client) -> str:
    return urlsplit(text_of(parsed(client.get("/my/events/")), "#calendar-address")).path


def entries(client: Client, path: str) -> dict[str, Any]:
    response = client.get(path)
    assert response.status_code == 200, response.content
    assert response["Cache-Control"] == "private, no-store"
    return {str(event["SUMMARY"]): event for event in icalendar.Calendar.from_ical(response.content).walk("VEVENT")}


class TestPage:
    def test_it_shows_what_is_to_come_and_what_is_past(self, visitor: Client, ada: User) -> None:
        goes(ada, make_event("Later", local="2026-12-09T20:00"), "interested")
        goes(ada, make_event("Sooner", local="2026-12-02T20:00", city=make_city("los-angeles")))
        goes(ada, make_event("Off", local="2026-12-03T20:00", status="cancelled"))
        goes(ada, make_event("Long ago", local="2026-10-09T20:00", visibility="archived"))
        goes(ada, make_event("Hidden", visibility="hidden"))
        make_event("Not mine")
        response = visitor.get("/my/events/")
        tree = parsed(response)
        assert texts(tree, "section .card h3") == ["Sooner", "Off", "Later"]
        assert texts(tree, ".past .card h3") == ["Long ago"]
        assert texts(tree, "[aria-pressed=true]") == ["Going 1", "Interested 1"]
        assert texts(tree, ".rsvp a") == ["You said: going", "You said: going"]
        assert response["Cache-Control"] == "private, no-store"

    def test_answers_are_changed_there(self, visitor: Client, ada: User) -> None:
        event = goes(ada, make_event())
        response = visitor.post("/my/answers", {"interested": event.pk, "from": "mine"})
        assert (response.status_code, response["Location"]) == (303, "/my/events/")
        assert texts(parsed(visitor.get("/my/events/")), "[aria-pressed=true]") == ["Interested 1"]
        visitor.post("/my/answers", {"none": event.pk, "from": "mine"})
        assert not parsed(visitor.get("/my/events/")).css(".card")

    def test_an_empty_one_says_what_to_do(self, visitor: Client) -> None:
        assert "Choose a city" in text_of(parsed(visitor.get("/my/events/")), ".empty")

    def test_who_is_not_signed_in_signs_in_first(self, client: Client) -> None:
        assert client.get("/my/events/")["Location"] == "/account/login/?next=/my/events/"

    def test_queries_do_not_grow_with_events(
        self, visitor: Client, ada: User, django_assert_max_num_queries: Any
    ) -> None:
        for number in range(30):
            goes(ada, make_event(f"E {number}"))
        with django_assert_max_num_queries(8):
            visitor.get("/my/events/")


class TestCalendar:
    def test_it_has_what_i_go_to_also_what_is_cancelled(self, client: Client, visitor: Client, ada: User) -> None:
        goes(ada, make_event("Sure"))
        goes(ada, make_event("Perhaps"), "interested")
        goes(ada, make_event("Off", status="cancelled"))
        goes(ada, make_event("Perhaps off", status="cancelled"), "interested")
        goes(ada, make_event("Last month", local="2026-11-01T20:00", visibility="archived"))
        goes(ada, make_event("Last year", local="2025-11-01T20:00", visibility="archived"))
        goes(User.objects.create(email="bob@example.org"), make_event("Not mine"))
        found = entries(client, calendar_of(visitor))  # a calendar program has no session
        said = {name: (str(event["STATUS"]), str(event.get("TRANSP", "OPAQUE"))) for name, event in found.items()}
        assert said == {
            "Sure": ("CONFIRMED", "OPAQUE"),
            "Perhaps": ("TENTATIVE", "TRANSPARENT"),
            "Off": ("CANCELLED", "OPAQUE"),
            "Perhaps off": ("CANCELLED", "TRANSPARENT"),
            "Last month": ("CONFIRMED", "OPAQUE"),
        }

    def test_a_merged_event_stands_in_it_once(self, client: Client, visitor: Client, ada: User) -> None:
        first, second = goes(ada, make_event("One")), goes(ada, make_event("Two"), "interested")
        Event.objects.filter(pk=second.pk).update(merged_into=first, root=first)
        found = entries(client, calendar_of(visitor))
        assert {name: str(event["STATUS"]) for name, event in found.items()} == {"One": "TENTATIVE"}

    def test_a_new_address_ends_the_former_one(self, client: Client, visitor: Client, ada: User) -> None:
        goes(ada, make_event("Sure"))
        former = calendar_of(visitor)
        assert entries(client, former)
        response = visitor.post("/my/events/calendar")
        assert "new address" in text_of(parsed(visitor.get(response["Location"])), "[role=status]")
        assert client.get(former).status_code == 410
        assert entries(client, calendar_of(visitor))

    def test_it_ends_with_the_account(self, client: Client, visitor: Client, ada: User) -> None:
        path = calendar_of(visitor)
        User.objects.filter(pk=ada.pk).update(is_active=False)
        assert client.get(path).status_code == 410
        ada.delete()
        assert client.get(path).status_code == 410

    @pytest.mark.parametrize("token", ["x", "1.0.x.y", "1.0"])
    def test_a_forged_address_is_none(self, client: Client, token: str) -> None:
        assert client.get(f"/my/events/{token}.ics").status_code == 410


class TestMail:
    def test_both_kinds_come_unless_one_says_no(self, visitor: Client, ada: User) -> None:
        def ticked() -> list[str | None]:
            return [
                box.attributes["name"] for box in parsed(visitor.get("/my/events/")).css("[type=checkbox][checked]")
            ]

        assert ticked() == ["reminders", "notices"]
        response = visitor.post("/my/events/mail", {"notices": "1"})
        assert "saved" in text_of(parsed(visitor.get(response["Location"])), "[role=status]")
        assert ticked() == ["notices"]
        assert not Attendee.objects.get(user=ada).reminders

    @pytest.mark.parametrize("path", ["/my/events/mail", "/my/events/calendar"])
    def test_who_is_not_signed_in_changes_nothing(self, path: str) -> None:
        client = Client(headers={"Sec-Fetch-Site": "same-origin"})
        assert client.post(path)["Location"] == "/account/login/?next=/my/events/"
        assert not Attendee.objects.exists()


def test_answers_are_exported_and_erased_with_the_account(visitor: Client, ada: User) -> None:
    goes(ada, make_event("Jazz"), "interested")
    Attendee.objects.create(user=ada, reminders=False)
    kept = personal.exported(ada)["answers"]
    assert [(row["event"], row["answer"]) for row in kept["answers"]] == [("Jazz", "interested")]
    assert kept["mail"] == {"reminders": False, "notices": True}
    for _ in range(2):
        personal.erase(ada)
    assert not Rsvp.objects.exists()
    assert not Attendee.objects.exists()


def test_editors_see_who_goes_on_the_event(ada: User, admin_client: Client) -> None:
    event, merged = goes(ada, make_event("One")), make_event("Two")
    goes(ada, merged)
    goes(User.objects.create(email="bob@example.org"), merged, "interested")
    Event.objects.filter(pk=merged.pk).update(merged_into=event, root=event)

    def linked(pk: int) -> tuple[str, list[str]]:
        [link] = parsed(admin_client.get(f"/admin/events/event/{pk}/change/")).css(".lists a[href*=rsvp]")
        rows = parsed(admin_client.get(link.attributes["href"]))
        return text_of(link), sorted(texts(rows, "#result_list .field-user"))

    emails = ["ada@example.org", "ada@example.org", "bob@example.org"]
    assert linked(event.pk) == ("1 going, 1 interested", emails)
    assert linked(merged.pk) == ("2 RSVPs", emails[1:])
