"""Ending a kind of mail to those who go, by the link in each: a button does it, or the mail program's own."""

from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from events import rsvps
from nocturne.pages import private_page
from nocturne.tokens import BadToken
from subscriptions import attending

from .consent import bad_link


@csrf_exempt  # RFC 8058: the post comes from the mail provider
@require_http_methods(["GET", "HEAD", "POST"])
def end_mail(request: HttpRequest, token: str) -> HttpResponseBase:
    try:
        ending = attending.ending_of(token)
    except BadToken as bad:
        return bad_link(bad)
    choice = attending.CHOICES[ending.kind]
    if request.method == "POST" and ending.user:
        rsvps.choose(ending.user, **{choice: False})
    ended = ending.user is None or not getattr(rsvps.attendee(ending.user), choice)
    return private_page("subscriptions/end_mail.html", {"kind": ending.kind.value, "ended": ended})
