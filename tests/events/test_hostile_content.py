"""Whatever a publisher writes is shown as the text that it is: on pages, in calendars, in data for search engines."""

import json
import re
from typing import Any

import icalendar
import pytest
from django.test import Client
from selectolax.lexbor import LexborHTMLParser

from events.models import Event
from tests.events.hostile import MARKUP, QUOTED_URL, SCRIPT_URLS, hostile_event
from tests.factories import make_city, make_event
from tests.html import parsed

pytestmark = pytest.mark.django_db
ALLOWED = re.compile(r"^(https?://|mailto:|webcal://127.0.0.1:8000/|/|\?|#)")


def addresses(event: Event) -> list[str]:
    """Every public page and fragment that shows an event."""
    assert event.venue
    return [
        *("/", "/?q=%3Cscript%3Ealert(1)%3C/script%3E", "/berlin/", "/berlin/list", "/berlin/?category=music"),
        "/berlin/?q=%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E&when=%3Cb%3E&category=%3Cb%3E&price=%3Cb%3E&page=%3Cb%3E",
        *(event.get_absolute_url(), event.venue.get_absolute_url()),
        *("/embed/berlin/", f"/embed{event.venue.get_absolute_url()}"),
    ]


def assert_inert(tree: LexborHTMLParser, where: str) -> None:
    """No element, attribute or address of the page comes from what was written into a field."""
    assert not [n for n in tree.css("script:not([type])") if not (n.attributes.get("src") or "").startswith("/static/")]
    types = [node.attributes["type"] for node in tree.css("script[type]")]
    assert types in ([], ["application/ld+json"], ["application/ld+json"] * 2), where
    assert not tree.css(
        "img, b:not(.counts b), i, iframe, object, embed, base, style, [style], textarea:not(#comment-text)"
    ), where
    assert not tree.css("svg:not([aria-hidden=true])"), where  # ours are ornaments
    assert not [name for node in tree.css("*") for name in node.attributes if name.startswith("on")], where
    for node in tree.css("[href], [src], [action], [hx-get]"):
        for name in ("href", "src", "action", "hx-get"):
            value = node.attributes.get(name)
            assert value is None or ALLOWED.match(value), (where, value)
            assert not (value or "").startswith("//"), (where, value)


def test_markup_in_any_field_stays_text_on_every_page(client: Client) -> None:
    event = hostile_event()
    for address in addresses(event):
        response = client.get(address)
        assert response.status_code == 200, address
        assert_inert(parsed(response), address)
    page = parsed(client.get(event.get_absolute_url()))
    assert page.css_first("h1").text() == MARKUP
    assert "{{7*7}}" in page.css_first("h1").text()


@pytest.mark.parametrize("url", SCRIPT_URLS)
def test_an_address_that_is_no_web_address_is_no_link(client: Client, url: str) -> None:
    event = hostile_event(url=url)
    tree = parsed(client.get(event.get_absolute_url()))
    assert_inert(tree, url)
    assert not [node for node in tree.css("a") if (node.attributes["href"] or "").strip() == url.strip()]


def test_json_ld_holds_the_words_and_cannot_be_left(client: Client) -> None:
    event = hostile_event(price_min=None, is_free=True)
    raw = client.get(event.get_absolute_url()).content.decode()
    block = raw.split('<script type="application/ld+json">')[1].split("</script>")[0]
    assert not set("<>&") & set(block)
    data = json.loads(block)
    assert data["name"] == MARKUP
    assert data["performer"][1]["name"] == "</script>"


def test_a_calendar_keeps_markup_and_line_breaks_inside_their_property(client: Client) -> None:
    title = f"{MARKUP}\r\nEND:VEVENT\nBEGIN:VALARM\rATTACH:x;y,z\\n\u0085\u2028\x0b"
    event = hostile_event(description=f"{title}\nDTSTART:19700101T000000Z\r\nX-EVIL:1")
    Event.objects.filter(pk=event.pk).update(title=title[:300], organizer=title[:200])
    for address in (f"{event.get_absolute_url()[:-1]}.ics", "/berlin/calendar.ics"):
        response = client.get(address)
        for line in response.content.split(b"\r\n"):
            assert len(line) <= 75
            assert b"\n" not in line
            assert b"\r" not in line
        calendar: Any = icalendar.Calendar.from_ical(response.content)
        [found] = calendar.walk("VEVENT")
        assert not calendar.walk("VALARM")
        assert "X-EVIL" not in found
        assert str(found["SUMMARY"]).startswith(MARKUP)
        assert "END:VEVENT" in str(found["SUMMARY"])


def test_lines_of_a_calendar_are_folded_between_characters(client: Client) -> None:
    title = "🕺🏽💃🏿👩‍👩‍👧‍👦" * 20
    event = make_event(title, description="é🎷" * 900)
    content = client.get(f"{event.get_absolute_url()[:-1]}.ics").content
    lines = content.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    for line in lines:
        line.decode()
    [found] = icalendar.Calendar.from_ical(content).walk("VEVENT")
    assert str(found["SUMMARY"]) == title


def test_a_search_says_back_what_was_asked_as_text(client: Client) -> None:
    make_city()
    tree = parsed(client.get("/berlin/", {"q": '"><script>alert(1)</script>', "when": "<b>", "source": "<b>"}))
    assert_inert(tree, "search")
    assert tree.css_first("#q").attributes["value"] == '"><script>alert(1)</script>'


def test_the_link_of_a_publisher_keeps_its_quotes_to_itself(client: Client) -> None:
    event = hostile_event()
    tree = parsed(client.get(event.get_absolute_url()))
    assert tree.css_first("a.go").attributes["href"] == QUOTED_URL
