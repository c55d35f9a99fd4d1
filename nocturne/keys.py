"""API keys of programs that act for an operator: ADMIN_API_KEY, or a named key of the admin."""

import hmac

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone as clock
from ninja.security import APIKeyHeader

from .models import ApiKey

OPERATOR = "ADMIN_API_KEY"


class OperatorKey(APIKeyHeader):
    """Authentication by the header X-API-Key; the name of the key is `request.auth`."""

    param_name = "X-API-Key"

    def authenticate(self, request: HttpRequest, key: str | None) -> str | None:
        if not key:
            return None
        if settings.ADMIN_API_KEY and hmac.compare_digest(key.encode(), settings.ADMIN_API_KEY.encode()):
            return OPERATOR
        known = ApiKey.objects.filter(hashed=ApiKey.hash(key), active=True).first()
        if known is None:
            return None
        ApiKey.objects.filter(pk=known.pk).update(last_used_at=clock.now())
        return known.name
