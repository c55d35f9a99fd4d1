"""Venues by the names under which sources list them."""

from collections.abc import Iterable

from django.db import transaction

from events.models import City, Venue, VenueAlias
from events.text import fold, slugify

_NO_VENUE = (
    "tba|tbd|tbc|to be announced|to be confirmed|to be determined|venue tba|venue tbd|location tba|location tbd|"
    "online|online event|online only|virtual|virtual event|zoom|webinar|livestream|live stream|"
    "various|various locations|various venues|multiple locations|multiple venues|see website|see description|"
    "see details|off site|offsite|unknown|none|n a|null|private|private residence|private location|secret location|"
    "register to see address|location"
)
NO_VENUE = frozenset(_NO_VENUE.split("|"))


def is_venue(name: str, *, city_name: str = "") -> bool:
    """Whether a name says where: "TBA", "Online" and the bare name of the city do not."""
    folded = fold(name)
    return bool(folded) and folded not in NO_VENUE and folded != fold(city_name)


def resolve(city: City, names_addresses: Iterable[tuple[str, str]]) -> dict[str, Venue]:
    """The venues of a city by folded name, made where they are new; merged ones are followed to the one that stays.

    Names that are no venue are left out. The queries are the same few for one name and for a thousand.
    """
    wanted: dict[str, tuple[str, str]] = {}
    for name, address in names_addresses:
        folded = fold(name)[:200]
        if is_venue(name, city_name=city.name) and not wanted.get(folded, ("", ""))[1]:
            wanted[folded] = (name.strip(), address)
    known = _aliases(city, wanted)
    if missing := {folded: wanted[folded] for folded in sorted(wanted.keys() - known.keys())}:
        with transaction.atomic():
            _create(city, missing, known)
        known = _aliases(city, wanted)
    return {folded: known[folded] for folded in wanted}


def known(city: City, names: Iterable[str]) -> dict[str, Venue]:
    """The venues that are there under these names, by folded name; nothing is made."""
    wanted = {fold(name)[:200] for name in names if is_venue(name, city_name=city.name)}
    aliases = _aliases(city, wanted)
    return {folded: aliases[folded] for folded in wanted if folded in aliases}


def _aliases(city: City, names: Iterable[str]) -> dict[str, Venue]:
    """Venues by folded name, also by the name without its article: "The Grey Eagle" is "Grey Eagle"."""
    asked = {form for name in names for form in (name, _bare(name))}
    rows = VenueAlias.objects.filter(city=city, folded__in=asked).select_related("venue")
    aliases = {row.folded: row.venue for row in rows}
    stays = Venue.objects.that_stay(aliases.values())
    return {folded: stays[venue.pk] for folded, venue in aliases.items()}


def _bare(folded: str) -> str:
    return folded.removeprefix("the ")


def _create(city: City, missing: dict[str, tuple[str, str]], known: dict[str, Venue]) -> None:
    """Aliases for missing names, of a venue known under the bare name or of a new one.

    Of two that create the same name at once the first wins; the other's venue goes again.
    """
    new: dict[str, Venue] = {}
    for folded, (name, address) in missing.items():
        bare = _bare(folded)
        if bare not in known and bare not in new:
            new[bare] = Venue(city=city, name=name[:200], slug=slugify(name, fallback="venue"), address=address[:300])
    Venue.objects.bulk_create(new.values())
    targets = known | new
    names = sorted(missing.keys() | new.keys())
    VenueAlias.objects.bulk_create(
        [VenueAlias(city=city, folded=folded, venue=targets[_bare(folded)]) for folded in names],
        ignore_conflicts=True,
    )
    Venue.objects.filter(pk__in=[venue.pk for venue in new.values()], aliases=None).delete()
