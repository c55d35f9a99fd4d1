"""Drafts in one form, whoever wrote them. Pure and idempotent; says nothing that the source does not say."""

import dataclasses
import datetime as dt
import functools
import re
from collections.abc import Iterable
from urllib.parse import quote, urljoin, urlsplit

from events.countries import country_code
from events.drafts import STATUSES, EventDraft, Price, Problem, When, Where
from events.text import fold, visible
from scraping.categories import codes_of
from scraping.plain import plain_line, plain_text
from scraping.prices import MAX_PRICE

LENGTHS = {
    "title": 300,
    "description": 20_000,
    "organizer": 200,
    "venue": 200,
    "address": 300,
    "locality": 100,
    "region": 100,
}
MAX_URL = 2_000
MAX_PERFORMERS = 30
# An event that lasts longer than this has a wrong end.
MAX_LENGTH = dt.timedelta(days=3 * 366)

# What stands on buttons and in empty templates is no title; folded.
_LABELS = frozenset(
    fold(label)
    for label in (
        "View details|View event|View event details|See details|Event details|Details|More|More info|More "
        "information|Read more|"
        "Learn more|Find out more|Show more|Buy tickets|Buy ticket|Get tickets|Tickets|Ticket|Book now|Book|"
        "Book tickets|"
        "Register|Register now|Sign up|RSVP|Share|Add to calendar|Click here|Untitled|Untitled "
        "event|No title|"
        "(no title)|New event|undefined|null|None|N/A|TBA|TBD|Sold out|Cancelled|Canceled|Mehr|Mehr erfahren|"
        "Mehr Infos|"
        "Weiterlesen|Details anzeigen|Zum Event|Karten|Karten kaufen|Tickets kaufen|Jetzt buchen|Anmelden|"
        ""
        "En savoir plus|Lire la suite|Plus d'infos|Voir plus|Réserver|Acheter|Billets|Billetterie|Ver más|Leer más|"
        "Más información|Comprar|Comprar entradas|Entradas|Reservar|Scopri di più|Leggi tutto|Acquista|"
        "Biglietti|Prenota|"
        "Saiba mais|Ler mais|Ver mais|Comprar ingressos|Ingressos|Lees meer|Meer info|Koop tickets|Bestel tickets|"
        "Περισσότερα|Δείτε περισσότερα|Εισιτήρια|Αγορά|Αγορά εισιτηρίων|Κράτηση"
    ).split("|")
)
# Notices that organisers put before or behind the title, by the status that they mean.
_NOTICES = {
    "cancelled": "cancell?ed|abgesagt|entf[äa]llt|f[äa]llt aus|annul[ée]e?|cancelad[oa]|annullat[oa]|afgelast|"
    "geannuleerd|ματαιώνεται|ακυρώθηκε|ακυρωθηκε|inställt|aflyst",
    "postponed": "postponed|verschoben|verlegt|report[ée]e?|aplazad[oa]|rinviat[oa]|adiad[oa]|uitgesteld|αναβάλλεται",
    "sold_out": "sold[ -]?out|ausverkauft|complet|agotad[oa]|esaurito|esgotado|uitverkocht|εξαντλήθηκε",
}
_NOTICE = "|".join(f"(?:{words})" for words in _NOTICES.values())
_BEFORE = re.compile(
    rf"^\s*(?:[\[(*]+\s*({_NOTICE})\s*[\])*!]+\s*[:–—|-]*|({_NOTICE})\s*!*\s*(?:[:–—|]|-\s)+)\s*", re.I
)
_BEHIND = re.compile(
    rf"\s*(?:(?<![\[(*])[\[(*]++\s*({_NOTICE})\s*[\])*!]+|(?:\s[-–—|]|:)\s*({_NOTICE})\s*!*)\s*$", re.I
)
_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*:", re.I)
_UNSAFE = re.compile(r"[^\x21-\x7e]")


def normalise(draft: EventDraft, *, base_url: str = "") -> EventDraft:
    """The draft as plain text, absolute http(s) addresses, category codes and consistent numbers.

    What had to be cut or left out is said in `problems`; the draft's own problems stay. `base_url` is the
    document's address, against which relative ones are read.
    """
    problems = list(draft.problems)
    title, status = _title(draft, problems)
    where = _where(draft.where, problems)
    url = link(draft.url, base_url)
    if draft.url and not url:
        problems.append(Problem(code="url.refused", message=f"Not a web address: {plain_line(draft.url)[:100]}"))
    return EventDraft(
        title=title,
        when=_when(draft.when, problems),
        external_id=visible(draft.external_id).strip(),
        series_key=visible(draft.series_key).strip(),
        instance=plain_line(draft.instance)[:40].rstrip(),
        part_of_key=visible(draft.part_of_key).strip(),
        url=url,
        where=where,
        price=_price(draft.price, problems),
        status=status,
        description=_description(draft.description, problems),
        image_url=link(draft.image_url, base_url),
        organizer=_cut("organizer", plain_line(draft.organizer), problems),
        performers=_names(draft.performers),
        categories=codes_of(draft.categories),
        language=_language(draft.language),
        problems=tuple(dict.fromkeys(problems)),
    )


def link(url: str, base_url: str = "") -> str:
    """The absolute http(s) address that is meant, escaped; "" for anything else."""
    if not url.strip() or len(url) > MAX_URL * 3:
        return ""
    url = plain_line(url.strip())
    try:
        if not _SCHEME.match(url) and url.lower().startswith("www."):
            url = f"https://{url}"
        if _SCHEME.match(base_url):
            url = urljoin(base_url, url)
        parts = urlsplit(url)
        if parts.scheme.lower() not in ("http", "https") or not parts.hostname or parts.username:
            return ""
        _ = parts.port
    except ValueError:
        return ""
    url = _UNSAFE.sub(lambda match: quote(match[0]), url)
    return url if len(url) <= MAX_URL else ""


def _cut(name: str, text: str, problems: list[Problem]) -> str:
    limit = LENGTHS[name]
    if len(text) <= limit:
        return text
    problems.append(_too_long(name))
    return _beginning(text, limit)


def _description(said: str, problems: list[Problem]) -> str:
    text, is_whole = _whole_or_cut(said)
    if not is_whole:
        problems.append(_too_long("description"))
    return text


# One text for all dates of a series: thousands of them may share the longest that there is.
@functools.lru_cache(maxsize=32)
def _whole_or_cut(said: str) -> tuple[str, bool]:
    limit = LENGTHS["description"]
    text = plain_text(said[: limit * 3])
    if len(text) > limit:
        return _beginning(text, limit), False
    return text, len(said) <= limit * 3


def _beginning(text: str, limit: int) -> str:
    return text[: limit - 1].rstrip() + "…"


def _too_long(name: str) -> Problem:
    return Problem(code="text.cut", message=f"The {name.replace('_', ' ')} was longer than {LENGTHS[name]} characters.")


def _title(draft: EventDraft, problems: list[Problem]) -> tuple[str, str]:
    """The title without the notice that it is cancelled or sold out, which becomes the status."""
    title = plain_line(draft.title[: LENGTHS["title"] * 4])
    status = draft.status if draft.status in STATUSES else "scheduled"
    while match := _BEFORE.search(title) or _BEHIND.search(title):
        rest = (title[: match.start()] + title[match.end() :]).strip()
        if not rest:
            break
        title = rest
        word = match[1] or match[2]
        if status == "scheduled":
            status = next(name for name, words in _NOTICES.items() if re.fullmatch(words, word, re.I))
    if fold(title) in _LABELS:
        problems.append(Problem(code="title.label", message=f"“{title}” is a label, not a title."))
        title = ""
    return _cut("title", title, problems), status


def _when(when: When | None, problems: list[Problem]) -> When | None:
    if when is None or when.end is None:
        return when
    if when.end <= when.start:
        problems.append(Problem(code="date.end-before-start", message="It ends before it starts; the end is left out."))
        return dataclasses.replace(when, end=None)
    if when.end - when.start > MAX_LENGTH:
        problems.append(Problem(code="date.too-long", message="It lasts for years; the end is left out."))
        return dataclasses.replace(when, end=None)
    return when


def _where(where: Where, problems: list[Problem]) -> Where:
    venue, address, locality, region = (
        _cut(name, plain_line(getattr(where, name)).strip(" ,;"), problems)
        for name in ("venue", "address", "locality", "region")
    )
    if fold(venue) in ("", "tba", "tbd", "tbc", "n a", "location tba", "venue tba", "to be announced", "none", "null"):
        # no venue that others could be matched with, but what the source tells its visitors
        venue, address = "", address or venue
    latitude, longitude = where.latitude, where.longitude
    if latitude is None or longitude is None:
        latitude = longitude = None
    # NaN compares false; 0, 0 is what programs write for "unknown"
    elif not (-90 <= latitude <= 90 and -180 <= longitude <= 180) or latitude == longitude == 0:
        latitude = longitude = None
        problems.append(Problem(code="place.coordinates", message="The coordinates are not on the globe or are 0, 0."))
    return Where(
        venue=venue,
        address=address,
        locality=locality,
        region=region,
        country=country_code(plain_line(where.country)),
        latitude=latitude,
        longitude=longitude,
        online=where.online,
    )


def _price(price: Price, problems: list[Problem]) -> Price:
    currency = price.currency.strip().upper()
    currency = currency if len(currency) == 3 and currency.isascii() and currency.isalpha() else ""
    amounts = [amount for amount in (price.minimum, price.maximum) if amount is not None]
    if any(not amount.is_finite() or not 0 <= amount <= MAX_PRICE for amount in amounts):
        problems.append(Problem(code="price.unreadable", message="The price is negative or beyond reason."))
        return Price(currency=currency)
    if not amounts:
        return Price(currency=currency, is_free=True if price.is_free else None)
    low, high = min(amounts), max(amounts)
    return Price(
        minimum=low if price.minimum is not None else None,
        maximum=high if price.maximum is not None else None,
        currency=currency,
        is_free=not high if price.maximum is not None or low else price.is_free,
    )


def _names(names: Iterable[str]) -> tuple[str, ...]:
    clean = (plain_line(name)[:200].strip() for name in names)
    return tuple(dict.fromkeys(name for name in clean if name))[:MAX_PERFORMERS]


def _language(text: str) -> str:
    """The language's two or three letters."""
    match = re.match(r"[a-z]{2,3}(?![a-z])", text.strip().lower())
    return match[0] if match else ""
