"""What subscribers may change, see and take with them."""

from typing import Any

from django.db import IntegrityError, transaction
from django.http import QueryDict
from django.utils.translation import gettext as _

from events.categories import CATEGORIES
from events.models import City, Event, Source, Venue
from events.prices import amount, price_tiers
from events.search import FREE
from nocturne.addresses import address_hashes
from nocturne.models import EmailLog, Suppression

from . import searches
from .forms import weekday_of
from .models import WEEKDAYS, Subscriber, Subscription

Refused = dict[str, str]


def change(subscription: Subscription, said: QueryDict) -> Refused:
    """Change city, day and search; sentences by field if something of it cannot be."""
    refused: Refused = {}
    weekday = weekday_of(said, refused)
    city = City.objects.filter(code=said.get("city_id", "").replace("\0", "")).first()
    if city is None or not (city.active or city.pk == subscription.city_id):
        refused["city_id"] = _("Please choose a city of the list.")
    elif _taken(subscription, city):
        refused["city_id"] = _had_already(city)
    if refused or city is None:
        return refused
    if city.pk != subscription.city_id:  # publishers and venues are those of the other city
        said = said.copy()
        said.setlist("source", [])
        said.setlist("venue", [])
    columns = {"city": city, "weekday": weekday, "search": searches.stored(said, city)}
    try:
        with transaction.atomic():
            Subscription.objects.filter(pk=subscription.pk).update(**columns)
    except IntegrityError:  # asked for at the same moment
        return {"city_id": _had_already(city)}
    return {}


def forms_of(subscriber: Subscriber) -> list[dict[str, Any]]:
    """What the page shows of each subscription: as it is, with all that can be chosen."""
    rows = list(subscriber.subscriptions.select_related("city").order_by("city__name"))
    cities = list(City.objects.active().order_by("name", "pk"))
    return [_form(row, cities) for row in rows]


def exported_of(email: str) -> list[dict[str, Any]]:
    """The subscriptions of an address, for who has an account with it."""
    subscriber = Subscriber.objects.filter(email=email.lower()).first()
    return _subscriptions(subscriber) if subscriber else []


def exported(subscriber: Subscriber) -> dict[str, Any]:
    """All that is kept about an address."""
    hashes = address_hashes(subscriber.email)
    mails = EmailLog.objects.filter(hashed__in=hashes).order_by("queued_at", "pk")
    suppressed = Suppression.objects.filter(hashed__in=hashes).order_by("since")
    return {
        "email": subscriber.email,
        "created_at": subscriber.created_at,
        "confirmed_at": subscriber.confirmed_at,
        "subscriptions": _subscriptions(subscriber),
        "mails": list(mails.values("kind", "state", "why", "message_id", "queued_at", "finished_at")),
        "suppressed": list(suppressed.values("reason", "note", "since")),
    }


def _subscriptions(subscriber: Subscriber) -> list[dict[str, Any]]:
    return [
        {
            "city": row.city.code,
            "status": row.status,
            "search": row.search,
            "day": row.get_weekday_display(),
            "requested_at": row.requested_at,
            "requested_ip": row.requested_ip,
            "confirmed_at": row.confirmed_at,
            "confirmed_ip": row.confirmed_ip,
            "unsubscribed_at": row.unsubscribed_at,
        }
        for row in subscriber.subscriptions.select_related("city").order_by("requested_at", "pk")
    ]


def _had_already(city: City) -> str:
    return _("You get a mail about %(city)s already; change or end that one.") % {"city": city.name}


def _taken(subscription: Subscription, city: City) -> bool:
    others = Subscription.objects.filter(subscriber=subscription.subscriber_id, city=city)
    return others.exclude(pk=subscription.pk).exists()


def _form(row: Subscription, cities: list[City]) -> dict[str, Any]:
    search = searches.search_of(row.search, row.city)
    events = Event.objects.public()
    count = search.filter(events).count() + search.filter_runs(events).count()
    currency = row.city.currency
    under = _("Under %(amount)s")
    tiers = [(str(tier), under % {"amount": amount(tier, currency)}) for tier in price_tiers(currency)]
    sources = Source.objects.filter(pk__in=search.sources).order_by("name") if search.sources else ()
    venues = Venue.objects.filter(pk__in=search.venues).order_by("name") if search.venues else ()
    return {
        "row": row,
        "cities": cities if row.city in cities else [row.city, *cities],
        "words": searches.words(search),
        "count": count,
        "list_url": f"{row.city.get_absolute_url()}?{row.search}" if row.search else row.city.get_absolute_url(),
        "categories": [(code, label, code in search.categories) for code, label in CATEGORIES.items()],
        "prices": [(code, label, code == search.price) for code, label in [(FREE, _("Free")), *tiers]],
        "weekdays": [(str(number), name, number == row.weekday) for number, name in enumerate(WEEKDAYS)],
        "text": search.text,
        "chosen": [
            *(("source", str(source.pk), source.publisher_name) for source in sources),
            *(("venue", str(venue.pk), venue.name) for venue in venues),
        ],
        "online": search.online,
        "runs": search.runs,
    }
