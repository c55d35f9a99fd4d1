"""What visitors add to events."""

from django.contrib import admin
from django.contrib.admin import ActionLocation
from django.db.models import QuerySet
from django.http import HttpRequest

from events.models import Comment, Rsvp
from nocturne.admin import EditorAdmin, RecordAdmin, SearchFilter, link

BOTH = [ActionLocation.CHANGE_LIST, ActionLocation.CHANGE_FORM]


@admin.register(Comment)
class CommentAdmin(EditorAdmin):
    """Comments are shown or hidden, never rewritten."""

    list_display = ("created_at", "name", "beginning", "state", "event_link")
    list_filter = ("state", ("event__city", SearchFilter), ("user", SearchFilter))
    list_select_related = ("event",)
    search_fields = ("name", "text", "user__email")
    date_hierarchy = "created_at"
    ordering = ("-created_at", "-pk")
    actions = ["show", "hide"]
    fields = ("state", "name", "text", "user", "event", "created_at")
    readonly_fields = ("name", "text", "user", "event", "created_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.display(description="Comment")
    def beginning(self, comment: Comment) -> str:
        return comment.text[:120]

    @admin.display(description="Event")
    def event_link(self, comment: Comment) -> str:
        return link(comment.event)

    @admin.action(description="Show to visitors", permissions=["edit"], location=BOTH)
    def show(self, request: HttpRequest, queryset: QuerySet[Comment]) -> None:
        self._set_state(request, queryset, Comment.State.LIVE)

    @admin.action(description="Hide from visitors", permissions=["edit"], location=BOTH)
    def hide(self, request: HttpRequest, queryset: QuerySet[Comment]) -> None:
        self._set_state(request, queryset, Comment.State.HIDDEN)

    def _set_state(self, request: HttpRequest, queryset: QuerySet[Comment], state: Comment.State) -> None:
        comments = list(queryset.exclude(state=state))
        queryset.update(state=state)
        self.record(request, comments, f"Made {state.label}.")
        self.message_user(request, f"Comments now {state.label}: {len(comments)}.")


@admin.register(Rsvp)
class RsvpAdmin(RecordAdmin):
    list_display = ("created_at", "user", "answer", "event_link")
    list_filter = ("answer", ("event__city", SearchFilter), ("user", SearchFilter))
    list_select_related = ("event", "user")
    search_fields = ("user__email", "event__title")
    date_hierarchy = "created_at"
    ordering = ("-created_at", "-pk")

    @admin.display(description="Event")
    def event_link(self, rsvp: Rsvp) -> str:
        return link(rsvp.event)
