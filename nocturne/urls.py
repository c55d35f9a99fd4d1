"""All addresses. The public pages come last: a city's slug may stand where nothing else does."""

from django.conf import settings
from django.contrib import admin
from django.contrib.auth import views as auth
from django.urls import URLPattern, URLResolver, include, path

from nocturne import offline, version
from nocturne.admin import status
from nocturne.api import api
from nocturne.api_reference import reference
from nocturne.passwords import PasswordResetForm
from nocturne.watching import views as watching
from nocturne.webhooks import webhook

handler400 = "nocturne.pages.bad_request"
handler404 = "nocturne.pages.not_found"
# Passwords open nothing outside development.
passwords = [
    path(
        "admin/password_reset/",
        auth.PasswordResetView.as_view(form_class=PasswordResetForm),
        name="admin_password_reset",
    ),
    path("admin/password_reset/done/", auth.PasswordResetDoneView.as_view(), name="password_reset_done"),
    path("admin/reset/<uidb64>/<token>/", auth.PasswordResetConfirmView.as_view(), name="password_reset_confirm"),
    path("admin/reset/done/", auth.PasswordResetCompleteView.as_view(), name="password_reset_complete"),
]
urlpatterns: list[URLPattern | URLResolver] = [
    *(passwords if settings.DEVELOPMENT else []),
    path("account/", include("nocturne.accounts.urls")),
    path("admin/desk/", include("quality.admin.urls")),
    path("admin/status/", status.status, name="admin_status"),
    path("admin/", admin.site.urls),
    path("api/docs", reference, name="api_docs"),
    path("api/", api.urls),
    path("health", watching.report, name="health"),
    path("health/live", watching.live, name="health_live"),
    path("health/ready", watching.ready, name="health_ready"),
    path("metrics", watching.metrics, name="metrics"),
    path("version", version.version, name="version"),
    path("worker.js", offline.worker, name="worker"),
    path("manifest.webmanifest", offline.manifest, name="manifest"),
    path("offline/", offline.offline, name="offline"),
    path("favicon.ico", offline.favicon, name="favicon"),
    path("anymail/<str:provider>/tracking/", webhook, name="mail_webhook"),
]
if settings.DEVELOPMENT:
    from nocturne.dev import mail

    urlpatterns += [
        path("dev/mail/", mail.mails, name="dev_mails"),
        path("dev/mail/<str:name>/<int:number>/", mail.mail, name="dev_mail"),
        path("dev/mail/<str:name>/<int:number>/html", mail.html, name="dev_mail_html"),
    ]
urlpatterns += [
    path("", include("scraping.urls")),
    path("", include("subscriptions.urls")),
    path("", include("events.urls")),
]
