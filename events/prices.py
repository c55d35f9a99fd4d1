"""Prices in words, and the steps of the price filter."""

from decimal import Decimal

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
    """€12, €12.50, CHF 12, and 12 if the currency is unknown."""
    number = f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"
    if currency in SYMBOLS:
        return f"{SYMBOLS[currency]}{number}"
    return f"{currency}\N{NO-BREAK SPACE}{number}".strip()


def price_words(*, minimum: Decimal | None, maximum: Decimal | None, currency: str, is_free: bool | None) -> str:
    """free, €12, from €12, €12–18, up to €18; "" where nothing is known."""
    if is_free or (minimum == 0 and maximum == 0):
        return "free"
    if minimum is not None and maximum is not None and maximum != minimum:
        if minimum == 0:
            return f"free to {amount(maximum, currency)}"
        return f"{amount(minimum, currency)}–{amount(maximum, '')}"
    if minimum:
        return f"from {amount(minimum, currency)}" if maximum is None else amount(minimum, currency)
    if maximum:
        return f"up to {amount(maximum, currency)}"
    return ""


def event_price(event: Event) -> str:
    return price_words(minimum=event.price_min, maximum=event.price_max, currency=event.currency, is_free=event.is_free)
