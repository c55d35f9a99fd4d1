"""Plain text out of what sources write: no markup, no entities, no characters that hide or reverse."""

import functools
import html
import re
import unicodedata

import nh3

from events.text import unstacked
from scraping.nesting import is_bounded

_LINE = re.compile(r"<\s*(?:br|hr|li|/tr|p|dd|dt)\b[^<>]*>", re.I)
_PARAGRAPH = re.compile(r"<\s*/(?:p|div|h[1-6]|ul|ol|table|blockquote|section|article)\b[^<>]*>", re.I)
_TAG = re.compile(r"<[^<>]*>?")
_SPACES = re.compile(r"[^\S\n]+")
_NEWLINES = re.compile(r"\s*\n\s*?\n\s*|\s*\n[^\S\n]*")
_HIDDEN = re.compile(
    "[\u0000-\u0008\u000b-\u001f\u007f-\u0084\u0086-\u009f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u2800\u3164\ufeff\uffa0\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)
# More accents upon one letter than any script writes: a joke, of which the letters are kept.
_PILED = re.compile("[\u0300-\u036f]{4}")
_ACCENTS = re.compile("[\u0300-\u036f]+")
# Zero-width joiners and selectors are part of emoji and of several scripts' spelling.
_JOINED = re.compile(
    "(?<=[\u0600-\u06ff\u0900-\u0dff\u2600-\u27ff\ufe0f\U0001f000-\U0001faff])\u200d"
    "(?=[\u0600-\u06ff\u0900-\u0dff\u2600-\u27ff\U0001f000-\U0001faff])"
)
_JOINER = "\ue000"
_ROUNDS = 6
# No line of an event is nearly as long.
MAX_LINE = 10_000


# The dates of a series say the same, one after the other.
@functools.lru_cache(maxsize=32)
def plain_text(text: str) -> str:
    """Paragraphs separated by one empty line, lines by a newline. Applying it twice changes nothing more."""
    text = visible(text)  # first, too: what hides inside markup makes it none
    for _ in range(_ROUNDS):
        if "<" not in text and "&" not in text:
            break
        before = text
        text = visible(html.unescape(_without_tags(text) if "<" in text else text))
        if text == before:
            break
    else:
        text = text.replace("<", "‹").replace("&", "＆")  # nested on purpose; no source means that
    return _NEWLINES.sub(lambda match: "\n\n" if match[0].count("\n") > 1 else "\n", _SPACES.sub(" ", text)).strip()


def _without_tags(text: str) -> str:
    text = _LINE.sub("\n", _PARAGRAPH.sub("\n\n", text))
    return nh3.clean(text, tags=set()) if is_bounded(text) else _TAG.sub(" ", text)


def plain_line(text: str) -> str:
    """The same on one line; of a long text the beginning."""
    text = text[:MAX_LINE]
    if text.isascii() and text.isprintable() and "<" not in text and "&" not in text:
        return " ".join(text.split())
    return " ".join(plain_text(text).split())


def visible(text: str) -> str:
    """Without control, bidirectional and zero-width characters, composed (NFC)."""
    if text.isascii() and text.isprintable():
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n\n")
    text = _HIDDEN.sub("", _JOINED.sub(_JOINER, text.replace(_JOINER, ""))).replace(_JOINER, "\u200d")
    text = unicodedata.normalize("NFC", unstacked(text))
    return unicodedata.normalize("NFC", _ACCENTS.sub("", text)) if _PILED.search(text) else text
