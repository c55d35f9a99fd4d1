"""The admin against those who may not, those who send it elsewhere, and what publishers wrote."""

import itertools
import re
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone as clock

from events.models import Listing
from nocturne.models import ApiKey, User
from quality.models import Finding, Severity, Verdict
from scraping.models import Run
from tests.events.hostile import MARKUP, hostile_event
from tests.factories import make_event, make_listing, make_source
from tests.html import parsed, text_of

pytestmark = pytest.mark.django_db


def signed_in(*permissions: str, **columns: bool) -> Client:
    user = User.objects.create(
        email=f"u{User.objects.count()}@example.org", password="!", **{"is_staff": True, **columns}
    )
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    return client


def changelists() -> list[str]:
    return [reverse(f"admin:{m._meta.app_label}_{m._meta.model_name}_changelist") for m in admin.site._registry]


@pytest.fixture
def rows() -> list[Any]:
    """A row of many models, each with markup where a publisher's words go."""
    event = hostile_event()
    one = Listing.objects.get()
    other = make_listing(make_event(MARKUP, city=event.city), title=MARKUP)
    run = Run.objects.create(source=one.source, started_at=clock.now(), message=MARKUP, error="<b>")
    finding = Finding.objects.create(
        source=one.source, listing=one, rule="<b>", key=MARKUP[:100], severity=Severity.ERROR, weight=5, message=MARKUP
    )
    verdict = Verdict.objects.create(first=one, second=other, outcome="unsure", score=80, reasons=[MARKUP])
    assert event.venue
    return [event, one, other, run, finding, verdict, event.venue, one.source, event.city]


def test_markup_of_publishers_stays_text_on_every_page(rows: list[Any]) -> None:
    root = signed_in(is_superuser=True)
    pages = [reverse(f"admin:{r._meta.app_label}_{r._meta.model_name}_change", args=[r.pk]) for r in rows]
    pages += [f"/admin/{r._meta.app_label}/{r._meta.model_name}/{r.pk}/history/" for r in rows]
    for page in (*changelists(), *pages, "/admin/", "/admin/events/event/?when=all&q=script"):
        response = root.get(page)
        assert response.status_code == 200, page
        tree = parsed(response)
        assert "alert(" not in "".join(n.text() for n in tree.css("script:not([type='application/json'])")), page
        assert not [v for n in tree.css("*") for v in n.attributes if v.startswith("on")], page
        assert not tree.css("img[src=x]"), page
        for node in tree.css("a[href]"):
            assert (node.attributes["href"] or "").split(":")[0].lower() not in ("javascript", "data", "vbscript"), page


def test_staff_without_permissions_see_and_do_nothing(rows: list[Any]) -> None:
    nobody = signed_in()
    for page in changelists():
        assert nobody.get(page).status_code == 403, page
    for row in rows:
        base = f"/admin/{row._meta.app_label}/{row._meta.model_name}/{row.pk}"
        for path in (f"{base}/change/", f"{base}/delete/", f"{base}/history/"):
            assert nobody.get(path).status_code == 403, path
    query = "app_label=events&model_name=event&field_name=city"
    assert nobody.get(f"/admin/autocomplete/?{query}&term=b").status_code == 403


def test_visitors_are_asked_to_sign_in() -> None:
    visitor = Client()
    for page in (*changelists(), "/admin/"):
        answer = visitor.get(page)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/admin/login/?next=/admin/")


def _actions() -> list[tuple[str, str]]:
    """Address and name of every action of the admin."""
    found = []
    for model, page in admin.site._registry.items():
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        names = [action if isinstance(action, str) else action.__name__ for action in page.actions]
        found += [(address, name) for name in names]
    return found


def state() -> list[Any]:
    """Everything that an action could change."""
    skip = {"Session", "LogEntry", "Permission", "ContentType", "User"}
    models = [model for model in apps.get_models() if model.__name__ not in skip]
    return [sorted(map(str, model.objects.values_list())) for model in models]  # type: ignore[attr-defined]


def test_no_action_is_run_by_following_a_link_or_by_the_form_of_another_site(
    rows: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    monkeypatch.setattr("scraping.tasks.scrape_source.delay", lambda *args, **kwargs: asked.append(args))
    root = signed_in(is_superuser=True)
    before = state()
    actions = _actions()
    assert ("/admin/events/source/", "scrape_now") in actions
    for address, name in actions:
        for pk in (row.pk for row in rows if f"/{row._meta.model_name}/" in address):
            data = {"action": name, "CHANGE_FORM-action": name, "_selected_action": pk, "index": 0}
            for path in (address, f"{address}{pk}/change/"):
                assert root.get(path, data).status_code in (200, 302), path
                assert root.post(path, data).status_code == 403, path  # no token
    assert asked == []
    assert state() == before


def test_who_may_only_look_cannot_act(rows: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr("scraping.tasks.scrape_source.delay", lambda *args, **kwargs: asked.append(args))
    views = [f"view_{model._meta.model_name}" for model in admin.site._registry]
    reader = Client()
    reader.force_login(User.objects.get(pk=int(signed_in(*views).session["_auth_user_id"])))
    before = state()
    for address, name in _actions():
        for pk in (row.pk for row in rows if f"/{row._meta.model_name}/" in address):
            data = {"action": name, "CHANGE_FORM-action": name, "_selected_action": pk, "index": 0}
            for path in (address, f"{address}{pk}/change/"):
                reader.post(path, data)
    assert asked == []
    assert state() == before


@pytest.mark.parametrize(
    "elsewhere",
    [
        *("https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example"),
        "javascript:alert(1)",
        "///x",
    ],
)
def test_signing_in_leads_to_no_other_site(elsewhere: str) -> None:
    user = User.objects.create_superuser("root@example.org", "a long secret")
    client = Client()
    answer = client.post(
        f"/admin/login/?next={elsewhere}", {"username": user.email, "password": "a long secret", "next": elsewhere}
    )
    assert answer.status_code == 302
    assert answer["Location"] == "/admin/"
    assert client.get(f"/admin/login/?next={elsewhere}")["Location"] == "/admin/"
    assert client.get("/admin/logout/").status_code == 405


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1:1@evil.example", "testserver.evil.example"])
def test_the_link_to_a_new_password_leads_to_our_own_site(settings: Any, host: str) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    User.objects.create_superuser("root@example.org", "a long secret")
    for headers in (
        {"Host": host},
        {"X-Forwarded-Host": host},
        {"Origin": f"http://{host}", "Referer": f"http://{host}"},
    ):
        Client(headers=headers).post("/admin/password_reset/", {"email": "root@example.org"})
    assert mail.outbox
    for message in mail.outbox:
        assert "evil.example" not in f"{message.body}{message.subject}{message.extra_headers}"
        assert re.search(r"http://127\.0\.0\.1:8000/admin/reset/\w+/[\w-]+/", str(message.body))


def test_asking_for_a_new_password_does_not_tell_who_has_an_account() -> None:
    User.objects.create_superuser("root@example.org", "a long secret")
    known, unknown = (
        Client().post("/admin/password_reset/", {"email": email}, follow=True)
        for email in ("root@example.org", "nobody@example.org")
    )
    assert known.redirect_chain == unknown.redirect_chain
    assert text_of(parsed(known), "#content") == text_of(parsed(unknown), "#content")


def test_a_key_is_shown_once_and_only_to_who_made_it() -> None:
    root = signed_in(is_superuser=True)
    root.handler.enforce_csrf_checks = False
    shown = root.post("/admin/nocturne/apikey/add/", {"name": "<b>Robot</b>", "scopes": ["read"]}, follow=True)
    [key] = parsed(shown).css(".messagelist code")
    assert ApiKey.objects.get().hashed == ApiKey.hash(key.text())
    assert not parsed(shown).css(".messagelist b")
    for page in ("/admin/", "/admin/nocturne/apikey/", f"/admin/nocturne/apikey/{ApiKey.objects.get().pk}/change/"):
        assert key.text() not in root.get(page).content.decode()
    assert "no-store" in shown["Cache-Control"]


QUERIES = (
    *("p=99999999999999999999", "p=x", "o=99.-99.x", "e=1", "all=1", "q=%00", "q=" + "x" * 5000, "q=%25%5C_'"),
    *("id__exact=" + "9" * 30, "id__exact=x", "nothing=1", "city__id__exact=x", "city__id__exact=" + "9" * 30),
    *("source__id__exact=%00", "city__password=x", "night__year=2026&night__month=13", "_to_field=password"),
    *("when=x", "category=%3Cb%3E", "health=x", "standing=x", "decided=x", "_popup=1", "_facets=True"),
    *("city__id__exact=1&city__id__exact=2", "city__isnull=x", "list_editable=1", "city__id__exact="),
)


def test_no_query_string_breaks_a_list() -> None:
    make_listing(make_event(), source=make_source())
    root = signed_in(is_superuser=True)
    for page, query in itertools.product(("event", "source"), QUERIES):
        assert root.get(f"/admin/events/{page}/?{query}").status_code in (200, 302, 400), (page, query[:80])
