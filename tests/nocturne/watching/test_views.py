"""/health, /health/live, /health/ready and /metrics: what they answer, to whom, and what they keep to themselves."""

import datetime as dt
import socket
import threading
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test import Client
from django.utils import timezone as clock

from nocturne import health, mail, metrics
from nocturne.configuration import value
from nocturne.models import EmailLog
from nocturne.watching import checks, heartbeats, machine, views

pytestmark = pytest.mark.django_db
# for what threads of their own read, or cannot
committed = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture(autouse=True)
def _asked_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "FRESH", -1.0)


@pytest.fixture
def whole_site() -> None:
    for kind in ("worker", "beat"):
        heartbeats.beat(kind)


@pytest.fixture
def no_database(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "HOST", "127.0.0.1")
    monkeypatch.setitem(connection.settings_dict, "PORT", "1")
    yield
    monkeypatch.undo()


@committed
def test_a_site_in_which_all_is_well_says_so_with_the_time_of_each_check(client: Client, whole_site: None) -> None:
    response = client.get("/health")
    body = response.json()
    assert (response.status_code, body["status"]) == (200, "ok")
    assert {"database", "cache", "workers", "beat", "disk", "mail"} <= set(body["checks"])
    assert all(one["status"] == "ok" and one["ms"] >= 0 for one in body["checks"].values())
    assert "no-store" in response["Cache-Control"]


def test_without_worker_and_cache_it_is_degraded_and_still_answers_200(client: Client, no_valkey: None) -> None:
    response = client.get("/health")
    body = response.json()
    assert (response.status_code, body["status"]) == (200, "degraded")
    assert body["checks"]["workers"] == {
        **body["checks"]["workers"],
        "status": "failed",
        "says": "No worker is heard of.",
    }
    assert body["checks"]["cache"]["says"] == "It failed: ConnectionError."
    assert body["checks"]["database"]["status"] == "ok"


@committed
def test_without_the_database_it_is_503_and_names_no_host(client: Client, no_database: None) -> None:
    response = client.get("/health")
    assert (response.status_code, response.json()["status"]) == (503, "down")
    assert client.get("/health/ready").status_code == 503
    assert client.get("/health/live").status_code == 200
    text = response.content.decode()
    kept = [
        urlsplit(django_settings.REDIS_URL).netloc,
        "127.0.0.1",
        "localhost",
        "port",
        str(connection.settings_dict["NAME"]),
    ]
    assert not [one for one in kept if one and one in text]


def test_ready_asks_the_database_alone(client: Client, no_valkey: None) -> None:
    response = client.get("/health/ready")
    assert response.status_code == 200
    assert set(response.json()["checks"]) == {"database"}


def test_a_full_disk_is_told(client: Client, whole_site: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "fullest", lambda: ("site", 90.6))
    assert client.get("/health").json()["checks"]["disk"]["says"] == "91 % is used."


def test_a_check_that_hangs_holds_nobody_up(client: Client, whole_site: None, monkeypatch: pytest.MonkeyPatch) -> None:
    goes_on = threading.Event()
    monkeypatch.setattr(health, "_checks", dict(health._checks))
    monkeypatch.setattr(health.run, "__kwdefaults__", {"seconds": 0.5})
    health.register("moon")(lambda: (goes_on.wait(20) and "") or "")
    body = client.get("/health").json()
    goes_on.set()
    assert body["checks"]["moon"]["says"] == "It gave no answer within 0.5 seconds."
    assert body["checks"]["database"]["status"] == "ok"


def test_who_asks_often_does_not_ask_the_database_as_often(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "FRESH", 60.0)
    monkeypatch.setattr(views, "_known", {})
    asked: list[int] = []
    monkeypatch.setattr(health, "_checks", {})
    health.register("database")(lambda: asked.append(1) or "")  # type: ignore[func-returns-value]
    for _ in range(3):
        assert client.get("/health/ready").status_code == 200
    assert len(asked) == 1


def test_who_asks_for_the_database_alone_does_not_wait_for_other_checks(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, goes_on = threading.Event(), threading.Event()
    monkeypatch.setattr(health, "_checks", {})
    monkeypatch.setattr(health.run, "__kwdefaults__", {"seconds": 20})
    health.register("database")(lambda: "")
    health.register("moon")(lambda: asked.set() or (goes_on.wait(20) and "") or "")  # type: ignore[func-returns-value]
    other = threading.Thread(target=views._results)
    other.start()
    assert asked.wait(20)
    assert client.get("/health/ready").status_code == 200
    assert other.is_alive()
    goes_on.set()
    other.join(20)


def test_a_balancer_that_asks_without_tls_is_not_sent_elsewhere(client: Client, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/health/live").status_code == 200
    assert client.get("/bot/").status_code == 301


@pytest.mark.parametrize("allowed", [["events.example.org"], [".example.org"], ["*"]])
def test_a_machine_is_asked_by_any_name_for_how_it_is_and_for_nothing_else(
    client: Client, settings: Any, allowed: list[str]
) -> None:
    settings.ALLOWED_HOSTS, settings.METRICS_ALLOW = allowed, [ip_network("127.0.0.1")]
    for path in ("/health/live", "/health", "/metrics"):
        assert client.get(path, headers={"host": "10.0.0.7:8000"}).status_code in (200, 503), path
    for path in ("/", "/api/stats"):
        found = client.get(path, headers={"host": "10.0.0.7:8000"})
        assert found.status_code == (200 if allowed == ["*"] else 400), path


def test_only_reading_is_allowed(client: Client) -> None:
    assert {client.post(path).status_code for path in ("/health", "/health/live", "/health/ready", "/metrics")} == {405}


def test_mail_that_waits_for_long_or_fails_mostly_is_trouble() -> None:
    now = clock.now()
    assert checks.mail() == ""
    row = mail.queue("notice", "ada@example.org", now=now - dt.timedelta(hours=2))
    assert row
    assert checks.mail() == "Mail waits for more than an hour."
    row.delete()
    states = ["sent", "sent", "failed", "failed", "uncertain"]
    EmailLog.objects.bulk_create(
        [EmailLog(kind="notice", state=state, hashed=str(n)) for n, state in enumerate(states)]
    )
    assert checks.mail() == "Most mail of the last hour was not sent."


# --- /metrics -----------------------------------------------------------------------------------------


def samples(response: Any) -> dict[str, float]:
    lines = [line for line in response.content.decode().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def test_metrics_have_what_was_counted_and_what_is_measured(client: Client, whole_site: None) -> None:
    metrics.cache_hits.labels("page").inc()
    client.get("/bot/")
    response = client.get("/metrics")
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/plain; version=")
    found = samples(response)
    assert found['nocturne_request_seconds_count{method="GET",status="2xx",view="events:bot"}'] >= 1
    assert found['nocturne_cache_hits_total{cache="page"}'] >= 1
    assert found["nocturne_queue_length"] >= 0
    assert found['nocturne_alive{kind="worker"}'] == 1
    assert found['nocturne_disk_bytes{disk="site"}'] >= found['nocturne_disk_used_bytes{disk="site"}'] > 0
    assert sum(value for name, value in found.items() if name.startswith("nocturne_database_connections{")) >= 1
    assert found['nocturne_alerts_open{severity="error"}'] == 0


@committed
def test_what_cannot_be_measured_is_missing_and_the_rest_is_there(
    client: Client, no_valkey: None, no_database: None
) -> None:
    found = samples(client.get("/metrics"))
    assert "nocturne_queue_length" not in found
    assert 'nocturne_disk_bytes{disk="site"}' in found


@committed
def test_a_database_that_hangs_is_waited_for_no_longer_than_health_waits(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "_checks", dict(health._checks))
    monkeypatch.setattr(health.run, "__kwdefaults__", {"seconds": 0.5})
    health.register("database")(checks.database)
    connection.close()
    with socket.create_server(("127.0.0.1", 0)) as server, monkeypatch.context() as elsewhere:
        server.settimeout(0.2)
        elsewhere.setitem(connection.settings_dict, "HOST", "127.0.0.1")
        elsewhere.setitem(connection.settings_dict, "PORT", str(server.getsockname()[1]))
        found = samples(client.get("/metrics"))
        reached, _ = server.accept()
        with reached, pytest.raises(TimeoutError):  # the check was there, and nobody else
            server.accept()
    assert "nocturne_database_connections_max" not in found
    assert 'nocturne_disk_bytes{disk="site"}' in found


def test_metrics_are_for_listed_addresses_and_who_says_the_token(client: Client, settings: Any) -> None:
    settings.METRICS_ALLOW, settings.METRICS_TOKEN = [], ""
    assert client.get("/metrics").status_code == 403
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 403
    settings.METRICS_TOKEN = "long-and-secret"
    for said in ("", "Bearer wrong", "Basic long-and-secret", "Bearer long-and-secret-not", "Bearer é"):
        assert client.get("/metrics", headers={"Authorization": said}).status_code == 403
    assert client.get("/metrics", headers={"Authorization": "bearer long-and-secret"}).status_code == 200


def test_an_address_behind_a_proxy_is_what_the_proxy_says(client: Client, settings: Any) -> None:
    settings.METRICS_ALLOW = [ip_network("10.1.0.0/16")]
    settings.TRUSTED_PROXIES = 1
    assert client.get("/metrics", headers={"X-Forwarded-For": "10.1.2.3, 203.0.113.9"}).status_code == 403
    assert client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9, 10.1.2.3"}).status_code == 200


def test_there_are_none_where_they_are_switched_off(client: Client, settings: Any) -> None:
    settings.ENABLE_METRICS = False
    assert client.get("/metrics").status_code == 404


def test_an_address_that_is_none_is_refused_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("METRICS_ALLOW", "10.0.0.0/8,elsewhere")
    with pytest.raises(ImproperlyConfigured, match="METRICS_ALLOW"):
        value("METRICS_ALLOW")
    monkeypatch.setenv("ALERT_WEBHOOK_URL", "https://chat.example.org/hooks/abc/")
    assert value("ALERT_WEBHOOK_URL").endswith("/abc/")
