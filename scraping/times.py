"""Dates and times as people and programs write them, read by rule: the usual forms of the big languages.

What could mean two days (05/12/2026 without a hint) or names no year is not read: None, never a guess.
"""

import datetime as dt
import email.utils
import functools
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from events.drafts import When
from scraping.zones import iana

# Beyond these years a date is a typing error, and zone arithmetic overflows.
# A decade under the calendar's end, so that a start and a length always have an end.
FIRST_YEAR, LAST_YEAR = 1000, 9980

# en, de, fr, es, it, pt, nl, el, pl, sv/da/no, fi, cs, ca: without accents, in the forms that stand in dates.
_MONTHS = """
    january jan januar janner janv janvier enero ene gennaio gen janeiro januari ιανουαριου ιανουαριος ιαν \
    stycznia styczen tammikuuta leden ledna gener
    february feb februar fevrier fevr febrero febbraio fevereiro fev februari φεβρουαριου φεβρουαριος φεβ lutego \
    luty helmikuuta unor unora febrer
    march mar marz maerz mrz mars marzo marco maart mrt μαρτιου μαρτιος μαρ marca marzec maaliskuuta brezen \
    brezna marc
    april apr avril avr abril abr aprile απριλιου απριλιος απρ kwietnia kwiecien huhtikuuta duben dubna
    may mai mayo maggio mag maio mei maj μαιου μαιος μαι μαϊ maja toukokuuta kveten kvetna maig
    june jun juni juin junio giugno giu junho ιουνιου ιουνιος ιουν czerwca czerwiec kesakuuta cerven cervna juny
    july jul juli juillet juil julio luglio lug julho ιουλιου ιουλιος ιουλ lipca lipiec heinakuuta cervenec \
    cervence juliol
    august aug aout agosto ago augustus augusti αυγουστου αυγουστος αυγ sierpnia sierpien elokuuta srpen srpna \
    agost
    september sept sep septembre septiembre setiembre settembre set setembro σεπτεμβριου σεπτεμβριος σεπ \
    wrzesnia wrzesien syyskuuta zari setembre
    october oct oktober okt octobre octubre ottobre ott outubro out οκτωβριου οκτωβριος οκτ pazdziernika \
    pazdziernik lokakuuta rijen rijna
    november nov novembre noviembre novembro νοεμβριου νοεμβριος νοε listopada marraskuuta
    december dec dezember dez decembre diciembre dic dicembre dezembro desember des δεκεμβριου δεκεμβριος δεκ \
    grudnia grudzien joulukuuta prosinec prosince desembre
"""
_MONTH = {name: number for number, names in enumerate(_MONTHS.strip().splitlines(), 1) for name in names.split()}
_NAMES = "|".join(sorted(_MONTH, key=len, reverse=True))

_ISO = re.compile(
    r"(?<!\d)(\d{4})(?:-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|(\d{2})(\d{2}))(?!\d)"
    r"(?:(?:\s*t\s*|\s+|,\s*)(?=\d))?"
)
# "T20:30:00.000", "T2030"; as two well-known programs write, "T18:30:00:00" and "T10-10-30-00" (hour twice)
_ISO_CLOCK = re.compile(
    r"(?:(?P<hour>\d{1,2})-(?P=hour)-(?P<minute2>\d\d)-\d\d"
    r"|(?P<h>\d\d?):(?P<m>\d\d)(?::(?P<s>\d\d)(?::\d\d)?(?:[.,]\d+)?)?"
    r"|(?P<h2>\d\d)(?P<m2>\d\d)(?P<s2>\d\d)?(?:\.\d+)?(?!\d)"
    r"|(?P<h3>\d\d)(?=z|[+-]\d|$))\s*"
)
_NUMERIC = re.compile(r"(?<![\d:.])(\d{1,2})\s?([./-])\s?(\d{1,2})\s?\2\s?(\d{4}|\d{2})(?![\d:])")
_DAY_MONTH = re.compile(
    rf"(?<!\d)(\d{{1,2}})(?:st|nd|rd|th|er|eme|ª|º|o|α|η)?[.,]?(?:\s*(?:de|di|of|del|da|do)\b)?[\s-]*\b({_NAMES})\b\.?"
    rf"(?:[\s,-]*(?:de|del|of)?\s*('?\d{{4}}|'\d\d)(?!\d)(?!:))?"
)
_MONTH_DAY = re.compile(rf"\b({_NAMES})\b\.?\s*(\d{{1,2}})(?:st|nd|rd|th)?(?![\d:])(?:\s*,?\s*(\d{{4}})(?!\d)(?!:))?")
# "5.-7. Dezember 2026", "December 5 - 7, 2026"
_DAYS_MONTH = re.compile(
    rf"(?<![\d:])(\d{{1,2}})\.?\s?(?:-|bis|to|al?|"
    rf"au)\s?(\d{{1,2}})\.?(?:\s+d[ei])?\s+({_NAMES})\b\.?\s*(?:d[ei]l?\s+)?(\d{{4}})"
)
_MONTH_DAYS = re.compile(
    rf"\b({_NAMES})\b\.?\s*(\d{{1,2}})(?:st|nd|rd|th)?\s?(?:-|to)\s?(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}})"
)
_CLOCK = re.compile(
    r"(?<![\d.,/:-])(?P<h>\d{1,2})(?:\s?[:.h]\s?(?P<m>\d\d)(?::(?P<s>\d\d))?)?(?!\d)\s*"
    r"(?P<mark>a\.?\s?m\b\.?|p\.?\s?m\b\.?|π\.?\s?μ\b\.?|μ\.?\s?μ\b\.?|[ap](?=\s|-|$)|uhr\b|h\b|hrs?\b|u\.|"
    r"uur\b|heures?\b|horas?\b|ωρα\b)?"
)
_BEFORE_CLOCK = re.compile(
    r"(?:\b(?:at|um|ab|alle|ore|las|os|kl|kl\.|klo|om|a|as|from|beginn|doors|στις|godz\.?)|@|t)\s*$"
)
_RANGE = re.compile(
    r"^\s*(?:-|–|—|~|to\b|until\b|till\b|bis\b|a\b|al\b|alle\b|tot\b|ate\b|hasta\b|jusqu\S*|εως\b|do\b)\s*"
)
_WORDS = {
    "noon": "12:00 pm",
    "midday": "12:00 pm",
    "midnight": "12:00 am",
    "mediodia": "12:00 pm",
    "minuit": "0h00",
}
_WORD = re.compile(r"\b(?:" + "|".join(_WORDS) + r")\b")
_ZONE = re.compile(
    r"\s*(?:\[(?P<bracket>[\w/+-]+)\]|(?P<z>z|utc|gmt)?\s*(?P<sign>[+-])(?P<hours>\d{1,2}):?(?P<minutes>\d\d)?(?![\d:])"
    r"|\(?(?P<name>[a-z]+/[a-z_]+(?:/[a-z_]+)?|[a-z]{1,5})\b\)?)"
)
_EPOCH = re.compile(r"\d{10}(?:\d{3})?(?:\.\d+)?")
_DURATION = re.compile(
    r"P(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,8})(?:\.\d+)?S)?)?", re.I
)
# Sources in these zones write the month first; everybody else the day.
_MONTH_FIRST_ZONES = re.compile(
    r"^(US/|America/(New_York|Chicago|Denver|Los_Angeles|Phoenix|Detroit|Boise|Anchorage|"
    r"Indiana/|Kentucky/|North_Dakota/|Toronto|Vancouver)|Pacific/Honolulu|Asia/Manila)"
)


@dataclass(frozen=True, slots=True)
class Moment:
    """A day, and a time of day where one is stated; `zone` is "UTC" for a stated offset, None for a floating time."""

    day: dt.date
    clock: dt.time | None = None
    zone: str | None = None

    @property
    def local(self) -> dt.datetime:
        return dt.datetime.combine(self.day, self.clock or dt.time())


def day_comes_first(timezone: str, language: str = "") -> bool | None:
    """Does 5/12 mean 5 December at a source in this zone? None where nothing tells."""
    if timezone not in ("", "UTC") and not timezone.startswith("Etc/"):
        return not _MONTH_FIRST_ZONES.match(timezone)
    language = language.lower().replace("_", "-")
    if language and not language.startswith("en"):
        return True
    return {"en-us": False, "en-gb": True, "en-au": True, "en-ie": True, "en-nz": True}.get(language)


def learn_day_first(texts: Iterable[str], hint: bool | None = None) -> bool | None:
    """Whether the numeric dates among texts of one source put the day first: 28/11 tells it for 5/12; else the hint."""
    for text in texts:
        for match in _NUMERIC.finditer(text):
            first, second = int(match[1]), int(match[3])
            if first > 12 >= second or second > 12 >= first:
                return first > 12
    return hint


def moment(text: str, *, day_first: bool | None = None, year: int | None = None) -> Moment | None:
    """The day and time that a text states first; None where it states no readable day. `year` is for days without."""
    found = span(text, day_first=day_first, year=year)
    return found[0] if found else None


@functools.lru_cache(maxsize=4096)
def span(text: str, *, day_first: bool | None = None, year: int | None = None) -> tuple[Moment, Moment | None] | None:
    """Start and end that a text states: "5 Dec 2026, 8-11pm", "20:00 – 23:00"; the end is None where there is none."""
    text = _plain(text)
    if _EPOCH.fullmatch(text):
        return (stamp, None) if (stamp := _epoch(text)) else None
    if days := _range_of_days(text):
        return days
    found = _day(text, day_first, year)
    if not found:
        return None
    day, before, after, iso = found
    start, rest = _iso_clock(day, after) if iso else (None, after)
    if start is None:
        clock = _clock_after(after) or _clock_before(before)
        if not clock:
            return Moment(day), _end(Moment(day), after, day_first, year)
        start, rest = _with_zone(day, clock[0], clock[1])
        if clock[2]:
            ending, _ = _with_zone(day, clock[2], clock[1])
            return start, ending if ending.local > start.local else Moment(_next(ending.day), ending.clock, ending.zone)
    return start, _end(start, rest, day_first, year)


def when(start: Moment, end: Moment | None = None, *, zone: str | None = None) -> When:
    """A draft's time out of two moments; a floating one takes `zone`. An end that is a day is meant inclusively."""
    timezone = start.zone or zone
    if start.clock is None:
        last = end.day if end else None
        if end and end.clock not in (None, dt.time()):
            return When(
                start=start.local,
                end=max(start.local, end.local) if end.day > start.day else None,
                timezone=zone,
                time_known=False,
            )
        over = dt.datetime.combine(_next(last), dt.time()) if last and last > start.day else None
        return When(start=start.local, end=over, timezone=zone, time_known=False)
    finish = None
    if end and end.clock is not None and (end.zone or zone) == timezone:
        finish = end.local
    elif end and end.clock is None and end.day > start.day:
        finish = dt.datetime.combine(_next(end.day), dt.time())
    return When(start=start.local, end=finish if finish and finish > start.local else None, timezone=timezone)


def _plain(text: str) -> str:
    """Lower case without accents, invisible characters and double spaces."""
    text = unicodedata.normalize("NFKD", text[:500].casefold())
    text = "".join(
        c
        for c in text
        if (not unicodedata.combining(c) and unicodedata.category(c) not in ("Cf", "Cc", "Cs")) or c in "\t\n\r"
    )
    text = _WORD.sub(lambda match: _WORDS[match[0]], text.replace("–", "-").replace("—", "-").replace("−", "-"))
    return " ".join(text.split())


def _epoch(text: str) -> Moment | None:
    number = float(text)
    seconds = number / 1000 if number > 10_000_000_000 else number
    stamp = dt.datetime.fromtimestamp(seconds, dt.UTC)
    return Moment(stamp.date(), stamp.time().replace(microsecond=0), "UTC")


def _date(year: int | str, month: int | str, day: int | str) -> dt.date | None:
    try:
        date = dt.date(int(year), int(month), int(day))
    except ValueError:
        return None
    return date if FIRST_YEAR <= date.year <= LAST_YEAR else None


def _next(day: dt.date) -> dt.date:
    return day + dt.timedelta(days=1)


def _day(text: str, day_first: bool | None, year: int | None) -> tuple[dt.date, str, str, bool] | None:
    """The first readable day, what stands before and after it, and whether it is of the ISO form."""
    for match in _ISO.finditer(text):
        digits = [group for group in match.groups() if group]
        if date := _date(*digits):
            return date, text[: match.start()], text[match.end() :], True
    for match in _NUMERIC.finditer(text):
        first, second = int(match[1]), int(match[3])
        stated = match[4] if len(match[4]) == 4 else f"20{match[4]}"
        if match[2] == "." or first > 12 or day_first or first == second:
            date = _date(stated, second, first)
        else:
            date = _date(stated, first, second) if second > 12 or day_first is False else None
        if date:
            return date, text[: match.start()], text[match.end() :], False
    for pattern, month, day in ((_DAY_MONTH, 2, 1), (_MONTH_DAY, 1, 2)):
        for match in pattern.finditer(text):
            stated = (match[3] or "").strip("'")
            stated = f"20{stated}" if len(stated) == 2 else stated
            if (stated or year) and (date := _date(stated or str(year), _MONTH[match[month]], match[day])):
                return date, text[: match.start()], text[match.end() :], False
    return None


def _range_of_days(text: str) -> tuple[Moment, Moment] | None:
    for pattern, (first, last, month, year) in ((_DAYS_MONTH, (1, 2, 3, 4)), (_MONTH_DAYS, (2, 3, 1, 4))):
        if match := pattern.search(text):
            start, end = (_date(match[year], _MONTH[match[month]], match[day]) for day in (first, last))
            if start and end and start < end:
                return Moment(start), Moment(end)
    return None


def _iso_clock(day: dt.date, text: str) -> tuple[Moment | None, str]:
    match = _ISO_CLOCK.match(text)
    if not match:
        return None, text
    named = match.groupdict()
    hour = int(named["hour"] or named["h"] or named["h2"] or named["h3"])
    minute = int(named["minute2"] or named["m"] or named["m2"] or 0)
    second = int(named["s"] or named["s2"] or 0)
    mark = re.match(r"([ap])\.?m\b", text[match.end() :])
    if mark:
        hour = hour % 12 + (12 if mark[1] == "p" else 0)
    if hour == 24 and not minute:
        day, hour = _next(day), 0
    if hour > 23 or minute > 59:
        return None, text
    clock = dt.time(hour, minute, min(second, 59))
    return _with_zone(day, clock, text[match.end() + (mark.end() if mark else 0) :])


def _with_zone(day: dt.date, clock: dt.time, rest: str) -> tuple[Moment, str]:
    """The moment with the zone that the text goes on with; a stated offset makes it UTC."""
    match = _ZONE.match(rest)
    if not match:
        return Moment(day, clock), rest
    if match["sign"]:
        offset = dt.timedelta(hours=int(match["hours"]), minutes=int(match["minutes"] or 0))
        if offset > dt.timedelta(hours=15) or (
            not match["z"] and not match["minutes"] and match["hours"][0] != "0" and re.match(r"\s*-\s", rest)
        ):
            return Moment(day, clock), rest
        utc = dt.datetime.combine(day, clock) - (offset if match["sign"] == "+" else -offset)
        return Moment(utc.date(), utc.time(), "UTC"), rest[match.end() :]
    name = match["bracket"] or match["name"]
    if zone := iana(name) if name else None:
        return Moment(day, clock, zone), rest[match.end() :]
    return Moment(day, clock), rest


def _clock_after(text: str) -> tuple[dt.time, str, dt.time | None] | None:
    """The first time of day in a text, what follows it, and the end of a range."""
    for match in _CLOCK.finditer(text):
        rest = text[match.end() :]
        ending = _RANGE.match(rest)
        after = rest[ending.end() :] if ending else ""
        second = _CLOCK.match(after) if after else None
        if second and not (second["m"] or second["mark"]):
            second = None
        if not (match["m"] or match["mark"] or second or _BEFORE_CLOCK.search(text[: match.start()])):
            continue
        marked = match["mark"] or (second["mark"] if second and _is_meridiem(second["mark"]) else None)
        first = _time(match["h"], match["m"], marked)
        if first is None:
            continue
        last = _time(second["h"], second["m"], second["mark"] or match["mark"]) if second else None
        if second and last and not match["mark"] and first > last and _is_meridiem(second["mark"]):
            first = _time(match["h"], match["m"], "am") or first  # 11-1pm
        return first, after[second.end() :] if second else rest, last
    return None


def _clock_before(text: str) -> tuple[dt.time, str, dt.time | None] | None:
    """ "20:00 Uhr, 5. Dezember": a time that stands before the day."""
    found = _clock_after(text)
    return (found[0], "", found[2]) if found else None


def _is_meridiem(mark: str | None) -> bool:
    return bool(mark) and re.sub(r"[.\s]", "", mark or "") in ("am", "pm", "a", "p", "πμ", "μμ")


def _time(hour: str, minute: str | None, mark: str | None) -> dt.time | None:
    h, m = int(hour), int(minute or 0)
    if _is_meridiem(mark):
        if not 1 <= h <= 12:
            mark = None if h > 12 else mark
        if mark:
            h = h % 12 + (12 if mark.strip()[0] in "pμ" else 0)
    if h == 24 and not m:
        h = 0
    return dt.time(h, m) if h <= 23 and m <= 59 else None


def _end(start: Moment, rest: str, day_first: bool | None, year: int | None) -> Moment | None:
    """The end after "to" or a dash: a moment of its own, or a time on the same day."""
    ending = _RANGE.match(rest)
    if not ending:
        return None
    rest = rest[ending.end() :]
    if found := _day(rest, day_first, year or start.day.year):
        if len(found[1]) > 20:
            return None
        end, _ = _iso_clock(found[0], found[2]) if found[3] else (None, "")
        if end is None:
            clock = _clock_after(found[2][:40])
            end = _with_zone(found[0], clock[0], clock[1])[0] if clock else Moment(found[0])
        return end
    if start.clock and (clock := _clock_after(rest[:20])):
        end = Moment(start.day, clock[0], start.zone)
        return end if end.local > start.local else Moment(_next(end.day), end.clock, end.zone)
    return None


def duration(text: str) -> dt.timedelta | None:
    """The length that "PT2H30M", "P1D" or "-P1D" (which is none) states."""
    match = _DURATION.fullmatch(text.strip()[:40])
    if not match or not any(match.groups()):
        return None
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    length = dt.timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    return length if dt.timedelta() < length < dt.timedelta(days=3660) else None


def rfc2822(text: str) -> Moment | None:
    """The date of a mail or an RSS item, "Sat, 05 Dec 2026 20:00:00 GMT"."""
    try:
        stamp = email.utils.parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if not FIRST_YEAR < stamp.year < LAST_YEAR:
        return None
    if stamp.tzinfo is None:
        return Moment(stamp.date(), stamp.time())
    stamp = stamp.astimezone(dt.UTC)
    return Moment(stamp.date(), stamp.time().replace(tzinfo=None), "UTC")
