"""Pictures of events: what is stored of them, and the addresses at which publishers have them."""

import datetime as dt
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone as clock

# Pixels. A picture is stored in those that it has, and in its own width if that is less than the last.
WIDTHS = (320, 640, 1280)


class ImageQuerySet(models.QuerySet["Image"]):
    def showable(self) -> Self:
        """What may stand beside an event."""
        return self.filter(taken_down_at=None, generic=False, bytes__gt=0)


class Image(models.Model):
    """One picture, whoever publishes it: its files lie under the hash of its bytes as they were published.

    The row of what was taken down stays, without files: it is what refuses the same bytes when they come again.
    """

    hash = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the file as it was published.")
    width = models.PositiveIntegerField(help_text="In pixels, as published, turned the right way up.")
    height = models.PositiveIntegerField()
    bytes = models.PositiveIntegerField(help_text="Of all files that are kept of it; 0 where there are none.")
    colour = models.CharField(max_length=7, help_text="The mean of its pixels, as #rrggbb.")
    generic = models.BooleanField(
        default=False, help_text="Stands for a source and not for an event, as a logo: it is not shown."
    )
    created_at = models.DateTimeField(default=clock.now, editable=False)
    taken_down_at = models.DateTimeField(null=True, blank=True)
    taken_down_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = ImageQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-pk")
        indexes = (
            # files of what was taken down that are still to be deleted
            models.Index(fields=["id"], condition=~Q(taken_down_at=None) & Q(bytes__gt=0), name="image_to_delete"),
        )

    def __str__(self) -> str:
        return f"{self.hash[:12]} ({self.width} × {self.height})"

    @property
    def widths(self) -> list[int]:
        """The widths of its files, the smallest first."""
        return [*(width for width in WIDTHS[:-1] if width < self.width), min(self.width, WIDTHS[-1])]

    def file(self, width: int) -> str:
        """The name of a file in the storage, and in its address."""
        return f"images/{self.hash[:2]}/{self.hash[:32]}-{width}.webp"

    @property
    def files(self) -> list[str]:
        return [self.file(width) for width in self.widths]


class ImageAddressQuerySet(models.QuerySet["ImageAddress"]):
    def free(self, now: dt.datetime) -> Self:
        """Addresses that no living worker has claimed."""
        return self.filter(Q(claimed_until=None) | Q(claimed_until__lt=now))

    def due(self, now: dt.datetime) -> Self:
        """Free addresses that are to be asked now."""
        return self.free(now).filter(next_at__lte=now)


class ImageAddress(models.Model):
    """An address that listings name, and what became of asking it. Addresses that nobody names any more rest.

    `attempts` counts claims since the last one that ended, so that a picture that kills its worker cannot loop.
    `pending_since` says since when events that name it are to be composed again.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "waiting"
        KEPT = "kept", "kept"
        FAILED = "failed", "failed"
        RESTING = "resting", "not needed now"

    url = models.CharField(max_length=2000, unique=True)
    host = models.CharField(max_length=255)
    image = models.ForeignKey(Image, null=True, blank=True, on_delete=models.CASCADE, related_name="addresses")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    error = models.CharField(max_length=60, blank=True, help_text="The kind of failure, as http.404 or image.svg.")
    message = models.CharField(max_length=500, blank=True)
    etag = models.CharField(max_length=500, blank=True, editable=False)
    last_modified = models.CharField(max_length=100, blank=True, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    fetched_at = models.DateTimeField(null=True, blank=True, help_text="The last answer.")
    next_at = models.DateTimeField(null=True, blank=True, default=clock.now)
    claim = models.UUIDField(null=True, blank=True, editable=False)
    claimed_until = models.DateTimeField(null=True, blank=True, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    failures = models.PositiveSmallIntegerField(default=0, editable=False, help_text="In a row.")
    pending_since = models.DateTimeField(null=True, blank=True, editable=False)

    objects = ImageAddressQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "image addresses"
        ordering = ("-created_at", "-pk")
        indexes = (
            # the tick: what is due
            models.Index(fields=["next_at"], name="image_address_next"),
            # what is due of one host
            models.Index(fields=["host", "next_at"], name="image_address_host"),
            # what is to be composed again
            models.Index(
                fields=["pending_since"], condition=Q(pending_since__isnull=False), name="image_address_pending"
            ),
        )

    def __str__(self) -> str:
        return self.url
