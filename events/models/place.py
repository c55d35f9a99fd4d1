"""Cities and venues."""

import datetime as dt
import math
from collections.abc import Iterable
from typing import Self
from zoneinfo import ZoneInfo, available_timezones

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import ACos, Concat, Cos, Greatest, Least, Radians, Sin
from django.urls import reverse
from django.utils import timezone as clock

from events.nights import tonight
from events.text import fold

EARTH_KM = 6371.0
AREA_KM = 50


class CityQuerySet(models.QuerySet["City"]):
    def active(self) -> Self:
        return self.filter(active=True)

    def biggest_first(self) -> Self:
        return self.order_by("-population", "name", "pk")

    def named(self, text: str) -> Self:
        """Cities whose name or another name of theirs, in any language, has all words of a text, the biggest first."""
        words = fold(text).split()
        if not words:
            return self.none()
        # Words begin where the names do: "york" is in "new york", "ork" is not.
        names = self.annotate(names=Concat(models.Value(" "), "searched", output_field=models.TextField()))
        for word in words:
            names = names.filter(names__contains=f" {word}")
        return names.biggest_first()

    def with_distance(self, latitude: float, longitude: float, *, within_km: float) -> Self:
        """Cities within a great-circle distance, annotated with `distance` in km, the nearest first.

        A box cut by the coordinates' index comes first; the box is as wide as the distance needs at that latitude.
        """
        degrees = math.degrees(within_km / EARTH_KM)
        widest = min(89.9, abs(latitude) + degrees)
        span = min(180.0, degrees / math.cos(math.radians(widest)))
        box = models.Q(latitude__range=(latitude - degrees, latitude + degrees))
        west, east = longitude - span, longitude + span
        if west < -180:
            box &= models.Q(longitude__lte=east) | models.Q(longitude__gte=west + 360)
        elif east > 180:
            box &= models.Q(longitude__gte=west) | models.Q(longitude__lte=east - 360)
        else:
            box &= models.Q(longitude__range=(west, east))
        here = (Radians(models.Value(latitude)), Radians(models.Value(longitude)))
        cosine = Sin(here[0]) * Sin(Radians("latitude")) + Cos(here[0]) * Cos(Radians("latitude")) * Cos(
            Radians("longitude") - here[1]
        )
        distance = models.Value(EARTH_KM) * ACos(Least(Greatest(cosine, models.Value(-1.0)), models.Value(1.0)))
        return self.filter(box).annotate(distance=distance).filter(distance__lte=within_km).order_by("distance", "pk")


def validate_timezone(name: str) -> None:
    if name not in available_timezones():
        raise ValidationError(f"{name!r} is no IANA time zone, as Europe/Berlin is.")


def _folded(*names: str) -> str:
    return " | ".join(dict.fromkeys(filter(None, map(fold, names))))


class City(models.Model):
    """A place that has a page of its own once it is active.

    `code` is the platforms' place form: `ca--los-angeles` in the United States, `de--berlin` elsewhere.
    `area` is the largest active city within 50 km, else the city itself: duplicates are looked for in an area.
    """

    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=140, unique=True)
    code = models.CharField(max_length=140, unique=True)
    country = models.CharField(max_length=2, help_text="ISO 3166-1 alpha-2, as US.")
    region = models.CharField(max_length=80, blank=True, help_text="State or province.")
    latitude = models.FloatField()
    longitude = models.FloatField()
    timezone = models.CharField(max_length=64, validators=[validate_timezone])
    population = models.PositiveIntegerField(default=0)
    currency = models.CharField(max_length=3, blank=True)
    language = models.CharField(max_length=8, blank=True)
    aliases = ArrayField(models.CharField(max_length=120), default=list, blank=True, help_text="Other names.")
    exonyms = ArrayField(
        models.CharField(max_length=120),
        default=list,
        blank=True,
        help_text="Names in other languages: to find the city by, never to place an event.",
    )
    folded = models.TextField(editable=False, help_text="Name and aliases, folded, to place events by.")
    searched = models.TextField(editable=False, default="", help_text="All names, folded, to find the city by.")
    area = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="area_cities")
    active = models.BooleanField(default=False, help_text="The site serves this city.")

    objects = CityQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "cities"
        ordering = ("name", "pk")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(latitude__range=(-90, 90), longitude__range=(-180, 180)),
                name="city_is_on_earth",
            ),
        )
        indexes = (
            # the nearest city, and the cities of an area: with_distance
            models.Index(fields=["latitude", "longitude"], name="city_coordinates"),
            # the home page: active cities, the largest first
            models.Index(fields=["-population"], condition=models.Q(active=True), name="city_active_by_population"),
        )

    def __str__(self) -> str:
        return f"{self.name}, {self.region or self.country}"

    def save(self, *args: object, **kwargs: object) -> None:
        self.fold_names()
        super().save(*args, **kwargs)  # type: ignore[arg-type]

    def fold_names(self) -> None:
        """Set `folded` and `searched`; for those who write cities in bulk, past save()."""
        self.folded = _folded(self.name, *self.aliases)
        self.searched = _folded(self.name, *self.aliases, *self.exonyms)

    def get_absolute_url(self) -> str:
        return reverse("events:city", args=[self.slug])

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def tonight(self, now: dt.datetime | None = None) -> dt.date:
        return tonight(now or clock.now(), self.timezone)


class VenueQuerySet(models.QuerySet["Venue"]):
    def roots(self) -> Self:
        return self.filter(merged_into=None)

    def that_stay(self, venues: Iterable["Venue"]) -> "dict[int, Venue]":
        """The venue that stays, by the id of each of these; a query only for each step of a chain of merges."""
        rows = {venue.pk: venue for venue in venues}
        while wanted := {pk for venue in rows.values() if (pk := venue.merged_into_id)} - rows.keys():
            rows |= {venue.pk: venue for venue in self.filter(pk__in=wanted).select_related("city")}
        stays = {}
        for pk, venue in rows.items():
            while venue.merged_into_id:
                venue = rows[venue.merged_into_id]
            stays[pk] = venue
        return stays


class Venue(models.Model):
    """A place within a city. Merged venues stay, so that a merge is remembered."""

    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="venues")
    name = models.CharField(max_length=200)
    slug = models.SlugField(max_length=80, allow_unicode=True, db_index=False)
    address = models.CharField(max_length=300, blank=True)
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    merged_into = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="merged")

    objects = VenueQuerySet.as_manager()

    class Meta:
        ordering = ("name", "pk")
        constraints = (
            models.CheckConstraint(
                # the older one survives, so a chain always ends
                condition=models.Q(merged_into=None) | models.Q(merged_into__lt=models.F("id")),
                name="venue_merges_into_older",
            ),
        )

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("events:venue", args=[self.city.slug, self.slug, self.pk])


class VenueAlias(models.Model):
    """A folded name under which sources list a venue: the identity that matching stands on."""

    city = models.ForeignKey(City, on_delete=models.CASCADE, related_name="venue_aliases")
    folded = models.CharField(max_length=200)
    venue = models.ForeignKey(Venue, on_delete=models.CASCADE, related_name="aliases")

    class Meta:
        verbose_name_plural = "venue aliases"
        constraints = (models.UniqueConstraint(fields=["city", "folded"], name="venue_alias_is_unique_in_city"),)

    def __str__(self) -> str:
        return self.folded
