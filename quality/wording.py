"""What a text gives away by its words: buttons, stand-ins, advertisements, lists of links. Pure."""

import functools
import re

from events.text import fold

_PLACEHOLDERS = (
    "a confirmar|a venir|add event title|add title|add to calendar|bald mehr|book now|book tickets|busy|buy now|"
    "buy tickets|cerrado|chiuso|click here|closed|closed today|closed tonight|coming soon|demo event|details|"
    "event|event details|event name|event title|events|example event|ferme|find out more|geschlossen|"
    "geschlossene gesellschaft|get tickets|in planung|insert title here|learn more|lorem ipsum|mehr infos folgen|"
    "more|more details|more info|more information|n a|n n|new event|nn|no title|none|null|por anunciar|por confirmar|"
    "private|private event|private function|private party|privatveranstaltung|read more|register|register now|"
    "reserved|rsvp|ruhetag|sample event|save the date|see details|see more|sold out|tba|tbc|tbd|test|test event|"
    "test test|testing|testveranstaltung|tickets|title|to be announced|to be confirmed|to be determined|undefined|"
    "unknown|untitled|untitled event|view|view all|view details|view event|view event details|view more|"
    "we are closed|wird noch bekannt gegeben|your event|your event title"
)
PLACEHOLDERS = frozenset(_PLACEHOLDERS.split("|"))
_BUTTON = re.compile(
    r"^(view|see|show|get|buy|book) (more |all |the |your |this )?(event |tour |show )?"
    r"(details|tickets|events|dates|info|calendar)( for .*| now| here)?$"
)
# "View MIAMI! SINGLES LIVE TOUR!" has a button's label before its title; "View from the Bridge" is a title.
_LABEL = re.compile(
    r"^(?:View|VIEW)(?: (?:Event|EVENT))?(?: (?:Details|DETAILS))?(?: (?:for|FOR))?:? "
    r"(?!(?:Of|From|To|In|On|Over|Point|Park|Master|Finder|Askew|Club|Bar)\b)(?=[^\W_a-z]|[\"“‘'\[(#])"
    r"|^(?i:(?:buy|get|book) tickets(?: for\b| to\b|:| [–-])|(?:learn|read|find out) more(?: about\b|:| [–-])|"
    r"click here (?:for|to)\b|more info(?:rmation)? (?:about|on)\b)"
)
# One sign over and over: so many in a row and most of the title, or all of it from FEW_SIGNS on.
_ROW = re.compile(r"([^\W\d_])\1{9,}")
FEW_SIGNS = 5
_STAND_IN = re.compile(
    r"\blorem ipsum dolor|^(?:description|details?|more (?:details?|info(?:rmation)?)|text) "
    r"(?:goes here|here|to follow|coming soon|will follow|tba|tbd|follows?)\b"
    r"|^(?:add|enter|insert|write) (?:a |your |the )?(?:event )?description\b"
)
_LINK = re.compile(r"https?://\S+|www\.\S+", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://|\bwww\.\w", re.IGNORECASE)
_HOST = re.compile(r"(?:https?://)?(?:www\.)?([^/?#\s]+)", re.IGNORECASE)
_ADVERTISEMENT = re.compile(
    r"\b(online casino|casino bonus|slot gacor|judi|situs|betting (site|tips)|sports? betting|payday loans?|"
    r"buy (instagram )?followers|backlinks?|seo (services?|agency)|essay writing|dissertation help|viagra|cialis|"
    r"escorts? (in|service)|call girls?|crypto giveaway|forex signals?|weight loss (gummies|pills?)|keto gummies|"
    r"replica watches|customer (care|support|service) (phone )?number|toll free number)\b"
)
# A list of links: so many, to so many hosts or that much of the text.
LINKS, HOSTS, SHARE = 8, 6, 0.3


def is_placeholder(text: str) -> bool:
    """Whether a text is a button's label or a stand-in and says nothing of its own."""
    folded = fold(text)
    return folded in PLACEHOLDERS or bool(_BUTTON.match(folded))


def is_nonsense(title: str) -> bool:
    """Whether a title is one letter over and over, as "XXXXX", whatever stands beside a long row of it."""
    letters = fold(title).replace(" ", "")
    if len(letters) >= FEW_SIGNS and letters.isalpha() and len(set(letters)) == 1:
        return True
    return sum(len(match[0]) for match in _ROW.finditer(letters)) * 2 > len(letters)


def has_label(title: str) -> bool:
    """Whether a button's label stands before a title."""
    return bool(_LABEL.match(title.strip()))


def has_address(title: str) -> bool:
    return bool(_ADDRESS.search(title))


def is_stand_in(text: str) -> bool:
    """Whether a description was never written: a template's words, or nothing but "TBA"."""
    folded = fold(text[:300])
    return bool(_STAND_IN.search(folded)) or (bool(folded) and len(text) < 60 and folded in PLACEHOLDERS)


@functools.lru_cache(maxsize=32)
def links(text: str) -> int:
    """How many links a text is a list of, 0 if it is a text."""
    found = _LINK.findall(text)
    if len(found) < LINKS:
        return 0
    share = sum(map(len, found)) / len(text)
    hosts = {match[1].lower() for link in found if (match := _HOST.match(link))}
    farm = share > SHARE or (len(hosts) >= HOSTS and share > SHARE / 2 and len(found) >= 2 * LINKS)
    return len(found) if farm else 0


# The dates of a series share one text, which may be long.
@functools.lru_cache(maxsize=32)
def advertised(text: str) -> str:
    """The phrase of a text that is nothing but advertised, "" if there is none."""
    match = _ADVERTISEMENT.search(fold(text))
    return match.group() if match else ""
