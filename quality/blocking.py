"""Which records are worth comparing: those that share an area, a night or its neighbour, and something telling.

Linear in the records: what too many share (a word like "live", a listings page) makes no pairs by itself.
"""

from collections.abc import Hashable, Iterable, Iterator, Sequence

from rapidfuzz import fuzz

from .profiles import Profile
from .titles import folded

# A bucket of more records than this tells nothing.
FULL = 60
# Words are found by their beginnings, as endings differ; and texts that one copied from another begin alike.
_BEGINNING, _TEXT_BEGINNING = 6, 40
# Titles that share less than half of their letters and are not even so much alike, in percent, have little in common.
_LEAST_ALIKE = 65
# Words as long as this tell something where they stand in a text.
_TELLING_LETTERS = 5

_Night = dict[Hashable, list[int]]


def pairs(profiles: Sequence[Profile], *, new: Iterable[int] | None = None) -> Iterator[tuple[int, int]]:
    """Pairs of positions, each once and the lower first, that have a chance to be one event.

    With `new`, only pairs with one of these positions.
    """
    keys = [_keys(profile) for profile in profiles]
    nights: dict[Hashable, _Night] = {}
    for position, profile in enumerate(profiles):
        shelf = nights.setdefault((profile.record.area, profile.night), {})
        for key in keys[position]:
            shelf.setdefault(key, []).append(position)
    chosen = None if new is None else set(new)
    for position in range(len(profiles)) if chosen is None else sorted(chosen):
        profile = profiles[position]
        for days in (0, -1, 1) if profile.at_edge or chosen is not None else (0,):
            for other in _met(nights.get((profile.record.area, profile.night + days)), keys[position]):
                # of two that look for each other, the first finds the second
                looks = other in chosen if chosen is not None else days == 0 or profiles[other].at_edge
                if (other > position or not looks) and _promising(profile, profiles[other]):
                    yield min(position, other), max(position, other)


def _keys(profile: Profile) -> list[Hashable]:
    record = profile.record
    keys: list[Hashable] = [word[:_BEGINNING] for word in profile.words]
    if record.url:
        keys.append(("url", record.url))
    if record.fingerprint:
        keys.append(("fingerprint", record.fingerprint))
    if place := record.venue_id or folded(record.venue):
        keys.append(("place", place))
    if len(record.description) >= _TEXT_BEGINNING:
        keys.append(("text", record.description[:_TEXT_BEGINNING]))
    return keys


def _met(night: _Night | None, keys: Sequence[Hashable]) -> set[int]:
    """The positions of a night that share a key."""
    met: set[int] = set()
    if night:
        for key in keys:
            bucket = night.get(key, ())
            if len(bucket) <= FULL:
                met.update(bucket)
    return met


def _promising(a: Profile, b: Profile) -> bool:
    """Whether the titles have something in common, or the one says what the other is called: most pairs have not."""
    both = a.words & b.words
    if both and 2 * sum(map(len, both)) >= min(a.letters, b.letters):
        return True
    if fuzz.token_sort_ratio(a.folded, b.folded, score_cutoff=_LEAST_ALIKE):
        return True
    one, other = a.record, b.record
    if one.url and one.url == other.url:
        return True
    return _tells(a, b) or _tells(b, a)


def _tells(a: Profile, b: Profile) -> bool:
    """Whether the text of `a` begins like that of `b`, or has a telling word of its title."""
    text = a.record.description
    if not text:
        return False
    text = text.casefold()
    if b.record.description and text.startswith(b.record.description[:_TEXT_BEGINNING].casefold()):
        return True
    return any(len(word) >= _TELLING_LETTERS and word in text for word in b.words)
