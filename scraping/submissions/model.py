"""The rows of what visitors send in."""

import datetime as dt
import hashlib
import json
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone as clock

from events.drafts import EventDraft
from events.models import City, Event, Listing
from nocturne.addresses import address_hashes
from nocturne.models import EmailLog


def digest_of(draft: dict[str, Any], city_id: int) -> str:
    """The same for the same draft as JSON in the same city."""
    return hashlib.sha256(json.dumps([draft, city_id], sort_keys=True).encode()).hexdigest()


class SubmissionQuerySet(models.QuerySet["Submission"]):
    def queued(self) -> Self:
        """What waits for an editor, those that waited longest first."""
        return self.filter(state=Submission.State.QUEUED).order_by("confirmed_at", "pk")

    def of_address(self, email: str) -> Self:
        """All that an address has sent in, also what no longer names it."""
        return self.filter(hashed__in=address_hashes(email))


class Submission(models.Model):
    """`draft` is the JSON of what is wanted; what is shown stands in the listing, and is the same unless it waits.

    Queued with a listing means that a change of what is shown waits for an editor. `digest` is of what was sent
    first, so that sending it twice makes one row. `email` is emptied once it is erased, and `hashed` stays.
    """

    class State(models.TextChoices):
        UNCONFIRMED = "unconfirmed", "waiting for its sender"
        QUEUED = "queued", "waiting for an editor"
        LISTED = "listed", "listed"
        REFUSED = "refused", "refused"
        WITHDRAWN = "withdrawn", "withdrawn"

    email = models.EmailField("e-mail address", blank=True, help_text="Empty once it was erased.")
    hashed = models.CharField(max_length=64, editable=False)
    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="submissions")
    draft = models.JSONField()
    approved = models.JSONField(
        null=True, editable=False, help_text="The draft that was last put on the list by an editor, or by trust."
    )
    digest = models.CharField(max_length=64, editable=False)
    last_day = models.DateField(help_text="On which the event ends.")
    state = models.CharField(max_length=12, choices=State, default=State.UNCONFIRMED)
    listing = models.OneToOneField(
        Listing, null=True, blank=True, on_delete=models.PROTECT, related_name="submission", help_text="What is shown."
    )
    reason = models.CharField(max_length=500, blank=True, help_text="What the sender was told.")
    created_at = models.DateTimeField(default=clock.now)
    confirmed_at = models.DateTimeField(null=True, blank=True, help_text="When it, or a change, came to the queue.")
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Nobody if the address was trusted.",
    )
    token_version = models.PositiveIntegerField(default=1, editable=False)
    mails = models.PositiveSmallIntegerField(default=0, editable=False, help_text="How many were queued.")
    mail = models.ForeignKey(
        EmailLog, null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-pk")
        constraints = (
            models.UniqueConstraint(
                fields=["hashed", "digest"],
                condition=Q(state__in=["unconfirmed", "queued", "listed"]),
                name="submission_is_sent_once",
            ),
            models.CheckConstraint(
                condition=~Q(state="listed") | Q(listing__isnull=False), name="submission_listed_has_listing"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["unconfirmed", "withdrawn"]) | Q(confirmed_at__isnull=False),
                name="submission_is_confirmed_first",
            ),
        )
        indexes = (
            # the editors' queue, and how much waits
            models.Index(fields=["confirmed_at", "id"], condition=Q(state="queued"), name="submission_queue"),
            # what an address has sent, and whether it is trusted
            models.Index(fields=["hashed"], name="submission_by_address"),
            # the admin's list
            models.Index(fields=["-created_at", "-id"], name="submission_newest"),
            # whose address is to be erased
            models.Index(fields=["last_day"], condition=~Q(email=""), name="submission_with_address"),
        )

    def __str__(self) -> str:
        return f"{self.draft.get('title', '')} ({self.city.name})"

    def as_draft(self) -> EventDraft:
        return EventDraft.from_json(self.draft)

    @property
    def wanted(self) -> str:
        """Of what is wanted now: another one once its sender has changed it."""
        return digest_of(self.draft, self.city_id)

    @property
    def is_change(self) -> bool:
        """Whether something of it is shown, and a change waits."""
        return self.state == self.State.QUEUED and self.listing_id is not None

    def is_over(self, now: dt.datetime) -> bool:
        return self.last_day < self.city.tonight(now)

    @property
    def event(self) -> Event | None:
        """The event that shows it, the root if it was merged."""
        listing = self.listing
        return listing.event.root if listing and listing.event else None
