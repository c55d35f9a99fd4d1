import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from events.overrides import FIELDS, read


def test_usable_values_are_read() -> None:
    values, problems = read({"title": " Better ", "starts_at": "2026-12-05T20:00", "price_min": "12.5", "venue": 7})
    assert values == {
        "title": "Better",
        "starts_at": dt.datetime(2026, 12, 5, 20),
        "price_min": Decimal("12.50"),
        "venue": 7,
    }
    assert problems == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("title", 3),
        ("title", "x" * 301),
        ("starts_at", "soon"),
        ("starts_at", "2026-12-05T20:00Z"),
        ("price_min", -1),
        ("price_min", "NaN"),
        ("price_max", "1e99"),
        ("is_free", "yes"),
        ("status", "maybe"),
        ("visibility", "gone"),
        ("venue", True),
        ("venue", "Klub Null"),
        ("score", 100),
    ],
)
def test_what_cannot_be_used_gets_a_sentence(name: str, value: Any) -> None:
    values, [problem] = read({name: value})
    assert values == {}
    assert problem.startswith(name)
    assert problem.endswith(".")


def test_blank_values_follow_the_sources() -> None:
    assert read(dict.fromkeys(FIELDS, "")) == read(dict.fromkeys(FIELDS)) == ({}, [])
