from .community import Comment, CommentReport, EventReport
from .decision import Decision
from .event import Event, EventChange, Series
from .image import Image, ImageAddress
from .listing import Listing
from .place import City, Venue, VenueAlias
from .rsvp import Attendee, Rsvp
from .source import Source

__all__ = [
    "Attendee",
    "City",
    "Comment",
    "CommentReport",
    "Decision",
    "Event",
    "EventChange",
    "EventReport",
    "Image",
    "ImageAddress",
    "Listing",
    "Rsvp",
    "Series",
    "Source",
    "Venue",
    "VenueAlias",
]
