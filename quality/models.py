"""What the rules found, and what was decided about pairs of listings."""

from django.conf import settings
from django.db import models
from django.utils import timezone as clock

from events.models import Listing, Source, Venue


class Severity(models.TextChoices):
    INFO = "info", "info"
    WARNING = "warning", "warning"
    ERROR = "error", "error"


class Finding(models.Model):
    """What a rule says of a listing, as of its last reading, or of an item that could not become one.

    One row for each source, key and rule: a finding is updated, and deleted when its cause is gone. `key` is the
    item's external id, empty for a source's answer as a whole. A listing's score is 100 minus the weights of its
    findings, at least 0.
    """

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="findings")
    listing = models.ForeignKey(Listing, null=True, blank=True, on_delete=models.CASCADE, related_name="findings")
    key = models.CharField(max_length=255)
    rule = models.CharField(max_length=60)
    severity = models.CharField(max_length=8, choices=Severity)
    weight = models.PositiveSmallIntegerField(default=0)
    message = models.CharField(max_length=500)
    first_seen_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ("-first_seen_at", "pk")
        constraints = (models.UniqueConstraint(fields=["source", "key", "rule"], name="finding_is_one_a_rule"),)
        indexes = (
            # the admin's list by rule, the newest first
            models.Index(fields=["rule", "-first_seen_at"], name="finding_by_rule"),
        )

    def __str__(self) -> str:
        return f"{self.rule}: {self.message}"


class Verdict(models.Model):
    """Whether two listings are of one event. It hangs on listings, so that it outlives re-imports and merges.

    `decided_by` is empty for what the matcher decided; an editor's verdict always wins. Unsure pairs wait for one.
    """

    class Outcome(models.TextChoices):
        SAME = "same", "same event"
        DIFFERENT = "different", "different events"
        UNSURE = "unsure", "not sure"

    first = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="verdicts_as_first")
    second = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="verdicts_as_second")
    outcome = models.CharField(max_length=10, choices=Outcome)
    score = models.PositiveSmallIntegerField(null=True, blank=True, help_text="0 to 100, as the matcher saw the pair.")
    reasons = models.JSONField(default=list, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="verdicts"
    )
    by_editor = models.BooleanField(default=False, help_text="Stays true when the editor's account is gone.")
    decided_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ("-decided_at", "pk")
        constraints = (
            models.UniqueConstraint(fields=["first", "second"], name="verdict_is_one_a_pair"),
            models.CheckConstraint(condition=models.Q(first__lt=models.F("second")), name="verdict_pair_in_order"),
        )
        indexes = (
            # the editors' queue of pairs to decide
            models.Index(
                fields=["-score"],
                condition=models.Q(outcome="unsure", by_editor=False),
                name="verdict_unsure",
            ),
        )

    def __str__(self) -> str:
        return f"{self.first_id} and {self.second_id}: {self.get_outcome_display()}"


class Audit(models.Model):
    """One look over everything that is still to come, once a day; quality/audit.py makes them.

    `counts` has numbers by name: listings, held, duplicates, unsure, drifted, and so on; `rules` the number of
    listings that break each rule, `scores` that of listings by tens of their score, from "0" to "90". `worse` are the
    sentences on what got worse since the audit before, {"words", "path"}. `claim` and `cursor` let any worker go on
    where another ended.
    """

    day = models.DateField(unique=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    seconds = models.FloatField(default=0, help_text="Spent working.")
    counts = models.JSONField(default=dict)
    rules = models.JSONField(default=dict)
    scores = models.JSONField(default=dict)
    worse = models.JSONField(default=list, blank=True)
    mailed_at = models.DateTimeField(null=True, blank=True, help_text="When the editors were told what got worse.")
    claim = models.UUIDField(null=True, editable=False)
    claimed_until = models.DateTimeField(null=True, editable=False)
    cursor = models.JSONField(default=dict, editable=False)

    class Meta:
        ordering = ("-day",)

    def __str__(self) -> str:
        return f"{self.day}"


class VenuesApart(models.Model):
    """Two venues that an editor knows to be two, however alike they look: nobody is asked about them again."""

    first = models.ForeignKey(Venue, on_delete=models.CASCADE, related_name="apart_as_first")
    second = models.ForeignKey(Venue, on_delete=models.CASCADE, related_name="apart_as_second")
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)
    decided_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name_plural = "venues kept apart"
        constraints = (
            models.UniqueConstraint(fields=["first", "second"], name="venues_apart_once"),
            models.CheckConstraint(condition=models.Q(first__lt=models.F("second")), name="venues_apart_in_order"),
        )

    def __str__(self) -> str:
        return f"{self.first_id} and {self.second_id}"


class Dismissal(models.Model):
    """A listing without an event that an editor has put aside; it comes back when its source says something else."""

    listing = models.OneToOneField(Listing, on_delete=models.CASCADE, related_name="dismissal")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)
    at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return f"{self.listing_id}"
