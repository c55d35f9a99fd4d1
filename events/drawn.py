"""Cards as HTML, rendered once: the same card is the same text, for whoever lists it (events/pieces.py)."""

from collections.abc import Sequence
from dataclasses import replace

from django.template.loader import get_template
from django.utils.safestring import mark_safe

from events.cards import Card, Night
from events.pieces import pieces


def drawn_nights(nights: Sequence[Night]) -> list[Night]:
    cards = iter(drawn([card for night in nights for card in night.cards]))
    return [replace(night, cards=tuple(next(cards) for _ in night.cards)) for night in nights]


def drawn(cards: Sequence[Card], *, run: bool = False) -> list[Card]:
    """The same cards with their HTML. A card has all that its template shows, so it is its own version."""

    def render(missing: list[tuple[int, Card]]) -> dict[tuple[int, Card], str]:
        template = get_template("events/_card.html")
        return {key: template.render({"card": key[1], "run": run}) for key in missing}

    found = pieces("run" if run else "card", [(card.id, card) for card in cards], render)
    return [replace(card, html=mark_safe(found[card.id, card])) for card in cards]
