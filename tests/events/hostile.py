"""What a publisher could write into each field of an event, and into the rows around it."""

import datetime as dt
from decimal import Decimal
from typing import Any

from events.drafts import EventDraft, Price, Problem, When, Where
from events.models import Event, EventChange, Listing
from tests.factories import make_city, make_event, make_listing, make_source, make_venue

MARKUP = (
    "\"'><script>alert(1)</script><img src=x onerror=alert(2)><svg/onload=alert(3)>"
    "</title></textarea></script><!--<script>\u2028\u2029{{7*7}}{% now 'Y' %}"
)
LINKS = (
    "See https://example.org/?a=1&b=<b>\"onmouseover=alert(4)// and javascript:alert(5) or www.example.org/'><b>x "
    "mail a@example.org http://[::1 http://exa mple.org data:text/html,<script>alert(6)</script>"
)
SCRIPT_URLS = (
    "javascript:alert(7)",
    "JaVaScRiPt:alert(8)",
    " javascript:alert(9)",
    "data:text/html,<script>alert(10)</script>",
    "//evil.example/x",
    "vbscript:msgbox(11)",
)
QUOTED_URL = "https://example.org/\"onclick=alert(12)//'><script>alert(13)</script>"


def hostile_event(*, url: str = QUOTED_URL, **columns: Any) -> Event:
    """An event of tonight that says the worst in each of its fields, past all that normalising does."""
    city = make_city()
    now = dt.datetime.now(dt.UTC)
    venue = make_venue(MARKUP[:200], city=city, address=MARKUP)
    event = make_event(
        MARKUP,
        **{
            "local": f"{city.tonight()}T21:00",
            "venue": venue,
            "address": MARKUP,
            "description": f"{MARKUP}\n\n{LINKS}",
            "organizer": MARKUP,
            "performers": [MARKUP, "</script>"],
            "url": url,
            "image_url": url,
            "category": "music",
            "price_min": Decimal(5),
            "currency": "<b>",
            "language": "<b>",
            "status": "postponed",
            "source_count": 2,
            **columns,
        },
    )
    source = make_source(city=city, name=MARKUP[:190], publisher=MARKUP[:190], homepage=url)
    listing = make_listing(event, source=source, title=MARKUP + "!", url=url, external_id=MARKUP[:200])
    draft = EventDraft(
        title=MARKUP + "!",
        when=When(start=event.local_start.replace(tzinfo=None) + dt.timedelta(hours=1), timezone=event.timezone),
        where=Where(venue=MARKUP + "!", address=MARKUP, locality=MARKUP, country="<b>"),
        price=Price(minimum=Decimal(7), currency="<i>"),
        description=LINKS,
        organizer=MARKUP,
        performers=(MARKUP,),
        categories=("<b>",),
        url=url,
        image_url=url,
        status="cancelled",
        problems=(Problem(code="<b>", message=MARKUP),),
    )
    Listing.objects.filter(pk=listing.pk).update(draft=draft.to_json(), venue=make_venue("<b>Other</b>", city=city))
    EventChange.objects.create(
        event=event,
        sequence=1,
        at=now,
        before={"venue": MARKUP, "status": "<b>"},
        after={"venue": "</script><script>alert(14)</script>", "status": "<script>alert(15)</script>"},
    )
    return event
