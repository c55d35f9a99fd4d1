"""Objects of JSON-LD made whole: one spelling of their names, references put in place, what holders say of the held."""

from collections.abc import Iterator
from typing import Any

Item = dict[str, Any]

MAX_DEPTH = 14
_NAMES = {
    name.lower(): name
    for name in (
        "name startDate endDate startTime endTime doorTime duration location address streetAddress addressLocality "
        "addressRegion addressCountry postalCode geo latitude longitude offers price priceCurrency lowPrice highPrice "
        "priceSpecification minPrice maxPrice priceRange availability eventStatus eventAttendanceMode "
        "isAccessibleForFree organizer performer performers image description url subEvent subEvents superEvent event "
        "events eventSchedule itemListElement mainEntity keywords identifier headline containedInPlace inLanguage"
    ).split()
}
# Properties whose references are put in place. Events are not: each is listed where it stands.
_REFERRING = frozenset(
    "location address geo organizer performer performers offers image containedInPlace priceSpecification "
    "eventSchedule".split()
)
_HELD = ("subEvent", "subEvents", "event", "events", "hasCourseInstance")
# What a date without a name has of the event whose date it is.
_SHARED = (
    "name location organizer performer performers image description offers url eventAttendanceMode "
    "isAccessibleForFree inLanguage"
).split()
# Holders whose address is where they sit and not where their events are.
_NO_PLACES = ("Organization", "Corporation", "Person", "Group", "WebSite", "WebPage", "NGO", "Event", "Course")


def linked(value: Any) -> Any:
    """A copy of a document's objects in which schema.org's names have one spelling and each object says what it means
    by itself: an Event whose place stands elsewhere in the document, a date that has its name from its series.
    """
    value = _spelled(value, 0)
    known = {item["@id"]: item for item in _all(value, 0) if isinstance(item.get("@id"), str) and len(item) > 2}
    _link(value, known, 0)
    return value


def types(item: Item) -> list[str]:
    """The names of an object's types, without what stands before them."""
    found = item.get("@type") or item.get("type") or []
    return [
        part.rpartition("/")[2].rpartition(":")[2]
        for part in (found if isinstance(found, list) else [found])
        if isinstance(part, str)
    ]


def _spelled(value: Any, depth: int) -> Any:
    if depth > MAX_DEPTH:
        return None
    if isinstance(value, list):
        return [_spelled(part, depth + 1) for part in value]
    if isinstance(value, dict):
        return {_name(str(key)): _spelled(part, depth + 1) for key, part in value.items()}
    return value


def _name(key: str) -> str:
    """ "schema:startDate", "http://schema.org/startDate", "StartDate" and "start_date" are startDate."""
    bare = key.rpartition("schema.org/")[2].removeprefix("schema:")
    return _NAMES.get(bare.lower().replace("_", ""), bare)


def _all(value: Any, depth: int) -> Iterator[Item]:
    if depth > MAX_DEPTH:
        return
    if isinstance(value, dict):
        yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        if isinstance(part, (dict, list)):
            yield from _all(part, depth + 1)


def _link(value: Any, known: dict[str, Item], depth: int) -> None:
    if depth > MAX_DEPTH:
        return
    if isinstance(value, list):
        for part in value:
            _link(part, known, depth + 1)
    elif isinstance(value, dict):
        for name, part in value.items():
            if name in _REFERRING:
                value[name] = _resolved(part, known, 0)
        for name in _HELD:
            _hand_down(value, value.get(name))
        for part in list(value.values()):
            if isinstance(part, (dict, list)):
                _link(part, known, depth + 1)


def _resolved(value: Any, known: dict[str, Item], depth: int) -> Any:
    """The object that a mere reference means, with its own references two steps on; other values as they are."""
    if isinstance(value, list):
        return [_resolved(part, known, depth) for part in value]
    if not isinstance(value, dict) or depth > 2:
        return value
    if value.keys() <= {"@id", "@type", "type"} and isinstance(value.get("@id"), str):
        value = {name: part for name, part in known.get(value["@id"], value).items() if name not in _HELD}
    return {name: _resolved(part, known, depth + 1) if name in _REFERRING else part for name, part in value.items()}


def _hand_down(holder: Item, held: Any) -> None:
    """Give to nameless dates what their event says, and to events without a place the one that holds them."""
    children = [child for child in (held if isinstance(held, list) else [held]) if isinstance(child, dict)]
    kinds = types(holder)
    is_place = bool(holder.get("address") or holder.get("geo")) and not any(kind.endswith(_NO_PLACES) for kind in kinds)
    for child in children:
        if is_place and not child.get("location"):
            child["location"] = {name: part for name, part in holder.items() if name not in _HELD}
        if not child.get("name") and kinds and kinds[0].endswith(("Event", "Series", "Festival", "Course")):
            for name in _SHARED:
                if holder.get(name) and not child.get(name):
                    child[name] = holder[name]
