"""Time zone names as sources write them, turned into IANA names."""

import functools
import re
import zoneinfo

# Abbreviations, and a name of Lotus Notes, mean the zone whose clocks show them: "EST" in July is New York, not Panama.
_ABBREVIATIONS = {
    "est edt et eastern": "America/New_York",
    "cst cdt ct central": "America/Chicago",
    "mst mdt mt mountain": "America/Denver",
    "pst pdt pt pacific": "America/Los_Angeles",
    "akst akdt": "America/Anchorage",
    "hst": "Pacific/Honolulu",
    "bst": "Europe/London",
    "cet cest mez mesz western/central_europe": "Europe/Berlin",
    "eet eest": "Europe/Athens",
    "wet west": "Europe/Lisbon",
    "jst": "Asia/Tokyo",
    "aest aedt": "Australia/Sydney",
    "awst": "Australia/Perth",
    "nzst nzdt": "Pacific/Auckland",
    "utc gmt z zulu": "UTC",
}
_SHORT = {word.replace("_", " "): zone for words, zone in _ABBREVIATIONS.items() for word in words.split()}
_US_TIME = re.compile(r"\b(eastern|central|mountain|pacific)\b.*\btime\b.*\b(us|u\.s\.|canada)\b")
_OFFSET = re.compile(r"^\(?(?:utc|gmt)?\s*([+-])(\d{1,2}):?(\d{2})?\b\)?")
_VENDOR = re.compile(r"^tzone://microsoft/", re.I)
_US_WORD = re.compile(r"(eastern|central|mountain|pacific)\s+(?:standard |daylight )?time")
_WORD = re.compile(r"[^\W\d_]+(?:[ .'-]+[^\W\d_]+)*")


@functools.cache
def _known() -> dict[str, str]:
    return {name.lower(): name for name in zoneinfo.available_timezones() if name != "localtime"}


@functools.cache
def _windows() -> dict[str, str]:
    # Imported here: the library takes longer to load than most calendars to read, and few need it.
    from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

    return WINDOWS_TO_OLSON


@functools.cache
def _cities() -> dict[str, str]:
    places = (name for name in sorted(zoneinfo.available_timezones()) if name.count("/") and "Etc/" not in name)
    return {name.rpartition("/")[2].replace("_", " ").lower(): name for name in places}


@functools.lru_cache(maxsize=2000)
def iana(name: str) -> str | None:
    """The IANA name that a zone name means, None where it means nothing to us.

    Understands case, Windows names, names behind a vendor's path, abbreviations, display names that list
    cities, and offsets of whole hours ("UTC+2", "+02:00").
    """
    text = name.strip().strip("\"'").strip()[:200]
    text = _VENDOR.sub("", text)
    lower = text.lower()
    if found := _SHORT.get(lower) or _known().get(lower) or _known().get(lower.replace(" ", "_")):
        return found
    if found := _known().get(lower.replace("-", "/", 1)):
        return found
    if found := _windows().get(text):
        return found
    if (match := _US_WORD.fullmatch(lower)) and (found := _SHORT.get(match[1])):
        return found
    parts = lower.strip("/").split("/")
    for count in (3, 2):
        if len(parts) > count and (found := _known().get("/".join(parts[-count:]))):
            return found
    return _from_display(lower) or _from_offset(lower)


def _from_display(lower: str) -> str | None:
    """ "(UTC+01:00) Amsterdam, Berlin, Rome" and "Eastern Time (US & Canada)"."""
    if match := _US_TIME.search(lower):
        return _SHORT[match[1]]
    for match in _WORD.finditer(lower):
        if found := _cities().get(match[0]):
            return found
    return None


def _from_offset(lower: str) -> str | None:
    match = _OFFSET.match(lower)
    if not match or int(match[3] or 0) or int(match[2]) > 14:
        return None
    hours = int(match[2])
    sign = "-" if match[1] == "+" else "+"  # POSIX counts west of Greenwich as positive
    return f"Etc/GMT{sign}{hours}" if hours and f"etc/gmt{sign}{hours}" in _known() else "UTC" if not hours else None
