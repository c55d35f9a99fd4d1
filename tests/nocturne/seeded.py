"""10,000 rows in each large table, written by PostgreSQL within seconds: enough for its plans to be those of a site."""

import datetime as dt

from django.db import connection, models

from events.models import (
    City,
    Comment,
    CommentReport,
    Decision,
    Event,
    EventChange,
    EventReport,
    Image,
    ImageAddress,
    Listing,
    Source,
    Venue,
)
from nocturne.models import Alert, Change, EmailLog, Suppression, Ticket, User
from quality.models import Finding, Verdict
from scraping.models import Run, Schedule, Submission
from subscriptions.models import Digest, DigestItem, Subscriber, Subscription

ROWS = 10_000
BASE = 1_000_000  # ids begin here, beyond those that migrations gave
NOW = dt.datetime(2026, 12, 4, 18, tzinfo=dt.UTC)
_now, _today, _id, _hash = f"timestamptz '{NOW}'", f"date '{NOW:%Y-%m-%d}'", f"{BASE} + n", "repeat(md5(n::text), 2)"
_address = "'user-' || n || '@example.org'"
_ago, _city, _night = f"{_now} - n * interval '1 minute'", f"{BASE} + 1 + n % 300", f"{_today} + n % 365"
_FORMS = {"DateTimeField": _now, "DateField": _today, "JSONField": "'{}'", "ArrayField": "'{}'"}


def fill(model: type[models.Model], rows: int = ROWS, /, **columns: str) -> None:
    """Rows whose columns are SQL of their number n; what is not given has its default, or is empty."""
    given = {"id": _id, **columns}
    for field in model._meta.concrete_fields:
        if field.column in given or (field.null and not field.has_default()):
            continue
        value = _FORMS.get(field.get_internal_type())
        if value is None:
            value = f"'{field.get_default() if field.has_default() else ''}'"
        given[field.column] = value
    with connection.cursor() as cursor:
        names = ", ".join(f'"{name}"' for name in given)
        cursor.execute(
            f"INSERT INTO {model._meta.db_table} ({names})"
            f" SELECT {', '.join(given.values())} FROM generate_series(1, {rows}) n"
        )


def _every(number: int, value: str, otherwise: str = "NULL") -> str:
    return f"CASE WHEN n % {number} = 0 THEN {value} ELSE {otherwise} END"


def seed() -> None:
    _people()
    _places()
    _events()
    _what_is_said()
    _mail()
    with connection.cursor() as cursor:
        cursor.execute("SELECT gin_clean_pending_list('event_folded_trigrams')")  # as autovacuum does
        cursor.execute("ANALYZE")


def _people() -> None:
    fill(User, email=_address, password="'!'")
    fill(Ticket, kind="'code'", address=_address, expires_at=f"{_now} + n * interval '1 minute'")
    fill(
        Alert,
        key="'source:' || n % 8000",
        opened_at=_ago,
        told_at=_ago,
        resolved_at=f"CASE WHEN n > 20 THEN {_now} END",
    )
    fill(Change, at=_ago, kind="'changed'", model="'events.Source'", object_id="n % 5000", field="'name'")


def _places() -> None:
    where = {"latitude": "30 + n % 50 * 0.5", "longitude": "n / 50 * 0.5"}
    names = {"slug": "'city-' || n", "code": "'de--city-' || n", "folded": "'city ' || n"}
    fill(
        City,
        5000,
        **names,
        **where,
        country="'DE'",
        timezone="'Europe/Berlin'",
        active="n <= 300",
        population="n",
        area_id=_id,
    )
    fill(Venue, city_id=_city, name="'Venue ' || n", slug="'venue-' || n")
    fill(Source, url="'https://' || n || '.example/'", city_id=_city, name="'Source ' || n")
    fill(Schedule, source_id=_id, next_at=f"{_now} + (n - 100) * interval '1 minute'")
    fill(Run, source_id=f"{BASE} + 1 + n % 500", started_at=_ago, status="'changed'", upcoming="9")


def _events() -> None:
    taken = _every(1000, _now)
    fill(Image, hash=_hash, width="9", height="9", bytes="9", taken_down_at=taken)
    url, host = "'https://p.example/' || n", "'h' || n % 300"
    later = f"{_now} + (n - 300) * interval '1 minute'"
    fill(
        ImageAddress,
        url=url,
        host=host,
        image_id=_id,
        next_at=later,
        pending_since=_every(999, _now),
    )
    fill(
        Event,
        root_id=_id,
        city_id=_city,
        venue_id=f"{BASE} + 1 + n % 40",
        starts_at=f"{_now} + n % 365 * interval '1 day'",
        timezone="'Europe/Berlin'",
        night=_night,
        last_night=f"{_night} + {_every(20, '9', '0')}",
        is_run="n % 20 = 0",
        title="'Event ' || n",
        slug="'event-' || n",
        folded="'event ' || md5(n::text)",
        image_id=_id,
        visibility="CASE WHEN n % 100 = 0 THEN 'held' WHEN n / 300 % 2 = 1 THEN 'archived' ELSE 'published' END",
        overrides=_every(99, "jsonb_build_object('image_url', n::text)", "'{}'"),
    )
    fill(
        Listing,
        source_id=f"{BASE} + 1 + n % 300",
        external_id="'id-' || n",
        event_id=_every(200, "NULL", _id),
        city_id=_city,
        draft="jsonb_build_object('title', 'Night ' || n, 'image_url', 'https://p.example/' || n)",
        title="'Event ' || n",
        night=_night,
        last_night=_night,
        starts_at=f"{_now} + (n % 365 - 300) * interval '1 day'",
        timezone="'Europe/Berlin'",
    )
    fill(EventChange, event_id=_id, sequence="1", at=_ago, told_at=_every(999, "NULL", _now))
    fill(
        Finding,
        source_id=_id,
        listing_id=_id,
        key="n::text",
        rule="'rule-' || n % 40",
        severity="'info'",
        first_seen_at=_ago,
    )
    fill(
        Verdict,
        ROWS - 1,
        first_id=_id,
        second_id=f"{_id} + 1",
        outcome=_every(500, "'unsure'", "'same'"),
        score="n % 100",
    )
    fill(Decision, kind=_every(500, "'comment'", "'pair'"), at=_ago)


def _what_is_said() -> None:
    fill(
        Comment,
        event_id=f"{BASE} + 1 + n % 2000",
        user_id=_id,
        name="'Ada'",
        text="'Fine ' || n",
        created_at=f"{_now} - n * interval '1 hour'",
        state="CASE WHEN n % 500 = 0 THEN 'held' WHEN n / 2000 % 2 = 1 THEN 'hidden' ELSE 'live' END",
    )
    settled = _every(500, "NULL", _now)
    fill(CommentReport, comment_id=_id, user_id=_id, hashed=_hash, reason="'spam'", settled_at=settled)
    fill(EventReport, event_id=_id, reason="'when'", at=_ago, settled_at=settled)
    state = "CASE WHEN n % 500 > 0 THEN 'listed' WHEN n % 1000 > 0 THEN 'queued' ELSE 'unconfirmed' END"
    fill(
        Submission,
        email=_every(50, _address, "''"),
        hashed=_hash,
        digest=_hash,
        city_id=_city,
        listing_id=_id,
        last_day=f"{_today} - n % 365",
        state=state,
        created_at=_ago,
        confirmed_at=_ago,
        token_version="1",
    )


def _mail() -> None:
    fill(
        EmailLog,
        kind="'digest'",
        state=_every(500, "'queued'", "'sent'"),
        address=_address,
        hashed=_hash,
        matter=f"'digest:' || {BASE} + n % 200",
        message_id="'<' || n || '@example.org>'",
        queued_at=_ago,
        due_at=_ago,
    )
    fill(Suppression, hashed=_hash, since=_ago)
    fill(Subscriber, email=_address, created_at=_ago)
    confirmed = _every(500, "NULL", _now)
    fill(
        Subscription,
        subscriber_id=_id,
        city_id=_city,
        status=_every(500, "'pending'", "'active'"),
        weekday="n % 7",
        requested_at=f"{_now} - n * interval '1 hour'",  # most of it long ago
        confirmed_at=confirmed,
    )
    week, state = (
        "date '2026-11-30' - n / 300 * 7",
        "CASE WHEN n > 300 THEN 'sent' WHEN n % 30 = 0 THEN 'sending' ELSE 'drafted' END",
    )
    fill(Digest, city_id=_city, week=week, due_at=_ago, released_at=_ago, state=state)
    fill(DigestItem, digest_id=f"{BASE} + 1 + n / 50", event_id=_id, position="n % 50")
