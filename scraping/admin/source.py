"""Sources with their health."""

import datetime as dt
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import ActionLocation
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import JSONObject
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone as clock
from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.timesince import timesince, timeuntil
from kombu.exceptions import OperationalError

from events import editing
from events.models import Event, Listing, Source
from events.text import counted
from nocturne import alerts
from nocturne.admin import SearchFilter, count_of, link, link_to_list
from nocturne.admin.pages import NOTHING
from nocturne.cache import bump_on_commit
from scraping import health, schedule
from scraping.models import Health, Run, Schedule

from .discovery import AddByAddress
from .history import below
from .runs import COUNTS

BOTH = [ActionLocation.CHANGE_LIST, ActionLocation.CHANGE_FORM]
STALE = dt.timedelta(days=2)
FACTS = (
    *("told", "yielded", "shares", ("last_good", "last_reading"), ("next_reading", "rhythm")),
    *(("claim", "failures"), "answer"),
)
REASON_LENGTH = 80  # in the list
RULES = (
    "What is left out is counted and shown below, and not saved; what was saved before is retired like what the source "
    "no longer lists. New rules are applied at the next reading, within a minute or two."
)
COLOURS = {"healthy": "good", "degraded": "bad", "failing": "bad"}


def since(instant: dt.datetime | None) -> str:
    if instant is None:
        return NOTHING
    recent = clock.now() - instant < dt.timedelta(minutes=1)
    return "just now" if recent else f"{timesince(instant, depth=1)} ago"


class HealthFilter(admin.SimpleListFilter):
    title = "health"
    parameter_name = "health"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("trouble", "In trouble"),
            *((state.value, state.label.capitalize()) for state in Health.State),
            ("stale", "No good answer for 2 days"),
            ("never", "Never read"),
            ("reading", "Being read now"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Source]) -> QuerySet[Source]:
        read, value = queryset.exclude(url=""), self.value()
        match value:
            case "trouble":
                return read.filter(active=True, health__state__in=[Health.State.DEGRADED, Health.State.FAILING])
            case Health.State.HEALTHY | Health.State.DEGRADED | Health.State.FAILING:
                return read.filter(active=True, health__state=value)
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
    actions = ["scrape_now", "pause", "resume", "believe"]
    fieldsets = (
        (None, {"fields": ("name", "url", "city", "timezone", "trust", "active", "ids_stable")}),
        ("For visitors", {"fields": ("publisher", "homepage")}),
        ("What is taken", {"fields": ("include", "exclude", "images"), "description": RULES}),
        ("Readings", {"fields": FACTS}),
    )
    readonly_fields = tuple(name for fact in FACTS for name in ([fact] if isinstance(fact, str) else fact))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Source]:
        facts = JSONObject(pk="pk", status="status", error="error", **{name: name for name in COUNTS})
        last = Run.objects.filter(source=OuterRef("pk")).order_by("-started_at", "pk").values(facts=facts)[:1]
        rows = super().get_queryset(request).select_related("city", "schedule", "health")
        return rows.annotate(last_facts=Subquery(last), listing_count=count_of(Listing.objects.all(), "source"))

    def has_delete_permission(self, request: HttpRequest, obj: Source | None = None) -> bool:
        """What was read of it stays, so it is paused, and only removed as long as nothing was read."""
        if obj is None or obj.built_in or not super().has_delete_permission(request, obj):
            return False
        return not (obj.listings.exists() or obj.runs.exists())

    def save_model(self, request: HttpRequest, obj: Source, form: ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        schedule.ensure([obj])
        listed = Event.objects.filter(listings__source=obj).order_by()
        if {"name", "publisher", "homepage"} & set(form.changed_data):
            bump_on_commit(listed.values_list("root__city", flat=True).distinct())
        if change and {"url", "include", "exclude", "city", "timezone"} & set(form.changed_data):
            Schedule.objects.filter(source=obj, next_at__gt=clock.now()).update(next_at=clock.now())
        if not obj.active:
            alerts.resolve(health.alert_key(obj.pk))
        if change and {"trust", "images"} & set(form.changed_data):
            editing.recompose(listed.values_list("root", flat=True), now=clock.now())

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and db_field.name in ("include", "exclude"):
            field.widget.attrs["rows"] = 4
        return field

    # --- columns and facts ------------------------------------------------------------------------

    @admin.display(description="City", ordering="city__name")
    def place(self, source: Source) -> str:
        return source.city.name if source.city else NOTHING

    @admin.display(description="Health", ordering="health__state")
    def condition(self, source: Source) -> str:
        return _condition(source, REASON_LENGTH)

    @admin.display(description="Health")
    def told(self, source: Source) -> str:
        return _condition(source, 500)

    @admin.display(description="Events to come")
    def yielded(self, source: Source) -> str:
        """As the last full reading found it, beside what is usual."""
        row = getattr(source, "health", None)
        if row is None or row.upcoming is None:
            return NOTHING
        return f"{row.upcoming}{f', usually {row.usual}' if row.usual is not None else ''}" + (
            f"; {row.filtered} left out by the rules" if row.filtered else ""
        )

    @admin.display(description="Of them")
    def shares(self, source: Source) -> str:
        row = getattr(source, "health", None)
        names = ("time", "price", "venue", "image")
        told = [(name, getattr(row, f"with_{name}", None)) for name in names]
        return ", ".join(f"{value} % with {name}" for name, value in told if value is not None) or NOTHING

    @admin.display(description="Read every")
    def rhythm(self, source: Source) -> str:
        wait = _schedule(source).interval
        return timesince(clock.now() - wait) if wait else NOTHING

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
            context |= below(source) | {"condition": _condition(source, 500), "next": self.next_reading(source)}
            context["good"] = self.last_good(source)
        return super().render_change_form(request, context, *args, **kwargs)

    # --- actions ----------------------------------------------------------------------------------

    @admin.action(description="Scrape now", permissions=["edit"], location=BOTH)
    def scrape_now(self, request: HttpRequest, queryset: QuerySet[Source]) -> None:
        from scraping.tasks import scrape_source  # loads every extractor, which pages have no use for

        chosen = list(queryset)
        sources = [source for source in chosen if source.url and source.active]
        for source in chosen:
            if source.url and not source.active:
                self._offer_to_resume(request, source)
        schedule.ensure(sources)
        for asked, source in enumerate(sources):
            try:
                scrape_source.delay(source.pk, force=True)
            except OperationalError as error:
                left = counted(len(sources) - asked, "source")
                said = f"The queue cannot be reached, so {left} could not be asked for: {error}"
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

    @admin.action(description="Believe it as it is", permissions=["edit"], location=BOTH)
    def believe(self, request: HttpRequest, queryset: QuerySet[Source]) -> None:
        """End the doubt about an answer that has much less than usual: the publisher has less."""
        sources, now = list(queryset.exclude(url="")), clock.now()
        for source in sources:
            health.believe(source, now)
        self.record(request, sources, "Believed as it is.")
        said = "For two days nothing that is missing is doubted; what is missing now is retired at its second reading."
        self.message_user(request, f"{said} Sources: {len(sources)}.")
        self.scrape_now(request, queryset.exclude(url=""))

    def _offer_to_resume(self, request: HttpRequest, source: Source) -> None:
        place = {"url": reverse("admin:events_source_changelist"), "action": "resume", "pk": source.pk}
        button = render_to_string("admin/events/event/act.html", {**place, "label": "Resume"}, request)
        said = "{} is paused and is not read. Resume it, and it is read within a minute or two. {}"
        self.message_user(request, format_html(said, link(source), button), messages.WARNING)

    def _set_active(self, request: HttpRequest, queryset: QuerySet[Source], active: bool, message: str) -> None:
        sources = list(queryset.exclude(active=active))
        Source.objects.filter(pk__in=[source.pk for source in sources]).update(active=active)
        for source in sources if not active else ():
            alerts.resolve(health.alert_key(source.pk))  # that it is paused is an answer
        schedule.ensure(sources)
        now = clock.now()
        if active:
            Schedule.objects.filter(source__in=sources, next_at__gt=now).update(next_at=now)
        self.record(request, sources, message)
        said = "They are read within a minute or two. " if active and any(source.url for source in sources) else ""
        self.message_user(request, f"{message} {said}Sources: {len(sources)}.")


def _schedule(source: Source) -> Schedule:
    """The source's schedule, an unsaved one with the defaults where it has none yet."""
    try:
        return source.schedule
    except Schedule.DoesNotExist:
        return Schedule(source=source)


def _condition(source: Source, length: int) -> str:
    """The state for the eye, and the reason in so many letters."""
    if not source.url:
        return format_html('<span class="health none">{}</span>', "has no address")
    state, reason = health.words(source)
    told = Truncator(reason).chars(length) if state in COLOURS else ""
    return format_html(
        '<span class="health {}">{}</span>{}<small>{}</small>',
        *(COLOURS.get(state, "none"), f"{state}:" if told else state, " " if told else "", told),
    )
