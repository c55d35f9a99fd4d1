"""Prices in descriptions: only where the text says in so many words what admission costs."""

import pytest

from scraping.admission import admission


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Great band.\nTickets: $15 adv / $20 door\nAges 21+", (15, 20, "USD", False)),
        ("<p>Doors 7pm</p><p>Cover: $10</p>", (10, 10, "USD", False)),
        ("$5 drinks all night\nCover: $10", (10, 10, "USD", False)),
        ("Eintritt: 12 €", (12, 12, "EUR", False)),
        ("VVK 12 € / AK 15 €", (12, 15, "EUR", False)),
        ("Entradas: 10 €\nTaquilla: 12 €", (10, 12, "EUR", False)),
        ("Entrée : 10 €", (10, 10, "EUR", False)),
        ("Είσοδος: 10€", (10, 10, "EUR", False)),
        ("Precio: $150 MXN", (150, 150, "MXN", False)),
        ("Entry: £5 / free before 10pm", (0, 5, "GBP", False)),
        ("Admission: free", (None, None, "", True)),
        ("This event is free and open to the public.", (None, None, "", True)),
        ("Eintritt frei", (None, None, "", True)),
        ("Entrada libre!", (None, None, "", True)),
    ],
)
def test_a_price_in_a_line_of_its_own_is_read(text: str, expected: tuple[object, ...]) -> None:
    price = admission(text, timezone="America/New_York")
    assert (price.minimum, price.maximum, price.currency, price.is_free) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Free parking",
        "Feel free to bring friends",
        "Admission is free for members",
        "Free entry before 11pm, then $10",
        "Tickets: free\nDrinks: $5",
        "Admission: free\nTickets: $20",
        "Suggested donation: $10",
        "Eintritt auf Spendenbasis",
        "Prix libre",
        "Cost: $20 includes a drink",
        "Tickets: $10, table of four $500",
        "Tickets: $10-$1000",
        "Tickets on sale in 2026",
        "Price: 20",
        "Doors: 7pm",
        "We raised $5000 last year. Tickets at the door.",
        "Win free tickets",
    ],
)
def test_what_may_mean_something_else_is_no_price_and_never_free(text: str) -> None:
    price = admission(text, timezone="America/New_York")
    assert (price.minimum, price.maximum, price.is_free) == (None, None, None)
