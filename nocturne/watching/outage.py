"""While the database is away nothing can be a row: each process that watches says so by webhook and in the log."""

import datetime as dt
import logging

from django.conf import settings
from django.db import OperationalError
from django.urls import reverse
from redis.exceptions import RedisError

from nocturne import alerts
from nocturne.models import Alert

from . import calls, heartbeats, queue, telling
from .conditions import SITE
from .evaluation import EVERY

log = logging.getLogger(__name__)
KEY = f"{SITE}database"
MESSAGE = (
    "The database cannot be reached: pages, sign-in, reading and mail fail. See that PostgreSQL runs, has room and"
    " takes connections (max_connections), and that DATABASE_URL is right."
)


class Outage:
    """What one process knows of it."""

    def __init__(self) -> None:
        self.since: dt.datetime | None = None
        self._looked_at: dt.datetime | None = None
        self._bad = 0
        self._told_at: dt.datetime | None = None

    def seen(self, error: Exception, *, now: dt.datetime) -> None:
        """The database did not answer. Tell it after some such looks, a minute apart, and again while it lasts."""
        if self._looked_at and now - self._looked_at < EVERY:
            return
        self._looked_at, self._bad = now, self._bad + 1
        self.since = self.since or now
        hours = dt.timedelta(hours=settings.ALERT_REPEAT_HOURS)
        is_due = self._told_at is None or now - self._told_at >= hours
        if self._bad < settings.ALERT_OPEN_AFTER or not is_due:
            return
        self._told_at = now
        log.error("%s (%s)", MESSAGE, type(error).__name__)
        if _is_first(hours):
            calls.webhook(telling.as_json([_alert(self.since)], [], now=now))

    def over(self, *, now: dt.datetime) -> None:
        """The database answers. If it was told that it does not, leave an alert that is over, which is told, too."""
        since, told_at = self.since, self._told_at
        if since is None:
            return
        if told_at is not None and heartbeats.take_turn("database", every=dt.timedelta(minutes=5), now=now):
            log.warning("The database answers again.")
            alerts.raise_alert(KEY, MESSAGE, severity=Alert.Severity.ERROR, path=_path(), now=since)
            Alert.objects.filter(key=KEY, resolved_at=None).update(told_at=told_at, resolved_at=now, last_seen_at=now)
        self.since = self._looked_at = self._told_at = None
        self._bad = 0


def _alert(since: dt.datetime) -> Alert:
    return Alert(key=KEY, message=MESSAGE, severity=Alert.Severity.ERROR, path=_path(), opened_at=since)


def is_away(error: Exception) -> bool:
    """Whether an error says that the database could not be reached, and not that it refused something."""
    return isinstance(error, OperationalError)


def _path() -> str:
    return reverse("admin_status")


def _is_first(lasts: dt.timedelta) -> bool:
    """Whether no other process has told it, as far as can be known: each does while Valkey is away, too."""
    try:
        return queue.claim("nocturne:database-away", lasts)
    except (RedisError, OSError):
        return True
