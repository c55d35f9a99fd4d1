"""The ledger of all mail, and the addresses that get none."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from nocturne.addresses import address_hash, address_hashes, normalise_address
from nocturne.mail import is_suppressed
from nocturne.models import EmailLog, Suppression

from .pages import EditorAdmin, RecordAdmin


class ByAddress(EditorAdmin):
    """A whole address is looked for by its hash: that is fast, and finds what was erased."""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if "@" in search_term.strip("@") and " " not in search_term.strip():
            return queryset.filter(hashed__in=address_hashes(search_term)), False
        return super().get_search_results(request, queryset, search_term)

    @admin.display(description="Address", ordering="address")
    def to(self, row: EmailLog | Suppression) -> str:
        return row.address or "(erased)"


@admin.register(EmailLog)
class EmailLogAdmin(ByAddress, RecordAdmin):
    list_display = ("queued_at", "kind", "state_words", "to", "matter", "why", "attempts", "finished_at")
    list_display_links = ("queued_at",)
    list_filter = ("state", "kind", "queued_at")
    search_fields = ("address", "matter__startswith", "message_id")
    search_help_text = "An address, a matter, as digest:7, or a Message-ID."
    date_hierarchy = "queued_at"
    fields = (
        *("kind", "state_words", "to", "matter", "why", "message_id", "attempts"),
        *("queued_at", "due_at", "started_at", "finished_at"),
    )

    @admin.display(description="State", ordering="state")
    def state_words(self, row: EmailLog) -> str:
        if row.state == EmailLog.State.UNCERTAIN:
            return "uncertain: it may have arrived"
        return row.get_state_display()


class SuppressionForm(forms.ModelForm):
    class Meta:
        model = Suppression
        fields = ("address", "reason", "note")

    def clean_address(self) -> str:
        try:
            address = normalise_address(self.cleaned_data["address"])
        except ValueError as error:
            raise forms.ValidationError(str(error))
        if is_suppressed(address):
            raise forms.ValidationError("This address is suppressed already.")
        return address


@admin.register(Suppression)
class SuppressionAdmin(ByAddress):
    """What is deleted here may get mail again."""

    form = SuppressionForm
    list_display = ("since", "to", "reason", "note")
    list_display_links = ("since",)
    list_filter = ("reason", "since")
    search_fields = ("address", "note")
    date_hierarchy = "since"

    def get_fields(self, request: HttpRequest, obj: Suppression | None = None) -> tuple[str, ...]:
        return ("to", "reason", "note", "since") if obj else ("address", "reason", "note")

    def get_readonly_fields(self, request: HttpRequest, obj: Suppression | None = None) -> tuple[str, ...]:
        return ("to", "since") if obj else ()

    def save_model(self, request: HttpRequest, obj: Suppression, form: forms.ModelForm, change: bool) -> None:
        if not change:
            obj.hashed = address_hash(obj.address)
        super().save_model(request, obj, form, change)
