"""That all that visitors read is in the site's language, and how each language says dates, times and prices."""

import datetime as dt
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from gettext import NullTranslations
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import translation
from django.utils.translation import trans_real
from selectolax.lexbor import LexborHTMLParser

from events.dates import night_words, span_words, when_words
from events.models import Event, EventChange, Rsvp
from events.prices import amount, price_words
from events.publishers import change
from nocturne.models import User
from subscriptions import attending, confirmation, consent, digests, rendering
from subscriptions.models import Digest, Subscription
from tests.factories import make_city, make_event
from tests.html import parsed, text_of
from tests.mailservers import MailServer
from tests.subscriptions.issues import body
from tests.subscriptions.people import make_subscription
from tests.whole_site import NOW, WholeSite, make_whole_site, names_of_pages

# What is no word of ours: addresses, names of services, zones, currencies, places.
SAME = re.compile(r"https?://\S+|\S+@\S+|\b(?:API|Google|Outlook|CET|CHF|PST|Germany|United States|CA|DE)\b")
WORDS_OF_CALENDARS = ("NAME", "X-WR-CALNAME", "SUMMARY", "LOCATION", "CATEGORIES", "DESCRIPTION", "X-WR-CALDESC")
SHOWN = ("aria-label", "title", "alt", "placeholder", "content", "data-said", "data-failed", "data-denied", "data-lost")


class Bracketed(NullTranslations):
    """A language in which each text is as it is, in brackets; formats of dates and prices are left alone."""

    def to_language(self) -> str:
        return "eo"

    def gettext(self, message: str) -> str:
        context, separator, text = message.rpartition("\x04")
        if separator:
            return text if context.endswith("format") or context == "price" else f"⟦{text}⟧"
        return f"⟦{message}⟧"

    def ngettext(self, one: str, more: str, number: int) -> str:
        return self.gettext(one if number == 1 else more)


@pytest.fixture
def brackets(settings: Any) -> Iterator[None]:
    settings.SITE_NAME = "Сайт"
    settings.ROOT_URLCONF = "tests.whole_site"
    with time_machine.travel(NOW, tick=False), translation.override("eo"):
        trans_real._active.value = Bracketed()
        yield


@pytest.fixture
def site(db: None, brackets: None) -> WholeSite:
    return make_whole_site()


def bare(text: str) -> str:
    """What is outside of brackets and has letters of ours."""
    while (without := re.sub(r"⟦[^⟦⟧]*⟧", " ", text)) != text:
        text = without
    return " … ".join(re.findall(r"[^\n]{0,30}[A-Za-z][^\n]{0,30}", SAME.sub(" ", text)))


def bare_of_page(html: str) -> list[str]:
    tree = LexborHTMLParser(html)
    said = [f"{node.tag} {name}: {rest}" for node in tree.css("*") for name in SHOWN
            if (rest := bare(_shown(node, name)))]  # fmt: skip
    for node in tree.css("script, style, pre, code, svg, head > meta"):
        node.decompose()
    assert tree.root
    return [*said, *filter(None, [bare(tree.root.text(separator=" "))])]


def _shown(node: Any, name: str) -> str:
    """An attribute that people see or hear."""
    value = node.attributes.get(name) or ""
    if node.tag == "meta":
        kind = node.attributes.get("name") or node.attributes.get("property") or ""
        return value if kind in ("description", "og:title", "og:description", "og:image:alt") else ""
    return value


def test_no_page_is_forgotten(site: WholeSite) -> None:
    assert names_of_pages() == {*site.pages, *site.fragments} - {"trouble"}


def test_each_word_of_each_page_can_be_translated(site: WholeSite) -> None:
    client = Client(raise_request_exception=False)
    untranslated = {}
    for paths in (*site.pages.values(), *site.fragments.values()):
        for path in paths:
            answer = client.get(path)
            html = answer.content.decode()
            assert answer.status_code < 500 or path == "/broken", path
            assert "⟦" in html, path
            if rest := bare_of_page(html):
                untranslated[path] = rest
    assert untranslated == {}


def test_each_word_of_an_answer_to_a_form_can_be_translated(site: WholeSite) -> None:
    visitor = Client(headers={"Sec-Fetch-Site": "same-origin"})
    preferences, [ended, *_] = site.pages["preferences"][0], site.pages["unsubscribe"]
    row = Subscription.objects.get(status="active").pk
    posts: list[tuple[str, dict[str, Any]]] = [
        ("/subscribe", {}),
        ("/subscribe", {"email": "ada@", "city_id": "x", "weekday": "9"}),
        ("/subscribe", {"email": "eve@example.org", "city_id": "de--berlin"}),
        *((path, {}) for name in ("comments", "report_comment", "report_event") for path in site.pages[name]),
        *((path, {"reason": "other", "text": "Так", "email": "a@"}) for path in site.pages["report_event"]),
        *((path, {"reason": "other", "text": "Так", "email": "a@b.example"}) for path in site.pages["report_event"]),
        (site.pages["report_comment"][0], {"reason": "spam"}),
        (site.pages["comments"][0], {"name": "admin", "text": "Так" * 900}),
        (site.pages["comments"][0], {"name": "a@b.example", "text": "Так" + "\n." * 50}),
        (site.pages["comments"][0], {"name": "Ада", "text": "Так", "website": "1"}),
        ("/cities/nearest", {}),
        ("/cities/nearest", {"latitude": "0", "longitude": "0"}),
        (preferences, {"subscription": row, "action": "save", "city_id": "de--c-paused", "weekday": "0"}),
        (preferences, {"subscription": row, "action": "x"}),
        (preferences, {"subscription": 0}),
        (ended, {}),
        (preferences, {"action": "erase"}),
        (preferences, {"action": "erase", "sure": "1"}),
    ]
    for path, said in posts:
        answer = visitor.post(path, said)
        if answer["Content-Type"] == "application/json":
            assert bare(answer.json()["said"]) == ""
        else:
            assert "⟦" in answer.content.decode(), (path, said)
            assert bare_of_page(answer.content.decode()) == [], (path, said)
    assert bare_of_page(Client(headers={"Sec-Fetch-Site": "cross-site"}).post("/subscribe").content.decode()) == []


def test_each_word_about_ones_own_events_can_be_translated(site: WholeSite) -> None:
    events = {event.title: event for event in Event.objects.filter(city__slug="berlin")}
    user = User.objects.create(email="goer@example.org")
    for number, event in enumerate(events.values()):
        Rsvp.objects.create(event=event, user=user, answer=("going", "interested")[number % 2])
    Rsvp.objects.filter(event=events["Весь день"]).delete()
    visitor = Client(headers={"Sec-Fetch-Site": "same-origin"})
    visitor.force_login(user)
    plain = [f"/my/answers/{event.pk}/" for event in events.values()]
    offered = [f"{path}?answer={said}&back=/berlin/" for path in plain[:12] for said in ("going", "interested")]
    answers = [visitor.get(path) for path in ("/my/events/?done=mail", "/my/events/?done=calendar", *plain, *offered)]
    answers.append(visitor.post("/my/answers", {"going": events["Отменён"].pk}))
    Rsvp.objects.all().delete()
    answers += [visitor.get("/my/events/"), visitor.get("/my/events/1.ics")]
    for answer in answers:
        html = answer.content.decode()
        assert "⟦" in html
        assert bare_of_page(html) == []


def test_each_word_of_a_mail_about_an_event_can_be_translated(site: WholeSite) -> None:
    user = User.objects.create(email="goer@example.org")
    event = Event.objects.get(title="Пропал")
    known = {"status": "scheduled", "venue": "Клуб", "online": True, "starts_at": event.starts_at.isoformat()}
    words = change(EventChange(event=event, at=NOW, before=known, after=known), event).words
    for about in ((), words):
        mail = attending.mail_about(event, user, attending.Kind.NOTICE, subject="⟦x⟧", changes=about)
        end = attending.end_url(attending.Kind.NOTICE, user)
        assert bare(str(mail.body).replace(end, "")) == ""
        assert bare_of_page(str(mail.alternatives[0].content)) == []


def test_each_word_of_a_mail_can_be_translated(site: WholeSite, mail_server: MailServer) -> None:
    city = make_city()
    asked = consent.ask("ada@example.org", city, search="category=film&price=free", now=NOW)
    known = make_subscription("bob@example.org", city=city, status="paused")
    for row in (asked, consent.ask("bob@example.org", city, now=NOW)):
        assert confirmation.send_confirmation(row.pk) == "sent"
    assert known.status == "paused"
    digest = Digest.objects.get(city=city)
    search = digests.search_of(digest, "category=film")
    issue = rendering.issue(digest, digests.plan_of(digest, search, now=NOW), search, "category=film")
    texts = [issue.subject, issue.text.replace(issue.preferences, "").replace(issue.unsubscribe, "")]
    pages = [issue.html]
    for message in mail_server.messages:
        texts += [message["Subject"], body(message)]
        pages.append(body(message, "html"))
    assert len(pages) == 3
    assert [*filter(None, map(bare, texts)), *(rest for page in pages for rest in bare_of_page(page))] == []


def test_each_word_of_calendars_and_feeds_can_be_translated(site: WholeSite) -> None:
    texts = []
    for path in site.feeds:
        answer = Client().get(path)
        assert answer.status_code == 200, path
        content = answer.content.decode().replace("\r\n ", "").replace("\\n", " ")
        if path.endswith(".json"):
            feed = json.loads(content)
            texts += [feed["title"], *(item["title"] for item in feed["items"])]
            texts += [LexborHTMLParser(item["content_html"]).root.text(separator=" ") for item in feed["items"]]
            texts += [tag for item in feed["items"] for tag in item["tags"]]
        elif path.endswith(".atom"):
            texts += [text_of(node) for node in LexborHTMLParser(content).css("title, subtitle")]
        else:
            lines = (line.partition(":") for line in content.splitlines())
            texts += [said for name, _, said in lines if name in WORDS_OF_CALENDARS]
    assert "⟦" in "".join(texts)
    assert [*filter(None, map(bare, texts))] == []


def test_german_writes_dates_times_and_prices_its_own_way(db: None) -> None:
    late = make_event("Spät", local="2026-12-05T01:00")
    early = make_event("Früh", local="2026-12-04T09:30", local_end="2026-12-04T20:00")
    half = Decimal("12.50")
    with translation.override("de"):
        assert when_words(late, year=2026) == "Freitagnacht, 01:00 (Sa, 5. Dez) CET"
        assert when_words(early, year=2026) == "Fr, 4. Dez, 09:30–20:00 CET"
        assert span_words(late.night, dt.date(2026, 12, 6), year=2026) == "Fr, 4. – So, 6. Dez"
        assert night_words(late.night, late.night) == ("Heute", "Fr, 4. Dez")
        assert amount(half, "EUR") == "12,50\N{NO-BREAK SPACE}€"
        assert amount(1200, "CHF") == "1.200\N{NO-BREAK SPACE}CHF"
        words = price_words(minimum=half, maximum=Decimal(18), currency="EUR", is_free=False)
        assert words == "12,50–18\N{NO-BREAK SPACE}€"
    assert amount(half, "EUR") == "€12.50"
    assert when_words(late, year=2026) == "Fri night, 01:00 (Sat 5 Dec) CET"


def test_a_page_in_another_language_is_another_page(db: None, client: Client) -> None:
    city = make_city()
    english = client.get(city.get_absolute_url())
    options = client.get("/cities/options?q=ber").content
    with translation.override("de"):
        known = {"If-None-Match": english["ETag"]}
        german = client.get(city.get_absolute_url(), headers=known)
        assert german.status_code == 200
        assert parsed(german).css_first("html").attributes["lang"] == "de"
        assert text_of(parsed(german), "#said").startswith("Keine Veranstaltung, die nächsten 7 Nächte")
        assert "Vary" not in german
        assert text_of(parsed(client.get("/")), "main").startswith("Städte Berlin Deutschland 0 heute")
        assert client.get("/cities/options?q=ber").content != options
    assert client.get(city.get_absolute_url(), headers=known).status_code == 304
