"""When sources are read, and what came of it."""

import datetime as dt
from typing import Self
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone as clock

from events.models import Listing, Source

from .discovery import Discovery as Discovery  # models of this app, in modules of their own
from .submissions.model import Submission as Submission


class ScheduleQuerySet(models.QuerySet["Schedule"]):
    def free(self, now: dt.datetime) -> Self:
        """Sources with an address that no living worker has claimed."""
        return self.filter(Q(claimed_until=None) | Q(claimed_until__lt=now)).exclude(source__url="")

    def due(self, now: dt.datetime) -> Self:
        """Free sources that are to be read now, paused ones left out."""
        return self.free(now).filter(next_at__lte=now, source__active=True)


class Schedule(models.Model):
    """The state of reading one source: when it is due, who is at it, and what the last answer was.

    `claim` is the token of the worker that reads the source now; it is void after `claimed_until`. Who writes
    listings checks it first, so that a worker that was given up cannot write. `attempts` counts claims since the
    last one that ended, so that a page that kills its worker cannot loop. Until `queued_until` a message waits for a
    worker, unless it was lost.
    """

    source = models.OneToOneField(Source, on_delete=models.CASCADE, related_name="schedule")
    next_at = models.DateTimeField(default=clock.now)
    interval = models.DurationField(
        null=True, blank=True, editable=False, help_text="Between two readings; it follows how often answers change."
    )
    claim = models.UUIDField(null=True, blank=True, editable=False)
    claimed_until = models.DateTimeField(null=True, blank=True, editable=False)
    queued_until = models.DateTimeField(null=True, blank=True, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    failures = models.PositiveSmallIntegerField(default=0, editable=False, help_text="In a row.")
    churned = models.PositiveSmallIntegerField(
        default=0, editable=False, help_text="Readings in a row in which most events came under new ids."
    )
    etag = models.CharField(max_length=500, blank=True, editable=False)
    last_modified = models.CharField(max_length=100, blank=True, editable=False)
    body_hash = models.CharField(max_length=64, blank=True, editable=False)
    settings_hash = models.CharField(
        max_length=64, blank=True, editable=False, help_text="Of what else the reading depends on."
    )
    format = models.CharField(max_length=40, blank=True, editable=False)
    last_read_at = models.DateTimeField(null=True, blank=True, editable=False, help_text="Last full reading.")
    last_success_at = models.DateTimeField(null=True, blank=True, editable=False, help_text="Last good answer.")

    objects = ScheduleQuerySet.as_manager()

    class Meta:
        indexes = (
            # the tick: what is due
            models.Index(fields=["next_at"], name="schedule_next"),
        )

    def __str__(self) -> str:
        return f"{self.source}"


class Run(models.Model):
    """One reading that changed something or failed; a look that found nothing new leaves no row."""

    class Status(models.TextChoices):
        CHANGED = "changed", "changed"
        EMPTY = "empty", "empty"
        FAILED = "failed", "failed"

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="runs")
    started_at = models.DateTimeField()
    seconds = models.FloatField(default=0)
    status = models.CharField(max_length=10, choices=Status)
    error = models.CharField(max_length=60, blank=True, help_text="The kind of failure, as http.404 or parse.")
    message = models.CharField(max_length=1000, blank=True)
    http = models.JSONField(default=dict, blank=True, help_text="Status, final address, bytes.")
    fetched = models.PositiveIntegerField(default=0, help_text="Items in the answer.")
    new = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    merged = models.PositiveIntegerField(default=0, help_text="New listings that joined an event that was there.")
    held = models.PositiveIntegerField(default=0)
    retired = models.PositiveIntegerField(default=0)
    filtered = models.PositiveIntegerField(default=0, help_text="Left out by the source's rules.")
    upcoming = models.PositiveIntegerField(null=True, blank=True, help_text="Events to come in the answer.")

    class Meta:
        ordering = ("-started_at", "pk")
        indexes = (
            # a source's history
            models.Index(fields=["source", "-started_at"], name="run_history"),
        )

    def begin(self) -> None:
        """Become a row, before the first write that it accounts for; until its end it says that it was interrupted."""
        if self.pk is None:
            self.status, self.error = self.Status.FAILED, "interrupted"
            self.save()

    def __str__(self) -> str:
        return f"{self.source}, {self.started_at:%Y-%m-%d %H:%M}: {self.get_status_display()}"


class RunItem(models.Model):
    """What a run did to a listing."""

    class Action(models.TextChoices):
        NEW = "new", "new"
        CHANGED = "changed", "changed"
        ADOPTED = "adopted", "new id for a known listing"
        MISSING = "missing", "missing"
        RETIRED = "retired", "no longer listed"
        BACK = "back", "back"

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="items")
    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="run_items")
    action = models.CharField(max_length=10, choices=Action)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["run", "listing", "action"], name="run_item_is_one_an_action"),)

    def __str__(self) -> str:
        return f"{self.get_action_display()}: {self.listing_id}"


class Health(models.Model):
    """How a source was doing at its last reading; scraping/health.py judges. Written only when it changes.

    `upcoming` is what the answer held of events to come, `usual` the median of the readings before; the shares are
    percent of the events of the answer. `left_out` has some of what the source's rules left out, as {"title", "rule"}.
    """

    class State(models.TextChoices):
        HEALTHY = "healthy", "healthy"
        DEGRADED = "degraded", "degraded"
        FAILING = "failing", "failing"

    source = models.OneToOneField(Source, on_delete=models.CASCADE, related_name="health")
    state = models.CharField(max_length=10, choices=State)
    reason = models.CharField(max_length=500, blank=True)
    since = models.DateTimeField(help_text="When the state began.")
    upcoming = models.PositiveIntegerField(null=True, blank=True)
    usual = models.PositiveIntegerField(null=True, blank=True)
    with_time = models.PositiveSmallIntegerField(null=True, blank=True)
    with_price = models.PositiveSmallIntegerField(null=True, blank=True)
    with_venue = models.PositiveSmallIntegerField(null=True, blank=True)
    with_image = models.PositiveSmallIntegerField(null=True, blank=True)
    placed = models.PositiveSmallIntegerField(null=True, blank=True, help_text="With a readable date and a city.")
    filtered = models.PositiveIntegerField(default=0)
    left_out = models.JSONField(default=list, blank=True)
    scope = models.CharField(max_length=64, blank=True, help_text="Of the address and the rules that were in force.")
    compared_since = models.DateTimeField(
        null=True, blank=True, help_text="Readings before it say nothing about what is usual now."
    )
    believed_until = models.DateTimeField(
        null=True, blank=True, help_text="Until then an editor believes the source, however much is missing."
    )

    class Meta:
        verbose_name_plural = "health"

    def __str__(self) -> str:
        return f"{self.source}: {self.get_state_display()}"


class Detail(models.Model):
    """What the page of single events said, which a list links to: see scraping/details.py.

    `facts` are drafts as JSON, `item_hash` is of what the list said when the page was read, `tries` counts how often
    it was read for that.
    """

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="details")
    url = models.CharField(max_length=2000)
    item_hash = models.CharField(max_length=64)
    facts = models.JSONField(default=list)
    etag = models.CharField(max_length=500, blank=True)
    last_modified = models.CharField(max_length=100, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    read_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["source", "url"], name="detail_is_one_a_page"),)

    def __str__(self) -> str:
        return self.url


class OptOut(models.Model):
    """A host that asked not to be read, with all of its subdomains: nothing is fetched from there."""

    host = models.CharField(
        max_length=253, unique=True, help_text="As example.org, which stands for its subdomains too."
    )
    reason = models.CharField(max_length=500, blank=True, help_text="Who asked, and how.")
    since = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ("host",)
        verbose_name = "opt-out"

    def __str__(self) -> str:
        return self.host

    def clean(self) -> None:
        """A pasted address becomes its host, in the form that requests have."""
        super().clean()
        self.host = host_of(self.host)
        if "." not in self.host:
            raise ValidationError({"host": "This is no host name, as example.org."})


def host_of(text: str) -> str:
    """The host of an address or of a bare name, in lower case and ASCII, without a dot at its end; "" if none."""
    text = text.strip()
    try:
        name = urlsplit(text if "//" in text else f"//{text}").hostname or ""
        return name.removeprefix("*.").rstrip(".").encode("idna").decode()
    except ValueError:
        return ""
