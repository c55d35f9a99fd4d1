"""Reports of mistakes, and wishes to take an event down."""

import datetime as dt

import pytest

from events import archive, reports
from events.models import EventReport
from nocturne.models import Alert, User
from tests.factories import make_event

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)


def make_editor() -> User:
    return User.objects.create(email="e@example.org", password="!", is_staff=True, is_superuser=True)


def test_a_mistake_is_kept_and_the_same_again_is_the_same() -> None:
    event = make_event()
    said = {"kind": "mistake", "reason": "when", "text": "It begins\u200b at nine."}
    row = reports.take(event, **said, now=NOW)
    assert (row.text, row.email, row.kind) == ("It begins at nine.", "", "mistake")
    assert reports.take(event, **said, now=NOW + 9 * MINUTE) == row
    assert reports.take(event, **said, now=NOW + 11 * MINUTE) != row
    assert reports.take(make_event("Other"), **said, now=NOW) != row
    assert not Alert.objects.exists()


def test_a_wish_to_take_down_is_an_alert_until_it_is_settled() -> None:
    event = make_event("Ball")
    row = reports.take(event, kind="takedown", reason="rights", text="My poster.", email="Ada@Example.org", now=NOW)
    alert = Alert.objects.get()
    assert (alert.severity, alert.resolved_at) == ("error", None)
    assert "“Ball”" in alert.message
    assert alert.path == f"/admin/events/eventreport/{row.pk}/change/"
    assert "ada@example.org" not in alert.message
    assert row.email == "ada@example.org"
    editor = make_editor()
    assert reports.settle([row.pk], by=editor, now=NOW) == 1
    assert reports.settle([row.pk], by=editor, now=NOW + MINUTE) == 0
    row.refresh_from_db()
    assert (row.settled_at, row.settled_by) == (NOW, editor)
    assert Alert.objects.get().resolved_at == NOW


@pytest.mark.parametrize(
    ("said", "fields"),
    [
        (("mistake", "when", "", ""), set()),
        (("mistake", "when", "", "ada@"), {"email"}),
        (("mistake", "other", "", ""), {"text"}),
        (("mistake", "rights", "x", ""), {"reason"}),
        (("mistake", "", "x", ""), {"reason"}),
        (("mistake", "when", "x" * 2001, ""), {"text"}),
        (("takedown", "rights", "", ""), {"text", "email"}),
        (("takedown", "when", "x", "ada@example.org"), {"reason"}),
        (("takedown", "other", "x", "ada@example.org"), set()),
    ],
)
def test_what_is_missing_is_said_by_field(said: tuple[str, str, str, str], fields: set[str]) -> None:
    assert set(reports.errors(*said)) == fields


def test_what_nobody_has_settled_for_long_stays_without_its_address() -> None:
    event = make_event()
    reports.take(event, kind="takedown", reason="rights", text="a", email="a@example.org", now=NOW)
    for days, dry_run, count, email in (
        (364, False, 0, "a@"),
        (366, True, 1, "a@"),
        (366, False, 1, ""),
        (366, False, 0, ""),
    ):
        done = archive.archive(now=NOW + dt.timedelta(days=days), dry_run=dry_run)
        assert done.pruned["addresses in reports that nobody settled"] == count
        row = EventReport.objects.get()
        assert (row.text, row.settled_at, row.email[:2]) == ("a", None, email)
    assert Alert.objects.filter(resolved_at=None).exists()


def test_what_was_settled_long_ago_goes_with_its_address() -> None:
    event = make_event()
    old = reports.take(event, kind="mistake", reason="when", text="a", email="a@example.org", now=NOW)
    reports.take(event, kind="mistake", reason="when", text="b", now=NOW)
    reports.settle([old.pk], by=make_editor(), now=NOW)
    assert sum(reports.prune(NOW, dry_run=False)) == 0
    assert sum(reports.prune(NOW + MINUTE, dry_run=False)) == 1
    assert [row.text for row in EventReport.objects.all()] == ["b"]
