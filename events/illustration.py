"""Which picture stands beside which event, where that changes for another reason than a listing: a picture came, went,
was taken down, or turned out to be a logo."""

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import batched

from django.db.models import F

from nocturne.models import User

from . import editing
from .images import delete_files
from .models import Event, Image, ImageAddress, Listing
from .text import fold

# A picture that a source gives to more titles than this is its logo, or a default, and tells nothing of an event.
MAX_TITLES = 4
BATCH = 200
_NUMBERS = re.compile(r"[\W\d_]+")


def illustrate(*, now: dt.datetime) -> int:
    """Compose the events again whose pictures came, went or changed; how many addresses were pending.

    Safe to repeat, and to kill at any line: an address is pending until its events are composed.
    """
    done = 0
    while rows := list(ImageAddress.objects.exclude(pending_since=None).order_by("pending_since", "pk")[:BATCH]):
        _judge({row.image_id for row in rows if row.image_id})
        for batch in batched(sorted(_differing(rows)), 500):
            editing.recompose(batch, now=now)
        for row in rows:  # unless it has become pending anew
            ImageAddress.objects.filter(pk=row.pk, pending_since=row.pending_since).update(pending_since=None)
        done += len(rows)
    return done


def take_down(image_ids: Iterable[int], *, by: User, now: dt.datetime) -> int:
    """Never show these pictures again, whoever publishes them: events lose them at once, then the files are deleted.

    How many were taken down; those that are already stay as they are.
    """
    rows = Image.objects.filter(pk__in=list(image_ids), taken_down_at=None)
    ids = list(rows.values_list("pk", flat=True))
    rows.filter(pk__in=ids).update(taken_down_at=now, taken_down_by=by)
    shown = Event.objects.filter(image__in=ids).order_by("pk").values_list("root", flat=True)
    for batch in batched(sorted(set(shown)), 500):
        editing.recompose(batch, now=now)
    delete_taken_down()
    return len(ids)


def delete_taken_down() -> None:
    """Delete the files of what was taken down and still has some."""
    for image in Image.objects.filter(taken_down_at__isnull=False, bytes__gt=0):
        delete_files(image)
        Image.objects.filter(pk=image.pk, taken_down_at__isnull=False).update(bytes=0)


def allow(image_ids: Iterable[int], *, now: dt.datetime) -> int:
    """Let pictures be shown again that were taken down: they are fetched anew where they are still published."""
    rows = Image.objects.filter(pk__in=list(image_ids), taken_down_at__isnull=False)
    ids = list(rows.values_list("pk", flat=True))
    waiting = {"state": ImageAddress.State.WAITING, "next_at": now, "etag": "", "last_modified": ""}
    rows.filter(pk__in=ids).update(taken_down_at=None, taken_down_by=None, bytes=0)
    ImageAddress.objects.filter(image__in=ids).update(**waiting)
    return len(ids)


def _judge(image_ids: set[int]) -> None:
    """Recognise logos and defaults: a number in a title, as of the evenings of a series, makes no other title."""
    images = dict(ImageAddress.objects.filter(image__in=image_ids).values_list("url", "image_id"))
    titles: dict[tuple[int | None, int], set[str]] = defaultdict(set)
    listings = Listing.objects.with_image(*images).order_by()
    named = listings.values_list("draft__image_url", "source_id", "title").distinct()
    for url, source_id, title in named:
        titles[images[url], source_id].add(_NUMBERS.sub(" ", fold(title)).strip())
    generic = {image_id for (image_id, _), names in titles.items() if image_id and len(names) > MAX_TITLES}
    for value, ids in ((True, generic), (False, image_ids - generic)):
        Image.objects.filter(pk__in=ids, generic=not value).update(generic=value)


def _differing(rows: Sequence[ImageAddress]) -> set[int]:
    """The root events that may have to show something else than they do, by addresses whose pictures changed; or the
    same by another listing, where a more trusted one publishes the same file."""
    showable = set(Image.objects.showable().filter(addresses__in=rows).values_list("pk", flat=True))
    wanted = {row.url: row.image_id if row.image_id in showable else None for row in rows}
    listed = Listing.objects.with_image(*wanted).filter(event__isnull=False).order_by()
    by = "event__root__provenance__picture"
    told = listed.values_list("draft__image_url", "event__root", "event__root__image", "pk", by)
    chosen = Event.objects.with_chosen_image(*wanted).order_by().annotate(shown=F("root__image"))
    overridden = chosen.values_list("overrides__image_url", "root", "shown")
    return {
        *(root for url, root, shown, pk, by in told if wanted[url] != shown or (shown and pk != by)),
        *(root for url, root, shown in overridden if wanted[url] != shown),
    } - {None}
