"""EventSearch: the query string as a value; the same one gives the page, its fragment and the calendar.

Parameters: when (tonight, tomorrow, weekend, week or a date), from and to, category, price, source, venue, online (1),
runs (no), q, sort (price, new, popular; relevance with q), page.
"""

import dataclasses
import datetime as dt
from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlencode

from django.contrib.postgres.search import TrigramWordSimilarity
from django.db.models import Case, Exists, ExpressionWrapper, F, FloatField, OuterRef, Q, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce, StrIndex
from django.db.models.lookups import GreaterThanOrEqual
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _, gettext_lazy

from events.categories import CATEGORIES
from events.models import City, Listing, Rsvp
from events.models.event import EventQuerySet
from events.nights import weekend
from events.prices import price_tiers
from events.text import fold

NIGHTS = 7
MAX_NIGHTS = 92
MAX_TEXT = 100
MAX_WORDS = 8
MAX_IDS = 20
MAX_PAGE = 1000
YEARS = range(2000, 2100)
COMMON_DAYS = 31
COMMON_PAGES = 4
SIMILAR = 0.45  # one letter wrong or two swapped in a word of eight
FREE = "free"
RELEVANCE = "relevance"
SORTS: dict[str, Promise] = {
    "": gettext_lazy("time"),
    RELEVANCE: gettext_lazy("best match"),
    "price": gettext_lazy("cheapest"),
    "new": gettext_lazy("newest"),
    "popular": gettext_lazy("most popular"),
}
WHENS: dict[str, Promise] = {
    "tonight": gettext_lazy("Tonight"),
    "tomorrow": gettext_lazy("Tomorrow"),
    "weekend": gettext_lazy("This weekend"),
    "week": gettext_lazy("7 nights"),
}

# Free ones first, those of unknown price last.
CHEAPEST_FIRST = (F("price_min").asc(nulls_last=True), F("price_max").asc(nulls_last=True))

Nights = tuple[dt.date, dt.date]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSearch:
    """What is asked of one city. `nights` are given for dates only; the words of `when` move on with tonight.

    `typos` (set by `forgiving`) and `notices` say how the answer came about and are no part of the question.
    """

    city: City
    tonight: dt.date
    when: str = "week"
    dates: Nights | None = None
    categories: tuple[str, ...] = ()
    price: str = ""
    sources: tuple[int, ...] = ()
    venues: tuple[int, ...] = ()
    online: bool = False
    runs: bool = True
    text: str = ""
    sort: str = ""
    page: int = 1
    typos: bool = field(default=False, compare=False)
    notices: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def parse(cls, query: QueryDict, city: City, tonight: dt.date) -> Self:
        """Never raises: what cannot be read is left out and becomes a notice."""
        if not query:  # as most are
            return cls(city=city, tonight=tonight)
        notices: list[str] = []
        when, dates = _when(query, notices)
        text = _text(query, notices)
        values: dict[str, Any] = {
            "when": when,
            "dates": dates,
            "categories": _categories(query, notices),
            "price": _price(query, city, notices),
            "sources": _ids(query, "source", notices),
            "venues": _ids(query, "venue", notices),
            "online": _flag(query, "online", "1", notices),
            "runs": not _flag(query, "runs", "no", notices),
            "text": text,
            "sort": _sort(query, text, notices),
            "page": _page(query, notices),
        }
        return cls(city=city, tonight=tonight, notices=tuple(notices), **values)

    def query(self, **changes: Any) -> str:
        """The canonical query string, "" for the default; with changes that of the changed search, page 1."""
        if "when" in changes:
            changes.setdefault("dates", None)
        search = dataclasses.replace(self, **{"page": 1, **changes}) if changes else self
        pairs: list[tuple[str, object]] = []
        if search.dates:
            first, last = search.dates
            pairs += [("when", first)] if first == last else [("from", first), ("to", last)]
        elif search.when != "week":
            pairs.append(("when", search.when))
        pairs += [("category", ",".join(search.categories))] if search.categories else []
        pairs += [("price", search.price)] if search.price else []
        pairs += [("source", ",".join(map(str, search.sources)))] if search.sources else []
        pairs += [("venue", ",".join(map(str, search.venues)))] if search.venues else []
        pairs += [("online", 1)] if search.online else []
        pairs += [] if search.runs else [("runs", "no")]
        pairs += [("q", search.text)] if search.text else []
        pairs += [("sort", search.sort)] if search.sort and (search.text or search.sort != RELEVANCE) else []
        pairs += [("page", search.page)] if search.page > 1 else []
        return urlencode(pairs, safe=",")

    @property
    def nights(self) -> Nights:
        return self.dates or nights_of(self.when, self.tonight)

    @property
    def words(self) -> list[str]:
        """The words of the text as they are looked for."""
        return fold(self.text).split()[:MAX_WORDS]

    @property
    def narrowed(self) -> bool:
        """Asks for less than everything of its nights."""
        return bool(self.categories or self.price or self.sources or self.venues or self.online or self.text)

    @property
    def is_plain(self) -> bool:
        """Everything of its nights, in the usual order."""
        return not self.narrowed and self.runs and not self.sort

    @property
    def key(self) -> str:
        """What is kept of it begins with this: events:7:2026-12-05:2026-12-11."""
        first, last = self.nights
        return f"events:{self.city.pk}:{first}:{last}"

    @property
    def is_common(self) -> bool:
        """Whether it is one of some thousands of its city, whose pages are kept; others anybody can make up."""
        first, last = self.nights
        coming = self.tonight <= first and last <= self.tonight + dt.timedelta(days=COMMON_DAYS)
        usual = first == last or any(self.nights == nights_of(when, self.tonight) for when in WHENS)
        free = self.text or self.notices or self.venues or self.sources
        choices = (len(self.categories), self.price, self.online, not self.runs, self.sort)
        one_choice = sum(map(bool, choices)) <= 1 and len(self.categories) <= 1
        return not free and coming and usual and one_choice and self.page <= COMMON_PAGES

    def filter(self, events: EventQuerySet, *, without: Container[str] = ()) -> EventQuerySet:
        """One-off events that are asked for, for `for_list` to put in order."""
        return events.in_city(self.city).on_nights(*self.nights).filter(self.conditions(without=without))

    def in_order(self, events: EventQuerySet) -> EventQuerySet:
        """What `filter` found in the order that is asked for, with what a card shows."""
        match self.sort:
            case "relevance":
                return events.for_list().order_by(*best_match(self.words), "night", "starts_at", "pk")
            case "price":
                return events.for_list().order_by(*CHEAPEST_FIRST, "night", "starts_at", "pk")
            case "new":
                return events.for_list().order_by("-created_at", "pk")
            case "popular":
                return events.for_list().order_by(popularity().desc(), "night", "starts_at", "pk")
        return events.for_list()

    def filter_runs(self, events: EventQuerySet) -> EventQuerySet:
        """Runs that are asked for and last on one of the nights."""
        if not self.runs:
            return events.none()
        return events.in_city(self.city).runs_on_nights(*self.nights).filter(self.conditions())

    def forgiving(self, events: EventQuerySet) -> Self:
        """This search, or one that takes words spelled alike if no event has the words as they are."""
        if not self.text or self.filter(events).exists() or self.filter_runs(events).exists():
            return self
        return dataclasses.replace(self, typos=True)

    def conditions(self, *, without: Container[str] = ()) -> Q:
        """All but the city and the nights; `without` leaves filters out, for counting their choices."""
        conditions = Q()
        if self.categories and "categories" not in without:
            conditions &= Q(category__in=self.categories)
        if self.price and "price" not in without:
            conditions &= price_condition(self.price, self.city)
        if self.sources and "sources" not in without:
            listings = Listing.objects.live().filter(event__root=OuterRef("pk"), source__in=self.sources)
            conditions &= Q(Exists(listings))
        if self.venues and "venues" not in without:
            conditions &= Q(venue__in=self.venues)
        if self.online and "online" not in without:
            conditions &= Q(online=True)
        for word in self.words:
            has_word = Q(folded__contains=word)
            if self.typos:
                has_word |= Q(GreaterThanOrEqual(TrigramWordSimilarity(word, "folded"), SIMILAR))
            conditions &= has_word
        return conditions


def nights_of(when: str, tonight: dt.date) -> Nights:
    """First and last night of one of WHENS."""
    if when == "tonight":
        return tonight, tonight
    if when == "tomorrow":
        tomorrow = tonight + dt.timedelta(days=1)
        return tomorrow, tomorrow
    if when == "weekend":
        return weekend(tonight)
    return tonight, tonight + dt.timedelta(days=NIGHTS - 1)


def popularity() -> "ExpressionWrapper[Any]":
    """Those who go, half of those who are interested, and one for each source; of merged events each counts once."""
    weight = Case(When(answer=Rsvp.Answer.GOING, then=1.0), default=0.5)
    newer = Rsvp.objects.filter(
        event__root=OuterRef("event__root"), user=OuterRef("user"), answered_at__gt=OuterRef("answered_at")
    )
    answers = Rsvp.objects.filter(~Exists(newer), event__root=OuterRef("pk")).order_by().values("event__root")
    votes = Subquery(answers.annotate(votes=Sum(weight, output_field=FloatField())).values("votes"))
    return ExpressionWrapper(F("source_count") + Coalesce(votes, 0.0), output_field=FloatField())


def best_match(words: list[str]) -> tuple[Any, ...]:
    """What has the words next to each other and as they are first; then where they come early, as in a title."""
    text = " ".join(words)
    return (
        TrigramWordSimilarity(text, "folded").desc(),
        StrIndex("folded", Value(text)),
        StrIndex("folded", Value(words[0])),
    )


def price_condition(price: str, city: City) -> Q:
    """Known to be free, or to begin under an amount in the city's currency. An unknown price is neither."""
    free = Q(is_free=True) | Q(price_min=0, price_max=0)
    if price == FREE:
        return free
    return free | Q(price_min__lt=int(price), currency__in=(city.currency, ""))


def _when(query: QueryDict, notices: list[str]) -> tuple[str, Nights | None]:
    if query.get("from") or query.get("to"):
        first, last = (_date(query.get(name) or "", notices) for name in ("from", "to"))
        # one end alone means that night
        return _in_order(first or last, last or first, notices)
    raw = query.get("when", "").strip()
    if not raw or raw in WHENS:
        return raw or "week", None
    date = _date(raw, notices)
    return _in_order(date, date, notices)


def _in_order(first: dt.date | None, last: dt.date | None, notices: list[str]) -> tuple[str, Nights | None]:
    if first is None or last is None:
        return "week", None
    if last < first:
        first, last = last, first
        notices.append(_("The last night was before the first; they are swapped."))
    latest = first + dt.timedelta(days=MAX_NIGHTS - 1)
    if last > latest:
        last = latest
        said = _("More than %(number)s nights were asked for; shown are the first %(number)s.")
        notices.append(said % {"number": MAX_NIGHTS})
    return "dates", (first, last)


def _date(raw: str, notices: list[str]) -> dt.date | None:
    if not raw.strip():
        return None
    try:
        date = dt.date.fromisoformat(raw.strip())
        if date.year in YEARS:
            return date
    except ValueError:
        pass
    notices.append(_("“%(text)s” is no date; write it as 2026-12-31.") % {"text": raw[:40]})
    return None


def _categories(query: QueryDict, notices: list[str]) -> tuple[str, ...]:
    asked = _parts(query, "category")
    said = _("There is no category “%(text)s”.")
    notices.extend(said % {"text": code[:40]} for code in asked if code not in CATEGORIES)
    return tuple(sorted(asked & set(CATEGORIES)))


def _price(query: QueryDict, city: City, notices: list[str]) -> str:
    raw = query.get("price", "").strip()
    if raw in ("", FREE) or raw in map(str, price_tiers(city.currency)):
        return raw
    notices.append(_("There is no price filter “%(text)s”.") % {"text": raw[:40]})
    return ""


def _ids(query: QueryDict, name: str, notices: list[str]) -> tuple[int, ...]:
    asked = _parts(query, name)
    ids = {int(part) for part in asked if part.isascii() and part.isdigit() and len(part) < 12}
    if len(ids) != len(asked):
        said = _("“%(name)s” asks by a number; what is no number is left out.")
        notices.append(said % {"name": name})
    return tuple(sorted(ids)[:MAX_IDS])


def _flag(query: QueryDict, name: str, value: str, notices: list[str]) -> bool:
    raw = query.get(name, "").strip()
    if raw not in ("", value):
        notices.append(_("“%(name)s” is %(value)s or left out.") % {"name": name, "value": value})
    return raw == value


def _sort(query: QueryDict, text: str, notices: list[str]) -> str:
    raw = query.get("sort", "").strip()
    if raw in ("", "time") or (raw == RELEVANCE and not text):
        return ""
    if raw in SORTS:
        return raw
    said = _("There is no order “%(text)s”; it is one of %(orders)s.")
    notices.append(said % {"text": raw[:40], "orders": ", ".join(filter(None, SORTS))})
    return ""


def _text(query: QueryDict, notices: list[str]) -> str:
    raw = "".join(c if c.isprintable() else " " for c in query.get("q", ""))
    text = " ".join(raw.split())[:MAX_TEXT].strip()
    if text and not fold(text):
        notices.append(_("“%(text)s” has no letter or digit to search for.") % {"text": text[:40]})
        return ""
    return text


def _page(query: QueryDict, notices: list[str]) -> int:
    raw = query.get("page", "").strip() or "1"
    if raw.isascii() and raw.isdigit() and len(raw) < 6 and 1 <= int(raw) <= MAX_PAGE:
        return int(raw)
    notices.append(_("There is no page “%(text)s”; this is the first one.") % {"text": raw[:40]})
    return 1


def _parts(query: QueryDict, name: str) -> set[str]:
    """Values of a parameter that may be repeated or hold several, a comma between them."""
    values: Iterable[str] = query.getlist(name)
    return {part.strip() for value in values for part in value.split(",") if part.strip()}
