"""What the rules found: a list of its own, and on the page of each listing."""

from typing import Any

from django.contrib import admin
from django.forms import BaseInlineFormSet
from django.http import HttpRequest
from django.utils.html import format_html

from events.admin import ListingAdmin
from nocturne.admin import RecordAdmin, SearchFilter, link
from quality.models import Finding, Severity
from quality.score import as_sum, score

LINKS = ("listing_link", "event_link", "source_link")


class FindingFormSet(BaseInlineFormSet):
    def sum(self) -> str:
        """How the score of the listing comes about."""
        found = list(self.get_queryset())
        if self.instance.score == score(found):
            return as_sum(found)
        # what could not be taken over has findings, and the listing is as it was before
        return f"{self.instance.score}, as of the last reading that could be taken over"


class FindingInline(admin.TabularInline):
    """The findings of a listing, what costs most first, and the sum that they make."""

    model = Finding
    formset = FindingFormSet
    template = "admin/quality/finding/inline.html"
    ordering = ("-weight", "rule")
    fields = readonly_fields = ("rule", "severity", "weight", "message", "first_seen_at")
    can_delete = False
    verbose_name_plural = "findings"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


ListingAdmin.inlines.append(FindingInline)


@admin.register(Finding)
class FindingAdmin(RecordAdmin):
    list_display = ("rule", "severity_words", "message", *LINKS, "first_seen_at")
    list_filter = (
        "severity",
        ("source", SearchFilter),
        ("source__city", SearchFilter),
        ("listing", admin.EmptyFieldListFilter),
        "rule",
    )
    list_select_related = ("source", "listing__event")
    search_fields = ("message", "key", "listing__title")
    date_hierarchy = "first_seen_at"
    fields = (
        "rule",
        "severity",
        "weight",
        "message",
        "key",
        "listing_link",
        "event_link",
        "source_link",
        "first_seen_at",
    )

    @admin.display(description="Severity", ordering="severity")
    def severity_words(self, finding: Finding) -> str:
        return format_html('<span class="severity {}">{}</span>', finding.severity, Severity(finding.severity).label)

    @admin.display(description="Listing")
    def listing_link(self, finding: Finding) -> str:
        return link(finding.listing, finding.listing and finding.listing.title)

    @admin.display(description="Event")
    def event_link(self, finding: Finding) -> str:
        return link(finding.listing and finding.listing.event)

    @admin.display(description="Source", ordering="source")
    def source_link(self, finding: Finding) -> str:
        return link(finding.source)
