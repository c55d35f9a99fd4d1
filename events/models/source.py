"""Where events come from."""

from typing import Self

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone as clock

from .place import City, validate_timezone

EDITORS = "editors"
VISITORS = "visitors"


class SourceQuerySet(models.QuerySet["Source"]):
    def scraped(self) -> Self:
        """Sources with an address to read, that nobody has paused."""
        return self.filter(active=True).exclude(url="")


class Source(models.Model):
    """A publisher's calendar, feed or page. `editors` and `visitors` are built in and have no address."""

    class BuiltIn(models.TextChoices):
        NONE = "", "no"
        EDITORS = EDITORS, "entries of editors"
        VISITORS = VISITORS, "entries of visitors"

    name = models.CharField(max_length=200)
    url = models.URLField(
        "address", max_length=2000, blank=True, help_text="The calendar, feed or page that is read, as https://…"
    )
    publisher = models.CharField(max_length=200, blank=True, help_text="Shown to visitors; the name if empty.")
    homepage = models.URLField(max_length=2000, blank=True, help_text="Where visitors learn about the publisher.")
    city = models.ForeignKey(
        City,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="sources",
        help_text="Where events are whose place cannot be told, and whose zone is used for times without one.",
    )
    timezone = models.CharField(
        max_length=64,
        blank=True,
        validators=[validate_timezone],
        help_text="For times without a zone; else the city's.",
    )
    trust = models.PositiveSmallIntegerField(
        default=50,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        help_text="0 to 100. Where sources differ, the more trusted one is shown.",
    )
    active = models.BooleanField(default=True, help_text="Paused sources keep their events but are not read.")
    ids_stable = models.BooleanField(
        "keeps its ids",
        default=True,
        help_text="Off: it gives its events new ids at each reading, so that they are told by what they say. Readings "
        "find that out by themselves.",
    )
    include = models.TextField(
        blank=True,
        max_length=4000,
        help_text="Take only events in whose title, categories or address one of these stands: one a line, * for any "
        "text. Capitals and accents make no difference. Empty: all.",
    )
    exclude = models.TextField(
        blank=True,
        max_length=4000,
        help_text="Leave out events in whose title, categories or address one of these stands. It goes before the "
        "rules above.",
    )
    images = models.BooleanField(
        default=True,
        help_text="Pictures of its events are fetched and shown. Off: none of them is, for want of permission.",
    )
    built_in = models.CharField(max_length=10, choices=BuiltIn, blank=True, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects = SourceQuerySet.as_manager()

    class Meta:
        ordering = ("name", "pk")
        constraints = (
            models.UniqueConstraint(fields=["url"], condition=~models.Q(url=""), name="source_url_is_unique"),
            models.UniqueConstraint(
                fields=["built_in"], condition=~models.Q(built_in=""), name="source_built_in_is_unique"
            ),
            models.CheckConstraint(condition=models.Q(trust__range=(0, 100)), name="source_trust_is_percent"),
        )

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        for name in ("include", "exclude"):
            if any(line.strip() and not line.strip("* ") for line in getattr(self, name).splitlines()):
                raise ValidationError(
                    {name: "A line of * alone says nothing; to read nothing of it, pause the source."}
                )

    @property
    def publisher_name(self) -> str:
        return self.publisher or self.name
