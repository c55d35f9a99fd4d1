"""What operators' programs may see and do of the site itself: mail, caches, metrics."""

import datetime as dt
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Router, Schema
from ninja.errors import HttpError
from redis.exceptions import RedisError

from nocturne import cache
from nocturne.addresses import address_hashes
from nocturne.answers import Body, Cursor, Limit
from nocturne.cursors import cut
from nocturne.keys import OperatorKey
from nocturne.models import ApiKey, EmailLog
from nocturne.pages import private
from nocturne.valkey import Away
from nocturne.watching.exposition import CONTENT_TYPE, exposed

router = Router()
may_read, may_mail = OperatorKey(ApiKey.Scope.READ), OperatorKey(ApiKey.Scope.MAIL)
may_cache = OperatorKey(ApiKey.Scope.CACHE)


class Mail(Schema):
    """A row of the ledger of all mail."""

    id: int
    kind: str
    state: str
    address: str = Field(description="Empty once it was erased.")
    matter: str = Field(description="What it is about, as digest:7, if that may be mailed once only.")
    why: str = Field(description="Why it failed, waits or was not sent.")
    bounce: str
    attempts: int
    queued_at: dt.datetime
    finished_at: dt.datetime | None
    delivered_at: dt.datetime | None


class Mails(Schema):
    mails: list[Mail]
    next_cursor: str | None


class MailsQuery(Schema):
    state: Literal[tuple(EmailLog.State.values)] | None = None  # type: ignore[valid-type]
    kind: Literal[tuple(EmailLog.Kind.values)] | None = None  # type: ignore[valid-type]
    matter: str | None = Field(None, max_length=120, examples=["digest:7"])
    address: str | None = Field(None, max_length=254, description="All mail to it, also if it was erased.")
    limit: Limit = 50
    cursor: Cursor = None


class Pattern(Body):
    pattern: str = Field(min_length=1, max_length=200, examples=["events:7:*"], description="* stands for any text.")


class Deleted(Schema):
    deleted: int


@router.get("/admin/mails", auth=may_mail, tags=["Operators: mail"], response=Mails, summary="The ledger of mail")
def list_mails(request: HttpRequest, query: Query[MailsQuery]) -> dict[str, Any]:
    """The newest first."""
    found = EmailLog.objects.order_by("-queued_at", "-pk")
    asked = {"state": query.state, "kind": query.kind, "matter": query.matter and query.matter.replace("\0", "")}
    found = found.filter(**{name: value for name, value in asked.items() if value})
    if query.address:
        found = found.filter(hashed__in=address_hashes(query.address))
    shown, more = cut(found, query.cursor, query.limit, order="mails")
    return {"mails": shown, "next_cursor": more}


@router.post(
    "/admin/cache/invalidate",
    auth=may_cache,
    tags=["Operators: the site"],
    response={200: Deleted, 503: None},
    summary="Forget what is cached",
)
def invalidate(request: HttpRequest, asked: Pattern) -> dict[str, int]:
    """Deletes what the cache keeps under the keys that fit, as `manage.py invalidate_cache` does."""
    try:
        return {"deleted": cache.invalidate(asked.pattern)}
    except (Away, RedisError) as error:
        raise HttpError(503, "The cache is away. What it keeps ends within 15 minutes by itself.") from error


@router.get("/admin/metrics", auth=may_read, tags=["Operators: the site"], summary="Metrics, as /metrics has them")
def metrics(request: HttpRequest) -> HttpResponse:
    """As Prometheus reads them."""
    return private(HttpResponse(exposed(), content_type=CONTENT_TYPE))
