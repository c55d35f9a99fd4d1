"""Who reads of a city, for counts: ids alone, up to five minutes old. Whoever is sent something is read anew."""

from nocturne.cache import cached

from .models import Subscription


@cached(ttl=300, key_prefix="subscribers")
def readers(city_id: int) -> list[int]:
    """Ids of the subscribers who are to get the city's digest."""
    found = Subscription.objects.active().filter(city=city_id).order_by("subscriber")
    return list(found.values_list("subscriber", flat=True).distinct())
