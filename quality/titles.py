"""What is left of a title without what sources add to it: the words that tell one event from another."""

import datetime as dt
import re
from collections.abc import Iterable
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
_INITIALS = re.compile(r"\b(?:[a-z] ){2,}[a-z]\b")  # W.I.T.C.H.
_NUMBER = re.compile(r"\b(?:\d+(?:st|nd|rd|th)?|[ivx]+|one|two|three|four|five|six|first|second|third)\b")
_NUMERALS = {
    "i": "1", "ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8", "ix": "9", "xi": "11",
    "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6",
    "first": "1", "second": "2", "third": "3",
}  # fmt: skip


_GENERIC_WORDS = (
    "adult adults age ages annual art arts artist artists band bands beginner beginners benefit big bingo board book "
    "books brunch celebration center children choir church circle city class classes closed club coffee comedy "
    "community concert concerts conversation county course craft crafts dance dancing day days dinner discussion dj "
    "drag drop event events evening exhibit exhibition fair fall families family farmers fest festival film films "
    "food friends fundraiser fun gala game games garden group happy history holiday hour hours house improv jam jazz "
    "karaoke kid kids learn lecture library lunch market markets meet meeting meetup member members mic mixer monthly "
    "morning movie movies museum music new night nights open opening orchestra paint party performance play poetry "
    "practice program project quartet quiz reading reception reunion sale school season senior seniors series service "
    "session sessions show showcase shows singer social song songs songwriter special spring stage stories story "
    "storytime street study summer support symphony talk talks tasting teen teens theater theatre toddler town "
    "training tribute trio trivia up virtual volunteer walk walks watch webinar week weekend weekly welcome wine "
    "winter women womens men mens workshop workshops world writers writing yoga young youth"
)
_COMPANION_WORDS = (
    "afterparty audition auditions insights masterclass preconcert preshow reception rehearsal soundcheck vip "
    "volunteer volunteering volunteers workshop"
)
# What goes with an event and is another one.
_COMPANIONS = frozenset(_COMPANION_WORDS.split())
# Words that so many titles share that they tell little.
_GENERIC = frozenset(_GENERIC_WORDS.split())


@dataclass(frozen=True, slots=True)
class Core:
    """`text` is the core in order, `words` its telling words; `numbers` tell parts and editions apart."""

    text: str
    words: frozenset[str]
    numbers: frozenset[str]


@lru_cache(maxsize=20_000)
def core(title: str, *, venue: str, city: str, date: dt.date) -> Core:
    folded = without_marks(_INITIALS.sub(lambda found: found.group().replace(" ", ""), fold(title)))
    for pattern in (_DATES, _ADDED):
        folded = pattern.sub(" ", folded)
    padded = f" {folded} "
    for place in (fold(venue), fold(city)):
        for before in (" at the ", " at ", " in ", " ") if len(place) > 3 else ():
            padded = padded.replace(f"{before}{place} ", " ")
    kept = [w for w in padded.split() if w not in _LINKING and w != str(date.year)]
    if not kept:
        kept = fold(title).split()
    numbers = frozenset(_NUMERALS.get(w, w.rstrip("stndrh")) for w in kept if _NUMBER.fullmatch(w))
    return Core(" ".join(kept), frozenset(kept), numbers)


def percent(a: Core, b: Core) -> float:
    """How alike two cores are, 0 to 100, whatever the order of their words."""
    if a.words == b.words:
        return 100.0
    return max(fuzz.ratio(a.text, b.text), fuzz.token_sort_ratio(a.text, b.text))


def weight(words: Iterable[str]) -> float:
    """How much words tell: long ones more than short ones, generic ones little."""
    return sum(min(len(word), 8) * (0.25 if word in _GENERIC else 1) for word in words)


def contained(a: Core, b: Core) -> float:
    """How much of what the one tells less is in the other, 0 to 100: "Watkins" is in "Watkins at the Brewery"."""
    least = min(weight(a.words), weight(b.words))
    return 100 * weight(a.words & b.words) / least if least else 0.0


def is_companion(a: Core, b: Core) -> bool:
    """Whether one is what goes with the other: its volunteers' shift, the talk before, the reception after."""
    return bool((a.words ^ b.words) & _COMPANIONS) and not a.words & b.words & _COMPANIONS
