"""Report a mistake, or ask that an event be taken down: a form without an account."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from events import reports
from events.models import EventReport
from nocturne import honeypot, limits
from nocturne.origin import same_origin
from nocturne.pages import private_page

from .event import shown_event

RATES = ("5/10m", "20/d")
LONGEST = 20_000
KINDS = EventReport.Kind


@require_http_methods(["GET", "HEAD", "POST"])
@same_origin
def report_event(request: HttpRequest, pk: int) -> HttpResponseBase:
    event = shown_event(pk)
    said = request.POST if request.method == "POST" else request.GET
    kind = said.get("kind", "") if said.get("kind") in KINDS.values else KINDS.MISTAKE.value
    form: dict[str, Any] = {
        "event": event,
        "kind": kind,
        "takedown": kind == KINDS.TAKEDOWN,
        "reasons": [(one.value, one.label) for one in reports.REASONS[kind]],
        "max_text": reports.MAX_TEXT,
    }
    if request.method != "POST":
        return _page(form)
    reason, text, email = (said.get(name, "")[:LONGEST] for name in ("reason", "text", "email"))
    text = reports.normalise(text)
    form |= {"reason": reason, "text": text, "email": email}
    if errors := reports.errors(kind, reason, text, email):
        return _page(form | {"errors": errors}, 422)
    if seconds := limits.wait(request, "report-event", [("", rate) for rate in RATES]):
        wait = _("That was very often. Please try again in %(time)s.") % {"time": limits.in_words(seconds)}
        response = _page(form | {"errors": {"body": wait}}, 429)
        response["Retry-After"] = str(seconds)
        return response
    if not honeypot.is_filled(said):
        reports.take(event, kind=kind, reason=reason, text=text, email=email)
    return _page(form | {"done": True}, 202)


def _page(form: dict[str, Any], status: int = 200) -> HttpResponse:
    return private_page("events/report_event.html", form, status=status)
