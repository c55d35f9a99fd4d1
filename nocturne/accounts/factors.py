"""The second factor of staff: codes of an authenticator app (TOTP), and recovery codes. allauth.mfa keeps both."""

import functools
import logging
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY, get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.base.forms import (
    AuthenticateForm as AllauthAuthenticateForm,
    ReauthenticateForm as AllauthReauthenticateForm,
)
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.utils import decrypt, encrypt, is_mfa_enabled
from cryptography.fernet import InvalidToken
from django import forms
from django.db.models import Q
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from nocturne.models import User

from . import sessions

log = logging.getLogger(__name__)

RECENT = 15 * 60  # seconds that a sign-in counts for changing the second factor


def has_factor(user: Any) -> bool:
    """Whether a second factor is enrolled."""
    return is_mfa_enabled(user, [Authenticator.Type.TOTP])


def gave_factor(request: HttpRequest) -> bool:
    """Whether the second factor was given in this session."""
    return any(record["method"] == "mfa" for record in _records(request))


def recently[**P](view: Callable[P, HttpResponseBase]) -> Callable[P, HttpResponseBase]:
    """A view for those only who have signed in lately, by their second factor if they have one; others do it again."""

    @functools.wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        request: Any = args[0]
        if request.user.is_authenticated and not _is_recent(request):
            return HttpResponseRedirect(f"{reverse('account_reauthenticate')}?{urlencode({'next': request.path})}")
        return view(*args, **kwargs)

    return guarded


def accepts(authenticator: Authenticator, code: str) -> bool:
    """Whether the code is right and was not used before; it is used up.

    What was used is in the row and not in a cache: it holds while that is away.
    """
    try:
        if authenticator.type != Authenticator.Type.TOTP:
            return bool(authenticator.wrap().validate_code(code))
        secret = decrypt(authenticator.data["secret"])
    except InvalidToken:
        log.error("The second factor of account %s is of a SECRET_KEY that is gone: reset it.", authenticator.user_id)
        return False
    digits = "".join(code.split())
    for counter in totp.yield_hotp_counters_from_time():
        if constant_time_compare(totp.format_hotp_value(totp.hotp_value(secret, counter)), digits):
            unused = Q(data__counter__lt=counter) | Q(data__counter__isnull=True)
            row = Authenticator.objects.filter(unused, pk=authenticator.pk)
            # encrypted anew: with the SECRET_KEY of now
            authenticator.data = {**authenticator.data, "counter": counter, "secret": encrypt(secret)}
            return bool(row.update(data=authenticator.data))
    return False


class _Code(forms.Form):
    """allauth's form, with `accepts`; how often it may be tried is the view's to count."""

    def clean_code(self) -> str:
        code = str(self.cleaned_data["code"])[:100]
        rows = Authenticator.objects.filter(user=self.user).order_by("-type")  # type: ignore[attr-defined]  # TOTP first
        for row in rows:
            if accepts(row, code):
                row.user = self.user  # type: ignore[attr-defined]
                self.authenticator = row
                return code
        raise forms.ValidationError(_("That is not the code, or it was used already. Wait for the next one."))


class AuthenticateForm(_Code, AllauthAuthenticateForm):
    pass


class ReauthenticateForm(_Code, AllauthReauthenticateForm):
    pass


def enrols[**P](view: Callable[P, HttpResponseBase]) -> Callable[P, HttpResponseBase]:
    """The view that sets up an app. Who does has shown a code of it, which counts as giving the factor."""

    @functools.wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        request: Any = args[0]
        before = request.user.is_anonymous or has_factor(request.user)
        response = view(*args, **kwargs)
        row = None if before else Authenticator.objects.filter(user=request.user, type=Authenticator.Type.TOTP).first()
        if row:
            record_authentication(request, request.user, "mfa", id=row.pk, type=row.type)
        return response

    return guarded


def gives_up[**P](view: Callable[P, HttpResponseBase]) -> Callable[P, HttpResponseBase]:
    """The view that removes an app: that it was given in this session counts no longer."""

    @functools.wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        request: Any = args[0]
        response = view(*args, **kwargs)
        if request.user.is_authenticated and gave_factor(request) and not has_factor(request.user):
            left = [record for record in _records(request) if record["method"] != "mfa"]
            request.session[AUTHENTICATION_METHODS_SESSION_KEY] = left
        return response

    return guarded


def reset(user: User) -> int:
    """Take the second factor and its recovery codes from somebody who has lost both, and end the sessions; how many
    rows.
    """
    sessions.end_all(user)
    return Authenticator.objects.filter(user=user).delete()[0]


def _records(request: HttpRequest) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = get_authentication_records(request, request.user)
    return records


def _is_recent(request: HttpRequest) -> bool:
    wanted = [one for one in _records(request) if one["method"] == "mfa" or not has_factor(request.user)]
    return any(time.time() - one["at"] < RECENT for one in wanted)
