"""The admin pages of events. What the apps above have to add to a page they append to its `actions` and `inlines`."""

from . import community, decision, image, place
from .event import EventAdmin
from .listing import ListingAdmin

__all__ = ["EventAdmin", "ListingAdmin", "community", "decision", "image", "place"]
