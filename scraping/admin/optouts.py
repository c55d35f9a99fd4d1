"""Hosts that asked not to be read."""

from django.contrib import admin, messages
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join

from events.models import Source
from nocturne.admin import EditorAdmin, link
from scraping.models import OptOut, host_of


@admin.register(OptOut)
class OptOutAdmin(EditorAdmin):
    list_display = ("host", "reason", "since")
    list_filter = ("since", ("reason", admin.EmptyFieldListFilter))
    search_fields = ("host", "reason")
    date_hierarchy = "since"
    ordering = ("host",)
    fields = ("host", "reason", "since")

    def save_model(self, request: HttpRequest, obj: OptOut, form: ModelForm, change: bool) -> None:
        """Name the sources that will fail from now on, so that the editor can pause them."""
        super().save_model(request, obj, form, change)
        near = Source.objects.scraped().filter(url__icontains=obj.host)
        hit = [source for source in near if f".{host_of(source.url)}".endswith(f".{obj.host}")]
        if hit:
            named = format_html_join(", ", "{}", ((link(source),) for source in hit))
            said = format_html("Nothing is fetched from {} any more. Pause its sources: {}.", obj.host, named)
            self.message_user(request, said, messages.WARNING)
