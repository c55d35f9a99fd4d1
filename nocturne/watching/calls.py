"""What the operator wants to be called: the webhook of alerts, and the heartbeat of a service that misses it.

The addresses are the operator's own, so that they may be private ones; what they answer is not read. Neither is
written to a log: they hold tokens.
"""

import logging
from typing import Any
from urllib.parse import urlsplit

import httpx2
from django.conf import settings

log = logging.getLogger(__name__)
SECONDS = 5.0
TRIES = 2


def heartbeat() -> bool:
    """Say that the site watches itself; whether somebody has heard it, or nobody wants to."""
    return not settings.HEARTBEAT_URL or _call("HEARTBEAT_URL", settings.HEARTBEAT_URL)


def webhook(body: dict[str, Any]) -> bool:
    """Post an alert; whether it was taken, or nobody wants it."""
    url = settings.ALERT_WEBHOOK_URL
    return not url or any(_call("ALERT_WEBHOOK_URL", url, body=body) for _ in range(TRIES))


def _call(setting: str, url: str, *, body: dict[str, Any] | None = None) -> bool:
    try:
        with httpx2.Client(trust_env=False, timeout=SECONDS, headers={"User-Agent": settings.FETCH_USER_AGENT}) as one:
            answer = one.get(url) if body is None else one.post(url, json=body)
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
        log.warning("%s (%s) was not reached: %s.", setting, urlsplit(url).hostname, type(error).__name__)
        return False
    if not answer.is_success:
        log.warning("%s (%s) answered %s.", setting, urlsplit(url).hostname, answer.status_code)
    return bool(answer.is_success)
