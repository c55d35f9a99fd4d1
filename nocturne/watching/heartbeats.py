"""Who is alive: each process of the web, each worker and each beat writes a row while it is, on whatever machine.

What one of all does once in a while, as looking for alerts, has a row, too: a turn, with when it was done last.
"""

import datetime as dt
import os

from django.db import connection
from django.utils import timezone as clock

from nocturne.models import Heartbeat

from . import machine

KEPT = dt.timedelta(days=1)
Kind = Heartbeat.Kind


def beat(kind: str, *, now: dt.datetime | None = None) -> None:
    """Say that this process is alive."""
    _write(_name(kind), kind, now or clock.now())


def leave(kind: str) -> None:
    """Say that this process ends as it should, so that nobody waits for it."""
    Heartbeat.objects.filter(name=_name(kind)).delete()


def alive(*, within: dt.timedelta, now: dt.datetime | None = None) -> dict[str, int]:
    """How many of each kind were heard of lately."""
    since = (now or clock.now()) - within
    kinds = Heartbeat.objects.filter(at__gte=since).exclude(kind=Kind.TURN).values_list("kind", flat=True)
    found = dict.fromkeys((Kind.WEB.value, Kind.WORKER.value, Kind.BEAT.value), 0)
    for kind in kinds:
        found[kind] += 1
    return found


def take_turn(name: str, *, every: dt.timedelta, now: dt.datetime) -> bool:
    """Whether it is this process's turn; of many that ask one gets it."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO nocturne_heartbeat AS turn (name, kind, at) VALUES (%s, %s, %s)
            ON CONFLICT (name) DO UPDATE SET at = excluded.at WHERE turn.at <= %s
            """,
            [f"turn:{name}", Kind.TURN, now, now - every],
        )
        return bool(cursor.rowcount)


def done(name: str, at: dt.datetime | None) -> None:
    """Write down when something was done last that takes no turns, as a backup; None if it is not done any more."""
    if at:
        _write(f"turn:{name}", Kind.TURN, at)
    else:
        Heartbeat.objects.filter(name=f"turn:{name}").delete()


def last(name: str) -> dt.datetime | None:
    """When something was done last; None of what is not done."""
    return Heartbeat.objects.filter(name=f"turn:{name}").values_list("at", flat=True).first()


def forget(now: dt.datetime) -> None:
    """Forget processes that are not heard of any more."""
    Heartbeat.objects.filter(at__lt=now - KEPT).exclude(kind=Kind.TURN).delete()


def forget_all(**_: object) -> None:
    """Of a database that was restored: what it has was so when it was dumped."""
    Heartbeat.objects.all().delete()


def _name(kind: str) -> str:
    return f"{kind}:{machine.host()}:{os.getpid()}"[:200]


def _write(name: str, kind: str, now: dt.datetime) -> None:
    Heartbeat.objects.bulk_create(
        [Heartbeat(name=name, kind=kind, at=now)],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["at"],
    )
