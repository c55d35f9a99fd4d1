"""Listings: what one source says about one event. Never deleted, never moved."""

from typing import Any, Self

from django.contrib.postgres.indexes import HashIndex
from django.db import models
from django.db.models import Q
from django.db.models.fields.json import KT
from django.utils import timezone as clock

from events.drafts import EventDraft

from .event import Event, Series
from .place import City, Venue
from .source import Source


class ListingQuerySet(models.QuerySet["Listing"]):
    def live(self) -> Self:
        """Listings that their source still shows, as far as is known."""
        return self.filter(retired_at=None)

    def with_image(self, *urls: object) -> Self:
        """Listings that name a picture by one of these addresses."""
        return self.alias(named=KT("draft__image_url")).filter(named__in=urls)

    def of_event(self, event: Event) -> Self:
        """The listings of an event and of all that is merged into it, the most trusted first."""
        return self.filter(event__root=event).select_related("source").order_by("-source__trust", "pk")


class Listing(models.Model):
    """What one source says about one event. It is never deleted, nor moved to another event but by an editor's split.

    `draft` is the normalised draft; the columns beside it are what matching and composing ask for.
    `event` is empty while the listing cannot be an event: no readable date, or no city; its Findings say why.
    `missing_since` is the first good reading without it, `retired_at` the second, at least six hours later.
    """

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="listings")
    external_id = models.CharField(max_length=255)
    event = models.ForeignKey(Event, null=True, blank=True, on_delete=models.PROTECT, related_name="listings")
    series = models.ForeignKey(Series, null=True, blank=True, on_delete=models.SET_NULL, related_name="listings")
    draft = models.JSONField()
    # of the draft, its city and its zone: what is unchanged is not written again
    content_hash = models.CharField(max_length=64)

    title = models.CharField(max_length=300)
    url = models.CharField(max_length=2000, blank=True)
    # the address without what does not tell pages apart, to match by
    canonical_url = models.CharField(max_length=2000, blank=True)
    # of title, local start and venue, folded, to match by
    fingerprint = models.CharField(max_length=64, blank=True)
    local_start = models.CharField(
        max_length=19, blank=True, help_text="ISO 8601, in `timezone`, as the source has it."
    )
    timezone = models.CharField(max_length=64, blank=True)
    starts_at = models.DateTimeField(null=True, blank=True)
    night = models.DateField(null=True, blank=True)
    last_night = models.DateField(null=True, blank=True)
    city = models.ForeignKey(City, null=True, blank=True, on_delete=models.PROTECT, related_name="listings")
    venue = models.ForeignKey(Venue, null=True, blank=True, on_delete=models.SET_NULL, related_name="listings")
    score = models.PositiveSmallIntegerField(default=100)

    first_seen_at = models.DateTimeField(default=clock.now)
    changed_at = models.DateTimeField(default=clock.now)
    missing_since = models.DateTimeField(null=True, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    objects = ListingQuerySet.as_manager()

    class Meta:
        ordering = ("-changed_at", "pk")
        constraints = (
            models.UniqueConstraint(fields=["source", "external_id"], name="listing_id_is_unique_in_source"),
            models.CheckConstraint(condition=~Q(external_id=""), name="listing_has_id"),
            models.CheckConstraint(
                condition=Q(retired_at=None) | Q(missing_since__isnull=False),
                name="listing_is_missed_before_retired",
            ),
            models.CheckConstraint(
                condition=Q(event=None) | Q(starts_at__isnull=False, city__isnull=False, night__isnull=False),
                name="listing_of_event_has_time_and_city",
            ),
            models.CheckConstraint(condition=Q(score__lte=100), name="listing_score_is_percent"),
        )
        indexes = (
            # retire: a source's future listings
            models.Index(fields=["source", "starts_at"], name="listing_source_future"),
            # match: the listings of an area's cities and nights; and by itself who lists what there (events/rows.py)
            models.Index(
                fields=["city", "night"],
                include=["event", "source", "retired_at"],
                condition=Q(event__isnull=False),
                name="listing_night",
            ),
            # who names a picture; equality is all that is asked, and addresses are long
            HashIndex(KT("draft__image_url"), name="listing_image_url"),
            # the editors' queue of listings that are no event yet
            models.Index(fields=["source"], condition=Q(event=None), name="listing_without_event"),
        )

    def __str__(self) -> str:
        return f"{self.title} ({self.source})"

    def as_draft(self) -> EventDraft:
        known: tuple[dict[str, Any], EventDraft] | None = self.__dict__.get("_told")
        if known is None or known[0] is not self.draft:
            known = self.__dict__["_told"] = (self.draft, EventDraft.from_json(self.draft))
        return known[1]

    def tell(self, draft: EventDraft, data: dict[str, Any]) -> None:
        """Set the draft, whose JSON is at hand."""
        self.draft = data
        self.__dict__["_told"] = (data, draft)
