"""Who is answerable for what a request changes."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from . import by

type Response = Callable[[HttpRequest], HttpResponseBase]


def middleware(get_response: Response) -> Response:
    def respond(request: HttpRequest) -> HttpResponseBase:
        with by(lambda: actor_of(request)):
            return get_response(request)

    return respond


def actor_of(request: HttpRequest) -> str:
    """The address of staff, the name of a key, the number of a visitor who has signed in; "" of others."""
    from nocturne.keys import Operator

    operator = getattr(request, "auth", None)
    if isinstance(operator, Operator):
        return f"key {operator.name}"
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return ""
    return user.email if user.is_staff else f"user {user.pk}"
