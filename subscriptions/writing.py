"""The mails of an issue: each search rendered once, each reader's links put in."""

import datetime as dt
import secrets
import time
import uuid
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils import timezone as clock

from nocturne import mail
from nocturne.cache import generation
from nocturne.models import EmailLog
from nocturne.origin import host
from nocturne.prebuilt import Prebuilt
from nocturne.smtp import Ready

from . import digests, links, rendering
from .models import Digest, Subscription
from .rendering import Issue

MAX_ISSUES = 50  # searches whose rendering is kept; mails go in the order of their searches
FRESH = 1.0  # seconds for which it is not asked whether the city's events are as they were

NOT_ASKED = "Unsubscribed, paused or moved to another city meanwhile."
NOTHING_ON = "Nothing is on that matches the search."
OVER = "The week was over."

# What must hold when a mail is claimed: whoever unsubscribes before that gets none.
STILL_ASKED = """EXISTS (
    SELECT FROM subscriptions_subscription WHERE id = $6 AND city_id = $7 AND status = 'active'
)"""


@dataclass(frozen=True, slots=True)
class _Rendered:
    """An issue for a search; its bytes are there if the mailer takes such."""

    issue: Issue
    prebuilt: Prebuilt | None


class Writer:
    """Writes mails, each search once for as long as the city's events stay as they are.

    With `as_bytes` they are made ready for the wire, unless an address is so odd that it needs the email package.
    """

    def __init__(self, digest: Digest, now: dt.datetime | None = None, *, as_bytes: bool = False) -> None:
        self.why = ""
        self._digest = digest
        self._now = now
        self._as_bytes = as_bytes
        self._host = host()
        self._rendered: OrderedDict[tuple[object, ...], _Rendered | None] = OrderedDict()
        self._subscriptions: dict[str, Subscription] = {}
        self._generation = ("", 0.0)

    def look_up(self, rows: Sequence[EmailLog]) -> None:
        """Read the subscriptions of the rows that are written next."""
        found = recipients(self._digest).filter(subscriber__email__in=[row.address for row in rows])
        self._subscriptions = {one.subscriber.email: one for one in found}

    def write(self, row: EmailLog) -> mail.Mail | Ready | None:
        """The mail of a row that was looked up, None with `why` if there is none for it."""
        self.why = ""
        now = self._now or clock.now()
        if digests.is_over(self._digest, now):
            self.why = OVER
            return None
        subscription = self._subscriptions.get(row.address)
        if subscription is None:
            self.why = NOT_ASKED
            return None
        rendered = self._render(subscription.search, now)
        if rendered is None:
            self.why = NOTHING_ON
            return None
        given = subscription.pk, self._digest.city_id
        if rendered.prebuilt and rendered.prebuilt.fits(row.address):
            return self._ready(row, subscription, rendered, now, given)
        message = rendered.issue.mail_to(subscription)
        message.given = given
        return message

    def _ready(
        self, row: EmailLog, subscription: Subscription, rendered: _Rendered, now: dt.datetime, given: tuple[int, int]
    ) -> Ready:
        assert rendered.prebuilt
        unsubscribe = links.unsubscribe_url(subscription)
        issue = rendered.issue
        return rendered.prebuilt.to(
            row.address,
            {issue.preferences: links.preferences_url(subscription.subscriber), issue.unsubscribe: unsubscribe},
            message_id=f"<{row.pk}.{secrets.token_hex(8)}@{self._host}>",
            unsubscribe=unsubscribe,
            now=now,
            given=given,
        )

    def _render(self, query: str, now: dt.datetime) -> _Rendered | None:
        key = (query, self._fresh())
        if key in self._rendered:
            self._rendered.move_to_end(key)
            return self._rendered[key]
        search = digests.search_of(self._digest, query)
        plan = digests.plan_of(self._digest, search, now=now)
        rendered = None
        if not plan.is_empty:
            issue = rendering.issue(self._digest, plan, search, query)
            rendered = _Rendered(issue, issue.prebuilt() if self._as_bytes else None)
        self._rendered[key] = rendered
        while len(self._rendered) > MAX_ISSUES:
            self._rendered.popitem(last=False)
        return rendered

    def _fresh(self) -> str:
        """What the city's events are known by. It lasts for minutes only; without one nothing is as it was."""
        known, at = self._generation
        if not known or time.monotonic() - at > FRESH:
            known = generation(self._digest.city_id)
            self._generation = known, time.monotonic()
        return known or uuid.uuid4().hex


def recipients(digest: Digest, *, weekdays: range = range(7)) -> QuerySet[Subscription]:
    """Active subscribers of its city, by the days of the week on which they want it."""
    rows = Subscription.objects.active().filter(city=digest.city_id, weekday__in=weekdays)
    return rows.select_related("subscriber")
