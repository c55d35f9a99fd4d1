"""The cookie that scripts of public pages can read: that somebody is signed in here, and nothing else.

With it a page asks for the fragments of whoever is signed in. The session, which says who it is, stays closed to
scripts.
"""

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponseBase

NAME = "signed_in"


def middleware(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Sets and deletes the cookie as the session does. It looks at sessions only that the view has looked at."""

    def respond(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        session = request.session
        if not session.accessed:
            return response
        # an account that was deleted or disabled leaves sessions behind
        if SESSION_KEY not in session or not request.user.is_authenticated:
            if NAME in request.COOKIES:
                response.delete_cookie(NAME, samesite=settings.SESSION_COOKIE_SAMESITE)
        elif session.modified or NAME not in request.COOKIES:
            response.set_cookie(
                NAME,
                "1",
                max_age=session.get_expiry_age(),
                secure=settings.SESSION_COOKIE_SECURE,
                samesite=settings.SESSION_COOKIE_SAMESITE,
            )
        return response

    return respond
