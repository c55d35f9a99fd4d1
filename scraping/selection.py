"""Which items of a source are taken: its rules `include` and `exclude`, one pattern a line.

A pattern is text that stands somewhere in the title, in a category (the source's word or ours) or in the address;
`*` stands for any text. One that begins as addresses do is looked for in the address only. There are no regular
expressions: an editor's pattern must not be able to stall a worker.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from events.categories import category_label
from events.drafts import EventDraft, When
from events.models import Source
from events.text import fold

from .adoption import Identified

NOT_INCLUDED = "no rule includes it"
Key = tuple[str, When | None, str]


@dataclass(frozen=True, slots=True)
class Pattern:
    """`text` is the line as the editor wrote it, for people."""

    text: str

    def matches(self, texts: Iterable[str], address: str) -> bool:
        """Whether it stands in one of the folded texts, or in the address in lower case."""
        words = [fold(part) for part in self.text.split("*")]
        is_address = self.text.startswith(("/", "http://", "https://"))
        if not is_address and any(words) and any(_in_order(words, text) for text in texts):
            return True
        letters = [part.strip().casefold() for part in self.text.split("*")]
        return any(letters) and _in_order(letters, address)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An item that the rules leave out; `rule` says why."""

    identified: Identified
    rule: str


def refused(source: Source, raw: Sequence[EventDraft], normalised: Sequence[EventDraft]) -> dict[Key, str]:
    """By what `divide` finds them again, the drafts that the source's rules leave out, and the rule that does."""
    include, exclude = _patterns(source.include), _patterns(source.exclude)
    if not include and not exclude:
        return {}
    found = {}
    for before, draft in zip(raw, normalised, strict=True):
        labels = map(category_label, draft.categories)
        texts = [fold(text) for text in (before.title, draft.title, *before.categories, *draft.categories, *labels)]
        rule = _refusal(include, exclude, texts, draft.url.casefold())
        if rule:
            found[key(draft)] = rule
    return found


def divide(identified: Iterable[Identified], rules: dict[Key, str]) -> tuple[list[Identified], list[LeftOut]]:
    """The items that are taken, and those that are not."""
    taken, left_out = [], []
    for one in identified:
        rule = rules.get(key(one.draft)) if rules else None
        if rule:
            left_out.append(LeftOut(one, rule))
        else:
            taken.append(one)
    return taken, left_out


def key(draft: EventDraft) -> Key:
    return draft.title, draft.when, draft.url


def _patterns(text: str) -> list[Pattern]:
    lines = (line.strip() for line in text.splitlines())
    return [Pattern(line) for line in lines if line.strip("* ")]


def _refusal(include: list[Pattern], exclude: list[Pattern], texts: list[str], address: str) -> str:
    """The pattern that excludes an item, NOT_INCLUDED, or "" for what is taken."""
    for pattern in exclude:
        if pattern.matches(texts, address):
            return pattern.text
    if include and not any(pattern.matches(texts, address) for pattern in include):
        return NOT_INCLUDED
    return ""


def _in_order(parts: Sequence[str], text: str) -> bool:
    """Whether the parts stand in the text one after the other."""
    at = 0
    for part in parts:
        at = text.find(part, at)
        if at < 0:
            return False
        at += len(part)
    return True
