"""Subscribers for tests, and the links of their mails as paths."""

from typing import Any
from urllib.parse import urlsplit

from django.utils import timezone as clock

from events.models import City
from subscriptions.models import Subscriber, Subscription
from tests.factories import make_city

ADA = "ada@example.org"


def make_subscription(email: str = ADA, *, city: City | None = None, **columns: Any) -> Subscription:
    """An active one, unless told otherwise."""
    now = clock.now()
    status = columns.get("status", "active")
    known = {} if status == "pending" else {"confirmed_at": now}
    subscriber, _ = Subscriber.objects.get_or_create(email=email, defaults=known)
    confirmed = {} if status == "pending" else {"confirmed_at": now, "confirmed_ip": "192.0.2.7"}
    values = {"requested_at": now, "requested_ip": "192.0.2.7", **confirmed, "status": status, **columns}
    return Subscription.objects.create(subscriber=subscriber, city=city or make_city(), **values)


def path_of(url: str) -> str:
    return urlsplit(url).path


def subscribe(count: int, **columns: Any) -> list[Subscription]:
    return [make_subscription(f"reader-{n}@example.org", **columns) for n in range(count)]
