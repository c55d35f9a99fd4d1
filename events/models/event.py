"""Events: one row is one thing that you can go to, once."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, Self
from zoneinfo import ZoneInfo

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, HashIndex
from django.db import connection, models
from django.db.models import Q
from django.db.models.fields.json import KT
from django.urls import reverse
from django.utils import timezone as clock

from events.text import slugify

from .image import Image
from .place import City, Venue
from .source import Source


class Series(models.Model):
    """What a source calls one recurring event; its dates are Events."""

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="series")
    key = models.CharField(max_length=255)
    title = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name_plural = "series"
        constraints = (models.UniqueConstraint(fields=["source", "key"], name="series_key_is_unique_in_source"),)

    def __str__(self) -> str:
        return self.title or self.key

    def get_absolute_url(self) -> str:
        return reverse("events:series", args=[slugify(self.title, fallback="series"), self.pk])


class EventQuerySet(models.QuerySet["Event"]):
    def roots(self) -> Self:
        """Events that are not merged into another."""
        return self.filter(merged_into=None)

    def public(self) -> Self:
        """What visitors may see: published roots."""
        return self.roots().filter(visibility=Event.Visibility.PUBLISHED)

    def shown(self) -> Self:
        """What can be read: what is public, and what is archived."""
        return self.roots().filter(visibility__in=(Event.Visibility.PUBLISHED, Event.Visibility.ARCHIVED))

    def in_city(self, city: City) -> Self:
        return self.filter(city=city)

    def on_nights(self, first: dt.date, last: dt.date) -> Self:
        """One-off events whose night lies between two nights, both included."""
        return self.one_off().filter(night__range=(first, last))

    def one_off(self) -> Self:
        return self.filter(is_run=False)

    def runs(self) -> Self:
        """What lasts more than one night: exhibitions, festivals, weeks of a play."""
        return self.filter(is_run=True)

    def runs_on_nights(self, first: dt.date, last: dt.date) -> Self:
        """Runs that last on any night between two nights, both included."""
        return self.runs().filter(night__lte=last, last_night__gte=first)

    def for_list(self) -> Self:
        """In the order of a list, with what a card shows; one query whatever the number of rows."""
        return self.select_related("city", "venue", "image").order_by("night", "starts_at", "pk")

    def for_runs(self) -> Self:
        """What a card shows of runs, those that end soonest first."""
        return self.select_related("city", "venue", "image").order_by("last_night", "night", "pk")

    def for_page(self) -> Self:
        """What an event's own page shows, and where a merged one leads."""
        return self.select_related("city", "venue__city", "image", "root__city", "part_of__city", "series")

    def at_venue(self, venue: Venue) -> Self:
        """Events at a venue and at those that were merged into it."""
        return self.filter(venue__in=[venue.pk, *venue.merged.values_list("pk", flat=True)])

    def of_series(self, series: Series) -> Self:
        """The dates of a series, also those that were merged with what others list."""
        return self.filter(pk__in=Event.objects.filter(series=series).values("root"))

    def with_chosen_image(self, *urls: object) -> Self:
        """Events for which an editor chose the picture at one of these addresses."""
        return self.alias(chosen=KT("overrides__image_url")).filter(chosen__in=urls)

    def from_night(self, night: dt.date) -> Self:
        """What is not over by a night: later ones, and runs that still last."""
        return self.filter(last_night__gte=night)

    def nights_by_city(self, tonights: Mapping[int, dt.date], *, nights: int) -> dict[int, tuple[int, int]]:
        """The number of one-off events tonight and in the next `nights` nights by city id; one query.

        `tonights` holds each city's date of tonight: the world has two or three of them at a time.
        """
        cities: dict[dt.date, list[int]] = {}
        for city_id, night in tonights.items():
            cities.setdefault(night, []).append(city_id)
        if not cities:
            return {}
        now, window = Q(pk__in=[]), Q(pk__in=[])
        for night, ids in cities.items():
            now |= Q(city__in=ids, night=night)
            window |= Q(city__in=ids, night__range=(night, night + dt.timedelta(days=nights - 1)))
        rows = (
            self.filter(window, is_run=False)
            .order_by()
            .values_list("city")
            .annotate(now=models.Count("pk", filter=now), all=models.Count("pk"))
        )
        return {city_id: (tonight, all_nights) for city_id, tonight, all_nights in rows}

    def bulk_create(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> list[Any]:
        """Ids are fetched first, since `root` of a new event is the event itself."""
        events = list(objs)
        new = [event for event in events if event.pk is None]
        for event, pk in zip(new, next_event_ids(len(new)), strict=True):
            event.pk = event.root_id = pk
        return super().bulk_create(events, *args, **kwargs)


def next_event_ids(count: int) -> list[int]:
    """Ids that no other event has or will get."""
    if not count:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('events_event', 'id')) FROM generate_series(1, %s)",
            [count],
        )
        return [pk for (pk,) in cursor.fetchall()]


class Event(models.Model):
    """One thing that you can go to, once; or for a run of nights, as an exhibition.

    Of what says where, when, what and how, the columns are a pure function of the listings and the overrides: see
    events/compose.py. `night` is the local date on which the night out begins, and a night ends at 06:00.
    """

    class Status(models.TextChoices):
        SCHEDULED = "scheduled", "scheduled"
        POSTPONED = "postponed", "postponed"
        CANCELLED = "cancelled", "cancelled"
        SOLD_OUT = "sold_out", "sold out"
        NOT_LISTED = "not_listed", "no longer listed"

    class Visibility(models.TextChoices):
        PUBLISHED = "published", "published"
        HELD = "held", "held for review"
        HIDDEN = "hidden", "hidden by an editor"
        ARCHIVED = "archived", "archived"

    # --- identity -------------------------------------------------------------------------------
    # the older event that stays for this one
    merged_into = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="merged")
    # where the chain of merges ends; the event itself if it is not merged
    root = models.ForeignKey("self", on_delete=models.DO_NOTHING, related_name="members", editable=False)
    overrides = models.JSONField(
        default=dict, blank=True, help_text="Editors' values by field; what is not here follows the sources."
    )
    created_at = models.DateTimeField(default=clock.now, editable=False)

    # --- composed: where ------------------------------------------------------------------------
    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="events")
    venue = models.ForeignKey(Venue, null=True, blank=True, on_delete=models.PROTECT, related_name="events")
    address = models.CharField(max_length=300, blank=True)
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    online = models.BooleanField(default=False)
    # --- composed: when -------------------------------------------------------------------------
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    timezone = models.CharField(max_length=64)
    all_day = models.BooleanField(default=False)
    # where not, only the date is known
    time_known = models.BooleanField(default=True)
    night = models.DateField()
    # the same as night unless it takes several
    last_night = models.DateField()
    is_run = models.BooleanField("run of several nights", default=False)
    # --- composed: the rest ---------------------------------------------------------------------
    title = models.CharField(max_length=300)
    slug = models.SlugField(max_length=80, allow_unicode=True, db_index=False)
    description = models.TextField(blank=True)
    language = models.CharField(max_length=8, blank=True)
    category = models.CharField(max_length=20, blank=True)
    organizer = models.CharField(max_length=200, blank=True)
    performers = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    url = models.URLField(max_length=2000, blank=True)
    image_url = models.URLField(max_length=2000, blank=True)
    image = models.ForeignKey(Image, null=True, blank=True, on_delete=models.SET_NULL, related_name="events")
    price_min = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    price_max = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    is_free = models.BooleanField(null=True, blank=True)
    status = models.CharField(max_length=12, choices=Status, default=Status.SCHEDULED)
    visibility = models.CharField(max_length=10, choices=Visibility, default=Visibility.PUBLISHED)
    # the best of the listings
    score = models.PositiveSmallIntegerField(default=100)
    # publishers that list it
    source_count = models.PositiveSmallIntegerField(default=0)
    series = models.ForeignKey(Series, null=True, blank=True, on_delete=models.SET_NULL, related_name="events")
    # the festival
    part_of = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="parts")
    folded = models.TextField(blank=True, editable=False, help_text="Title, venue and names, folded, for search.")
    provenance = models.JSONField(default=dict, editable=False, help_text="Listing id by group of columns.")
    # --- history --------------------------------------------------------------------------------
    # raised by each EventChange, and SEQUENCE in calendars
    sequence = models.PositiveIntegerField(default=0, editable=False)
    updated_at = models.DateTimeField(default=clock.now, editable=False)

    objects = EventQuerySet.as_manager()

    # no columns: how many go and are interested, and what the reader has answered, where events/rsvps.py has told it
    going = interested = 0
    answer = ""

    class Meta:
        ordering = ("night", "starts_at", "pk")
        constraints = (
            models.CheckConstraint(
                # the older one survives, so chains end and loops cannot be
                condition=Q(merged_into=None) | Q(merged_into__lt=models.F("id")),
                name="event_merges_into_older",
            ),
            models.CheckConstraint(
                condition=Q(merged_into=None, root=models.F("id"))
                | Q(merged_into__isnull=False, root__lt=models.F("id")),
                name="event_root_is_self_unless_merged",
            ),
            models.CheckConstraint(condition=~Q(part_of=models.F("id")), name="event_is_not_part_of_itself"),
            models.CheckConstraint(condition=Q(last_night__gte=models.F("night")), name="event_nights_in_order"),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gte=models.F("starts_at")),
                name="event_ends_after_start",
            ),
            models.CheckConstraint(
                condition=Q(price_min=None) | Q(price_max=None) | Q(price_max__gte=models.F("price_min")),
                name="event_prices_in_order",
            ),
            models.CheckConstraint(condition=Q(score__lte=100), name="event_score_is_percent"),
        )
        indexes = (
            # the one index of every list: a city's nights in the order of the page
            models.Index(
                fields=["city", "night", "starts_at", "id"],
                condition=Q(visibility="published", merged_into=None),
                name="event_list",
            ),
            # the second, folded list in its order: what still lasts on a night
            models.Index(
                fields=["city", "last_night", "night", "id"],
                condition=Q(visibility="published", merged_into=None, is_run=True),
                name="event_runs",
            ),
            # a venue's page
            models.Index(
                fields=["venue", "night"],
                condition=Q(visibility="published", merged_into=None),
                name="event_venue",
            ),
            # the admin's search by words; within a city's nights visitors' searches look through the few there are
            GinIndex(fields=["folded"], opclasses=["gin_trgm_ops"], name="event_folded_trigrams"),
            # for which events an editor chose a picture
            HashIndex(KT("overrides__image_url"), name="event_chosen_image"),
            # the editors' queue of held events
            models.Index(fields=["night"], condition=Q(visibility="held", merged_into=None), name="event_held"),
        )

    def __str__(self) -> str:
        return f"{self.title} ({self.night})"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is None:
            [self.pk] = next_event_ids(1)
            self.root_id = self.pk
            kwargs["force_insert"] = True
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse("events:event", args=[self.city.slug, slugify(self.slug), self.pk])

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def local_start(self) -> dt.datetime:
        return self.starts_at.astimezone(self.zone)

    @property
    def local_end(self) -> dt.datetime | None:
        return self.ends_at and self.ends_at.astimezone(self.zone)

    @property
    def after_midnight(self) -> bool:
        """Begins on the calendar day after its night."""
        return self.time_known and self.local_start.date() != self.night


class EventChange(models.Model):
    """A change of time, place or status that those who go must hear of; one row for each step of `sequence`."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="changes")
    sequence = models.PositiveIntegerField()
    at = models.DateTimeField("changed at", default=clock.now)
    before = models.JSONField(help_text="Changed fields with their old values.")
    after = models.JSONField(help_text="Changed fields with their new values.")
    told_at = models.DateTimeField(
        "told at",
        null=True,
        blank=True,
        editable=False,
        help_text="When mail to those who go was queued, if it is due.",
    )

    class Meta:
        ordering = ("event", "sequence")
        constraints = (models.UniqueConstraint(fields=["event", "sequence"], name="event_change_is_one_a_sequence"),)
        indexes = (
            # of what those who go are still to be told
            models.Index(fields=["at"], condition=Q(told_at=None), name="event_change_untold"),
        )

    def __str__(self) -> str:
        return f"{self.event_id} #{self.sequence}: {', '.join(self.after)}"
