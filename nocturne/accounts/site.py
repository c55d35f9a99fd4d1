"""The site of the admin: open to staff who have given their second factor."""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from nocturne import limits
from nocturne.pages import private, private_page

from .factors import gave_factor, has_factor
from .signing import next_path

# Passwords tried, by account and by who asks; they are there in development only.
PASSWORDS = ("10/15m", "60/h")


class AdminSite(admin.AdminSite):
    site_header = site_title = settings.SITE_NAME
    index_title = "Editors' desk"

    def has_permission(self, request: HttpRequest) -> bool:
        return super().has_permission(request) and (not settings.ADMIN_REQUIRE_MFA or gave_factor(request))

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Lead to what is missing: signing in, setting up a second factor, or giving it."""
        user: Any = request.user
        if user.is_authenticated and user.is_active and not self.has_permission(request):
            if not user.is_staff:
                return private_page("account/not_staff.html", {}, status=403, request=request)
            missing = "account_reauthenticate" if has_factor(user) else "mfa_activate_totp"
            return _lead(missing, request)
        if not settings.DEVELOPMENT and not user.is_authenticated:
            return _lead("account_login", request)
        if request.method == "POST":
            by_account, by_ip = PASSWORDS
            name = request.POST.get("username", "")[:254].lower()
            if seconds := limits.wait(request, "admin-login", [(name or "nobody", by_account), ("", by_ip)]):
                return private(limits.too_many(seconds))
        return super().login(request, extra_context)


def _lead(name: str, request: HttpRequest) -> HttpResponse:
    to = next_path(request) or reverse("admin:index")
    return private(HttpResponseRedirect(f"{reverse(name)}?{urlencode({'next': to})}"))
