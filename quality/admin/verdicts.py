"""Verdicts: all pairs of listings that somebody or the matcher decided, or that wait."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import ActionLocation
from django.db.models import Case, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html

from events.admin.decision import told
from events.admin.listing import standing
from events.models import Listing
from nocturne.admin import RecordAdmin, SearchFilter, link, user_of
from quality.decisions import decide_pair
from quality.models import Verdict

from .comparison import compared, starts

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
        "first__city",
        "first__event",
        "second__source",
        "second__venue",
        "second__city",
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
        context |= {
            "sides": [(one, standing(one)) for one in sides],
            "names": [one.source.name for one in sides],
            "compared": compared(*sides),
        }
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.action(description="The same event", permissions=["edit"], location=BOTH)
    def same(self, request: HttpRequest, queryset: QuerySet[Verdict]) -> None:
        self._decide(request, queryset, Verdict.Outcome.SAME, "The same event.")

    @admin.action(description="Different events", permissions=["edit"], location=BOTH)
    def different(self, request: HttpRequest, queryset: QuerySet[Verdict]) -> None:
        self._decide(request, queryset, Verdict.Outcome.DIFFERENT, "Different events.")

    def _decide(self, request: HttpRequest, queryset: QuerySet[Verdict], outcome: str, message: str) -> None:
        decided = []
        for verdict in queryset.select_related("first", "second"):
            try:
                decision = decide_pair(verdict, outcome, by=user_of(request))
            except ValueError as error:
                self.message_user(request, str(error), messages.ERROR)
                continue
            decided.append(verdict)
        self.record(request, decided, message)
        if decided:
            self.message_user(request, told(f"{message} Pairs: {len(decided)}.", decision))


def _side(listing: Listing) -> str:
    facts = (starts(listing), listing.venue.name if listing.venue else "", standing(listing))
    return format_html(
        "{}<br>{}<br><small>{}</small>",
        link(listing, listing.title),
        link(listing.source),
        " · ".join(filter(None, facts)),
    )
