"""Who gets mail about which city, how they agreed to it, and the issues that they get."""

import datetime as dt
from typing import ClassVar, Self

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone as clock
from django.utils.dates import WEEKDAYS as DAYS

from events.models import City, Event
from nocturne.models import EmailLog

WEEKDAYS = tuple(DAYS.values())  # Monday is the first


class Subscriber(models.Model):
    """An address. It has no account: a signed link in each mail lets in; raising `token_version` voids all of them.

    Rows are deleted by subscriptions.consent, which also takes the address out of the ledger.
    """

    email = models.EmailField("e-mail address", unique=True, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    confirmed_at = models.DateTimeField(null=True, editable=False, help_text="When the address was first confirmed.")
    token_version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        ordering = ("-created_at", "-pk")
        constraints = (
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="subscriber_email_is_lower_case"),
        )
        indexes = (models.Index(fields=["-created_at", "-id"], name="subscriber_newest"),)  # the admin's list

    def __str__(self) -> str:
        return self.email


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    def active(self) -> Self:
        """Those that are to get the digest."""
        return self.filter(status=Subscription.Status.ACTIVE)

    def forgotten(self, before: dt.datetime) -> Self:
        """Asked for before an instant and never confirmed, or ended unconfirmed."""
        return self.exclude(status__in=("active", "paused")).filter(confirmed_at=None, requested_at__lt=before)


class Subscription(models.Model):
    """A mail a week about one city to one address.

    `search` is a canonical query string of EventSearch without nights and page; "" is everything. What is asked for by
    somebody who has not confirmed yet is `pending`; `ended` keeps when and how it was agreed to and left.
    """

    class Status(models.TextChoices):
        PENDING = "pending", "pending"
        ACTIVE = "active", "active"
        PAUSED = "paused", "paused"
        ENDED = "ended", "ended"

    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="subscriptions")
    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="subscriptions")
    status = models.CharField(max_length=8, choices=Status, default=Status.PENDING)
    search = models.TextField(blank=True, help_text="As in the address of a city's page.")
    weekday = models.PositiveSmallIntegerField(
        "day", choices=list(enumerate(WEEKDAYS)), default=0, validators=[MaxValueValidator(6)]
    )
    requested_at = models.DateTimeField(default=clock.now)
    requested_ip = models.GenericIPAddressField("requested from", null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_ip = models.GenericIPAddressField("confirmed from", null=True, blank=True)
    unsubscribed_at = models.DateTimeField(null=True, blank=True)
    confirmation = models.ForeignKey(
        EmailLog, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", help_text="The last one."
    )

    objects = SubscriptionQuerySet.as_manager()

    LIVE: ClassVar = (Status.ACTIVE, Status.PAUSED)

    class Meta:
        ordering = ("-requested_at", "-pk")
        constraints = (
            models.UniqueConstraint(fields=["subscriber", "city"], name="subscription_is_one_an_address_and_city"),
            models.CheckConstraint(
                condition=~models.Q(status__in=["active", "paused"]) | models.Q(confirmed_at__isnull=False),
                name="subscription_is_confirmed_before_it_is_active",
            ),
            models.CheckConstraint(condition=models.Q(weekday__lt=7), name="subscription_weekday_is_one_of_seven"),
        )
        indexes = (
            # the admin's list
            models.Index(fields=["-requested_at", "-id"], name="subscription_newest"),
            # the digest of a city on a day
            models.Index(fields=["city", "weekday"], condition=models.Q(status="active"), name="subscription_active"),
            # what was never confirmed
            models.Index(
                fields=["requested_at"], condition=models.Q(confirmed_at=None), name="subscription_unconfirmed"
            ),
        )

    def __str__(self) -> str:
        return f"subscription {self.pk}"

    @property
    def is_live(self) -> bool:
        return self.status in self.LIVE


class Digest(models.Model):
    """One city's issue of one week. Its mails are rows of the ledger under `matter`: one an address, ever.

    `queued_until` is the last day of the week, Monday being 0, whose subscribers have their rows.
    """

    class State(models.TextChoices):
        DRAFTED = "drafted", "drafted"
        HELD = "held", "held"
        RELEASED = "released", "released"
        SENDING = "sending", "sending"
        SENT = "sent", "sent"
        EMPTY = "empty", "nothing to send"

    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="digests")
    week = models.DateField(help_text="Its Monday.")
    state = models.CharField(max_length=8, choices=State, default=State.DRAFTED)
    why = models.CharField(max_length=500, blank=True, help_text="Why it is held, or was not sent.")
    intro = models.TextField(
        blank=True, max_length=2000, help_text="Stands above the events, as plain text. An empty line parts paragraphs."
    )
    due_at = models.DateTimeField(help_text="It goes by itself at this time, unless it is held.")
    drafted_at = models.DateTimeField(default=clock.now)
    released_at = models.DateTimeField(null=True, blank=True)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    finished_at = models.DateTimeField(null=True, blank=True)
    queued_until = models.SmallIntegerField(default=-1)
    errors = models.PositiveIntegerField("errors in a row", default=0)
    claim = models.UUIDField(null=True, blank=True)
    claimed_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-week", "city__name", "pk")
        constraints = (
            models.UniqueConstraint(fields=["city", "week"], name="digest_is_one_a_city_and_week"),
            models.CheckConstraint(condition=models.Q(week__iso_week_day=1), name="digest_week_begins_on_monday"),
            models.CheckConstraint(
                condition=~models.Q(state__in=["released", "sending", "sent"]) | models.Q(released_at__isnull=False),
                name="digest_is_released_before_it_is_sent",
            ),
        )
        indexes = (
            # what is to be released or sent
            models.Index(
                fields=["due_at"],
                condition=models.Q(state__in=["drafted", "released", "sending"]),
                name="digest_unfinished",
            ),
            # the admin's list
            models.Index(fields=["-week"], name="digest_newest"),
        )

    def __str__(self) -> str:
        return f"{self.city.name}, week of {self.week:%-d %b %Y}"

    @property
    def matter(self) -> str:
        return f"digest:{self.pk}"

    @property
    def is_open(self) -> bool:
        """May still be changed by editors."""
        return self.released_at is None and self.state != self.State.EMPTY

    def get_absolute_url(self) -> str:
        return reverse("subscriptions:digest", args=[self.city.slug, self.week.isoformat()])


class DigestItem(models.Model):
    """An event of an issue: what an editor chose of it, and from the release on its place, 0 being the first."""

    class Choice(models.TextChoices):
        NONE = "", "by its rank"
        PINNED = "pinned", "pinned"
        DROPPED = "dropped", "dropped"

    digest = models.ForeignKey(Digest, on_delete=models.CASCADE, related_name="items")
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="+")
    choice = models.CharField(max_length=8, choices=Choice, blank=True, default=Choice.NONE)
    position = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering = ("digest", "position", "pk")
        constraints = (models.UniqueConstraint(fields=["digest", "event"], name="digest_item_is_one_an_event"),)

    def __str__(self) -> str:
        return f"event {self.event_id} of digest {self.digest_id}"
