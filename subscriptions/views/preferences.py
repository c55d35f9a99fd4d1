"""The preferences of one address, behind the signed link of its mails."""

from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from nocturne.client import client_ip
from nocturne.origin import same_origin
from nocturne.pages import private, private_page
from nocturne.tokens import BadToken
from subscriptions import consent, links
from subscriptions.models import Subscriber, Subscription
from subscriptions.preferences import Refused, change, exported, forms_of

from .consent import bad_link

PAGE = "subscriptions/preferences.html"
DONE = {
    "saved": gettext_lazy("Your changes are saved."),
    "paused": gettext_lazy("You get no mail until you resume it."),
    "resumed": gettext_lazy("You get the mail again."),
    "ended": gettext_lazy("You get no more mail about this city."),
}


@require_http_methods(["GET", "HEAD", "POST"])
@same_origin
def preferences(request: HttpRequest, token: str) -> HttpResponseBase:
    try:
        subscriber = links.subscriber_of(token)
    except BadToken as bad:
        return bad_link(bad)
    if request.method != "POST":
        return _page(subscriber, token, done=str(DONE.get(request.GET.get("done", ""), "")))
    if request.POST.get("action") == "erase":
        return _erase(request, subscriber, token)
    raw = request.POST.get("subscription", "")
    pk = int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 19 else 0
    row = subscriber.subscriptions.select_related("city", "subscriber").filter(pk=pk).first()
    done, refused = _act(request, row) if row else ("", {"": _("That is not there any more; this is what there is.")})
    if refused:
        return _page(subscriber, token, refused=refused, of=pk, status=422)
    address = reverse("subscriptions:preferences", args=[token])
    return private(HttpResponseRedirect(f"{address}?done={done}", status=303))


@require_safe
def export(request: HttpRequest, token: str) -> HttpResponseBase:
    """All that is kept, as a file to save."""
    try:
        subscriber = links.subscriber_of(token)
    except BadToken as bad:
        return bad_link(bad)
    response = JsonResponse(exported(subscriber), json_dumps_params={"indent": 2, "ensure_ascii": False})
    response["Content-Disposition"] = 'attachment; filename="subscriptions.json"'
    return private(response)


def _act(request: HttpRequest, row: Subscription) -> tuple[str, Refused]:
    """What was done, as a key of DONE; or why not."""
    match request.POST.get("action"):
        case "save":
            return "saved", change(row, request.POST)
        case "pause":
            consent.pause(row)
            return "paused", {}
        case "resume":
            consent.resume(row, ip=client_ip(request))
            return "resumed", {}
        case "end":
            consent.end(row)
            return "ended", {}
    return "", {"": _("Please use one of the buttons.")}


def _erase(request: HttpRequest, subscriber: Subscriber, token: str) -> HttpResponseBase:
    if not request.POST.get("sure"):
        return _page(subscriber, token, refused={"sure": _("Please tick the box if you are sure.")}, status=422)
    consent.erase(subscriber)
    return private_page("subscriptions/erased.html", {})


def _page(
    subscriber: Subscriber,
    token: str,
    *,
    done: str = "",
    refused: Refused | None = None,
    of: int = 0,
    status: int = 200,
) -> HttpResponseBase:
    context = {
        "subscriber": subscriber,
        "forms": forms_of(subscriber),
        "done": done,
        "refused": refused or {},
        "refused_of": of,
        "export_url": reverse("subscriptions:export", args=[token]),
    }
    return private_page(PAGE, context, status=status)
