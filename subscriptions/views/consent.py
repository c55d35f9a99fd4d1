"""Confirming and unsubscribing: programs that follow links change nothing, a button does."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from nocturne.client import client_ip
from nocturne.origin import same_origin
from nocturne.pages import private_page
from nocturne.tokens import BadToken
from subscriptions import consent, links, searches
from subscriptions.models import Subscription


@require_http_methods(["GET", "HEAD", "POST"])
@same_origin
def confirm(request: HttpRequest, token: str) -> HttpResponseBase:
    try:
        subscription = links.subscription_to_confirm(token)
    except BadToken as bad:
        return bad_link(bad)
    if request.method == "POST":
        consent.confirm(subscription, ip=client_ip(request))
    context = {
        "subscription": subscription,
        "city": subscription.city,
        "words": searches.words(searches.search_of(subscription.search, subscription.city)),
        "preferences_url": links.preferences_url(subscription.subscriber) if subscription.is_live else "",
    }
    return private_page("subscriptions/confirm.html", context)


@csrf_exempt  # RFC 8058: the post comes from the mail provider
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponseBase:
    try:
        subscription = links.subscription_to_end(token)
    except BadToken as bad:
        return bad_link(bad)
    others = _others(subscription) if subscription else []
    if request.method == "POST" and subscription:
        consent.end(subscription)  # first of all: what was posted may not be readable
        for row in others if request.POST.get("all") else ():
            consent.end(row)
        others = _others(subscription)
    ended = subscription is None or subscription.status == Subscription.Status.ENDED
    city = subscription.city if subscription else None
    return private_page("subscriptions/unsubscribe.html", {"ended": ended, "city": city, "others": others})


def bad_link(bad: BadToken) -> HttpResponse:
    return private_page("subscriptions/bad_link.html", {"expired": bad.expired}, status=410)


def _others(subscription: Subscription) -> list[Subscription]:
    rows = Subscription.objects.filter(subscriber=subscription.subscriber_id).exclude(pk=subscription.pk)
    return list(rows.exclude(status=Subscription.Status.ENDED).select_related("city").order_by("city__name"))
