"""What each draft is worth: its city, the rules that it breaks, and whether it says anything new."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from events.drafts import EventDraft, Problem, instant
from events.models import City, Listing, Source
from events.places import Atlas
from quality import rules, suspicious
from quality.score import score

from .adoption import Identified, content_hash


@dataclass(slots=True)
class Item:
    """A draft on its way into the database, with what the steps before found out about it; `data` is its JSON."""

    identified: Identified
    city: City | None
    area: City | None
    timezone: str
    content_hash: str
    data: dict[str, Any]
    found: list[rules.Found] = field(default_factory=list)

    @property
    def draft(self) -> EventDraft:
        return self.identified.draft

    @property
    def listing(self) -> Listing | None:
        return self.identified.listing

    @property
    def unchanged(self) -> bool:
        row = self.listing
        return (
            row is not None
            and not self.identified.adopted
            and row.content_hash == self.content_hash
            and row.missing_since is None
        )

    @property
    def key(self) -> str:
        return self.identified.key

    @property
    def placed(self) -> bool:
        """Whether the draft can be an event: it has a readable date and a city."""
        return self.draft.when is not None and self.city is not None

    @property
    def starts_at(self) -> dt.datetime | None:
        return instant(self.draft.when.start, self.timezone) if self.draft.when and self.timezone else None

    @property
    def score(self) -> int:
        return score(self.found)


def assess_answer(problems: Sequence[Problem]) -> list[rules.Found]:
    """What is wrong with a source's answer as a whole: one for each code, with the sentences of all."""
    sentences: dict[str, list[str]] = {}
    for problem in problems:
        sentences.setdefault(problem.code[:60], []).append(problem.message)
    return [
        rules.Found(
            rule=code,
            severity=rules.PROBLEM_SEVERITY,
            weight=0,
            message=" ".join(dict.fromkeys(said))[:500],
        )
        for code, said in sentences.items()
    ]


def assess(identified: Sequence[Identified], source: Source, atlas: Atlas, now: dt.datetime) -> list[Item]:
    """Settle each draft's city and zone, and apply the rules to those that are new or changed."""
    items = []
    for one in identified:
        city = atlas.locate(one.draft.where, source.city)
        zone = (one.draft.when and one.draft.when.timezone) or source.timezone or (city.timezone if city else "")
        area = city and atlas.active.get(city.area_id or city.pk, city)
        data = one.draft.to_json()
        item = Item(one, city, area, zone, content_hash(data, city.pk if city else None, zone), data)
        if not item.unchanged:
            item.found = rules.assess(one.draft, now=now, city=city, is_new=one.listing is None, home=source.city)
        items.append(item)
    if any(not item.unchanged for item in items):
        _add_suspicions(items)
    return items


def _add_suspicions(items: Sequence[Item]) -> None:
    """What shows only in the reading as a whole; the daily audit tells it of those that have not changed."""
    seen = [suspicious.Seen.of(item.draft, item.starts_at, item.city.zone if item.city else None) for item in items]
    for item, found in zip(items, suspicious.find(seen), strict=True):
        if not item.unchanged:
            item.found += found
