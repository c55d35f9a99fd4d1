"""Prices as people write them: "€10–15", "VVK 12,50 / AK 15 €", "free before 11pm, then $10", "Eintritt frei"."""

import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any

from events.drafts import Price
from scraping.plain import plain_line

# Above it a number is no ticket's price but a year, a telephone number or a typing error.
MAX_PRICE = Decimal(100_000)

_SIGNS = {
    "€": "EUR",
    "£": "GBP",
    "¥": "JPY",
    "₹": "INR",
    "zł": "PLN",
    "₺": "TRY",
    "₽": "RUB",
    "kč": "CZK",
    "₱": "PHP",
    "₩": "KRW",
    "₪": "ILS",
    "₴": "UAH",
    "r$": "BRL",
    "us$": "USD",
    "ca$": "CAD",
    "c$": "CAD",
    "a$": "AUD",
    "au$": "AUD",
    "nz$": "NZD",
    "mx$": "MXN",
    "hk$": "HKD",
    "s$": "SGD",
    "ft": "HUF",
    "lei": "RON",
    "fr.": "CHF",
    "円": "JPY",
    "원": "KRW",
    "лв": "BGN",
    "лв.": "BGN",
    "руб": "RUB",
    "руб.": "RUB",
    "грн": "UAH",
    "tl": "TRY",
    "₫": "VND",
    "฿": "THB",
}
_CODES = (
    "EUR GBP USD CAD AUD NZD CHF SEK NOK DKK PLN CZK HUF RON BRL MXN JPY INR SGD HKD ZAR TRY ILS KRW THB PHP IDR MYR "
    "ARS CLP COP PEN UYU AED RUB UAH ISK BGN HRK TWD CNY VND EGP MAD KES NGN"
).split()
_WORDS = {
    "euro": "EUR",
    "euros": "EUR",
    "eur": "EUR",
    "ευρω": "EUR",
    "ευρώ": "EUR",
    "pounds": "GBP",
    "dollars": "USD",
    "pesos": "",
    "kr": "",
    "kr.": "",
    "kronor": "SEK",
    "kroner": "",
    "reais": "BRL",
    "francs": "CHF",
    "rs.": "",
}
# Whose dollar or peso "$" is, by the zone that the source is in.
_DOLLARS = {
    "USD": "US/ America/New_York America/Chicago America/Denver America/Los_Angeles America/Phoenix America/Detroit "
    "America/Indiana/ America/Kentucky/ America/Boise America/Anchorage Pacific/Honolulu America/Puerto_Rico",
    "CAD": "Canada/ America/Toronto America/Vancouver America/Montreal America/Edmonton America/Winnipeg "
    "America/Halifax",
    "MXN": "Mexico/ America/Mexico_City America/Monterrey America/Tijuana America/Cancun America/Merida",
    "AUD": "Australia/",
    "NZD": "Pacific/Auckland NZ",
    "SGD": "Asia/Singapore",
    "HKD": "Asia/Hong_Kong",
    "ARS": "America/Argentina/ America/Buenos_Aires",
    "CLP": "America/Santiago",
    "COP": "America/Bogota",
}
_CURRENCY = "|".join(sorted(map(re.escape, [*_SIGNS, "$", *map(str.lower, _CODES), *_WORDS]), key=len, reverse=True))
_AMOUNT = r"\d{1,3}(?:[.,' ]\d{3})+(?:[.,]\d{1,2})?|\d+(?:[.,]\d{1,2})?(?!\d)"
_PRICED = re.compile(
    rf"(?<![\w.,])(?P<before>{_CURRENCY})\s?(?P<one>{_AMOUNT})(?:,-|\.-)?(?![\d%])"
    rf"|(?<![\w.,:/])(?P<two>{_AMOUNT})(?:,-|\.-|,–)?\s?(?P<after>{_CURRENCY})(?!\w)"
)
# "10–15 €", "$10/15": a number beside a priced one is a price, too.
_BESIDE = re.compile(rf"(?<![\w.,:])({_AMOUNT})\s?(?:-|–|—|/|bis|to|or|a|à|o|oder|ou)\s?(?=(?:{_CURRENCY})?\s?\d)")
_NEXT = re.compile(rf"^\s?(?:-|–|—|/|bis|to|or|a|à|o|oder|ou)\s?({_AMOUNT})(?![\d:%])")
_CODE_AFTER = re.compile(rf"\s?({'|'.join(map(str.lower, _CODES))})\b")
_LABELLED = re.compile(
    rf"\b(?:vvk|ak|adv(?:ance)?\.?|door|doors|abendkasse|vorverkauf|tickets?|eintritt|entrada|entry|entrée|"
    rf"ingresso|entree|"
    rf"cover|prix|preis|price|precio|prezzo|prijs|τιμη|τιμή|general|students?|erm\.?|ermäßigt|tarif|toegang)\b\W{{0,3}}"
    rf"(?:ab|from|desde|da|dès|vanaf|:)?\s?({_AMOUNT})(?![\d:%]|\s?(?:uhr|pm|am|h\b|years?|\+))"
)
_YEAR = re.compile(r"(?:19|20)\d\d")
_BARE = re.compile(rf"({_AMOUNT})(?:\s?(?:-|–|—|/|bis|to)\s?({_AMOUNT}))?")
_FREE = re.compile(
    r"\b(?:free|no cover|no charge|gratis|kostenlos|kostenfrei|umsonst|eintritt frei|freier eintritt|gratuite?s?|libre|"
    r"gratuito|gratuita|ingresso libero|entrada franca|ελευθερη εισοδος|ελεύθερη είσοδος|δωρεαν|δωρεάν|fri entr[ée]|"
    r"bezp[łl]atn\w+|wst[ęe]p wolny|zdarma|ilmainen)\b"
)
# Words with "free" in them that say nothing of the price of entry.
_NOT_FREE = re.compile(
    r"\b(?:not|nicht|feel|gluten|alcohol|smoke|sugar|dairy|toll|drug|barrier|hands|risk|nut|meat|cage)[- ]free\b|"
    r"\bfeel free\b|\bfree (?:parking|drinks?|beer|wine|food|pizza|shipping|gift|wifi|wi-fi|shots?|snacks?|popcorn|"
    r"refreshments|with|w/|style|jazz|will|time|range|form|world|radical|trial|play|kids?|child|"
    r"for (?:kids|children|members|students|under))\b|freestyle"
)
_FREE_KIDS = re.compile(r"\b(?:kids|children|members?|under \d+|kinder|students?)\W{1,20}(?:\w+\W+){0,2}free\b")
_DONATION = re.compile(
    r"\b(?:donation|pay[- ]what[- ]you|pwyc|sliding scale|spende|spendenbasis|hutspende|prix libre|participation libre|"
    r"offerta libera|donativo|aportaci[oó]n voluntaria|taquilla inversa|vrijwillige bijdrage)\b"
)


_SUGGESTED = re.compile(
    r"\b(?:suggested|recommended|empfohlen\w*|conseill[ée]e?|sugerid[oa])\b|"
    r"\b(?:donations?|spenden?|donativos?|offerta)\b(?!.*\b(?:tickets?|admission|entry|eintritt|vvk|ak)\b)"
)


def dollar(timezone: str | None) -> str:
    """The currency whose sign is "$" at a source in this zone, "" where that is open."""
    for code, zones in _DOLLARS.items():
        if timezone and any(timezone.startswith(zone) for zone in zones.split()):
            return code
    return ""


def price_of(text: str, currency: str = "", *, timezone: str | None = None) -> Price:
    """What a text states of the price. Free is what says so or names 0; a donation is neither free nor a price.

    `currency` is that of amounts without any; `timezone` tells what "$" is.
    """
    text = plain_line(text)[:500].casefold()
    amounts, stated = _amounts(text, currency or dollar(timezone))
    currency = stated or currency
    if not amounts and (found := _LABELLED.findall(text)):
        amounts = [value for part in found if (value := number(part)) is not None]
    if not amounts and (match := _BARE.fullmatch(text)) and (currency or not _YEAR.fullmatch(text)):
        amounts = [value for part in match.groups() if (value := number(part)) is not None]
    free = bool(_FREE.search(_FREE_KIDS.sub(" ", _NOT_FREE.sub(" ", text))))
    if amounts and _SUGGESTED.search(text):
        return Price(currency=currency if stated else "")  # what one may give is not what it costs
    if amounts and free:
        amounts.append(Decimal(0))
    if amounts:
        return Price(minimum=min(amounts), maximum=max(amounts), currency=currency, is_free=not any(amounts))
    if free and not _DONATION.search(text):
        return Price(minimum=Decimal(0), maximum=Decimal(0), currency=currency, is_free=True)
    return Price(currency=currency if stated else "")


def price_between(low: Any, high: Any = None, currency: Any = "") -> Price:
    """The price of two values as data gives them (numbers, "12.50", None); free only where both are 0."""
    found = [value for part in (low, high) if (value := number(part)) is not None]
    code = currency_code(currency)
    if not found:
        return Price(currency=code)
    return Price(minimum=min(found), maximum=max(found), currency=code, is_free=not any(found))


def merged(prices: Iterable[Price]) -> Price:
    """One price of several offers; offers in other currencies than the first are left out."""
    known = [price for price in prices if price.minimum is not None]
    if not known:
        return Price()
    currency = next((price.currency for price in known if price.currency), "")
    same = [price for price in known if price.currency in ("", currency)]
    low = min(price.minimum for price in same if price.minimum is not None)
    high = max(price.maximum for price in same if price.maximum is not None)
    return Price(minimum=low, maximum=high, currency=currency, is_free=not high)


def number(value: Any) -> Decimal | None:
    """The amount that a number or a text of one number means: "1.234,50", "12,5", 7; None for anything else."""
    if isinstance(value, bool) or value is None:
        return None
    text = str(value).strip().replace("\u00a0", " ").replace("'", "").replace("’", "").strip()
    text = re.sub(r"(?:,-|\.-|,–)$", "", text)
    if not re.fullmatch(r"\d[\d.,\s]*", text):
        return None
    text = re.sub(r"\s", "", text)
    decimals = re.fullmatch(r"([\d.,]*?)[.,](\d{1,2})", text)
    if decimals and not re.fullmatch(r"\d{1,3}(?:[.,]\d{3})+", text):
        text = f"{re.sub(r'[.,]', '', decimals[1]) or '0'}.{decimals[2]}"
    elif re.fullmatch(r"\d+\.\d{3,}", text) and not re.fullmatch(r"[1-9]\d{0,2}\.\d{3}", text):
        text = text[: text.index(".") + 3]  # 12.5000
    else:
        text = re.sub(r"[.,]", "", text)
    try:
        amount = Decimal(text).normalize() + 0
    except InvalidOperation:
        return None
    return amount.quantize(Decimal("0.01")) if amount <= MAX_PRICE else None


def currency_code(value: Any) -> str:
    """ISO 4217 code of a code, sign or word; "" for anything else."""
    text = str(value or "").strip()
    if len(text) == 3 and text.isascii() and text.isalpha():
        return text.upper()
    return _SIGNS.get(text.casefold()) or _WORDS.get(text.casefold(), "")


def _currency(name: str, dollars: str) -> str:
    if name == "$":
        return dollars
    return _SIGNS.get(name) or _WORDS.get(name) or (name.upper() if name.upper() in _CODES else "")


def _amounts(text: str, dollars: str) -> tuple[list[Decimal], str]:
    """Amounts that stand with a currency or beside one that does, and the first currency."""
    found: list[Decimal | None] = []
    currency = ""
    for match in _PRICED.finditer(text):
        found.append(number(match["one"] or match["two"]))
        named = _CODE_AFTER.match(text[match.end() :]) if match["before"] else None  # "$150 MXN"
        currency = currency or (named[1].upper() if named else _currency(match["before"] or match["after"], dollars))
        if beside := _BESIDE.search(text[: match.end()][-40:]):
            found.append(number(beside[1]))
        if beside := _NEXT.match(text[match.end() :]):
            found.append(number(beside[1]))
    return [amount for amount in found if amount is not None], currency
