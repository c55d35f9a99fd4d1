"""Under which id a source lists each event: the pure half of "identify"."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable

from events.drafts import EventDraft, Problem
from events.text import fold
from quality.canonical import canonical


def settle(drafts: Iterable[EventDraft], *, ids_stable: bool = True) -> list[EventDraft]:
    """Drafts with an `external_id` each, unique in the list; of exact doubles one stays, with a Problem that says so.

    The source's id, with the original local date for one of several under it; without an id the address, else
    the content. Where ids are not stable, the source's ids are passed over. Expects normalised drafts.
    """
    drafts = _without_doubles(drafts)
    bases = [_base(draft, ids_stable=ids_stable) for draft in drafts]
    shared = Counter(bases)
    ids = [
        _dated(base, draft) if draft.instance or shared[base] > 1 else base
        for base, draft in zip(bases, drafts, strict=True)
    ]
    for tell_apart in (_timed, _printed):
        groups = defaultdict(list)
        for index, name in enumerate(ids):
            groups[name].append(index)
        for indexes in groups.values():
            if len(indexes) > 1:
                for index in indexes:
                    ids[index] = tell_apart(ids[index], drafts[index])
    settled: dict[str, EventDraft] = {}
    count = Counter(ids)
    for name, draft in zip(ids, drafts, strict=True):
        if name not in settled:
            settled[name] = draft if count[name] == 1 else _noted(draft, count[name])
    return [draft.replace(external_id=name) for name, draft in settled.items()]


def fingerprint(draft: EventDraft) -> str:
    """Equal for drafts with the same title, local start and venue, however they are spelled."""
    start = ""
    if draft.when:
        start = draft.when.start.isoformat(timespec="minutes")
        if draft.when.timezone == "UTC" and not draft.when.all_day and draft.when.time_known:
            start += "Z"
    text = "\n".join((fold(draft.title), start, fold(draft.where.venue or draft.where.address)))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _without_doubles(drafts: Iterable[EventDraft]) -> list[EventDraft]:
    kept: dict[EventDraft, int] = {}
    for draft in drafts:
        kept[draft] = kept.get(draft, 0) + 1
    return [draft if count == 1 else _noted(draft, count) for draft, count in kept.items()]


def _noted(draft: EventDraft, count: int) -> EventDraft:
    problem = Problem(code="item.double", message=f"The source lists it {count} times.")
    return draft.replace(problems=(*draft.problems, problem))


def _base(draft: EventDraft, *, ids_stable: bool) -> str:
    if draft.external_id and ids_stable:
        return draft.external_id
    return canonical(draft.url) or fingerprint(draft)


def _dated(name: str, draft: EventDraft) -> str:
    if draft.instance:
        return f"{name}/{draft.instance}"
    return f"{name}/{draft.when.start.date()}" if draft.when else name


def _timed(name: str, draft: EventDraft) -> str:
    if draft.when is None or "T" in draft.instance:
        return name
    return f"{name}T{draft.when.start:%H:%M}"


def _printed(name: str, draft: EventDraft) -> str:
    return f"{name}#{fingerprint(draft)[:12]}"
