"""Objects of JSON whose names nobody agrees on: one spelling of the names, and the texts in whatever holds them."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from scraping.plain import plain_line

Fields = dict[str, Any]

_PARTS_OF_TEXT = (
    "text rendered raw html plain en de fr es it pt nl name title displayname label countrycode url value description"
).split()


def named(data: dict[str, Any]) -> Fields:
    """The object under one spelling of its names: start_date, startDate and "Start Date" are startdate."""
    return {re.sub(r"[^a-z0-9]", "", str(key).lower()): value for key, value in data.items()}


def inner(fields: Fields, name: str) -> Fields:
    """The object under a name, its names in one spelling; empty where there is none."""
    value = fields.get(name)
    return named(value) if isinstance(value, dict) else {}


def text_of(value: Any) -> str:
    """The text of a value: of an object its text or name, of a list its first."""
    match value:
        case bool() | None:
            return ""
        case str():
            return value.strip()
        case int() | float():
            return str(value)
        case list():
            return next((text for part in value if (text := text_of(part))), "")
        case dict():
            fields = named(value)
            texts = (fields.get(name) for name in _PARTS_OF_TEXT)
            return next((text.strip() for text in texts if isinstance(text, str) and text.strip()), "")
    return ""


def first_text(fields: Fields, names: Iterable[str]) -> str:
    """The text under the first of the names that has one."""
    return next((text for name in names if name in fields and (text := text_of(fields[name]))), "")


def names_of(fields: Fields, names: Iterable[str]) -> Iterator[str]:
    """All texts under all of the names, those of lists each by itself; no addresses."""
    for name in names:
        value = fields.get(name)
        for part in value if isinstance(value, list) else [value]:
            said = text_of(part)
            if not said and isinstance(part, dict):  # {"segment": {"name": …}, "genre": {"name": …}}
                said = next(
                    (text for inner in part.values() if isinstance(inner, dict) and (text := text_of(inner))), ""
                )
            text = plain_line(said).lstrip("#")
            if text and "://" not in text:
                yield text


def number_of(fields: Fields, names: Iterable[str]) -> float | None:
    for name in names:
        try:
            return float(fields[name])
        except (KeyError, TypeError, ValueError):
            continue
    return None


def is_true(value: Any) -> bool:
    return value is True or str(value).lower() in ("true", "1", "yes")
