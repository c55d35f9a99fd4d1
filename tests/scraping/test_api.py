"""The operators' API: by key only."""

import datetime as dt

import pytest
from kombu.exceptions import OperationalError

from nocturne.models import ApiKey
from scraping import schedule, tasks
from scraping.api import Sources
from scraping.models import Health, Run, Schedule
from tests.factories import make_city, make_event, make_listing, make_source

pytestmark = pytest.mark.django_db
JSON = {"content_type": "application/json"}


@pytest.fixture
def key(settings):
    settings.ADMIN_API_KEY = "k" * 40
    return {"X-API-Key": settings.ADMIN_API_KEY}


@pytest.mark.parametrize(
    ("method", "path"), [("get", "admin/sources"), ("post", "admin/sources/1/scrape"), ("get", "admin/runs")]
)
@pytest.mark.parametrize("headers", [{}, {"X-API-Key": ""}, {"X-API-Key": "wrong"}, {"X-API-Key": "ключ"}])
def test_without_a_key_nothing_is_told(client, settings, method, path, headers):
    settings.ADMIN_API_KEY = ""
    headers = {name: value.encode().decode("latin-1") for name, value in headers.items()}
    assert client.generic(method.upper(), f"/api/{path}", headers=headers).status_code == 401


def test_named_keys_work_until_they_are_switched_off_and_only_their_hash_is_kept(client):
    row, key = ApiKey.issue("reader")
    assert client.get("/api/admin/sources", headers={"X-API-Key": key}).status_code == 200
    row.refresh_from_db()
    assert row.last_used_at
    assert key not in (row.hashed, row.name)
    ApiKey.objects.update(active=False)
    assert client.get("/api/admin/sources", headers={"X-API-Key": key}).status_code == 401


def test_a_key_may_do_what_its_scopes_say_and_nothing_else(client, monkeypatch):
    monkeypatch.setattr(tasks.scrape_source, "delay", lambda *args, **kwargs: None)
    address = f"/api/admin/sources/{make_source().pk}/scrape"
    keys = {scopes: ApiKey.issue(str(scopes), scopes=scopes)[1] for scopes in (("read",), ("scrape",), ())}
    assert [
        client.post(address, content_type="application/json", headers={"X-API-Key": key}).status_code
        for key in keys.values()
    ] == [403, 202, 403]
    refused = client.get("/api/admin/runs", headers={"X-API-Key": keys["scrape",]})
    assert refused.status_code == 403
    assert "read" in refused.json()["detail"]


def test_sources_are_listed_with_the_state_of_their_reading(client, key, django_assert_max_num_queries):
    sources = [make_source() for _ in range(5)]
    schedule.ensure(sources[:4])
    with django_assert_max_num_queries(2):
        answer = client.get("/api/admin/sources", headers=key).json()
    assert [row["id"] for row in answer] == [source.pk for source in sources]
    assert answer[0]["failures"] == 0
    assert answer[4]["next_at"] is None
    assert answer[0]["city"] == "de--berlin"
    assert answer[0]["health"] == "new"


def test_the_health_of_a_source_is_told_with_its_reason(client, key):
    at = dt.datetime(2026, 12, 1, tzinfo=dt.UTC)
    source = make_source()
    Schedule.objects.create(source=source, last_success_at=at)
    Health.objects.create(source=source, state="degraded", reason="5 events to come.", since=at)
    (row,) = client.get("/api/admin/sources", headers=key).json()
    assert (row["health"], row["reason"]) == ("degraded", "5 events to come.")


def test_a_reading_is_queued_for_the_source_that_is_named(client, key, monkeypatch):
    source, queued = make_source(), []
    monkeypatch.setattr(tasks.scrape_source, "delay", lambda *args, **kwargs: queued.append((args, kwargs)))
    response = client.post(f"/api/admin/sources/{source.pk}/scrape", **JSON, headers=key)
    assert (response.status_code, queued) == (202, [((source.pk,), {"force": True})])
    assert client.post("/api/admin/sources/999999/scrape", **JSON, headers=key).status_code == 404


def test_a_queue_that_is_away_is_said_and_is_no_crash(client, key, monkeypatch):
    def away(*args: object, **kwargs: object) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(tasks.scrape_source, "delay", away)
    response = client.post(f"/api/admin/sources/{make_source().pk}/scrape", **JSON, headers=key)
    assert response.status_code == 503
    assert "try again" in response.json()["detail"]


def test_runs_come_newest_first_and_by_source(client, key):
    first, second = make_source(), make_source()
    at = dt.datetime(2026, 12, 1, tzinfo=dt.UTC)
    for hours, source in enumerate((first, second, first)):
        Run.objects.create(source=source, started_at=at + dt.timedelta(hours=hours), status="changed", new=hours)
    assert [row["new"] for row in client.get("/api/admin/runs", headers=key).json()] == [2, 1, 0]
    assert [row["new"] for row in client.get(f"/api/admin/runs?source={first.pk}", headers=key).json()] == [2, 0]


def test_everybody_may_know_who_is_read(client, django_assert_max_num_queries):
    event = make_event(local="2099-12-05T20:00")
    feed = make_source(name="B", publisher="Der Klub", homepage="https://klub.example/", city=event.city)
    make_listing(event, source=feed)
    make_source(name="A", city=make_city("los-angeles"))
    make_source(name="C", city=make_city("sleepy", active=False))
    with django_assert_max_num_queries(2):
        page = client.get("/api/sources").json()
    Sources.model_validate(page)
    assert [row["name"] for row in page["sources"]] == ["A", "Der Klub"]
    shown = page["sources"][1]
    assert (shown["city"], shown["url"], shown["event_count"]) == ("de--berlin", "https://klub.example/", 1)
    assert "last_error" not in shown
    first = client.get("/api/sources?limit=1").json()
    second = client.get(f"/api/sources?limit=1&cursor={first['next_cursor']}").json()
    assert ([row["name"] for row in second["sources"]], second["next_cursor"]) == (["Der Klub"], None)
    assert [row["name"] for row in client.get("/api/sources?city=los-angeles").json()["sources"]] == ["A"]
    assert client.get("/api/sources?city=sleepy").status_code == 422
    assert client.get("/api/sources?cursor=x").status_code == 422


@pytest.mark.parametrize("query", ["limit=0", "limit=100000", "offset=-1", "offset=1" + "0" * 30, "source=abc"])
def test_paging_is_bounded(client, key, query):
    assert client.get(f"/api/admin/runs?{query}", headers=key).status_code == 422
