"""Which records are worth comparing: those that share an area, a night or its neighbour, and something telling.

Linear in the records: what too many share (a word like "live", a listings page) makes no pairs by itself.
"""

from collections.abc import Hashable, Iterable, Iterator, Sequence

from rapidfuzz import fuzz

from .profiles import Profile
from .records import Record
from .titles import Core, keys, weight

# A bucket of more records than this tells nothing.
FULL = 60
# Words are found by their beginnings, as endings differ; and texts that one copied from another begin alike.
_BEGINNING, _TEXT_BEGINNING = 6, 40
# Titles that share less of what they tell, and are not even so much alike in percent, have little in common.
_LEAST_SHARED, _LEAST_ALIKE = 0.5, 75
# Words as long as this tell something where they stand in a text.
_TELLING_LETTERS = 5

_Night = dict[Hashable, list[int]]


def pairs(
    profiles: Sequence[Profile], *, minutes: float = 60, new: Iterable[int] | None = None
) -> Iterator[tuple[int, int]]:
    """Pairs of positions, each once and the lower first, that have a chance to be one event.

    `minutes` is how far apart starts may be that are no mistake. With `new`, only pairs with one of these positions.
    """
    keys_of = [_keys(profile) for profile in profiles]
    nights: dict[Hashable, _Night] = {}
    for position, profile in enumerate(profiles):
        shelf = nights.setdefault((profile.record.area, profile.night), {})
        for key in keys_of[position]:
            shelf.setdefault(key, []).append(position)
    times = [(profile.minute, profile.odd_time, profile.record.url) for profile in profiles]
    chosen = None if new is None else set(new)
    for position in range(len(profiles)) if chosen is None else sorted(chosen):
        profile = profiles[position]
        minute, odd, url = times[position]
        for days in (0, -1, 1) if profile.at_edge or chosen is not None else (0,):
            for other in _met(nights.get((profile.record.area, profile.night + days)), keys_of[position]):
                if other <= position and (
                    other in chosen if chosen is not None else days == 0 or profiles[other].at_edge
                ):
                    continue  # of two that look for each other, the first finds the second
                its_minute, its_odd, its_url = times[other]
                if not (odd or its_odd or -minutes <= minute - its_minute <= minutes or url == its_url != ""):
                    continue
                if (url and url == its_url) or _promising(profile, profiles[other]):
                    yield min(position, other), max(position, other)


def _keys(profile: Profile) -> list[Hashable]:
    record = profile.record
    found: list[Hashable] = [word[:_BEGINNING] for word in keys(profile.core.text)]
    if record.url:
        found.append(("url", record.url))
    if record.fingerprint:
        found.append(("fingerprint", record.fingerprint))
    if profile.place:
        found.append(("place", profile.place))
    if profile.place_word:
        # among the words of titles, for a title may be the place of another listing
        found.append(profile.place_word[:_BEGINNING])
    if len(record.description) >= _TEXT_BEGINNING:
        found.append(("text", record.description[:_TEXT_BEGINNING]))
    return found


def _met(night: _Night | None, keys: Sequence[Hashable]) -> set[int]:
    """The positions of a night that share a key."""
    met: set[int] = set()
    if night:
        for key in keys:
            bucket = night.get(key, ())
            if len(bucket) <= FULL:
                met.update(bucket)
    return met


def _of_two(one: Record, other: Record) -> bool:
    """Whether one source shows both now, and not as the same row twice: most pairs of a large calendar."""
    if one.source != other.source or not (one.live and other.live):
        return False
    return not (one.url and one.url == other.url) and not (one.fingerprint and one.fingerprint == other.fingerprint)


def _promising(a: Profile, b: Profile) -> bool:
    """Whether the titles have something in common or the one says what the other is called: cheap, for most pairs have
    not."""
    first, second = a.core, b.core
    both = first.stems & second.stems
    if both and weight(both) >= _LEAST_SHARED * min(first.weight, second.weight):
        return True
    if fuzz.token_sort_ratio(first.text, second.text, score_cutoff=_LEAST_ALIKE):
        return True
    one, other = a.record, b.record
    # other titles: the text of one is the other's, or tells of the other at the same place
    beginning = one.description[:_TEXT_BEGINNING]
    if len(beginning) == _TEXT_BEGINNING and other.description.startswith(beginning):
        return True
    one_place = a.place == b.place or a.place_word == b.place_word or not (a.place and b.place)
    if not one_place and a.place_word not in second.words and b.place_word not in first.words:
        return False
    return _tells(a, second) or _tells(b, first)


def _tells(profile: Profile, title: Core) -> bool:
    """Whether a description has a telling word of a title."""
    text = profile.lowered
    return bool(text) and any(len(word) >= _TELLING_LETTERS and word in text for word in title.words)
