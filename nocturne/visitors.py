"""Visitors who have signed in, as the API knows them: by the session of their browser, on our own pages."""

from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest
from ninja.errors import HttpError
from ninja.security.base import AuthBase

from .models import User
from .origin import is_same_origin


class SignedIn(AuthBase):
    """401 without a session. A page of another site has no business with it: 403, whoever is signed in."""

    openapi_type = "apiKey"
    openapi_in = "cookie"
    openapi_name = settings.SESSION_COOKIE_NAME

    def __call__(self, request: HttpRequest) -> Any:
        if not is_same_origin(request):
            raise HttpError(403, "Pages of other sites may not send this.")
        if not request.user.is_authenticated:
            raise HttpError(401, "Sign in on the site first.")
        return request.user


def visitor_of(request: HttpRequest) -> User:
    """Who asks, in a route that SignedIn guards."""
    return cast(User, request.auth)  # type: ignore[attr-defined]
