"""Quality and duplicates as JSON: what waits, and whose decision it is."""

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.test import Client

from events.decisions import undo
from events.models import Decision, Event
from nocturne.models import ApiKey, User
from quality.api import Pairs
from quality.models import Audit, Verdict
from tests.quality.desk import new_pair

pytestmark = pytest.mark.django_db
ADMIN = "k" * 40


@pytest.fixture(autouse=True)
def friday() -> Any:
    with time_machine.travel("2026-12-04T18:00:00+01:00", tick=False):
        yield


@pytest.fixture
def editor() -> User:
    return User.objects.create_superuser("ada@example.org", "a long secret")


def key(*scopes: str, made_by: User | None = None) -> dict[str, str]:
    return {"X-API-Key": ApiKey.issue(f"{scopes} {made_by}", scopes=scopes, made_by=made_by)[1]}


def decide(pair: Verdict, outcome: Any, headers: dict[str, str], **more: Any) -> Any:
    body = {"outcome": outcome, **more}
    return Client().post(f"/api/admin/duplicates/{pair.pk}", body, content_type="application/json", headers=headers)


def test_pairs_that_wait_are_listed_as_on_the_desk(client: Client, django_assert_max_num_queries: Any) -> None:
    later = new_pair("Late", local="2026-12-07T20:00")
    sure, unsure = new_pair("Jazz", 90), new_pair("Film", 30)
    new_pair("Over", local="2026-11-01T20:00")
    headers = key("read")
    client.get("/api/admin/duplicates", headers=headers)
    with django_assert_max_num_queries(2):
        page = client.get("/api/admin/duplicates", headers=headers).json()
    Pairs.model_validate(page, by_name=True, by_alias=False)
    assert [row["id"] for row in page["duplicates"]] == [sure.pk, unsure.pk, later.pk]
    assert page["duplicates"][0]["first"]["title"] == "Jazz in the cellar"
    found, cursor = [], ""
    while cursor is not None:
        page = client.get(
            f"/api/admin/duplicates?limit=1&cursor={cursor}".removesuffix("&cursor="), headers=headers
        ).json()
        found += [row["id"] for row in page["duplicates"]]
        cursor = page["next_cursor"]
    assert found == [sure.pk, unsure.pk, later.pk]
    assert client.get("/api/admin/duplicates?source=999999", headers=headers).json()["duplicates"] == []


def test_a_named_key_decides_for_who_made_it_and_the_desk_can_take_it_back(editor: User) -> None:
    pair = new_pair()
    headers = key("edit", made_by=editor)
    response = decide(pair, "same", headers)
    assert response.status_code == 200
    assert Event.objects.roots().count() == 1
    decision = Decision.objects.get(pk=response.json()["decision"])
    assert decision.by == editor
    pair.refresh_from_db()
    assert (pair.outcome, pair.decided_by) == ("same", editor)
    assert decide(pair, "same", headers).json()["decision"] is None
    refused = decide(pair, "different", headers)
    assert (refused.status_code, refused["Content-Type"]) == (409, "application/problem+json")
    assert "ada@example.org" in refused.json()["detail"]
    undo(decision, by=editor)
    assert Event.objects.roots().count() == 2
    assert decide(pair, "different", headers).status_code == 200


def test_the_key_of_the_operator_names_the_editor(settings: Any, editor: User) -> None:
    settings.ADMIN_API_KEY = ADMIN
    pair, headers = new_pair(), {"X-API-Key": ADMIN}
    assert decide(pair, "same", headers).json()["errors"][0]["field"] == "editor"
    assert decide(pair, "same", headers, editor="nobody@example.org").status_code == 422
    assert decide(pair, "same", headers, editor="Ada@example.org").status_code == 200
    assert Decision.objects.get().by == editor


def test_who_may_not_decide_on_the_desk_may_not_here(editor: User) -> None:
    pair = new_pair()
    visitor = User.objects.create_user("bert@example.org")
    clerk = User.objects.create_user("carl@example.org", is_staff=True)
    for user in (visitor, clerk):
        assert decide(pair, "same", key("edit", made_by=user)).status_code == 403
    clerk.user_permissions.add(Permission.objects.get(codename="change_verdict"))
    assert decide(pair, "same", key("read", "mail", "scrape", "cache", made_by=editor)).status_code == 403
    assert decide(pair, "same", {}).status_code == 401
    assert Event.objects.roots().count() == 2
    assert decide(pair, "different", key("edit", "read", made_by=clerk)).status_code == 200


@pytest.mark.parametrize("outcome", ["unsure", "", None, "SAME", 1])
def test_only_two_words_decide(editor: User, outcome: Any) -> None:
    assert decide(new_pair(), outcome, key("edit", made_by=editor)).status_code == 422


def test_a_pair_that_is_not_there_is_not_found(editor: User) -> None:
    assert decide(Verdict(pk=999_999), "same", key("edit", made_by=editor)).status_code == 404


def test_the_last_audit_is_told(client: Client) -> None:
    headers = key("read")
    assert client.get("/api/admin/quality", headers=headers).status_code == 404
    at = dt.datetime(2026, 12, 4, 2, tzinfo=dt.UTC)
    Audit.objects.create(day=at.date(), started_at=at)
    assert client.get("/api/admin/quality", headers=headers).status_code == 404
    day = at.date() - dt.timedelta(days=1)
    Audit.objects.create(
        day=day, started_at=at, finished_at=at, counts={"listings": 7}, rules={"no-venue": 2}, scores={"90": 7}
    )
    page = client.get("/api/admin/quality", headers=headers).json()
    assert (page["day"], page["counts"], page["rules"], page["scores"]) == (
        "2026-12-03",
        {"listings": 7},
        {"no-venue": 2},
        {"90": 7},
    )
