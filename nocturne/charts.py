"""Columns and lines of numbers as a drawing: plain geometry, which a template writes down as SVG."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 640, 220
LEFT, RIGHT, TOP, BOTTOM = 56, 8, 24, 28
GAP = 0.25
# With more columns than that not each has room for its label and its number.
FEW, LABELS = 20, 12


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
class Polyline:
    """A part of a line without a gap, as SVG has points."""

    kind: int
    points: str


@dataclass(frozen=True, slots=True)
class Chart:
    """`lines` are the heights of the scale with their numbers."""

    title: str
    description: str
    kinds: tuple[str, ...]
    columns: tuple[Column, ...]
    lines: tuple[tuple[float, int], ...]
    polylines: tuple[Polyline, ...] = ()
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    base: int = HEIGHT - BOTTOM

    @property
    def has_totals(self) -> bool:
        return len(self.columns) <= FEW


def stacked(title: str, description: str, kinds: Sequence[str], rows: Sequence[tuple[str, Sequence[int]]]) -> Chart:
    """A column for each row (label, one number for each kind), the parts upon each other from the first kind up."""
    full, step = _full(max((sum(numbers) for _, numbers in rows), default=0))
    scale = (HEIGHT - TOP - BOTTOM) / full
    wide = (WIDTH - LEFT - RIGHT) / max(len(rows), 1)
    columns = []
    for position, (_, numbers) in enumerate(rows):
        x, y, rects = LEFT + wide * (position + GAP / 2), float(HEIGHT - BOTTOM), []
        for kind, number in enumerate(numbers):
            if number:
                y -= number * scale
                rects.append(Rect(kind, round(x, 1), round(y, 1), round(wide * (1 - GAP), 1), round(number * scale, 1)))
        middle = round(x + wide * (1 - GAP) / 2, 1)
        columns.append(Column(_label(rows, position), sum(numbers), middle, round(y - 4, 1), tuple(rects)))
    return Chart(title, description, tuple(kinds), tuple(columns), _scale(full, step))


def curves(
    title: str, description: str, kinds: Sequence[str], rows: Sequence[tuple[str, Sequence[float | None]]]
) -> Chart:
    """A line for each kind over the rows (label, one number for each kind); where there is none, the line has a gap."""
    full, step = _full(max((number or 0 for _, numbers in rows for number in numbers), default=0))
    scale = (HEIGHT - TOP - BOTTOM) / full
    wide = (WIDTH - LEFT - RIGHT) / max(len(rows), 1)
    columns, polylines = [], []
    for position in range(len(rows)):
        middle = round(LEFT + wide * (position + 0.5), 1)
        columns.append(Column(_label(rows, position), 0, middle, 0.0, ()))
    for kind in range(len(kinds)):
        part: list[str] = []
        for (_, numbers), column in zip(rows, columns, strict=True):
            number = numbers[kind]
            if number is not None:
                part.append(f"{column.middle:.1f},{HEIGHT - BOTTOM - number * scale:.1f}")
            elif part:
                polylines.append(_polyline(kind, part))
                part = []
        if part:
            polylines.append(_polyline(kind, part))
    return Chart(title, description, tuple(kinds), tuple(columns), _scale(full, step), tuple(polylines))


def _polyline(kind: int, points: Sequence[str]) -> Polyline:
    """A single point twice: with round ends that is a dot."""
    return Polyline(kind, " ".join(points if len(points) > 1 else [*points, *points]))


def _label(rows: Sequence[tuple[str, object]], position: int) -> str:
    every = 1 if len(rows) <= FEW else -(-len(rows) // LABELS)
    return "" if position % every else rows[position][0]


def _full(highest: float) -> tuple[int, int]:
    """The number at the top of the scale, and the step between its lines."""
    step = _step(highest)
    return max(step * -int(-highest // step), 1), step


def _scale(full: int, step: int) -> tuple[tuple[float, int], ...]:
    scale = (HEIGHT - TOP - BOTTOM) / full
    return tuple((round(HEIGHT - BOTTOM - value * scale, 1), value) for value in range(0, full + 1, step))


def _step(highest: float) -> int:
    """A round number that goes into the highest at most five times."""
    step = 1
    while True:
        for factor in (1, 2, 5):
            if highest <= 5 * step * factor:
                return step * factor
        step *= 10
