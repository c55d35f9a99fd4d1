"""Consent: asked for, given by a link in a mail, withdrawn, forgotten. All of it can be repeated."""

import datetime as dt
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.utils import timezone as clock
from django.utils.translation import gettext

from events.models import City
from nocturne import mail
from nocturne.models import EmailLog

from .models import Subscriber, Subscription

AGAIN = dt.timedelta(minutes=10)  # whoever asks twice within it gets one mail
FORGET = dt.timedelta(days=30)
BATCH = 500
Status = Subscription.Status


def told() -> str:
    """What the page about privacy says of it."""
    return gettext(
        "The weekly mail: your e-mail address, the city, what you want to hear of and on which day, and when and from "
        "which network address you asked and confirmed, which shows that you agreed. Each mail has a link that ends "
        "it, and one to a page where you can delete all of it; until then it is kept. What is never confirmed is "
        "deleted after {days} days."
    ).format(days=FORGET.days)


@transaction.atomic
def ask(
    email: str, city: City, *, search: str = "", weekday: int = 0, ip: str | None = None, now: dt.datetime | None = None
) -> Subscription:
    """Keep what somebody asks for, and queue the mail that asks back; a known address takes the same steps.

    `email` is normalised. A subscription that is confirmed stays as it is: anybody could ask to change it.
    """
    now = now or clock.now()
    Subscriber.objects.bulk_create([Subscriber(email=email, created_at=now)], ignore_conflicts=True)
    subscriber = Subscriber.objects.select_for_update().filter(email=email).first()
    if subscriber is None:  # erased at this moment
        return ask(email, city, search=search, weekday=weekday, ip=ip, now=now)
    asked: dict[str, Any] = {"search": search, "weekday": weekday, "requested_at": now, "requested_ip": ip}
    new = Subscription(subscriber=subscriber, city=city, **asked)
    Subscription.objects.bulk_create([new], ignore_conflicts=True)
    subscription = subscriber.subscriptions.select_related("confirmation").get(city=city)
    if not subscription.is_live:
        for name, value in {**asked, "status": Status.PENDING}.items():
            setattr(subscription, name, value)
    last = subscription.confirmation
    if last is None or last.queued_at <= now - AGAIN:
        mail.replace(last.pk if last else None, now=now)
        subscription.confirmation = mail.queue(EmailLog.Kind.CONFIRMATION, email, now=now)
    subscription.save()
    return subscription


def confirm(subscription: Subscription, *, ip: str | None = None, now: dt.datetime | None = None) -> bool:
    """Begin what was asked for; whether it is there now. What was ended has to be asked for again."""
    return _begin(subscription, (Status.PENDING,), ip=ip, now=now)


def resume(subscription: Subscription, *, ip: str | None = None, now: dt.datetime | None = None) -> bool:
    """Begin again, also what was ended: for those who came by a link that only the address's owner has."""
    return _begin(subscription, (Status.PENDING, Status.PAUSED, Status.ENDED), ip=ip, now=now)


def pause(subscription: Subscription) -> None:
    Subscription.objects.filter(pk=subscription.pk, status=Status.ACTIVE).update(status=Status.PAUSED)
    subscription.refresh_from_db()


def end(subscription: Subscription, *, now: dt.datetime | None = None) -> None:
    """Withdraw consent, whatever the state."""
    rows = Subscription.objects.filter(pk=subscription.pk).exclude(status=Status.ENDED)
    rows.update(status=Status.ENDED, unsubscribed_at=now or clock.now())
    subscription.refresh_from_db()


def end_all(*, address: str, now: dt.datetime | None = None, **rest: Any) -> None:
    """Withdraw the consent of an address to every city; for `nocturne.reports.unsubscribed`."""
    rows = Subscription.objects.filter(subscriber__email=address.lower()).exclude(status=Status.ENDED)
    rows.update(status=Status.ENDED, unsubscribed_at=now or clock.now())


@transaction.atomic
def erase(subscriber: Subscriber) -> None:
    """Delete somebody really. The ledger keeps hashes: no issue is mailed twice, and no complaint is forgotten."""
    mail.erase([subscriber.email])
    _erase_log(subscriber)
    subscriber.delete()


def erase_address(email: str) -> None:
    """Delete whoever subscribed with this address."""
    for subscriber in Subscriber.objects.filter(email=email.lower()):
        erase(subscriber)


@transaction.atomic
def forget(*, now: dt.datetime | None = None) -> int:
    """Delete what was asked for long ago and never confirmed, with the address if it has nothing else; how many."""
    before = (now or clock.now()) - FORGET
    old = Subscription.objects.filter(requested_at__lt=before)
    # who had confirmed before, and asked again after the end, is back at the end
    old.filter(status=Status.PENDING, confirmed_at__isnull=False).update(status=Status.ENDED)
    due = Subscription.objects.forgotten(before).values("subscriber")
    # whoever asks again at this moment waits, and is new
    subscribers = list(Subscriber.objects.select_for_update(skip_locked=True).filter(pk__in=due)[:BATCH])
    forgotten, _ = Subscription.objects.forgotten(before).filter(subscriber__in=subscribers).delete()
    for subscriber in Subscriber.objects.filter(pk__in=[row.pk for row in subscribers], subscriptions=None):
        erase(subscriber)
    return forgotten


def _begin(subscription: Subscription, states: tuple[str, ...], *, ip: str | None, now: dt.datetime | None) -> bool:
    now = now or clock.now()
    rows = Subscription.objects.filter(pk=subscription.pk, status__in=states)
    with transaction.atomic():
        rows.update(status=Status.ACTIVE, confirmed_at=now, confirmed_ip=ip, unsubscribed_at=None)
        Subscriber.objects.filter(pk=subscription.subscriber_id, confirmed_at=None).update(confirmed_at=now)
    subscription.refresh_from_db()
    return subscription.is_live


def _erase_log(subscriber: Subscriber) -> None:
    """Take the address out of the log of what editors did."""
    kind = ContentType.objects.get_for_model(Subscriber)
    rows = LogEntry.objects.filter(content_type=kind, object_id=str(subscriber.pk))
    rows.update(object_repr="an erased address", change_message="")
