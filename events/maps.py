"""Links to a map; no map is shown here, so nobody else learns who looks."""

from django.utils.http import urlencode

from events.models import City, Event, Venue

OPENSTREETMAP = "https://www.openstreetmap.org"


def coordinates(event: Event) -> tuple[float, float] | None:
    """Latitude and longitude of an event, or those of its venue."""
    for place in (event, event.venue):
        if place and place.latitude is not None and place.longitude is not None:
            return place.latitude, place.longitude
    return None


def map_link(place: Venue | Event, city: City, *, address: str = "") -> str:
    """OpenStreetMap at the coordinates of a place, else a search for its address; "" where neither is known."""
    if place.latitude is not None and place.longitude is not None:
        latitude, longitude = f"{place.latitude:.5f}", f"{place.longitude:.5f}"
        return f"{OPENSTREETMAP}/?mlat={latitude}&mlon={longitude}#map=17/{latitude}/{longitude}"
    address = address or place.address
    if not address:
        return ""
    return f"{OPENSTREETMAP}/search?{urlencode({'query': f'{address}, {city.name}'})}"
