"""Times of day as people write them: "8-11pm", "20 Uhr 30", "8:00 μμ", "doors 7, show 8"."""

import datetime as dt
import re

CLOCK = re.compile(
    r"(?<![\d.,/:-])(?P<h>\d{1,2})(?:\s?[:.h]\s?(?P<m>\d\d)(?::(?P<s>\d\d))?)?(?!\d)\s*"
    r"(?P<mark>a\.?\s?m\b\.?|p\.?\s?m\b\.?|π\.?\s?μ\b\.?|μ\.?\s?μ\b\.?|[مص](?=\s|$)|(?:do|od)p\.|[ap](?=\s|-|$)|uhr\b|"
    r"h\b|hrs?\b|u\.|uur\b|heures?\b|horas?\b|ωρα\b)?"
)
_BEFORE = re.compile(
    r"(?:\b(?:at|um|ab|alle|ore|las|os|kl|kl\.|klo|om|a|as|from|beginn|doors|show|στισ|godz\.?|saat|ora|ob|o|v|в|о)|@|(?<![^\W\d])t)"
    r"\s*$"
)
RANGE = re.compile(
    r"^\s*(?:-|–|—|~|/(?=\d{4}-)|to\b|until\b|till\b|bis\b|a\b|al\b|au\b|alle\b|tot\b|t/m\b|ate\b|hasta\b|jusqu\S*|"
    r"εωσ\b|do\b|до\b|till?\b|through\b|thru\b)\s*"
)
# When the doors open; where a beginning stands beside it, that one counts.
_DOORS = re.compile(
    r"\b(?:doors?(?: open(?:s|ing)?)?|einlass|turen|apertura(?: (?:puertas|porte))?|puertas|portes|"
    r"ouverture(?: des portes)?|deuren|zaal open|insl\w+|oviaukeavat|abertura)\b[^\d\n]{0,12}"
    r"\d{1,2}(?:\s?[:.h]\s?\d\d)?(?!\d)"
    r"(?:\s*(?:uhr\b|[ap]\.?m\b\.?|h\b|hrs?\b|uur\b))?"
)


def without_doors(text: str) -> str:
    """The text without the time when doors open, if another time is left."""
    if not (match := _DOORS.search(text)):
        return text
    rest = f"{text[: match.start()].rstrip()} {text[match.end() :].lstrip(' ,;/|-')}"
    return rest if any(is_certain(found, rest) for found in CLOCK.finditer(rest)) else text


def is_certain(match: re.Match[str], text: str) -> bool:
    """Is the number a time of day? It has minutes or a mark, or stands behind a word that says so."""
    return bool(match["m"] or match["mark"] or _BEFORE.search(text[: match.start()]))


def clock_after(text: str) -> tuple[dt.time, str, dt.time | None] | None:
    """The first time of day in a text, what follows it, and the end of a range."""
    for match in CLOCK.finditer(text):
        rest = text[match.end() :]
        ending = RANGE.match(rest)
        after = rest[ending.end() :] if ending else ""
        second = CLOCK.match(after) if ending else None
        certain = is_certain(match, text)
        if second and not (
            second["m"] or second["mark"] or (certain and match[0].isdecimal() and rest.startswith(f"-{second[0]}"))
        ):
            second = None
        if not certain and not second:
            continue
        marked = match["mark"] or (second["mark"] if second and _is_meridiem(second["mark"]) else None)
        first = time_of(match["h"], match["m"], marked)
        if first is None:
            continue
        last = time_of(second["h"], second["m"], second["mark"] or match["mark"]) if second else None
        if second and last and not match["mark"] and first > last and _is_meridiem(second["mark"]):
            first = time_of(match["h"], match["m"], "am") or first  # 11-1pm
        return first, after[second.end() :] if second else rest, last
    return None


def clock_before(text: str) -> tuple[dt.time, str, dt.time | None] | None:
    """ "20:00 Uhr, 5. Dezember": a time that stands before the day."""
    found = clock_after(text)
    return (found[0], "", found[2]) if found else None


def _is_meridiem(mark: str | None) -> bool:
    return bool(mark) and re.sub(r"[.\s]", "", mark or "") in ("am", "pm", "a", "p", "πμ", "μμ", "م", "ص", "odp", "dop")


def time_of(hour: str, minute: str | None, mark: str | None) -> dt.time | None:
    """The time of day of hour, minute and "pm", "uhr" or none; None where there is no such time."""
    h, m = int(hour), int(minute or 0)
    if _is_meridiem(mark):
        if not 1 <= h <= 12:
            mark = None if h > 12 else mark
        if mark:
            h = h % 12 + (12 if mark.strip()[0] in "pμمo" else 0)
    if h == 24 and not m:
        h = 0
    return dt.time(h, m) if h <= 23 and m <= 59 else None
