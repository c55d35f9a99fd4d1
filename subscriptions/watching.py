"""What is watched of digests: that they are released when they are due, and that their mails go."""

import datetime as dt
from collections.abc import Iterator

from django.conf import settings
from django.urls import reverse
from django.utils import timezone as clock

from nocturne import health
from nocturne.models import EmailLog
from nocturne.watching import conditions
from nocturne.watching.conditions import Trouble

from .models import Digest

MOVING = dt.timedelta(hours=1)


@conditions.register("digests")
def stuck(now: dt.datetime) -> Iterator[Trouble]:
    """Issues that nobody holds and that are later than ALERT_DIGEST_HOURS."""
    late = now - dt.timedelta(hours=settings.ALERT_DIGEST_HOURS)
    drafted = Digest.objects.filter(state=Digest.State.DRAFTED, due_at__lt=late).select_related("city")
    for digest in drafted.order_by("pk"):
        yield _trouble(
            digest, f"was due at {digest.due_at:%-d %b, %H:%M} UTC and is not released. The log of the worker says why."
        )
    for digest in Digest.objects.filter(pk__in=_waiting(late, now)).select_related("city").order_by("pk"):
        yield _trouble(
            digest,
            "has mails that are due for hours, and none has gone for one. See whether the mail server takes mail.",
        )


def _waiting(late: dt.datetime, now: dt.datetime) -> list[int]:
    """Issues of which mails wait since then while none goes: what goes slowly, as by the provider's rate, does go."""
    mails = EmailLog.objects.filter(kind=EmailLog.Kind.DIGEST)
    matters = mails.filter(state=EmailLog.State.QUEUED, due_at__lt=late).order_by().values_list("matter", flat=True)
    waiting = set(matters.distinct())
    moving = mails.filter(matter__in=waiting, finished_at__gt=now - MOVING).order_by()
    waiting -= set(moving.values_list("matter", flat=True).distinct())
    going = (Digest.State.RELEASED, Digest.State.SENDING)
    return [one.pk for one in Digest.objects.filter(state__in=going) if one.matter in waiting]


def _trouble(digest: Digest, what: str) -> Trouble:
    path = reverse("admin:subscriptions_digest_change", args=[digest.pk])
    return Trouble(f"digest-late:{digest.pk}", f"The digest of {digest} {what}", path)


@health.register("digests")
def digests() -> str:
    return "A digest is late." if any(stuck(clock.now())) else ""
