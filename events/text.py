"""Folding: the one spelling of a text under which search, matching and venue names compare."""

import re
import unicodedata
from collections.abc import Sequence

# Letters that Unicode does not decompose into a base letter and an accent.
_LETTERS = str.maketrans(
    {
        "ß": "ss",
        "æ": "ae",
        "œ": "oe",
        "ø": "o",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "ł": "l",
        "ı": "i",
        "ħ": "h",
        "ŧ": "t",
        "ŋ": "n",
        "&": " and ",
    }
)
_APOSTROPHES = re.compile(r"[’'ʼ`´‘]")
# Of a text shorter than this any order is soon made.
SHORT = 500
# Accents upon accents beyond what any script stacks; putting a long run in order takes the square of its length.
_STACKED = re.compile(
    f"([{(marks := ''.join(c for c in map(chr, range(0x300, 0x1F000)) if unicodedata.combining(c)))}]{{30}})[{marks}]++"
)
# What may hold such a run: one range is looked for much faster than hundreds.
_RUN = re.compile("[\u0300-\U0001efff]{31}")
_NOT_WORD = re.compile(r"[^\w]+|_")
# The same for ASCII, where it takes a tenth of the time.
_ASCII: dict[int, str | None] = {code: char.lower() if (char := chr(code)).isalnum() else " " for code in range(128)}
_ASCII |= {ord("'"): None, ord("`"): None}
_ASCII_LINES = _ASCII | {ord("\n"): "\n"}


def unstacked(text: str) -> str:
    """The text, of a long one with no more than 30 accents upon one letter."""
    if len(text) < SHORT or text.isascii() or not _RUN.search(text):
        return text
    return _STACKED.sub(r"\1", text)


def fold(text: str) -> str:
    """Text without case, accents and punctuation, its words one space apart; idempotent.

    "Łódź – Café d’Été & Co." and "lodz cafe dete and co" fold to the same. Letters of other scripts stay.
    """
    if text.isascii():
        return " ".join(words(text))
    text = unicodedata.normalize("NFKD", unstacked(text.casefold()).translate(_LETTERS))
    # A second pass: NFKD turns ligatures and full-width forms into letters that still have case.
    text = "".join(c for c in text if not unicodedata.combining(c)).casefold().translate(_LETTERS)
    text = _NOT_WORD.sub(" ", _APOSTROPHES.sub("", text))
    return unicodedata.normalize("NFC", " ".join(text.split()))


def counted(number: int, noun: str) -> str:
    """ "1 event", "2,000 events": a number with an English noun."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def words(text: str) -> list[str]:
    """The words of a folded text."""
    return text.replace("&", " and ").translate(_ASCII).split() if text.isascii() else fold(text).split()


def words_of_each(texts: Sequence[str]) -> list[list[str]]:
    """The words of each folded text; of thousands faster than one by one."""
    plain = "\n".join([text if text.isascii() else "" for text in texts])
    if plain.count("\n") != len(texts) - 1:
        return [words(text) for text in texts]
    found = [line.split() for line in plain.replace("&", " and ").translate(_ASCII_LINES).split("\n")]
    return [row if row or text.isascii() else words(text) for row, text in zip(found, texts, strict=True)]


def slugify(text: str, *, fallback: str = "event", length: int = 60) -> str:
    """The folded text as a piece of a URL; letters of every script stay, `fallback` where nothing is left."""
    words = fold(text)[:length].strip().replace(" ", "-")
    return words or fallback
