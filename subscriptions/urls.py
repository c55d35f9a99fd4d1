"""Addresses of subscriptions; those with a token are in mails, so they stay as they are."""

from django.urls import path

from .views import attending, consent, digests, preferences, sign_up

app_name = "subscriptions"

urlpatterns = [
    path("subscribe", sign_up.subscribe, name="subscribe"),
    path("subscribe/", sign_up.subscribe),
    path("subscribe/confirm/<str:token>/", consent.confirm, name="confirm"),
    path("subscribe/preferences/<str:token>/", preferences.preferences, name="preferences"),
    path("subscribe/preferences/<str:token>/data.json", preferences.export, name="export"),
    path("unsubscribe/<str:token>/", consent.unsubscribe, name="unsubscribe"),
    path("unsubscribe/events/<str:token>/", attending.end_mail, name="end_mail"),
    path("<slug:slug>/digest/", digests.archive, name="archive"),
    path("<slug:slug>/digest/feed.atom", digests.feed, name="digests_atom"),
    path("<slug:slug>/digest/<str:week>/", digests.digest, name="digest"),
]
