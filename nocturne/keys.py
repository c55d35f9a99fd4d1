"""API keys of programs that act for an operator: ADMIN_API_KEY, for everything, or a named key of the admin."""

import datetime as dt
import hmac
from dataclasses import dataclass
from typing import cast

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone as clock
from ninja.errors import AuthorizationError
from ninja.security import APIKeyHeader

from .models import ApiKey, User

OPERATOR = "ADMIN_API_KEY"
# How exactly it is kept when a key was last used.
USED = dt.timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Operator:
    """Whose key it is that a request came with: `user` is who made it, None of ADMIN_API_KEY."""

    name: str
    scopes: frozenset[str]
    user: User | None


class OperatorKey(APIKeyHeader):
    """Authentication by the header X-API-Key: 401 without a key that is known, 403 if it lacks the scope."""

    param_name = "X-API-Key"

    def __init__(self, scope: ApiKey.Scope) -> None:
        self.scope = scope
        super().__init__()

    def authenticate(self, request: HttpRequest, key: str | None) -> Operator | None:
        operator = _operator(key) if key else None
        if operator and self.scope not in operator.scopes:
            raise AuthorizationError(message=f"This key lacks the scope “{self.scope}”.")
        return operator


def operator_of(request: HttpRequest) -> Operator:
    """Who asks, in a route that OperatorKey guards."""
    return cast(Operator, request.auth)  # type: ignore[attr-defined]


def _operator(key: str) -> Operator | None:
    if settings.ADMIN_API_KEY and hmac.compare_digest(key.encode(), settings.ADMIN_API_KEY.encode()):
        return Operator(OPERATOR, frozenset(ApiKey.Scope.values), None)
    known = ApiKey.objects.select_related("made_by").filter(hashed=ApiKey.hash(key), active=True).first()
    if known is None:
        return None
    now = clock.now()
    if known.last_used_at is None or known.last_used_at < now - USED:
        ApiKey.objects.filter(pk=known.pk).update(last_used_at=now)
    return Operator(known.name, frozenset(known.scopes), known.made_by)
