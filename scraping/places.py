"""A place that a source writes as one line of text, taken apart as far as it is plain how."""

import re

from events.countries import countries_with_region, country_code, region_code
from events.drafts import Where
from scraping.plain import plain_line

# What is longer is no place but a story.
MAX_LENGTH = 1_000
_ONLINE = re.compile(
    r"^\W*(?:online|virtual|zoom|livestream|live stream|webinar|web|internet|via zoom|microsoft teams( "
    r"meeting)?|google meet|"
    r"en l[ií]nea|en ligne|online[- ](event|veranstaltung|evento?)|virtual event)\W*$",
    re.I,
)
_MEETING = re.compile(
    r"https?://(?:[\w-]+\.)?(?:zoom\.us|meet\.google\.com|teams\.microsoft\.com|teams\.live\.com|webex\.com|"
    r"gotomeet\w*\.com|jitsi\.org|meet\.jit\.si|twitch\.tv|youtube\.com|youtu\.be)/",
    re.I,
)
_LINK = re.compile(r"^https?://\S+$", re.I)
_BRACKETS = re.compile(r"^([^()]{3,100}?)\s*\(([^()]*\d[^()]*)\)\s*$")
_DASH = re.compile(r"\s+[-–—|•·]\s+(?=\d)")
_POSTCODE = re.compile(r"^\d{5}(?:-\d{4})?$|^[A-Z]\d[A-Z] ?\d[A-Z]\d$")
_STATE_POSTCODE = re.compile(r"^([A-Z]{2}|[A-Z][a-z]+(?: [A-Z][a-z]+)?)\s+(\d{5}(?:-\d{4})?|[A-Z]\d[A-Z] ?\d[A-Z]\d)$")
_CITY_AFTER_CODE = re.compile(r"^(?:[A-Z]{1,2}-)?(?:\d{4} ?[A-Z]{2}|\d{4,5})\s+([^\d,]{2,40})$")


def place_of(text: str) -> Where:
    """Venue, address, and locality where the line ends in one that is plain to see: "…, Portland, OR 97205, USA"."""
    text = plain_line(text)[:MAX_LENGTH]
    if not text or (_LINK.match(text) and not _MEETING.match(text)):
        return Where()  # a link instead of a place: the address is told to guests only
    if _ONLINE.match(text) or _MEETING.match(text):
        return Where(venue="" if _MEETING.match(text) else text, online=True)
    if match := _BRACKETS.match(text):
        text = f"{match[1]}, {match[2]}"
    elif match := _DASH.search(text):
        text = f"{text[: match.start()]}, {text[match.end() :]}"
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if len(parts) < 2:
        return Where(venue=text)
    venue, rest = (parts[0], parts[1:]) if not _is_street(parts) else ("", parts)
    locality, region, country = _locality(parts[1:])
    return Where(venue=venue, address=", ".join(rest), locality=locality, region=region, country=country)


def _is_street(parts: list[str]) -> bool:
    """Does the line begin with a house number? "1015 Folsom, 1015 Folsom St" begins with a club's name."""
    return parts[0][:1].isdigit() and " " in parts[0] and not parts[1][:1].isdigit()


def _locality(parts: list[str]) -> tuple[str, str, str]:
    """Locality, region and country at the end of an address, all empty where that is not plain."""
    parts = list(parts)
    country = country_code(parts[-1]) if len(parts[-1]) > 3 or parts[-1] in ("USA", "UK", "US") else ""
    if country:
        parts.pop()
    has_code = False
    if parts and _POSTCODE.match(parts[-1]):
        parts.pop()
        has_code = True
    if not parts:
        return "", "", ""
    if (match := _CITY_AFTER_CODE.match(parts[-1])) and country not in ("US", "CA"):
        return match[1].strip(), "", country
    match = _STATE_POSTCODE.match(parts[-1])
    region = match[1] if match else parts[-1]
    named = [c for c in ("US", "CA") if country in ("", c) and c in countries_with_region(region)]
    # "CA" alone may be a word; a state counts with a postal code, a country, or as two capital letters.
    if len(parts) > 1 and named and (match or country or has_code or (len(region) == 2 and region.isupper())):
        return parts[-2], region_code(named[0], region), named[0]
    return "", "", country
