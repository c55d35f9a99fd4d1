"""What does an address offer? Events on the page itself, or the feeds, calendars and pages that it leads to.

Leads are followed in the order of their rank, each in its host's turn and by its rules, until the budget is spent.
What only might lead somewhere (guesses, other pages, the site's map) is left alone once something was found.
"""

import datetime as dt
import hashlib
import heapq
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import urlsplit

from django.utils import timezone as clock

from events.models import City
from events.places import Atlas
from events.text import counted
from nocturne.http import FetchError, Response

from . import leads
from .addresses import forms, readings
from .detect import Reading, read
from .discovery import Discovery, Ended
from .extractors import Document
from .fetch import Later, ask, sitemaps
from .imprint import host_of, imprint
from .leads import Lead, Rank
from .outlook import Outlook, facts_of, outlook, window

log = logging.getLogger(__name__)

# Requests for one discovery; robots.txt is not counted.
MAX_REQUESTS = 8
# No lead is followed after this; with the last request it stays under the time limit of a task.
MAX_SECONDS = 240
# A host that wants a longer pause is not waited for.
LONGEST_PAUSE = 30.0
# How often a page may lead to a page.
MAX_DEPTH = 2
# What to do where the given address was not read, by the kind of the error or its beginning. Terms and addresses that
# are not public say it themselves.
_REMEDIES = {
    "optout": "If its people agree now, delete the host under Opt-outs; else leave it out.",
    "robots": "Paste another address of the publisher, or ask for a calendar file or for permission.",
    "http.401": "It asks to sign in: ask the publisher for a public calendar file.",
    "http.403": "It refuses programs: ask the publisher for a calendar file or for permission.",
    "http.404": "Check that the address opens in a browser, and copy it from there.",
    "http.410": "The page is gone: look for another one on the site.",
    "http.429": "It wants to be asked less often: try again in an hour.",
    "http.5": "The site has trouble of its own: try again later.",
    "connect": "Check how it is written, and that it opens in a browser without signing in; else try again later.",
    "timeout": "Check that the address opens in a browser; else try again later.",
    "redirects": "Copy the address from the browser, where it opens.",
    "too_large": "Look for a calendar or a page with fewer events.",
}
# A calendar or feed is meant to be read by programs, so it comes before a page that says a little more.
FEED_BONUS = 1.25


@dataclass(frozen=True, slots=True)
class Look:
    """One address that was looked at, why, and what it answered; `events` are those still to come."""

    url: str
    why: str
    said: str
    events: int = 0

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An address with events, which could be a source. `value` grows with the events and what they state."""

    lead: Lead
    document: Document
    reading: Reading
    value: float


@dataclass(slots=True)
class Discovered:
    """What was looked at and what was found, the best first; `message` says what to do if nothing was."""

    looks: list[Look] = field(default_factory=list)
    found: list[Outlook] = field(default_factory=list)
    message: str = ""


def discover(
    text: str, *, city: City | None, now: dt.datetime, report: Callable[[list[Look]], None] = lambda looks: None
) -> Discovered:
    """Look for events at a pasted address; `report` gets all looks so far after each, and may raise to end it.

    Raises ValueError with a sentence for a text that is no address of the web.
    """
    search = _Search(now, report)
    given, *others = readings(text)
    leads_at_hand = leads.of_address(given)
    if not leads_at_hand:
        search.follow(Lead(given, "the address itself", Rank.GIVEN))
    for other in others if search.unreachable else ():
        search.follow(Lead(other, "the address itself, without encryption", Rank.GIVEN))
    search.run(leads_at_hand)
    if leads_at_hand and not search.candidates:
        search.follow(Lead(given, "the address itself", Rank.GIVEN))
        search.run(())
    if not search.candidates and search.pages:
        search.run(leads.sitemaps_of(sitemaps(search.pages[0].url), search.pages[0].url))
    atlas = Atlas()
    best = sorted(search.candidates, key=lambda one: (-one.value, one.lead.rank))
    found = [_outlook(one, search, city, atlas, now) for one in best]
    return Discovered(search.looks, found, "" if found else _advice(search))


def given(
    text: str, *, now: dt.datetime, report: Callable[[list[Look]], None] = lambda looks: None
) -> tuple[Candidate | None, list[Look], bool]:
    """What the pasted address itself offers, nothing that it leads to; what was looked at; and whether it answered.

    Raises ValueError likewise.
    """
    search = _Search(now, report)
    first, *others = readings(text)
    search.follow(Lead(first, "the address itself", Rank.GIVEN))
    for other in others if search.unreachable else ():
        search.follow(Lead(other, "the address itself, without encryption", Rank.GIVEN))
    return next(iter(search.candidates), None), search.looks, search.answered


def _outlook(one: Candidate, search: "_Search", city: City | None, atlas: Atlas, now: dt.datetime) -> Outlook:
    """The outlook under the name that the document has, else under that of the page that led to it."""
    seen = outlook(one.document, one.reading, city=city, atlas=atlas, now=now)
    page = search.pages[0] if search.pages else None
    seen.url = _lasting(one)
    seen.name = seen.name or (imprint(page).name if page else "") or host_of(seen.url)
    parts = urlsplit(seen.url)
    seen.homepage = page.url if page else seen.homepage or f"{parts.scheme}://{parts.netloc}/"
    return seen


def _lasting(one: Candidate) -> str:
    """The address to keep: a redirect within a site is followed for good, one to another host may be of today only."""
    asked, answered = one.lead.url, one.document.url
    return answered if host_of(asked) == host_of(answered) else asked


class _Search:
    """The state of one discovery: what is still to be looked at, and what was."""

    def __init__(self, now: dt.datetime, report: Callable[[list[Look]], None]) -> None:
        self.window = window(now, "UTC")
        self.report = report
        self.end = time.monotonic() + MAX_SECONDS
        self.looks: list[Look] = []
        self.candidates: list[Candidate] = []
        self.pages: list[Document] = []
        self.unreachable = False
        self.refusal = ""
        self._queue: list[tuple[int, int, Lead]] = []
        self._known: set[str] = set()
        self._bodies: dict[str, str] = {}
        self._count = 0

    @property
    def answered(self) -> bool:
        return bool(self._bodies)

    def run(self, found: Iterable[Lead]) -> None:
        self._add(found)
        while self._queue and len(self.looks) < MAX_REQUESTS and time.monotonic() < self.end:
            _, _, lead = heapq.heappop(self._queue)
            if lead.rank >= Rank.GUESSED and self.candidates:
                break
            self.follow(lead)

    def _add(self, found: Iterable[Lead]) -> None:
        for lead in found:
            if lead.url not in self._known:
                self._count += 1
                heapq.heappush(self._queue, (lead.rank, self._count, lead))
            self._known |= forms(lead.url)

    def follow(self, lead: Lead) -> None:
        """Ask a lead; what it says becomes a candidate, further leads, or a sentence."""
        self._known |= forms(lead.url)
        self.unreachable = False
        try:
            document = Document.of(self._ask(lead.url))
        except FetchError as error:
            self.unreachable = error.kind in ("connect", "timeout")
            self._refused(lead, str(error), _remedy(error.kind))
            return
        except Later as later:
            self._refused(lead, f"Not asked: {later}.", "Try again when that is over.")
            return
        digest = hashlib.sha256(document.body).hexdigest()
        if digest in self._bodies:
            self._look(lead, f"The same as {self._bodies[digest]}.")
            return
        self._bodies[digest] = lead.url
        self._read(lead, document)

    def _refused(self, lead: Lead, said: str, remedy: str) -> None:
        if lead.rank == Rank.GIVEN:
            self.refusal = f"{lead.url[:200]} was not read. {said} {remedy}".strip()
        self._look(lead, said)

    def _ask(self, url: str) -> Response:
        """Asked once more after a pause, where the host wants a short one."""
        try:
            return ask(url)
        except Later as later:
            if later.seconds > min(LONGEST_PAUSE, self.end - time.monotonic()):
                raise
            time.sleep(later.seconds)
            return ask(url)

    def _read(self, lead: Lead, document: Document) -> None:
        if lead.rank == Rank.SITEMAP and "<loc" in document.head:
            further = leads.of_sitemap(document)
            self._look(
                lead,
                f"A map of the site with {len(further)} promising {'address' if len(further) == 1 else 'addresses'}.",
            )
            self._add(further)
            return
        reading = read(document, self.window)
        events = [draft for draft in reading.drafts if draft.when]
        marked = "<html" in document.head or "<!doctype html" in document.head or "<body" in document.head
        is_page = marked or reading.format == "html"
        if events:
            facts = len(events) + sum(facts_of(events).values())
            self.candidates.append(Candidate(lead, document, reading, facts * (1 if is_page else FEED_BONUS)))
        self._look(lead, _said(reading, len(events), is_page=is_page), len(events))
        if is_page and len(self.pages) < MAX_DEPTH:
            self._add(leads.of_page(document))
        if is_page:
            self.pages.append(document)

    def _look(self, lead: Lead, said: str, events: int = 0) -> None:
        printable = "".join(c if c.isprintable() else " " for c in said)[:500]
        self.looks.append(Look(lead.url, lead.why, printable, events))
        self.report(self.looks)


def _said(reading: Reading, events: int, *, is_page: bool) -> str:
    """What an answer is, in one sentence."""
    if events:
        return f"{counted(events, 'event')} to come, as {reading.format}."
    if reading.drafts:
        return f"{counted(len(reading.drafts), 'item')} of {reading.format}, none with a date that can be read."
    if reading.problems:
        return reading.problems[0].message
    return "A page without events in it." if is_page else f"No event that is still to come, as {reading.format}."


def _remedy(kind: str) -> str:
    return next((words for name, words in _REMEDIES.items() if kind.startswith(name)), "")


def _advice(search: _Search) -> str:
    """Why nothing was found, and what an editor can try."""
    if search.refusal and not search.pages:
        return search.refusal
    return f"No events were found at {search.looks[0].url[:200]}. {_elsewhere(search)}"


def _elsewhere(search: _Search) -> str:
    if search.pages:
        return (
            "Look for a page that lists the dates, or for “Subscribe”, “iCal” or “Add to calendar” on the site, and "
            "paste the address of that. If the site shows its events by script only, ask the publisher for a calendar "
            "file."
        )
    if any(look.events or "still to come" in look.said for look in search.looks):
        return (
            "The calendar can be read, but nothing in it is still to come. Add the address as it is if more will come."
        )
    return (
        "Check that the address opens in a browser without signing in. If the site refuses programs, ask the publisher "
        "for a calendar file or for permission."
    )


# --- by a worker ----------------------------------------------------------------------------------


def look(discovery_id: int, find: Callable[..., Any] | None = None) -> str:
    """Do one discovery if it is free, and keep what came of it; its state, "" where there was nothing to do.

    `find` is what answers as `discover` does, which it is if there is none.

    Safe to repeat and to kill at any line: a claim that is not renewed expires, and beat asks again.
    """
    row = Discovery.objects.select_related("city").filter(pk=discovery_id).first()
    if row is None or not row.take(clock.now()):
        return ""
    try:
        found = (find or discover)(
            row.url,
            city=row.city,
            now=clock.now(),
            report=lambda looks: row.report([each.to_json() for each in looks]),
        )
        row.finish(
            clock.now(),
            Discovery.State.DONE if found.found else Discovery.State.FAILED,
            looks=[each.to_json() for each in found.looks],
            found=[each.to_json() for each in found.found],
            message=found.message,
        )
    except Ended as ended:
        log.info("%s", ended)
        return ""
    except Exception as error:
        log.exception("looking at %s failed", row.url)
        return _give_up(row, error)
    return "done" if found.found else "failed"


def _give_up(row: Discovery, error: Exception) -> str:
    said = str(error) if isinstance(error, ValueError) else f"Looking at it failed: {type(error).__name__}."
    try:
        row.finish(clock.now(), Discovery.State.FAILED, message=said[:1000])
    except Ended:
        return ""
    return "failed"
