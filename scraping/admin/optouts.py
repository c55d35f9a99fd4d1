"""Hosts that asked not to be read."""

from django.contrib import admin

from nocturne.admin import EditorAdmin
from scraping.models import OptOut


@admin.register(OptOut)
class OptOutAdmin(EditorAdmin):
    list_display = ("host", "reason", "since")
    list_filter = ("since", ("reason", admin.EmptyFieldListFilter))
    search_fields = ("host", "reason")
    date_hierarchy = "since"
    ordering = ("host",)
    fields = ("host", "reason", "since")
