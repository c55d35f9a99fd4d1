"""How the number of subscriptions grows, week by week, out of when each was confirmed and ended."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncWeek
from django.utils import timezone as clock

from events.models import City

from .models import Subscription

WEEKS = 26
WIDTH, HEIGHT, LEFT, RIGHT, BOTTOM, TOP = 720, 260, 48, 16, 28, 12
Status = Subscription.Status


@dataclass(frozen=True, slots=True)
class Week:
    """`total` are the subscriptions at its end, paused ones too; `joined` and `left` those that came and went in it."""

    monday: dt.date
    joined: int
    left: int
    total: int


@dataclass(frozen=True, slots=True)
class Chart:
    """Coordinates of a drawing WIDTH by HEIGHT: a line of totals, and bars of who came (up) and went (down)."""

    line: str
    joined: list[tuple[float, float, float, float]]  # x, y, width, height
    left: list[tuple[float, float, float, float]]
    levels: list[tuple[float, int]]
    dates: list[tuple[float, dt.date]]
    zero: float


def weeks(city: City | None = None, *, now: dt.datetime | None = None) -> list[Week]:
    """The last weeks with this one, oldest first; [] if nobody ever confirmed. Two queries and one count."""
    rows = Subscription.objects.filter(confirmed_at__isnull=False)
    rows = rows.filter(city=city) if city else rows
    if not rows.exists():
        return []
    today = (now or clock.now()).date()
    this = today - dt.timedelta(days=today.weekday())
    first = this - dt.timedelta(weeks=WEEKS - 1)
    joined = _by_week(rows, "confirmed_at", first)
    ended = rows.filter(status=Status.ENDED)
    left = _by_week(ended, "unsubscribed_at", first)
    before = rows.aggregate(
        came=Count("pk", filter=Q(confirmed_at__lt=_midnight(first))),
        went=Count("pk", filter=Q(status=Status.ENDED, unsubscribed_at__lt=_midnight(first))),
    )
    total = before["came"] - before["went"]
    found = []
    for number in range(WEEKS):
        monday = first + dt.timedelta(weeks=number)
        total += joined.get(monday, 0) - left.get(monday, 0)
        found.append(Week(monday, joined.get(monday, 0), left.get(monday, 0), total))
    return found


def chart(rows: list[Week]) -> Chart:
    """The drawing of some weeks, one at least."""
    top = max(1, *(max(row.total, row.joined) for row in rows))
    bottom = max(row.left for row in rows)
    step = (WIDTH - LEFT - RIGHT) / len(rows)
    unit = (HEIGHT - TOP - BOTTOM) / (top + bottom)
    zero = TOP + top * unit
    x = [LEFT + step * (number + 0.5) for number in range(len(rows))]
    wide = step * 0.6
    return Chart(
        line=" ".join(f"{at:.1f},{zero - row.total * unit:.1f}" for at, row in zip(x, rows, strict=True)),
        joined=_bars(
            (at - wide / 2, zero - row.joined * unit, wide, row.joined * unit) for at, row in zip(x, rows, strict=True)
        ),
        left=_bars((at - wide / 2, zero, wide, row.left * unit) for at, row in zip(x, rows, strict=True)),
        levels=[(zero - level * unit, level) for level in sorted({0, top // 2, top})],
        dates=[(x[number], rows[number].monday) for number in range(0, len(rows), max(1, len(rows) // 5))],
        zero=zero,
    )


def _bars(rects: Iterable[tuple[float, float, float, float]]) -> list[tuple[float, float, float, float]]:
    return [(round(x, 1), round(y, 1), round(w, 1), round(h, 1)) for x, y, w, h in rects if h]


def _by_week(rows: QuerySet[Subscription], field: str, first: dt.date) -> dict[dt.date, int]:
    found = rows.filter(**{f"{field}__gte": _midnight(first)}).order_by()
    by_week = found.annotate(monday=TruncWeek(field, tzinfo=dt.UTC)).values_list("monday").annotate(n=Count("pk"))
    return {monday.date(): count for monday, count in by_week}


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), dt.UTC)
