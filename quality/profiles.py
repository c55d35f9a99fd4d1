"""A record prepared for comparing: each part is worked out once, most of them only when a comparison asks."""

from functools import cached_property

from events.text import fold

from . import locations, titles
from .canonical import names_one_thing, site
from .records import Record
from .times import says_time

# Texts are compared by runs of so many words.
_RUN = 3


# What begins before or after these hours may be listed on another night by a mistake in the zone.
_EARLY, _LATE = 8, 21
# What begins before this hour may be meant for the evening.
_MORNING = 10


class Profile:
    """`folded` is the folded title, `core` what tells of it, `place` the identity or folded name of
    the venue, `place_word` a word of its name.

    `night` is the ordinal of the night, `minute` that of the start; `at_edge` says that a source may list it on the
    night beside, `odd_time` that the time may be wrong or unknown.
    """

    def __init__(self, record: Record) -> None:
        self.record = record
        self.folded = titles.folded(record.title)
        self.core = titles.core(self.folded, venue=record.venue, city=record.city, year=record.start.year)
        self.place = record.venue_id or titles.folded(record.venue)
        self.place_word = locations.telling_word(record.venue)
        start, self.night = record.start, record.night.toordinal()
        self.minute = start.toordinal() * 1440 + start.hour * 60 + start.minute
        self.at_edge = not record.time_known or not _EARLY <= start.hour < _LATE
        self.odd_time = self.at_edge or start.hour < _MORNING or says_time(record.description)

    @cached_property
    def location(self) -> locations.Location | None:
        record = self.record
        return locations.location(record.venue, record.address, record.city, online=titles.is_online(self.folded))

    @cached_property
    def text(self) -> str:
        return fold(self.record.description)

    @cached_property
    def lowered(self) -> str:
        return self.record.description.casefold()

    @cached_property
    def runs(self) -> frozenset[tuple[str, ...]]:
        """All runs of three words of the description."""
        words = self.text.split()
        return frozenset(zip(*(words[n:] for n in range(_RUN)), strict=False))

    @cached_property
    def told(self) -> frozenset[str]:
        """The words of all that the record says beside its title."""
        record = self.record
        return locations.spelled(f"{self.text} {fold(record.venue)} {fold(record.address)}")

    @cached_property
    def title_words(self) -> frozenset[str]:
        return locations.spelled(self.folded)

    @cached_property
    def kinds(self) -> titles.Kinds:
        return titles.kinds(self.title_words)

    @cached_property
    def page(self) -> str:
        """The address of its page, if that names an event; else ""."""
        return self.record.url if self.record.url and names_one_thing(self.record.url) else ""

    @cached_property
    def site(self) -> str:
        return site(self.page) if self.page else ""
