"""What editors decided, the last first, and taking it back."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html

from events import decisions
from events.models import Decision
from nocturne.admin import RecordAdmin, SearchFilter, link, user_of


def told(message: str, decision: Decision | None) -> str:
    """A message about a decision, with the way to take it back."""
    return format_html("{} {}", message, link(decision, "Undo")) if decision else message


class StandsFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("stands", "Stands"), ("undone", "Undone")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Decision]) -> QuerySet[Decision]:
        match self.value():
            case "stands":
                return queryset.filter(undone_at=None)
            case "undone":
                return queryset.exclude(undone_at=None)
        return queryset


@admin.register(Decision)
class DecisionAdmin(RecordAdmin):
    change_form_template = "admin/events/decision/change_form.html"
    list_display = ("at", "by", "what", "kind", "undone")
    list_display_links = ("at",)
    list_filter = (StandsFilter, "kind", ("by", SearchFilter), "at")
    list_select_related = ("by", "undone_by")
    search_fields = ("summary",)
    ordering = ("-at", "-pk")
    fields = ("what", "kind", "by", "at", "undone")
    actions = ["undo"]

    @admin.display(description="What")
    def what(self, decision: Decision) -> str:
        if not decision.path.startswith(reverse("admin:index")):
            return decision.summary
        return format_html('<a href="{}">{}</a>', decision.path, decision.summary)

    @admin.display(description="Undone", ordering="undone_at")
    def undone(self, decision: Decision) -> str:
        if decision.undone_at is None:
            return "no"
        return f"{decision.undone_at:%-d %b %Y %H:%M} UTC by {decision.undone_by or 'an editor'}"

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        decision: Decision = context["original"]
        context["may_undo"] = decision.undone_at is None and decisions.may_undo(decision.kind, user_of(request))
        return super().render_change_form(request, context, *args, **kwargs)

    def has_edit_permission(self, request: HttpRequest) -> bool:
        """Whoever may decide anything may take it back."""
        return any(decisions.may_undo(kind, user_of(request)) for kind in Decision.Kind.values)

    @admin.action(description="Undo", permissions=["edit"])
    def undo(self, request: HttpRequest, queryset: QuerySet[Decision]) -> None:
        """The last first, as they were built upon each other."""
        for decision in queryset.order_by("-at", "-pk"):
            undo(self, request, decision)


def undo(page: RecordAdmin, request: HttpRequest, decision: Decision) -> bool:
    """Take one decision back, log it, and tell the editor; whether it is undone."""
    if not decisions.may_undo(decision.kind, user_of(request)):
        page.message_user(request, f"You may not take this back: {decision}", messages.ERROR)
        return False
    try:
        said = decisions.undo(decision, by=user_of(request))
    except ValueError as error:
        page.message_user(request, f"{decision} {error}", messages.ERROR)
        return False
    page.record(request, [decision], "Undone.")
    page.message_user(request, f"Undone: {decision} {said}".strip())
    return True
