"""A source comes to be: one for each address, however that is spelled, and due at once."""

from typing import Any

from events.models import City, Source

from . import schedule
from .addresses import source_with
from .imprint import host_of


def add(url: str, *, city: City | None, name: str = "", **columns: Any) -> tuple[Source, bool]:
    """The source of an address, and whether it is new; one that is there is left as it is.

    `columns` are further ones of Source. Raises ValidationError for what they cannot hold.
    """
    if known := source_with(url):
        schedule.ensure([known])
        return known, False
    source = Source(url=url, city=city, name=name or host_of(url), **columns)
    source.full_clean(validate_unique=False, validate_constraints=False)
    source, created = Source.objects.get_or_create(url=url, defaults={"city": city, "name": source.name, **columns})
    schedule.ensure([source])
    return source, created
