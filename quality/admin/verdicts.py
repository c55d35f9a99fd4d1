"""Verdicts: all pairs of listings that somebody or the matcher decided, or that wait."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import ActionLocation
from django.db.models import Case, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html

from events.admin.listing import draft_rows, standing
from events.models import Listing
from nocturne.admin import RecordAdmin, SearchFilter, link, user_of
from nocturne.models import User
from quality import merging
from quality.models import Verdict
from quality.verdicts import decide

from .duplicates import show_at_once

BOTH = [ActionLocation.CHANGE_LIST, ActionLocation.CHANGE_FORM]


class WaitingFilter(admin.SimpleListFilter):
    title = "who decided"
    parameter_name = "decided"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("waiting", "Waiting for an editor"), ("editor", "An editor"), ("matcher", "The matcher")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Verdict]) -> QuerySet[Verdict]:
        match self.value():
            case "waiting":
                return queryset.filter(outcome=Verdict.Outcome.UNSURE, by_editor=False)
            case "editor":
                return queryset.filter(by_editor=True)
            case "matcher":
                return queryset.filter(by_editor=False).exclude(outcome=Verdict.Outcome.UNSURE)
        return queryset


@admin.register(Verdict)
class VerdictAdmin(RecordAdmin):
    """Pairs that wait for an editor come first, the likeliest on top."""

    change_form_template = "admin/quality/verdict/change_form.html"
    list_display = ("outcome_words", "score", "first_side", "second_side", "together", "why")
    list_filter = (WaitingFilter, "outcome", ("first__city", SearchFilter), ("decided_by", SearchFilter))
    list_select_related = (
        "first__source",
        "first__venue",
        "first__event",
        "second__source",
        "second__venue",
        "second__event",
        "decided_by",
    )
    search_fields = ("first__title", "second__title")
    actions = ["same", "different"]
    fields = (("outcome", "score", "decided_by", "decided_at"), "why")

    def get_ordering(self, request: HttpRequest) -> tuple[Any, ...]:
        waiting = When(outcome=Verdict.Outcome.UNSURE, by_editor=False, then=Value(0))
        return Case(waiting, default=Value(1)), "-score", "-pk"

    @admin.display(description="Verdict", ordering="outcome")
    def outcome_words(self, verdict: Verdict) -> str:
        who = f", says {verdict.decided_by or 'an editor'}" if verdict.by_editor else ""
        return f"{verdict.get_outcome_display()}{who}"

    @admin.display(description="First listing")
    def first_side(self, verdict: Verdict) -> str:
        return _side(verdict.first)

    @admin.display(description="Second listing")
    def second_side(self, verdict: Verdict) -> str:
        return _side(verdict.second)

    @admin.display(description="One now", boolean=True)
    def together(self, verdict: Verdict) -> bool:
        first, second = verdict.first.event, verdict.second.event
        return bool(first and second and first.root_id == second.root_id)

    @admin.display(description="Why")
    def why(self, verdict: Verdict) -> str:
        return "; ".join(map(str, verdict.reasons))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        verdict: Verdict = context["original"]
        sides = (verdict.first, verdict.second)
        context |= {"sides": [(one, standing(one)) for one in sides], "compared": compared(*sides)}
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.action(description="The same event", permissions=["edit"], location=BOTH)
    def same(self, request: HttpRequest, queryset: QuerySet[Verdict]) -> None:
        self._decide(request, queryset, _make_same, "The same event.")

    @admin.action(description="Different events", permissions=["edit"], location=BOTH)
    def different(self, request: HttpRequest, queryset: QuerySet[Verdict]) -> None:
        self._decide(request, queryset, _make_different, "Different events.")

    def _decide(self, request: HttpRequest, queryset: QuerySet[Verdict], settle: Any, message: str) -> None:
        decided = []
        for verdict in queryset.select_related("first__event__city", "second__event__city"):
            try:
                settle(verdict.first, verdict.second, user_of(request))
            except ValueError as error:
                self.message_user(request, str(error), messages.ERROR)
                continue
            decided.append(verdict)
            show_at_once(one.event for one in (verdict.first, verdict.second) if one.event)
        self.record(request, decided, message)
        if decided:
            self.message_user(request, f"{message} Pairs: {len(decided)}.")


def _make_same(first: Listing, second: Listing, by: User) -> None:
    if first.event and second.event and first.event_id != second.event_id:
        merging.merge(first.event, second.event, by=by)
    else:
        decide([first.pk], [second.pk], Verdict.Outcome.SAME, by=by)


def _make_different(first: Listing, second: Listing, by: User) -> None:
    """Of two that are one event now, the one that came to it later leaves."""
    if first.event and second.event and first.event.root_id == second.event.root_id:
        merging.split(first if first.event.pk > second.event.pk else second, by=by)
    decide([first.pk], [second.pk], Verdict.Outcome.DIFFERENT, by=by)


def _side(listing: Listing) -> str:
    facts = (listing.local_start.replace("T", " ")[:16], listing.venue.name if listing.venue else "", standing(listing))
    return format_html(
        "{}<br>{}<br><small>{}</small>",
        link(listing, listing.title),
        link(listing.source),
        " · ".join(filter(None, facts)),
    )


def compared(first: Listing, second: Listing) -> list[tuple[str, object, object]]:
    """The fields of two drafts side by side: name, the first's value, the second's."""
    ours, theirs = dict(draft_rows(first.draft)), dict(draft_rows(second.draft))
    return [(name, ours.get(name, ""), theirs.get(name, "")) for name in {**ours, **theirs}]
