"""Plain text out of what sources write: no markup, no entities, no characters that hide or reverse."""

import functools
import html
import re

import nh3

from events.text import visible
from scraping.nesting import is_bounded

_LINE = re.compile(r"<\s*(?:br|hr|li|/tr|p|dd|dt)\b[^<>]*>", re.I)
_PARAGRAPH = re.compile(r"<\s*/(?:p|div|h[1-6]|ul|ol|table|blockquote|section|article)\b[^<>]*>", re.I)
_TAG = re.compile(r"<[^<>]*>?")
_SPACES = re.compile(r"[^\S\n]+")
_NEWLINES = re.compile(r"\s*\n\s*?\n\s*|\s*\n[^\S\n]*")
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
