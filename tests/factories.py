"""Rows for tests: each function makes a valid row and takes the columns that matter to the test."""

import datetime as dt
import itertools
from typing import Any

from events.drafts import EventDraft, When, Where, instant
from events.models import City, Event, Listing, Source, Venue, VenueAlias
from events.nights import last_night_of, night_of
from events.text import fold, slugify

_numbers = itertools.count(1)

CITIES: dict[str, dict[str, Any]] = {
    "berlin": {
        "country": "DE",
        "latitude": 52.52,
        "longitude": 13.405,
        "timezone": "Europe/Berlin",
        "currency": "EUR",
    },
    "los-angeles": {
        "country": "US",
        "region": "CA",
        "latitude": 34.05,
        "longitude": -118.24,
        "timezone": "America/Los_Angeles",
        "currency": "USD",
    },
}


def make_city(slug: str = "berlin", **columns: Any) -> City:
    known = CITIES.get(slug, CITIES["berlin"])
    country = columns.get("country", known["country"]).lower()
    defaults = {
        "name": slug.replace("-", " ").title(),
        "code": f"{'ca' if slug == 'los-angeles' else country}--{slug}",
        "population": 1_000_000,
        "language": "en",
        "active": True,
        **known,
    }
    city, created = City.objects.get_or_create(slug=slug, defaults={**defaults, **columns})
    if created and city.area_id is None:
        city.area = city
        city.save(update_fields=["area"])
    return city


def make_source(**columns: Any) -> Source:
    number = next(_numbers)
    city = columns.pop("city", None) or make_city()
    return Source.objects.create(
        **{
            "name": f"Source {number}",
            "url": f"https://source-{number}.example/events.ics",
            "city": city,
            **columns,
        }
    )


def make_venue(name: str = "Klub Null", *, city: City | None = None, **columns: Any) -> Venue:
    city = city or make_city()
    venue = Venue.objects.create(**{"city": city, "name": name, "slug": slugify(name), **columns})
    VenueAlias.objects.get_or_create(city=city, folded=fold(name), defaults={"venue": venue})
    return venue


def make_event(title: str = "A night out", *, local: str = "2026-12-05T20:00", **columns: Any) -> Event:
    """An event at a local time of its city; columns that follow from it are filled in."""
    city = columns.pop("city", None) or make_city()
    start = dt.datetime.fromisoformat(local)
    end = columns.pop("local_end", None)
    end_local = dt.datetime.fromisoformat(end) if end else None
    time_known = columns.get("time_known", True)
    night = night_of(start, time_known=time_known)
    last = last_night_of(start, end_local, all_day=columns.get("all_day", False), time_known=time_known)
    return Event.objects.create(
        **{
            "city": city,
            "title": title,
            "slug": slugify(title),
            "folded": fold(title),
            "starts_at": instant(start, city.timezone),
            "ends_at": instant(end_local, city.timezone) if end_local else None,
            "timezone": city.timezone,
            "night": night,
            "last_night": last,
            "is_run": last > night,
            "source_count": 1,
            **columns,
        }
    )


def make_listing(event: Event | None = None, *, source: Source | None = None, **columns: Any) -> Listing:
    """A listing that says of an event what the event's row says; of no event if there is none."""
    number = next(_numbers)
    source = source or make_source(city=event.city if event else None)
    values: dict[str, Any] = {
        "external_id": f"id-{number}",
        "title": "A listing",
        "content_hash": f"{number:064d}",
    }
    draft = EventDraft(title=columns.get("title", "A listing"), when=None)
    if event:
        local = event.local_start.replace(tzinfo=None)
        end = event.local_end.replace(tzinfo=None) if event.local_end else None
        draft = EventDraft(
            title=columns.get("title", event.title),
            when=When(
                start=local,
                end=end,
                timezone=event.timezone,
                all_day=event.all_day,
                time_known=event.time_known,
            ),
            where=Where(venue=event.venue.name if event.venue else ""),
            url=columns.get("url", f"https://source-{number}.example/{number}"),
        )
        values |= {
            "title": event.title,
            "url": draft.url,
            "canonical_url": draft.url,
            "local_start": local.isoformat(),
            "timezone": event.timezone,
            "starts_at": event.starts_at,
            "night": event.night,
            "last_night": event.last_night,
            "city": event.city,
            "venue": event.venue,
        }
    values["draft"] = draft.to_json()
    return Listing.objects.create(**{"source": source, "event": event, **values, **columns})
