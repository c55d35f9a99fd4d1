"""When and where the entry of a feed takes place, as its elements and the lines of its text say."""

import datetime as dt
import re
from collections.abc import Mapping

from events.drafts import When
from scraping import times
from scraping.plain import plain_text

# Names of elements without punctuation, the local time before the instant, the whole before its parts.
_STARTS = (
    "startdatelocal utcstart localstart startdatetime dtstart start startdate starttime eventstart eventstartdate "
    "eventdate eventdates begin"
).split()
_ENDS = "enddatelocal utcend localend enddatetime dtend end enddate endtime eventend eventenddate".split()
_START_CLOCKS = "starttime starthour start eventtime eventtimes time".split()
_END_CLOCKS = "endtime endhour end".split()
_CLOCK = re.compile(
    r"\s*\d{1,2}(?::\d\d){0,2}\s*(?:[ap]\.?m\.?)?(?:\s*(?:-|–|to)\s*\d{1,2}(?::\d\d){0,2}\s*(?:[ap]\.?m\.?)?)?\s*", re.I
)
_TEXT = 20_000
_WHEN = re.compile(
    r"^[^\w\n]*+(?:when|dates?(?: ?(?:and|&) ?time)?|event dates?|wann|datum|termin|quand|cu[aá]ndo|fecha|quando|data|"
    r"wanneer|ημερομηνια|ημερομηνία|πότε|kiedy|когда|start|starts|beginn)\s*:\s*(.{6,120})$",
    re.I | re.M,
)
_TIME = re.compile(
    r"^[^\w\n]*+(?:(?:event )?times?|uhrzeit|zeit|hora|horario|heure|horaire|ora|orario|hor[aá]rio|tijd|ώρα|beginn|"
    r"starts?)\s*:\s*(.{1,60})$",
    re.I | re.M,
)
_WHERE = re.compile(
    r"^[^\w\n]*+(?:where|location|venue|place|ort|wo|veranstaltungsort|lieu|o[uù]|lugar|d[oó]nde|dove|luogo|local|onde|"
    r"locatie|waar|τοποθεσία|χώρος)\s*:\s*(\S.{2,150})$",
    re.I | re.M,
)


def stated_time(fields: Mapping[str, str], timezone: str) -> When | None:
    """The time that elements of an event namespace state, by their local names; a day may have its time in another."""
    hint = times.day_comes_first(timezone)
    dates = [fields[name] for name in _STARTS if fields.get(name) and not _CLOCK.fullmatch(fields[name])]
    clocks = [fields[name] for name in _START_CLOCKS if _CLOCK.fullmatch(fields.get(name, ""))]
    if not dates and clocks and fields.get("date"):
        dates = [fields["date"]]  # LibCal's date, start and end
    span = next((found for said in dates if (found := times.span(said, day_first=hint))), None)
    if span is None:
        return None
    start, end = span
    if start.clock is None and clocks:
        start, end = times.span(f"{start.day} {clocks[0]}") or span
    ending = next((fields[name] for name in _ENDS if fields.get(name) and not _CLOCK.fullmatch(fields[name])), "")
    end = (times.moment(ending, day_first=hint) if ending else None) or end
    clock = next((fields[name] for name in _END_CLOCKS if _CLOCK.fullmatch(fields.get(name, ""))), "")
    if clock and start.clock and (end is None or end.clock is None):
        end = times.span(f"{end.day if end else start.day} {clock}", day_first=hint)[0]  # type: ignore[index]
    return times.when(start, end)


def told_time(content: str, timezone: str, published: dt.date | None = None) -> When | None:
    """The time in a line of the text that is labelled so, as "When: …", or in its first line where that has nothing
    else and is yet to come when the entry is published."""
    text = plain_text(content[:_TEXT])
    hint = times.day_comes_first(timezone)
    if match := _WHEN.search(text):
        span = times.span(match[1], day_first=hint)
        if span and span[0].clock is None and (clock := _TIME.search(text)):
            span = times.span(f"{span[0].day} {clock[1]}") or span
        return times.when(*span) if span else None
    line = text.partition("\n")[0]
    if len(line) < 60 and len(re.findall(r"[^\W\d_]+", line)) <= 4:
        span = times.span(line, day_first=hint)
        if span and span[0].clock and published and span[0].day > published:
            return times.when(*span)
    return None


def told_place(content: str) -> str:
    """The place in a line of the text that is labelled so."""
    match = _WHERE.search(plain_text(content[:_TEXT]))
    return match[1] if match else ""
