"""Comments and what is reported of them."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import ActionLocation
from django.db.models import QuerySet
from django.http import HttpRequest

from events import comments
from events.admin.decision import told
from events.models import Comment, CommentReport
from nocturne.admin import EditorAdmin, SearchFilter, count_of, link, user_of

BOTH = [ActionLocation.CHANGE_LIST, ActionLocation.CHANGE_FORM]


class ReportedFilter(admin.SimpleListFilter):
    title = "reports"
    parameter_name = "reported"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "Reported, and not decided")]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Comment]:
        return queryset.reported() if self.value() else queryset


class CommentReportInline(admin.TabularInline):
    """Who has reported it is known as an account at most: of others there is a hash."""

    model = CommentReport
    fields = readonly_fields = ("at", "reason", "text", "user", "settled_at")
    extra = 0
    can_delete = False
    verbose_name_plural = "reports"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Comment)
class CommentAdmin(EditorAdmin):
    """Comments are shown or hidden, never rewritten."""

    list_display = ("created_at", "name", "beginning", "state", "reported", "event_link")
    list_filter = ("state", ReportedFilter, ("event__city", SearchFilter), ("user", SearchFilter))
    list_select_related = ("event",)
    search_fields = ("name", "text", "user__email")
    date_hierarchy = "created_at"
    ordering = ("-created_at", "-pk")
    actions = ["show", "hide"]
    fields = readonly_fields = (
        *("state", "why", "decided_by", "state_at", "name", "text", "user", "event_link", "created_at"),
    )
    inlines = (CommentReportInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Comment]:
        return super().get_queryset(request).annotate(reported=count_of(CommentReport.objects.open(), "comment"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.display(description="Comment")
    def beginning(self, comment: Comment) -> str:
        return comment.text[:120] or "(deleted by its author)"

    @admin.display(description="Reports", ordering="reported")
    def reported(self, comment: Any) -> int:
        return int(comment.reported)

    @admin.display(description="Event")
    def event_link(self, comment: Comment) -> str:
        return link(comment.event)

    @admin.action(description="Show to visitors", permissions=["edit"], location=BOTH)
    def show(self, request: HttpRequest, queryset: QuerySet[Comment]) -> None:
        self._decide(request, queryset, Comment.State.LIVE)

    @admin.action(description="Hide from visitors", permissions=["edit"], location=BOTH)
    def hide(self, request: HttpRequest, queryset: QuerySet[Comment]) -> None:
        self._decide(request, queryset, Comment.State.HIDDEN)

    def _decide(self, request: HttpRequest, queryset: QuerySet[Comment], state: Comment.State) -> None:
        pks = list(queryset.values_list("pk", flat=True))
        decision = comments.decide(pks, state, by=user_of(request))
        if decision is None:
            self.message_user(request, f"Nothing to do: {state.label} already.")
            return
        changed = Comment.objects.filter(pk__in=[int(pk) for pk in decision.state["comments"]])
        self.record(request, changed, f"Made {state.label}.")
        self.message_user(request, told(decision.summary, decision))
