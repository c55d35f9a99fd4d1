"""What narrows a search, in words."""

from django.utils.translation import gettext as _

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
        *(_("at %(venue)s") % {"venue": venue.name} for venue in venues),
        *(_("listed by %(publisher)s") % {"publisher": source.publisher_name} for source in sources),
        *([_("with “%(text)s”") % {"text": search.text}] if search.text else []),
    ]


def own_words(search: EventSearch) -> list[str]:
    """The part of it that is said in words of ours: what strangers may have mailed to others in our name."""
    found = [str(CATEGORIES[code]) for code in search.categories]
    if search.price == FREE:
        found.append(_("free"))
    elif search.price:
        found.append(_("under %(amount)s") % {"amount": amount(int(search.price), search.city.currency)})
    found += [_("online")] if search.online else []
    return found + ([] if search.runs else [_("no runs")])
