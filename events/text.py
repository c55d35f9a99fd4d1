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
# What hides or reverses other characters.
_HIDDEN = re.compile(
    "[\u0000-\u0008\u000b-\u001f\u007f-\u0084\u0086-\u009f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u2800\u3164\ufeff\uffa0\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)
_ABOVE = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff"
# More accents upon one letter than any script writes: a joke, of which the letters are kept.
_PILED = re.compile(f"[{_ABOVE}]{{4}}")
_ACCENTS = re.compile(f"[{_ABOVE}]+")
# Zero-width joiners and selectors are part of emoji and of several scripts' spelling.
_JOINED = re.compile(
    "(?<=[\u0600-\u06ff\u0900-\u0dff\u2600-\u27ff\ufe0f\U0001f000-\U0001faff])\u200d"
    "(?=[\u0600-\u06ff\u0900-\u0dff\u2600-\u27ff\U0001f000-\U0001faff])"
)
_JOINER = "\ue000"
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


def visible(text: str) -> str:
    """Without control, bidirectional and zero-width characters, composed (NFC)."""
    if text.isascii() and text.isprintable():
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n\n")
    text = _HIDDEN.sub("", _JOINED.sub(_JOINER, text.replace(_JOINER, ""))).replace(_JOINER, "\u200d")
    text = unicodedata.normalize("NFC", unstacked(text))
    return unicodedata.normalize("NFC", _ACCENTS.sub("", text)) if _PILED.search(text) else text


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
