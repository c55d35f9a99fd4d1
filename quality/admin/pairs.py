"""The queue of pairs: one at a time, side by side, decided with a key or a button."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import Resolver404, resolve, reverse
from django.utils.html import format_html

from events.admin.listing import standing
from events.models import Decision, Listing
from nocturne.admin import link, user_of
from quality import queues
from quality.decisions import Settled, settle
from quality.models import Verdict

from .comparison import compared, marked
from .pages import Filters, desk, last, number, record, render, require

WORDS = {Verdict.Outcome.SAME: "The same event.", Verdict.Outcome.DIFFERENT: "Different events."}
EDIT = "quality.change_verdict"


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the queue an editor is: everything up to here was skipped."""

    night: dt.date
    rank: int
    pk: int

    @classmethod
    def read(cls, text: str) -> "Place | None":
        """From "2026-12-05.71.12"; None for what is none."""
        night, _, rest = text.partition(".")
        rank, _, pk = rest.partition(".")
        try:
            return cls(dt.date.fromisoformat(night), int(rank), int(pk))
        except ValueError:
            return None

    def __str__(self) -> str:
        return f"{self.night}.{self.rank}.{self.pk}"

    def behind(self) -> Q:
        later = Q(night=self.night, rank__lt=self.rank) | Q(night=self.night, rank=self.rank, pk__gt=self.pk)
        return Q(night__gt=self.night) | later


@desk("pairs")
def pairs(request: HttpRequest) -> HttpResponse:
    """The next pair that waits behind `after`, or the one that `pair` names."""
    filters, after = Filters.of(request), Place.read(request.GET.get("after", ""))
    queue = queues.pairs(city=filters.city, source=filters.source)
    ahead = queue.filter(after.behind()) if after else queue
    asked = number(request.GET.get("pair", ""))
    sides = ("source", "venue", "city", "event__root__city")
    related = [f"{side}__{name}" for side in ("first", "second") for name in sides]
    verdict = queue.filter(pk=asked).select_related(*related).first() if asked else None
    verdict = verdict or ahead.select_related(*related).first()
    left = queue.order_by().count()
    context: dict[str, Any] = {
        "left": left,
        "passed": left - ahead.order_by().count() if after else 0,
        "after": after,
        "filters": filters.choices(queues.pairs(), "first__city", "first__source"),
        "decisions": [(one, _next(one, filters)) for one in last(request, Decision.Kind.PAIR)],
        "may_decide": user_of(request).has_perm(EDIT),
        "start_over": f"?{filters.query()}",
    }
    if verdict:
        context |= _shown(verdict) | {"skip": f"?{filters.query(after=Place(verdict.night, verdict.rank, verdict.pk))}"}
        context["here"] = f"?{filters.query(after=after)}"
    return render(request, "pairs", "Pairs that may be one event", context)


def _shown(verdict: Any) -> dict[str, Any]:
    first, second = verdict.first, verdict.second
    return {
        "verdict": verdict,
        "titles": marked(first.title, second.title),
        "sides": [_side(first), _side(second)],
        "names": (first.source.name, second.source.name),
        "compared": compared(first, second),
        "together": bool(first.event and second.event and first.event.root_id == second.event.root_id),
    }


def _side(listing: Listing) -> dict[str, Any]:
    event = listing.event
    public = event and event.root.visibility == event.Visibility.PUBLISHED
    web = listing.url if listing.url.startswith(("https://", "http://")) else ""
    name = listing.source.name
    return {"listing": listing, "name": name, "standing": standing(listing), "public": public, "web": web}


def _next(decision: Decision, filters: Filters) -> str:
    """Where an undo leads: to the pair that waits again, with what is filtered by."""
    try:
        match = resolve(decision.path)
    except Resolver404:
        return f"{reverse('desk:pairs')}?{filters.query()}"
    pair = match.kwargs.get("object_id") if match.url_name == "quality_verdict_change" else None
    return f"{reverse('desk:pairs')}?{filters.query(pair=pair)}"


@desk("pairs")
def decide(request: HttpRequest) -> HttpResponse:
    """Decide one pair, then the next one at once. Whoever comes second is told what the first one said."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    require(request, EDIT)
    filters, after = Filters.of(request), Place.read(request.GET.get("after", ""))
    response = HttpResponseRedirect(f"{reverse('desk:pairs')}?{filters.query(after=after)}")
    outcome, pk = request.POST.get("outcome", ""), number(request.POST.get("verdict", ""))
    if outcome not in WORDS or pk is None:
        messages.error(request, "Choose whether the two are the same event or different ones.")
        return response
    verdict = Verdict.objects.select_related("first", "second").filter(pk=pk).first()
    if verdict is None:
        messages.warning(request, "The pair is no longer in question: the sources say something else by now.")
        return response
    try:
        decision = settle(verdict, outcome, by=user_of(request))
    except Settled as told:
        messages.warning(request, format_html("{} {}", str(told), link(verdict, "Look at the pair")))
    except ValueError as error:
        messages.error(request, str(error))
    else:
        if decision:
            record(request, [verdict], WORDS[Verdict.Outcome(outcome)])
            messages.success(request, decision.summary)
    return response
