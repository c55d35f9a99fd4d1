"""iCalendar's lines and components, read tolerantly: what cannot be a line of its own belongs to the line before."""

import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from scraping.extractors import decode

_FOLD = re.compile(rb"(?<!\n)\n++[ \t](?![ \t]*(?:BEGIN|END):)")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*\Z")
_PARAMETER = re.compile(r';\s*([\w-]+)\s*=\s*("[^"]*"|[^;"]*)')
_QUOTED_HEAD = re.compile(r'(?:[^":]++|"[^"]*+")*+:(.*)\Z', re.S)
MAX_PARAMETERS = 4_000
# Calendar, event, alarm and something more; what is nested deeper is not looked at.
MAX_DEPTH = 20
# "DTSTART;TZID=(UTC-05:00) Eastern Time:20261205T200000": a colon that nobody quoted.
_TIME_VALUE = re.compile(r":\s*+(\d{4}-?\d\d-?\d\d.*)\Z", re.S)
_ESCAPE = re.compile(r"\\(.)", re.S)
_TIMES = frozenset(("DTSTART", "DTEND", "RECURRENCE-ID", "EXDATE", "RDATE"))
_TEXTS = frozenset(("SUMMARY", "DESCRIPTION", "LOCATION", "COMMENT", "CONTACT"))
_KNOWN = (
    _TIMES
    | _TEXTS
    | frozenset(
        "UID URL STATUS CATEGORIES ORGANIZER GEO ATTACH ATTENDEE CLASS CREATED DTSTAMP DURATION EXRULE IMAGE "
        "LAST-MODIFIED "
        "PRIORITY RELATED-TO RRULE SEQUENCE TRANSP TZID TZNAME TZOFFSETFROM TZOFFSETTO TZURL VERSION PRODID "
        "CALSCALE METHOD "
        "NAME COLOR CONFERENCE REFRESH-INTERVAL SOURCE RESOURCES DUE COMPLETED ACTION TRIGGER REPEAT FREEBUSY "
        "REQUEST-STATUS PERCENT-COMPLETE STYLED-DESCRIPTION STRUCTURED-DATA PARTICIPANT".split()
    )
)


@dataclass(slots=True)
class Property:
    """A line: its parameters (names in upper case, values without quotes) and its value as written."""

    value: str
    parameters: str = ""

    def parameter(self, name: str) -> str:
        if name not in self.parameters.upper():
            return ""
        for key, value in _PARAMETER.findall(self.parameters):
            if key.upper() == name:
                return value.strip('" ')
        return ""


@dataclass(slots=True)
class Component:
    """A calendar, event or time zone with its lines by name, in upper case; `raw` is kept of time zones only."""

    name: str
    properties: dict[str, list[Property]] = field(default_factory=dict)
    components: list["Component"] = field(default_factory=list)
    raw: list[str] = field(default_factory=list)
    complete: bool = True

    def first(self, name: str) -> Property | None:
        found = self.properties.get(name)
        return found[0] if found else None

    def text(self, name: str) -> str:
        """The first value of that name, unescaped; "" where there is none."""
        found = self.properties.get(name)
        if not found:
            return ""
        quoted = "QUOTED-PRINTABLE" in found[0].parameters.upper()
        return unescape(_unquoted(found[0]) if quoted else found[0].value)

    def children(self, name: str) -> Iterator["Component"]:
        """Components of that name, wherever they are nested."""
        for component in self.components:
            if component.name == name:
                yield component
            else:
                yield from component.children(name)


def _unquoted(line: Property) -> str:
    """The value of a line of vCalendar 1.0 that is encoded as quoted-printable."""
    encoded = line.value.replace("=\\n", "").encode("ascii", "ignore")
    text = decode(quopri.decodestring(encoded), f"charset={line.parameter('CHARSET')}")
    return text.replace("\r\n", "\n").replace("\n", "\\n")


def unescape(value: str) -> str:
    if "\\" not in value:
        return value.strip()
    return _ESCAPE.sub(lambda match: "\n" if match[1] in "nN" else match[1], value).strip()


def calendars(body: bytes, content_type: str = "") -> list[Component]:
    """The calendars of a file; events outside of any are one calendar of their own.

    What has no end because the file or its calendar ends before has `complete` False.
    """
    if body[:2] in (b"\xff\xfe", b"\xfe\xff"):
        body = decode(body).encode("utf-8", "replace")
    # Folding may cut a letter's bytes in two, so lines are joined before they are decoded.
    body = body.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    text = decode(_FOLD.sub(b"", body), content_type)
    stray = Component("VCALENDAR")
    top: list[Component] = []
    stack: list[Component] = []
    tail = _Tail()
    for line in text.split("\n"):
        if not line:
            continue
        name, parameters, value = _split(line)
        if name == "BEGIN":
            _begin(value.strip().upper(), stack, stray, top)
            tail.of(None)
        elif name == "END":
            _end(value.strip().upper(), stack)
            tail.of(None)
        elif not name:
            tail.lines.append(line.strip())
        elif stack:
            found = Property(value, parameters)
            stack[-1].properties.setdefault(name, []).append(found)
            tail.of(found if name in _TEXTS else None)
        if (stack and stack[0].name == "VTIMEZONE") or (len(stack) > 1 and stack[1].name == "VTIMEZONE"):
            stack[min(1, len(stack) - 1)].raw.append(line)
    for component in stack:
        component.complete = False
    tail.of(None)
    return [*top, stray] if stray.components else top


class _Tail:
    """The lines with which a text goes on, joined once: adding each to what is there takes the square of the time."""

    def __init__(self) -> None:
        self.text: Property | None = None
        self.lines: list[str] = []

    def of(self, text: Property | None) -> None:
        """The lines from now on are those of another text, or of none."""
        if self.lines:
            if self.text is not None:
                self.text.value = "\\n".join([self.text.value, *self.lines])
            self.lines = []
        self.text = text


def _split(line: str) -> tuple[str, str, str]:
    """Name, parameters (from the first ";" on) and value; the name is "" where the line goes on from the one before."""
    head, separator, value = line.partition(":")
    name, semicolon, parameters = head.partition(";")
    name = name.strip().upper()
    if not separator or not (name in _KNOWN or name in ("BEGIN", "END") or name.startswith("X-")):
        if separator and name.isascii() and head.isupper() and _NAME.match(name):
            return name, "", value  # a property that we do not know
        return "", "", ""
    if not semicolon:
        return name, "", value
    match = _TIME_VALUE.search(line) if name in _TIMES else _QUOTED_HEAD.match(line) if '"' in parameters else None
    if match:
        parameters, value = line[: match.start(1)].rstrip().removesuffix(":").partition(";")[2], match[1]
    return name, ";" + parameters[:MAX_PARAMETERS], value


def _begin(name: str, stack: list[Component], stray: Component, top: list[Component]) -> None:
    if name in ("VEVENT", "VCALENDAR", "VTIMEZONE"):
        # The one before was never ended.
        while (stack and stack[-1].name not in ("VCALENDAR",)) or (name == "VCALENDAR" and stack):
            stack.pop()
    component = Component(name)
    if len(stack) >= MAX_DEPTH:
        return
    if stack:
        stack[-1].components.append(component)
    elif name == "VCALENDAR":
        top.append(component)
    else:
        stray.components.append(component)
    stack.append(component)


def _end(name: str, stack: list[Component]) -> None:
    if any(component.name == name for component in stack):
        while (component := stack.pop()).name != name:
            component.complete = False
            for key, lines in component.properties.items():  # of an alarm that does not end: they may be the event's
                stack[-1].properties.setdefault(key, lines)
