"""What narrows a search, in words."""

from events.categories import CATEGORIES
from events.models import Source, Venue
from events.prices import amount
from events.search import FREE, EventSearch


def words(search: EventSearch) -> list[str]:
    """All that narrows a search, as a reader would say it."""
    sources = Source.objects.filter(pk__in=search.sources).order_by("name") if search.sources else ()
    venues = Venue.objects.filter(pk__in=search.venues).order_by("name") if search.venues else ()
    return [
        *own_words(search),
        *(f"at {venue.name}" for venue in venues),
        *(f"listed by {source.publisher_name}" for source in sources),
        *([f"with “{search.text}”"] if search.text else []),
    ]


def own_words(search: EventSearch) -> list[str]:
    """The part of it that is said in words of ours: what strangers may have mailed to others in our name."""
    found = [CATEGORIES[code] for code in search.categories]
    if search.price:
        found.append("free" if search.price == FREE else f"under {amount(int(search.price), search.city.currency)}")
    found += ["online"] if search.online else []
    return found + ([] if search.runs else ["no runs"])
