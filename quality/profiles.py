"""A record prepared for comparing: each part is worked out once, most of them only when a comparison asks."""

from functools import cached_property

from events.text import words

from . import locations, titles
from .canonical import names_one_thing, site
from .records import Record

# Texts are compared by runs of so many words.
RUN = 3


class Profile:
    """Of most records nothing is ever asked."""

    def __init__(self, record: Record) -> None:
        self.record = record

    @cached_property
    def words(self) -> list[str]:
        """Of the title, folded."""
        return words(self.record.title)

    @cached_property
    def core(self) -> titles.Core:
        """What tells of the title."""
        record = self.record
        return titles.core(self.words, venue=record.venue, city=record.city, year=record.start.year)

    @cached_property
    def location(self) -> locations.Location | None:
        record = self.record
        return locations.location(record.venue, record.address, record.city, online=titles.is_online(self.words))

    @cached_property
    def text(self) -> list[str]:
        """The folded words of the description."""
        return words(self.record.description)

    @cached_property
    def runs(self) -> frozenset[int]:
        """All runs of three words of the description, by their hashes, which take less room."""
        return frozenset(map(hash, zip(*(self.text[n:] for n in range(RUN)), strict=False)))

    @cached_property
    def told(self) -> frozenset[str]:
        """The words of all that the record says beside its title."""
        return locations.spelled([*self.text, *words(self.record.venue), *words(self.record.address)])

    @cached_property
    def title_words(self) -> frozenset[str]:
        return locations.spelled(self.words)

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
