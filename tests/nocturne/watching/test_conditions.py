"""Each alert of the site by its real condition: raised after two looks, and resolved after three good ones."""

import datetime as dt
from collections import namedtuple
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path

from nocturne.models import Alert, Heartbeat
from nocturne.urls import handler404  # noqa: F401  # of the addresses below
from nocturne.watching import disks, heartbeats, machine, minutes, queue

from .conftest import MINUTE, NOW, Site

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


def breaks(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("it broke")


urlpatterns = [path("breaks", breaks, name="breaks"), path("", include("nocturne.urls"))]


def open_keys() -> set[str]:
    return set(Alert.objects.filter(resolved_at=None).values_list("key", flat=True))


def ask(settings: Any, *, good: int, bad: int) -> None:
    """Requests to the site, some to a view that fails."""
    settings.ROOT_URLCONF = "tests.nocturne.watching.test_conditions"
    client = Client(raise_request_exception=False)
    for _ in range(bad):
        assert client.get("/breaks").status_code == 500
    for _ in range(good):
        assert client.get("/bot/").status_code == 200


def test_more_than_a_tenth_of_requests_that_fail(site: Site, settings: Any) -> None:
    ask(settings, good=17, bad=3)
    site.look()
    assert not open_keys()  # once is not enough
    site.look()
    assert open_keys() == {"site:errors"}
    alert = Alert.objects.get()
    assert alert.message.startswith("3 of 20 requests failed in the last 5 minutes, 15 %. Look into app.log")
    site.look(3)
    assert open_keys()  # they still lie in the last five minutes
    site.look(3)
    assert not open_keys()


def test_exactly_a_tenth_is_not_more_than_a_tenth_and_few_requests_say_nothing(site: Site, settings: Any) -> None:
    ask(settings, good=18, bad=2)
    site.look(2)
    assert not open_keys()
    minutes.Minute.objects.all().delete()
    ask(settings, good=0, bad=19)
    site.look(2)
    assert not open_keys()


def test_more_than_a_twentieth_of_requests_that_are_slow(site: Site) -> None:
    minutes.add({"requests": 100, "within:5": 94, "within:10": 99}, now=site.now)
    site.look(2)
    assert open_keys() == {"site:slow"}
    assert "6 % of 100 requests took longer than 5 seconds" in Alert.objects.get().message


def test_a_twentieth_is_within_the_limit(site: Site) -> None:
    minutes.add({"requests": 100, "within:5": 95}, now=site.now)
    site.look(2)
    assert not open_keys()


def test_a_disk_that_is_nearly_full(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda path: usage(1000, 880, 100))  # 20 are kept for root
    site.look(2)
    assert not open_keys()  # 90 % is not more than 90 %
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda path: usage(1000, 881, 99))
    site.look(2)
    assert open_keys() == {"site:disk"}
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda path: usage(1000, 500, 400))
    site.look(1)  # which still sees the minute before
    site.look(2)
    assert open_keys()
    site.look(1)
    assert not open_keys()


def test_the_disk_of_another_machine_than_that_which_looks(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(2):
        with monkeypatch.context() as elsewhere:
            elsewhere.setattr(machine, "host", lambda: "worker-2")
            elsewhere.setattr(machine, "fullest", lambda: ("media", 97.0))
            disks.note(now=site.now)
        site.look()
    assert open_keys() == {"site:disk"}
    assert Alert.objects.get().message.startswith("97 % of the disk of the media on worker-2 is used.")
    site.look(4)
    assert not open_keys()  # it is not heard of any more


def test_machines_with_long_names_are_told_apart(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for host, percent in (("nocturne-worker-7d9f8b6c5d-x2x4z", 97.0), ("nocturne-worker-7d9f8b6c5d-x2q9p", 10.0)):
        monkeypatch.setattr(machine, "host", lambda host=host: host)
        monkeypatch.setattr(machine, "fullest", lambda percent=percent: ("backups", percent))
        disks.note(now=site.now)
    assert disks.fullest(site.now)[1] == 97.0


def test_the_disk_that_is_there_is_measured() -> None:
    disks = machine.disks()
    assert "site" in disks
    assert all(0 < used <= total for used, total in disks.values())


def test_a_valkey_that_nobody_reaches(site: Site, no_valkey: None) -> None:
    site.look(2)
    assert open_keys() == {"site:cache"}
    assert "Cache and queue cannot be reached (ConnectionError)" in Alert.objects.get().message


def test_a_valkey_that_hangs(site: Site, hanging_valkey: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "TIMEOUT", 0.1)
    site.look(2)
    assert open_keys() == {"site:cache"}
    assert "Cache and queue cannot be reached (TimeoutError)" in Alert.objects.get().message


def test_a_worker_and_a_beat_that_are_gone(site: Site) -> None:
    site.look(2)
    assert not open_keys()
    site.alive = ["web"]
    site.look(4)
    assert not open_keys()  # three minutes, and two looks
    site.look(1)
    assert open_keys() == {"site:worker", "site:beat"}
    site.alive = ["web", "worker", "beat"]
    site.look(3)
    assert not open_keys()


def test_the_time_that_none_was_heard_of_reads_as_people_say_it(site: Site, settings: Any) -> None:
    settings.ALERT_WORKER_MINUTES = 1.0
    site.alive = []
    site.look(2)
    assert Alert.objects.get(key="site:beat").message.startswith("No beat was heard of for 1 minute: ")


def test_a_backup_that_is_too_old_where_a_worker_makes_them(site: Site) -> None:
    site.look(2)
    assert not open_keys()  # nobody has said that there are any
    heartbeats.done("backup", site.now - 35 * HOUR)
    site.look(2)
    assert not open_keys()
    heartbeats.done("backup", site.now - 40 * HOUR)
    site.look(2)
    assert open_keys() == {"site:backup"}
    assert Alert.objects.get().message.startswith("The last backup is 40 hours old. See that a worker")
    heartbeats.done("backup", site.now)
    site.look(3)
    assert not open_keys()


def test_when_something_was_done_last_is_known_longer_than_processes_that_have_ended(site: Site) -> None:
    heartbeats.done("backup", NOW - 40 * HOUR)
    heartbeats.beat("web", now=NOW - 40 * HOUR)
    heartbeats.forget(NOW)
    assert heartbeats.last("backup") == NOW - 40 * HOUR
    assert Heartbeat.objects.count() == 1


def test_a_worker_that_ends_as_it_should_is_missed_at_once(site: Site) -> None:
    heartbeats.beat("worker", now=site.now)
    heartbeats.leave("worker")
    assert heartbeats.alive(within=MINUTE, now=site.now)["worker"] == 0
