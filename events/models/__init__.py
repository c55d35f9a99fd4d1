from .community import Comment, Rsvp
from .decision import Decision
from .event import Event, EventChange, Series
from .listing import Listing
from .place import City, Venue, VenueAlias
from .source import Source

__all__ = [
    "City",
    "Comment",
    "Decision",
    "Event",
    "EventChange",
    "Listing",
    "Rsvp",
    "Series",
    "Source",
    "Venue",
    "VenueAlias",
]
