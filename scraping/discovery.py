"""The looks at pasted addresses, which a worker takes and an editor watches."""

import datetime as dt
import uuid
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone as clock

from events.models import City, Source

# A worker reports after each request, which takes less than this; who has not reported for longer is dead.
CLAIM_FOR = dt.timedelta(minutes=2)
MAX_ATTEMPTS = 2
KEPT_FOR = dt.timedelta(days=1)


class Ended(Exception):
    """An editor has stopped the discovery, or another worker has taken it over: this one must not write."""


class DiscoveryQuerySet(models.QuerySet["Discovery"]):
    def open(self) -> Self:
        return self.filter(finished_at=None)

    def free(self, now: dt.datetime) -> Self:
        """Those that no living worker has claimed."""
        return self.open().filter(Q(claimed_until=None) | Q(claimed_until__lt=now))

    def over(self, now: dt.datetime) -> Self:
        """Those that nobody needs any more, finished or not."""
        return self.filter(created_at__lt=now - KEPT_FOR)


class Discovery(models.Model):
    """One look at a pasted address: what was looked at so far, and in the end what it offers.

    `looks` and `found` are the JSON of `discover.Look` and `outlook.Outlook`, the best first; with the `key` of a
    visitor, who wants an event of that page and no source, `found` has `submissions.pasted.Offer`. `claim` is the
    token of the worker that is at it, void after `claimed_until`. Rows are for who waits, and go after a day.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "waiting"
        DONE = "done", "done"
        FAILED = "failed", "failed"
        STOPPED = "stopped", "stopped"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="discoveries")
    key = models.UUIDField(null=True, unique=True, help_text="In the address of the visitor's page.")
    url = models.CharField(max_length=2000)
    city = models.ForeignKey(City, null=True, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=clock.now)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    claim = models.UUIDField(null=True)
    claimed_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    looks = models.JSONField(default=list)
    found = models.JSONField(default=list)
    message = models.CharField(max_length=1000, blank=True)
    source = models.ForeignKey(Source, null=True, on_delete=models.SET_NULL, related_name="+", help_text="Added of it.")

    objects = DiscoveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "discoveries"
        constraints = (
            models.UniqueConstraint(fields=["user"], condition=Q(finished_at=None), name="discovery_is_one_a_user"),
        )

    def __str__(self) -> str:
        return self.url

    @property
    def is_open(self) -> bool:
        return self.finished_at is None

    def take(self, now: dt.datetime) -> bool:
        """Claim it for this worker, if it is free; one that was claimed too often without an end is given up."""
        token = uuid.uuid4()
        rows = Discovery.objects.filter(pk=self.pk).free(now)
        if not rows.update(claim=token, claimed_until=now + CLAIM_FOR, attempts=F("attempts") + 1):
            return False
        self.refresh_from_db()
        if self.attempts <= MAX_ATTEMPTS:
            return True
        said = f"The last {MAX_ATTEMPTS} tries did not end: what the address sends may kill the worker."
        self.finish(now, self.State.FAILED, message=said)
        return False

    def report(self, looks: list[dict[str, Any]]) -> None:
        """Say what was looked at so far, and that the worker lives. Raises Ended if it is not this one's any more."""
        self._write(looks=looks, claimed_until=clock.now() + CLAIM_FOR)

    def finish(self, now: dt.datetime, state: str, **columns: Any) -> None:
        """End it with what came of it. Raises Ended if it is not this worker's any more."""
        self._write(state=state, finished_at=now, claim=None, claimed_until=None, **columns)

    def stop(self, now: dt.datetime) -> None:
        """End it at an editor's word, whoever is at it; what has ended stays as it is."""
        Discovery.objects.filter(pk=self.pk).open().update(
            state=self.State.STOPPED, finished_at=now, claim=None, claimed_until=None
        )

    def _write(self, **columns: Any) -> None:
        if not Discovery.objects.filter(pk=self.pk, claim=self.claim).open().update(**columns):
            raise Ended(f"The discovery of {self.url} has ended.")
