"""What a subscription is narrowed to: the query string of a city's page without nights, order and page."""

from urllib.parse import parse_qsl, urlencode

from django.http import QueryDict

from events.models import City
from events.narrowing import own_words as own_words, words as words
from events.search import EventSearch

NOT_KEPT = frozenset({"when", "from", "to", "sort", "page"})


def stored(query: QueryDict, city: City) -> str:
    """The form in which a search is kept; what cannot be read, or is not of this city, is left out."""
    pairs = parse_qsl(EventSearch.parse(query, city, city.tonight()).query())
    return urlencode([pair for pair in pairs if pair[0] not in NOT_KEPT], safe=",")


def search_of(query: str, city: City) -> EventSearch:
    """A stored search as a value, over the next seven nights."""
    return EventSearch.parse(QueryDict(query), city, city.tonight())
