"""Where an event that an object of JSON tells of takes place, under whatever names it says so."""

import dataclasses
from typing import Any

from events.drafts import Where
from scraping.fields import Fields, first_text, inner, is_true, named, number_of
from scraping.places import place_of

# Names of fields, in lower case without punctuation; the first that has a value counts.
PLACES = (
    "venue location place venues locations primaryvenue club geoaddressinfo physicaladdress lieu lugar recinto "
    "eventlocation"
).split()
PLACE_NAMES = "name title addresstitle venuename venue displayname label".split()
_STREETS = (
    "streetaddress street address1 addressline1 line1 address fulladdress formattedaddress localizedaddressdisplay"
).split()
_CITIES = "addresslocality city locality town cityname".split()
_REGIONS = "addressregion region state statecode province stateprovince".split()
_COUNTRIES = "addresscountry countrycode country countryname".split()
_LATITUDES = "latitude lat geolat venuelat".split()
_LONGITUDES = "longitude lng lon long geolng venuelng".split()
_FLAT = frozenset(("name", *_STREETS, *_CITIES, *_REGIONS, *_COUNTRIES, *_LATITUDES, *_LONGITUDES))


def where_of(fields: Fields, around: Fields) -> Where:
    online = any(is_true(fields.get(name)) for name in ("onlineevent", "isonline", "online", "isvirtual", "virtual"))
    holder: Any = next((fields[name] for name in PLACES if fields.get(name)), None)
    holder = holder or inner(fields, "embedded").get("venues")  # as HAL nests
    if isinstance(holder, list):
        holder = holder[0] if holder else None
    if isinstance(holder, str) and not any(name.startswith("venue") and name != "venue" for name in fields):
        where = place_of(holder)
        return dataclasses.replace(where, online=online or where.online)
    place = _place(fields, named(holder) if isinstance(holder, dict) else {}, around)
    address = place.get("address")
    parts = {**place, **named(address)} if isinstance(address, dict) else place
    spot = {**parts, **inner(parts, "location"), **inner(parts, "coordinates")}
    if number_of(spot, _LATITUDES) is None:
        spot = {**inner(fields, "geo"), **inner(fields, "coordinate")}
    line = first_text({name: value for name, value in parts.items() if not isinstance(value, dict)}, _STREETS)
    more = first_text(parts, ("addressline2", "address2"))
    line = f"{line}, {more}" if line and more else line
    name = first_text(place, PLACE_NAMES)
    whole = first_text(parts, ("fulladdress",))
    if line and not name and whole.startswith(f"{line},"):  # what stands first in it is the place's name
        name, line = line, whole.removeprefix(f"{line},").strip()
    split = place_of(f"-, {line}") if "," in line else Where()
    return Where(
        venue=name if name != line else "",
        address=line,
        locality=first_text(parts, _CITIES) or split.locality,
        region=first_text(parts, _REGIONS) or split.region,
        country=first_text(parts, _COUNTRIES) or split.country,
        latitude=number_of(spot, _LATITUDES),
        longitude=number_of(spot, _LONGITUDES),
        online=online or (place_of(name).online if name else False),
    )


def _place(fields: Fields, stated: Fields, around: Fields) -> Fields:
    """The place's own fields, then flat ones (venue_name, location_city), then those of the place around the event."""
    flat: Fields = {}
    for prefix in ("venue", "location", "place", "address"):
        found = {name.removeprefix(prefix): value for name, value in fields.items() if name.startswith(prefix)}
        flat = {**{name: value for name, value in found.items() if name in _FLAT or prefix == "venue"}, **flat}
    flat.pop("", None)
    if isinstance(fields.get("venue"), str):
        flat.setdefault("name", fields["venue"])
    for name in ("address", "city"):
        if isinstance(fields.get(name), str) and fields[name]:
            flat.setdefault(name, fields[name])
    if stated or flat:
        return {**flat, **{name: value for name, value in stated.items() if value}}
    return around
