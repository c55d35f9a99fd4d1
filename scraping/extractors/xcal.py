"""xCal (RFC 6321): iCalendar written as XML."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from events.drafts import EventDraft, Problem
from scraping.contentlines import Component, Property
from scraping.extractors import Document, Window, ics
from scraping.recurrence import Budget
from scraping.stamps import MAX_STEPS
from scraping.xml import blocks, parse, whole_text

_NESTED = frozenset(("rrule", "exrule"))


def claims(document: Document) -> bool:
    return "<vcalendar" in document.head or "<icalendar" in document.head


def extract(document: Document, window: Window) -> Iterator[EventDraft | Problem]:
    calendar = Component("VCALENDAR")
    head, *_ = document.text.split("<components", 1)
    for block in blocks(head, "properties"):
        try:
            _fill(calendar, parse(block))
        except ValueError as error:
            yield Problem(code="item.unreadable", message=f"The calendar's own properties cannot be read: {error}.")
    for block in blocks(document.text, "vevent"):
        try:
            event = Component("VEVENT")
            _fill(event, parse(block))
            calendar.components.append(event)
        except ValueError as error:
            yield Problem(code="item.unreadable", message=f"An event cannot be read: {error}.")
    yield from ics.drafts(calendar, window, Budget(MAX_STEPS))


def _fill(component: Component, node: Element) -> None:
    """Properties as iCalendar would write them; they stand in <properties>, or right in the component."""
    container = node.find("properties")
    for line in container if container is not None else node:
        values = [child for child in line if child.tag != "parameters"]
        parameters = "".join(f";{part.tag.upper()}={whole_text(part)}" for part in line.iterfind("parameters/*"))
        if line.tag in _NESTED:
            found = ";".join(f"{name}={','.join(values)}" for name, values in _rule(line).items())
        elif line.tag == "geo":
            found = ";".join(whole_text(child) for child in values)
        else:
            separator = "\\," if line.tag != "categories" else ","
            found = ",".join(whole_text(child).replace(",", separator) for child in values) or (line.text or "")
            if any(child.tag in ("date-time", "date") for child in values):
                found = found.replace("\\,", ",")
        if found.strip():
            component.properties.setdefault(line.tag.upper(), []).append(
                Property(found.replace("\n", "\\n"), parameters)
            )


def _rule(line: Element) -> dict[str, list[str]]:
    parts: dict[str, list[str]] = {}
    for child in line.iter():
        if child is not line and child.tag != "recur" and whole_text(child):
            parts.setdefault(child.tag.upper(), []).append(
                whole_text(child).replace("-", "").replace(":", "") if child.tag == "until" else whole_text(child)
            )
    return parts
