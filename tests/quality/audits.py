"""What tests of the audit share: listings to be looked at, and what it says of them."""

import datetime as dt
import json
from io import StringIO
from typing import Any

from django.core.management import call_command

from events.compose import compose
from events.drafts import EventDraft, When, Where
from events.models import Event, Listing, Source
from quality.models import Audit, Finding, Verdict
from tests.factories import make_event, make_listing

NOW = dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC)
TEXT = "Thirty years of Bizarro, played from the first song to the last."
DAY = dt.timedelta(days=1)


def listed(
    title: str = "The Wedding Present", *, source: Source | None = None, night: int = 5, **draft: Any
) -> Listing:
    """A listing with an event of its own, as composing would have it, whatever the rules say of it."""
    start = draft.pop("start", dt.datetime(2026, 12, night, 20))
    where = draft.pop("where", Where(venue="Klub Null", address="Am Wriezener Bahnhof 1"))
    one = EventDraft(
        title=title, when=When(start=start), where=where, description=draft.pop("description", TEXT), **draft
    )
    event = make_event(title, local=start.isoformat(), description=one.description)
    listing = make_listing(event, source=source, draft=one.to_json())
    compose([event.pk], now=NOW)
    return listing


def run(*args: str) -> str:
    out = StringIO()
    call_command("audit_quality", *args, stdout=out, stderr=StringIO())
    return out.getvalue()


def report(*args: str) -> dict[str, Any]:
    return json.loads(run("--json", *args))


def state() -> tuple[Any, ...]:
    tables = (Listing, Finding, Event, Verdict, Audit)
    return tuple(list(table.objects.order_by("pk").values()) for table in tables)


def codes(listing: Listing) -> set[str]:
    return set(listing.findings.values_list("rule", flat=True))
