"""Events: what they say, where it comes from, and editors' values over it."""

import datetime as dt
import re
from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import ActionLocation
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone as clock
from django.utils.html import format_html

from events import editing, rsvps
from events.categories import CATEGORIES
from events.models import Event, EventChange, Listing, Series
from events.text import counted, fold
from nocturne.admin import EditorAdmin, RecordAdmin, SearchFilter, link, link_to_list, user_of

from .decision import told
from .listing import standing
from .overrides import OverridesForm

BOTH = [ActionLocation.CHANGE_LIST, ActionLocation.CHANGE_FORM]


class WhenFilter(admin.SimpleListFilter):
    """Upcoming unless something else is asked for: that is what editors work on."""

    title = "when"
    parameter_name = "when"
    ALL = "all"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("tonight", "Tonight"), ("week", "7 nights"), ("past", "Past"), (self.ALL, "At any time")]

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        yield {**first, "display": "Upcoming"}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        # Yesterday's nights are not over everywhere on earth.
        night = clock.now().date() - dt.timedelta(days=1)
        match self.value():
            case "tonight":
                return queryset.filter(night__range=(night, night + dt.timedelta(days=1)))
            case "week":
                return queryset.filter(night__range=(night, night + dt.timedelta(days=7)))
            case "past":
                return queryset.filter(last_night__lt=night)
            case self.ALL:
                return queryset
        return queryset.filter(last_night__gte=night)


class MergedFilter(admin.SimpleListFilter):
    """Those that stand by themselves unless merged ones are asked for, by this filter, by number or by their root."""

    title = "merged"
    parameter_name = "merged"
    ALL = "all"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Merged into another"), (self.ALL, "All")]

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        yield {**first, "display": "Not merged"}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        if self.value() == "yes":
            return queryset.exclude(merged_into=None)
        if self.value() == self.ALL or "root__id__exact" in request.GET or _number(request.GET.get("q", "")):
            return queryset
        return queryset.filter(merged_into=None)


def _number(term: str) -> str:
    """The number of an event that a search term is, or that the address of a page ends with; "" for other terms."""
    found = re.fullmatch(r"#?(\d{1,18})|https?://.+-(\d{1,18})/?", term.strip())
    return found[1] or found[2] if found else ""


class CategoryFilter(admin.SimpleListFilter):
    title = "category"
    parameter_name = "category"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [*((code, str(label)) for code, label in CATEGORIES.items()), ("none", "None")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        value = self.value()
        return queryset if value is None else queryset.filter(category="" if value == "none" else value)


@admin.register(Event)
class EventAdmin(EditorAdmin):
    """Columns follow from listings and overrides (events/compose.py): only overrides are edited."""

    form = OverridesForm
    change_form_template = "admin/events/event/change_form.html"
    list_display = (
        "night_out",
        "title",
        "place",
        "standing",
        "shown",
        "listings_link",
        "score",
        "overridden",
    )
    list_display_links = ("title",)
    list_filter = (
        "visibility",
        WhenFilter,
        ("city", SearchFilter),
        "status",
        CategoryFilter,
        "is_run",
        MergedFilter,
        ("venue", SearchFilter),
        ("series", SearchFilter),
        ("root", SearchFilter),
    )
    list_select_related = ("city", "venue", "root")
    search_fields = ("folded",)
    search_help_text = "Words of the title, the venue or the names; a number; or the address of the event's page."
    ordering = ("night", "starts_at", "pk")
    actions = list[Any](("publish", "hold", "hide", "follow", "recompose"))
    fieldsets = (
        (
            "All composed columns",
            {
                "classes": ("collapse",),
                "fields": (
                    ("city", "night", "last_night", "is_run"),
                    ("timezone", "all_day", "time_known", "online"),
                    ("latitude", "longitude"),
                    ("language", "performers"),
                    ("series", "part_of"),
                    ("slug", "folded"),
                    ("score", "source_count", "sequence"),
                    ("created_at", "updated_at"),
                ),
            },
        ),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Event | None = None) -> bool:
        """A merged event shows nothing of its own; its root is edited."""
        return super().has_change_permission(request, obj) and not (obj and obj.merged_into_id)

    def has_delete_permission(self, request: HttpRequest, obj: Event | None = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Event | None = None) -> tuple[str, ...]:
        return tuple(field.name for field in Event._meta.fields if field.name not in self.form.base_fields)

    def view_on_site(self, obj: Event) -> str | None:
        public = obj.visibility == Event.Visibility.PUBLISHED and not obj.merged_into_id
        return obj.get_absolute_url() if public else None

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Event], search_term: str
    ) -> tuple[QuerySet[Event], bool]:
        """By number, by the address of the event's page, else each word as the trigram index finds it."""
        if number := _number(search_term):
            return queryset.filter(pk=number), False
        for word in fold(search_term).split():
            queryset = queryset.filter(folded__contains=word)
        return queryset, False

    # --- columns --------------------------------------------------------------------------------

    @admin.display(description="Night", ordering="night")
    def night_out(self, event: Event) -> str:
        time = f", {event.local_start:%H:%M}" if event.time_known and not event.all_day else ""
        last = f" – {event.last_night:%-d %b}" if event.is_run else ""
        return f"{event.night:%a %-d %b}{last}{time}"

    @admin.display(description="Where", ordering="venue__name")
    def place(self, event: Event) -> str:
        return f"{event.venue}, {event.city.name}" if event.venue else event.city.name

    @admin.display(description="Status", ordering="status")
    def standing(self, event: Event) -> str:
        return _state(event.get_status_display(), plain=event.status == Event.Status.SCHEDULED)

    @admin.display(description="Visibility", ordering="visibility")
    def shown(self, event: Event) -> str:
        if event.merged_into_id:
            return format_html("merged into {}", link(event.root, f"#{event.root_id} {event.root.title}"))
        return _state(event.get_visibility_display(), plain=event.visibility == Event.Visibility.PUBLISHED)

    @admin.display(description="Sources", ordering="source_count")
    def listings_link(self, event: Event) -> str:
        return link_to_list("events_listing", event.source_count, event__root__id__exact=event.root_id)

    @admin.display(description="Overridden")
    def overridden(self, event: Event) -> str:
        return ", ".join(name.replace("_", " ") for name in event.overrides)

    # --- the page of one event ------------------------------------------------------------------

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        event: Event = context["original"]
        own = Listing.objects.filter(event=event).select_related("source").order_by("-source__trust", "pk")
        sources = context["adminform"].form.sources
        context |= {
            "merged": event.merged_into_id is not None,
            "editable": self.has_change_permission(request, event),
            "listings": [(one, standing(one)) for one in (own if event.merged_into_id else sources.listings)],
            "counts": counting(sources.listings),
            "members": event.members.exclude(pk=event.pk).order_by("pk"),
            "changes": event.changes.order_by("-sequence"),
            "may": self._posted_actions(request),
            "lists": [
                _answers_link(event),
                link_to_list("events_comment", counted(event.comments.count(), "comment"), event__id__exact=event.pk),
            ],
        }
        return super().render_change_form(request, context, *args, **kwargs)

    def _posted_actions(self, request: HttpRequest) -> dict[str, str]:
        """Addresses of the lists that take the actions of single rows: "unmerge" here, "split" on listings."""
        everything = f"when={WhenFilter.ALL}&merged={MergedFilter.ALL}"
        lists = {"unmerge": (self, everything), "split": (self.admin_site.get_model_admin(Listing), "")}
        return {
            name: f"{reverse(f'admin:{page.opts.app_label}_{page.opts.model_name}_changelist')}?{query}"
            for name, (page, query) in lists.items()
            if name in page.get_actions(request)
        }

    def save_model(self, request: HttpRequest, obj: Event, form: ModelForm, change: bool) -> None:
        editing.override([obj.pk], form.changes(), now=clock.now())  # type: ignore[attr-defined]
        obj.refresh_from_db()

    # --- actions --------------------------------------------------------------------------------

    @admin.action(description="Publish", permissions=["edit"], location=BOTH)
    def publish(self, request: HttpRequest, queryset: QuerySet[Event]) -> None:
        self._show(request, queryset, Event.Visibility.PUBLISHED, "Published.")

    @admin.action(description="Hold for review", permissions=["edit"], location=BOTH)
    def hold(self, request: HttpRequest, queryset: QuerySet[Event]) -> None:
        self._show(request, queryset, Event.Visibility.HELD, "Held for review.")

    @admin.action(description="Hide from visitors", permissions=["edit"], location=BOTH)
    def hide(self, request: HttpRequest, queryset: QuerySet[Event]) -> None:
        self._show(request, queryset, Event.Visibility.HIDDEN, "Hidden.")

    @admin.action(description="Let the score decide whether it is shown", permissions=["edit"], location=BOTH)
    def follow(self, request: HttpRequest, queryset: QuerySet[Event]) -> None:
        self._show(request, queryset, None, "Left to the score.")

    @admin.action(description="Compose anew from the sources", permissions=["edit"], location=BOTH)
    def recompose(self, request: HttpRequest, queryset: QuerySet[Event]) -> None:
        roots = self.roots(request, queryset)
        result = editing.recompose([event.pk for event in roots], now=clock.now())
        self.record(request, [event for event in roots if event.pk in result.changed], "Composed anew.")
        self.message_user(request, f"Composed: {len(roots)}, of which {len(result.changed)} changed.")

    def _show(self, request: HttpRequest, queryset: QuerySet[Event], value: str | None, message: str) -> None:
        roots = self.roots(request, queryset)
        decision = editing.show([event.pk for event in roots], value, by=user_of(request), now=clock.now())
        self.record(request, roots, message)
        if roots:
            self.message_user(request, told(f"{message} Events: {len(roots)}.", decision))

    def roots(self, request: HttpRequest, queryset: QuerySet[Event]) -> list[Event]:
        """The chosen events that are not merged; says so if some are."""
        events = list(queryset)
        roots = [event for event in events if not event.merged_into_id]
        for event in events:
            if event.merged_into_id:
                said = "{} is merged and was left as it is; choose {} instead."
                self.message_user(
                    request, format_html(said, event, link(event.root, f"#{event.root_id}")), messages.WARNING
                )
        return roots


def _answers_link(event: Event) -> str:
    """Who goes: to a merged event those who said it there, to its root all of them, each once."""
    if event.merged_into_id:
        return link_to_list("events_rsvp", counted(event.rsvps.count(), "RSVP"), event__id__exact=event.pk)
    number = rsvps.counts([event.pk]).get(event.pk, rsvps.Counts())
    words = f"{number.going} going, {number.interested} interested"
    return link_to_list("events_rsvp", words, event__root__id__exact=event.pk)


def counting(listings: Sequence[Listing]) -> Listing | None:
    """The listing whose score is that of the event: the best that its source still shows, if there is one."""
    live = [one for one in listings if one.retired_at is None] or listings
    return max(live, key=lambda one: (one.score, -one.pk), default=None)


def _state(words: str, *, plain: bool) -> str:
    return format_html('<span class="state {}">{}</span>', "plain" if plain else "alert", words)


@admin.register(Series)
class SeriesAdmin(RecordAdmin):
    list_display = ("__str__", "source_link", "key", "events")
    list_filter = (("source", SearchFilter), ("source__city", SearchFilter))
    list_select_related = ("source",)
    search_fields = ("title", "key")
    ordering = ("-pk",)
    fields = ("title", "source_link", "key", "events", "listings")

    @admin.display(description="Source", ordering="source")
    def source_link(self, series: Series) -> str:
        return link(series.source)

    @admin.display(description="Events")
    def events(self, series: Series) -> str:
        return link_to_list("events_event", "events", series__id__exact=series.pk, when=WhenFilter.ALL)

    @admin.display(description="Listings")
    def listings(self, series: Series) -> str:
        return link_to_list("events_listing", "listings", series__id__exact=series.pk)


@admin.register(EventChange)
class EventChangeAdmin(RecordAdmin):
    list_display = ("at", "event_link", "sequence", "was", "became")
    list_display_links = ("at",)
    list_filter = ("at", ("event__city", SearchFilter))
    list_select_related = ("event",)
    search_fields = ("event__title",)
    date_hierarchy = "at"
    ordering = ("-at", "-pk")
    fields = ("at", "event_link", "sequence", "was", "became")

    @admin.display(description="Event")
    def event_link(self, change: EventChange) -> str:
        return link(change.event)

    @admin.display(description="Before")
    def was(self, change: EventChange) -> str:
        return changed_words(change.before)

    @admin.display(description="After")
    def became(self, change: EventChange) -> str:
        return changed_words(change.after)


def changed_words(values: dict[str, Any]) -> str:
    return "; ".join(f"{name.replace('_', ' ')}: {value}" for name, value in values.items())
