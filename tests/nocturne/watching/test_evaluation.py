"""Opening and resolving: what is bad in some looks in a row, and good in some; one look at a time."""

import datetime as dt
from typing import Any

import pytest

from nocturne.models import Alert, Heartbeat, Watched
from nocturne.watching import conditions, evaluation

from .conftest import Site, Trouble

pytestmark = pytest.mark.django_db


def open_keys() -> set[str]:
    return set(Alert.objects.filter(resolved_at=None).values_list("key", flat=True))


def test_what_is_bad_every_other_look_never_opens(site: Site, trouble: Trouble) -> None:
    for _ in range(4):
        trouble.messages = {"moon:1": "It is gone."}
        site.look()
        trouble.messages = {}
        site.look()
    assert not Alert.objects.exists()
    assert not Watched.objects.exists()


def test_what_is_open_stays_so_while_it_is_good_only_now_and_then(site: Site, trouble: Trouble) -> None:
    trouble.messages = {"moon:1": "It is gone."}
    site.look(2)
    trouble.messages = {}
    site.look(2)
    trouble.messages = {"moon:1": "It is gone again."}
    site.look()
    trouble.messages = {}
    site.look(2)
    assert open_keys() == {"moon:1"}
    assert Alert.objects.get().message == "It is gone again."
    site.look()
    assert not open_keys()
    assert not Watched.objects.exists()


def test_how_many_looks_it_takes_is_a_setting(site: Site, trouble: Trouble, settings: Any) -> None:
    settings.ALERT_OPEN_AFTER, settings.ALERT_RESOLVE_AFTER = 1, 1
    trouble.messages = {"moon:1": "It is gone."}
    site.look()
    assert open_keys() == {"moon:1"}
    trouble.messages = {}
    site.look()
    assert not open_keys()


def test_what_cannot_be_judged_stays_as_it_is_and_hinders_nothing_else(
    site: Site, trouble: Trouble, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    stars = Trouble()
    conditions._conditions["stars"] = stars
    trouble.messages = {"moon:1": "It is gone."}
    site.look(2)

    def fails(now: dt.datetime) -> list[conditions.Trouble]:
        raise ZeroDivisionError

    conditions._conditions["moons"] = fails
    stars.messages = {"star:1": "It fell."}
    site.look(4)
    assert open_keys() == {"moon:1", "star:1"}
    assert "The condition moons could not be judged." in caplog.text


def test_of_two_that_look_at_the_same_time_one_does(site: Site, trouble: Trouble) -> None:
    trouble.messages = {"moon:1": "It is gone."}
    assert evaluation.evaluate(now=site.now)
    assert not evaluation.evaluate(now=site.now)
    assert not evaluation.evaluate(now=site.now + dt.timedelta(seconds=54))
    assert Watched.objects.get().bad == 1
    assert evaluation.evaluate(now=site.now + dt.timedelta(seconds=55))
    assert Watched.objects.get().bad == 2
    assert Heartbeat.objects.filter(kind="turn").count() == 2  # and that of tidying up
