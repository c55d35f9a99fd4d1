from decimal import Decimal

import pytest
from hypothesis import given, settings, strategies as st

from scraping.prices import currency_code, merged, number, price_between, price_of


def said(price):
    amounts = "-".join(
        f"{amount:.2f}".removesuffix(".00") for amount in (price.minimum, price.maximum) if amount is not None
    )
    free = {True: "free", False: "", None: "?"}[price.is_free]
    return " ".join(filter(None, (amounts, price.currency, free)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$15", "15-15 USD"),
        ("€10–15", "10-15 EUR"),
        ("10–15 €", "10-15 EUR"),
        ("12,50 €", "12.50-12.50 EUR"),
        ("£8 adv / £10 door", "8-10 GBP"),
        ("USD 15", "15-15 USD"),
        ("15 EUR", "15-15 EUR"),
        ("CHF 25.-", "25-25 CHF"),
        ("1.234,50 €", "1234.50-1234.50 EUR"),
        ("$1,250", "1250-1250 USD"),
        ("Tickets from $20", "20-20 USD"),
        ("VVK 15 / AK 18", "15-18 ?".replace(" ?", "")),
        ("VVK 12,50 € | AK 15 €", "12.50-15 EUR"),
        ("ab 18 Euro", "18-18 EUR"),
        ("entre 10 € et 25 €", "10-25 EUR"),
        ("R$ 40", "40-40 BRL"),
        ("120 kr", "120-120"),
        ("150 zł", "150-150 PLN"),
        ("15", "15-15"),
        ("0", "0-0 free"),
        ("€0", "0-0 EUR free"),
        ("Free before 11pm, $10 after", "0-10 USD"),
        # free is what says so
        ("Free", "0-0 free"),
        ("FREE ENTRY", "0-0 free"),
        ("Eintritt frei", "0-0 free"),
        ("Kostenlos", "0-0 free"),
        ("entrée libre", "0-0 free"),
        ("gratuit", "0-0 free"),
        ("Entrada gratuita", "0-0 free"),
        ("ingresso libero", "0-0 free"),
        ("gratis", "0-0 free"),
        ("δωρεάν", "0-0 free"),
        # and nothing else is
        ("", "?"),
        ("TBA", "?"),
        ("Donation", "?"),
        ("Suggested donation $10", "USD ?"),
        ("Free / $5 suggested", "USD ?"),
        ("2026", "?"),
        ("free, donation appreciated", "?"),
        ("pay what you can", "?"),
        ("prix libre", "?"),
        ("feel free to come early", "?"),
        ("gluten free snacks", "?"),
        ("free parking", "?"),
        ("free jazz", "?"),
        ("doors 20:00", "?"),
        ("18+", "?"),
        ("20 Uhr", "?"),
        ("kids free", "?"),
        ("$20, kids under 12 free", "20-20 USD"),
        ("call 555-1234", "?"),
    ],
)
def test_a_stated_price_is_read_and_no_other(text, expected):
    assert said(price_of(text, timezone="America/New_York")) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("12.50", "12.50"), ("12,50", "12.50"), ("1.234,50", "1234.50"), ("1,234.5", "1234.50"),
        ("1.234", "1234.00"),
        ("12.5000", "12.50"), ("0.000", "0.00"), (7, "7.00"), (12.5, "12.50"),
        ("7,-", "7.00"), ("-5", None), ("", None),
        (None, None), (True, None), ("ten", None), ("1e9", None), ("99999999", None), ("12.34.56.78", None),
    ],
)  # fmt: skip
def test_a_number_is_an_amount_in_either_notation(value, expected):
    assert number(value) == (expected and Decimal(expected))


def test_a_dollar_is_that_of_the_place():
    zones = ("America/Toronto", "Australia/Sydney", "America/Mexico_City", "US/Pacific", "Europe/Berlin", "UTC", None)
    found = [price_of("$5", timezone=zone).currency for zone in zones]
    assert found == ["CAD", "AUD", "MXN", "USD", "", "", ""]
    assert price_of("$5", "NZD").currency == "NZD"


def test_data_gives_a_range_and_free_only_where_both_ends_are_zero():
    assert said(price_between("25", 10, "eur")) == "10-25 EUR"
    assert said(price_between(0, 10, "€")) == "0-10 EUR"
    assert said(price_between(0, None, "")) == "0-0 free"
    assert said(price_between(None, None, "USD")) == "USD ?"


def test_offers_make_one_range_in_the_first_currency():
    assert said(merged([price_of("10 €"), price_of("25 €"), price_of("USD 99")])) == "10-25 EUR"
    assert said(merged([price_of(""), price_of("tba")])) == "?"


def test_currencies_have_codes():
    assert [currency_code(text) for text in ("eur", "€", "Euro", "R$", "bananas", None)] == [
        "EUR",
        "EUR",
        "EUR",
        "BRL",
        "",
        "",
    ]


@given(st.text(max_size=300))
@settings(max_examples=200, deadline=1000)
def test_any_text_gives_a_consistent_price(text):
    price = price_of(text)
    assert (price.minimum is None) == (price.maximum is None)
    if price.minimum is not None:
        assert 0 <= price.minimum <= price.maximum
        assert price.is_free == (price.maximum == 0)
