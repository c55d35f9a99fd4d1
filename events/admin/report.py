"""What visitors report of events: mistakes, and wishes to take something down."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import ActionLocation
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.utils import timezone as clock
from django.utils.html import format_html

from events import editing, reports
from events.admin.decision import told
from events.models import Event, EventReport
from nocturne.admin import RecordAdmin, SearchFilter, link, user_of
from nocturne.admin.pages import NOTHING

BOTH = [ActionLocation.CHANGE_LIST, ActionLocation.CHANGE_FORM]


class OpenFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "Open"), ("settled", "Settled")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[EventReport]) -> QuerySet[EventReport]:
        match self.value():
            case "open":
                return queryset.filter(settled_at=None)
            case "settled":
                return queryset.exclude(settled_at=None)
        return queryset


@admin.register(EventReport)
class EventReportAdmin(RecordAdmin):
    """The open ones first, wishes to take something down before mistakes."""

    list_display = ("at", "kind", "reason", "event_link", "beginning", "settled_at")
    list_display_links = ("at",)
    list_filter = (OpenFilter, "kind", "reason", ("event__city", SearchFilter), "at")
    list_select_related = ("event__root__city",)
    search_fields = ("text", "email", "event__title")
    ordering = (F("settled_at").desc(nulls_first=True), "-kind", "-at", "-pk")
    fields = ("kind", "reason", "text", "event_link", "page", "answer", "at", "settled_at", "settled_by")
    actions = ["settle", "hide"]

    @admin.display(description="Says")
    def beginning(self, report: EventReport) -> str:
        return report.text[:120]

    @admin.display(description="Event")
    def event_link(self, report: EventReport) -> str:
        return link(report.event.root)

    @admin.display(description="On the site")
    def page(self, report: EventReport) -> str:
        root = report.event.root
        if root.visibility != Event.Visibility.PUBLISHED:
            return str(root.get_visibility_display())
        return format_html('<a href="{}">the page</a>', root.get_absolute_url())

    @admin.display(description="Answer to")
    def answer(self, report: EventReport) -> str:
        if not report.email:
            return NOTHING
        return format_html('<a href="mailto:{0}">{0}</a>', report.email)

    @admin.action(description="Settle: nothing is left to do", permissions=["edit"], location=BOTH)
    def settle(self, request: HttpRequest, queryset: QuerySet[EventReport]) -> None:
        rows = list(queryset.filter(settled_at=None))
        settled = reports.settle([row.pk for row in rows], by=user_of(request))
        self.record(request, rows, "Settled.")
        self.message_user(request, f"Reports settled: {settled}.")

    @admin.action(description="Hide the event and settle", permissions=["edit"], location=BOTH)
    def hide(self, request: HttpRequest, queryset: QuerySet[EventReport]) -> None:
        if not user_of(request).has_perm("events.change_event"):
            self.message_user(request, "You may not hide events. Ask somebody who may.", messages.ERROR)
            return
        roots = set(queryset.values_list("event__root", flat=True))
        hidden = Event.Visibility.HIDDEN
        decision = editing.show(roots, hidden, by=user_of(request), now=clock.now())
        if decision:
            self.record(request, Event.objects.filter(pk__in=roots), "Hidden, as reported.")
        self.message_user(request, told(decision.summary if decision else "Hidden already.", decision))
        self.settle(request, queryset)
