"""Signing in: an address, then the code that was mailed there; or the link that `manage.py admin_login` printed.

Known and unknown addresses take the same steps: an account is made by the first right code.
"""

import functools
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import perform_login
from django.contrib.auth import logout
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _, ngettext
from django.views.decorators.http import require_http_methods

from nocturne import honeypot, limits
from nocturne.addresses import normalise_address
from nocturne.client import client_address, counted_as
from nocturne.models import User
from nocturne.pages import private, private_page

from . import mails, sessions, tickets
from .factors import ReauthenticateForm, has_factor

PENDING = "sign_in"  # in the session: the ticket whose code is asked for, and where to lead then
# Codes mailed: to an address for one who asks, to it for all, and for one who asks; so nobody alone can use up what its
# owner needs. Those of an address bound what guessing can bring: a code has three tries, of a million.
CODES, CODES_OF_ALL, CODES_BY_IP = ("5/h", "10/d"), ("10/h", "30/d"), "30/h"
TRIES = "60/h"
FACTORS = ("10/15m", "60/h")

page_methods = require_http_methods(["GET", "HEAD", "POST"])


@page_methods
def login(request: HttpRequest) -> HttpResponseBase:
    """Ask for the address, and mail a code to it."""
    to = next_path(request)
    if request.method != "POST":
        if request.user.is_authenticated:
            return redirect(to or reverse("account"))
        return private_page("account/login.html", {"next": to}, request=request)
    raw = request.POST.get("email", "").replace("\0", "")
    try:
        address = normalise_address(raw)
    except ValueError as error:
        context = {"next": to, "email": raw[:254], "error": str(error)}
        return private_page("account/login.html", context, status=422, request=request)
    if seconds := _wait_for_code(request, address):
        return private(limits.too_many(seconds))
    pending: dict[str, Any] = {"ticket": 0, "address": address, "next": to}
    request.session[PENDING] = pending
    if not honeypot.is_filled(request.POST):
        ticket, code = tickets.issue_code(address)
        pending["ticket"] = ticket.pk
        if not mails.send_code(address, code):
            said = _("The mail could not be sent. Please try again in a few minutes.")
            context = {"next": to, "email": address, "error": said}
            return private_page("account/login.html", context, status=503, request=request)
    return redirect(reverse("account_code"))


@page_methods
def code(request: HttpRequest) -> HttpResponseBase:
    """Ask for the code, and sign in whom it was mailed to."""
    pending = request.session.get(PENDING)
    if not pending:
        return redirect(reverse("account_login"))
    context = {"address": pending["address"], "next": pending["next"], "minutes": _minutes()}
    if request.method != "POST":
        return private_page("account/code.html", context, request=request)
    if seconds := limits.wait(request, "sign-in-code", [("", TRIES)]):
        return private(limits.too_many(seconds))
    try:
        address = tickets.use_code(pending["ticket"], request.POST.get("code", ""))
    except tickets.Refused as refused:
        context |= {"error": _why(refused), "over": not refused.left}
        return private_page("account/code.html", context, status=422, request=request)
    del request.session[PENDING]
    user, _made = User.objects.get_or_create(email=address, defaults={"password": make_password(None)})
    return enter(request, user, "code", pending["next"])


@page_methods
def link(request: HttpRequest, token: str) -> HttpResponseBase:
    """A link of `manage.py admin_login`. Programs that open links use nothing up; a button does."""
    try:
        address = tickets.use_link(token) if request.method == "POST" else tickets.link_address(token)
    except tickets.Refused:
        return private_page("account/link.html", {"over": True}, status=410, request=request)
    user = User.objects.filter(email=address, is_staff=True).first()
    if user is None:
        return private_page("account/link.html", {"over": True}, status=410, request=request)
    if request.method == "POST":
        return enter(request, user, "link", reverse("admin:index"))
    return private_page("account/link.html", {"address": address}, request=request)


@page_methods
def sign_out(request: HttpRequest) -> HttpResponseBase:
    to = next_path(request)
    if request.method == "POST":
        if request.POST.get("everywhere") and isinstance(request.user, User):
            sessions.end_all(request.user)
        logout(request)
    elif request.user.is_authenticated:
        return private_page("account/logout.html", {"next": to}, request=request)
    return redirect(to or reverse("events:home"))


@page_methods
def again(request: HttpRequest) -> HttpResponseBase:
    """Show once more who one is: by the second factor if there is one, else by another code in a mail."""
    to = next_path(request)
    if not request.user.is_authenticated:
        return redirect(with_next(reverse("account_login"), to))
    if not has_factor(request.user):
        return private_page("account/again.html", {"next": to}, request=request)
    if seconds := wait_for_factor(request, request.user.pk):
        return private(limits.too_many(seconds))
    form = ReauthenticateForm(request.POST or None, user=request.user)  # type: ignore[call-arg]  # allauth is untyped
    if form.is_valid():
        form.save()
        return redirect(to or reverse("account"))
    status = 422 if form.is_bound else 200
    return private_page("account/factor.html", {"next": to, "form": form}, status=status, request=request)


def signed_in_only[**P](view: Callable[P, HttpResponseBase]) -> Callable[P, HttpResponseBase]:
    """A view for who is signed in; others sign in first, and come back to the page. Nobody keeps what it answers."""

    @functools.wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        request: Any = args[0]
        if not request.user.is_authenticated:
            to = request.get_full_path() if request.method in ("GET", "HEAD") else ""
            return redirect(with_next(reverse("account_login"), to))
        return private(view(*args, **kwargs))

    return guarded


def enter(request: HttpRequest, user: User, method: str, to: str) -> HttpResponseBase:
    """Begin the session of somebody who has shown who they are; allauth asks for a second factor if there is one."""
    record_authentication(request, user, method)
    return private(perform_login(request, user, redirect_url=to or reverse("account"), email=user.email))


def wait_for_factor(request: HttpRequest, pk: object) -> int:
    """Count a try of the second factor of an account; seconds to wait."""
    if request.method != "POST":
        return 0
    by_user, by_ip = FACTORS
    return limits.wait(request, "second-factor", [(f"account-{pk}", by_user), ("", by_ip)])


def _wait_for_code(request: HttpRequest, address: str) -> int:
    """Count a code that is asked for; seconds to wait. What one who asks may not counts for nobody else."""
    mine = f"{address} from {counted_as(client_address(request))}"
    if seconds := limits.wait(request, "sign-in", [("", CODES_BY_IP), *((mine, rate) for rate in CODES)]):
        return seconds
    return limits.wait(request, "sign-in", [(address, rate) for rate in CODES_OF_ALL])


def next_path(request: HttpRequest) -> str:
    """Where to lead afterwards, if that is a path of this site, else ""."""
    to = request.POST.get("next") or request.GET.get("next") or ""
    own = to.startswith("/") and url_has_allowed_host_and_scheme(to, allowed_hosts=None)
    return to[:2000] if own else ""


def with_next(address: str, to: str) -> str:
    return f"{address}?{urlencode({'next': to})}" if to else address


def redirect(address: str) -> HttpResponse:
    return private(HttpResponseRedirect(address, status=303))


def _why(refused: tickets.Refused) -> str:
    if refused.left:
        left = ngettext("You have %(number)s more try.", "You have %(number)s more tries.", refused.left)
        return " ".join((_("That is not the code."), left % {"number": refused.left}))
    return _("This code no longer works. Let us mail you a new one.")


def _minutes() -> int:
    return int(tickets.CODE_LIFE.total_seconds() // 60)
