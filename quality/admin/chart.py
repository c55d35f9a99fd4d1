"""Columns of numbers as a drawing: plain geometry, which a template writes down as SVG."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 640, 220
LEFT, RIGHT, TOP, BOTTOM = 44, 8, 24, 28
GAP = 0.25


@dataclass(frozen=True, slots=True)
class Rect:
    """A part of a column in the units of the drawing; `kind` numbers the parts from 0."""

    kind: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Column:
    label: str
    total: int
    middle: float
    top: float
    rects: tuple[Rect, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """`lines` are the heights of the scale with their numbers."""

    title: str
    description: str
    kinds: tuple[str, ...]
    columns: tuple[Column, ...]
    lines: tuple[tuple[float, int], ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    base: int = HEIGHT - BOTTOM


def stacked(title: str, description: str, kinds: Sequence[str], rows: Sequence[tuple[str, Sequence[int]]]) -> Chart:
    """A column for each row (label, one number for each kind), the parts upon each other from the first kind up."""
    highest = max((sum(numbers) for _, numbers in rows), default=0)
    step = _step(highest)
    full = max(step * -(-highest // step), 1)
    scale = (HEIGHT - TOP - BOTTOM) / full
    wide = (WIDTH - LEFT - RIGHT) / max(len(rows), 1)
    columns = []
    for position, (label, numbers) in enumerate(rows):
        x, y, rects = LEFT + wide * (position + GAP / 2), float(HEIGHT - BOTTOM), []
        for kind, number in enumerate(numbers):
            if number:
                y -= number * scale
                rects.append(Rect(kind, round(x, 1), round(y, 1), round(wide * (1 - GAP), 1), round(number * scale, 1)))
        middle = round(x + wide * (1 - GAP) / 2, 1)
        columns.append(Column(label, sum(numbers), middle, round(y - 4, 1), tuple(rects)))
    lines = tuple((round(HEIGHT - BOTTOM - value * scale, 1), value) for value in range(0, full + 1, step))
    return Chart(title, description, tuple(kinds), tuple(columns), lines)


def _step(highest: int) -> int:
    """A round number that goes into the highest at most five times."""
    step = 1
    while True:
        for factor in (1, 2, 5):
            if highest <= 5 * step * factor:
                return step * factor
        step *= 10
