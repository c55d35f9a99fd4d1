"""The contract of an extractor: a module with two functions.

    claims(document: Document) -> bool
        Does this document look like the format? Quick, by content, never an exception.
    extract(document: Document, window: Window) -> Iterator[EventDraft | Problem]
        The events of the document; what belongs to no event and cannot be read is a Problem. One bad item
        costs only itself: it is a draft with `when=None` and a Problem that says why.

`scraping.detect` holds the list of the extractors and is the one that calls them.
"""

import codecs
import datetime as dt
import functools
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from selectolax.lexbor import LexborHTMLParser

from events.drafts import When, instant
from scraping.lenient import loads
from scraping.nesting import is_bounded
from scraping.xml import blocks

if TYPE_CHECKING:
    from nocturne.http import Response

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_CHARSET = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]{2,40})""", re.I)
# Not of the world's pages but of Python; some take the square of the time.
_NO_CHARSETS = frozenset(("punycode", "idna", "unicode_escape", "raw_unicode_escape", "undefined", "utf_7"))
# Drafts of one document; more is no calendar of a city.
MAX_DRAFTS = 20_000


@dataclass(frozen=True, kw_only=True)
class Window:
    """The instants [start, end) that are read, both aware, and the IANA zone in which floating times are read.

    Series are expanded up to `horizon`, None for the end.
    """

    start: dt.datetime
    end: dt.datetime
    timezone: str = "UTC"
    horizon: dt.datetime | None = None

    @property
    def of_series(self) -> "Window":
        """The part of the window in which series are expanded."""
        return replace(self, end=min(self.end, self.horizon or self.end))

    def holds(self, when: When) -> bool:
        """Does the time overlap the window? What has no end lasts its day (all-day) or a moment."""
        timezone = when.timezone or self.timezone
        start = instant(when.start, timezone)
        if when.end and when.end > when.start:
            return start < self.end and instant(when.end, timezone) > self.start
        if when.all_day or not when.time_known:
            return start < self.end and start + dt.timedelta(days=1) > self.start
        return self.start <= start < self.end

    def local(self, timezone: str) -> tuple[dt.datetime, dt.datetime]:
        """The window on the clock of a zone, naive."""
        zone = ZoneInfo(timezone)
        return self.start.astimezone(zone).replace(tzinfo=None), self.end.astimezone(zone).replace(tzinfo=None)


@dataclass(frozen=True, kw_only=True)
class Document:
    """Bytes as fetched, with the readings that several extractors share. `url` is absolute, or a file's path."""

    url: str
    body: bytes
    content_type: str = ""

    @classmethod
    def of(cls, response: "Response") -> "Document":
        """The document that a fetch brought."""
        return cls(url=response.url, body=response.body, content_type=response.headers.get("content-type", ""))

    @functools.cached_property
    def text(self) -> str:
        return decode(self.body, self.content_type)

    @functools.cached_property
    def head(self) -> str:
        """The beginning in lower case, for claims."""
        return self.text[:4000].lstrip("\ufeff \t\r\n\0").lower()

    @functools.cached_property
    def tree(self) -> LexborHTMLParser:
        """The page; of one that no parser is to see the scripts, in which data stands."""
        text = self.text.replace("\0", "\ufffd")
        return LexborHTMLParser(text if is_bounded(text) else "".join(blocks(text, "script")))

    @functools.cached_property
    def json(self) -> Any:
        """The document as JSON; None where it is not."""
        if not self.head.startswith(("{", "[")):
            return None
        try:
            return loads(self.text)
        except ValueError:
            return None


def decode(body: bytes, content_type: str = "") -> str:
    """Text of bytes: by its mark, as UTF-8 where it is that, else as declared, else as Windows-1252."""
    for bom, charset in _BOMS:
        if body.startswith(bom):
            return body[len(bom) :].decode(charset, "replace")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        pass
    for place in (content_type.encode("ascii", "ignore"), body[:4096]):
        match = _CHARSET.search(place)
        try:
            name = codecs.lookup(match[1].decode("ascii")).name if match else "utf-8"
            if name != "utf-8" and name.replace("-", "_") not in _NO_CHARSETS:
                return body.decode(name, "replace")
        except (LookupError, UnicodeError):
            continue
    # One stray byte does not make a UTF-8 document a Windows one.
    text = body.decode("utf-8", "replace")
    return text if text.count("\ufffd") * 20 < sum(c > "\x7f" for c in text) else body.decode("cp1252", "replace")
