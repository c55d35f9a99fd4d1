"""Recurrence rules (RFC 5545), expanded on the clock of the place, inside a window, in bounded time.

Libraries walk every instance from the first; a rule without end that starts in the year 1 or never matches
would hold a worker for minutes. Here a rule without COUNT starts at the window, and every walk is counted.
"""

import calendar
import datetime as dt
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

FREQUENCIES = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY", "SECONDLY")
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
# Days and times looked at before a rule is given up: about a quarter of a second.
MAX_STEPS = 200_000
MAX_A_DAY = 100

_LIMITS = {
    "BYMONTH": (1, 12),
    "BYWEEKNO": (-53, 53),
    "BYYEARDAY": (-366, 366),
    "BYMONTHDAY": (-31, 31),
    "BYHOUR": (0, 23),
    "BYMINUTE": (0, 59),
    "BYSECOND": (0, 60),
    "BYSETPOS": (-366, 366),
}
_BYDAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
_UNTIL = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)(?:T(\d\d):?(\d\d):?(\d\d)?(Z)?)?")
_UNITS = {
    "HOURLY": dt.timedelta(hours=1),
    "MINUTELY": dt.timedelta(minutes=1),
    "SECONDLY": dt.timedelta(seconds=1),
}


class TooDense(Exception):
    """A rule has more instances, or needs more steps to find them, than any event has."""


@dataclass(slots=True)
class Budget:
    """Steps that several rules may take together. Steps and not seconds: the same input gives the same dates."""

    left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A parsed RRULE. `until` is inclusive and naive; `until_utc` says that it is UTC and not local."""

    freq: str
    interval: int = 1
    count: int | None = None
    until: dt.datetime | None = None
    until_utc: bool = False
    week_start: int = 0
    month: frozenset[int] = frozenset()
    week_number: frozenset[int] = frozenset()
    year_day: frozenset[int] = frozenset()
    month_day: frozenset[int] = frozenset()
    # (weekday, ordinal); ordinal 0 is every one
    day: frozenset[tuple[int, int]] = frozenset()
    hour: tuple[int, ...] = ()
    minute: tuple[int, ...] = ()
    second: tuple[int, ...] = ()
    position: tuple[int, ...] = ()

    @property
    def several_a_day(self) -> bool:
        return self.freq in _UNITS or max(len(self.hour), len(self.minute), len(self.second)) > 1


def parse_rule(text: str) -> Rule:
    """Read "FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=…"; unknown parts are passed over, ValueError for a broken one."""
    parts: dict[str, str] = {}
    for part in text.strip().upper().removeprefix("RRULE:").split(";"):
        name, _, value = part.partition("=")
        parts.setdefault(name.strip(), value.strip())
    freq = parts.get("FREQ", "")
    if freq not in FREQUENCIES:
        raise ValueError(f"the rule has no known frequency: {text[:80]}")
    numbers = {name: _numbers(parts[name], *limits) for name, limits in _LIMITS.items() if parts.get(name)}
    until, until_utc = _until(parts["UNTIL"]) if parts.get("UNTIL") else (None, False)
    return Rule(
        freq=freq,
        interval=min(max(1, int(parts.get("INTERVAL") or 1)), 10_000),
        count=int(parts["COUNT"]) if parts.get("COUNT") and not parts["COUNT"].startswith("-") else None,
        until=until,
        until_utc=until_utc,
        week_start=WEEKDAYS.index(parts["WKST"]) if parts.get("WKST") in WEEKDAYS else 0,
        month=frozenset(numbers.get("BYMONTH", ())),
        week_number=frozenset(numbers.get("BYWEEKNO", ())),
        year_day=frozenset(numbers.get("BYYEARDAY", ())),
        month_day=frozenset(numbers.get("BYMONTHDAY", ())),
        day=_weekdays(parts.get("BYDAY", "")),
        hour=numbers.get("BYHOUR", ()),
        minute=numbers.get("BYMINUTE", ()),
        second=tuple(min(second, 59) for second in numbers.get("BYSECOND", ())),
        position=numbers.get("BYSETPOS", ()),
    )


def _numbers(text: str, low: int, high: int) -> tuple[int, ...]:
    numbers = sorted({int(word) for word in text.split(",") if word.strip()})
    if any(not low <= number <= high for number in numbers) or (low < 0 and 0 in numbers):
        raise ValueError(f"a number of the rule is out of range: {text[:80]}")
    return tuple(numbers)


def _weekdays(text: str) -> frozenset[tuple[int, int]]:
    days = set()
    for word in filter(None, (word.strip() for word in text.split(","))):
        match = _BYDAY.fullmatch(word)
        if not match:
            raise ValueError(f"the rule's weekday cannot be read: {word[:20]}")
        days.add((WEEKDAYS.index(match[2]), int(match[1] or 0)))
    return frozenset(days)


def _until(text: str) -> tuple[dt.datetime, bool]:
    match = _UNTIL.match(text)
    if not match:
        raise ValueError(f"the rule's UNTIL cannot be read: {text[:40]}")
    year, month, day = (int(part) for part in match.groups()[:3])
    if match[4] is None:
        return dt.datetime.combine(dt.date(year, month, day), dt.time(23, 59, 59)), False
    hour, minute, second = (int(part or 0) for part in match.groups()[3:6])
    clock = dt.time(hour, minute, second)
    return dt.datetime.combine(dt.date(year, month, day), clock), bool(match[7])


def occurrences(
    rule: Rule, start: dt.datetime, since: dt.datetime, until: dt.datetime, *, budget: Budget | None = None
) -> Iterator[dt.datetime]:
    """Instances of a rule in [since, until), in order, all naive and local; `rule.until` is taken as local.

    Raise TooDense, after what was found, where the search is longer than MAX_STEPS or than what is left of `budget`.
    """
    if rule.until is not None:
        until = min(until, rule.until + dt.timedelta(microseconds=1))
    left = rule.count
    for moment in _walk(rule, start, since if left is None else start, until, budget or Budget(MAX_STEPS)):
        if left is not None:
            if left == 0:
                return
            left -= 1
        if moment >= since:
            yield moment


def _walk(
    rule: Rule, start: dt.datetime, since: dt.datetime, until: dt.datetime, budget: Budget
) -> Iterator[dt.datetime]:
    """Instances from the period that holds `since`; none before `start` or from `until` on."""
    rule = _with_defaults(rule, start)
    last = budget.left - MAX_STEPS
    for days, clocks in _periods(rule, start, max(since, start)):
        budget.left -= 4 + len(days)  # a period costs about as much as four of its days
        if days[0] > until.date() or days[-1].year > 9990:
            return
        moments = [dt.datetime.combine(day, clock) for day in days if _matches(rule, day) for clock in clocks]
        if rule.position:
            chosen = {moments[p - 1 if p > 0 else p] for p in rule.position if abs(p) <= len(moments)}
            moments = sorted(chosen)
        for moment in moments:
            budget.left -= 1
            if moment >= until:
                return
            if moment >= start:
                yield moment
        if budget.left < max(0, last):
            raise TooDense(f"the rule (FREQ={rule.freq}) matches too rarely or too often")


def _with_defaults(rule: Rule, start: dt.datetime) -> Rule:
    """The rule with the parts that it leaves to its start."""
    if rule.year_day or rule.month_day or rule.day:
        return rule
    if rule.freq == "WEEKLY" or rule.week_number:
        return replace(rule, day=frozenset({(start.weekday(), 0)}))
    if rule.freq == "YEARLY":
        return replace(rule, month=rule.month or frozenset({start.month}), month_day=frozenset({start.day}))
    return replace(rule, month_day=frozenset({start.day})) if rule.freq == "MONTHLY" else rule


def _periods(rule: Rule, start: dt.datetime, since: dt.datetime) -> Iterator[tuple[list[dt.date], list[dt.time]]]:
    """The days and times of day of each period of the rule, from the one that holds `since`; without end."""
    step = rule.interval
    if rule.freq in _UNITS:
        yield from _short_periods(rule, start, since)
        return
    clocks = _clocks(rule.hour or (start.hour,), rule.minute or (start.minute,), rule.second or (start.second,))
    if rule.freq in ("YEARLY", "MONTHLY"):
        length = 12 if rule.freq == "YEARLY" else 1
        first = start.year * 12 + (start.month - 1 if length == 1 else 0)
        skipped = (since.year * 12 + since.month - 1 - first) // (length * step)
        for month in range(first + skipped * length * step, dt.MAXYEAR * 12, length * step):
            if days := _days_of_months(rule, month, length):
                yield days, clocks
        return
    day = start.date()
    if rule.freq == "WEEKLY":
        day -= dt.timedelta(days=min((day.weekday() - rule.week_start) % 7, day.toordinal() - 1))
    length = 7 if rule.freq == "WEEKLY" else 1
    skipped = (since.date() - day).days // (length * step)
    for ordinal in range(day.toordinal() + skipped * length * step, dt.date.max.toordinal() - 7, length * step):
        yield [dt.date.fromordinal(ordinal + n) for n in range(length)], clocks


def _days_of_months(rule: Rule, month: int, length: int) -> list[dt.date]:
    """All days of `length` months from a month (year * 12 + month - 1) on, without those that BYMONTH excludes."""
    days = []
    for year, index in (divmod(m, 12) for m in range(month, month + length)):
        if rule.month and index + 1 not in rule.month:
            continue
        days += [dt.date(year, index + 1, n + 1) for n in range(calendar.monthrange(year, index + 1)[1])]
    return days


def _short_periods(rule: Rule, start: dt.datetime, since: dt.datetime) -> Iterator[tuple[list[dt.date], list[dt.time]]]:
    unit = _UNITS[rule.freq]
    moment = start.replace(
        minute=start.minute if rule.freq != "HOURLY" else 0,
        second=start.second if rule.freq == "SECONDLY" else 0,
    )
    moment += (since - moment) // (unit * rule.interval) * unit * rule.interval
    while moment.year <= 9990:
        minute: tuple[int, ...] = (moment.minute,)
        second: tuple[int, ...] = (moment.second,)
        if rule.freq == "HOURLY":
            minute = rule.minute or (start.minute,)
        if rule.freq != "SECONDLY":
            second = rule.second or (start.second,)
        excluded = (
            (rule.hour and moment.hour not in rule.hour)
            or (rule.freq != "HOURLY" and rule.minute and moment.minute not in rule.minute)
            or (rule.freq == "SECONDLY" and rule.second and moment.second not in rule.second)
        )
        yield [moment.date()], [] if excluded else _clocks((moment.hour,), minute, second)
        moment += unit * rule.interval


def _clocks(hours: Sequence[int], minutes: Sequence[int], seconds: Sequence[int]) -> list[dt.time]:
    if len(hours) * len(minutes) * len(seconds) > MAX_A_DAY:
        raise TooDense("the rule has more times a day than any event")
    return [dt.time(*parts) for parts in itertools.product(hours, minutes, seconds)]


def _matches(rule: Rule, day: dt.date) -> bool:
    if rule.month and day.month not in rule.month:
        return False
    if rule.month_day:
        length = calendar.monthrange(day.year, day.month)[1]
        if day.day not in rule.month_day and day.day - length - 1 not in rule.month_day:
            return False
    if rule.year_day:
        number, length = day.timetuple().tm_yday, 366 if calendar.isleap(day.year) else 365
        if number not in rule.year_day and number - length - 1 not in rule.year_day:
            return False
    if rule.week_number and not _in_week(rule, day):
        return False
    return not rule.day or any(_is_weekday(rule, day, *wanted) for wanted in rule.day)


def _is_weekday(rule: Rule, day: dt.date, weekday: int, ordinal: int) -> bool:
    """Is it this weekday, and with an ordinal the n-th (from the end if negative) of its month or year?"""
    if day.weekday() != weekday:
        return False
    if not ordinal or rule.freq not in ("MONTHLY", "YEARLY"):
        return True
    if rule.freq == "MONTHLY" or rule.month:
        number, length = day.day, calendar.monthrange(day.year, day.month)[1]
    else:
        number, length = day.timetuple().tm_yday, 366 if calendar.isleap(day.year) else 365
    return ordinal in ((number - 1) // 7 + 1, -((length - number) // 7 + 1))


def _in_week(rule: Rule, day: dt.date) -> bool:
    """Is the day in one of the rule's weeks? A week belongs to the year that has its fourth day."""
    fourth = day + dt.timedelta(days=3 - (day.weekday() - rule.week_start) % 7)
    index, length = fourth.timetuple().tm_yday - 1, 366 if calendar.isleap(fourth.year) else 365
    number, weeks = index // 7 + 1, (length - index % 7 - 1) // 7 + 1
    return number in rule.week_number or number - weeks - 1 in rule.week_number
