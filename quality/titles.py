"""What is left of a title without what sources add to it: the words that tell one event from another."""

import datetime as dt
import re
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz

from events.text import fold
from events.titles import without_marks

_DAYS = r"mon(?:day)?|tue(?:s|sday)?|wed(?:nesday)?|thu(?:r|rs|rsday)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?"
_MONTHS = (
    r"jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
)
# The date stands beside the title anyway.
_DATES = re.compile(
    rf"\b(?:(?:{_DAYS}) )?(?:(?:{_MONTHS}) \d{{1,2}}(?:st|nd|rd|th)?|\d{{1,2}}(?:st|nd|rd|th)? (?:{_MONTHS}))"
    rf"(?: 20\d\d)?\b"
)
_ADDED = re.compile(
    r"\b(?:live in concert|in concert|live music(?: with| by| from| featuring)?|live at|live on stage|live|"
    r"ticketed event|free event|free admission|free|tickets?|on sale now|registration|all ages|ages? \d+|"
    r"\d+ plus|over \d+s?|doors \d+(?: \d\d)?(?: ?[ap]m)?|\d+(?: \d\d)? ?[ap]m|with special guests?|"
    r"special guests?|and more|and friends|touring|(?:the )?(?:\w+ )?tour 20\d\d|20\d\d tour)\b"
)
_LINKING_WORDS = (
    "a an and at by da das de del der des di die e el en et feat featuring for from ft in la las le les los"
    " mit of on or plus pres present presented presents support supporting tba the to und w with y x vs versus"
)
_LINKING = frozenset(_LINKING_WORDS.split())
_PRESENTS = re.compile(r"\b(?:presents?|pres|presented by|präsentiert|prasentiert)\b")
_NUMBER = re.compile(r"\b(?:\d+(?:st|nd|rd|th)?|[ivx]+|one|two|three|four|five|six|first|second|third)\b")
_NUMERALS = {
    "i": "1", "ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8", "ix": "9", "xi": "11",
    "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6",
    "first": "1", "second": "2", "third": "3",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Core:
    """`text` is the core in order, `words` its telling words; `numbers` tell parts and editions apart."""

    text: str
    words: frozenset[str]
    numbers: frozenset[str]


@lru_cache(maxsize=20_000)
def core(title: str, *, venue: str, city: str, date: dt.date) -> Core:
    folded = without_marks(fold(title))
    for pattern in (_DATES, _ADDED):
        folded = pattern.sub(" ", folded)
    for place in (fold(venue), fold(city)):
        if len(place) > 3:
            folded = re.sub(rf"\b(?:at |in |at the )?{re.escape(place)}\b", " ", folded)
    kept = [w for w in folded.split() if w not in _LINKING and w != str(date.year)]
    if not kept:
        kept = fold(title).split()
    numbers = frozenset(_NUMERALS.get(w, w.rstrip("stndrh")) for w in kept if _NUMBER.fullmatch(w))
    return Core(" ".join(kept), frozenset(kept), numbers)


def percent(a: Core, b: Core) -> float:
    """How alike two cores are, 0 to 100, whatever the order of their words."""
    if a.words == b.words:
        return 100.0
    return max(fuzz.ratio(a.text, b.text), fuzz.token_sort_ratio(a.text, b.text))
