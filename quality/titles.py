"""What is left of a title without what sources add to it: the words that tell one event from another."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from events.text import fold
from events.titles import MARK_WORDS, without_marks

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
# One of these is in every such addition that has no digit.
_ADDED_WORDS = frozenset(
    "live concert ticketed free ticket tickets sale registration ages age plus over doors guest guests more friends "
    "touring tour".split()
)
ADDING = _ADDED_WORDS | MARK_WORDS
_MONTH_WORDS = frozenset(
    "jan january feb february mar march apr april may jun june jul july aug august sep sept september oct october nov "
    "november dec december".split()
)
_CLOCK = re.compile(r"\d ?[ap]m\b")
_YEAR = re.compile(r"\d{4}")
_LINKING_WORDS = (
    "a an and at by da das de del der des di die e el en et feat featuring for from ft in la las le les los"
    " mit of on or plus pres present presented presents support supporting tba the to und w with y x vs versus"
)
LINKING = frozenset(_LINKING_WORDS.split())
# What makes a time or a date of a number beside it.
TIMES = _MONTH_WORDS | {"am", "pm"}
LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz")
_INITIALS = re.compile(r"\b(?:[a-z] ){2,}[a-z]\b")  # W.I.T.C.H.
_NUMBER = re.compile(r"\b(?:\d+(?:st|nd|rd|th)?|[ivx]+|one|two|three|four|five|six|first|second|third)\b")
FEWEST_INITIALS = 3
_DIGIT = re.compile(r"\d")
_NUMERALS = {
    "i": "1", "ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8", "ix": "9", "xi": "11",
    "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6",
    "first": "1", "second": "2", "third": "3",
}  # fmt: skip


_GENERIC_WORDS = (
    "adult adults age ages annual art arts artist artists band bands beginner beginners benefit big bingo board book "
    "books brunch celebration center children choir church circle city class classes closed closing closings closure "
    "closures club coffee comedy community concert concerts conversation county course craft crafts dance dancing day "
    "days dinner discussion dj drag drop event events evening exhibit exhibition fair fall families family farmers "
    "fest festival film films food friends fundraiser fun gala game games garden group happy history holiday hour "
    "hours house improv jam jazz karaoke kid kids learn lecture library lunch market markets meet meeting meetup "
    "member members mic mixer monthly morning movie movies museum music new night nights office offices open opening "
    "orchestra paint party performance play poetry practice program project quartet quiz reading reception reunion "
    "sale school season senior seniors series service session sessions show showcase shows singer social song songs "
    "songwriter special spring stage stories story storytime street study summer support symphony talk talks tasting "
    "teen teens theater theatre toddler town training tribute trio trivia up virtual volunteer walk walks watch "
    "webinar week weekend weekly welcome wine winter women womens men mens workshop workshops world writers writing "
    "yoga young youth"
)
_COMPANION_WORDS = (
    "afterparty audition auditions insights masterclass preconcert preshow reception rehearsal soundcheck vip "
    "volunteer volunteering volunteers workshop"
)
# What goes with an event and is another one.
COMPANIONS = frozenset(_COMPANION_WORDS.split())
# Of each kind one is not another: the classes of a kind, and the words for each.
_KINDS = (
    ("women womens ladies girls", "men mens boys"),
    ("varsity", "jv"),
    ("am", "pm"),
    ("morning", "afternoon", "evening", "matinee"),
    ("early", "late"),
    ("beginner beginners", "intermediate", "advanced"),
    ("adult adults", "teen teens", "toddler toddlers", "kids children"),
    ("monday mondays", "tuesday tuesdays", "wednesday wednesdays", "thursday thursdays", "friday fridays",
     "saturday saturdays", "sunday sundays"),
)  # fmt: skip
KIND_OF = {
    word: (kind, one) for kind, ones in enumerate(_KINDS) for one, words in enumerate(ones) for word in words.split()
}
ONLINE = frozenset(("virtual", "online", "webinar", "zoom", "livestream"))
# From here on Unicode has scripts without spaces.
_NO_SPACES = "\u2e80"
# Words are found by their beginnings.
_BEGINNING = 6
# Kinds and their ones, by number.
Kinds = dict[int, set[int]]
# Words that so many titles share that they tell little.
GENERIC = frozenset(_GENERIC_WORDS.split())


def numbers(words: Iterable[str]) -> dict[str, str]:
    """Of those words that are numbers which: "2nd", "ii" and "two" are "2"."""
    some = [word for word in words if not word.isalpha() or word in _NUMERALS or not word.strip("ivx")]
    return {word: _NUMERALS.get(word, word.rstrip("stndrh")) for word in some if _NUMBER.fullmatch(word)}


def beginning(word: str) -> str:
    """What words are found by, as endings differ."""
    return word.removesuffix("s")[:_BEGINNING]


def weights(words: Sequence[str]) -> NDArray[np.float64]:
    """What each of the words tells: long ones more than short ones, generic ones little."""
    size = np.fromiter(map(len, words), np.float64, len(words))
    generic = np.fromiter(map(GENERIC.__contains__, words), np.bool_, len(words))
    return np.minimum(size, 8) * np.where(generic, 0.25, 1)


def is_unusual(word: str) -> bool:
    """Whether a title has further words because of this one."""
    return (len(word) == 1 and word not in LINKING) or (len(word) > 3 and word[0] >= _NO_SPACES)


def further(words: list[str]) -> list[str]:
    """The words that letters with spaces between them make, and pairs of letters where a script has no spaces."""
    found = [initials.replace(" ", "") for initials in _INITIALS.findall(" ".join(words))]
    for word in words:
        if len(word) > 3 and word[0] >= _NO_SPACES:
            found += [word[at : at + 2] for at in range(len(word) - 1)]
    return found


@lru_cache(maxsize=20_000)
def folded(name: str) -> str:
    """The name of a place, in one spelling."""
    return fold(name)


def is_time(word: str) -> bool:
    """Whether it is a time of day or a year by itself."""
    return _CLOCK.search(word) is not None or _YEAR.fullmatch(word) is not None


def core(words: list[str], *, venue: str, city: str, year: int) -> list[str]:
    """What tells of the folded words of a title, in order.

    Nothing but words that link is taken off where none of ADDING is among them, none `is_time`, none of TIMES beside a
    number, fewer letters that stand by themselves than FEWEST_INITIALS, and neither place is named.
    """
    seen = frozenset(words)
    text = whole = " ".join(words)
    if not seen.isdisjoint(LETTERS):
        text = _INITIALS.sub(lambda found: found.group().replace(" ", ""), text)
    if not seen.isdisjoint(MARK_WORDS):
        text = without_marks(text)
    digits = _DIGIT.search(text)
    left = seen if text is whole else frozenset(text.split())
    if digits and not _MONTH_WORDS.isdisjoint(left):
        text = _DATES.sub(" ", text)
    if not _ADDED_WORDS.isdisjoint(left) or (digits and _CLOCK.search(text)):
        text = _ADDED.sub(" ", text)
    for place in (folded(venue), folded(city)):
        if len(place) > 3 and place in text:
            text = f" {text} "
            for before in (" at the ", " at ", " in ", " "):
                text = text.replace(f"{before}{place} ", " ")
    kept = words if text is whole else text.split()
    if digits or not seen.isdisjoint(LINKING):
        unsaid = LINKING | {str(year)}
        kept = [word for word in kept if word not in unsaid]
    return kept or words


def is_companion(a: frozenset[str], b: frozenset[str]) -> bool:
    """Whether one is what goes with the other, by the words of their cores: its volunteers' shift, the talk before, the
    reception after."""
    return bool((a ^ b) & COMPANIONS) and not a & b & COMPANIONS


def kinds(words: Iterable[str]) -> Kinds:
    """Which of each kind a title names, by all of its words."""
    found: Kinds = {}
    for word in KIND_OF.keys() & words:
        kind, one = KIND_OF[word]
        found.setdefault(kind, set()).add(one)
    return found


def contrast(a: Kinds, b: Kinds) -> bool:
    """Whether two titles name two of a kind: "men's" and "women's", "Friday" and "Saturday"."""
    return any(ones.isdisjoint(b[kind]) for kind, ones in a.items() if kind in b)
