"""Where mail providers report what became of our mail: /anymail/PROVIDER/tracking/, as django-anymail has it.

That package knows how each of them signs and spells its reports; `reports` follows them.
"""

import datetime as dt
import functools
import logging
from collections.abc import Callable
from typing import Any

import anymail.urls
from anymail.signals import AnymailTrackingEvent, EventType, RejectReason, tracking
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone as clock
from django.views.decorators.csrf import csrf_exempt

from . import reports
from .models import MailReport
from .suppression import is_hard

log = logging.getLogger(__name__)

What = MailReport.What
WHAT = {
    EventType.BOUNCED: What.BOUNCED,
    EventType.REJECTED: What.REJECTED,
    EventType.COMPLAINED: What.COMPLAINED,
    EventType.UNSUBSCRIBED: What.UNSUBSCRIBED,
    EventType.DEFERRED: What.DEFERRED,
    EventType.DELIVERED: What.DELIVERED,
    EventType.FAILED: What.FAILED,
}
# A provider refuses mail to somebody for what was reported before.
BEFORE = {RejectReason.SPAM: What.COMPLAINED, RejectReason.UNSUBSCRIBED: What.UNSUBSCRIBED}
# How providers call a refusal that is not for good, and where; django-anymail does not tell it from the others.
KINDS = ("Type", "type", "event", "bounce_type", "bounceType", "severity")
SOFT = {"softbounce", "soft_bounce", "soft", "blocked", "transient", "temporary"}


@csrf_exempt
def webhook(request: HttpRequest, provider: str) -> HttpResponse:
    """400 for what has not the secret or cannot be read; an error of ours has the provider try again."""
    if not settings.MAIL_PROVIDER or provider != settings.MAIL_PROVIDER:
        raise Http404
    if not settings.MAIL_WEBHOOK_SECRET:
        log.error("Reports of %s are refused: MAIL_WEBHOOK_SECRET is not set.", provider)
        return HttpResponse("MAIL_WEBHOOK_SECRET is not set.", "text/plain", status=403)
    if int(request.META.get("CONTENT_LENGTH") or 0) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        return HttpResponse("Too long.", "text/plain", status=413)
    return _view(provider)(request)


def receive(sender: type, event: AnymailTrackingEvent, esp_name: str, **rest: Any) -> None:
    """Follow an event that the package has read; for its signal `tracking`."""
    what = BEFORE.get(event.reject_reason, WHAT.get(event.event_type))
    if event.event_type not in WHAT or what is None or not event.recipient:
        return
    said = _clean(event.mta_response or event.description)
    at = event.timestamp or clock.now()
    # those that number no events say the same again
    number = event.event_id or (event.event_type, event.message_id, event.recipient, event.timestamp)
    mail_id = str((event.metadata or {}).get("mail_id", ""))
    report = reports.Report(
        what=what,
        event=f"{esp_name} {number}",
        address=_clean(event.recipient),
        at=at if at.tzinfo else at.replace(tzinfo=dt.UTC),
        mail_id=int(mail_id) if mail_id.isascii() and mail_id.isdecimal() and len(mail_id) < 19 else None,
        message_id=_clean(event.message_id),
        why=said or event.reject_reason or "",
        hard=_is_hard(event, said),
    )
    reports.take(report)


def connect() -> None:
    tracking.connect(receive, dispatch_uid="nocturne.webhooks")


def _is_hard(event: AnymailTrackingEvent, said: str) -> bool:
    raw: Any = event.esp_event
    kinds = {str(raw.get(name, "")).lower() for name in KINDS} if hasattr(raw, "get") else set()
    if kinds & SOFT:
        return False
    known = event.reject_reason in (RejectReason.BOUNCED, RejectReason.INVALID) or "bounce" in kinds
    return is_hard(said, unclear=known)


@functools.cache
def _view(provider: str) -> Callable[..., HttpResponse]:
    """The package's view of a provider, but that what it cannot read is a bad request, and not asked for again."""
    name = "mandrill_webhook" if provider == "mandrill" else f"{provider}_tracking_webhook"
    view: Any = next((one.callback for one in anymail.urls.urlpatterns if one.name == name), None)
    if view is None:
        raise Http404

    def parse_events(self: Any, request: HttpRequest) -> Any:
        try:
            return view.view_class.parse_events(self, request)
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise SuspiciousOperation(f"A report of {provider} cannot be read: {error!r}")

    own: Any = type("Webhook", (view.view_class,), {"parse_events": parse_events})
    found: Callable[..., HttpResponse] = own.as_view()
    return found


def _clean(text: Any) -> str:
    """On one line, and without what the database does not take."""
    return " ".join("".join(c if c.isprintable() else " " for c in str(text or "")).split())
