"""A digest that is stuck is told; one that is held, or goes slowly, is not."""

import datetime as dt
from typing import Any

import pytest
import time_machine

from nocturne.models import EmailLog
from subscriptions import digests, watching
from subscriptions.models import Digest
from tests.factories import make_city

from .issues import NINE, make_week, released

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


def found(now: dt.datetime) -> list[str]:
    return [trouble.message for trouble in watching.stuck(now)]


def test_one_that_is_not_released_when_it_is_due() -> None:
    make_week(3)
    digest = digests.draft(make_city(), now=NINE - 2 * HOUR)
    due = Digest.objects.get().due_at
    assert not found(due + 3 * HOUR)
    [message] = found(due + 3 * HOUR + dt.timedelta(seconds=1))
    assert f"{due:%-d %b, %H:%M} UTC and is not released." in message
    with time_machine.travel(due + 4 * HOUR, tick=False):
        assert watching.digests() == "A digest is late."
    assert digests.hold(digest)
    assert not found(due + 4 * HOUR)


def test_one_whose_mails_wait_while_none_goes(settings: Any) -> None:
    make_week(3)
    digest = released()
    row = EmailLog.objects.create(kind="digest", hashed="a", matter=digest.matter, queued_at=NINE, due_at=NINE)
    assert not found(NINE + 3 * HOUR)
    late = NINE + 4 * HOUR
    [message] = found(late)
    assert "none has gone for one" in message
    gone = EmailLog.objects.create(kind="digest", hashed="b", matter=digest.matter, state="sent")
    EmailLog.objects.filter(pk=gone.pk).update(finished_at=late - HOUR / 2)
    assert not found(late)  # it goes, if slowly
    EmailLog.objects.filter(pk=gone.pk).update(finished_at=late - 2 * HOUR)
    assert found(late)
    row.state = EmailLog.State.SENT
    row.save()
    assert not found(late)
