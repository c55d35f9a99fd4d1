"""Prices in words of the site's language, and the steps of the price filter."""

from decimal import Decimal

from django.utils.formats import number_format
from django.utils.translation import gettext as _, pgettext

from events.models import Event

SYMBOLS = {
    "EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "CNY": "CN¥", "INR": "₹", "KRW": "₩", "BRL": "R$",
    "AUD": "A$", "CAD": "CA$", "NZD": "NZ$", "HKD": "HK$", "SGD": "S$", "MXN": "MX$", "ILS": "₪", "TRY": "₺",
    "UAH": "₴", "VND": "₫", "PHP": "₱", "NGN": "₦",
}  # fmt: skip
# Where a night out costs more digits, the filter's steps are 20, 50 and 100 times this.
_SCALES = {
    10: "CZK DKK HKD INR MXN NOK PHP SEK THB TRY TWD UAH ZAR EGP BDT",
    100: "JPY HUF ISK RUB PKR LKR KES NGN ARS",
    1000: "KRW CLP COP TZS UGX",
    10_000: "IDR VND",
}
_SCALE = {currency: scale for scale, currencies in _SCALES.items() for currency in currencies.split()}


def price_tiers(currency: str) -> tuple[int, ...]:
    """The "under …" steps of the price filter in a currency."""
    scale = _SCALE.get(currency, 1)
    return 20 * scale, 50 * scale, 100 * scale


def amount(value: Decimal | int, currency: str) -> str:
    """€12, €12.50, CHF 12, and 12 if the currency is unknown; 12,50 € where that is how prices are written."""
    return _money(_number(value), currency)


def _number(value: Decimal | int) -> str:
    return number_format(value, 0 if value == int(value) else 2, use_l10n=True, force_grouping=True)


def _money(number: str, currency: str) -> str:
    """A number, or two with a dash, with its currency."""
    if not currency:
        return number
    if currency in SYMBOLS:
        text = pgettext("price", "%(symbol)s%(number)s") % {"symbol": SYMBOLS[currency], "number": number}
    else:
        text = pgettext("price", "%(currency)s %(number)s") % {"currency": currency, "number": number}
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def price_words(*, minimum: Decimal | None, maximum: Decimal | None, currency: str, is_free: bool | None) -> str:
    """free, €12, from €12, €12–18, up to €18; "" where nothing is known."""
    if is_free or (minimum == 0 and maximum == 0):
        return _("free")
    if minimum is not None and maximum is not None and maximum != minimum:
        if minimum == 0:
            return _("free to %(amount)s") % {"amount": amount(maximum, currency)}
        return _money(f"{_number(minimum)}–{_number(maximum)}", currency)
    if minimum:
        words = amount(minimum, currency)
        return _("from %(amount)s") % {"amount": words} if maximum is None else words
    if maximum:
        return _("up to %(amount)s") % {"amount": amount(maximum, currency)}
    return ""


def event_price(event: Event) -> str:
    return price_words(minimum=event.price_min, maximum=event.price_max, currency=event.currency, is_free=event.is_free)
