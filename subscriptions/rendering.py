"""A plan as a mail: HTML and text, made once for all who get the same; only their links are put in for each."""

import datetime as dt
import secrets
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from events.cards import status_words
from events.dates import clock_words, day_words, long_day_words, moment_words, span_words, when_words
from events.models import Event
from events.prices import event_price
from events.search import EventSearch
from nocturne import mail
from nocturne.origin import absolute, host
from nocturne.prebuilt import Prebuilt

from . import links, searches
from .models import Digest, Subscription
from .planning import MOVED, Changed, Entry, Plan

TITLE, SUBJECT_TITLE, PLACE = 160, 48, 120


@dataclass(frozen=True, slots=True)
class Issue:
    """What all get who have the same search. The links of a subscriber take the place of two words nobody can guess."""

    subject: str
    html: str
    text: str
    preferences: str
    unsubscribe: str
    list_id: str

    def for_nobody(self) -> "Issue":
        """With links to where anybody may subscribe, for editors to look at."""
        url = absolute(reverse("subscriptions:subscribe"))
        html, text = self.html, self.text
        for word in (self.preferences, self.unsubscribe):
            html, text = html.replace(word, url), text.replace(word, url)
        return replace(self, html=html, text=text)

    def mail_to(self, subscription: Subscription) -> mail.Mail:
        unsubscribe = links.unsubscribe_url(subscription)
        of_theirs = {self.preferences: links.preferences_url(subscription.subscriber), self.unsubscribe: unsubscribe}
        html, text = self.html, self.text
        for word, url in of_theirs.items():
            html, text = html.replace(word, url), text.replace(word, url)
        headers = {"List-Id": self.list_id, **mail.unsubscribe_headers(unsubscribe)}
        return mail.Mail(subscription.subscriber.email, self.subject, text=text, html=html, headers=headers)

    def prebuilt(self) -> Prebuilt:
        """The mail as bytes, for all of its readers; each has headers of their own besides."""
        headers = {"List-Id": self.list_id, **mail.unsubscribe_headers(self.unsubscribe)}
        message = mail.Mail(f"nobody@{host()}", self.subject, text=self.text, html=self.html, headers=headers)
        return Prebuilt(message, (self.preferences, self.unsubscribe))


def issue(digest: Digest, plan: Plan, search: EventSearch, query: str) -> Issue:
    """`query` is the stored search, which the link to the web version carries on."""
    preferences, unsubscribe = f"preferences-{secrets.token_hex(16)}", f"unsubscribe-{secrets.token_hex(16)}"
    context = {
        **content(digest, plan),
        "site_name": settings.SITE_NAME,
        "site_url": settings.SITE_URL,
        "words": searches.words(search),
        "web_url": absolute(_with_query(digest.get_absolute_url(), query)),
        "list_url": absolute(_with_query(digest.city.get_absolute_url(), query)),
        "preferences_url": preferences,
        "unsubscribe_url": unsubscribe,
    }
    return Issue(
        subject=f"{context['subject']} · {settings.SITE_NAME}",
        html=_without_blank_lines(render_to_string("subscriptions/digest/mail.html", context)),
        text=render_to_string("subscriptions/digest/mail.txt", context),
        preferences=preferences,
        unsubscribe=unsubscribe,
        list_id=f"<digest.{digest.city.slug}.{host()}>",
    )


def content(digest: Digest, plan: Plan) -> dict[str, Any]:
    """What the mails and the web version say alike."""
    first = plan.nights[0]
    rest = [
        {
            "day": long_day_words(night, year=first.year),
            "date": night.isoformat(),
            "rows": [row(entry, first=first) for entry in entries],
        }
        for night, entries in groupby(plan.rest, key=lambda entry: entry.event.night)
    ]
    return {
        "digest": digest,
        "city": digest.city,
        "plan": plan,
        "subject": _subject(digest, plan),
        "preheader": _cut(" · ".join(_cut(e.event.title, SUBJECT_TITLE) for e in plan.entries[:4]), TITLE),
        "span": span_words(*plan.nights),
        "intro": [part.strip() for part in digest.intro.replace("\r", "").split("\n\n") if part.strip()],
        "changed": [changed_row(one, first=first) for one in plan.changed],
        "picks": [row(entry, first=first) for entry in plan.picks],
        "new": [row(entry, first=first) for entry in plan.new],
        "rest": rest,
        "runs": [row(entry, first=first) for entry in plan.runs],
        "more_runs": plan.more_runs,
        "more": plan.total > len(plan.entries),
        "short": plan.total if plan.total <= 3 else 0,
    }


def row(entry: Entry, *, first: dt.date) -> dict[str, str]:
    """An event in words. `when` stands alone, `clock` under the heading of its night; `first` is that of the mail."""
    event, year = entry.event, first.year
    clock = clock_words(event)
    if event.after_midnight:
        clock += f" ({day_words(event.local_start.date(), year=year)})"
    when = when_words(event, year=year)
    if event.is_run:
        when = _("until %(day)s") % {"day": day_words(event.last_night, year=year)}
    if event.is_run and event.night > first:
        when = span_words(event.night, event.last_night, year=year)
    return {
        "title": _cut(event.title, TITLE),
        "url": absolute(event.get_absolute_url()),
        "when": when,
        "clock": clock,
        "place": place_of(event),
        "price": event_price(event),
        "status": status_words(event),
        "also": ", ".join(day_words(night, year=year) for night in entry.also),
    }


def changed_row(one: Changed, *, first: dt.date) -> dict[str, str]:
    """What became of an event: cancelled, postponed, or where and when it is instead."""
    said = row(Entry(one.event), first=first)
    if one.what != MOVED:
        return {**said, "what": status_words(one.event), "was": ""}
    was = []
    if one.before:
        was.append(moment_words(one.before.astimezone(one.event.zone), year=first.year))
    if one.venue_before:
        was.append(_cut(one.venue_before, PLACE))
    return {**said, "what": _("Moved"), "was": ", ".join(was)}


def place_of(event: Event) -> str:
    return _cut(event.venue.name if event.venue else _("Online") if event.online else event.address, PLACE)


def _subject(digest: Digest, plan: Plan) -> str:
    titles = [_cut(entry.event.title, SUBJECT_TITLE) for entry in plan.entries[:2]]
    if not titles:
        return _("%(city)s by mail") % {"city": digest.city.name}
    if plan.total > len(titles):
        what = _("%(titles)s and more") % {"titles": ", ".join(titles)}
    else:
        what = _(" and ").join(titles)
    return f"{digest.city.name}: {what}"


def _cut(text: str, length: int) -> str:
    """On one line, without what no mail program shows, and not longer than `length`."""
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def _with_query(path: str, query: str) -> str:
    return f"{path}?{query}" if query else path


def _without_blank_lines(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if line.strip())
