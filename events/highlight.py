"""Marking the words of a search where a text has them, whatever its case and accents."""

import unicodedata
from collections.abc import Sequence
from dataclasses import replace

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from rapidfuzz import fuzz

from events.cards import Card, Night
from events.text import fold

ALIKE = 70  # percent of letters that a word has in common with what was asked for
_WITHIN = frozenset("’'ʼ`´‘")  # what folding takes out of a word without parting it


def marked_nights(nights: list[Night], words: Sequence[str], *, alike: bool) -> list[Night]:
    return [replace(night, cards=tuple(marked_cards(night.cards, words, alike=alike))) for night in nights]


def marked_cards(cards: Sequence[Card], words: Sequence[str], *, alike: bool) -> list[Card]:
    """Cards whose title and venue are safe HTML with the words marked; `alike` marks misspelled ones, too."""
    if not words:
        return list(cards)
    return [
        replace(card, title=marked(card.title, words, alike=alike), venue=marked(card.venue, words, alike=alike))
        for card in cards
    ]


def marked(text: str, words: Sequence[str], *, alike: bool = False) -> SafeString:
    """The text escaped, with <mark> around each place that has one of the folded words."""
    folded, origins = _with_origins(text)
    places = set[int]()
    for word in words:
        start = folded.find(word)
        found = start >= 0
        while start >= 0:
            places.update(range(origins[start], origins[start + len(word) - 1] + 1))
            start = folded.find(word, start + 1)
        if alike and not found:
            places.update(_alike(folded, origins, word))
    pieces, inside = [], False
    for index, char in enumerate(text):
        # an accent goes with its letter
        here = index in places or (inside and unicodedata.combining(char) > 0)
        if here != inside:
            pieces.append("<mark>" if here else "</mark>")
            inside = here
        pieces.append(escape(char))
    pieces.append("</mark>" if inside else "")
    return mark_safe("".join(pieces))


def _with_origins(text: str) -> tuple[str, list[int]]:
    """The text folded letter by letter, and of each folded letter the place it came from."""
    folded: list[str] = []
    origins: list[int] = []
    for index, char in enumerate(text):
        if char in _WITHIN or unicodedata.combining(char):
            continue
        piece = f" {fold(char)} " if char == "&" else fold(char) or " "
        folded.append(piece)
        origins.extend([index] * len(piece))
    return "".join(folded), origins


def _alike(folded: str, origins: list[int], word: str) -> set[int]:
    places = set[int]()
    start = 0
    for token in folded.split(" "):
        if token and fuzz.ratio(token, word) >= ALIKE:
            places.update(range(origins[start], origins[start + len(token) - 1] + 1))
        start += len(token) + 1
    return places
