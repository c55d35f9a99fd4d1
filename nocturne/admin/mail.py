"""The ledger of all mail, and the addresses that get none."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import ActionLocation
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join

from nocturne.addresses import address_hash, address_hashes, normalise_address
from nocturne.models import EmailLog, Suppression
from nocturne.suppression import is_suppressed, lift

from .pages import NOTHING, EditorAdmin, RecordAdmin, link_to_list


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

    @admin.display(description="All mails")
    def mails(self, row: EmailLog | Suppression) -> str:
        hashes = {row.hashed, *(address_hashes(row.address) if row.address else ())}
        return link_to_list("nocturne_emaillog", "all to this address", hashed__in=",".join(sorted(hashes)))


@admin.register(EmailLog)
class EmailLogAdmin(ByAddress, RecordAdmin):
    list_display = ("queued_at", "kind", "state_words", "to", "matter", "why", "finished_at")
    list_filter = ("state", "bounce", "kind", "queued_at")
    search_fields = ("address", "matter__startswith", "message_id")
    search_help_text = "An address, a matter, as digest:7, or a Message-ID."
    date_hierarchy = "queued_at"
    fields = (
        *("kind", "state_words", "to", "mails", "matter", "why", "bounce", "message_id", "attempts"),
        *("queued_at", "due_at", "started_at", "finished_at", "delivered_at", "reported"),
    )

    @admin.display(description="Reported by the provider")
    def reported(self, row: EmailLog) -> str:
        said = [(f"{one}: {one.why}" if one.why else str(one),) for one in row.reports.all()]
        return format_html_join("", "<div>{}</div>", said) or NOTHING

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
    """What is lifted or deleted here may get mail again."""

    form = SuppressionForm
    list_display = ("since", "to", "reason", "note", "mails")
    list_filter = ("reason", "since")
    search_fields = ("address", "note")
    search_help_text = "An address, also one that was erased, or words of the note."
    date_hierarchy = "since"
    actions = ("lift_all",)

    def get_fields(self, request: HttpRequest, obj: Suppression | None = None) -> tuple[str, ...]:
        return ("to", "reason", "note", "since", "mails") if obj else ("address", "reason", "note")

    def get_readonly_fields(self, request: HttpRequest, obj: Suppression | None = None) -> tuple[str, ...]:
        return ("to", "since", "mails") if obj else ()

    def save_model(self, request: HttpRequest, obj: Suppression, form: forms.ModelForm, change: bool) -> None:
        if not change:
            obj.hashed = address_hash(obj.address)
        super().save_model(request, obj, form, change)

    def delete_model(self, request: HttpRequest, obj: Suppression) -> None:
        lift(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Suppression]) -> None:
        for row in queryset:
            lift(row)

    def get_actions(
        self, request: HttpRequest, action_location: ActionLocation = ActionLocation.CHANGE_LIST
    ) -> dict[str, Any]:
        """Lifting is what deleting would be."""
        actions = super().get_actions(request, action_location)
        return {name: action for name, action in actions.items() if name != "delete_selected"}

    @admin.action(description="Lift: may get mail again", permissions=["delete"])
    def lift_all(self, request: HttpRequest, queryset: QuerySet[Suppression]) -> None:
        rows = list(queryset)
        self.record(request, rows, "Lifted: may get mail again.")
        for row in rows:
            lift(row)
        said = "1 address may" if len(rows) == 1 else f"{len(rows)} addresses may"
        self.message_user(
            request, f"{said} get mail again. A mail provider may have a list of its own.", messages.SUCCESS
        )
