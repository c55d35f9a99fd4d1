"""The admin pages of events. What the apps above have to add to a page they append to its `actions` and `inlines`."""

from . import comment, community, decision, image, place, report
from .event import EventAdmin
from .listing import ListingAdmin

__all__ = ["EventAdmin", "ListingAdmin", "comment", "community", "decision", "image", "place", "report"]
