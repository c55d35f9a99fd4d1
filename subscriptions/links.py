"""The signed links in mails, and what they let in to."""

import datetime as dt
import functools

from django.urls import reverse

from nocturne.origin import absolute
from nocturne.tokens import BadToken, make_token, read_token

from .models import Subscriber, Subscription

CONFIRM, PREFERENCES, UNSUBSCRIBE = "subscriptions.confirm", "subscriptions.preferences", "subscriptions.unsubscribe"
CONFIRM_DAYS = 3
PREFERENCES_DAYS = 90  # every mail brings a new one


def confirm_url(subscription: Subscription) -> str:
    token = make_token(CONFIRM, subscription.pk, subscription.subscriber.token_version)
    return _url("confirm", token)


def unsubscribe_url(subscription: Subscription) -> str:
    token = make_token(UNSUBSCRIBE, subscription.pk, subscription.subscriber.token_version)
    return _url("unsubscribe", token)


def preferences_url(subscriber: Subscriber) -> str:
    token = make_token(PREFERENCES, subscriber.pk, subscriber.token_version)
    return _url("preferences", token)


def subscription_to_confirm(token: str) -> Subscription:
    """BadToken if the link is no good, or its subscription is not there any more."""
    found = _subscription(CONFIRM, token, max_age=dt.timedelta(days=CONFIRM_DAYS))
    if found is None:
        raise BadToken
    return found


def subscription_to_end(token: str) -> Subscription | None:
    """None if the link is good and its subscription is not there any more; it never expires."""
    return _subscription(UNSUBSCRIBE, token)


def subscriber_of(token: str) -> Subscriber:
    pk, version = read_token(PREFERENCES, token, max_age=dt.timedelta(days=PREFERENCES_DAYS))
    found = Subscriber.objects.filter(pk=pk, token_version=version).first()
    if found is None:
        raise BadToken
    return found


def _url(view: str, token: str) -> str:
    """A mail has two of them, and finding the path takes longer than signing."""
    before, after = _around(view)
    return absolute(f"{before}{token}{after}")


@functools.cache
def _around(view: str) -> tuple[str, str]:
    """What stands before and after the token in the path of a view; no token needs an escape."""
    before, _, after = reverse(f"subscriptions:{view}", args=["token"]).rpartition("token")
    return before, after


def _subscription(purpose: str, token: str, *, max_age: dt.timedelta | None = None) -> Subscription | None:
    pk, version = read_token(purpose, token, max_age=max_age)
    found = Subscription.objects.select_related("subscriber", "city").filter(pk=pk).first()
    if found and found.subscriber.token_version != version:
        raise BadToken
    return found
