"""Looking for trouble, once a minute, by one of all processes: any that serves, works or is beat takes the turn.

So it goes on without a worker, without beat and without Valkey. A matter opens when it was bad in some looks in a row,
and is resolved after some good ones.
"""

import datetime as dt
import logging
from collections.abc import Iterable, Mapping

from django.conf import settings
from django.db import transaction
from django.utils import timezone as clock
from redis.exceptions import RedisError

from nocturne import alerts
from nocturne.models import Alert, Watched

from . import calls, conditions, disks, heartbeats, minutes, queue, telling
from .conditions import Trouble

log = logging.getLogger(__name__)
EVERY = dt.timedelta(seconds=55)  # less than a minute, so that none is left out because a turn was a bit late
TIDY = dt.timedelta(hours=1)


def evaluate(*, now: dt.datetime | None = None) -> bool:
    """Look at everything if it is time; whether it was. Raises DatabaseError while the database is away."""
    now = now or clock.now()
    if not heartbeats.take_turn("alerts", every=EVERY, now=now):
        return False
    settle(_look(now), now=now)
    telling.tell(now=now)
    _note(now)
    if heartbeats.take_turn("tidy", every=TIDY, now=now):
        minutes.forget(now)
        heartbeats.forget(now)
    calls.heartbeat()
    return True


def _look(now: dt.datetime) -> dict[str, list[Trouble]]:
    """The troubles of each condition that could be judged."""
    found = {}
    for name, condition in conditions.registered().items():
        try:
            found[name] = list(condition(now))
        except Exception:
            log.exception("The condition %s could not be judged.", name)
    return found


@transaction.atomic
def settle(found: Mapping[str, Iterable[Trouble]], *, now: dt.datetime) -> None:
    """Open what was bad often enough in a row, resolve what was good often enough; what was not judged stays."""
    known = {row.key: row for row in Watched.objects.select_for_update().filter(condition__in=found).order_by("key")}
    opened = set(Alert.objects.filter(resolved_at=None).values_list("key", flat=True))
    for name, troubles in found.items():
        for trouble in troubles:
            row = known.pop(trouble.key, Watched(key=trouble.key, condition=name))
            _bad(row, trouble, is_open=row.key in opened, now=now)
    for row in known.values():
        _good(row, is_open=row.key in opened, now=now)


def _bad(row: Watched, trouble: Trouble, *, is_open: bool, now: dt.datetime) -> None:
    row.bad, row.good = row.bad + 1, 0
    row.save()
    if is_open or row.bad >= settings.ALERT_OPEN_AFTER:
        alerts.raise_alert(row.key, trouble.message, severity=trouble.severity, path=trouble.path, now=now)


def _good(row: Watched, *, is_open: bool, now: dt.datetime) -> None:
    row.bad, row.good = 0, row.good + 1
    if is_open and row.good < settings.ALERT_RESOLVE_AFTER:
        row.save()
        return
    alerts.resolve(row.key, now=now)
    row.delete()


def _note(now: dt.datetime) -> None:
    """For the status page: what is not counted, but measured."""
    alive = heartbeats.alive(within=dt.timedelta(minutes=2), now=now)
    measured = {f"alive:{kind}": float(count) for kind, count in alive.items()}
    measured["disk"] = disks.fullest(now)[1]
    try:
        measured["queue"] = queue.length()
    except (RedisError, OSError):
        log.info("The queue cannot be measured: Valkey is away.")
    minutes.note(measured, now=now)
