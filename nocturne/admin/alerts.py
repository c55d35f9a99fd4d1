"""Alerts, the open ones first."""

from typing import Any

from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from nocturne.models import Alert

from .pages import NOTHING, RecordAdmin


class OpenFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "Open"), ("resolved", "Resolved")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Alert]) -> QuerySet[Alert]:
        match self.value():
            case "open":
                return queryset.filter(resolved_at=None)
            case "resolved":
                return queryset.exclude(resolved_at=None)
        return queryset


@admin.register(Alert)
class AlertAdmin(RecordAdmin):
    list_display = ("opened_at", "grade", "message", "where", "resolved_at")
    list_display_links = ("opened_at",)
    list_filter = (OpenFilter, "severity", "opened_at")
    search_fields = ("key", "message")
    ordering = (F("resolved_at").desc(nulls_first=True), "-opened_at", "pk")
    fields = ("message", "where", "grade", "key", "opened_at", "last_seen_at", "told_at", "resolved_at", "end_told_at")

    @admin.display(description="Severity", ordering="severity")
    def grade(self, alert: Alert) -> str:
        return format_html('<span class="severity {}">{}</span>', alert.severity, alert.get_severity_display())

    @admin.display(description="Look at")
    def where(self, alert: Alert) -> str:
        if not alert.path.startswith("/") or alert.path.startswith("//"):
            return NOTHING
        return format_html('<a href="{}">the page</a>', alert.path)
