"""A plan as HTML and text."""

import datetime as dt
import re
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from events.models import Event, EventChange
from subscriptions import digests, rendering
from subscriptions.models import Digest
from subscriptions.rendering import Issue
from tests.factories import make_city, make_event, make_venue

from .issues import MONDAY, NINE, make_night, make_week
from .people import make_subscription

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _monday() -> Any:
    with time_machine.travel(NINE, tick=False):
        yield


def issue(query: str = "", **columns: Any) -> Issue:
    digest = digests.draft(make_city(), now=NINE)
    Digest.objects.filter(pk=digest.pk).update(**columns)
    digest.refresh_from_db()
    search = digests.search_of(digest, query)
    return rendering.issue(digest, digests.plan_of(digest, search, now=NINE), search, query)


def test_each_event_has_its_link_time_venue_and_price() -> None:
    klub = make_venue("Klub Null")
    event = make_night("Ada Blum", 4, venue=klub, price_min=Decimal(12), price_max=Decimal(12), currency="EUR")
    late = make_event("Late", local="2026-12-05T01:00", venue=klub)
    sold = make_night("Full house", 2, status="sold_out")
    made = issue()
    for text in (made.html, made.text):
        for row in (event, late, sold):
            assert f"https://nocturne.example{row.get_absolute_url()}" in text
        for words in ("Ada Blum", "20:00", "Klub Null", "€12", "01:00 (Sat 5 Dec)", "Full house", "(Sold out)"):
            assert words in text
    assert made.subject.startswith("Berlin: Full house, Ada Blum and more")


def test_nothing_that_was_scraped_is_markup_or_a_header() -> None:
    make_night('<img src=x onerror=alert(1)>\r\nBcc: eve@example.org"&amp;', 1, venue=make_venue("<b>Klub</b>"))
    made = issue(intro="<script>1</script>")
    assert not re.search(r"<(img|script|b)\b", made.html)
    assert "<img src=x onerror=alert(1)>" in made.text
    message = made.mail_to(make_subscription()).message()
    assert message["Bcc"] is None
    assert "\n" not in message["Subject"]


def test_a_full_mail_is_under_100_kb_with_the_longest_of_everything() -> None:
    for n in range(60):
        title = f"{n} " + "𝄞ö" * 149
        place = make_venue(f"{n} " + "長い" * 90)
        event = make_night(title[:300], n % 7, venue=place, price_min=Decimal("1234567.89"), currency="EUR")
        Event.objects.filter(pk=event.pk).update(slug="ö" * 80)
        if n < 12:
            EventChange.objects.create(event=event, sequence=1, before={"venue": "長" * 200}, after={})
    made = issue(intro="ö" * 2000)
    message = made.mail_to(make_subscription()).message().as_bytes()
    assert len(made.html.encode()) < 100_000
    assert len(made.text.encode()) < 100_000
    assert b"\r" not in message or max(map(len, message.split(b"\r\n"))) <= 998


def test_it_asks_nobody_and_knows_its_own_site_only() -> None:
    make_week(9)
    made = issue()
    assert not re.findall(r"<(img|link|script|iframe|form)\b|url\(|@import", made.html)
    assert set(re.findall(r"https?://([^/\"\s]+)", made.html)) == {"nocturne.example"}


def test_only_the_links_differ_from_subscriber_to_subscriber() -> None:
    make_week(3)
    made = issue()
    first, second = (make_subscription(f"{n}@example.org") for n in "ab")
    bodies = [made.mail_to(row).body for row in (first, second)]
    plain = [re.sub(r"https://\S+/(unsubscribe|preferences)/\S+", "", text) for text in bodies]
    assert bodies[0] != bodies[1]
    assert plain[0] == plain[1]
    assert "/unsubscribe/" in bodies[0]


def test_little_on_is_said_honestly() -> None:
    make_night("The only one", 3, category="music")
    assert "One event is listed for these days." in issue().text
    make_night("Another", 3)
    assert "Only 2 events are listed for these days." in issue().html
    narrowed = issue("category=music")
    assert "One event is listed that match what" not in narrowed.text
    assert "One event is listed for these days that matches what you asked for." in narrowed.text
    assert "Only: Music" in narrowed.text


def test_what_moved_says_from_where_to_where() -> None:
    event = make_night("Moved", 3, venue=make_venue("New place"))
    before = {"starts_at": "2026-12-02T19:00:00+00:00", "venue": "Old place"}
    EventChange.objects.create(event=event, sequence=1, at=NINE - dt.timedelta(days=1), before=before, after={})
    make_night("Something else", 4)
    text = " ".join(issue().text.split())
    assert "Moved: Moved was Wed 2 Dec, 20:00, Old place; now Thu 3 Dec, 20:00 CET, New place" in text


def test_the_last_issue_decides_what_is_new() -> None:
    make_week(9)
    Event.objects.update(created_at=NINE - dt.timedelta(days=9))
    before = digests.draft(make_city(), now=NINE - dt.timedelta(days=7))
    digests.release(before, now=NINE - dt.timedelta(days=7))
    assert before.state == "released"
    make_night("Just announced", 5, created_at=NINE - dt.timedelta(hours=2), score=50)
    text = issue().text
    assert (
        text.index("PICKS") < text.index("NEW SINCE LAST WEEK") < text.index("Just announced") < text.index("ALSO ON")
    )


def test_it_is_readable_by_programs_that_read_aloud() -> None:
    make_week(12)
    html = issue().html
    assert '<html lang="en">' in html
    assert re.findall(r"<h(\d)", html)[:2] == ["1", "2"]
    assert "prefers-color-scheme:dark" in html
    assert MONDAY.isoformat() in html  # the web version
