"""A place that a source writes as one line of text, taken apart as far as it is plain how."""

import re

from events.drafts import Where
from scraping.localities import locality_of
from scraping.plain import plain_text

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


def place_of(text: str) -> Where:
    """Venue, address, and locality where the line ends in one that is plain to see: "…, Portland, OR 97205, USA"."""
    lines = [line.strip(" ,") for line in plain_text(text)[:MAX_LENGTH].splitlines()]
    text = " ".join(", ".join(filter(None, lines)).split())
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
    locality, region, country = locality_of(parts[1:])
    return Where(venue=venue, address=", ".join(rest), locality=locality, region=region, country=country)


def _is_street(parts: list[str]) -> bool:
    """Does the line begin with a house number? "1015 Folsom, 1015 Folsom St" begins with a club's name."""
    return parts[0][:1].isdigit() and " " in parts[0] and not parts[1][:1].isdigit()
