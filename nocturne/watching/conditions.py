"""What becomes an alert: conditions that apps register, each a list of what is in trouble now.

    @conditions.register("cities")
    def cities(now: datetime) -> Iterable[Trouble]: ...

A condition that cannot be judged raises, and then nothing of it changes.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse
from redis.exceptions import RedisError

from nocturne.models import Alert

from . import disks, heartbeats, minutes, queue

SITE = "site:"  # begins the keys of what is wrong with the site itself
MINUTES = 5  # of requests that are judged
HOUR = dt.timedelta(hours=1)
BACKUP_LATE = dt.timedelta(hours=36)  # one is due each day, and may take some hours


@dataclass(frozen=True, slots=True)
class Trouble:
    """`key` names the matter; `message` says what is the matter and what to do; `path` is a page of the admin."""

    key: str
    message: str
    path: str = ""
    severity: str = Alert.Severity.ERROR


Condition = Callable[[dt.datetime], Iterable[Trouble]]
_conditions: dict[str, Condition] = {}


def register(name: str) -> Callable[[Condition], Condition]:
    """Register a condition under a name; a second one of the name takes the place of the first."""

    def wrap(condition: Condition) -> Condition:
        _conditions[name] = condition
        return condition

    return wrap


def registered() -> dict[str, Condition]:
    return dict(_conditions)


@register("requests")
def requests(now: dt.datetime) -> Iterator[Trouble]:
    span = minutes.lately(MINUTES, now=now)
    count, failed = span["requests"], span["errors"]
    if count < settings.ALERT_ERROR_REQUESTS:
        return
    if 100 * failed > settings.ALERT_ERROR_PERCENT * count:
        yield _of_site(
            "errors",
            f"{failed:.0f} of {count:.0f} requests failed in the last {MINUTES} minutes, {100 * failed / count:.0f} %."
            " Look into app.log and database.log for the tracebacks; if it began with a release, go back to the last.",
        )
    seconds = settings.ALERT_P95_SECONDS
    if (slow := span.slower_than(seconds)) * 20 > count:
        yield _of_site(
            "slow",
            f"{100 * slow / count:.0f} % of {count:.0f} requests took longer than {seconds:g} seconds in the last"
            f" {MINUTES} minutes. Look for “slow request” in app.log and “slow query” in database.log, and whether"
            " database and machine have enough to work with.",
        )


@register("disk")
def disk(now: dt.datetime) -> Iterator[Trouble]:
    name, percent = disks.fullest(now)
    if percent > settings.ALERT_DISK_PERCENT:
        yield _of_site(
            "disk",
            f"{percent:.0f} % of the disk of the {name} is used. Make room before it is full: old backups, logs"
            " (LOG_BACKUPS), pictures (MEDIA_ROOT); or make it larger.",
        )


@register("cache")
def cache(now: dt.datetime) -> Iterator[Trouble]:
    try:
        queue.ping()
    except (RedisError, OSError) as error:
        yield _of_site(
            "cache",
            f"Cache and queue cannot be reached ({type(error).__name__}). Pages are slower, no work is queued, and"
            " limits count within each process. See that Valkey runs, has memory, and that REDIS_URL is right.",
        )


@register("workers")
def workers(now: dt.datetime) -> Iterator[Trouble]:
    within = settings.ALERT_WORKER_MINUTES
    alive = heartbeats.alive(within=dt.timedelta(minutes=within), now=now)
    since = f"for {within:g} minute{'' if within == 1 else 's'}"
    if not alive["worker"]:
        yield _of_site(
            "worker",
            f"No worker was heard of {since}: nothing is read and no mail is sent. Start it again"
            " (celery -A nocturne worker); if it ends by itself, the last lines of its log say why.",
        )
    if not alive["beat"]:
        yield _of_site(
            "beat",
            f"No beat was heard of {since}: nothing that is due begins by itself. Start it again"
            " (celery -A nocturne beat).",
        )


@register("backup")
def backup(now: dt.datetime) -> Iterator[Trouble]:
    """Where a worker makes them, it has said when the last was; what kept it from another is an alert of its own."""
    last = heartbeats.last("backup")
    if last and last < now - BACKUP_LATE:
        yield _of_site(
            "backup",
            f"The last backup is {(now - last) / HOUR:.0f} hours old. See that a worker serves the queue “celery”, and"
            " that BACKUP_DIR has room and can be written to; `manage.py backup` makes one now.",
        )


def _of_site(what: str, message: str) -> Trouble:
    return Trouble(f"{SITE}{what}", message, reverse("admin_status"))
