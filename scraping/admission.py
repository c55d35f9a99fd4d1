"""What a description says of the price, where it says it in so many words.

A description has numbers of all kinds in it: prices of drinks, years, prizes. Only a line that is about admission
counts, and only amounts with a currency in it. Free is what says nothing else: "Admission: free".
"""

import functools
import re

from events.drafts import Price
from scraping.plain import plain_text
from scraping.prices import merged, price_of

MAX_TEXT = 6_000
MAX_LINE = 160
_SUBJECT = (
    r"(?:tickets?(?: prices?)?|price|prices|cost|costs|admission|general admission|entry(?: fee)?|entrance(?: fee)?|"
    r"cover(?: charge)?|ga|advance|adv|presale|doors?|at the door|"
    r"eintritt(?:spreise?)?|preise?|kosten|vvk|ak|abendkasse|vorverkauf|"
    r"tarifs?|prix|entr[ée]e|billets?|plein tarif|pr[ée]vente|"
    r"entradas?|precio|boletos?|coste|costo|cooperaci[oó]n|preventa|taquilla|"
    r"ingresso|biglietti?|biglietto|prezzo|prevendita|"
    r"ingressos|pre[çc]o|bilhetes?|toegang|prijs|kaarten|entree|"
    r"εισοδος|είσοδος|εισιτηρια|εισιτήρια|bilety|wst[ęe]p|inträde|biljett(?:er|pris)?|lippu|liput|p[åa]meldingsavgift)"
)
_PRICED_LINE = re.compile(
    rf"^[\W_]{{0,6}}{_SUBJECT}\b(?:\s*\([^()]{{1,40}}\))?\s*(?:[:=–—-]|are|is|from|ab|dès|desde)?\s*(.+)$", re.I
)
_FREE = (
    r"(?:free(?: of charge)?|frei|kostenlos|kostenfrei|gratis|gratuite?|libre|libera|libero|gratuit[oa]s?|franca|"
    r"ελευθερη|ελεύθερη|δωρεαν|δωρεάν|wolny|bezpłatny|fri|vapaa)"
)
_ANY_FREE = re.compile(_FREE, re.I)
_FREE_LINE = re.compile(
    rf"^[\W_]{{0,6}}(?!(?:prix|tarifs?) libre)"
    rf"(?:{_SUBJECT}\s*(?:[:=–—-]|is|are|ist)?\s*{_FREE}|{_FREE}\s+{_SUBJECT}|"
    r"freier eintritt|(?:this (?:event|concert|show) is\s+)?free(?: and open to (?:the public|all))|"
    r"no cover(?: charge)?)[\W_]{0,4}$",
    re.I,
)
# Lines of which the amounts are not what everybody pays at the entrance.
_OTHERWISE = re.compile(
    r"donat|suggest|spende|pay what|sliding|prix libre|drink|beer|wine|food|parking|park(?:ing|en)|deposit|refund|"
    r"discount|% ?off|save |rabatt|prize|raffle|win |gift|merch|membership|mitglied|donación|offerta|aporta|"
    r"per (?:month|year)|minimum|includes?|raised|table|vip",
    re.I,
)  # fmt: skip
_CURRENCY = re.compile(
    r"[€£$¥₹₺₽₱₩₪₴]|\b(?:eur|euros?|usd|gbp|chf|cad|aud|nzd|sek|nok|dkk|pln|czk|brl|mxn|kr|zł|kč)\b", re.I
)


# Something of what the patterns of currencies and of free need: most texts have none of it, which is soon seen.
_HINTS = (
    "€ £ $ ¥ ₹ ₺ ₽ ₱ ₩ ₪ ₴ eur usd gbp chf cad aud nzd sek nok dkk pln czk brl mxn kr zł kč free frei kostenlos gratis "
    "gratuit libre libera libero franca ελευθερ ελεύθερ δωρε wolny bezpłatn fri vapaa"
).split()


# The dates of a series say the same, one after the other.
@functools.lru_cache(maxsize=32)
def admission(text: str, *, timezone: str | None = None) -> Price:
    """The price that a description states in a line of its own; none where none is, or more than one may be meant."""
    text = text[:MAX_TEXT]
    folded = text.casefold()
    if not any(hint in folded for hint in _HINTS) or not (_CURRENCY.search(text) or _ANY_FREE.search(text)):
        return Price()
    prices, free = [], False
    for line in plain_text(text).splitlines():
        line = line.strip()
        if len(line) > MAX_LINE:
            continue
        if _FREE_LINE.match(line):
            free = True
        elif (match := _PRICED_LINE.match(line)) and _CURRENCY.search(match[1]):
            if _OTHERWISE.search(line):
                return Price()
            price = price_of(match[1], timezone=timezone)
            if price.minimum is not None:
                prices.append(price)
    if prices:
        found = merged(prices)
        return Price() if free or found.is_free or _is_doubtful(found) else found
    return Price(is_free=True) if free and not _CURRENCY.search(text) else Price()


def _is_doubtful(price: Price) -> bool:
    """Is it a range that hardly one event has?"""
    return bool(price.minimum and price.maximum and price.maximum > price.minimum * 10)
