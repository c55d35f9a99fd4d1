"""The page of one's own account: the name that is shown, what is kept, and the end of it; and those of allauth.mfa."""

import unicodedata
from collections.abc import Callable
from typing import Any, cast

from allauth.account.internal.stagekit import LOGIN_SESSION_KEY
from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from nocturne import limits, personal
from nocturne.models import User
from nocturne.pages import private, private_page

from .factors import has_factor
from .signing import redirect, signed_in_only, wait_for_factor

NAME_LENGTH = 40
JOINERS = "\u200c\u200d"  # within words of Persian and Indian scripts


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in_only
def account(request: HttpRequest) -> HttpResponseBase:
    user = _user(request)
    name, error = user.display_name, ""
    if request.method == "POST":
        name = request.POST.get("name", "")[:200]
        try:
            user.display_name = name = shown_name(name)
        except ValueError as wrong:
            error = str(wrong)
        else:
            user.save(update_fields=["display_name"])
            return redirect(f"{reverse('account')}?done=name")
    context = {
        "account": user,
        "name": name,
        "error": error,
        "saved": request.GET.get("done") == "name" and not error,
        "has_factor": user.is_staff and has_factor(user),
        "needs_factor": settings.ADMIN_REQUIRE_MFA,
    }
    return private_page("account/account.html", context, status=422 if error else 200, request=request)


@require_safe
@signed_in_only
def export(request: HttpRequest) -> HttpResponseBase:
    """All that is kept, as a file to save."""
    data = personal.exported(_user(request))
    response = JsonResponse(data, json_dumps_params={"indent": 2, "ensure_ascii": False})
    response["Content-Disposition"] = 'attachment; filename="account.json"'
    return private(response)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in_only
def delete(request: HttpRequest) -> HttpResponseBase:
    user = _user(request)
    context: dict[str, Any] = {"account": user}
    if request.method == "POST" and not user.is_staff:
        if request.POST.get("sure"):
            personal.erase(user)
            logout(request)
            return private_page("account/deleted.html", {}, request=request)
        context["error"] = _("Please tick the box if you are sure.")
    return private_page("account/delete.html", context, status=422 if "error" in context else 200, request=request)


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponseBase:
    """The answer to a form whose token is none: of a page from before a sign-in, or of another site."""
    return private_page("403_csrf.html", {}, status=403)


def shown_name(raw: str) -> str:
    """A name as it is shown with what somebody writes; ValueError says what is wrong with it. Empty is none."""
    name = " ".join(unicodedata.normalize("NFC", raw).split())
    if len(name) > NAME_LENGTH:
        raise ValueError(_("That is too long: %(number)s characters at most.") % {"number": NAME_LENGTH})
    kinds = {unicodedata.category(character)[0] for character in name if character not in JOINERS}
    if "C" in kinds or (name and not kinds & {"L", "N"}):
        raise ValueError(_("Please write it with letters, and without characters that cannot be seen."))
    if "@" in name:
        raise ValueError(_("Everybody can read the name, so it must be no e-mail address."))
    return name


def factor_page(view: Callable[..., HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """A page of allauth.mfa as one of ours. Its tries count for the account that is open, or that is being entered."""

    def respond(request: HttpRequest) -> HttpResponseBase:
        entering: Any = request.session.get(LOGIN_SESSION_KEY) or {}
        if seconds := wait_for_factor(request, request.user.pk or entering.get("user_pk")):
            return private(limits.too_many(seconds))
        response = view(request)
        if isinstance(response, TemplateResponse) and response.headers["Content-Type"].startswith("text/html"):
            template: Any = response.template_name
            status = 422 if request.method == "POST" else 200  # what is right leads on
            return private_page(template[0], response.context_data or {}, status=status, request=request)
        return private(response)

    return respond


def overview(request: HttpRequest) -> HttpResponseBase:
    """Where allauth leads after a change of the second factor."""
    return redirect(reverse("account"))


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)
