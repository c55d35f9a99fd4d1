"""Who goes."""

from django.contrib import admin

from events.models import Rsvp
from nocturne.admin import RecordAdmin, SearchFilter, link


@admin.register(Rsvp)
class RsvpAdmin(RecordAdmin):
    list_display = ("answered_at", "user", "answer", "event_link")
    list_filter = ("answer", ("event__city", SearchFilter), ("event__root", SearchFilter), ("user", SearchFilter))
    list_select_related = ("event", "user")
    search_fields = ("user__email", "event__title")
    date_hierarchy = "answered_at"
    ordering = ("-answered_at", "-pk")

    @admin.display(description="Event")
    def event_link(self, rsvp: Rsvp) -> str:
        return link(rsvp.event)
