"""Taking back one of the last decisions, from the page of the desk that shows them."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from events.admin import decision as decisions
from events.models import Decision


@admin.site.admin_view
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Undo one decision, then go on at `next`. Who may not is told so, and who comes too late."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    decision = get_object_or_404(Decision, pk=pk)
    page = admin.site.get_model_admin(Decision)
    decisions.undo(page, request, decision)  # type: ignore[arg-type]
    ahead = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(ahead, {request.get_host()}, require_https=request.is_secure()):
        ahead = reverse("admin:events_decision_changelist")
    return HttpResponseRedirect(ahead)
