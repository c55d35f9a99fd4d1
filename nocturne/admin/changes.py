"""The trail: a list of what was changed by whom, and a part of each object's history."""

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.core.exceptions import FieldDoesNotExist
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.text import Truncator, capfirst

from nocturne.models import Change

from .pages import RecordAdmin

LENGTH = 200


@admin.register(Change)
class ChangeAdmin(RecordAdmin):
    list_display = ("at", "actor", "what", "where", "field_words", "before_words", "after_words")
    list_filter = ("kind", "model", "at")
    search_fields = ("actor", "field")
    date_hierarchy = "at"
    ordering = ("-at", "-pk")
    show_full_result_count = False
    fields = ("at", "actor", "what", "where", "field_words", "before_words", "after_words")

    @admin.display(description="What", ordering="kind")
    def what(self, change: Change) -> str:
        return change.get_kind_display()

    @admin.display(description="Object", ordering="model")
    def where(self, change: Change) -> str:
        words = f"{model_words(change)} {change.object_id}"
        name = change.model.lower().replace(".", "_")
        try:
            return format_html('<a href="{}">{}</a>', reverse(f"admin:{name}_history", args=[change.object_id]), words)
        except NoReverseMatch:
            return words

    @admin.display(description="Field", ordering="field")
    def field_words(self, change: Change) -> str:
        return field_words(change)

    @admin.display(description="Before")
    def before_words(self, change: Change) -> str:
        return value_words(change.before)

    @admin.display(description="After")
    def after_words(self, change: Change) -> str:
        return value_words(change.after)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def model_words(change: Change) -> str:
    try:
        return capfirst(str(apps.get_model(change.model)._meta.verbose_name))
    except LookupError:
        return change.model


def field_words(change: Change) -> str:
    """The field's name as forms have it; the column's, of what is no field of the object itself, as a user's group."""
    try:
        meta = apps.get_model(change.model)._meta
        field = next((field for field in meta.concrete_fields if field.column == change.field), None)
        return capfirst(str((field or meta.get_field(change.field)).verbose_name))
    except (LookupError, FieldDoesNotExist):
        return capfirst(change.field.removesuffix("_id").replace("_", " "))


def value_words(value: Any) -> str:
    """A value as a line; "" of what is not told."""
    if value is None:
        return ""
    if isinstance(value, dict):
        value = ", ".join(f"{name}: {value_words(held) or '—'}" for name, held in value.items())
    elif isinstance(value, bool):
        value = "yes" if value else "no"
    return Truncator(str(value)).chars(LENGTH)
