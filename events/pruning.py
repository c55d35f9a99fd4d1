"""Throwing away pictures that nobody shows any more, and files that belong to none."""

import datetime as dt
from collections.abc import Iterator, Sequence

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.fields.json import KT
from django.db.models.functions import Left
from django.utils import timezone as clock

from nocturne.cache import bump_on_commit

from .images import delete_files
from .models import Event, Image, ImageAddress, Listing
from .models.image import ImageAddressQuerySet, ImageQuerySet

# What is younger may belong to what is still to be written: a row to files, a listing to an address.
YOUNG = dt.timedelta(days=1)
BATCH = 500
_FOLDER = "images"


def prune_images(before: dt.datetime, dry_run: bool) -> Iterator[int]:
    """Throw away pictures that stand for nothing that was on after a moment, or that no source lets us show any more.

    Rows go before files, so that whatever is left by a process that is killed are files without a row, which are
    found here, too. Pictures whose files are gone are fetched anew.
    """
    if dry_run:
        yield unused_images(before).count()
    else:
        while images := list(unused_images(before).order_by("pk")[:BATCH]):
            _delete(images)
            yield len(images)
        unused_addresses(before).delete()
    for folder in _folders():
        yield _tidy(folder, dry_run=dry_run)


def used_addresses(before: dt.datetime) -> ImageAddressQuerySet:
    """Addresses that a listing names or an editor chose, of what is to come or was on after a moment."""
    recent = Q(last_night__gte=before.date()) | Q(last_night=None, retired_at=None)
    listings = Listing.objects.annotate(named=KT("draft__image_url")).filter(recent, named=OuterRef("url"))
    events = Event.objects.annotate(chosen=KT("overrides__image_url")).filter(last_night__gte=before.date())
    return ImageAddress.objects.filter(
        Exists(listings.filter(source__images=True)) | Exists(events.filter(chosen=OuterRef("url")))
    )


def unused_addresses(before: dt.datetime) -> QuerySet[ImageAddress]:
    used = used_addresses(before).filter(pk=OuterRef("pk"))
    return ImageAddress.objects.filter(~Exists(used), created_at__lt=clock.now() - YOUNG)


def unused_images(before: dt.datetime) -> ImageQuerySet:
    used = used_addresses(before).filter(image=OuterRef("pk"))
    return Image.objects.filter(~Exists(used), taken_down_at=None, created_at__lt=clock.now() - YOUNG)


@transaction.atomic
def _forget(images: Sequence[Image]) -> None:
    shown = Event.objects.filter(image__in=images)
    bump_on_commit(shown.order_by().values_list("root__city", flat=True).distinct())
    shown.update(image=None, updated_at=clock.now())
    Image.objects.filter(pk__in=[image.pk for image in images]).delete()


def _delete(images: Sequence[Image]) -> None:
    _forget(images)
    for image in images:
        delete_files(image)


def _folders() -> list[str]:
    rows = Image.objects.order_by().values_list(Left("hash", 2), flat=True).distinct()
    return sorted({*_listed(_FOLDER)[0], *rows})


def _listed(folder: str) -> tuple[list[str], list[str]]:
    """The folders and the files of a folder, none where there is no such folder."""
    try:
        return default_storage.listdir(folder)
    except FileNotFoundError:
        return [], []


def _tidy(folder: str, *, dry_run: bool) -> int:
    """Delete files without a picture, and have pictures fetched that have lost a file; how many had no picture."""
    files = set(_listed(f"{_FOLDER}/{folder}")[1])
    kept = Image.objects.filter(hash__startswith=folder, taken_down_at=None, bytes__gt=0)
    owned = {image.pk: {name.rpartition("/")[2] for name in image.files} for image in kept}
    orphans = {name for name in files.difference(*owned.values()) if _is_old(f"{_FOLDER}/{folder}/{name}")}
    lost = [pk for pk, names in owned.items() if names - files]
    if not dry_run:
        for name in orphans:
            default_storage.delete(f"{_FOLDER}/{folder}/{name}")
        now = clock.now()
        Image.objects.filter(pk__in=lost).update(bytes=0)
        ImageAddress.objects.filter(image__in=lost).update(
            next_at=now, etag="", last_modified="", pending_since=now, state=ImageAddress.State.WAITING
        )
    return len({name[:32] for name in orphans})


def _is_old(name: str) -> bool:
    try:
        return default_storage.get_modified_time(name) < clock.now() - YOUNG
    except FileNotFoundError:
        return False
