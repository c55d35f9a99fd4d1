"""The one mail of the double opt-in; to a subscriber of that city already, the link to the preferences instead."""

import datetime as dt

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone as clock
from django.utils.translation import gettext as _

from nocturne import mail
from nocturne.models import EmailLog

from . import links, searches
from .models import Subscription


def send_confirmation(subscription_id: int, *, now: dt.datetime | None = None) -> str:
    """Send what a subscription has queued, if it is due; the state of that mail, "" if there is none."""
    rows = Subscription.objects.select_related("subscriber", "city", "confirmation")
    subscription = rows.filter(pk=subscription_id).first()
    if subscription is None or subscription.confirmation is None:
        return ""
    return mail.send(subscription.confirmation, lambda row: _write(subscription, row.address), now=now)


def unsent(now: dt.datetime | None = None) -> list[int]:
    """Subscriptions whose mail is due and was not sent: the queue was away, or the mail server was."""
    now = now or clock.now()
    due = {"confirmation__state": EmailLog.State.QUEUED, "confirmation__due_at__lte": now - dt.timedelta(seconds=30)}
    return list(Subscription.objects.filter(**due).order_by("confirmation__due_at").values_list("pk", flat=True)[:500])


def _write(subscription: Subscription, address: str) -> mail.Mail | None:
    if subscription.status == Subscription.Status.ENDED:
        return None
    unsubscribe = links.unsubscribe_url(subscription)
    city = subscription.city
    context = {
        "site_name": settings.SITE_NAME,
        "site_url": settings.SITE_URL,
        "city": city,
        "day": subscription.get_weekday_display(),
        "words": searches.own_words(searches.search_of(subscription.search, city)),
        "days": links.CONFIRM_DAYS,
        "known": subscription.is_live,
        "paused": subscription.status == Subscription.Status.PAUSED,
        "confirm_url": links.confirm_url(subscription),
        "preferences_url": links.preferences_url(subscription.subscriber),
        "unsubscribe_url": unsubscribe,
    }
    subject = _("Your mail about %(city)s") if subscription.is_live else _("Please confirm: %(city)s by mail")
    return mail.Mail(
        address,
        f"{subject % {'city': city.name}} · {settings.SITE_NAME}",
        text=render_to_string("subscriptions/mail/confirm.txt", context),
        html=render_to_string("subscriptions/mail/confirm.html", context),
        headers=mail.unsubscribe_headers(unsubscribe),
    )
