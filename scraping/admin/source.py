"""Sources with their health."""

import datetime as dt
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import ActionLocation
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import JSONObject
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.utils import timezone as clock
from django.utils.html import format_html
from django.utils.timesince import timesince, timeuntil
from kombu.exceptions import OperationalError

from events import editing
from events.models import Event, Listing, Source
from nocturne.admin import SearchFilter, count_of, link, link_to_list
from nocturne.admin.pages import NOTHING
from nocturne.cache import bump_on_commit
from scraping import schedule
from scraping.models import Run, Schedule

from .discovery import AddByAddress
from .runs import COUNTS

BOTH = [ActionLocation.CHANGE_LIST, ActionLocation.CHANGE_FORM]
STALE = dt.timedelta(days=2)
FACTS = ("condition", "last_good", "last_reading", "next_reading", "claim", "failures", "answer")
RUNS_SHOWN = 10


def since(instant: dt.datetime | None) -> str:
    return f"{timesince(instant, depth=1)} ago" if instant else NOTHING


class HealthFilter(admin.SimpleListFilter):
    title = "health"
    parameter_name = "health"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("failing", "Failing"),
            ("stale", "No good answer for 2 days"),
            ("never", "Never read"),
            ("reading", "Being read now"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Source]) -> QuerySet[Source]:
        read = queryset.exclude(url="")
        match self.value():
            case "failing":
                return read.filter(schedule__failures__gt=0)
            case "stale":
                return read.filter(active=True, schedule__last_success_at__lt=clock.now() - STALE)
            case "never":
                return read.filter(Q(schedule=None) | Q(schedule__last_success_at=None))
            case "reading":
                return read.filter(schedule__claimed_until__gt=clock.now())
        return queryset


@admin.register(Source)
class SourceAdmin(AddByAddress):
    change_form_template = "admin/events/source/change_form.html"
    list_display = (
        "name",
        "place",
        "trust",
        "condition",
        "last_good",
        "last_run",
        "next_reading",
        "listings",
        "active",
    )
    list_filter = ("active", HealthFilter, ("city", SearchFilter), "schedule__format", "built_in", "ids_stable")
    search_fields = ("name", "publisher", "url")
    autocomplete_fields = ("city",)
    ordering = ("name", "pk")
    actions = ["scrape_now", "pause", "resume"]
    fieldsets = (
        (None, {"fields": ("name", "url", "city", "timezone", "trust", "active", "ids_stable")}),
        ("For visitors", {"fields": ("publisher", "homepage")}),
        (
            "Readings",
            {"fields": ("condition", "last_good", "last_reading", "next_reading", "claim", "failures", "answer")},
        ),
    )
    readonly_fields = FACTS

    def get_queryset(self, request: HttpRequest) -> QuerySet[Source]:
        facts = JSONObject(pk="pk", status="status", error="error", **{name: name for name in COUNTS})
        last = Run.objects.filter(source=OuterRef("pk")).order_by("-started_at", "pk").values(facts=facts)[:1]
        rows = super().get_queryset(request).select_related("city", "schedule")
        return rows.annotate(last_facts=Subquery(last), listing_count=count_of(Listing.objects.all(), "source"))

    def has_delete_permission(self, request: HttpRequest, obj: Source | None = None) -> bool:
        return super().has_delete_permission(request, obj) and not (obj and obj.built_in)

    def save_model(self, request: HttpRequest, obj: Source, form: ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        schedule.ensure([obj])
        listed = Event.objects.filter(listings__source=obj).order_by()
        if {"name", "publisher", "homepage"} & set(form.changed_data):
            bump_on_commit(listed.values_list("root__city", flat=True).distinct())
        if change and "trust" in form.changed_data:
            editing.recompose(listed.values_list("root", flat=True), now=clock.now())

    # --- columns and facts ------------------------------------------------------------------------

    @admin.display(description="City", ordering="city__name")
    def place(self, source: Source) -> str:
        return source.city.name if source.city else NOTHING

    @admin.display(description="Health", ordering="schedule__failures")
    def condition(self, source: Source) -> str:
        state, words = _health(source)
        return format_html('<span class="health {}">{}</span>', state, words)

    @admin.display(description="Last good", ordering="schedule__last_success_at")
    def last_good(self, source: Source) -> str:
        return since(_schedule(source).last_success_at)

    @admin.display(description="Last run")
    def last_run(self, source: Any) -> str:
        facts = source.last_facts
        if not facts:
            return NOTHING
        counts = [f"{facts[name]} {name}" for name in ("new", "changed", "held", "retired") if facts[name]]
        words = f"{facts['error'] or facts['status']}{': ' if counts else ''}{', '.join(counts)}"
        return link(Run(pk=facts["pk"]), words)

    @admin.display(description="Next", ordering="schedule__next_at")
    def next_reading(self, source: Source) -> str:
        at = _schedule(source)
        if not source.url or not source.active or at.pk is None:
            return NOTHING
        return f"in {timeuntil(at.next_at, depth=1)}" if at.next_at > clock.now() else "now"

    @admin.display(description="Listings")
    def listings(self, source: Any) -> str:
        return link_to_list("events_listing", source.listing_count, source__id__exact=source.pk)

    @admin.display(description="Last full reading")
    def last_reading(self, source: Source) -> str:
        return since(_schedule(source).last_read_at)

    @admin.display(description="Being read")
    def claim(self, source: Source) -> str:
        at = _schedule(source)
        busy = at.claimed_until and at.claimed_until > clock.now()
        return f"yes, until {at.claimed_until:%H:%M} UTC at most (try {at.attempts})" if busy else "no"

    @admin.display(description="Failures in a row")
    def failures(self, source: Source) -> str:
        return str(_schedule(source).failures)

    @admin.display(description="Last answer")
    def answer(self, source: Source) -> str:
        at = _schedule(source)
        facts = (("format", at.format), ("ETag", at.etag), ("Last-Modified", at.last_modified))
        return "; ".join(f"{name} {value}" for name, value in facts if value) or NOTHING

    # --- the page of one source -------------------------------------------------------------------

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        source: Source | None = context.get("original")
        if source:
            listings = Listing.objects.filter(source=source)
            one = {"source__id__exact": source.pk}
            context |= {
                "runs": source.runs.all()[:RUNS_SHOWN],
                "lists": [
                    (listings.count(), link_to_list("events_listing", "listings", **one)),
                    (
                        listings.filter(event=None).count(),
                        link_to_list("events_listing", "listings without an event", event__isempty=1, **one),
                    ),
                    (
                        source.findings.count(),
                        link_to_list("quality_finding", "findings", **one),
                    ),
                    (
                        source.runs.count(),
                        link_to_list("scraping_run", "runs", **one),
                    ),
                    (source.series.count(), link_to_list("events_series", "series", **one)),
                ],
            }
        return super().render_change_form(request, context, *args, **kwargs)

    # --- actions ----------------------------------------------------------------------------------

    @admin.action(description="Scrape now", permissions=["edit"], location=BOTH)
    def scrape_now(self, request: HttpRequest, queryset: QuerySet[Source]) -> None:
        from scraping.tasks import scrape_source  # loads every extractor, which pages have no use for

        chosen = list(queryset)
        sources = [source for source in chosen if source.url]
        schedule.ensure(sources)
        for asked, source in enumerate(sources):
            try:
                scrape_source.delay(source.pk, force=True)
            except OperationalError as error:
                said = f"The queue cannot be reached, so {len(sources) - asked} sources were not asked for: {error}"
                self.message_user(request, said, messages.ERROR)
                sources = sources[:asked]
                break
        self.record(request, sources, "Asked to be read now.")
        if sources:
            names = ", ".join(source.name for source in sources)
            self.message_user(request, f"Read as soon as a worker is free: {names}.")
        if skipped := [source.name for source in chosen if not source.url]:
            said = f"There is no address to read for {', '.join(skipped)}."
            self.message_user(request, said, messages.WARNING)

    @admin.action(description="Pause: keep the events, read no more", permissions=["edit"], location=BOTH)
    def pause(self, request: HttpRequest, queryset: QuerySet[Source]) -> None:
        self._set_active(request, queryset, False, "Paused.")

    @admin.action(description="Resume", permissions=["edit"], location=BOTH)
    def resume(self, request: HttpRequest, queryset: QuerySet[Source]) -> None:
        self._set_active(request, queryset, True, "Resumed.")

    def _set_active(self, request: HttpRequest, queryset: QuerySet[Source], active: bool, message: str) -> None:
        sources = list(queryset.exclude(active=active))
        Source.objects.filter(pk__in=[source.pk for source in sources]).update(active=active)
        schedule.ensure(sources)
        self.record(request, sources, message)
        self.message_user(request, f"{message} Sources: {len(sources)}.")


def _schedule(source: Source) -> Schedule:
    """The source's schedule, an unsaved one with the defaults where it has none yet."""
    try:
        return source.schedule
    except Schedule.DoesNotExist:
        return Schedule(source=source)


def _health(source: Source) -> tuple[str, str]:
    """A state for the colour, and its words."""
    at = _schedule(source)
    if not source.url:
        return "none", "has no address"
    if not source.active:
        return "none", "paused"
    if at.failures:
        return "bad", f"failing, {at.failures} in a row"
    if at.last_success_at is None:
        return "none", "never read"
    if at.last_success_at < clock.now() - STALE:
        return "bad", "no good answer for 2 days"
    return "good", "fine"
