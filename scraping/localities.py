"""Where an address lies: locality, region and country at its end, in the orders that countries write them."""

import re
from collections.abc import Sequence

from events.countries import countries_with_region, country_code, region_code

# Countries whose addresses name a state, and the form of their postal codes.
_STATES = {"US": r"\d{5}(?:-\d{4})?", "CA": r"[A-Z]\d[A-Z] ?\d[A-Z]\d", "AU": r"\d{4}"}
_CODE_ONLY = re.compile(
    r"^(?:\d{5}(?:-\d{3,4})?|[A-Z]\d[A-Z] ?\d[A-Z]\d|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|"
    r"[ADCEFHKNPRTVWXY]\d[\dW] ?[A-Z\d]{4})$"
)
_REGION_CODE = re.compile(rf"^(.{{2,30}}?)\s+({'|'.join(_STATES.values())})$")
_REGION_AT_END = re.compile(r"^(\D{2,40}?)\s+([A-Z]{2,3}|[A-Z][a-z]+(?: [A-Z][a-z]+){0,2})$")
_BRITISH_CODE = re.compile(r"^([^\d,]{2,40}?)\s+[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}$")
_CITY_AFTER_CODE = re.compile(
    r"^(?:[A-Z]{1,2}-)?(?:\d{4} ?[A-Z]{2}|\d{4,5}|\d{4}-\d{3}|\d{2}-\d{3}|\d{3} \d{2})\s+([^\d,]{2,40}?)(?:\s\d{1,2})?$"
)
_CITY_BEFORE_CODE = re.compile(r"^([^\d,]{2,40}?)\s+(?:\d{4,7}|\d{3} \d{2,3}|\d)$")
_STATE_BEHIND_DASH = re.compile(r"^([^\d,]{2,40}?)\s*[-/–]\s*[A-Z]{2}$")


def locality_of(parts: Sequence[str]) -> tuple[str, str, str]:
    """Locality, region and country at the end of the parts of an address, all empty where that is not plain."""
    rest = list(parts)
    country = country_code(rest[-1]) if rest and (len(rest[-1]) > 3 or rest[-1] in ("USA", "UK", "US")) else ""
    if country:
        rest.pop()
    code = ""
    if rest and _CODE_ONLY.match(rest[-1]):
        code = rest.pop()
    if not rest:
        return "", "", country
    if found := _in_state(rest, country, code):
        return found
    if match := _BRITISH_CODE.match(rest[-1]):
        return (match[1].strip(), "", country or "GB") if country in ("", "GB") else ("", "", country)
    if country in ("US", "CA"):
        return "", "", country
    if match := _CITY_AFTER_CODE.match(rest[-1]):
        return match[1].strip(), "", country
    if code and country in ("", "GB") and re.match(r"[A-Z]", code) and not re.search(r"\d", rest[-1]) and len(rest) > 1:
        return rest[-1], "", country or "GB"  # "…, Manchester, M8 8PY"
    return (_abroad(rest, code), "", country) if country else ("", "", "")


def _in_state(rest: list[str], country: str, code: str) -> tuple[str, str, str] | None:
    """Locality and state where a state is named: "Portland, OR 97205", "Fitzroy VIC 3065", "Austin, TX"."""
    match = _REGION_CODE.match(rest[-1])
    region, code = (match[1], match[2]) if match else (rest[-1], code)
    kinds = [c for c, form in _STATES.items() if country in ("", c) and (not code or re.fullmatch(form, code))]
    named = [c for c in kinds if c in countries_with_region(region)]
    # "CA" alone may be a word; a state counts with a postal code, a country, or as two capital letters.
    plain = bool(code or country or (len(region) == 2 and region.isupper() and named != ["AU"]))
    if named and plain:
        return (rest[-2], region_code(named[0], region), named[0]) if len(rest) > 1 else None
    inner = _REGION_AT_END.match(region)  # "Fitzroy VIC", in one part with the state
    if inner and (code or country) and not inner[1].endswith(" and"):
        for c in kinds:
            if found := region_code(c, inner[2]):
                return inner[1].strip(), found, c
    return None


def _abroad(rest: list[str], code: str) -> str:
    """The city of an address that ends in a country: "…, Auckland 1010", "…, 64000 Monterrey, N.L."."""
    if match := _CITY_BEFORE_CODE.match(rest[-1]) or _STATE_BEHIND_DASH.match(rest[-1]):
        return match[1].strip()
    if len(rest) > 1 and (match := _CITY_AFTER_CODE.match(rest[-2])):
        return match[1].strip()
    if code and len(rest) > 1 and not re.search(r"\d", rest[-1]):
        return rest[-1]
    return ""
