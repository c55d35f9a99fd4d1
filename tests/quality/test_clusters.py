import datetime as dt
import gc

import pytest

from quality.clusters import find
from quality.records import Record
from quality.similarity import Limits


def record(key: str, area: str, *, venue: str = "Klub Null", title: str = "Mdou Moctar", hour: int = 20) -> Record:
    night = dt.date(2026, 12, 4)
    start = dt.datetime.combine(night, dt.time(hour))
    return Record(key=key, source=key, area=area, title=title, start=start, night=night, venue=venue)


def groups(*records: Record, apart: tuple[str, str] | None = None) -> list[list[int | str]]:
    def forbidden(i: int, j: int) -> bool:
        return apart is not None and {records[i].key, records[j].key} == set(apart)

    return [group.keys for group in find(records, Limits(), forbidden)]


ALTERNATING = tuple(record(f"{area}{n}", area) for n in (1, 2) for area in ("berlin", "paris"))


def test_each_area_is_a_world_of_its_own() -> None:
    assert groups(*ALTERNATING) == [["berlin1", "berlin2"], ["paris1", "paris2"]]


def test_what_is_kept_apart_is_kept_apart_in_its_area() -> None:
    assert groups(*ALTERNATING, apart=("paris1", "paris2")) == [["berlin1", "berlin2"]]
    assert groups(*ALTERNATING, apart=("berlin1", "berlin2")) == [["paris1", "paris2"]]


def test_two_that_cannot_be_one_are_not_brought_together_by_a_third() -> None:
    early, late = record("early", "berlin", hour=19), record("late", "berlin", hour=21)
    assert groups(early, record("between", "berlin"), late) in ([["early", "between"]], [["between", "late"]])


def test_the_weakest_link_gives_the_score() -> None:
    records = [record("a", "berlin"), record("b", "berlin"), record("c", "berlin", title="Mdou Moctar & Tinariwen")]
    [group] = find(records, Limits())
    [pair] = find(records[:2], Limits())
    assert group.score < pair.score


def test_cycles_are_looked_for_again_afterwards_whatever_happened() -> None:
    def forbidden(i: int, j: int) -> bool:
        assert not gc.isenabled()
        raise LookupError

    with pytest.raises(LookupError):
        find(ALTERNATING, Limits(), forbidden)
    assert gc.isenabled()
