"""The history of readings, and when the next ones are due."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from events.admin import ListingAdmin
from nocturne.admin import RecordAdmin, SearchFilter, link, link_outside, link_to_list
from scraping.models import Run, RunItem, Schedule

COUNTS = ("fetched", "new", "changed", "unchanged", "merged", "held", "filtered", "retired")


class RunItemInline(admin.TabularInline):
    """What runs did to a listing, on the listing's page."""

    model = RunItem
    fields = ("action", "run_link")
    readonly_fields = ("run_link",)
    ordering = ("-run__started_at",)
    verbose_name_plural = "runs that touched it"
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[RunItem]:
        return super().get_queryset(request).select_related("run__source")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="Run")
    def run_link(self, item: RunItem) -> str:
        return link(item.run)


ListingAdmin.inlines.append(RunItemInline)


@admin.register(Run)
class RunAdmin(RecordAdmin):
    list_display = ("started_at", "source_link", "status", "error", *COUNTS, "took")
    list_display_links = ("started_at",)
    list_filter = ("status", ("source", SearchFilter), ("source__city", SearchFilter), "error")
    list_select_related = ("source",)
    search_fields = ("source__name", "message", "error")
    date_hierarchy = "started_at"
    fieldsets = (
        (None, {"fields": ("source_link", ("started_at", "took"), ("status", "error"), "message")}),
        ("Answer", {"fields": ("address", "http")}),
        ("What came of it", {"fields": (COUNTS, "items")}),
    )

    @admin.display(description="Source", ordering="source")
    def source_link(self, run: Run) -> str:
        return link(run.source)

    @admin.display(description="Seconds", ordering="seconds")
    def took(self, run: Run) -> str:
        return f"{run.seconds:.1f}"

    @admin.display(description="Address")
    def address(self, run: Run) -> str:
        return link_outside(run.source.url)

    @admin.display(description="Listings")
    def items(self, run: Run) -> str:
        return link_to_list("scraping_runitem", "what it did to each listing", run__id__exact=run.pk)


@admin.register(RunItem)
class RunItemAdmin(RecordAdmin):
    list_display = ("run_link", "action", "listing_link", "event_link")
    list_display_links = None
    list_filter = ("action", ("run", SearchFilter), ("run__source", SearchFilter), ("listing", SearchFilter))
    list_select_related = ("run__source", "listing__source", "listing__event")
    search_fields = ("listing__title", "listing__external_id")
    ordering = ("-pk",)

    @admin.display(description="Run")
    def run_link(self, item: RunItem) -> str:
        return link(item.run)

    @admin.display(description="Listing")
    def listing_link(self, item: RunItem) -> str:
        return link(item.listing, item.listing.title)

    @admin.display(description="Event")
    def event_link(self, item: RunItem) -> str:
        return link(item.listing.event)


@admin.register(Schedule)
class ScheduleAdmin(RecordAdmin):
    list_display = ("source_link", "next_at", "last_success_at", "last_read_at", "failures", "format", "claimed_until")
    list_display_links = ("next_at",)
    list_filter = ("format", "failures", ("source__city", SearchFilter), "source__active", "next_at")
    list_select_related = ("source",)
    search_fields = ("source__name", "source__url")
    ordering = ("next_at", "pk")

    @admin.display(description="Source", ordering="source")
    def source_link(self, at: Schedule) -> str:
        return link(at.source)
