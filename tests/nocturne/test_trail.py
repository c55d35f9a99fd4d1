"""Who changed what: told by the database, whatever way it was written."""

import runpy
import sys
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import IntegrityError, connection, transaction
from django.test import Client, RequestFactory
from django.urls import reverse

from events.models import City, Event, Source, Venue, VenueAlias
from nocturne import trail
from nocturne.keys import Operator
from nocturne.models import ApiKey, Change, User
from nocturne.trail.web import actor_of
from tests.factories import make_city, make_event, make_source, make_venue
from tests.html import parsed, texts

pytestmark = pytest.mark.django_db


def told() -> list[tuple[Any, ...]]:
    rows = Change.objects.order_by("pk")
    return list(rows.values_list("actor", "kind", "model", "object_id", "field", "before", "after"))


def test_each_followed_table_has_its_trigger() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'trail'")
        assert {name for (name,) in cursor.fetchall()} == set(trail.FOLLOWED)
    assert {"events_event", "events_source", "nocturne_user", "quality_verdict", "subscriptions_digest"} <= set(
        trail.FOLLOWED
    )


def test_what_somebody_changes_is_told_by_field() -> None:
    source = make_source(name="Klub Null", trust=50)
    with trail.by(lambda: "ada@example.org"):
        source.name, source.trust = "Klub Eins", 70
        source.save()
    assert told() == [
        ("ada@example.org", "changed", "events.Source", source.pk, "name", "Klub Null", "Klub Eins"),
        ("ada@example.org", "changed", "events.Source", source.pk, "trust", 50, 70),
    ]


def test_no_way_of_writing_goes_round_it() -> None:
    event, city = make_event(), make_city()
    with trail.by(lambda: "ada@example.org"):
        Event.objects.filter(pk=event.pk).update(visibility="hidden")
        Venue.objects.bulk_create([Venue(city=city, name="Neu", slug="neu")])
        VenueAlias.objects.create(city=city, folded="neu", venue=Venue.objects.get(slug="neu"))
        with connection.cursor() as cursor:
            cursor.execute('UPDATE "events_event" SET overrides = %s WHERE id = %s', ['{"title": "x"}', event.pk])
        VenueAlias.objects.filter(folded="neu").delete()
    found = [(kind, model, field, after) for _, kind, model, _, field, _, after in told()]
    assert ("changed", "events.Event", "visibility", "hidden") in found
    assert ("changed", "events.Event", "overrides", {"title": "x"}) in found
    kinds = [(kind, model) for kind, model, _, _ in found if model == "events.Venue"]
    assert kinds == [("added", "events.Venue"), ("added", "events.Venue"), ("removed", "events.Venue")]


def test_what_nobody_is_answerable_for_is_not_told() -> None:
    event = make_event()
    Event.objects.filter(pk=event.pk).update(visibility="hidden")
    with trail.by(lambda: ""):
        Event.objects.filter(pk=event.pk).update(visibility="published")
    with trail.by(lambda: "ada@example.org"):
        Event.objects.filter(pk=event.pk).update(title="Composed", visibility="published")
    assert told() == []


def test_a_name_ends_with_its_statement() -> None:
    event = make_event()
    with transaction.atomic():
        with trail.by(lambda: "ada@example.org"):
            Event.objects.filter(pk=event.pk).update(visibility="hidden")
        Event.objects.filter(pk=event.pk).update(visibility="published")
    assert [(actor, after) for actor, *_, after in told()] == [("ada@example.org", "hidden")]


@pytest.mark.django_db(transaction=True)
def test_by_itself_a_statement_is_told_and_leaves_no_name_on_the_connection() -> None:
    event = make_event()
    with trail.by(lambda: "ada@example.org"):
        Event.objects.filter(pk=event.pk).update(visibility="hidden")
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('nocturne.actor', true)")
            assert cursor.fetchone()[0] in (None, "")
    assert [after for *_, after in told()] == ["hidden"]


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_was_never_changed() -> None:
    source = make_source(name="Klub Null")
    with trail.by(lambda: "ada@example.org"):
        with transaction.atomic():
            Source.objects.filter(pk=source.pk).update(name="Klub Eins")
            transaction.set_rollback(True)
        ApiKey.issue("one")
        with transaction.atomic():
            with pytest.raises(IntegrityError), transaction.atomic():
                ApiKey.issue("one")
            Source.objects.filter(pk=source.pk).update(name="Klub Zwei")
    assert [after for *_, after in told()][-1] == "Klub Zwei"
    assert len(told()) == 2


def test_secrets_change_without_being_told() -> None:
    user = User.objects.create_user("ada@example.org", "a long password")
    with trail.by(lambda: "boss@example.org"):
        user.set_password("another password")
        user.save()
        ApiKey.issue("calendar")
    changed, added = told()
    assert changed[3:] == (user.pk, "password", None, None)
    assert set(added[6]) == {"name", "active", "scopes"}


def test_rights_belong_to_the_user_that_gets_them() -> None:
    user, group = User.objects.create_user("ada@example.org"), Group.objects.create(name="Editors")
    with trail.by(lambda: "boss@example.org"):
        user.groups.add(group)
    assert told() == [("boss@example.org", "added", "nocturne.User", user.pk, "", None, {"group_id": group.pk})]


def test_what_a_group_may_do_belongs_to_the_group() -> None:
    group, right = Group.objects.create(name="Editors"), Permission.objects.get(codename="change_event")
    with trail.by(lambda: "boss@example.org"):
        group.permissions.add(right)
        Group.objects.filter(pk=group.pk).update(name="Chiefs")
    assert told() == [
        ("boss@example.org", "added", "auth.Group", group.pk, "", None, {"permission_id": right.pk}),
        ("boss@example.org", "changed", "auth.Group", group.pk, "name", "Editors", "Chiefs"),
    ]


def test_what_the_form_of_a_city_changes_is_told() -> None:
    city = make_city()
    with trail.by(lambda: "boss@example.org"):
        City.objects.filter(pk=city.pk).update(latitude=1.5, population=7, exonyms=["Berlino"])
    assert {change[4] for change in told()} == {"latitude", "population", "exonyms"}


def test_staff_keys_and_visitors_have_names() -> None:
    request = RequestFactory().get("/")
    assert actor_of(request) == ""
    request.user = User.objects.create_user("ada@example.org")
    assert actor_of(request) == f"user {request.user.pk}"
    request.user.is_staff = True
    assert actor_of(request) == "ada@example.org"
    request.auth = Operator("calendar", frozenset(), None)  # type: ignore[attr-defined]
    assert actor_of(request) == "key calendar"


def test_the_history_of_an_object_shows_who_changed_what(admin_client: Client, admin_user: User) -> None:
    source = make_source(name="Klub Null")
    page = reverse("admin:events_source_change", args=[source.pk])
    form = {
        node.attributes["name"]: node.attributes.get("value") or ""
        for node in parsed(admin_client.get(page)).css("#source_form input[name]")
        if node.attributes.get("type") not in ("submit", "checkbox")
    }
    admin_client.post(page, {**form, "name": "<b>Klub Eins</b>", "trust": "60", "active": "on"})
    source.refresh_from_db()
    assert source.name == "<b>Klub Eins</b>"
    tree = parsed(admin_client.get(reverse("admin:events_source_history", args=[source.pk])))
    rows = [texts(row, "td") for row in tree.css("#trail tbody tr")]
    assert [admin_user.email, "Name", "Klub Null", "<b>Klub Eins</b>"] in rows
    listed = parsed(admin_client.get(reverse("admin:nocturne_change_changelist")))
    assert "Klub Null" in texts(listed, "td.field-before_words")
    assert admin_client.get(reverse("admin:nocturne_change_add")).status_code == 403


def test_an_object_that_nobody_changed_says_so(admin_client: Client) -> None:
    source = make_source()
    page = parsed(admin_client.get(reverse("admin:events_source_history", args=[source.pk])))
    assert "Nobody has changed anything that is followed." in page.text()


def test_a_command_is_answerable_for_what_it_does(monkeypatch: pytest.MonkeyPatch) -> None:
    event = make_event()
    venue = make_venue()

    def execute(arguments: list[str]) -> None:
        Event.objects.filter(pk=event.pk).update(visibility="hidden")
        Venue.objects.filter(pk=venue.pk).update(address="Revaler Str. 99")

    monkeypatch.setattr("django.core.management.execute_from_command_line", execute)
    monkeypatch.setattr("nocturne.dev.environment.prepare", lambda arguments: None)
    monkeypatch.setattr("getpass.getuser", lambda: "ada")
    monkeypatch.setattr(sys, "argv", ["manage.py", "audit_quality", "--fix"])
    runpy.run_path(str(Path(__file__).parents[2] / "manage.py"), run_name="__main__")
    assert {actor for actor, *_ in told()} == {"manage.py audit_quality (ada)"}
    assert len(told()) == 2
