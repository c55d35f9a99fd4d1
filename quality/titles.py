"""What is left of a title without what sources add to it: the words that tell one event from another."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz import fuzz

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
_LINKING_WORDS = (
    "a an and at by da das de del der des di die e el en et feat featuring for from ft in la las le les los"
    " mit of on or plus pres present presented presents support supporting tba the to und w with y x vs versus"
)
_LINKING = frozenset(_LINKING_WORDS.split())
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz")
_INITIALS = re.compile(r"\b(?:[a-z] ){2,}[a-z]\b")  # W.I.T.C.H.
_NUMBER = re.compile(r"\b(?:\d+(?:st|nd|rd|th)?|[ivx]+|one|two|three|four|five|six|first|second|third)\b")
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
_COMPANIONS = frozenset(_COMPANION_WORDS.split())
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
_KIND_OF = {
    word: (kind, one) for kind, ones in enumerate(_KINDS) for one, words in enumerate(ones) for word in words.split()
}
_ONLINE = frozenset(("virtual", "online", "webinar", "zoom", "livestream"))
# Words of so many letters that are spelled so much alike, in percent, are one word.
_SPELLED_LETTERS, _SPELLED_ALIKE = 4, 80
# From here on Unicode has scripts without spaces.
_NO_SPACES = "\u2e80"
# Words are found by their beginnings.
_BEGINNING = 6
# Kinds and their ones, by number.
Kinds = dict[int, set[int]]
# Words that so many titles share that they tell little.
_GENERIC = frozenset(_GENERIC_WORDS.split())


class _Weights(dict[str, float]):
    """Weights of words, each worked out once; it starts anew before it fills the memory."""

    def __missing__(self, word: str) -> float:
        if len(self) >= _MOST_WEIGHTS:
            self.clear()
        self[word] = weight = min(len(word), 8) * (0.25 if word in _GENERIC else 1.0)
        return weight


_WEIGHTS, _MOST_WEIGHTS = _Weights(), 200_000


class _Numbers(dict[str, str]):
    """The number that a word is, "" for none: "2nd", "ii" and "two" are "2"."""

    def __missing__(self, word: str) -> str:
        if len(self) >= _MOST_WEIGHTS:
            self.clear()
        self[word] = number = _NUMERALS.get(word, word.rstrip("stndrh")) if _NUMBER.fullmatch(word) else ""
        return number


_NUMBERS = _Numbers()


class Core:
    """`text` is the core in order, `words` its telling words, `weight` what they tell; `numbers` tell parts and
    editions apart."""

    __slots__ = ("numbers", "text", "weight", "words")

    def __init__(self, words: list[str]) -> None:
        self.text = " ".join(words)
        self.words = frozenset(words)
        self.weight = weight(self.words)
        self.numbers = frozenset(filter(None, map(_NUMBERS.__getitem__, words)))


def beginning(word: str) -> str:
    """What words are found by, as endings differ."""
    return word.removesuffix("s")[:_BEGINNING]


def telling(words: Iterable[str]) -> list[float]:
    """What each of the words tells; words that link tell nothing."""
    return [0.0 if word in _LINKING else _WEIGHTS[word] for word in words]


def is_generic(word: str) -> bool:
    """Whether so many titles have this word that it tells little."""
    return word in _GENERIC


def is_unusual(word: str) -> bool:
    """Whether a title has further words because of this one."""
    return (len(word) == 1 and word not in _LINKING) or (len(word) > 3 and word[0] >= _NO_SPACES)


def further(words: list[str]) -> list[str]:
    """The words that letters with spaces between them make, and pairs of letters where a script has no spaces."""
    found = [initials.replace(" ", "") for initials in _INITIALS.findall(" ".join(words))]
    for word in words:
        if len(word) > 3 and word[0] >= _NO_SPACES:
            found += [word[at : at + 2] for at in range(len(word) - 1)]
    return found


@lru_cache(maxsize=20_000)
def _folded(name: str) -> str:
    return fold(name)


def core(words: list[str], *, venue: str, city: str, year: int) -> Core:
    """Of the folded words of a title. Nearly all of them have hardly anything taken off, so that is looked at first."""
    seen = frozenset(words)
    text = whole = " ".join(words)
    if not seen.isdisjoint(_LETTERS):
        text = _INITIALS.sub(lambda found: found.group().replace(" ", ""), text)
    if not seen.isdisjoint(MARK_WORDS):
        text = without_marks(text)
    digits = _DIGIT.search(text)
    if digits:
        text = _DATES.sub(" ", text)
    if digits or not seen.isdisjoint(_ADDED_WORDS):
        text = _ADDED.sub(" ", text)
    for place in (_folded(venue), _folded(city)):
        if len(place) > 3 and place in text:
            text = f" {text} "
            for before in (" at the ", " at ", " in ", " "):
                text = text.replace(f"{before}{place} ", " ")
    kept = words if text is whole else text.split()
    if digits or not seen.isdisjoint(_LINKING):
        kept = [word for word in kept if word not in _LINKING and word != str(year)]
    return Core(kept or words)


def percent(a: Core, b: Core) -> float:
    """How alike two cores are, 0 to 100, whatever the order of their words."""
    if a.words == b.words:
        return 100.0
    return max(fuzz.ratio(a.text, b.text), fuzz.token_sort_ratio(a.text, b.text))


def weight(words: Iterable[str]) -> float:
    """How much words tell: long ones more than short ones, generic ones little."""
    return sum(map(_WEIGHTS.__getitem__, words))


class Common(NamedTuple):
    """What two cores share, in weight of words; `totals` are the weights of both, `alone` the words that only the one
    has."""

    weight: float
    totals: tuple[float, float]
    alone: tuple[frozenset[str], frozenset[str]]

    @property
    def contained(self) -> float:
        """How much of what the one tells less is in the other, 0 to 100: "Watkins" is in "Watkins at the Brewery"."""
        least = min(self.totals)
        return min(100.0, 100 * self.weight / least) if least else 0.0

    def told(self, side: int, words: frozenset[str]) -> tuple[float, float]:
        """How much of the title on one side the other title or these words have: its weight, and 0 to 100."""
        if not self.alone[side]:
            return self.totals[side], 100.0 if self.totals[side] else 0.0
        found = self.totals[side] - weight(self.alone[side] - words)
        return found, 100 * found / self.totals[side] if self.totals[side] else 0.0


def common(a: Core, b: Core) -> Common:
    """Words that are spelled nearly alike are shared: "jazz nights" and "jazz night", "Moctar" and "Mocktar"."""
    first, second = a.words - b.words, b.words - a.words
    if not (first or second):
        return Common(a.weight, (a.weight, b.weight), (first, second))
    near = _near(first, second) if first and second else {}
    shared = weight(a.words & b.words) + sum(min(_WEIGHTS[one], _WEIGHTS[other]) for one, other in near.items())
    return Common(shared, (a.weight, b.weight), (first - near.keys(), second - set(near.values())))


def _near(first: frozenset[str], second: frozenset[str]) -> dict[str, str]:
    """The words of the first that the second has in another spelling, each of them once; the likest go together."""
    others = [word for word in second if len(word) >= _SPELLED_LETTERS]
    found: list[tuple[float, str, str, str, str]] = []
    for word in first:
        if len(word) >= _SPELLED_LETTERS:
            found += [
                (-alike, min(word, other), max(word, other), word, other)
                for other in others
                if (alike := fuzz.ratio(word, other, score_cutoff=_SPELLED_ALIKE))
            ]
    near: dict[str, str] = {}
    for _, _, _, word, other in sorted(found):
        if word not in near and other not in near.values():
            near[word] = other
    return near


def is_companion(a: Core, b: Core) -> bool:
    """Whether one is what goes with the other: its volunteers' shift, the talk before, the reception after."""
    return bool((a.words ^ b.words) & _COMPANIONS) and not a.words & b.words & _COMPANIONS


def kinds(words: frozenset[str]) -> Kinds:
    """Which of each kind a title names, by all of its words."""
    found: Kinds = {}
    if words.isdisjoint(_KIND_OF):
        return found
    for word in words & _KIND_OF.keys():
        kind, one = _KIND_OF[word]
        found.setdefault(kind, set()).add(one)
    return found


def contrast(a: Kinds, b: Kinds) -> bool:
    """Whether two titles name two of a kind: "men's" and "women's", "Friday" and "Saturday"."""
    return any(ones.isdisjoint(b[kind]) for kind, ones in a.items() if kind in b)


def is_online(words: Iterable[str]) -> bool:
    """By the words of a title."""
    return not _ONLINE.isdisjoint(words)
