"""What editors decide about what visitors see, and taking it back."""

import datetime as dt

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from events import decisions, editing
from events.compose import compose
from events.models import Decision, Event
from nocturne.models import User
from tests.factories import make_city, make_event, make_listing
from tests.html import links, parsed, text_of, texts

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
HIDDEN, PUBLISHED, HELD = Event.Visibility.HIDDEN, Event.Visibility.PUBLISHED, Event.Visibility.HELD


@pytest.fixture
def user() -> User:
    return User.objects.create(email="e@example.org", password="!", is_staff=True, is_superuser=True)


@pytest.fixture
def editor(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


def make_listed(title: str, *, score: int = 100) -> Event:
    event = make_event(title)
    make_listing(event, score=score)
    compose([event.pk], now=NOW)
    event.refresh_from_db()
    return event


def shown() -> list[str]:
    return list(Event.objects.order_by("pk").values_list("visibility", flat=True))


def test_an_undo_brings_each_event_back_to_what_it_was(user: User) -> None:
    first, second = make_listed("One"), make_listed("Two", score=10)
    editing.show([second.pk], HIDDEN, by=user, now=NOW)
    decision = editing.show([first.pk, second.pk], PUBLISHED, by=user, now=NOW)
    assert shown() == [PUBLISHED, PUBLISHED]
    assert decision
    assert decisions.undo(decision, by=user) == ""
    assert shown() == [PUBLISHED, HIDDEN]
    first.refresh_from_db()
    assert first.overrides == {}


def test_hiding_locks_the_areas_of_the_events_alone(user: User) -> None:
    event = make_event()
    for slug in ("los-angeles", "hamburg", "bremen"):  # without a venue
        make_city(slug)
    with CaptureQueriesContext(connection) as queries:
        editing.show([event.pk], HIDDEN, by=user, now=NOW)
    assert len([query for query in queries if "pg_advisory_xact_lock" in query["sql"]]) == 2  # to keep, and to show


def test_other_overrides_stay(user: User) -> None:
    event = make_listed("One")
    decision = editing.show([event.pk], HIDDEN, by=user, now=NOW)
    editing.override([event.pk], {"title": "Better"}, now=NOW)
    assert decision
    decisions.undo(decision, by=user)
    event.refresh_from_db()
    assert (event.overrides, event.visibility) == ({"title": "Better"}, PUBLISHED)


def test_what_was_decided_anew_since_stays_and_is_told(user: User) -> None:
    first, second = make_listed("One"), make_listed("Two")
    decision = editing.show([first.pk, second.pk], HIDDEN, by=user, now=NOW)
    editing.show([second.pk], HELD, by=user, now=NOW)
    assert decision
    assert "stay: 1" in decisions.undo(decision, by=user)
    assert shown() == [PUBLISHED, HELD]


def test_what_changes_nothing_is_no_decision(user: User) -> None:
    event = make_listed("One")
    assert editing.show([event.pk], HIDDEN, by=user, now=NOW)
    assert editing.show([event.pk], HIDDEN, by=user, now=NOW) is None
    assert Decision.objects.count() == 1


def test_merged_events_whose_values_gave_way_get_them_back(user: User) -> None:
    root, member = make_listed("One"), make_listed("Two")
    editing.override([member.pk], {"visibility": HIDDEN}, now=NOW)
    Event.objects.filter(pk=member.pk).update(merged_into=root, root=root)
    decision = editing.show([root.pk], None, by=user, now=NOW)
    assert decision
    member.refresh_from_db()
    assert member.overrides == {}
    decisions.undo(decision, by=user)
    member.refresh_from_db()
    assert member.overrides == {"visibility": HIDDEN}


def test_an_action_of_the_list_is_undone_on_the_page_of_its_decision(editor: Client, user: User) -> None:
    event = make_listed("One", score=10)
    data = {"action": "publish", "_selected_action": [event.pk], "index": 0}
    page = parsed(editor.post("/admin/events/event/", data, follow=True))
    address = links(page, ".messagelist a")["Undo"]
    assert texts(parsed(editor.get("/admin/events/decision/")), "#result_list .field-what") == ["Published: “One”."]
    page = parsed(editor.get(address))
    assert "e@example.org" in text_of(page, "#content")
    [form] = [form for form in page.css(".relations form") if text_of(form, "button") == "Undo this decision"]
    data = {one.attributes["name"]: one.attributes.get("value") or "" for one in form.css("input, button")}
    page = parsed(editor.post(form.attributes["action"], data, follow=True))
    assert "Undone: Published" in text_of(page, ".messagelist")
    assert shown() == [HELD]
    assert not parsed(editor.get(address)).css(".relations button")
    assert set(LogEntry.objects.values_list("user", "change_message")) == {
        (user.pk, "Published."),
        (user.pk, "Undone."),
    }


def test_who_may_only_look_undoes_nothing(client: Client, user: User) -> None:
    looker = User.objects.create(email="r@example.org", password="!", is_staff=True)
    looker.user_permissions.add(*Permission.objects.filter(codename__startswith="view_"))
    client.force_login(looker)
    decision = editing.show([make_listed("One").pk], HIDDEN, by=user, now=NOW)
    assert decision
    page = parsed(client.get("/admin/events/decision/"))
    assert not page.css("option[value=undo]")
    client.post("/admin/events/decision/", {"action": "undo", "_selected_action": [decision.pk], "index": 0})
    decision.refresh_from_db()
    assert decision.undone_at is None
