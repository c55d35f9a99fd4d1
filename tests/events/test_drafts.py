"""Drafts and their JSON."""

import datetime as dt
import json
from decimal import Decimal

import pytest

from events.drafts import EventDraft, Price, Problem, When, Where


@pytest.mark.parametrize(
    "draft",
    [
        EventDraft(title="", when=None, problems=(Problem(code="title.label", message="“TBA” is no title."),)),
        EventDraft(title="A night out", when=When(start=dt.datetime(2026, 12, 5, 20), time_known=False)),
        EventDraft(
            title="Köln – «nuit»",
            when=When(
                start=dt.datetime(2026, 12, 5), end=dt.datetime(2026, 12, 8), timezone="Europe/Berlin", all_day=True
            ),
            where=Where(venue="Klub Null", latitude=0.0, longitude=-0.5, online=True),
            price=Price(minimum=Decimal("0"), maximum=Decimal("12.50"), currency="EUR", is_free=False),
            performers=("One", "Two"),
            status="cancelled",
        ),
    ],
)
def test_a_draft_survives_json(draft: EventDraft) -> None:
    assert EventDraft.from_json(json.loads(json.dumps(draft.to_json()))) == draft


@pytest.mark.parametrize("data", [{}, {"title": "x", "colour": "red"}, {"title": "x", "when": {"start": "soon"}}])
def test_what_is_no_draft_is_refused(data: dict[str, object]) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        EventDraft.from_json(data)
