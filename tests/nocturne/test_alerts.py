"""Alerts: one open row a matter, and its page in the admin."""

import datetime as dt

import pytest
from django.test import Client

from nocturne.alerts import raise_alert, resolve
from nocturne.models import Alert, User
from tests.html import links, parsed, texts

NOW = dt.datetime(2026, 12, 1, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
pytestmark = pytest.mark.django_db


def test_what_is_raised_again_renews_the_open_alert() -> None:
    assert raise_alert("source:7", "It is silent.", now=NOW)
    assert not raise_alert("source:7", "It is still silent.", severity="error", now=NOW + HOUR)
    alert = Alert.objects.get()
    assert (alert.opened_at, alert.last_seen_at, alert.resolved_at) == (NOW, NOW + HOUR, None)
    assert (alert.message, alert.severity) == ("It is still silent.", "error")


def test_alerts_of_other_matters_are_left_alone() -> None:
    raise_alert("source:7", "It is silent.", now=NOW)
    raise_alert("source:77", "This one, too.", now=NOW)
    assert resolve("source:7", now=NOW + HOUR)
    assert list(Alert.objects.filter(resolved_at=None).values_list("key", flat=True)) == ["source:77"]


def test_a_resolved_matter_that_comes_again_is_a_new_alert() -> None:
    raise_alert("source:7", "It is silent.", now=NOW)
    resolve("source:7", now=NOW + HOUR)
    assert not resolve("source:7", now=NOW + 2 * HOUR)
    assert raise_alert("source:7", "It is silent.", now=NOW + 3 * HOUR)
    assert list(Alert.objects.order_by("opened_at").values_list("resolved_at", flat=True)) == [NOW + HOUR, None]


def test_the_database_holds_one_open_alert_a_key() -> None:
    Alert.objects.create(key="source:7", message="One")
    assert Alert.objects.bulk_create([Alert(key="source:7", message="Two")], ignore_conflicts=True)
    assert Alert.objects.get().message == "One"


def test_a_long_message_is_cut_and_not_refused() -> None:
    raise_alert("source:7", "x" * 5000)
    assert len(Alert.objects.get().message) == 1000


class TestAdmin:
    @pytest.fixture
    def editor(self, client: Client) -> Client:
        client.force_login(User.objects.create(email="e@example.org", password="!", is_staff=True, is_superuser=True))
        return client

    def test_open_alerts_come_first_and_are_filtered(self, editor: Client) -> None:
        raise_alert("a", "An old one.", path="/admin/events/source/7/change/", now=NOW)
        raise_alert("b", "A newer one.", path="https://elsewhere.example/", now=NOW + HOUR)
        resolve("b", now=NOW + 2 * HOUR)

        def messages(query: str = "") -> list[str]:
            return texts(parsed(editor.get(f"/admin/nocturne/alert/{query}")), "#result_list .field-message")

        assert messages() == ["An old one.", "A newer one."]
        assert messages("?state=open") == ["An old one."]
        assert messages("?state=resolved") == ["A newer one."]
        page = parsed(editor.get("/admin/nocturne/alert/"))
        assert links(page, ".field-where a") == {"the page": "/admin/events/source/7/change/"}

    def test_alerts_are_not_edited_by_hand(self, editor: Client) -> None:
        raise_alert("a", "An old one.")
        url = f"/admin/nocturne/alert/{Alert.objects.get().pk}/change/"
        assert not parsed(editor.get(url)).css("[name=_save], .deletelink")
        assert editor.post(url, {}).status_code == 403
