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
_ANY_LETTER = re.compile(f"[{''.join(map(chr, _LETTERS))}]")
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
_NOT_WORD_OR_LINE = re.compile(r"[^\w\n]+|_")
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
    return unicodedata.normalize("NFC", " ".join(_NOT_WORD.sub(" ", _letters(unstacked(text.casefold()))).split()))


def _letters(text: str) -> str:
    """Text that has no case, in plain letters, without accents and apostrophes."""
    text = unicodedata.normalize("NFKD", _spelled_out(text))
    for mark in filter(unicodedata.combining, frozenset(text)):
        text = text.replace(mark, "")
    # A second pass: NFKD turns ligatures and full-width forms into letters that still have case.
    return _APOSTROPHES.sub("", _spelled_out(text.casefold()))


def _spelled_out(text: str) -> str:
    """With those of _LETTERS replaced; most texts have none, which is seen sooner than replaced."""
    return text.translate(_LETTERS) if _ANY_LETTER.search(text) else text


def counted(number: int, noun: str) -> str:
    """ "1 event", "2,000 events": a number with an English noun."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def words(text: str) -> list[str]:
    """The words of a folded text."""
    return text.replace("&", " and ").translate(_ASCII).split() if text.isascii() else fold(text).split()


# Stands between texts where many are folded in one step; no folded text has it.
END = "\0"


def spaced(texts: Sequence[str]) -> list[str]:
    """Each text folded, but with more than one space between words here and there: so thousands are folded fast."""
    lines = list(texts)
    odd = [at for at, plain in enumerate(map(str.isascii, texts)) if not plain]
    for at in odd:
        lines[at] = ""
    plain = "\n".join(lines)
    if plain.count("\n") != len(texts) - 1:
        return [fold(text) for text in texts]
    found = plain.replace("&", " and ").translate(_ASCII_LINES).split("\n")
    for at, text in zip(odd, _spaced([texts[at] for at in odd]), strict=True):
        found[at] = text
    return found


def _spaced(texts: Sequence[str]) -> list[str]:
    """The same of texts that are not of ASCII alone, and of one line each."""
    folded = _letters("\n".join([unstacked(text.casefold()) for text in texts]))
    found = unicodedata.normalize("NFC", _NOT_WORD_OR_LINE.sub(" ", folded)).split("\n") if texts else []
    return found if len(found) == len(texts) else [fold(text) for text in texts]


def casefolded(texts: Sequence[str]) -> list[str]:
    """Each text without case; of thousands faster than one by one."""
    found = END.join(texts).casefold().split(END)
    return found if len(found) == len(texts) else [text.casefold() for text in texts]


def slugify(text: str, *, fallback: str = "event", length: int = 60) -> str:
    """The folded text as a piece of a URL; letters of every script stay, `fallback` where nothing is left."""
    words = fold(text)[:length].strip().replace(" ", "-")
    return words or fallback
